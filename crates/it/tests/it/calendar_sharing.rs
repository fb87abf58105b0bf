//! A shared calendar as those meet it whom it is shared with: over REST, and in a calendar program.

use std::time::Duration;

use front::Kind;
use http::Method;
use serde_json::{Value, json};

use crate::town::{Actor, Answer, Call, PATIENCE, Role, Town};

const PRIVATE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:secret\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T120000Z\r\nDURATION:PT1H\r\nSUMMARY:Doctor\r\nCLASS:PRIVATE\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";
const OPEN: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:open\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T090000Z\r\nDURATION:PT1H\r\nSUMMARY:Choir\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

struct Two {
    town: Town,
    anna: Actor,
    boris: Actor,
    calendar: String,
}

impl Two {
    /// Anna's calendar with an open and a private event.
    async fn open() -> Two {
        let town = Town::open_for_real().await;
        let anna = town.actor(&Role::Plain).await;
        let boris = town.actor(&Role::Plain).await;
        let all = town.get(&anna, "/api/v1/calendars").await;
        let calendar = all["items"][0]["id"].as_str().unwrap().to_owned();
        let two = Two {
            town,
            anna,
            boris,
            calendar,
        };
        for (name, text) in [("open.ics", OPEN), ("secret.ics", PRIVATE)] {
            let path = two.object(name);
            let put = two.send(&two.anna, Method::PUT, &path, Kind::Api, ics(text));
            assert_eq!(put.await.status, 201);
        }
        two
    }

    fn object(&self, name: &str) -> String {
        format!("/api/v1/calendars/{}/objects/{name}", self.calendar)
    }

    /// Where Boris's calendar program finds it.
    fn at_boris(&self, name: &str) -> String {
        format!("/dav/calendars/{}/{}/{name}", self.boris.id, self.calendar)
    }

    async fn send(&self, by: &Actor, method: Method, path: &str, kind: Kind, call: Call) -> Answer {
        self.town.send(method, path, kind, by, call).await
    }

    /// Shares it with Boris, who takes it.
    async fn share(&self, rights: &str) {
        let path = format!("/api/v1/calendars/{}/shares", self.calendar);
        let with = json!({"with": self.boris.email, "rights": rights});
        self.town.post(&self.anna, &path, with).await;
        let path = format!("/api/v1/calendar/offers/{}", self.calendar);
        loop {
            let taken = Call::json(&json!({"reply": "taken"}));
            let taken = self.send(&self.boris, Method::PUT, &path, Kind::Api, taken);
            match taken.await.status {
                200 => return,
                404 => tokio::time::sleep(Duration::from_millis(20)).await,
                status => panic!("{status}"),
            }
        }
    }

    async fn boris_lists(&self) -> Vec<Value> {
        let all = self.town.get(&self.boris, "/api/v1/calendars").await;
        let items = all["items"].as_array().unwrap().iter();
        items.filter(|one| one["rights"] != "own").cloned().collect()
    }

    /// Whether Boris's calendar program finds it.
    async fn is_at_boris(&self) -> bool {
        let method = Method::from_bytes(b"PROPFIND").unwrap();
        let call = Call::default().header("depth", "0");
        let at = self.at_boris("");
        let found = self.send(&self.boris, method, &at, Kind::Dav, call).await;
        assert!([207, 404].contains(&found.status), "{}", found.status);
        found.status == 207
    }
}

fn ics(text: &str) -> Call {
    let call = Call {
        body: text.to_owned().into(),
        ..Call::default()
    };
    call.header("content-type", "text/calendar")
}

#[tokio::test]
async fn a_reader_reads_what_is_not_private_and_changes_nothing() {
    let two = Two::open().await;
    two.share("read").await;
    let listed = two.boris_lists().await;
    assert_eq!((listed.len(), &listed[0]["rights"]), (1, &json!("read")));
    let get = async |name: &str, kind| {
        let path = match kind {
            Kind::Dav => two.at_boris(name),
            _ => two.object(name),
        };
        two.send(&two.boris, Method::GET, &path, kind, Call::default())
            .await
            .text()
    };
    for kind in [Kind::Api, Kind::Dav] {
        assert_eq!(get("open.ics", kind).await, OPEN);
        let secret = get("secret.ics", kind).await;
        assert!(
            secret.contains("SUMMARY:Busy") && !secret.contains("Doctor"),
            "{secret}"
        );
    }
    for (kind, path) in [
        (Kind::Api, two.object("new.ics")),
        (Kind::Dav, two.at_boris("new.ics")),
    ] {
        let put = two.send(&two.boris, Method::PUT, &path, kind, ics(OPEN)).await;
        assert_eq!(put.status, 403, "{}", put.text());
    }
    let path = format!("/api/v1/calendars/{}/shares", two.calendar);
    let on = Call::json(&json!({"with": two.anna.email, "rights": "read"}));
    let on = two.send(&two.boris, Method::POST, &path, Kind::Api, on).await;
    assert_eq!(on.status, 403);
}

