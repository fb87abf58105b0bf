//! Links to files.

use super::{Ctx, Sample, Shows, sample};
use crate::town::Call;

pub fn samples() -> Vec<Sample> {
    vec![sample(
        "GET",
        "/files/{token}",
        Shows::Whoever,
        async |ctx: Ctx| match ctx.unknown() {
            true => Call::default().at(&["bm90LW9mLW91cnM"]),
            false => Call::default().at(&[&ctx.town.file_link().await]),
        },
    )]
}
