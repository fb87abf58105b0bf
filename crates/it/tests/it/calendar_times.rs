//! Finding a time and a room over REST, as a program of the city does it.

use std::time::Duration;

use front::Kind;
use http::Method;
use serde_json::{Value, json};

use crate::town::{Actor, Call, Role, Town};

const DAY: (&str, &str) = ("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z");

async fn first_calendar(town: &Town, of: &Actor) -> String {
    let all = town.get(of, "/api/v1/calendars").await;
    all["items"][0]["id"].as_str().unwrap().to_owned()
}

async fn event(town: &Town, of: &Actor, body: Value) -> Value {
    let calendar = first_calendar(town, of).await;
    town.post(of, &format!("/api/v1/calendars/{calendar}/events"), body)
        .await
}

/// What a person is asked back for a body that is none.
async fn refused(town: &Town, by: &Actor, path: &str, body: Value) -> (u16, String) {
    let answer = town
        .send(Method::POST, path, Kind::Api, by, Call::json(&body))
        .await;
    let fields = answer.json()["errors"][0]["field"].clone();
    (answer.status, fields.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn people_meet_when_all_are_free_and_only_that_is_told() {
    let town = Town::open_for_real().await;
    let (anna, boris) = (town.actor(&Role::Plain).await, town.actor(&Role::Plain).await);
    let rounds = json!({"title": "Secret rounds", "starts": "2026-11-23T09:00", "ends": "2026-11-23T12:00", "zone": "UTC"});
    event(&town, &boris, rounds).await;
    let wanted = json!({"people": [boris.email, "nobody@elsewhere.example"], "minutes": 45, "zone": "UTC",
        "from": DAY.0, "to": DAY.1, "count": 2});
    let found = town.post(&anna, "/api/v1/calendar/times", wanted).await;
    let starts: Vec<&str> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["starts"].as_str().unwrap())
        .collect();
    assert_eq!(starts, ["2026-11-23T12:00:00Z", "2026-11-23T12:45:00Z"]);
    assert_eq!(found["unknown"], json!(["nobody@elsewhere.example"]));
    let wanted = json!({"people": [boris.email, "nobody@elsewhere.example"], "from": DAY.0, "to": DAY.1});
    let busy = town.post(&anna, "/api/v1/calendar/busy", wanted).await;
    let expected =
        json!([{"starts": "2026-11-23T09:00:00Z", "ends": "2026-11-23T12:00:00Z", "tentative": false}]);
    assert_eq!(busy["items"][0]["busy"], expected);
    assert_eq!(busy["items"][1].get("busy"), None);
    assert!(!busy.to_string().contains("Secret"));
    for (path, body, field) in [
        (
            "times",
            json!({"minutes": 0, "from": DAY.0, "to": DAY.1}),
            "minutes",
        ),
        ("times", json!({"minutes": 5, "from": DAY.1, "to": DAY.0}), "to"),
        (
            "times",
            json!({"minutes": 5, "from": "soon", "to": DAY.1}),
            "from",
        ),
        (
            "times",
            json!({"minutes": 5, "from": DAY.0, "to": DAY.1, "zone": "Mars"}),
            "zone",
        ),
        (
            "times",
            json!({"minutes": 5, "from": DAY.0, "to": DAY.1, "hours_from": "9"}),
            "hours_from",
        ),
        (
            "times",
            json!({"minutes": 5, "from": DAY.0, "to": DAY.1, "room_for": -5}),
            "room_for",
        ),
        (
            "busy",
            json!({"people": [], "from": DAY.0, "to": DAY.1}),
            "people",
        ),
    ] {
        let answer = refused(&town, &anna, &format!("/api/v1/calendar/{path}"), body).await;
        assert_eq!(answer, (422, field.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_room_is_made_found_invited_and_comes_once() {
    let town = Town::open_for_real().await;
    let (room, _) = town.invited().await;
    let (anna, boris) = (town.actor(&Role::Plain).await, town.actor(&Role::Plain).await);
    let path = format!("/api/v1/calendar/resources/{room}");
    let call = Call::json(&json!({"sort": "room", "place": "First floor", "seats": 12}));
    let made = town.send(Method::PUT, &path, Kind::Api, town.admin(), call).await;
    assert_eq!(made.status, 200);
    let person = town.get(town.admin(), &format!("/api/v1/people/{room}")).await;
    let email = person["email"].as_str().unwrap();
    let meeting = |title: &str| {
        json!({"title": title, "starts": "2026-11-23T10:00", "ends": "2026-11-23T11:00", "zone": "UTC",
            "participants": [{"address": email}]})
    };
    for (who, title, answer) in [(&anna, "First", "accepted"), (&boris, "Second", "declined")] {
        let made = event(&town, who, meeting(title)).await;
        let at = format!(
            "/api/v1/calendars/{}/events/{}",
            made["calendar"].as_str().unwrap(),
            made["id"].as_str().unwrap()
        );
        loop {
            let seen = town.get(who, &at).await;
            let guests = seen["participants"].as_array().unwrap();
            let guest = guests
                .iter()
                .find(|one| one["address"].as_str().unwrap().ends_with(email))
                .unwrap();
            assert_eq!(guest["kind"], "room", "{guest}");
            if guest["answer"] != "needs-action" {
                assert_eq!(guest["answer"], answer);
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let at_ten = "/api/v1/calendar/resources?seats=10&from=2026-11-23T10:00:00Z&to=2026-11-23T11:00:00Z";
    let listed = town.get(&anna, at_ten).await;
    assert_eq!(
        (&listed["items"][0]["person"], &listed["items"][0]["free"]),
        (&json!(room), &json!(false))
    );
    let wanted =
        json!({"minutes": 60, "from": DAY.0, "to": DAY.1, "zone": "UTC", "room_for": 4, "count": 50});
    let found = town.post(&boris, "/api/v1/calendar/times", wanted).await;
    let times = found["items"].as_array().unwrap();
    assert!(times.iter().any(|time| time["starts"] == "2026-11-23T10:00:00Z"));
    for time in times {
        let rooms = time["rooms"].as_array().unwrap().len();
        assert_eq!(
            rooms,
            usize::from(time["starts"] != "2026-11-23T10:00:00Z"),
            "{time}"
        );
    }
}

#[tokio::test]
async fn a_room_that_is_none_names_the_field() {
    let town = Town::open_for_real().await;
    let (room, _) = town.invited().await;
    let anna = town.actor(&Role::Plain).await;
    let path = format!("/api/v1/calendar/resources/{room}");
    let call = Call::json(&json!({"sort": "room", "seats": -1}));
    let wrong = town.send(Method::PUT, &path, Kind::Api, town.admin(), call).await;
    assert_eq!(
        (wrong.status, &wrong.json()["errors"][0]["field"]),
        (422, &json!("seats"))
    );
    let nobody = "/api/v1/calendar/resources/018f0000-0000-7000-8000-000000000000";
    let call = Call::json(&json!({"sort": "room"}));
    let none = town
        .send(Method::PUT, nobody, Kind::Api, town.admin(), call)
        .await;
    assert_eq!(none.status, 404);
    assert!(
        none.json()["detail"].as_str().unwrap().contains("registry"),
        "{}",
        none.text()
    );
    let neither = Call::form(&[("act", "unmake"), ("with", room.as_str()), ("sort", "room")]);
    let page = town
        .page(Method::POST, "/calendar/rooms", town.admin(), neither)
        .await;
    assert_eq!(page.status, 422);
    let few = "/api/v1/calendar/resources?seats=-1";
    let few = town
        .send(Method::GET, few, Kind::Api, &anna, Call::default())
        .await;
    assert_eq!(
        (few.status, &few.json()["errors"][0]["field"]),
        (422, &json!("seats"))
    );
    let half = "/api/v1/calendar/resources?from=2026-11-23T10:00:00Z";
    let half = town
        .send(Method::GET, half, Kind::Api, &anna, Call::default())
        .await;
    assert_eq!(
        (half.status, &half.json()["errors"][0]["field"]),
        (422, &json!("to"))
    );
}

#[tokio::test]
async fn a_page_that_looks_for_a_time_says_what_cannot_be_looked_for() {
    let town = Town::open().await;
    let anna = town.actor(&Role::Plain).await;
    for (query, status) in [
        ("days=62", 200),
        ("days=63", 422),
        ("days=0", 422),
        ("days=9999999", 422),
        ("from=9999-12-31", 422),
        ("minutes=999999999", 422),
    ] {
        let path = format!("/calendar/times?guests=a@b.example&{query}");
        let answer = town.page(Method::GET, &path, &anna, Call::default()).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
}
