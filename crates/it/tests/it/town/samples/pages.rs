//! Pages: each form is sent as a browser sends it from one of our own pages.

use serde_json::json;

use super::{Ctx, Sample, Shows, sample};
use crate::town::{Call, PASSWORD, Role};

const ABOUT: [(&str, &str); 3] = [
    ("name", "Another Name"),
    ("language", "ru"),
    ("zone", "Europe/Moscow"),
];
const NEW_PASSWORD: &str = "another meadow lantern 43";

pub fn samples() -> Vec<Sample> {
    let mut samples = doors();
    samples.extend(own());
    samples.extend(own_objects());
    samples.extend(people());
    samples.extend(acts_on_people());
    samples.extend(keys());
    samples
}

fn plain(path: &'static str) -> Sample {
    sample("GET", path, Shows::Everyone, async |_| Call::default())
}

fn doors() -> Vec<Sample> {
    vec![
        plain("/"),
        plain("/sign-in"),
        plain("/audit"),
        plain("/forgotten-password"),
        sample("POST", "/forgotten-password", Shows::Everyone, async |ctx| {
            Call::form(&[("email", &format!("nobody{}@town.example", ctx.town.number()))])
        }),
        sample("POST", "/theme", Shows::Everyone, async |_| {
            Call::form(&[("theme", "dark"), ("next", "/")])
        }),
        sample("POST", "/language", Shows::Everyone, async |_| {
            Call::form(&[("language", "ru"), ("next", "/")])
        }),
        sample("POST", "/sign-out", Shows::Everyone, async |_| Call::form(&[])),
        sample("POST", "/sign-in", Shows::Everyone, async |ctx| {
            let person = ctx.town.actor(&Role::Plain).await;
            Call::form(&[("email", &person.email), ("password", PASSWORD)])
        }),
        sample("GET", "/links/{token}", Shows::Whoever, async |ctx| {
            Call::default().at(&[&link(&ctx).await])
        }),
        sample("POST", "/links/{token}", Shows::Whoever, async |ctx| {
            Call::form(&[("fresh", NEW_PASSWORD), ("again", NEW_PASSWORD)]).at(&[&link(&ctx).await])
        }),
    ]
}

async fn link(ctx: &Ctx) -> String {
    let token = ctx.town.invited().await.1;
    if ctx.unknown() {
        token.chars().rev().collect()
    } else {
        token
    }
}

fn own() -> Vec<Sample> {
    vec![
        plain("/me"),
        plain("/me/password"),
        plain("/me/sessions"),
        plain("/me/sessions/end-others"),
        plain("/me/app-passwords"),
        sample("POST", "/me", Shows::Everyone, async |_| {
            Call::form(&[&ABOUT[..], &[("theme", "dark")]].concat())
        }),
        sample("POST", "/me/password", Shows::Everyone, async |_| {
            Call::form(&[
                ("current", PASSWORD),
                ("fresh", NEW_PASSWORD),
                ("again", NEW_PASSWORD),
            ])
        }),
        sample("POST", "/me/sessions/end-others", Shows::Everyone, async |_| {
            Call::form(&[])
        }),
        sample("POST", "/me/app-passwords", Shows::Everyone, async |_| {
            Call::form(&[("name", "Telephone")])
        }),
    ]
}

fn own_objects() -> Vec<Sample> {
    vec![
        sample("POST", "/me/sessions/{id}/end", Shows::Owner, async |ctx| {
            Call::form(&[]).at(&[&first(&ctx, "/api/v1/me/sessions").await])
        }),
        sample(
            "GET",
            "/me/app-passwords/{id}/revoke",
            Shows::Owner,
            async |ctx| Call::default().at(&[&app_password(&ctx).await]),
        ),
        sample(
            "POST",
            "/me/app-passwords/{id}/revoke",
            Shows::Owner,
            async |ctx| Call::form(&[]).at(&[&app_password(&ctx).await]),
        ),
    ]
}

async fn app_password(ctx: &Ctx) -> String {
    if !ctx.unknown() {
        ctx.town
            .post(
                &ctx.owner,
                "/api/v1/me/app-passwords",
                json!({"name": "Telephone"}),
            )
            .await;
    }
    first(ctx, "/api/v1/me/app-passwords").await
}

/// The id of the first thing in a list of the owner's.
async fn first(ctx: &Ctx, list: &str) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    ctx.town.get(&ctx.owner, list).await["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn people() -> Vec<Sample> {
    vec![
        plain("/people"),
        plain("/people/new"),
        sample("POST", "/people/new", Shows::Everyone, async |ctx| {
            let email = format!("new{}@town.example", ctx.town.number());
            Call::form(&[&ABOUT[..], &[("email", &email)]].concat())
        }),
        sample("GET", "/people/{id}", Shows::Whoever, async |ctx| {
            Call::default().at(&[&ctx.owner.id])
        }),
        sample("POST", "/people/{id}", Shows::Whoever, async |ctx| {
            let email = format!("moved{}@town.example", ctx.town.number());
            Call::form(&[&ABOUT[..], &[("email", &email)]].concat()).at(&[&ctx.owner.id])
        }),
        sample("POST", "/people/{id}/grants", Shows::Whoever, async |ctx| {
            Call::form(&[("relation", "auditor")]).at(&[&ctx.owner.id])
        }),
        sample(
            "POST",
            "/people/{id}/grants/remove",
            Shows::Whoever,
            async |ctx| Call::form(&[("relation", "auditor"), ("scope", "house")]).at(&[&ctx.owner.id]),
        ),
        sample("POST", "/people/{id}/invite", Shows::Whoever, async |ctx| {
            let id = if ctx.unknown() {
                ctx.owner.id
            } else {
                ctx.town.invited().await.0
            };
            Call::form(&[]).at(&[&id])
        }),
    ]
}

fn acts_on_people() -> Vec<Sample> {
    let mut samples = Vec::new();
    for act in ["block", "end-sessions", "delete", "export"] {
        let path = format!("/people/{{id}}/{act}").leak();
        samples.push(sample("GET", path, Shows::Whoever, async |ctx| {
            Call::default().at(&[&ctx.owner.id])
        }));
    }
    for act in ["reset", "block", "unblock", "end-sessions", "delete"] {
        let path = format!("/people/{{id}}/{act}").leak();
        samples.push(sample("POST", path, Shows::Whoever, async |ctx| {
            Call::form(&[]).at(&[&ctx.owner.id])
        }));
    }
    samples
}

fn keys() -> Vec<Sample> {
    vec![
        plain("/keys"),
        sample("POST", "/keys", Shows::Everyone, async |_| {
            Call::form(&[("name", "loader"), ("people:read", "on")])
        }),
        sample("GET", "/keys/{id}/revoke", Shows::Whoever, async |ctx| {
            Call::default().at(&[&key(&ctx).await])
        }),
        sample("POST", "/keys/{id}/revoke", Shows::Whoever, async |ctx| {
            Call::form(&[]).at(&[&key(&ctx).await])
        }),
    ]
}

async fn key(ctx: &Ctx) -> String {
    if ctx.unknown() {
        ctx.owner.id.clone()
    } else {
        ctx.town.actor(&Role::Key("people:read")).await.id
    }
}
