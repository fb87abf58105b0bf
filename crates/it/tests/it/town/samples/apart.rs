//! Invitations that wait, and those who may invite.

use serde_json::json;

use super::{Ctx, Sample, Shows, sample};
use crate::town::Call;

pub fn samples() -> Vec<Sample> {
    let path = "/api/v1/calendar/invitations/{id}";
    let mut samples = vec![
        sample(
            "GET",
            "/api/v1/calendar/invitations",
            Shows::Everyone,
            async |ctx| {
                waits(&ctx).await;
                Call::default()
            },
        ),
        sample("DELETE", path, Shows::Owner, async |ctx| {
            Call::default().at(&[&waits(&ctx).await])
        }),
        sample(
            "POST",
            "/api/v1/calendar/invitations/{id}/answer",
            Shows::Owner,
            async |ctx| Call::json(&json!({"answer": "accepted"})).at(&[&waits(&ctx).await]),
        ),
        sample(
            "POST",
            "/api/v1/calendar/invitations/{id}/let-in",
            Shows::Owner,
            async |ctx| Call::default().at(&[&waits(&ctx).await]),
        ),
        sample(
            "POST",
            "/api/v1/calendar/invitations/{id}/block",
            Shows::Owner,
            async |ctx| Call::default().at(&[&waits(&ctx).await]),
        ),
    ];
    samples.extend(organizers());
    samples.extend(pages());
    samples
}

fn organizers() -> Vec<Sample> {
    let path = "/api/v1/calendar/organizers/{organizer}";
    vec![
        sample(
            "GET",
            "/api/v1/calendar/organizers",
            Shows::Everyone,
            async |_| Call::default(),
        ),
        sample("PUT", path, Shows::Everyone, async |ctx| {
            Call::json(&json!({"standing": "blocked"})).at(&[&outsider(&ctx)])
        }),
        sample("DELETE", path, Shows::Owner, async |ctx| {
            Call::default().at(&[&known(&ctx).await])
        }),
    ]
}

fn pages() -> Vec<Sample> {
    let page = "/calendar/invitations";
    vec![
        sample("GET", page, Shows::Everyone, async |ctx| {
            waits(&ctx).await;
            Call::default()
        }),
        sample("POST", page, Shows::Everyone, async |_| {
            Call::form(&[("whose", "known")])
        }),
        sample("POST", "/calendar/invitations/{id}", Shows::Owner, async |ctx| {
            Call::form(&[("act", "let-in")]).at(&[&waits(&ctx).await])
        }),
    ]
}

/// Somebody outside the house whom nobody else has heard of.
pub fn outsider(ctx: &Ctx) -> String {
    format!("host{}@elsewhere.example", ctx.town.number())
}

/// Somebody whom the owner knows.
pub async fn known(ctx: &Ctx) -> String {
    let organizer = outsider(ctx);
    if !ctx.unknown() {
        let path = format!("/api/v1/calendar/organizers/{organizer}");
        let call = Call::json(&json!({"standing": "known"}));
        let put = ctx
            .town
            .send(http::Method::PUT, &path, front::Kind::Api, &ctx.owner, call);
        assert_eq!(put.await.status, 204);
    }
    organizer
}

/// An invitation of somebody whom the owner does not know.
pub async fn waits(ctx: &Ctx) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    let from = outsider(ctx);
    ctx.town
        .bring_mail(&invitation(&from, &ctx.owner.email, "A talk", ""))
        .await;
    let all = ctx.town.get(&ctx.owner, "/api/v1/calendar/invitations").await;
    let mut items = all["items"].as_array().into_iter().flatten();
    let found = items.rfind(|one| one["address"] == from.as_str());
    found.map_or_else(
        || ctx.owner.id.clone(),
        |one| one["id"].as_str().unwrap().to_owned(),
    )
}

/// A mail by which somebody asks somebody to an event.
pub fn invitation(from: &str, guest: &str, title: &str, more: &str) -> String {
    format!(
        "From: <{from}>\r\nTo: {guest}\r\nSubject: {title}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n\
         BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Elsewhere//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n\
         UID:{from}-{title}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261124T090000Z\r\nDURATION:PT1H\r\n{more}\
         SUMMARY:{title}\r\nORGANIZER:mailto:{from}\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{guest}\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n"
    )
}
