//! Events as a program without iCalendar sees them: JSON over REST.

use front::Kind;
use http::Method;
use serde_json::{Value, json};

use crate::town::{Actor, Answer, Call, Role, Town};

struct Desk {
    town: Town,
    anna: Actor,
    /// Where the events of Anna's first calendar are.
    events: String,
}

impl Desk {
    async fn open() -> Desk {
        let town = Town::open_for_real().await;
        let anna = town.actor(&Role::Plain).await;
        let all = town.get(&anna, "/api/v1/calendars").await;
        let events = format!(
            "/api/v1/calendars/{}/events",
            all["items"][0]["id"].as_str().unwrap()
        );
        Desk { town, anna, events }
    }

    async fn call(&self, method: Method, path: &str, call: Call) -> Answer {
        self.town.send(method, path, Kind::Api, &self.anna, call).await
    }

    /// Mondays and Thursdays at ten; where it is.
    async fn rounds(&self) -> String {
        let body = json!({
            "title": "Rounds", "starts": "2026-11-23T10:00", "ends": "2026-11-23T10:30", "zone": "Europe/Moscow",
            "recurrence": {"frequency": "weekly", "weekdays": ["MO", "TH"], "until": "2026-12-31"},
            "participants": [{"address": "boris@example.org", "name": "Boris"}],
            "reminders": [{"minutes": 10}],
        });
        let made = self.call(Method::POST, &self.events, Call::json(&body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(made.headers["etag"], "\"v1\"");
        format!("{}/{}", self.events, made.json()["id"].as_str().unwrap())
    }

    async fn edit(&self, path: &str, tag: &'static str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Call::json(&body).header("if-match", tag))
            .await
    }

    async fn get(&self, path: &str) -> Value {
        self.town.get(&self.anna, path).await
    }

    /// Whom an edit would reach: what they would get, how, and who they are.
    async fn written_to(&self, path: &str, which: &str, body: &Value) -> Vec<String> {
        let preview = format!("{path}/preview?which={which}");
        let told = self.call(Method::POST, &preview, Call::json(body)).await;
        assert_eq!(told.status, 200, "{}", told.text());
        let told = told.json()["written_to"].as_array().unwrap().clone();
        let said = |one: &Value| {
            let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            ["what", "by", "address", "name"].map(word).join(" ")
        };
        let mut told: Vec<String> = told.iter().map(said).collect();
        told.sort();
        told
    }

    /// Titles and starts of the first two weeks.
    async fn agenda(&self) -> Vec<String> {
        let path = "/api/v1/agenda?from=2026-11-22T00:00:00Z&to=2026-12-06T00:00:00Z&zone=Europe/Moscow";
        let told = self.get(path).await;
        let items = told["items"].as_array().unwrap().iter();
        let said = items.map(|one| {
            format!(
                "{} {}",
                &one["starts"].as_str().unwrap()[5..16],
                one["title"].as_str().unwrap()
            )
        });
        said.collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_made_and_read_in_plain_terms() {
    let desk = Desk::open().await;
    let path = desk.rounds().await;
    let event = desk.get(&path).await;
    assert_eq!(event["starts"], "2026-11-23T10:00:00");
    assert_eq!(event["zone"], "Europe/Moscow");
    assert_eq!(
        event["recurrence"]["words"],
        "every week on Monday and Thursday, until 31 December 2026"
    );
    assert_eq!(
        event["recurrence"]["rules"],
        json!(["FREQ=WEEKLY;UNTIL=20261231T205959Z;BYDAY=MO,TH"])
    );
    assert_eq!(event["participants"][0]["answer"], "needs-action");
    assert_eq!(
        event["reminders"],
        json!([{"minutes": 10, "of_end": false, "by": "email"}])
    );
    let one = desk.get(&format!("{path}?instance=2026-11-26T10:00:00")).await;
    assert_eq!(one["ends"], "2026-11-26T10:30:00");
    assert_eq!(
        desk.agenda().await,
        [
            "11-23T07:00 Rounds",
            "11-26T07:00 Rounds",
            "11-30T07:00 Rounds",
            "12-03T07:00 Rounds"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn this_one_following_ones_and_all_are_changed_as_they_are_called() {
    let desk = Desk::open().await;
    let path = desk.rounds().await;
    let unsaid = format!("{path}?instance=2026-11-26T10:00:00");
    let refused = desk
        .edit(&unsaid, "\"v1\"", json!({"title": "Late rounds"}))
        .await;
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["field"]),
        (422, &json!("which")),
        "whoever names one hardly means all"
    );
    let this = format!("{path}?which=this&instance=2026-11-26T10:00:00");
    let answer = desk
        .edit(
            &this,
            "\"v1\"",
            json!({"starts": "2026-11-26T12:00", "title": "Late rounds"}),
        )
        .await;
    assert_eq!(
        (answer.status, &answer.headers["etag"]),
        (200, &"\"v2\"".parse().unwrap()),
        "{}",
        answer.text()
    );
    let following = format!("{path}?which=following&instance=2026-11-30T10:00:00");
    let answer = desk
        .edit(&following, "\"v2\"", json!({"starts": "2026-11-30T11:00"}))
        .await;
    let told = answer.json();
    assert_eq!(told["following"]["starts"], "2026-11-30T11:00:00", "{told}");
    assert_eq!(told["following"]["related"], json!([told["event"]["uid"]]));
    assert_eq!(
        told["following"]["participants"][0]["address"],
        "boris@example.org"
    );
    let expected = [
        "11-23T07:00 Rounds",
        "11-26T09:00 Late rounds",
        "11-30T08:00 Rounds",
        "12-03T08:00 Rounds",
    ];
    assert_eq!(desk.agenda().await, expected);
    let all = format!("{path}?which=all&instance=2026-11-23T10:00:00");
    let answer = desk
        .edit(
            &all,
            "\"v3\"",
            json!({"starts": "2026-11-23T09:00", "place": "Attic"}),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let expected = [
        "11-23T06:00 Rounds",
        "11-26T09:00 Late rounds",
        "11-30T08:00 Rounds",
        "12-03T08:00 Rounds",
    ];
    assert_eq!(desk.agenda().await, expected);
    let late = desk.get(&format!("{path}?instance=2026-11-26T09:00:00")).await;
    assert_eq!(
        (&late["title"], &late["place"]),
        (&json!("Late rounds"), &json!("Attic"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_of_one_version_the_second_is_told_so() {
    let desk = Desk::open().await;
    let path = desk.rounds().await;
    assert_eq!(
        desk.edit(&path, "\"v1\"", json!({"title": "First"})).await.status,
        200
    );
    assert_eq!(
        desk.edit(&path, "\"v1\"", json!({"title": "Second"}))
            .await
            .status,
        412
    );
    let without = desk
        .call(Method::PATCH, &path, Call::json(&json!({"title": "Third"})))
        .await;
    assert_eq!(without.status, 428);
    assert_eq!(desk.get(&path).await["title"], "First");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_or_deleted_is_put_back() {
    let desk = Desk::open().await;
    let path = desk.rounds().await;
    desk.edit(&path, "\"v1\"", json!({"title": "Oops"})).await;
    let delete = Call::default().header("if-match", "\"v2\"");
    let deleted = desk.call(Method::DELETE, &path, delete).await;
    assert_eq!((deleted.status, deleted.json()), (200, json!({})));
    assert_eq!(desk.call(Method::GET, &path, Call::default()).await.status, 404);
    let history = desk.get(&format!("{path}/history")).await;
    assert_eq!(history["change"], 3);
    let titles: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["title"])
        .collect();
    assert_eq!(titles, ["Oops", "Rounds"]);
    let back = Call::json(&json!({"change": 1})).header("if-match", "\"v3\"");
    let back = desk.call(Method::POST, &format!("{path}/return"), back).await;
    assert_eq!(
        (back.status, &back.json()["title"]),
        (200, &json!("Rounds")),
        "{}",
        back.text()
    );
    assert_eq!(desk.agenda().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_and_the_reason_are_told_before_anything_is_done() {
    let desk = Desk::open().await;
    let path = desk.rounds().await;
    let delete = format!("{path}/preview?which=following&instance=2026-12-28T10:00:00");
    let told = desk
        .call(Method::POST, &delete, Call::json(&json!({})))
        .await
        .json();
    assert_eq!(told["items"].as_array().unwrap().len(), 2, "{told}");
    let why = desk.get(&format!("{path}/why?at=2026-11-24T10:00:00")).await;
    assert_eq!(why["there"], false);
    assert!(why["why"].as_str().unwrap().contains("BYDAY"), "{why}");
    let why = desk.get(&format!("{path}/why?at=2026-11-26T10:00:00")).await;
    assert_eq!(why["there"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_who_would_be_written_to_and_how() {
    let desk = Desk::open().await;
    let boris = desk.town.actor(&Role::Plain).await;
    let tea = json!({
        "title": "Tea", "starts": "2080-01-08T10:00", "ends": "2080-01-08T11:00", "zone": "Europe/Moscow",
        "recurrence": {"frequency": "daily", "count": 5},
        "participants": [{"address": boris.email}, {"address": "greta@elsewhere.example", "name": "Greta"}],
    });
    let tea = desk.town.post(&desk.anna, &desk.events, tea).await;
    let path = format!("{}/{}", desk.events, tea["id"].as_str().unwrap());
    let told = async |which: &str, body: Value| desk.written_to(&path, which, &body).await;
    let of_boris = |what: &str| {
        let number = boris.email.trim_start_matches('p').split('@').next().unwrap();
        format!("{what} house mailto:{} Person {number}", boris.email)
    };
    let of_greta = |what: &str| format!("{what} mail mailto:greta@elsewhere.example Greta");
    let all = |what: &str| vec![of_boris(what), of_greta(what)];
    let later = json!({"change": {"starts": "2080-01-08T12:00", "ends": "2080-01-08T13:00"}});
    assert_eq!(told("all", later).await, all("change"));
    let one = "this&instance=2080-01-09T10:00:00";
    assert_eq!(
        told(one, json!({"change": {"title": "Cake"}})).await,
        all("change")
    );
    let following = "following&instance=2080-01-10T10:00:00";
    assert_eq!(
        told(following, json!({"change": {"title": "Cake"}})).await,
        all("change")
    );
    assert_eq!(told("all", json!({})).await, all("cancellation"));
    assert_eq!(
        told(following, json!({})).await,
        all("change"),
        "a shorter series"
    );
    let nobody = json!({"change": {"reminders": [{"minutes": 5}]}});
    assert_eq!(
        told("all", nobody).await,
        Vec::<String>::new(),
        "reminders are one's own"
    );
    let others =
        json!({"change": {"participants": [{"address": boris.email}, {"address": "max@elsewhere.example"}]}});
    let others = told("all", others).await;
    assert!(others.contains(&of_greta("cancellation")), "{others:?}");
    assert!(
        others.contains(&"invitation mail mailto:max@elsewhere.example ".to_owned()),
        "{others:?}"
    );
    assert_eq!(desk.get(&path).await["change"], tea["change"], "nothing was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_doubled_and_moves_into_another_calendar() {
    let desk = Desk::open().await;
    let path = desk.rounds().await;
    let twin = desk
        .call(Method::POST, &format!("{path}/duplicate"), Call::default())
        .await;
    assert_eq!(twin.status, 201);
    assert_ne!(twin.json()["uid"], desk.get(&path).await["uid"]);
    let other = desk
        .town
        .post(&desk.anna, "/api/v1/calendars", json!({"title": "Work"}))
        .await;
    let body = Call::json(&json!({"calendar": other["id"]})).header("if-match", "\"v1\"");
    let moved = desk.call(Method::POST, &format!("{path}/move"), body).await;
    assert_eq!(
        (moved.status, &moved.json()["calendar"]),
        (200, &other["id"]),
        "{}",
        moved.text()
    );
    assert_eq!(desk.call(Method::GET, &path, Call::default()).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_event_is_named_by_its_field() {
    let desk = Desk::open().await;
    for (body, field) in [
        (json!({"title": "x"}), "starts"),
        (json!({"starts": "tomorrow"}), "starts"),
        (
            json!({"starts": "2026-11-23T10:00", "ends": "2026-11-23T09:00"}),
            "ends",
        ),
        (
            json!({"starts": "2026-11-23", "ends": "2026-11-23T09:00"}),
            "ends",
        ),
        (
            json!({"starts": "2026-11-23T10:00", "zone": "Mars/Olympus"}),
            "zone",
        ),
        (
            json!({"starts": "2026-11-23", "recurrence": {"rule": "FREQ=SOMETIMES"}}),
            "recurrence.rule",
        ),
        (
            json!({"starts": "2026-11-23", "recurrence": {"frequency": "weekly", "weekdays": ["2MO"]}}),
            "recurrence",
        ),
        (
            json!({"starts": "2026-11-23", "recurrence": {"rule": "FREQ=HOURLY"}}),
            "recurrence",
        ),
        (json!({"starts": "2026-11-23", "link": "no address"}), "link"),
        (
            json!({"starts": "2026-11-23", "participants": [{"address": "nobody"}]}),
            "participants.address",
        ),
        (json!({"starts": "2026-11-23", "reminders": [{}]}), "reminders"),
    ] {
        let answer = desk.call(Method::POST, &desk.events, Call::json(&body)).await;
        let told = answer.json();
        assert_eq!(
            (answer.status, &told["errors"][0]["field"]),
            (422, &json!(field)),
            "{body} {told}"
        );
    }
}
