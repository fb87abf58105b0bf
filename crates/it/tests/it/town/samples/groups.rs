//! Groups of people, over REST and on pages.

use serde_json::json;

use super::{Ctx, Sample, Shows, sample};
use crate::town::{Call, Role};

/// Whoever is in a group sees it, and administrators see all.
const GROUP: Shows = Shows::OwnerAnd {
    served: &[Role::Admin],
    forbidden: &[],
};

pub fn samples() -> Vec<Sample> {
    let mut samples = rest();
    samples.extend(pages());
    samples
}

fn rest() -> Vec<Sample> {
    let one = "/api/v1/groups/{id}";
    vec![
        sample("GET", "/api/v1/groups", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/api/v1/groups", Shows::Everyone, async |_| {
            Call::json(&json!({"name": "Choir"}))
        }),
        sample("GET", "/api/v1/groups/all", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("GET", one, GROUP, async |ctx| {
            Call::default().at(&[&group(&ctx).await])
        }),
        sample("PATCH", one, GROUP, async |ctx| {
            Call::json(&json!({"name": "Big choir"})).at(&[&group(&ctx).await])
        }),
        sample("DELETE", one, GROUP, async |ctx| {
            Call::default().at(&[&group(&ctx).await])
        }),
        sample("POST", "/api/v1/groups/{id}/people", GROUP, async |ctx| {
            let (person, _) = ctx.town.invited().await;
            Call::json(&json!({"person": person})).at(&[&group(&ctx).await])
        }),
        sample(
            "DELETE",
            "/api/v1/groups/{id}/people/{person}",
            GROUP,
            async |ctx| {
                let group = group(&ctx).await;
                let (person, _) = ctx.town.invited().await;
                if !ctx.unknown() {
                    let path = format!("/api/v1/groups/{group}/people");
                    ctx.town.post(&ctx.owner, &path, json!({"person": person})).await;
                }
                Call::default().at(&[&group, &person])
            },
        ),
    ]
}

fn pages() -> Vec<Sample> {
    vec![
        sample("GET", "/groups", Shows::Everyone, async |_| Call::default()),
        sample("POST", "/groups", Shows::Everyone, async |_| {
            Call::form(&[("name", "Choir")])
        }),
        sample("GET", "/groups/{id}", GROUP, async |ctx| {
            Call::default().at(&[&group(&ctx).await])
        }),
        sample("POST", "/groups/{id}", GROUP, async |ctx| {
            let email = ctx.town.admin().email.clone();
            Call::form(&[("act", "add"), ("person", &email)]).at(&[&group(&ctx).await])
        }),
        sample("GET", "/groups/{id}/delete", GROUP, async |ctx| {
            Call::default().at(&[&group(&ctx).await])
        }),
        sample("POST", "/groups/{id}/delete", GROUP, async |ctx| {
            Call::form(&[]).at(&[&group(&ctx).await])
        }),
    ]
}

/// A group that the owner keeps.
async fn group(ctx: &Ctx) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    let made = ctx
        .town
        .post(&ctx.owner, "/api/v1/groups", json!({"name": "Choir"}));
    made.await["id"].as_str().unwrap().to_owned()
}
