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
        plain("/letters"),
        plain("/letters/providers"),
        sample("GET", "/letters/{id}", Shows::Whoever, async |ctx: Ctx| {
            Call::default().at(&[&super::post::a_letter(&ctx).await])
        }),
        sample("POST", "/letters/{id}", Shows::Whoever, async |ctx: Ctx| {
            Call::form(&[("how", "again")]).at(&[&super::post::a_letter(&ctx).await])
        }),
        sample("GET", "/letters/{id}/letter", Shows::Whoever, async |ctx: Ctx| {
            Call::default().at(&[&super::post::a_parked_letter(&ctx).await])
        }),
        sample("POST", "/letters/trial", Shows::Everyone, async |ctx| {
            Call::form(&[("email", &format!("trial{}@town.example", ctx.town.number()))])
        }),
        plain("/letters/suppressions"),
        sample("POST", "/letters/suppressions", Shows::Everyone, async |ctx| {
            let email = format!("no{}@town.example", ctx.town.number());
            Call::form(&[
                ("email", &email),
                ("scope", "everything"),
                ("note", "by telephone"),
            ])
        }),
        suppression("GET", "/letters/suppressions/{id}"),
        suppression("GET", "/letters/suppressions/{id}/clear"),
        suppression("POST", "/letters/suppressions/{id}/clear"),
        plain("/letters/looks"),
        sample("GET", "/letters/looks/{kind}", Shows::Whoever, async |ctx| {
            Call::default().at(&[kind(&ctx)])
        }),
        sample(
            "GET",
            "/letters/looks/{kind}/letter",
            Shows::Whoever,
            async |ctx| Call::default().at(&[kind(&ctx)]),
        ),
        plain("/mailbox"),
        mail("/mailbox/{id}"),
        mail("/mailbox/{id}/letter"),
        mail("/mailbox/{id}/source"),
        sample("GET", "/me/letters", Shows::Everyone, async |_| Call::default()),
        sample("POST", "/me/letters", Shows::Everyone, async |_| {
            Call::form(&[("from", "22:00"), ("until", "07:00")])
        }),
    ]
}

fn plain(path: &'static str) -> Sample {
    sample("GET", path, Shows::Everyone, async |_| Call::default())
}

/// An address that letters do not go to.
fn suppression(method: &'static str, path: &'static str) -> Sample {
    sample(method, path, Shows::Whoever, async |ctx: Ctx| {
        Call::form(&[]).at(&[&super::post::a_suppression(&ctx).await])
    })
}

/// A letter that went out.
fn mail(path: &'static str) -> Sample {
    sample("GET", path, Shows::Whoever, async |ctx: Ctx| {
        let letter = super::post::a_letter(&ctx).await;
        if !ctx.unknown() {
            ctx.town.has_handed_over(&letter).await;
        }
        Call::default().at(&[&letter])
    })
}

fn kind(ctx: &Ctx) -> &'static str {
    if ctx.unknown() {
        "registry.nothing"
    } else {
        "registry.invitation"
    }
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
