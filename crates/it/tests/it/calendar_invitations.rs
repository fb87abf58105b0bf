//! Invitations of people whom one does not know, as they are met over REST and in a calendar program.

use std::time::{Duration, Instant};

use front::Kind;
use http::Method;
use serde_json::{Value, json};

use crate::town::samples::invitation;
use crate::town::{Actor, Answer, Call, PATIENCE, Role, Town};

const EVE: &str = "eve@elsewhere.example";
const ALL: &str = "/api/v1/calendar/invitations";

struct Desk {
    town: Town,
    anna: Actor,
}

impl Desk {
    /// Anna's desk, with an invitation of somebody unknown on it.
    async fn open() -> Desk {
        let town = Town::open_for_real().await;
        let anna = town.actor(&Role::Plain).await;
        let desk = Desk { town, anna };
        desk.mail("Talks", "RRULE:FREQ=WEEKLY;COUNT=3\r\nLOCATION:Hall\r\n")
            .await;
        desk
    }

    async fn mail(&self, title: &str, more: &str) {
        let mail = invitation(EVE, &self.anna.email, title, more);
        self.town.bring_mail(&mail).await;
    }

    async fn call(&self, method: Method, path: &str, call: Call) -> Answer {
        self.town.send(method, path, Kind::Api, &self.anna, call).await
    }

    async fn asked(&self) -> Vec<Value> {
        let told = self.town.get(&self.anna, ALL).await;
        told["items"].as_array().unwrap().clone()
    }

    /// The path of the first one.
    async fn first(&self) -> String {
        format!("{ALL}/{}", self.asked().await[0]["id"].as_str().unwrap())
    }

    async fn agenda(&self) -> usize {
        let path = "/api/v1/agenda?from=2026-11-22T00:00:00Z&to=2026-12-30T00:00:00Z&zone=UTC";
        let told = self.town.get(&self.anna, path).await;
        told["items"].as_array().unwrap().len()
    }

    /// How many objects her calendar program finds, in the inbox and everywhere else.
    async fn in_a_program(&self) -> usize {
        let mut found = 0;
        for place in ["inbox", "personal"] {
            let path = format!("/dav/calendars/{}/{place}/", self.anna.id);
            let method = Method::from_bytes(b"PROPFIND").unwrap();
            let call = Call::default().header("depth", "1");
            let answer = self.town.send(method, &path, Kind::Dav, &self.anna, call).await;
            assert_eq!(answer.status, 207, "{}", answer.text());
            found += answer.whole().matches(".ics</").count();
        }
        found
    }

