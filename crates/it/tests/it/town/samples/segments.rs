//! Segments, and people in them.

mod grpc;
mod pages;

use std::time::{Duration, Instant};

use front::Kind;
use http::Method;
use serde_json::json;

use super::{Ctx, Sample, Shows, sample};
use crate::town::Call;

/// What one room tells another arrives within a moment, on a busy machine within seconds.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

pub fn samples() -> Vec<Sample> {
    let rooms = [
        definitions(),
        numbers(),
        reports(),
        people(),
        draws_and_holdouts(),
        flags(),
        grpc::samples(),
        pages::samples(),
    ];
    rooms.into_iter().flatten().collect()
}

fn definitions() -> Vec<Sample> {
    vec![
        sample("GET", "/api/v1/segments", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/api/v1/segments", Shows::Everyone, async |ctx| {
            let key = format!("NEW_{}", ctx.town.number());
            Call::json(&json!({"key": key, "title": "A segment", "rollout": {"share": 12.5}}))
        }),
        sample("GET", "/api/v1/segments/{key}", Shows::Everyone, async |ctx| {
            Call::default().at(&[&made(&ctx).await])
        }),
        sample(
            "GET",
            "/api/v1/segments/{key}/days",
            Shows::Everyone,
            async |ctx| Call::default().at(&[&made(&ctx).await]),
        ),
        sample(
            "GET",
            "/api/v1/segments/{key}/versions",
            Shows::Everyone,
            async |ctx| Call::default().at(&[&made(&ctx).await]),
        ),
        sample("PATCH", "/api/v1/segments/{key}", Shows::Everyone, async |ctx| {
            let change = json!({"title": "Another title"});
            Call::json(&change)
                .at(&[&made(&ctx).await])
                .header("if-match", "\"v1\"")
        }),
        sample("DELETE", "/api/v1/segments/{key}", Shows::Everyone, async |ctx| {
            let call = Call::default().at(&[&made(&ctx).await]);
            call.header("if-match", "\"v1\"")
        }),
    ]
}

fn numbers() -> Vec<Sample> {
    vec![
        sample("GET", "/api/v1/segment-numbers", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("GET", "/api/v1/segment-overlap", Shows::Everyone, async |ctx| {
            let query = format!("?keys={},{}", made(&ctx).await, made(&ctx).await);
            Call {
                query,
                ..Call::default()
            }
        }),
        sample(
            "POST",
            "/api/v1/segments/{key}/preview",
            Shows::Everyone,
            async |ctx| Call::json(&json!({"rollout": {"share": 60}})).at(&[&made(&ctx).await]),
        ),
        sample(
            "GET",
            "/api/v1/segments/{key}/people",
            Shows::Everyone,
            async |ctx| Call::default().at(&[&made(&ctx).await]),
        ),
        sample(
            "POST",
            "/api/v1/segments/{key}/people",
            Shows::Everyone,
            async |ctx| {
                let key = made(&ctx).await;
                let somebody = ctx.town.admin().id.clone();
                heard_of(&ctx, &somebody).await;
                let row = json!({"person": somebody}).to_string();
                Call {
                    body: row.into(),
                    ..Call::default()
                }
                .header("content-type", "application/x-ndjson")
                .at(&[&key])
            },
        ),
    ]
}

fn reports() -> Vec<Sample> {
    vec![
        sample("GET", "/api/v1/segment-reports", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/api/v1/segment-reports", Shows::Everyone, async |_| {
            Call::json(&json!({"month": "2026-01"}))
        }),
        sample(
            "GET",
            "/api/v1/segment-reports/{id}",
            Shows::Everyone,
            async |ctx| {
                let wanted = json!({"month": "2026-01"});
                let path = "/api/v1/segment-reports";
                let asked = ctx.town.post(ctx.town.admin(), path, wanted).await;
                Call::default().at(&[asked["id"].as_str().unwrap()])
            },
        ),
    ]
}

