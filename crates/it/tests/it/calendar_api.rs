//! Calendars as a program sees them: one person's, over REST.

use front::Kind;
use http::Method;
use serde_json::{Value, json};

use crate::town::{Actor, Answer, Call, Role, Town};

const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:rounds\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20261019T100000\r\nDURATION:PT30M\r\n\
    RRULE:FREQ=WEEKLY\r\nEXDATE;TZID=Europe/Berlin:20261102T100000\r\nSUMMARY:Rounds\r\nX-OF-A-CLIENT;K=v:kept\r\n\
    END:VEVENT\r\nBEGIN:VEVENT\r\nUID:rounds\r\nDTSTAMP:20261101T000000Z\r\n\
    RECURRENCE-ID;TZID=Europe/Berlin:20261026T100000\r\nDTSTART;TZID=Europe/Berlin:20261027T120000\r\n\
    DURATION:PT1H\r\nSUMMARY:Rounds\\, moved\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

struct Desk {
    town: Town,
    anna: Actor,
}

impl Desk {
    async fn open() -> Desk {
        let town = Town::open_for_real().await;
        let anna = town.actor(&Role::Plain).await;
        Desk { town, anna }
    }

    async fn call(&self, method: Method, path: &str, call: Call) -> Answer {
        self.town.send(method, path, Kind::Api, &self.anna, call).await
    }

