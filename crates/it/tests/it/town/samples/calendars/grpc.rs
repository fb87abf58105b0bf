//! Calendars over gRPC.

use front::Kind;
use http::Method;
use prost::Message;
use serde_json::json;
use wire::calendar::v1 as pb;

use super::{EVENT, address, followed, made, on_event, with_event};
use crate::town::Call;
use crate::town::samples::invitations::asked;
use crate::town::samples::sharing::{offered, shared};
use crate::town::samples::{Ctx, Sample, Shows, sample};

const DAY_MICROS: i64 = 86_400_000_000;

pub fn samples() -> Vec<Sample> {
    let rooms = [
        calendars(),
        events(),
        deeds(),
        objects(),
        sharing(),
        links(),
        subscriptions(),
    ];
    rooms.into_iter().flatten().collect()
}

/// A method about something of the owner.
pub fn own<F, M>(path: &'static str, message: impl Fn(Ctx) -> F + Copy + Send + Sync + 'static) -> Sample
where
    F: Future<Output = M> + Send + 'static,
    M: Message,
{
    sample("POST", path, Shows::Owner, move |ctx| async move {
        Call::message(&message(ctx).await.encode_to_vec())
    })
}

/// A method about which there is nothing to know but whether one may call it.
pub fn method<F, M>(path: &'static str, message: impl Fn(Ctx) -> F + Copy + Send + Sync + 'static) -> Sample
where
    F: Future<Output = M> + Send + 'static,
    M: Message,
{
    Sample {
        shows: Shows::Everyone,
        ..own(path, message)
    }
}

fn calendars() -> Vec<Sample> {
    vec![
        method("/townhall.calendar.v1.Calendars/ListCalendars", async |_| {
            pb::ListCalendarsRequest {}
        }),
        method("/townhall.calendar.v1.Calendars/CreateCalendar", async |_| {
            pb::CreateCalendarRequest {
                title: "Work".to_owned(),
                ..Default::default()
            }
        }),
        own("/townhall.calendar.v1.Calendars/GetCalendar", async |ctx| {
            pb::GetCalendarRequest { id: made(&ctx).await }
        }),
        own("/townhall.calendar.v1.Calendars/ChangeCalendar", async |ctx| {
            pb::ChangeCalendarRequest {
                id: made(&ctx).await,
                version: 1,
                title: Some("Home".to_owned()),
                ..Default::default()
            }
        }),
        own("/townhall.calendar.v1.Calendars/DeleteCalendar", async |ctx| {
            pb::DeleteCalendarRequest {
                id: made(&ctx).await,
                version: 1,
            }
        }),
        own("/townhall.calendar.v1.Calendars/RestoreCalendar", async |ctx| {
            pb::RestoreCalendarRequest { id: made(&ctx).await }
        }),
        own("/townhall.calendar.v1.Calendars/ReturnCalendar", async |ctx| {
            pb::ReturnCalendarRequest {
                at_micros: ctx.town.clock.now().as_micros(),
                id: made(&ctx).await,
                preview: true,
            }
        }),
        method("/townhall.calendar.v1.Calendars/GetSettings", async |_| {
            pb::GetSettingsRequest {}
        }),
        method("/townhall.calendar.v1.Calendars/PutSettings", async |_| {
            let daily = pb::Daily {
                at: "07:00".to_owned(),
                zone: None,
            };
            pb::PutSettingsRequest {
                letter: Some(pb::put_settings_request::Letter::Daily(daily)),
                invitations: 0,
            }
        }),
    ]
}

/// A calendar of the owner, and an event in it.
async fn event(ctx: &Ctx) -> (String, String) {
    let mut path = on_event(ctx, Call::default()).await.path.into_iter();
    (path.next().unwrap(), path.next().unwrap())
}

fn titled(title: &str) -> pb::EventFields {
    pb::EventFields {
        title: Some(title.to_owned()),
        ..Default::default()
    }
}

