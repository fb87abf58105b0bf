//! What the house writes to people, and what readers do about letters.

use std::io::Write as _;
use std::process::{Command, Stdio};

use http::Method;
use kernel::{Id, Language};
use post::{Content, Kind, Picture, Recipient, Stationery};
use serde_json::{Value, json};

use crate::town::{Actor, Call, Role, Town};

const ASKED: &str = "Stop these letters?";
const STOPPED: &str = "They are stopped";

struct Reader {
    town: Town,
    link: String,
}

impl Reader {
    async fn of(town: &Town, stream: &str) -> Reader {
        let owner = Id::named("email", "reader@town.example");
        Reader {
            link: format!("/letters/stop/{}", town.stop_link(owner, stream)),
            town: town.clone(),
        }
    }

    /// Opens the link, as somebody who is not signed in.
    async fn sees(&self) -> String {
        let answer = self
            .town
            .page(Method::GET, &self.link, &Actor::default(), Call::default())
            .await;
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    async fn sends(&self, kind: &'static str, body: &'static str) -> u16 {
        let call = Call {
            body: body.into(),
            ..Call::default()
        };
        let call = call.header("content-type", kind);
        self.town
            .page(Method::POST, &self.link, &Actor::default(), call)
            .await
            .status
    }
}

#[tokio::test]
async fn one_click_stops_one_stream_without_a_cookie_and_opening_the_link_stops_nothing() {
    let town = Town::open().await;
    let digest = Reader::of(&town, "test.digest").await;
    let reminder = Reader::of(&town, "test.reminder").await;
    for _ in 0..2 {
        assert!(digest.sees().await.contains(ASKED), "looking changes nothing");
    }
    let form = "application/x-www-form-urlencoded";
    assert_eq!(digest.sends(form, "x=y").await, 422);
    assert!(digest.sees().await.contains(ASKED));
    assert_eq!(digest.sends(form, "List-Unsubscribe=One-Click").await, 200);
    assert_eq!(
        digest.sends(form, "List-Unsubscribe=One-Click").await,
        200,
        "twice is once"
    );
    assert!(digest.sees().await.contains(STOPPED));
    assert!(reminder.sees().await.contains(ASKED), "the other stream goes on");

    assert_eq!(digest.sends(form, "again=yes").await, 200);
    assert!(digest.sees().await.contains(ASKED), "taken back");
}

#[tokio::test]
async fn mail_programs_may_send_the_click_as_a_form_with_parts() {
    let town = Town::open().await;
    let digest = Reader::of(&town, "test.digest").await;
    let body =
        "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    assert_eq!(digest.sends("multipart/form-data; boundary=x", body).await, 200);
    assert!(digest.sees().await.contains(STOPPED));
}

#[tokio::test]
async fn a_link_that_the_house_did_not_sign_leads_nowhere() {
    let town = Town::open().await;
    let link = "/letters/stop/c29tZXRoaW5nIGVsc2UgdGhhdCBpcyBsb25nIGVub3VnaCBmb3IgYSBsaW5r";
    for method in [Method::GET, Method::POST] {
        let call = Call::form(&[("List-Unsubscribe", "One-Click")]);
        assert_eq!(town.page(method, link, &Actor::default(), call).await.status, 404);
    }
}

#[tokio::test]
async fn a_person_sets_quiet_hours_and_clears_them() {
    let town = Town::open().await;
    let anna = town.actor(&Role::Plain).await;
    let send = async |from: &'static str, until: &'static str| {
        let form = Call::form(&[("from", from), ("until", until)]);
        town.page(Method::POST, "/me/letters", &anna, form).await.status
    };
    let shows = async |text: &str| {
        let answer = town
            .page(Method::GET, "/me/letters", &anna, Call::default())
            .await;
        String::from_utf8(answer.body.to_vec()).unwrap().contains(text)
    };
    assert_eq!(send("22:00", "07:30").await, 303);
    assert!(shows("22:00").await && shows("07:30").await);
    assert_eq!(send("22:00", "").await, 422, "half of the hours are none");
    assert_eq!(send("09:00", "09:00").await, 422);
    assert!(shows("22:00").await, "what was refused changed nothing");
    assert_eq!(send("", "").await, 303);
    assert!(!shows("22:00").await);
}

/// Until the folder has a letter that says this; the workers are awake as soon as it was asked for.
async fn letter_with(town: &Town, text: &str) -> Vec<u8> {
    for _ in 0..600 {
        for letter in town.letters() {
            if String::from_utf8_lossy(&letter).contains(text) {
                return letter;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no letter says {text}");
}

#[tokio::test]
async fn an_invitation_goes_out_as_a_letter_with_the_link_that_the_administrator_is_shown() {
    let town = Town::open().await;
    let (id, link) = town.invited().await;
    let person = town.get(town.admin(), &format!("/api/v1/people/{id}")).await;
    let email = person["email"].as_str().unwrap();
    let letter = letter_with(&town, &format!("<{email}>")).await;
    let read = as_python_reads(&letter);
    assert_eq!(
        read["to"],
        format!("\"{}\" <{email}>", person["name"].as_str().unwrap()).replace('"', "")
    );
    assert_eq!(read["subject"], "You are invited to Townhall");
    assert!(read["text"].as_str().unwrap().contains(&link), "{read}");
    assert!(read["html"].as_str().unwrap().contains(&link), "{read}");
    assert_eq!(read["stop"], Value::Null, "there is nothing to stop");
}

/// What the e-mail package of Python makes of a letter.
fn as_python_reads(letter: &[u8]) -> Value {
    const READER: &str = "
import email, email.policy, json, sys
letter = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = list(letter.walk())
print(json.dumps({
    'from': str(letter['from']), 'to': str(letter['to']), 'subject': str(letter['subject']),
    'id': letter['message-id'], 'date': letter['date'].datetime.isoformat(), 'stop': letter['list-unsubscribe'],
    'text': letter.get_body(('plain',)).get_content(), 'html': letter.get_body(('html',)).get_content(),
    'kinds': [part.get_content_type() for part in parts],
    'defects': [str(defect) for part in parts for defect in part.defects],
}))";
    let mut python = Command::new("python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("these tests need python3");
    python.stdin.take().unwrap().write_all(letter).unwrap();
    let out = python.wait_with_output().unwrap();
    assert!(
        out.status.success(),
        "python could not read it: {}",
        String::from_utf8_lossy(letter)
    );
    serde_json::from_slice(&out.stdout).unwrap()
}

static DIGEST: Kind = Kind::bulk(
    900,
    "test.digest",
    "test.digest",
    std::time::Duration::from_secs(60),
);

#[test]
fn python_reads_a_russian_letter_with_a_picture_as_it_was_written() {
    let secret = kernel::Secret::new("s".repeat(32));
    let stationery = Stationery::new(
        "Ратуша",
        "https://house.example",
        "letters@house.example",
        &secret,
    )
    .unwrap();
    let to = Recipient {
        language: Language::Russian,
        ..registry::demo::reader(Language::Russian)
    };
    let body = post::Body::new()
        .paragraph("Три встречи. ".repeat(20))
        .picture("week.png", "Неделя");
    let content = Content {
        subject: "Понедельник: 3 встречи и совет, который начинается раньше обычного".to_owned(),
        html: body.html().unwrap(),
        text: body.text().unwrap(),
        pictures: vec![Picture {
            name: "week.png".to_owned(),
            kind: "image/png",
            bytes: std::sync::Arc::from([1u8, 2, 3].as_slice()),
        }],
        ..Content::default()
    };
    let at = "2026-11-23T06:00:00Z".parse().unwrap();
    let id = Id::named("letter", "1");
    let ready = stationery.finished(id, &DIGEST, &to, &content, at).unwrap();
    let read = as_python_reads(&ready.mime);
    assert_eq!(read["defects"], json!([]));
    assert_eq!(read["subject"], content.subject.as_str());
    assert_eq!(read["from"], "Ратуша <letters@house.example>");
    assert_eq!(read["to"], format!("{} <{}>", to.name, to.email));
    assert_eq!(read["date"], "2026-11-23T06:00:00+00:00");
    assert_eq!(read["id"], format!("<{id}@house.example>"));
    assert_eq!(
        read["kinds"],
        json!([
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png"
        ])
    );
    let text = read["text"].as_str().unwrap();
    assert_eq!(
        text.matches("Три встречи.").count() + text.matches("Три\nвстречи.").count(),
        20,
        "{text}"
    );
}
