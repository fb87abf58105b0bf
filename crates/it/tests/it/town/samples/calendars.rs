//! Calendars and what lies in them.

use front::Kind;
use http::Method;
use serde_json::json;

use super::{Ctx, Sample, Shows, sample};
use crate::town::Call;

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:walk\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261123T090000Z\r\nDURATION:PT1H\r\nSUMMARY:A walk\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

pub fn samples() -> Vec<Sample> {
    let mut samples = calendars();
    samples.extend(objects());
    samples.extend(settings());
    samples
}

fn calendars() -> Vec<Sample> {
    vec![
        sample("GET", "/api/v1/calendars", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/api/v1/calendars", Shows::Everyone, async |_| {
            Call::json(&json!({"title": "Work", "color": "#aa0044", "kinds": ["event"]}))
        }),
        sample("GET", "/api/v1/calendars/{id}", Shows::Owner, async |ctx| {
            Call::default().at(&[&made(&ctx).await])
        }),
        sample("PATCH", "/api/v1/calendars/{id}", Shows::Owner, async |ctx| {
            Call::json(&json!({"title": "Home"}))
                .at(&[&made(&ctx).await])
                .header("if-match", "\"v1\"")
        }),
        sample("DELETE", "/api/v1/calendars/{id}", Shows::Owner, async |ctx| {
            let call = Call::default().at(&[&made(&ctx).await]);
            call.header("if-match", "\"v1\"")
        }),
        sample(
            "POST",
            "/api/v1/calendars/{id}/restore",
            Shows::Owner,
            async |ctx| Call::default().at(&[&made(&ctx).await]),
        ),
        sample(
            "GET",
            "/api/v1/calendars/{id}/changes",
            Shows::Owner,
            async |ctx| Call::default().at(&[&made(&ctx).await]),
        ),
        sample("GET", "/api/v1/agenda", Shows::Everyone, async |_| Call {
            query: "?from=2026-11-23T00:00:00Z&to=2026-11-30T00:00:00Z&zone=Europe/Moscow".to_owned(),
            ..Call::default()
        }),
    ]
}

fn objects() -> Vec<Sample> {
    let path = "/api/v1/calendars/{id}/objects/{name}";
    vec![
        sample("PUT", path, Shows::Owner, async |ctx| {
            text(&[&made(&ctx).await, "walk.ics"])
        }),
        sample("GET", path, Shows::Owner, async |ctx| {
            Call::default().at(&[&with_event(&ctx).await, "walk.ics"])
        }),
        sample("DELETE", path, Shows::Owner, async |ctx| {
            Call::default().at(&[&with_event(&ctx).await, "walk.ics"])
        }),
    ]
}

fn settings() -> Vec<Sample> {
    let path = "/api/v1/calendar/settings";
    vec![
        sample("GET", path, Shows::Everyone, async |_| Call::default()),
        sample("PUT", path, Shows::Everyone, async |_| {
            Call::json(&json!({"daily_at": "07:00", "zone": "Europe/Moscow"}))
        }),
    ]
}

fn text(path: &[&str]) -> Call {
    let call = Call {
        body: EVENT.into(),
        ..Call::default()
    };
    call.at(path).header("content-type", "text/calendar")
}

/// A calendar of the owner.
async fn made(ctx: &Ctx) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    let body = json!({"title": "Work"});
    let made = ctx.town.post(&ctx.owner, "/api/v1/calendars", body).await;
    made["id"].as_str().unwrap().to_owned()
}

/// One in which there is an event.
async fn with_event(ctx: &Ctx) -> String {
    let calendar = made(ctx).await;
    if !ctx.unknown() {
        let path = format!("/api/v1/calendars/{calendar}/objects/walk.ics");
        let put = ctx
            .town
            .send(Method::PUT, &path, Kind::Api, &ctx.owner, text(&[]));
        assert_eq!(put.await.status, 201);
    }
    calendar
}
