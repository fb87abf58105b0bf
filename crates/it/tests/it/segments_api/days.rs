//! Joinings and leavings by day, with something in them.

use front::Kind;
use http::Method;
use serde_json::{Value, json};

use super::Desk;
use crate::town::Call;

const DAY_SECONDS: i64 = 86_400;

impl Desk {
    async fn put(&self, person: &str, change: Value) {
        let path = format!("/api/v1/people/{person}/segments");
        let answer = self
            .town
            .send(
                Method::PATCH,
                &path,
                Kind::Api,
                &self.service,
                Call::json(&change),
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Joined and left on each of these days, by their dates.
    async fn days(&self, key: &str, query: &str) -> Vec<(String, u64, u64)> {
        let path = format!("/api/v1/segments/{key}/days{query}");
        let counted = self.town.get(&self.service, &path).await;
        let days = counted["items"].as_array().unwrap().iter();
        days.map(|day| {
            let count = |name: &str| day[name].as_u64().unwrap();
            (
                day["day"].as_str().unwrap().to_owned(),
                count("joined"),
                count("left"),
            )
        })
        .collect()
    }

    fn date(&self) -> String {
        self.town.clock.now().to_string()[..10].to_owned()
    }

    /// Moves the clock to half past eleven in the evening of the next day, by UTC.
    fn next_evening(&self) {
        let seconds = self.town.clock.now().as_micros() / 1_000_000;
        let until_midnight = DAY_SECONDS - seconds % DAY_SECONDS;
        self.town
            .clock
            .advance_seconds(until_midnight + DAY_SECONDS - 1800);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_day_tells_how_many_joined_and_left_whatever_the_cause_and_by_whose_midnight() {
    let desk = Desk::open().await;
    let somebody = desk.somebody().await;
    for (key, share) in [("BY_HAND", 0), ("ROLLED_OUT", 0), ("DRAWN", 0)] {
        let wanted = json!({"key": key, "title": key, "rollout": {"share": share}});
        desk.town.post(&desk.service, "/api/v1/segments", wanted).await;
    }
    desk.next_evening();
    let first = desk.date();
    desk.put(&somebody, json!({"add": [{"key": "BY_HAND"}]})).await;
    let draw = "/api/v1/segments/DRAWN/draws";
    desk.town.post(&desk.service, draw, json!({"share": 100})).await;
    desk.next_evening();
    let second = desk.date();
    desk.put(&somebody, json!({"remove": ["BY_HAND"]})).await;
    let change = json!({"rollout": {"share": 100}});
    let call = Call::json(&change).header("if-match", "\"v1\"");
    let path = "/api/v1/segments/ROLLED_OUT";
    let edited = desk
        .town
        .send(Method::PATCH, path, Kind::Api, &desk.service, call);
    assert_eq!(edited.await.status, 200);
    desk.next_evening();
    let third = desk.date();

    let range = format!("?first={first}&last={third}");
    let told = |counts: [(u64, u64); 3]| {
        let days = [&first, &second, &third].into_iter().zip(counts);
        days.map(|(day, (joined, left))| (day.clone(), joined, left))
            .collect::<Vec<_>>()
    };
    for (key, expected) in [
        ("BY_HAND", [(1, 0), (0, 1), (0, 0)]),
        ("DRAWN", [(1, 0), (0, 0), (0, 0)]),
        ("ROLLED_OUT", [(0, 0), (1, 0), (0, 0)]),
    ] {
        assert_eq!(desk.days(key, &range).await, told(expected), "{key}");
    }
    // Half past eleven in the evening by UTC is the next day in Moscow.
    let east = desk.days("BY_HAND", &format!("{range}&zone=Europe/Moscow")).await;
    assert_eq!(east, told([(0, 0), (1, 0), (0, 1)]));
    let days = desk.days("BY_HAND", "").await;
    assert_eq!(days.len(), 31, "so many when nobody says how many");
    assert_eq!(days.last().unwrap().0, third);
}
