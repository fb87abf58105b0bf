//! Letters: what their readers stop.

use kernel::Id;

use super::{Ctx, Sample, Shows, sample};
use crate::town::Call;

pub fn samples() -> Vec<Sample> {
    vec![
        sample("GET", "/letters/stop/{token}", Shows::Whoever, async |ctx| {
            Call::default().at(&[&stop_link(&ctx)])
        }),
        sample("POST", "/letters/stop/{token}", Shows::Whoever, async |ctx| {
            Call::form(&[("List-Unsubscribe", "One-Click")]).at(&[&stop_link(&ctx)])
        }),
        sample("GET", "/me/letters", Shows::Everyone, async |_| Call::default()),
        sample("POST", "/me/letters", Shows::Everyone, async |_| {
            Call::form(&[("from", "22:00"), ("until", "07:00")])
        }),
    ]
}

/// A link that we signed; for an unknown owner, one that we did not.
fn stop_link(ctx: &Ctx) -> String {
    let token = ctx
        .town
        .stop_link(Id::named("email", "reader@town.example"), "test.digest");
    if ctx.unknown() {
        token.chars().rev().collect()
    } else {
        token
    }
}