    /// The answers that went to Eve, as soon as there are so many.
    async fn to_eve(&self, count: usize) -> Vec<String> {
        let began = Instant::now();
        loop {
            let letters = self.town.letters();
            let texts = letters
                .iter()
                .map(|letter| String::from_utf8_lossy(letter).to_lowercase());
            let is_answer = |text: &String| {
                let head = text.split("\r\n\r\n").next().unwrap_or_default();
                head.contains(EVE) && text.contains("text/calendar")
            };
            let hers: Vec<String> = texts.filter(is_answer).collect();
            if hers.len() >= count {
                return hers;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{count} answers to Eve among {} letters",
                letters.len()
            );
            self.town.clock.advance_seconds(1);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_of_somebody_unknown_is_nowhere_until_it_is_let_in() {
    let desk = Desk::open().await;
    let asked = desk.asked().await;
    assert_eq!(asked.len(), 1);
    for (field, value) in [
        ("title", json!("Talks")),
        ("address", json!(EVE)),
        ("place", json!("Hall")),
        ("repeats", json!("every week on Tuesday, 3 times")),
        ("calendar", Value::Null),
        ("all_day", json!(false)),
    ] {
        assert_eq!(asked[0][field], value, "{field}");
    }
    assert!(
        asked[0]["starts"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-24T09:00:00")
    );
    assert_eq!((desk.agenda().await, desk.in_a_program().await), (0, 0));
    let path = desk.first().await;
    let taken = desk
        .call(Method::POST, &format!("{path}/let-in"), Call::default())
        .await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_eq!((desk.agenda().await, desk.in_a_program().await), (3, 2));
    let asked = desk.asked().await;
    assert_eq!(
        (&asked[0]["calendar"], &asked[0]["id"]),
        (&taken.json()["calendar"], &taken.json()["event"])
    );
    let known = desk.town.get(&desk.anna, "/api/v1/calendar/organizers").await;
    assert_eq!(known["items"][0]["organizer"], EVE);
    assert_eq!(known["items"][0]["standing"], "known");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_back_by_mail_as_a_message_that_calendar_programs_read() {
    let desk = Desk::open().await;
    let path = desk.first().await;
    let answer = |word: &str| Call::json(&json!({"answer": word}));
    let declined = desk
        .call(Method::POST, &format!("{path}/answer"), answer("declined"))
        .await;
    assert_eq!((declined.status, declined.json()), (200, json!({})));
    assert_eq!((desk.asked().await.len(), desk.agenda().await), (0, 0));
    let mail = desk.to_eve(1).await.remove(0);
    assert!(mail.replace('"', "").contains("method=reply"), "{mail}");
    desk.mail("Songs", "").await;
    let path = desk.first().await;
    let accepted = desk
        .call(Method::POST, &format!("{path}/answer"), answer("accepted"))
        .await;
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    assert_eq!(desk.to_eve(2).await.len(), 2);
    let again = desk
        .call(Method::POST, &format!("{path}/answer"), answer("accepted"))
        .await;
    assert_eq!(
        (again.status, again.json()),
        (200, accepted.json()),
        "answered twice, it is answered"
    );
    let let_in = desk
        .call(Method::POST, &format!("{path}/let-in"), Call::default())
        .await;
    assert_eq!((let_in.status, let_in.json()), (200, accepted.json()));
    desk.mail("Plays", "").await;
    assert!(
        desk.asked().await[0]["calendar"].is_string(),
        "whom one answered one knows"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_says_whose_invitations_one_wants_and_whom_one_does_not_hear() {
    let desk = Desk::open().await;
    let settings = "/api/v1/calendar/settings";
    assert_eq!(desk.town.get(&desk.anna, settings).await["invitations"], "house");
    let path = desk.first().await;
    let blocked = desk
        .call(Method::POST, &format!("{path}/block"), Call::default())
        .await;
    assert_eq!(blocked.status, 204);
    desk.mail("Songs", "").await;
    assert_eq!(desk.asked().await.len(), 0);
    let eve = format!("/api/v1/calendar/organizers/{EVE}");
    let unblocked = desk.call(Method::DELETE, &eve, Call::default()).await;
    assert_eq!(unblocked.status, 204);
    let wanted = Call::json(&json!({"invitations": "everybody"}));
    assert_eq!(desk.call(Method::PUT, settings, wanted).await.status, 200);
    let kept = Call::json(&json!({"daily_at": "07:00"}));
    let kept = desk.call(Method::PUT, settings, kept).await.json();
    assert_eq!(kept["invitations"], "everybody", "what is not said stays");
    let wanted = Call::json(&json!({"invitations": "everybody"}));
    let kept = desk.call(Method::PUT, settings, wanted).await.json();
    assert_eq!(kept["daily_at"], "07:00", "the letter, too");
    let alone = Call::json(&json!({"zone": "Europe/Moscow"}));
    let alone = desk.call(Method::PUT, settings, alone).await;
    assert_eq!(
        (alone.status, &alone.json()["errors"][0]["field"]),
        (422, &json!("zone"))
    );
    let ended = Call::json(&json!({"daily_at": null}));
    let ended = desk.call(Method::PUT, settings, ended).await.json();
    assert_eq!(
        ended,
        json!({"daily_at": null, "zone": null, "invitations": "everybody"})
    );
    desk.mail("Plays", "").await;
    assert_eq!((desk.asked().await.len(), desk.agenda().await), (1, 1));
    let bad = Call::json(&json!({"standing": "known"}));
    let bad = desk
        .call(Method::PUT, "/api/v1/calendar/organizers/nobody", bad)
        .await;
    assert_eq!(
        (bad.status, &bad.json()["errors"][0]["field"]),
        (422, &json!("organizer"))
    );
    let bad = Call::json(&json!({"standing": "known"}));
    let bob = desk.call(
        Method::PUT,
        "/api/v1/calendar/organizers/bob@elsewhere.example",
        bad,
    );
    assert_eq!(bob.await.status, 204);
    let path = desk.first().await;
    let gone = desk.call(Method::DELETE, &path, Call::default()).await;
    assert_eq!(gone.status, 404, "an event is deleted where it lies");
}
