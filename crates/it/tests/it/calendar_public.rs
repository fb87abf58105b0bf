//! A published calendar as whoever has its link meets it: a page and a file, for as long as the link counts.

use front::Kind;
use http::{Method, header};
use serde_json::{Value, json};

use crate::town::{Actor, Answer, Call, Role, Town};

/// Two hours after nine in Berlin, weekly; and something that is nobody's business.
const EVENTS: [(&str, &str); 2] = [
    (
        "choir.ics",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:choir\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20261123T090000\r\nDURATION:PT2H\r\n\
         RRULE:FREQ=WEEKLY\r\nSUMMARY:Choir\r\nLOCATION:Town hall\r\nDESCRIPTION:Bring the blue book.\r\n\
         ORGANIZER:mailto:host@town.example\r\nATTENDEE;CN=Greta:mailto:greta@elsewhere.example\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
    ),
    (
        "doctor.ics",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:doctor\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T120000Z\r\nDURATION:PT1H\r\nSUMMARY:Doctor\r\nCLASS:PRIVATE\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
    ),
];

struct Notice {
    town: Town,
    anna: Actor,
    calendar: String,
}

impl Notice {
    async fn open() -> Notice {
        let town = Town::open_for_real().await;
        let anna = town.actor(&Role::Plain).await;
        let made = json!({"title": "Choir of the town", "zone": "Europe/Berlin"});
        let made = town.post(&anna, "/api/v1/calendars", made).await;
        let calendar = made["id"].as_str().unwrap().to_owned();
        let notice = Notice { town, anna, calendar };
        for (name, text) in EVENTS {
            let call = Call {
                body: text.into(),
                ..Call::default()
            };
            let call = call.header("content-type", "text/calendar");
            let path = format!("/api/v1/calendars/{}/objects/{name}", notice.calendar);
            let put = notice
                .town
                .send(Method::PUT, &path, Kind::Api, &notice.anna, call)
                .await;
            assert_eq!(put.status, 201, "{}", put.text());
        }
        notice
    }

    async fn link(&self, method: Method, body: Value) -> Value {
        let path = format!("/api/v1/calendars/{}/link", self.calendar);
        let call = Call::json(&body);
        let said = self.town.send(method, &path, Kind::Api, &self.anna, call).await;
        assert!(said.status < 300, "{}", said.text());
        said.json()
    }

    /// The page of the link.
    async fn published(&self, shows: &str) -> String {
        let link = self.link(Method::PUT, json!({"shows": shows})).await;
        let page = link["page"].as_str().unwrap().to_owned();
        assert_eq!(link["path"], format!("{page}.ics"));
        page
    }

    async fn look(&self, by: &Actor, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let call = headers
            .iter()
            .fold(Call::default(), |call, (name, value)| call.header(name, value));
        self.town.page(Method::GET, path, by, call).await
    }