#[tokio::test]
async fn a_program_of_whoever_may_edit_writes_into_the_one_calendar_and_can_let_go_of_it() {
    let two = Two::open().await;
    assert!(!two.is_at_boris().await);
    two.share("manage").await;
    assert!(two.is_at_boris().await);
    let changed = OPEN.replace("Choir", "Choir and band");
    let at = two.at_boris("open.ics");
    let put = two.send(&two.boris, Method::PUT, &at, Kind::Dav, ics(&changed));
    assert_eq!(put.await.status, 204);
    let path = two.object("open.ics");
    let annas = two.send(&two.anna, Method::GET, &path, Kind::Api, Call::default());
    assert_eq!(annas.await.text(), changed, "there is one calendar");
    let at = two.at_boris("");
    let gone = two.send(&two.boris, Method::DELETE, &at, Kind::Dav, Call::default());
    assert_eq!(gone.await.status, 204);
    assert!(!two.is_at_boris().await);
    let annas = two.send(&two.anna, Method::GET, &path, Kind::Api, Call::default());
    assert_eq!(annas.await.status, 200, "Anna still has it");
}

#[tokio::test]
async fn what_was_read_without_what_is_private_is_never_written_over_it() {
    let two = Two::open().await;
    two.share("read").await;
    let at = [
        (Kind::Api, two.object("secret.ics")),
        (Kind::Dav, two.at_boris("secret.ics")),
    ];
    let mut read = Vec::new();
    for (kind, path) in &at {
        let busy = two.send(&two.boris, Method::GET, path, *kind, Call::default());
        let busy = busy.await;
        read.push((busy.headers["etag"].clone(), busy.text()));
    }
    two.share("edit").await;
    for ((kind, path), (tag, text)) in at.iter().zip(&read) {
        let mut put = ics(&text.replace("T120000Z", "T130000Z"));
        put.headers.insert("if-match", tag.clone());
        let put = two.send(&two.boris, Method::PUT, path, *kind, put).await;
        assert_eq!(put.status, 412, "{}", put.text());
    }
    let path = two.object("secret.ics");
    let annas = two.send(&two.anna, Method::GET, &path, Kind::Api, Call::default());
    assert_eq!(annas.await.text(), PRIVATE);
}

#[tokio::test]
async fn what_is_moved_goes_only_where_one_may_put_something() {
    let two = Two::open().await;
    two.share("edit").await;
    let made = json!({"title": "Anna's alone"});
    let alone = two.town.post(&two.anna, "/api/v1/calendars", made).await;
    let alone = alone["id"].as_str().unwrap();
    let own = two.town.get(&two.boris, "/api/v1/calendars").await;
    let own = own["items"][0]["id"].as_str().unwrap();
    let events = format!("/api/v1/calendars/{}/events", two.calendar);
    let event = json!({"title": "Choir", "starts": "2026-11-25T10:00", "zone": "UTC"});
    let event = two.town.post(&two.boris, &events, event).await;
    let id = event["id"].as_str().unwrap();
    let at = format!("{events}/{id}");
    let there = two.send(&two.boris, Method::GET, &at, Kind::Api, Call::default());
    let tag = there.await.headers["etag"].clone();
    let version = tag.to_str().unwrap().trim_matches(['"', 'v']).to_owned();
    let page = format!("/calendar/events/{}/{id}", two.calendar);
    for (to, status) in [(alone, 404), (own, 422)] {
        let mut call = Call::json(&json!({"calendar": to}));
        call.headers.insert("if-match", tag.clone());
        let path = format!("{at}/move");
        let moved = two.send(&two.boris, Method::POST, &path, Kind::Api, call).await;
        assert_eq!(moved.status, status, "{}", moved.text());
        let form = [
            ("act", "save"),
            ("version", &version),
            ("title", "Moved away"),
            ("start_date", "2026-11-25"),
            ("start_time", "10:00"),
            ("end_date", "2026-11-25"),
            ("end_time", "11:00"),
            ("zone", "UTC"),
            ("calendar", to),
        ];
        let saved = two.town.page(Method::POST, &page, &two.boris, Call::form(&form));
        assert_eq!(saved.await.status, status);
    }
    let after = two.town.get(&two.boris, &at).await;
    assert_eq!(after["title"], "Choir", "nothing is done by halves");
}

