//! Letters: whom they do not go to.

use serde_json::json;

use super::{Ctx, Sample, Shows, sample};
use crate::town::{Actor, Call};

pub fn samples() -> Vec<Sample> {
    vec![
        sample("GET", "/api/v1/post/suppressions", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample(
            "POST",
            "/api/v1/post/suppressions",
            Shows::Everyone,
            async |ctx| {
                let email = format!("no{}@town.example", ctx.town.number());
                Call::json(&json!({"email": email, "scope": "stream:digest", "note": "asked by telephone"}))
            },
        ),
        sample(
            "GET",
            "/api/v1/post/suppression-story",
            Shows::Everyone,
            async |_| Call::default(),
        ),
        suppressed("GET"),
        suppressed("DELETE"),
    ]
}

fn suppressed(method: &'static str) -> Sample {
    sample(
        method,
        "/api/v1/post/suppressions/{id}",
        Shows::Whoever,
        async |ctx: Ctx| {
            if ctx.unknown() {
                return Call::default().at(&[&ctx.owner.id]);
            }
            let admin: &Actor = ctx.town.admin();
            let made = ctx
                .town
                .post(
                    admin,
                    "/api/v1/post/suppressions",
                    json!({"email": ctx.owner.email}),
                )
                .await;
            Call::default().at(&[made["id"].as_str().unwrap()])
        },
    )
}
