//! What somebody has in their calendar program: their own calendars, those that others share, and those that they only follow.

use std::time::{Duration, Instant};

use front::Kind;
use http::Method;
use serde_json::json;

use crate::town::{Actor, Answer, Call, PATIENCE, Role, Town};

const PRIVILEGES: &str =
    r#"<propfind xmlns="DAV:"><prop><displayname/><current-user-privilege-set/></prop></propfind>"#;

fn event(uid: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T090000Z\r\nDURATION:PT1H\r\nSUMMARY:{uid}\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n"
    )
}

fn ics(text: &str) -> Call {
    let call = Call {
        body: text.to_owned().into(),
        ..Call::default()
    };
    call.header("content-type", "text/calendar")
}

/// Boris follows holidays, and a calendar that Anna published.
struct Phone {
    town: Town,
    anna: Actor,
    /// Of Anna.
    calendar: String,
    boris: Actor,
    holidays: String,
    followed: String,
}

impl Phone {
    async fn open() -> Phone {
        let town = Town::open_for_real().await;
        let anna = town.actor(&Role::Plain).await;
        let boris = town.actor(&Role::Plain).await;
        let made = town
            .post(&anna, "/api/v1/calendars", json!({"title": "Choir"}))
            .await;
        let calendar = made["id"].as_str().unwrap().to_owned();
        let mut phone = Phone {
            town,
            anna,
            calendar,
            boris,
            holidays: String::new(),
            followed: String::new(),
        };
        phone.put("first").await;
        let link = Call::json(&json!({"shows": "everything"}));
        let path = format!("/api/v1/calendars/{}/link", phone.calendar);
        let link = phone.ask(&phone.anna, Method::PUT, &path, Kind::Api, link).await;
        let address = format!("{}{}", phone.town.base(), link.json()["path"].as_str().unwrap());
        phone.holidays = phone.follows("holidays:ru").await;
        phone.followed = phone.follows(&address).await;
        phone.has_got(1).await;
        phone
    }

    async fn follows(&self, source: &str) -> String {
        let body = json!({"source": source});
        let followed = self.town.post(&self.boris, "/api/v1/subscriptions", body).await;
        followed["id"].as_str().unwrap().to_owned()
    }

