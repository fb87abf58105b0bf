//! What is too much for one event or one look is refused with the limit by name, and nothing is left of it.

use front::Kind;
use http::Method;
use serde_json::json;

use crate::town::{Actor, Answer, Call, Role, Town};

struct Desk {
    town: Town,
    anna: Actor,
    home: String,
}

impl Desk {
    async fn open() -> Desk {
        let town = Town::open().await;
        let anna = town.actor(&Role::Plain).await;
        let home = format!("/dav/calendars/{}/personal/", anna.id);
        let desk = Desk { town, anna, home };
        let homes = format!("/dav/calendars/{}/", desk.anna.id);
        let found = desk.send("PROPFIND", &homes, String::new()).await;
        assert_eq!(found.status, 207);
        desk
    }

    async fn send(&self, method: &str, path: &str, body: String) -> Answer {
        let kind = if method == "PUT" {
            "text/calendar; charset=utf-8"
        } else {
            "application/xml; charset=utf-8"
        };
        let call = Call {
            body: body.into(),
            ..Call::default()
        };
        let call = call.header("content-type", kind).header("depth", "1");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.town.send(method, path, Kind::Dav, &self.anna, call).await
    }

    async fn put(&self, name: &str, text: String) -> Answer {
        self.send("PUT", &format!("{}{name}.ics", self.home), text).await
    }

    /// How many objects are there.
    async fn count(&self) -> usize {
        let found = self.send("PROPFIND", &self.home, String::new()).await;
        assert_eq!(found.status, 207);
        found.whole().matches(".ics</").count()
    }
}

fn event(uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Program//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:20261215T090000Z\r\nDURATION:PT10M\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn report(name: &str, inside: &str) -> String {
    format!("<C:{name} xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">{inside}</C:{name}>")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_a_megabyte_and_ten_thousand_people_at_most() {
    let desk = Desk::open().await;
    let long = event("long", &format!("DESCRIPTION:{}\r\n", "long ".repeat(1 << 18)));
    let refused = desk.put("long", long).await;
    assert_eq!(refused.status, 413, "{}", refused.text());
    assert!(refused.text().contains("1048576"), "{}", refused.text());

    let asked = |people: usize| -> String {
        let one = |number: usize| format!("ATTENDEE:mailto:a{number}@elsewhere.example\r\n");
        (0..people).map(one).collect()
    };
    let crowd = event(
        "crowd",
        &format!("ORGANIZER:mailto:{}\r\n{}", desk.anna.email, asked(10_001)),
    );
    let refused = desk.put("crowd", crowd).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let told = refused.whole();
    assert!(
        told.contains("max-attendees-per-instance") && told.contains("10000"),
        "{told}"
    );
    let props = desk
        .send(
            "PROPFIND",
            &desk.home,
            "<D:propfind xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:prop>\
             <C:max-resource-size/><C:max-attendees-per-instance/></D:prop></D:propfind>"
                .to_owned(),
        )
        .await;
    assert!(
        props.whole().contains("1048576") && props.whole().contains("10000"),
        "{}",
        props.text()
    );
    assert_eq!(desk.count().await, 0, "nothing is left of either");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_too_many_instances_is_refused_by_name_and_a_shorter_one_is_answered() {
    let desk = Desk::open().await;
    let put = desk
        .put("often", event("often", "RRULE:FREQ=MINUTELY;INTERVAL=15\r\n"))
        .await;
    assert_eq!(put.status, 201, "{}", put.text());
    let expanded = |end: &str| {
        report(
            "calendar-query",
            &format!(
                "<D:prop><C:calendar-data><C:expand start=\"20270101T000000Z\" end=\"{end}\"/></C:calendar-data></D:prop>\
                 <C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
                 <C:time-range start=\"20270101T000000Z\" end=\"{end}\"/></C:comp-filter></C:comp-filter></C:filter>"
            ),
        )
    };
    let refused = desk
        .send("REPORT", &desk.home, expanded("20770101T000000Z"))
        .await;
    assert_eq!(refused.status, 507, "{}", refused.text());
    let told = refused.whole();
    assert!(told.contains("number-of-matches-within-limits"), "{told}");
    let day = desk
        .send("REPORT", &desk.home, expanded("20270102T000000Z"))
        .await;
    assert_eq!(day.status, 207, "{}", day.text());
    assert_eq!(day.whole().matches("BEGIN:VEVENT").count(), 96);

    // Fifty years of a series that comes once a day are no trouble.
    let put = desk.put("daily", event("daily", "RRULE:FREQ=DAILY\r\n")).await;
    assert_eq!(put.status, 201, "{}", put.text());
    let path = "/api/v1/agenda?from=2027-01-01T00:00:00Z&to=2077-01-01T00:00:00Z&zone=UTC";
    let refused = desk
        .town
        .send(Method::GET, path, Kind::Api, &desk.anna, Call::default())
        .await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let told = refused.json();
    assert_eq!(told["errors"][0]["field"], json!("to"), "{told}");
    assert!(
        told.to_string().contains("400"),
        "the days that it may have: {told}"
    );
}