fn people() -> Vec<Sample> {
    vec![
        sample(
            "GET",
            "/api/v1/people/{id}/segments",
            Shows::Whoever,
            async |ctx| Call::default().at(&[&known(&ctx).await]),
        ),
        sample(
            "PATCH",
            "/api/v1/people/{id}/segments",
            Shows::Whoever,
            async |ctx| {
                let key = made(&ctx).await;
                Call::json(&json!({"add": [{"key": key}]})).at(&[&known(&ctx).await])
            },
        ),
        sample(
            "GET",
            "/api/v1/people/{id}/segments/{key}",
            Shows::Whoever,
            async |ctx| {
                let key = made(&ctx).await;
                Call::default().at(&[&known(&ctx).await, &key])
            },
        ),
        sample(
            "GET",
            "/api/v1/people/{id}/segment-history",
            Shows::Whoever,
            async |ctx| Call::default().at(&[&known(&ctx).await]),
        ),
    ]
}

fn draws_and_holdouts() -> Vec<Sample> {
    vec![
        sample(
            "GET",
            "/api/v1/segments/{key}/draws",
            Shows::Everyone,
            async |ctx| Call::default().at(&[&made(&ctx).await]),
        ),
        sample(
            "POST",
            "/api/v1/segments/{key}/draws",
            Shows::Everyone,
            async |ctx| Call::json(&json!({"share": 10})).at(&[&made(&ctx).await]),
        ),
        sample(
            "DELETE",
            "/api/v1/segments/{key}/draws/{number}",
            Shows::Everyone,
            async |ctx| {
                let key = made(&ctx).await;
                let path = format!("/api/v1/segments/{key}/draws");
                let drawn = ctx.town.post(ctx.town.admin(), &path, json!({"share": 10})).await;
                Call::default().at(&[&key, &drawn["number"].to_string()])
            },
        ),
        sample("GET", "/api/v1/holdouts", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/api/v1/holdouts", Shows::Everyone, async |ctx| {
            let name = format!("HOLDOUT_{}", ctx.town.number());
            Call::json(&json!({"name": name, "share": 0}))
        }),
        sample(
            "DELETE",
            "/api/v1/holdouts/{name}",
            Shows::Everyone,
            async |ctx| {
                let name = format!("HOLDOUT_{}", ctx.town.number());
                let wanted = json!({"name": name, "share": 0});
                ctx.town.post(ctx.town.admin(), "/api/v1/holdouts", wanted).await;
                Call::default().at(&[&name])
            },
        ),
    ]
}

fn flags() -> Vec<Sample> {
    vec![
        sample("POST", "/ofrep/v1/evaluate/flags", Shows::Everyone, async |ctx| {
            Call::json(&json!({"context": {"targetingKey": ctx.owner.id}}))
        }),
        sample(
            "POST",
            "/ofrep/v1/evaluate/flags/{key}",
            Shows::Everyone,
            async |ctx| {
                let key = made(&ctx).await;
                Call::json(&json!({"context": {"targetingKey": ctx.owner.id}})).at(&[&key])
            },
        ),
        sample(
            "GET",
            "/ofrep/v1/streams/{token}",
            Shows::Whoever,
            async |ctx| match ctx.unknown() {
                true => Call::default().at(&["bm90LW9mLW91cnM"]),
                false => Call::default().at(&[&stream_of(&ctx).await]),
            },
        ),
    ]
}

/// The last part of the address at which it is told that the owner's flags changed.
async fn stream_of(ctx: &Ctx) -> String {
    let wanted = json!({"context": {"targetingKey": ctx.owner.id}});
    let path = "/ofrep/v1/evaluate/flags";
    let flags = ctx.town.post(ctx.town.admin(), path, wanted).await;
    let url = flags["eventStreams"][0]["url"].as_str().unwrap();
    url.rsplit('/').next().unwrap().to_owned()
}

/// A new segment.
async fn made(ctx: &Ctx) -> String {
    let key = format!("SEGMENT_{}", ctx.town.number());
    let wanted = json!({"key": key, "title": "A segment", "rollout": {"share": 50}});
    ctx.town.post(ctx.town.admin(), "/api/v1/segments", wanted).await;
    key
}

/// The owner, once segments have heard of them.
async fn known(ctx: &Ctx) -> String {
    let id = ctx.owner.id.clone();
    if !ctx.unknown() {
        heard_of(ctx, &id).await;
    }
    id
}

async fn heard_of(ctx: &Ctx, id: &str) {
    let path = format!("/api/v1/people/{id}/segments");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let asked = ctx
            .town
            .send(Method::GET, &path, Kind::Api, ctx.town.admin(), Call::default());
        if asked.await.status == 200 {
            return;
        }
        assert!(Instant::now() < deadline, "segments do not know {id}");
        tokio::time::sleep(POLL).await;
    }
}
