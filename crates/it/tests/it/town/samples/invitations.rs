//! Answers to invitations.

use front::Kind;
use http::Method;
use serde_json::json;

use super::calendars::made;
use super::{Ctx, Sample, Shows, sample};
use crate::town::{Actor, Call};

const OUTSIDE: &str = "guest@elsewhere.example";

pub fn samples() -> Vec<Sample> {
    let link = "/calendar/answer/{token}";
    vec![
        sample(
            "POST",
            "/api/v1/calendars/{id}/events/{event}/answer",
            Shows::Owner,
            async |ctx| {
                let call = Call::json(&json!({"answer": "accepted"}));
                asked(&ctx, call).await.header("if-match", "\"v1\"")
            },
        ),
        sample(
            "POST",
            "/calendar/events/{id}/{event}/answer",
            Shows::Owner,
            async |ctx| asked(&ctx, Call::form(&[("answer", "declined")])).await,
        ),
        sample("POST", "/api/v1/calendar/mail", Shows::Everyone, async |_| {
            let call = Call {
                body: "From: guest@elsewhere.example\r\nSubject: Yes\r\n\r\nI come.\r\n".into(),
                ..Call::default()
            };
            call.header("content-type", "message/rfc822")
        }),
        sample("GET", link, Shows::Everyone, async |ctx| {
            Call::default().at(&[&answer_link(&ctx).await])
        }),
        sample("POST", link, Shows::Everyone, async |ctx| {
            Call::form(&[("answer", "tentative")]).at(&[&answer_link(&ctx).await])
        }),
    ]
}

fn invitation(organizer: &str, guest: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:asked-{guest}\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:20261123T090000Z\r\nDURATION:PT1H\r\nSUMMARY:A talk\r\n\
         ORGANIZER:mailto:{organizer}\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{guest}\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n"
    )
}

/// Lays an invitation into a calendar of somebody: which calendar.
async fn laid(ctx: &Ctx, owner: &Actor, text: String) -> String {
    let ctx = Ctx {
        owner: owner.clone(),
        ..ctx.clone()
    };
    let calendar = made(&ctx).await;
    let path = format!("/api/v1/calendars/{calendar}/objects/asked.ics");
    let call = Call {
        body: text.into(),
        ..Call::default()
    };
    let call = call.header("content-type", "text/calendar");
    let put = ctx.town.send(Method::PUT, &path, Kind::Api, &ctx.owner, call);
    assert_eq!(put.await.status, 201);
    calendar
}

/// A call about an event that somebody else asks the owner to.
pub(super) async fn asked(ctx: &Ctx, call: Call) -> Call {
    if ctx.unknown() {
        let nowhere = ctx.owner.id.clone();
        return call.at(&[&nowhere, &nowhere]);
    }
    let text = invitation("host@elsewhere.example", &ctx.owner.email);
    let calendar = laid(ctx, &ctx.owner, text).await;
    let path = format!(
        "/api/v1/agenda?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&zone=UTC&calendar={calendar}"
    );
    let found = ctx.town.get(&ctx.owner, &path).await;
    let event = found["items"][0]["event"].as_str().unwrap().to_owned();
    call.at(&[&calendar, &event])
}

/// The last part of a link by which somebody outside the house answers.
async fn answer_link(ctx: &Ctx) -> String {
    let host = ctx.town.admin().clone();
    laid(ctx, &host, invitation(&host.email, OUTSIDE)).await;
    ctx.town.answer_link(&host, &format!("asked-{OUTSIDE}"), OUTSIDE)
}