fn events() -> Vec<Sample> {
    vec![
        method("/townhall.calendar.v1.Events/ListInstances", async |ctx| {
            let from_micros = ctx.town.clock.now().as_micros();
            pb::ListInstancesRequest {
                from_micros,
                to_micros: from_micros + 7 * DAY_MICROS,
                ..Default::default()
            }
        }),
        own("/townhall.calendar.v1.Events/GetEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            pb::GetEventRequest {
                calendar,
                event,
                instance: None,
            }
        }),
        own("/townhall.calendar.v1.Events/CreateEvent", async |ctx| {
            let fields = pb::EventFields {
                starts: Some("2026-11-23T10:00".to_owned()),
                ..titled("Rounds")
            };
            pb::CreateEventRequest {
                calendar: made(&ctx).await,
                fields: Some(fields),
            }
        }),
        own("/townhall.calendar.v1.Events/ChangeEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            pb::ChangeEventRequest {
                calendar,
                event,
                change: 1,
                fields: Some(titled("Walk")),
                ..Default::default()
            }
        }),
        own("/townhall.calendar.v1.Events/DeleteEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            pb::DeleteEventRequest {
                calendar,
                event,
                change: 1,
                aim: None,
            }
        }),
        own("/townhall.calendar.v1.Events/AnswerEvent", async |ctx| {
            let mut path = asked(&ctx, Call::default()).await.path.into_iter();
            pb::AnswerEventRequest {
                calendar: path.next().unwrap(),
                event: path.next().unwrap(),
                change: 1,
                aim: None,
                answer: pb::Answer::Accepted.into(),
            }
        }),
    ]
}

/// What else can be done with an event.
fn deeds() -> Vec<Sample> {
    vec![
        own("/townhall.calendar.v1.Events/PreviewEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            pb::PreviewEventRequest {
                calendar,
                event,
                fields: Some(titled("Walk")),
                aim: None,
            }
        }),
        own("/townhall.calendar.v1.Events/ExplainEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            pb::ExplainEventRequest {
                calendar,
                event,
                at: "2026-11-23T10:00:00".to_owned(),
            }
        }),
        own("/townhall.calendar.v1.Events/ListVersionsOfEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            pb::ListVersionsOfEventRequest { calendar, event }
        }),
        own("/townhall.calendar.v1.Events/ReturnEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            if !ctx.unknown() {
                let at = format!("/api/v1/calendars/{calendar}/events/{event}");
                let change = Call::json(&json!({"title": "Another one"})).header("if-match", "\"v1\"");
                let changed = ctx.town.send(Method::PATCH, &at, Kind::Api, &ctx.owner, change);
                assert_eq!(changed.await.status, 200);
            }
            pb::ReturnEventRequest {
                calendar,
                event,
                change: 2,
                version: 1,
            }
        }),
        own("/townhall.calendar.v1.Events/DuplicateEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            pb::DuplicateEventRequest { calendar, event }
        }),
        own("/townhall.calendar.v1.Events/MoveEvent", async |ctx| {
            let (calendar, event) = event(&ctx).await;
            pb::MoveEventRequest {
                calendar,
                event,
                change: 1,
                to: made(&ctx).await,
            }
        }),
    ]
}

fn objects() -> Vec<Sample> {
    vec![
        own("/townhall.calendar.v1.Objects/GetObject", async |ctx| {
            pb::GetObjectRequest {
                calendar: with_event(&ctx).await,
                name: "walk.ics".to_owned(),
            }
        }),
        own("/townhall.calendar.v1.Objects/PutObject", async |ctx| {
            pb::PutObjectRequest {
                calendar: made(&ctx).await,
                name: "walk.ics".to_owned(),
                text: EVENT.to_owned(),
                expected: None,
            }
        }),
        own("/townhall.calendar.v1.Objects/DeleteObject", async |ctx| {
            pb::DeleteObjectRequest {
                calendar: with_event(&ctx).await,
                name: "walk.ics".to_owned(),
                change: None,
            }
        }),
        own("/townhall.calendar.v1.Objects/ListChanges", async |ctx| {
            pb::ListChangesRequest {
                calendar: made(&ctx).await,
                ..Default::default()
            }
        }),
        own("/townhall.calendar.v1.Objects/ImportFile", async |ctx| {
            pb::ImportFileRequest {
                calendar: made(&ctx).await,
                preview: false,
                piece: EVENT.into(),
            }
        }),
        method("/townhall.calendar.v1.Mail/BringMail", async |_| {
            let mail = "From: guest@elsewhere.example\r\nSubject: Yes\r\n\r\nI come.\r\n";
            pb::BringMailRequest { mail: mail.into() }
        }),
    ]
}

