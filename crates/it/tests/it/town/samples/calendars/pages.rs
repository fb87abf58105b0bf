//! Pages of calendars beside the views and the forms of events: what was, what is wanted, and times that are looked for.

use front::Kind;
use http::Method;

use super::{made, with_event};
use crate::town::Call;
use crate::town::samples::{Ctx, Sample, Shows, sample};

const TASK: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VTODO\r\nUID:water\r\n\
    DTSTAMP:20261101T000000Z\r\nDUE:20261123T090000Z\r\nSUMMARY:Water\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

pub fn samples() -> Vec<Sample> {
    let back = "/calendar/own/{id}/return";
    vec![
        sample("GET", back, Shows::Owner, async |ctx| {
            Call::default().at(&[&with_event(&ctx).await])
        }),
        sample("POST", back, Shows::Owner, async |ctx| {
            let now = ctx.town.clock.now().to_string().replace(':', "%3A");
            Call::form(&[("at", &now)]).at(&[&made(&ctx).await])
        }),
        sample("GET", "/calendar/own/{id}/deleted", Shows::Owner, async |ctx| {
            Call::default().at(&[&with_event(&ctx).await])
        }),
        sample("GET", "/calendar/settings", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/calendar/settings", Shows::Everyone, async |_| {
            Call::form(&[
                ("daily", "on"),
                ("daily_at", "07:00"),
                ("zone", "Europe/Moscow"),
                ("whose", "house"),
            ])
        }),
        sample("POST", "/calendar/times", Shows::Everyone, async |ctx| {
            Call::form(&[("guests", &ctx.town.admin().email), ("title", "Walk")])
        }),
        sample(
            "POST",
            "/calendar/events/{id}/{event}/tick",
            Shows::Owner,
            async |ctx| task(&ctx, Call::form(&[("act", "done")])).await,
        ),
    ]
}

/// A call about a task of the owner.
async fn task(ctx: &Ctx, call: Call) -> Call {
    let calendar = made(ctx).await;
    if ctx.unknown() {
        let event = ctx.owner.id.clone();
        return call.at(&[&calendar, &event]);
    }
    let path = format!("/api/v1/calendars/{calendar}/objects/water.ics");
    let text = Call {
        body: TASK.into(),
        ..Call::default()
    };
    let text = text.header("content-type", "text/calendar");
    let put = ctx.town.send(Method::PUT, &path, Kind::Api, &ctx.owner, text);
    assert_eq!(put.await.status, 201);
    let range = "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&zone=UTC";
    let path = format!("/api/v1/agenda?{range}&calendar={calendar}");
    let found = ctx.town.get(&ctx.owner, &path).await;
    let event = found["items"][0]["event"].as_str().unwrap().to_owned();
    call.at(&[&calendar, &event])
}
