//! Signing in, sessions, passwords, keys of services.

use serde_json::json;

use super::{Ctx, Sample, Shows, sample};
use crate::town::{Call, PASSWORD, Role};

pub fn samples() -> Vec<Sample> {
    let mut samples = vec![
        sample("GET", "/.well-known/jwks.json", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/api/v1/sign-in", Shows::Everyone, async |ctx| {
            let person = ctx.town.actor(&Role::Plain).await;
            Call::json(&json!({"email": person.email, "password": PASSWORD}))
        }),
        sample("POST", "/api/v1/tokens/refresh", Shows::Everyone, async |ctx| {
            let person = ctx.town.actor(&Role::Plain).await;
            Call::json(&json!({"refresh_token": person.refresh}))
        }),
        sample("POST", "/api/v1/sign-out", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("PUT", "/api/v1/me/password", Shows::Everyone, async |_| {
            Call::json(&json!({"current": PASSWORD, "new": "another meadow lantern 43"}))
        }),
        sample(
            "POST",
            "/api/v1/people/{id}/unlock",
            Shows::Whoever,
            async |ctx| Call::default().at(&[&ctx.owner.id]),
        ),
    ];
    samples.extend(sessions());
    samples.extend(app_passwords());
    samples.extend(keys());
    samples
}

fn sessions() -> Vec<Sample> {
    vec![
        sample("GET", "/api/v1/me/sessions", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("DELETE", "/api/v1/me/sessions", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("DELETE", "/api/v1/me/sessions/{id}", Shows::Owner, async |ctx| {
            let sessions = path_of_owner(&ctx, "/api/v1/me/sessions").await;
            Call::default().at(&[&sessions])
        }),
        sample(
            "GET",
            "/api/v1/people/{id}/sessions",
            Shows::Whoever,
            async |ctx| Call::default().at(&[&ctx.owner.id]),
        ),
        sample(
            "DELETE",
            "/api/v1/people/{id}/sessions",
            Shows::Whoever,
            async |ctx| Call::default().at(&[&ctx.owner.id]),
        ),
    ]
}

/// The id of the first thing in a list of the owner's; the owner's own unknown id when there is no owner.
async fn path_of_owner(ctx: &Ctx, list: &str) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    ctx.town.get(&ctx.owner, list).await["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn app_passwords() -> Vec<Sample> {
    vec![
        sample("GET", "/api/v1/me/app-passwords", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/api/v1/me/app-passwords", Shows::Everyone, async |_| {
            Call::json(&json!({"name": "Calendar on my telephone"}))
        }),
        sample(
            "DELETE",
            "/api/v1/me/app-passwords/{id}",
            Shows::Owner,
            async |ctx| {
                if !ctx.unknown() {
                    ctx.town
                        .post(
                            &ctx.owner,
                            "/api/v1/me/app-passwords",
                            json!({"name": "Telephone"}),
                        )
                        .await;
                }
                let made = path_of_owner(&ctx, "/api/v1/me/app-passwords").await;
                Call::default().at(&[&made])
            },
        ),
    ]
}

fn keys() -> Vec<Sample> {
    let one = |method: &'static str| {
        sample(method, "/api/v1/keys/{id}", Shows::Whoever, async |ctx| {
            let key = if ctx.unknown() {
                ctx.owner
            } else {
                ctx.town.actor(&Role::Key("people:read")).await
            };
            Call::default().at(&[&key.id])
        })
    };
    vec![
        sample("GET", "/api/v1/keys", Shows::Everyone, async |_| Call::default()),
        sample("POST", "/api/v1/keys", Shows::Everyone, async |_| {
            Call::json(&json!({"name": "loader", "scopes": ["people:read"]}))
        }),
        one("GET"),
        one("DELETE"),
    ]
}