    /// Waits until what Anna published came to Boris with so many entries.
    async fn has_got(&self, entries: usize) {
        let path = format!("/api/v1/subscriptions/{}", self.followed);
        let began = Instant::now();
        loop {
            let followed = self.town.get(&self.boris, &path).await;
            if followed["entries"] == entries {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{followed}");
            // Looking for what is due is a duty, which goes by the town's clock.
            self.town.clock.advance_seconds(1);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn gets_anew(&mut self, entries: usize) {
        self.town.clock.advance_seconds(301);
        // Tokens last for minutes.
        for actor in [&mut self.anna, &mut self.boris] {
            let id = actor.id.clone();
            *actor = Actor {
                id,
                ..self.town.sign_in(&actor.email).await
            };
        }
        let path = format!("/api/v1/subscriptions/{}/fetch", self.followed);
        self.town.post(&self.boris, &path, json!({})).await;
        self.has_got(entries).await;
    }

    async fn put(&self, uid: &str) {
        let path = format!("/api/v1/calendars/{}/objects/{uid}.ics", self.calendar);
        let put = self
            .ask(&self.anna, Method::PUT, &path, Kind::Api, ics(&event(uid)))
            .await;
        assert_eq!(put.status, 201, "{}", put.text());
    }

    async fn ask(&self, by: &Actor, method: Method, path: &str, kind: Kind, call: Call) -> Answer {
        self.town.send(method, path, kind, by, call).await
    }

    /// Boris's calendar program asks.
    async fn dav(&self, method: &str, path: &str, depth: &str, body: &str) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let call = ics(body).header("depth", depth);
        let path = format!("/dav/calendars/{}/{path}", self.boris.id);
        self.ask(&self.boris, method, &path, Kind::Dav, call).await
    }

    async fn sync(&self, calendar: &str, token: &str) -> (String, String) {
        let body = format!(
            r#"<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>
               <prop><getetag/></prop></sync-collection>"#
        );
        let said = self.dav("REPORT", &format!("{calendar}/"), "0", &body).await;
        assert_eq!(said.status, 207, "{}", said.text());
        let text = said.whole();
        let token = text
            .split("sync-token>")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap();
        (text.clone(), token.to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_lists_what_is_ones_own_what_is_shared_and_what_is_followed() {
    let phone = Phone::open().await;
    let shares = format!("/api/v1/calendars/{}/shares", phone.calendar);
    let with = json!({"with": phone.boris.email, "rights": "edit"});
    phone.town.post(&phone.anna, &shares, with).await;
    let offer = format!("/api/v1/calendar/offers/{}", phone.calendar);
    let began = Instant::now();
    loop {
        let taken = Call::json(&json!({"reply": "taken"}));
        let taken = phone
            .ask(&phone.boris, Method::PUT, &offer, Kind::Api, taken)
            .await;
        if taken.status == 200 {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{}", taken.text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let listed = phone.dav("PROPFIND", "", "1", "").await;
    assert_eq!(listed.status, 207);
    let home = listed.whole();
    let own = ["personal", "inbox", "outbox"];
    let others = [&phone.calendar, &phone.holidays, &phone.followed];
    for name in own.into_iter().chain(others.into_iter().map(String::as_str)) {
        let href = format!("/dav/calendars/{}/{name}/", phone.boris.id);
        assert!(home.contains(&format!("href>{href}<")), "{name}: {home}");
    }
    let listed = phone.dav("PROPFIND", "", "1", PRIVILEGES).await.whole();
    let of = |name: &str| {
        let (_, after) = listed.split_once(&format!("/{name}/<")).unwrap();
        after.split("href>").nth(1).unwrap().to_owned()
    };
    assert!(of(&phone.calendar).contains("write"));
    for (name, title) in [(&phone.holidays, "Holidays: Russia"), (&phone.followed, "Choir")] {
        let said = of(name);
        assert!(
            said.contains(title) && said.contains("read") && !said.contains("write"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_followed_is_read_and_never_written() {
    let phone = Phone::open().await;
    let own = format!("/api/v1/calendars/{}/objects/first.ics", phone.calendar);
    for calendar in [&phone.holidays, &phone.followed] {
        let (new, itself) = (format!("{calendar}/new.ics"), format!("{calendar}/"));
        let (listed, _) = phone.sync(calendar, "").await;
        let there = listed.split("href>").nth(1).unwrap().split('<').next().unwrap();
        let there = there.splitn(5, '/').nth(4).unwrap().to_owned();
        for (method, path, body) in [
            ("PUT", new.as_str(), event("new")),
            ("PUT", there.as_str(), event("first")),
            ("DELETE", there.as_str(), String::new()),
            ("DELETE", itself.as_str(), String::new()),
            (
                "PROPPATCH",
                itself.as_str(),
                r#"<propertyupdate xmlns="DAV:"><set><prop><displayname>Mine</displayname></prop></set></propertyupdate>"#
                    .to_owned(),
            ),
        ] {
            let said = phone.dav(method, path, "0", &body).await;
            assert_eq!(said.status, 403, "{method} {path}: {}", said.text());
            assert!(said.text().contains("need-privileges"), "{}", said.text());
        }
        let read = phone.dav("GET", &there, "0", "").await;
        assert!(read.text().starts_with("BEGIN:VCALENDAR"), "{}", read.text());
    }
    let annas = phone.ask(&phone.anna, Method::GET, &own, Kind::Api, Call::default());
    assert_eq!(annas.await.status, 200, "Anna's is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_hears_what_came_and_went_in_what_is_followed() {
    let mut phone = Phone::open().await;
    let (first, token) = phone.sync(&phone.followed, "").await;
    assert_eq!(first.matches("getetag>").count() / 2, 1, "{first}");
    let (nothing, same) = phone.sync(&phone.followed, &token).await;
    assert_eq!(
        (nothing.matches("href>").count(), &same),
        (0, &token),
        "{nothing}"
    );

    phone.put("second").await;
    phone.gets_anew(2).await;
    let (second, token) = phone.sync(&phone.followed, &token).await;
    assert_eq!(
        second.matches("getetag>").count() / 2,
        1,
        "only what is new: {second}"
    );

    let path = format!("/api/v1/calendars/{}/objects/first.ics", phone.calendar);
    let gone = phone
        .ask(
            &phone.anna,
            Method::DELETE,
            &path,
            Kind::Api,
            Call::default().header("if-match", "\"v1\""),
        )
        .await;
    assert!(gone.status < 300, "{}", gone.text());
    phone.gets_anew(1).await;
    let (third, _) = phone.sync(&phone.followed, &token).await;
    assert!(
        third.contains("404 Not Found") && third.matches("href>").count() == 2,
        "{third}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn holidays_are_on_phones_and_make_nobody_busy() {
    let phone = Phone::open().await;
    let query = r#"<c:calendar-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop><c:calendar-data/></prop>
        <c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
        <c:time-range start="20270101T000000Z" end="20270102T000000Z"/></c:comp-filter></c:comp-filter></c:filter>
        </c:calendar-query>"#;
    let calendar = format!("{}/", phone.holidays);
    let found = phone.dav("REPORT", &calendar, "1", query).await.whole();
    assert!(
        found.contains("SUMMARY:New Year") && found.contains("DTSTART;VALUE=DATE:20270101"),
        "{found}"
    );
    let (_, token) = phone.sync(&phone.holidays, "").await;
    let (nothing, _) = phone.sync(&phone.holidays, &token).await;
    assert_eq!(nothing.matches("href>").count(), 0, "{nothing}");
    let busy = r#"<c:free-busy-query xmlns:c="urn:ietf:params:xml:ns:caldav">
        <c:time-range start="20261101T000000Z" end="20270201T000000Z"/></c:free-busy-query>"#;
    let busy = phone.dav("REPORT", "", "infinity", busy).await.whole();
    assert!(
        busy.contains("VFREEBUSY") && !busy.contains("FREEBUSY;") && !busy.contains("FREEBUSY:"),
        "{busy}"
    );
}
