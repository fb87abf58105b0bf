//! The pages of segments.

use serde_json::json;

use super::{Ctx, Sample, Shows, heard_of, known, made, sample};
use crate::town::Call;

/// What each form that is saved says: the version that it was opened with.
const FIRST: (&str, &str) = ("version", "1");

pub fn samples() -> Vec<Sample> {
    let mut samples = vec![
        sample("GET", "/segments", Shows::Everyone, async |_| Call::default()),
        sample("GET", "/new-segment", Shows::Everyone, async |_| Call::default()),
        sample("POST", "/new-segment", Shows::Everyone, async |ctx| {
            let key = format!("PAGE_{}", ctx.town.number());
            Call::form(&[("key", &key), ("title", "A segment")])
        }),
        sample("GET", "/people/{id}/segments", Shows::Whoever, async |ctx| {
            Call::default().at(&[&known(&ctx).await])
        }),
        sample("POST", "/people/{id}/segments", Shows::Whoever, async |ctx| {
            let key = made(&ctx).await;
            Call::form(&[("segment", &key), ("act", "add")]).at(&[&known(&ctx).await])
        }),
        sample("POST", "/segments/{key}/people", Shows::Everyone, async |ctx| {
            let somebody = ctx.town.admin().id.clone();
            heard_of(&ctx, &somebody).await;
            Call::form(&[("person", &somebody), ("act", "remove")]).at(&[&made(&ctx).await])
        }),
        sample("GET", "/segments/{key}/retune", Shows::Everyone, async |ctx| {
            Call::default().at(&[&exact(&ctx).await])
        }),
        sample("POST", "/segments/{key}/retune", Shows::Everyone, async |ctx| {
            Call::form(&[FIRST]).at(&[&exact(&ctx).await])
        }),
        draw("GET", "/segments/{key}/draws/{number}/end"),
        draw("POST", "/segments/{key}/draws/{number}/end"),
    ];
    samples.extend(looks());
    samples.extend(changes());
    samples
}

fn looks() -> Vec<Sample> {
    let look = |path| {
        sample("GET", path, Shows::Everyone, async |ctx| {
            Call::default().at(&[&made(&ctx).await])
        })
    };
    let mut samples: Vec<Sample> = [
        "/segments/{key}",
        "/segments/{key}/about",
        "/segments/{key}/rule",
        "/segments/{key}/overlap",
        "/segments/{key}/people",
        "/segments/{key}/draws",
        "/segments/{key}/archive",
        "/segments/{key}/end-rollout",
    ]
    .map(look)
    .into();
    samples.push(sample(
        "GET",
        "/segments/{key}/versions/{version}",
        Shows::Everyone,
        async |ctx| Call::default().at(&[&made(&ctx).await, "1"]),
    ));
    samples
}

fn changes() -> Vec<Sample> {
    const FORMS: [(&str, &[(&str, &str)]); 5] = [
        ("/segments/{key}/about", &[FIRST, ("title", "Another title")]),
        ("/segments/{key}/rule", &[FIRST, ("share", "60"), ("act", "save")]),
        ("/segments/{key}/draws", &[("share", "10")]),
        ("/segments/{key}/archive", &[FIRST]),
        ("/segments/{key}/end-rollout", &[FIRST]),
    ];
    let change = |(path, fields): (&'static str, &'static [(&str, &str)])| {
        sample("POST", path, Shows::Everyone, async move |ctx| {
            Call::form(fields).at(&[&made(&ctx).await])
        })
    };
    let mut samples: Vec<Sample> = FORMS.map(change).into();
    samples.push(sample(
        "POST",
        "/segments/{key}/versions/{version}",
        Shows::Everyone,
        async |ctx| Call::form(&[FIRST]).at(&[&made(&ctx).await, "1"]),
    ));
    samples
}

fn draw(method: &'static str, path: &'static str) -> Sample {
    sample(method, path, Shows::Everyone, async |ctx| {
        let key = made(&ctx).await;
        let path = format!("/api/v1/segments/{key}/draws");
        let drawn = ctx.town.post(ctx.town.admin(), &path, json!({"share": 10})).await;
        Call::form(&[FIRST]).at(&[&key, &drawn["number"].to_string()])
    })
}

/// A new segment whose share is exact.
async fn exact(ctx: &Ctx) -> String {
    let key = format!("EXACT_{}", ctx.town.number());
    let wanted = json!({"key": key, "title": "A segment", "rollout": {"share": 50, "exact": true}});
    ctx.town.post(ctx.town.admin(), "/api/v1/segments", wanted).await;
    key
}
