//! Calendars and what lies in them.

pub mod grpc;
mod grpc_rooms;
mod pages;

use std::sync::atomic::{AtomicUsize, Ordering};

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
    samples.extend(links());
    samples.extend(events());
    samples.extend(deeds());
    samples.extend(settings());
    samples.extend(subscriptions());
    samples.extend(pages());
    samples.extend(self::pages::samples());
    samples.extend(forms());
    samples.extend(grpc::samples());
    samples.extend(grpc_rooms::samples());
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
            "POST",
            "/api/v1/calendars/{id}/return",
            Shows::Owner,
            async |ctx| {
                let at = ctx.town.clock.now().to_string();
                Call::json(&json!({"at": at, "preview": true})).at(&[&made(&ctx).await])
            },
        ),
        sample(
            "GET",
            "/api/v1/calendars/{id}/changes",
            Shows::Owner,
            async |ctx| Call::default().at(&[&made(&ctx).await]),
        ),
        sample(
            "POST",
            "/api/v1/calendars/{id}/import",
            Shows::Owner,
            async |ctx| text(&[&made(&ctx).await]),
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

fn links() -> Vec<Sample> {
    let path = "/api/v1/calendars/{id}/link";
    let mut samples = vec![
        sample("PUT", path, Shows::Owner, async |ctx| {
            Call::json(&json!({"shows": "busy"})).at(&[&made(&ctx).await])
        }),
        sample(
            "GET",
            "/calendar/public/{person}/{file}",
            Shows::Everyone,
            async |ctx| {
                // Whoever follows a link need be nobody; whoever gave it is somebody.
                let owner = ctx.town.admin().clone();
                let ctx = Ctx { owner, ..ctx };
                let calendar = made(&ctx).await;
                let path = format!("/api/v1/calendars/{calendar}/link");
                let call = Call::json(&json!({"shows": "everything"}));
                let link = ctx
                    .town
                    .send(Method::PUT, &path, Kind::Api, &ctx.owner, call)
                    .await;
                let link = link.json()["path"].as_str().unwrap_or_default().to_owned();
                let parts: Vec<&str> = link.rsplitn(3, '/').collect();
                Call::default().at(&[parts[1], parts[0]])
            },
        ),
    ];
    for method in ["GET", "POST", "DELETE"] {
        samples.push(sample(method, path, Shows::Owner, async |ctx| {
            let calendar = made(&ctx).await;
            if !ctx.unknown() {
                let path = format!("/api/v1/calendars/{calendar}/link");
                let call = Call::json(&json!({"shows": "everything"}));
                ctx.town
                    .send(Method::PUT, &path, Kind::Api, &ctx.owner, call)
                    .await;
            }
            Call::default().at(&[&calendar])
        }));
    }
    samples
}

fn events() -> Vec<Sample> {
    let path = "/api/v1/calendars/{id}/events/{event}";
    vec![
        sample(
            "POST",
            "/api/v1/calendars/{id}/events",
            Shows::Owner,
            async |ctx| {
                let body = json!({"title": "Rounds", "starts": "2026-11-23T10:00", "recurrence": {"frequency": "weekly"}});
                Call::json(&body).at(&[&made(&ctx).await])
            },
        ),
        sample("GET", path, Shows::Owner, async |ctx| {
            on_event(&ctx, Call::default()).await
        }),
        sample("PATCH", path, Shows::Owner, async |ctx| {
            let call =
                Call::json(&json!({"title": "Walk", "starts": "2026-11-24T10:00", "zone": "Europe/Moscow"}));
            on_event(&ctx, call).await.header("if-match", "\"v1\"")
        }),
        sample("DELETE", path, Shows::Owner, async |ctx| {
            on_event(&ctx, Call::default()).await.header("if-match", "\"v1\"")
        }),
    ]
}

/// What else can be done with an event.
fn deeds() -> Vec<Sample> {
    vec![
        sample(
            "POST",
            "/api/v1/calendars/{id}/events/{event}/preview",
            Shows::Owner,
            async |ctx| on_event(&ctx, Call::json(&json!({"change": {"title": "Walk"}}))).await,
        ),
        sample(
            "GET",
            "/api/v1/calendars/{id}/events/{event}/why",
            Shows::Owner,
            async |ctx| {
                let call = on_event(&ctx, Call::default()).await;
                Call {
                    query: "?at=2026-11-23T10:00:00".to_owned(),
                    ..call
                }
            },
        ),
        sample(
            "GET",
            "/api/v1/calendars/{id}/events/{event}/history",
            Shows::Owner,
            async |ctx| on_event(&ctx, Call::default()).await,
        ),
        sample(
            "POST",
            "/api/v1/calendars/{id}/events/{event}/return",
            Shows::Owner,
            async |ctx| {
                let call = on_event(&ctx, Call::json(&json!({"change": 1}))).await;
                if !ctx.unknown() {
                    let at = format!("/api/v1/calendars/{}/events/{}", call.path[0], call.path[1]);
                    let change = Call::json(&json!({"title": "Another one"})).header("if-match", "\"v1\"");
                    let changed = ctx.town.send(Method::PATCH, &at, Kind::Api, &ctx.owner, change);
                    assert_eq!(changed.await.status, 200);
                }
                call.header("if-match", "\"v2\"")
            },
        ),
        sample(
            "POST",
            "/api/v1/calendars/{id}/events/{event}/duplicate",
            Shows::Owner,
            async |ctx| on_event(&ctx, Call::default()).await,
        ),
        sample(
            "POST",
            "/api/v1/calendars/{id}/events/{event}/move",
            Shows::Owner,
            async |ctx| {
                let body = json!({"calendar": made(&ctx).await});
                on_event(&ctx, Call::json(&body))
                    .await
                    .header("if-match", "\"v1\"")
            },
        ),
    ]
}

fn pages() -> Vec<Sample> {
    let mut samples = vec![
        sample("GET", calendar::pages::ASSET_ROUTE, Shows::Whoever, async |ctx| {
            let page = ctx.town.actor(&crate::town::Role::Plain).await;
            let shown = ctx
                .town
                .send(Method::GET, "/calendar", Kind::Page, &page, Call::default())
                .await;
            let address = String::from_utf8_lossy(&shown.body)
                .split('"')
                .find(|part| part.starts_with("/calendar/assets/"))
                .map(str::to_owned);
            let address = address.unwrap();
            let mut parts = address.split('?').next().unwrap().rsplit('/');
            let (name, hash) = (parts.next().unwrap(), parts.next().unwrap());
            Call::default().at(&[hash, if ctx.unknown() { "nothing.css" } else { name }])
        }),
        sample(
            "GET",
            "/calendar/events/{id}/{event}",
            Shows::Owner,
            async |ctx| on_event(&ctx, Call::default()).await,
        ),
        sample("GET", "/calendar/own/{id}", Shows::Owner, async |ctx| {
            Call::default().at(&[&made(&ctx).await])
        }),
    ];
    for path in ["/calendar", "/calendar/new", "/calendar/own"] {
        samples.push(sample("GET", path, Shows::Everyone, async |_| Call::default()));
    }
    samples
}

fn forms() -> Vec<Sample> {
    vec![
        sample("POST", "/calendar/shown", Shows::Everyone, async |_| {
            Call::form(&[("view", "week")])
        }),
        sample("POST", "/calendar/quick", Shows::Everyone, async |_| {
            Call::form(&[("quick", "tomorrow 15:00 dentist 30m")])
        }),
        sample("POST", "/calendar/move", Shows::Owner, async |ctx| {
            let at = on_event(&ctx, Call::default()).await.path;
            Call::form(&[
                ("calendar", &at[0]),
                ("event", &at[1]),
                ("change", "1"),
                ("by", "30"),
            ])
        }),
        sample("POST", "/calendar/undo", Shows::Owner, async |ctx| {
            let at = on_event(&ctx, Call::default()).await.path;
            if !ctx.unknown() {
                let path = format!("/api/v1/calendars/{}/events/{}", at[0], at[1]);
                let change = Call::json(&json!({"title": "Another one"})).header("if-match", "\"v1\"");
                let changed = ctx.town.send(Method::PATCH, &path, Kind::Api, &ctx.owner, change);
                assert_eq!(changed.await.status, 200);
            }
            Call::form(&[("calendar", &at[0]), ("event", &at[1]), ("change", "1")])
        }),
        sample("POST", "/calendar/new", Shows::Owner, async |ctx| {
            let calendar = made(&ctx).await;
            Call::form(&[
                ("calendar", &calendar),
                ("title", "Walk"),
                ("whole", "on"),
                ("start_date", "2026-11-23"),
            ])
        }),
        sample(
            "POST",
            "/calendar/events/{id}/{event}",
            Shows::Owner,
            async |ctx| {
                let call = Call::form(&[("version", "1"), ("act", "duplicate")]);
                on_event(&ctx, call).await
            },
        ),
        sample("POST", "/calendar/own", Shows::Everyone, async |_| {
            Call::form(&[("title", "Choir"), ("color", "%23aa0044")])
        }),
        sample("POST", "/calendar/own/{id}", Shows::Owner, async |ctx| {
            let call = Call::form(&[
                ("version", "1"),
                ("title", "Choir"),
                ("color", "%23aa0044"),
                ("zone", "Europe/Moscow"),
            ]);
            call.at(&[&made(&ctx).await])
        }),
        sample("POST", "/calendar/own/{id}/restore", Shows::Owner, async |ctx| {
            Call::form(&[]).at(&[&made(&ctx).await])
        }),
    ]
}

fn subscriptions() -> Vec<Sample> {
    let (all, one) = ("/api/v1/subscriptions", "/api/v1/subscriptions/{id}");
    let fetch = "/api/v1/subscriptions/{id}/fetch";
    let (page, entry) = (
        "/calendar/subscriptions/{id}",
        "/calendar/subscriptions/{id}/{entry}",
    );
    vec![
        sample("GET", all, Shows::Everyone, async |_| Call::default()),
        sample("POST", all, Shows::Everyone, async |_| {
            Call::json(&json!({"source": address(), "title": "Days off", "color": "#aa0044"}))
        }),
        sample(
            "GET",
            "/api/v1/subscriptions/countries",
            Shows::Everyone,
            async |_| Call::default(),
        ),
        sample("GET", one, Shows::Owner, async |ctx| {
            Call::default().at(&[&followed(&ctx, "holidays:ru").await])
        }),
        sample("PATCH", one, Shows::Owner, async |ctx| {
            Call::json(&json!({"title": "Days off"}))
                .at(&[&followed(&ctx, &address()).await])
                .header("if-match", "\"v1\"")
        }),
        sample("DELETE", one, Shows::Owner, async |ctx| {
            Call::default().at(&[&followed(&ctx, &address()).await])
        }),
        sample("POST", fetch, Shows::Owner, async |ctx| {
            Call::default().at(&[&followed(&ctx, &address()).await])
        }),
        sample("POST", "/calendar/subscriptions", Shows::Everyone, async |_| {
            Call::form(&[("source", &address())])
        }),
        sample("GET", page, Shows::Owner, async |ctx| {
            Call::default().at(&[&followed(&ctx, "holidays:ru").await])
        }),
        sample("POST", page, Shows::Owner, async |ctx| {
            let call = Call::form(&[("version", "1"), ("title", "Days off"), ("color", "%23aa0044")]);
            call.at(&[&followed(&ctx, &address()).await])
        }),
        sample("GET", entry, Shows::Owner, async |ctx| {
            let id = followed(&ctx, "holidays:ru").await;
            if ctx.unknown() {
                let entry = ctx.owner.id.clone();
                return Call::default().at(&[&id, &entry]);
            }
            let agenda =
                "/api/v1/agenda?from=2026-11-03T00:00:00Z&to=2026-11-06T00:00:00Z&zone=UTC&calendar=";
            let path = format!("{agenda}{id}");
            let shown = ctx
                .town
                .send(Method::GET, &path, Kind::Api, &ctx.owner, Call::default());
            let day = shown.await.json()["items"][0]["event"]
                .as_str()
                .unwrap()
                .to_owned();
            let call = Call {
                query: "?date=2026-11-04".to_owned(),
                ..Call::default()
            };
            call.at(&[&id, &day])
        }),
    ]
}

/// An address that nobody follows yet, of a machine that is not asked.
fn address() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    format!("https://127.0.0.1/{}.ics", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Something that the owner follows.
async fn followed(ctx: &Ctx, source: &str) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    let path = "/api/v1/subscriptions";
    let all = ctx
        .town
        .send(Method::GET, path, Kind::Api, &ctx.owner, Call::default());
    let all = all.await.json();
    let known = all["items"].as_array().and_then(|items| {
        let known = items.iter().find(|one| one["source"] == source);
        known.cloned()
    });
    let one = match known {
        Some(known) => known,
        None => ctx.town.post(&ctx.owner, path, json!({"source": source})).await,
    };
    one["id"].as_str().unwrap().to_owned()
}

/// A call about an event of the owner.
async fn on_event(ctx: &Ctx, call: Call) -> Call {
    let calendar = made(ctx).await;
    if ctx.unknown() {
        let event = ctx.owner.id.clone();
        return call.at(&[&calendar, &event]);
    }
    let path = format!("/api/v1/calendars/{calendar}/events");
    let body = json!({"title": "Rounds", "starts": "2026-11-23T10:00", "zone": "Europe/Berlin"});
    let event = ctx.town.post(&ctx.owner, &path, body).await;
    call.at(&[&calendar, event["id"].as_str().unwrap()])
}

fn text(path: &[&str]) -> Call {
    let call = Call {
        body: EVENT.into(),
        ..Call::default()
    };
    call.at(path).header("content-type", "text/calendar")
}

/// A calendar of the owner.
pub(super) async fn made(ctx: &Ctx) -> String {
    if ctx.unknown() {
        return ctx.owner.id.clone();
    }
    let body = json!({"title": "Work"});
    let made = ctx.town.post(&ctx.owner, "/api/v1/calendars", body).await;
    made["id"].as_str().unwrap().to_owned()
}

/// One in which there is an event.
pub(super) async fn with_event(ctx: &Ctx) -> String {
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