    async fn seen(&self, path: &str) -> String {
        let nobody = Actor::default();
        let looked = self.look(&nobody, path, &[]).await;
        assert_eq!(looked.status, 200, "{path}: {}", looked.text());
        looked.whole()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_sees_what_is_public_by_the_clock_of_the_calendar_or_their_own() {
    let notice = Notice::open().await;
    let page = notice.published("everything").await;
    let month = notice.seen(&format!("{page}?date=2026-11-01")).await;
    assert!(
        month.contains("Choir of the town") && month.contains("<time>09:00</time> Choir"),
        "{month}"
    );
    assert_eq!(
        month.matches("</time> Choir</a>").count(),
        2,
        "of November and of the days of December beside it"
    );
    assert!(month.contains("Busy") && !month.contains("Doctor"), "{month}");
    let agenda = notice.seen(&format!("{page}?view=agenda&date=2026-11-23")).await;
    assert!(
        agenda.contains("09:00–11:00") && agenda.contains("Town hall"),
        "{agenda}"
    );
    assert!(
        !agenda.contains("Greta") && !agenda.contains("elsewhere.example"),
        "{agenda}"
    );
    let tokyo = notice
        .seen(&format!("{page}?view=agenda&date=2026-11-23&zone=Asia/Tokyo"))
        .await;
    assert!(
        tokyo.contains("17:00–19:00") && tokyo.contains("zone=Asia/Tokyo"),
        "{tokyo}"
    );
    let event = tokyo.split('"').find(|part| part.contains("event=")).unwrap();
    let event = notice
        .seen(&event.replace("&#38;", "&").replace("&amp;", "&"))
        .await;
    assert!(
        event.contains("Bring the blue book.") && event.contains("17:00"),
        "{event}"
    );
    assert!(!event.contains("Greta"), "{event}");
    let nobody = Actor::default();
    let russian = notice.look(&nobody, &page, &[("accept-language", "ru")]).await;
    assert!(russian.whole().contains("В своём календаре"));
    let nowhere = notice.look(&nobody, &format!("{page}?zone=Nowhere"), &[]).await;
    assert_eq!(nowhere.status, 422);
    assert!(nowhere.whole().contains("Write a time zone such as"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_shows_when_its_owner_is_busy_shows_nothing_else() {
    let notice = Notice::open().await;
    let page = notice.published("everything").await;
    let agenda = notice.seen(&format!("{page}?view=agenda&date=2026-11-23")).await;
    let event = agenda.split('"').find(|part| part.contains("event=")).unwrap();
    let event = event.replace("&#38;", "&").replace("&amp;", "&");
    let same = notice.published("busy").await;
    assert_eq!(same, page, "what a link shows changes, and not the link");
    for view in ["month", "agenda"] {
        let seen = notice.seen(&format!("{page}?view={view}&date=2026-11-23")).await;
        assert!(seen.contains("Busy"), "{seen}");
        for word in ["<b>Choir</b>", "</time> Choir<", "Town hall", "Doctor"] {
            assert!(!seen.contains(word), "{word}: {seen}");
        }
    }
    let hidden = notice.look(&Actor::default(), &event, &[]).await;
    assert_eq!(hidden.status, 404, "nor by the address of an event");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_kept_by_browsers_and_by_no_search_and_ends_with_its_link() {
    let notice = Notice::open().await;
    let page = notice.published("everything").await;
    let nobody = Actor::default();
    for path in [page.clone(), format!("{page}.ics")] {
        let first = notice.look(&nobody, &path, &[]).await;
        assert_eq!(first.headers["x-robots-tag"], "noindex, nofollow");
        assert_eq!(first.headers[header::REFERRER_POLICY], "same-origin");
        assert_eq!(first.headers[header::CACHE_CONTROL], "private, max-age=300");
        let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
        let again = notice.look(&nobody, &path, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    let tag = notice.look(&nobody, &page, &[]).await.headers[header::ETAG].clone();
    let of_before = [
        ("if-none-match", tag.to_str().unwrap()),
        ("accept-language", "ru"),
    ];
    let russian = notice.look(&nobody, &page, &of_before).await;
    assert_eq!(russian.status, 200, "another language is another page");
    let renewed = notice.link(Method::POST, json!({})).await;
    let renewed = renewed["page"].as_str().unwrap().to_owned();
    for path in [page.clone(), format!("{page}.ics"), format!("{renewed}x")] {
        assert_eq!(notice.look(&nobody, &path, &[]).await.status, 404, "{path}");
    }
    assert_eq!(notice.look(&nobody, &renewed, &[]).await.status, 200);
    notice.link(Method::DELETE, json!({})).await;
    assert_eq!(notice.look(&nobody, &renewed, &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_the_house_follows_it_without_anybody_being_asked() {
    let notice = Notice::open().await;
    notice.published("everything").await;
    let path = format!("/api/v1/calendars/{}/link/name", notice.calendar);
    let name = Call::json(&json!({"name": "choir"}));
    let named = notice
        .town
        .send(Method::PUT, &path, Kind::Api, &notice.anna, name);
    assert_eq!(named.await.status, 200);
    for page in [
        notice.published("everything").await,
        "/calendar/public/choir".to_owned(),
    ] {
        follows(&notice, &page).await;
    }
}

/// Somebody follows it by this page.
async fn follows(notice: &Notice, page: &str) {
    let boris = notice.town.actor(&Role::Plain).await;
    let own = notice.look(&notice.anna, page, &[]).await.whole();
    assert!(!own.contains("id=\"follow\""), "nobody follows their own");
    let seen = notice.look(&boris, page, &[]).await.whole();
    let form = seen.split("id=\"follow\"").nth(1).unwrap();
    let source = form.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = Call::form(&[("source", source)]);
    let followed = notice
        .town
        .page(Method::POST, "/calendar/subscriptions", &boris, form)
        .await;
    assert_eq!(followed.status, 303, "{}", followed.text());
    let began = std::time::Instant::now();
    loop {
        let all = notice.town.get(&boris, "/api/v1/subscriptions").await;
        let one = &all["items"][0];
        if one["state"] == "fresh" {
            assert_eq!(
                (&one["title"], &one["entries"]),
                (&json!("Choir of the town"), &json!(2))
            );
            return;
        }
        assert!(began.elapsed() < crate::town::PATIENCE, "{one}");
        // Looking for what is due is a duty, which goes by the town's clock.
        notice.town.clock.advance_seconds(1);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_calendar_is_found_by_anybody_until_it_is_taken_off_the_list() {
    let notice = Notice::open().await;
    let nobody = Actor::default();
    let name = format!("/api/v1/calendars/{}/link/name", notice.calendar);
    let give = |to: &str| Call::json(&json!({"name": to}));
    let send = |method, call| notice.town.send(method, &name, Kind::Api, &notice.anna, call);
    let early = send(Method::PUT, give("choir")).await;
    assert_eq!(early.status, 404, "{}", early.text());
    notice.published("everything").await;
    let bad = send(Method::PUT, give("The choir")).await;
    assert_eq!(
        (bad.status, &bad.json()["errors"][0]["field"]),
        (422, &json!("name"))
    );
    let named = send(Method::PUT, give("choir")).await;
    assert_eq!((named.status, &named.json()["name"]), (200, &json!("choir")));

    let listed = notice
        .town
        .get(&nobody, "/api/v1/calendar/public?words=TOWN")
        .await;
    assert_eq!(listed["items"][0]["title"], "Choir of the town");
    assert_eq!(listed["items"][0]["path"], "/calendar/public/choir.ics");
    let page = notice.look(&nobody, "/calendar/public", &[]).await;
    assert!(
        page.whole().contains("href=\"/calendar/public/choir\""),
        "{}",
        page.whole()
    );
    let searched = notice.seen("/calendar/public?words=market").await;
    assert!(searched.contains("No public calendar is called so"), "{searched}");
    let month = notice
        .look(&nobody, "/calendar/public/choir?date=2026-11-23", &[])
        .await;
    assert!(month.whole().contains("</time> Choir</a>"), "{}", month.whole());
    assert!(
        !month.headers.contains_key("x-robots-tag"),
        "a search engine may find it"
    );
    let file = notice.look(&nobody, "/calendar/public/choir.ics", &[]).await;
    assert!(file.text().starts_with("BEGIN:VCALENDAR"), "{}", file.text());

    let by_others = Call::form(&[("name", "choir")]);
    let boris = notice.town.actor(&Role::Plain).await;
    let refused = notice
        .town
        .page(Method::POST, "/calendar/public", &boris, by_others.clone());
    assert_eq!(refused.await.status, 403);
    let admin = notice.town.admin();
    let down = notice
        .town
        .page(Method::POST, "/calendar/public", admin, by_others);
    assert_eq!(down.await.status, 303);
    assert_eq!(
        notice.look(&nobody, "/calendar/public/choir", &[]).await.status,
        404
    );
    let link = notice.link(Method::GET, json!({})).await;
    assert_eq!(
        link["name"],
        Value::Null,
        "its owner sees that it is off the list: {link}"
    );
}