fn sharing() -> Vec<Sample> {
    vec![
        own("/townhall.calendar.v1.Sharing/ListShares", async |ctx| {
            let (calendar, _) = shared(&ctx).await;
            pb::ListSharesRequest { calendar }
        }),
        own("/townhall.calendar.v1.Sharing/ShareCalendar", async |ctx| {
            let (with, _) = ctx.town.invited().await;
            pb::ShareCalendarRequest {
                calendar: made(&ctx).await,
                with,
                rights: pb::Rights::Read.into(),
            }
        }),
        own("/townhall.calendar.v1.Sharing/EndShare", async |ctx| {
            let (calendar, person) = shared(&ctx).await;
            pb::EndShareRequest {
                calendar,
                with: person,
            }
        }),
        method("/townhall.calendar.v1.Sharing/ListOffers", async |_| {
            pb::ListOffersRequest {}
        }),
        own("/townhall.calendar.v1.Sharing/AnswerOffer", async |ctx| {
            pb::AnswerOfferRequest {
                calendar: offered(&ctx).await,
                reply: pb::OfferReply::Taken.into(),
                color: Some("#aa0044".to_owned()),
            }
        }),
        method("/townhall.calendar.v1.FreeBusy/GetBusyTimes", async |ctx| {
            let from_micros = ctx.town.clock.now().as_micros();
            pb::GetBusyTimesRequest {
                people: vec![ctx.town.admin().email.clone()],
                from_micros,
                to_micros: from_micros + 7 * DAY_MICROS,
            }
        }),
    ]
}

fn links() -> Vec<Sample> {
    vec![
        own("/townhall.calendar.v1.Sharing/GetLink", async |ctx| {
            pb::GetLinkRequest {
                calendar: published(&ctx).await,
            }
        }),
        own("/townhall.calendar.v1.Sharing/PublishCalendar", async |ctx| {
            pb::PublishCalendarRequest {
                calendar: made(&ctx).await,
                shows: pb::Shows::Busy.into(),
            }
        }),
        own("/townhall.calendar.v1.Sharing/RenewLink", async |ctx| {
            pb::RenewLinkRequest {
                calendar: published(&ctx).await,
            }
        }),
        own("/townhall.calendar.v1.Sharing/WithdrawLink", async |ctx| {
            pb::WithdrawLinkRequest {
                calendar: published(&ctx).await,
            }
        }),
    ]
}

fn subscriptions() -> Vec<Sample> {
    vec![
        method(
            "/townhall.calendar.v1.Subscriptions/ListSubscriptions",
            async |_| pb::ListSubscriptionsRequest {},
        ),
        method(
            "/townhall.calendar.v1.Subscriptions/CreateSubscription",
            async |_| pb::CreateSubscriptionRequest {
                source: address(),
                title: "Days off".to_owned(),
                color: None,
            },
        ),
        own(
            "/townhall.calendar.v1.Subscriptions/GetSubscription",
            async |ctx| pb::GetSubscriptionRequest {
                id: followed(&ctx, "holidays:ru").await,
            },
        ),
        own(
            "/townhall.calendar.v1.Subscriptions/ChangeSubscription",
            async |ctx| pb::ChangeSubscriptionRequest {
                id: followed(&ctx, &address()).await,
                version: 1,
                title: Some("Days off".to_owned()),
                color: None,
                daily: None,
            },
        ),
        own(
            "/townhall.calendar.v1.Subscriptions/DeleteSubscription",
            async |ctx| pb::DeleteSubscriptionRequest {
                id: followed(&ctx, &address()).await,
            },
        ),
        own(
            "/townhall.calendar.v1.Subscriptions/FetchSubscription",
            async |ctx| pb::FetchSubscriptionRequest {
                id: followed(&ctx, &address()).await,
            },
        ),
        method(
            "/townhall.calendar.v1.Subscriptions/ListHolidayCountries",
            async |_| pb::ListHolidayCountriesRequest {},
        ),
    ]
}

/// A calendar of the owner that has a link.
pub async fn published(ctx: &Ctx) -> String {
    let calendar = made(ctx).await;
    if !ctx.unknown() {
        let path = format!("/api/v1/calendars/{calendar}/link");
        let call = Call::json(&json!({"shows": "everything"}));
        let put = ctx.town.send(Method::PUT, &path, Kind::Api, &ctx.owner, call);
        assert_eq!(put.await.status, 200);
    }
    calendar
}
