//! Public calendars: named, found and taken down.

use front::Kind;
use http::Method;
use serde_json::json;
use wire::calendar::v1 as pb;

use super::calendars::grpc::{method, own, published};
use super::{Ctx, Sample, Shows, sample};
use crate::town::{Call, Role};

pub fn samples() -> Vec<Sample> {
    let name = "/api/v1/calendars/{id}/link/name";
    let mut samples = vec![
        sample("PUT", name, Shows::Owner, async |ctx| {
            let calendar = published(&ctx).await;
            Call::json(&json!({"name": name_of(&calendar)})).at(&[&calendar])
        }),
        sample("DELETE", name, Shows::Owner, async |ctx| {
            Call::default().at(&[&published(&ctx).await])
        }),
        sample("POST", "/calendar/own/{id}/name", Shows::Owner, async |ctx| {
            let calendar = published(&ctx).await;
            Call::form(&[("act", "list"), ("public-name", &name_of(&calendar))]).at(&[&calendar])
        }),
        sample("GET", "/api/v1/calendar/public", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("GET", "/calendar/public", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("GET", "/calendar/public/{file}", Shows::Everyone, async |ctx| {
            Call::default().at(&[&listed(&ctx).await])
        }),
        sample(
            "DELETE",
            "/api/v1/calendar/public/{name}",
            Shows::Whoever,
            async |ctx| Call::default().at(&[&taken_down(&ctx).await]),
        ),
        sample("POST", "/calendar/public", Shows::Whoever, async |ctx| {
            Call::form(&[("name", &taken_down(&ctx).await)])
        }),
    ];
    samples.extend(by_grpc());
    samples
}

fn by_grpc() -> Vec<Sample> {
    vec![
        own("/townhall.calendar.v1.Sharing/MakePublic", async |ctx| {
            let calendar = published(&ctx).await;
            let name = name_of(&calendar);
            pb::MakePublicRequest { calendar, name }
        }),
        own("/townhall.calendar.v1.Sharing/MakeUnlisted", async |ctx| {
            let calendar = published(&ctx).await;
            pb::MakeUnlistedRequest { calendar }
        }),
        method("/townhall.calendar.v1.Sharing/ListPublicCalendars", async |_| {
            pb::ListPublicCalendarsRequest::default()
        }),
        Sample {
            shows: Shows::Whoever,
            ..method(
                "/townhall.calendar.v1.Sharing/TakeDownPublicCalendar",
                async |ctx| {
                    let name = taken_down(&ctx).await;
                    pb::TakeDownPublicCalendarRequest { name }
                },
            )
        },
    ]
}

/// A name that no other calendar has.
fn name_of(calendar: &str) -> String {
    format!("walk-{calendar}")
}

/// The name of a calendar of somebody else: whoever looks for it need be nobody.
async fn listed(ctx: &Ctx) -> String {
    let ctx = Ctx {
        owner: ctx.town.actor(&Role::Plain).await,
        ..ctx.clone()
    };
    let calendar = published(&ctx).await;
    let name = name_of(&calendar);
    let path = format!("/api/v1/calendars/{calendar}/link/name");
    let call = Call::json(&json!({"name": name}));
    let put = ctx.town.send(Method::PUT, &path, Kind::Api, &ctx.owner, call);
    assert_eq!(put.await.status, 200);
    name
}

/// A name that is there to be taken down, or nobody's.
async fn taken_down(ctx: &Ctx) -> String {
    match ctx.unknown() {
        true => "nobody-has-it".to_owned(),
        false => listed(ctx).await,
    }
}