#[tokio::test]
async fn a_form_without_its_word_does_nothing() {
    let two = Two::open().await;
    two.share("edit").await;
    let own = format!("/calendar/own/{}", two.calendar);
    let event = json!({"title": "Choir", "starts": "2026-11-25T10:00", "zone": "UTC"});
    let events = format!("/api/v1/calendars/{}/events", two.calendar);
    let event = two.town.post(&two.anna, &events, event).await;
    let event = event["id"].as_str().unwrap();
    let answer = format!("/calendar/events/{}/{event}/answer", two.calendar);
    let offer = format!("/calendar/offers/{}", two.calendar);
    for (by, path, field) in [
        (&two.anna, format!("{own}/link"), "act"),
        (&two.anna, format!("{own}/shares"), "act"),
        (&two.anna, answer, "answer"),
        (&two.boris, offer, "reply"),
    ] {
        for form in [Call::form(&[]), Call::form(&[(field, "perhaps")])] {
            let answer = two.town.page(Method::POST, &path, by, form).await;
            assert_eq!(answer.status, 422, "{path}");
        }
    }
    let link = format!("/api/v1/calendars/{}/link", two.calendar);
    let link = two.send(&two.anna, Method::GET, &link, Kind::Api, Call::default());
    assert_eq!(link.await.status, 404, "nothing is published");
    assert_eq!(two.boris_lists().await.len(), 1, "nothing is let go of");
}

/// A choir that Anna keeps and Boris is in.
async fn choir(two: &Two) -> String {
    let made = two
        .town
        .post(&two.anna, "/api/v1/groups", json!({"name": "Choir"}))
        .await;
    let group = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/groups/{group}/people");
    let with = json!({"person": two.boris.email});
    two.town.post(&two.anna, &path, with).await;
    group
}

/// What Boris was offered, as soon as it is so much.
async fn offered(two: &Two, count: usize) -> Vec<Value> {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let offers = two.town.get(&two.boris, "/api/v1/calendar/offers").await;
        let items = offers["items"].as_array().unwrap().clone();
        if items.len() == count {
            return items;
        }
        assert!(std::time::Instant::now() < deadline, "{items:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_calendar_is_shared_with_a_group_for_as_long_as_one_is_in_it() {
    let two = Two::open().await;
    let group = choir(&two).await;
    let shares = format!("/api/v1/calendars/{}/shares", two.calendar);
    let with = json!({"with": group, "rights": "edit"});
    let shared = two.town.post(&two.anna, &shares, with).await;
    assert_eq!(
        (&shared["group"], &shared["name"]),
        (&json!(group), &json!("Choir"))
    );
    assert!(shared.get("person").is_none() && shared.get("reply").is_none());
    let offers = offered(&two, 1).await;
    assert_eq!(offers[0]["groups"], json!([{"id": group, "name": "Choir"}]));
    assert_eq!(
        (&offers[0]["rights"], &offers[0]["reply"]),
        (&json!("edit"), &json!("waiting"))
    );
    let path = format!("/api/v1/calendar/offers/{}", two.calendar);
    let taken = Call::json(&json!({"reply": "taken"}));
    let taken = two.send(&two.boris, Method::PUT, &path, Kind::Api, taken).await;
    assert_eq!(taken.status, 200);
    assert_eq!(two.boris_lists().await.len(), 1);
    assert!(two.is_at_boris().await, "and in a calendar program");
    let path = format!("/api/v1/groups/{group}/people/{}", two.boris.id);
    let left = two.send(&two.boris, Method::DELETE, &path, Kind::Api, Call::default());
    assert_eq!(left.await.status, 204);
    offered(&two, 0).await;
    assert!(!two.is_at_boris().await);
    let path = format!("/api/v1/groups/{group}/people");
    let with = json!({"person": two.boris.id});
    two.town.post(&two.anna, &path, with).await;
    assert_eq!(offered(&two, 1).await[0]["reply"], "waiting", "asked anew");
    let path = format!("{shares}/{group}");
    let back = two.send(&two.anna, Method::DELETE, &path, Kind::Api, Call::default());
    assert_eq!(back.await.status, 204);
    offered(&two, 0).await;
    let again = two.send(&two.anna, Method::DELETE, &path, Kind::Api, Call::default());
    assert_eq!(again.await.status, 404);
}

#[tokio::test]
async fn what_is_shared_with_a_group_ends_with_it_and_strangers_share_with_it_never() {
    let two = Two::open().await;
    let group = choir(&two).await;
    let shares = format!("/api/v1/calendars/{}/shares", two.calendar);
    let with = json!({"with": group, "rights": "read"});
    two.town.post(&two.anna, &shares, with).await;
    offered(&two, 1).await;
    let stranger = two.town.actor(&Role::Plain).await;
    let all = two.town.get(&stranger, "/api/v1/calendars").await;
    let own = all["items"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/calendars/{own}/shares");
    let call = Call::json(&json!({"with": group, "rights": "read"}));
    let refused = two.send(&stranger, Method::POST, &path, Kind::Api, call).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let path = format!("/api/v1/groups/{group}");
    let deleted = two.send(&two.anna, Method::DELETE, &path, Kind::Api, Call::default());
    assert_eq!(deleted.await.status, 204);
    offered(&two, 0).await;
    let left = two.town.get(&two.anna, &shares).await;
    assert_eq!(left["items"], json!([]));
}
