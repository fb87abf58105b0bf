//! Letters: how they go, and whom they do not go to.

use kernel::Id;
use serde_json::json;
use store::{StoreError, params, sql};

use super::{Ctx, Sample, Shows, sample};
use crate::town::{Actor, Call};

/// As they stand in the table.
const PARKED: i64 = 10;
const UNSURE: i64 = 11;

pub fn samples() -> Vec<Sample> {
    let mut samples = suppressions();
    samples.extend(letters());
    samples
}

fn letters() -> Vec<Sample> {
    let plain = |method, path| sample(method, path, Shows::Everyone, async |_| Call::default());
    let of_letter = |method: &'static str, path: &'static str, state: i64| {
        sample(method, path, Shows::Whoever, move |ctx: Ctx| async move {
            Call::json(&json!({"how": "handed_over"})).at(&[&a_letter_in(&ctx, state).await])
        })
    };
    vec![
        plain("GET", "/api/v1/letters"),
        plain("GET", "/api/v1/post/providers"),
        plain("GET", "/api/v1/post/book"),
        plain("GET", "/api/v1/post/plan"),
        sample("POST", "/api/v1/letters/trial", Shows::Everyone, async |ctx| {
            Call::json(&json!({"email": format!("trial{}@town.example", ctx.town.number()), "letters": 2}))
        }),
        sample("GET", "/api/v1/letters/{id}", Shows::Whoever, async |ctx: Ctx| {
            Call::default().at(&[&a_letter(&ctx).await])
        }),
        of_letter("POST", "/api/v1/letters/{id}/retry", PARKED),
        of_letter("POST", "/api/v1/letters/{id}/settle", UNSURE),
    ]
}

pub(super) async fn a_letter(ctx: &Ctx) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    let admin: &Actor = ctx.town.admin();
    let made = ctx
        .town
        .post(admin, "/api/v1/letters/trial", json!({"email": ctx.owner.email}))
        .await;
    made["letters"][0].as_str().unwrap().to_owned()
}

/// A letter in a state that no letter of a town comes into by itself.
async fn a_letter_in(ctx: &Ctx, state: i64) -> String {
    let letter = a_letter(ctx).await;
    if ctx.unknown() {
        return letter;
    }
    let pattern: Id = letter.parse().unwrap();
    let id = Id::beside(pattern, ctx.town.clock.now());
    let made: Result<u64, StoreError> = ctx
        .town
        .store()
        .shard_of(pattern)
        .write(move |tx| {
            tx.execute(
                sql!(
                    "INSERT INTO letters (id, vshard, owner, kind, lane, state, due_at, asked_at, not_before,
                        wanted_until, attempts, provider, stick, provider_name, letter_key, outside, data, story)
                     SELECT $2, vshard, owner, kind, lane, $3, NULL, asked_at, not_before,
                        wanted_until, attempts, provider, stick, provider_name, letter_key, outside, data, story
                     FROM letters WHERE id = $1"
                ),
                params![pattern, id, state],
            )
        })
        .await;
    assert_eq!(made.unwrap(), 1);
    id.to_string()
}

fn suppressions() -> Vec<Sample> {
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
        async |ctx: Ctx| Call::default().at(&[&a_suppression(&ctx).await]),
    )
}

/// The id of an address that letters do not go to.
pub(super) async fn a_suppression(ctx: &Ctx) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    let admin: &Actor = ctx.town.admin();
    let stopped = json!({"email": ctx.owner.email});
    let made = ctx.town.post(admin, "/api/v1/post/suppressions", stopped).await;
    made["id"].as_str().unwrap().to_owned()
}

/// A letter whose data is at hand, because it waits for a person.
pub async fn a_parked_letter(ctx: &Ctx) -> String {
    a_letter_in(ctx, PARKED).await
}
