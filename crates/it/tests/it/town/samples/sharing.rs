//! Calendars that are shared.

use std::time::Duration;

use serde_json::json;

use super::calendars::made;
use super::{Ctx, Sample, Shows, sample};
use crate::town::Call;

pub fn samples() -> Vec<Sample> {
    let mut samples = vec![
        sample("GET", "/api/v1/calendar/offers", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("PUT", "/api/v1/calendar/offers/{id}", Shows::Owner, async |ctx| {
            let call = Call::json(&json!({"reply": "taken", "color": "#aa0044"}));
            call.at(&[&offered(&ctx).await])
        }),
        sample("POST", "/calendar/offers/{id}", Shows::Owner, async |ctx| {
            Call::form(&[("reply", "taken")]).at(&[&offered(&ctx).await])
        }),
        sample("POST", "/calendar/own/{id}/shares", Shows::Owner, async |ctx| {
            let (calendar, _) = shared(&ctx).await;
            let email = ctx.town.admin().email.clone();
            Call::form(&[("act", "share"), ("with", &email), ("rights", "edit")]).at(&[&calendar])
        }),
        sample("POST", "/calendar/own/{id}/link", Shows::Owner, async |ctx| {
            Call::form(&[("act", "busy")]).at(&[&made(&ctx).await])
        }),
    ];
    let path = "/api/v1/calendars/{id}/shares";
    samples.extend([
        sample("GET", path, Shows::Owner, async |ctx| {
            let (calendar, _) = shared(&ctx).await;
            Call::default().at(&[&calendar])
        }),
        sample("POST", path, Shows::Owner, async |ctx| {
            let (with, _) = ctx.town.invited().await;
            let call = Call::json(&json!({"with": with, "rights": "read"}));
            call.at(&[&made(&ctx).await])
        }),
        sample(
            "DELETE",
            "/api/v1/calendars/{id}/shares/{with}",
            Shows::Owner,
            async |ctx| {
                let (calendar, person) = shared(&ctx).await;
                Call::default().at(&[&calendar, &person])
            },
        ),
    ]);
    samples
}

/// A calendar of the owner, and with whom it is shared.
pub(super) async fn shared(ctx: &Ctx) -> (String, String) {
    let calendar = made(ctx).await;
    let (with, _) = ctx.town.invited().await;
    if !ctx.unknown() {
        let path = format!("/api/v1/calendars/{calendar}/shares");
        let share = json!({"with": with, "rights": "read"});
        ctx.town.post(&ctx.owner, &path, share).await;
    }
    (calendar, with)
}

/// A calendar of somebody else that was offered to the owner, and of which they heard.
pub(super) async fn offered(ctx: &Ctx) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    let giver = ctx.town.actor(&crate::town::Role::Plain).await;
    let made = ctx
        .town
        .post(&giver, "/api/v1/calendars", json!({"title": "Choir"}))
        .await;
    let calendar = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/calendars/{calendar}/shares");
    let share = json!({"with": ctx.owner.id, "rights": "edit"});
    ctx.town.post(&giver, &path, share).await;
    loop {
        let offers = ctx.town.get(&ctx.owner, "/api/v1/calendar/offers").await;
        let mut items = offers["items"].as_array().unwrap().iter();
        if items.any(|offer| offer["calendar"] == calendar.as_str()) {
            return calendar;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