    async fn first(&self) -> String {
        let all = self.town.get(&self.anna, "/api/v1/calendars").await;
        all["items"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn put(&self, path: &str, text: &str, header: (&'static str, &'static str)) -> Answer {
        let call = Call {
            body: text.to_owned().into(),
            ..Call::default()
        };
        let call = call
            .header("content-type", "text/calendar")
            .header(header.0, header.1);
        self.call(Method::PUT, path, call).await
    }

    async fn agenda(&self, from: &str, to: &str, zone: &str) -> Vec<Value> {
        let path = format!("/api/v1/agenda?from={from}&to={to}&zone={zone}");
        let answer = self.call(Method::GET, &path, Call::default()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["items"].as_array().unwrap().clone()
    }
}

fn starts(items: &[Value]) -> Vec<(&str, &str)> {
    items
        .iter()
        .map(|item| (item["title"].as_str().unwrap(), item["starts"].as_str().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_is_taken_apart_for_whoever_looks_and_comes_back_as_it_was_written() {
    let desk = Desk::open().await;
    let path = format!("/api/v1/calendars/{}/objects/rounds.ics", desk.first().await);
    let put = desk.put(&path, WEEKLY, ("if-none-match", "*")).await;
    assert_eq!(put.status, 201, "{}", put.text());
    let items = desk
        .agenda("2026-10-18T00:00:00Z", "2026-11-15T00:00:00Z", "UTC")
        .await;
    assert_eq!(
        starts(&items),
        [
            ("Rounds", "2026-10-19T08:00:00Z"),
            // Moved, and after the end of summer time.
            ("Rounds, moved", "2026-10-27T11:00:00Z"),
            // That of 2 November is excepted.
            ("Rounds", "2026-11-09T09:00:00Z"),
        ]
    );
    assert_eq!(items[1]["instance"], "2026-10-26T10:00:00");
    assert_eq!(items[1]["changed"], true);
    let got = desk.call(Method::GET, &path, Call::default()).await;
    assert_eq!(got.body, WEEKLY.as_bytes());
    assert_eq!(got.headers["content-type"], "text/calendar; charset=utf-8");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_day_is_told_as_a_day() {
    let desk = Desk::open().await;
    let text = WEEKLY.split_once("BEGIN:VEVENT").unwrap().0.to_owned()
        + "BEGIN:VEVENT\r\nUID:fair\r\nDTSTAMP:20261101T000000Z\r\nDTSTART;VALUE=DATE:20261205\r\n\
           DTEND;VALUE=DATE:20261207\r\nSUMMARY:Fair\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let path = format!("/api/v1/calendars/{}/objects/fair.ics", desk.first().await);
    desk.put(&path, &text, ("if-none-match", "*")).await;
    for zone in ["Asia/Vladivostok", "America/New_York"] {
        let items = desk
            .agenda("2026-12-01T00:00:00Z", "2026-12-31T00:00:00Z", zone)
            .await;
        let fair = &items[0];
        assert_eq!(
            (&fair["starts"], &fair["ends"]),
            (&json!("2026-12-05"), &json!("2026-12-06"))
        );
        assert_eq!((&fair["all_day"], &fair["busy"]), (&json!(true), &json!(false)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_version_overwrites_nothing_and_changes_are_told() {
    let desk = Desk::open().await;
    let calendar = desk.first().await;
    let path = format!("/api/v1/calendars/{calendar}/objects/rounds.ics");
    assert_eq!(
        desk.put(&path, WEEKLY, ("if-match", "\"v1\"")).await.status,
        412,
        "there is none"
    );
    let put = desk.put(&path, WEEKLY, ("if-none-match", "*")).await;
    assert_eq!(put.headers["etag"], "\"v1\"");
    assert_eq!(desk.put(&path, WEEKLY, ("if-none-match", "*")).await.status, 412);
    assert_eq!(desk.put(&path, WEEKLY, ("if-match", "\"v1\"")).await.status, 204);
    assert_eq!(desk.put(&path, WEEKLY, ("if-match", "\"v1\"")).await.status, 412);
    let delete = Call::default().header("if-match", "\"v2\"");
    assert_eq!(desk.call(Method::DELETE, &path, delete).await.status, 204);
    assert_eq!(desk.call(Method::GET, &path, Call::default()).await.status, 404);
    let changes = format!("/api/v1/calendars/{calendar}/changes");
    let told = desk.town.get(&desk.anna, &changes).await;
    assert_eq!(
        told,
        json!({"items": [], "until": 3, "began": 3, "more": false}),
        "whoever begins to read never saw what is gone"
    );
    let told = desk.town.get(&desk.anna, &format!("{changes}?after=2")).await;
    let expected = json!({"items": [{"name": "rounds.ics", "change": 3, "deleted": true}], "until": 3, "began": 3, "more": false});
    assert_eq!(told, expected);
    let told = desk
        .town
        .get(&desk.anna, &format!("{changes}?after=2&began=3"))
        .await;
    assert_eq!(
        told["items"],
        json!([]),
        "a first reading that began later never saw it"
    );
    let never = format!("{changes}?after=4");
    assert_eq!(desk.call(Method::GET, &never, Call::default()).await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_names_the_field_or_the_line() {
    let desk = Desk::open().await;
    let path = format!("/api/v1/calendars/{}/objects/rounds.ics", desk.first().await);
    let broken = WEEKLY.replace("FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=XX");
    let answer = desk.put(&path, &broken, ("if-none-match", "*")).await;
    assert_eq!(answer.status, 422);
    let problem = answer.json();
    assert_eq!(problem["errors"][0]["field"], "ical", "{problem}");
    assert!(
        problem["errors"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("line 9: RRULE"),
        "{problem}"
    );
    let years = "/api/v1/agenda?from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z";
    let answer = desk.call(Method::GET, years, Call::default()).await;
    assert_eq!(
        (answer.status, &answer.json()["errors"][0]["field"]),
        (422, &json!("to"))
    );
    let answer = desk
        .call(
            Method::POST,
            "/api/v1/calendars",
            Call::json(&json!({"title": "x", "color": "blue"})),
        )
        .await;
    assert_eq!(
        (answer.status, &answer.json()["errors"][0]["field"]),
        (422, &json!("color"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendars_of_somebody_who_is_deleted_are_gone() {
    let desk = Desk::open().await;
    let calendar = desk.first().await;
    let path = format!("/api/v1/calendars/{calendar}/objects/rounds.ics");
    desk.put(&path, WEEKLY, ("if-none-match", "*")).await;
    let admin = desk.town.actor(&Role::Admin).await;
    let person = format!("/api/v1/people/{}", desk.anna.id);
    let shown = desk
        .town
        .send(Method::GET, &person, Kind::Api, &admin, Call::default())
        .await;
    let mut call = Call::default();
    call.headers.insert("if-match", shown.headers["etag"].clone());
    let deleted = desk
        .town
        .send(Method::DELETE, &person, Kind::Api, &admin, call)
        .await;
    assert!((200..300).contains(&deleted.status), "{}", deleted.text());
    let owner: kernel::Id = desk.anna.id.parse().unwrap();
    let deadline = std::time::Instant::now() + crate::town::PATIENCE;
    loop {
        let left = desk
            .town
            .store()
            .shard_of(owner)
            .read(move |tx| left(tx, owner))
            .await
            .unwrap();
        if left == 0 {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{left} rows are left");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn left(tx: &mut store::Tx<'_>, owner: kernel::Id) -> Result<i64, store::StoreError> {
    let mut sum = 0;
    for count in [
        store::sql!("SELECT COUNT(*) FROM calendars WHERE owner = $1"),
        store::sql!("SELECT COUNT(*) FROM calendar_objects WHERE owner = $1"),
        store::sql!("SELECT COUNT(*) FROM calendar_spans WHERE owner = $1"),
    ] {
        sum += tx.query_one(count, store::params![owner], |row| row.get::<i64>(0))?;
    }
    Ok(sum)
}

const FILE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Old life\r\nMETHOD:PUBLISH\r\n\
    BEGIN:VEVENT\r\nUID:one\r\nDTSTART:20261124T090000Z\r\nSUMMARY:One\r\n\
    ATTENDEE:mailto:nobody@town.example\r\nORGANIZER:mailto:somebody@town.example\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:broken\r\nDTSTART:yesterday\r\nEND:VEVENT\r\n\
    BEGIN:VTODO\r\nUID:two\r\nSUMMARY:Two\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_row_by_row_and_twice_is_once() {
    let desk = Desk::open().await;
    let path = format!("/api/v1/calendars/{}/import", desk.first().await);
    let import = async |path: &str, file: &str| {
        let call = Call {
            body: file.to_owned().into(),
            ..Call::default()
        };
        let answer = desk.call(Method::POST, path, call.header("content-type", "text/calendar"));
        let answer = answer.await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let counts =
        |said: &Value| ["new", "changed", "known", "refused"].map(|what| said[what].as_u64().unwrap());
    let seen = import(&format!("{path}?preview=true"), FILE).await;
    assert_eq!(
        (counts(&seen), &seen["title"]),
        ([2, 0, 0, 1], &json!("Old life"))
    );
    assert!(
        seen["rows"][0]["problem"].as_str().unwrap().contains("line 14"),
        "{seen}"
    );
    assert_eq!(
        counts(&import(&path, FILE).await),
        [2, 0, 0, 1],
        "a preview changed nothing"
    );
    assert_eq!(counts(&import(&path, FILE).await), [0, 0, 2, 1]);
    let newer = FILE.replace("SUMMARY:Two", "SEQUENCE:1\r\nSUMMARY:Two and a half");
    assert_eq!(counts(&import(&path, &newer).await), [0, 1, 1, 1]);
    assert_eq!(
        counts(&import(&path, FILE).await),
        [0, 0, 2, 1],
        "what is older changes nothing"
    );
}
