//! Finding a time, and rooms that come if they are free.

use http::Method;
use serde_json::json;

use super::{Ctx, Sample, Shows, sample};
use crate::town::Call;

pub fn samples() -> Vec<Sample> {
    let one = "/api/v1/calendar/resources/{person}";
    vec![
        sample("POST", "/api/v1/calendar/busy", Shows::Everyone, async |ctx| {
            let range = ("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z");
            let admin = &ctx.town.admin().email;
            Call::json(&json!({"people": [admin], "from": range.0, "to": range.1}))
        }),
        sample("POST", "/api/v1/calendar/times", Shows::Everyone, async |_| {
            let range = ("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z");
            Call::json(&json!({"minutes": 30, "from": range.0, "to": range.1, "room_for": 4}))
        }),
        sample("GET", "/api/v1/calendar/resources", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("PUT", one, Shows::Whoever, async |ctx| {
            let call = Call::json(&json!({"sort": "room", "place": "First floor", "seats": 12}));
            call.at(&[&somebody(&ctx).await])
        }),
        sample("DELETE", one, Shows::Whoever, async |ctx| {
            let person = somebody(&ctx).await;
            if !ctx.unknown() {
                let path = format!("/api/v1/calendar/resources/{person}");
                let call = Call::json(&json!({"sort": "thing"}));
                let admin = ctx.town.admin();
                let made = ctx.town.send(Method::PUT, &path, front::Kind::Api, admin, call);
                assert_eq!(made.await.status, 200);
            }
            Call::default().at(&[&person])
        }),
        sample("GET", "/calendar/times", Shows::Everyone, async |ctx| Call {
            query: format!("?guests={}", ctx.town.admin().email),
            ..Call::default()
        }),
        sample("GET", "/calendar/rooms", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/calendar/rooms", Shows::Everyone, async |ctx| {
            let (person, _) = ctx.town.invited().await;
            Call::form(&[
                ("act", "make"),
                ("with", &person),
                ("sort", "room"),
                ("seats", "4"),
            ])
        }),
    ]
}

/// Somebody of the registry who can be a room, or nobody.
pub async fn somebody(ctx: &Ctx) -> String {
    match ctx.unknown() {
        true => ctx.owner.id.clone(),
        false => ctx.town.invited().await.0,
    }
}
