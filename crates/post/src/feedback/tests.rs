//! What feedback promises, on a real store.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::{Id, Language, Moment, PersonId, Secret};
use serde_json::json;
use store::StoreError;
use testkit::mail_api;
use testkit::stores::{self, TestStore};

use super::mailgun::Webhook;
use super::{Feedback, FeedbackSetup, Refused, Taken, Webhooks};
use crate::letters::rules::Event;
use crate::letters::{self, State};
use crate::suppressions::{Address, Reason, Scope, Suppressions};
use crate::{Ask, Content, Desks, Kind, NotWritten, Recipient, Recipients, To, Wanted, Write};

static DIGEST: Kind = Kind::bulk(901, "test.digest", "digest", Duration::from_secs(3600));
/// Of a program that is newer than this one.
static NEWER: Kind = Kind::bulk(902, "test.newer", "newer", Duration::from_secs(3600));
const KEY: &str = "signing key";
const URL: &str = "https://town.example/api/v1/post/webhooks/mandrill";
const DAY: i64 = 24 * 60 * 60;

struct Everybody;

impl Recipients for Everybody {
    fn recipient(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Recipient>, StoreError>> {
        let recipient = Recipient {
            person: Some(person),
            email: "Anna@example.org".to_owned(),
            name: "Anna".to_owned(),
            language: Language::English,
            zone: "UTC".to_owned(),
        };
        async move { Ok(Some(recipient)) }.boxed()
    }

    fn recipients<'a>(
        &'a self,
        people: &'a [PersonId],
    ) -> BoxFuture<'a, Result<Vec<Option<Recipient>>, StoreError>> {
        async move {
            let mut all = Vec::new();
            for person in people {
                all.push(self.recipient(*person).await?);
            }
            Ok(all)
        }
        .boxed()
    }

    fn bearer<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<PersonId>, StoreError>> {
        async { Ok(None) }.boxed()
    }
}

struct Nothing;

impl Write for Nothing {
    fn write<'a>(&'a self, _: &'a Wanted, _: &'a Recipient) -> BoxFuture<'a, Result<Content, NotWritten>> {
        async { Err(NotWritten::Unwanted("a test".to_owned())) }.boxed()
    }
}

struct House {
    store: TestStore,
    feedback: Feedback,
    suppressions: Suppressions,
}

async fn house() -> House {
    house_with(None).await
}

async fn house_with(maildir: Option<std::path::PathBuf>) -> House {
    let store = stores::sqlite().await.unwrap();
    let suppressions = Suppressions::new(store.store.clone(), store.clock.clone());
    let feedback = Feedback::new(FeedbackSetup {
        store: store.store.clone(),
        clock: store.clock.clone(),
        desks: Desks::new().writes(&DIGEST, Nothing),
        recipients: Arc::new(Everybody),
        suppressions: suppressions.clone(),
        webhooks: Webhooks {
            mailgun_keys: vec![Secret::new(KEY)],
            mandrill_keys: vec![Secret::new(KEY)],
            mandrill_url: URL.to_owned(),
        },
        maildir,
    });
    House {
        store,
        feedback,
        suppressions,
    }
}

impl House {
    fn now(&self) -> Moment {
        self.store.clock.now()
    }

    /// A letter to Anna that was handed over.
    async fn out(&self, key: &'static str) -> Id {
        self.letter(key, &[Event::Attempt, Event::HandedOver]).await
    }

    async fn letter(&self, key: &'static str, events: &'static [Event<'static>]) -> Id {
        self.letter_of(&DIGEST, key, events).await
    }

    async fn letter_of(
        &self,
        kind: &'static Kind,
        key: &'static str,
        events: &'static [Event<'static>],
    ) -> Id {
        let now = self.now();
        let person = PersonId(Id::named("person", "anna"));
        let asked = move |tx: &mut store::Tx<'_>| {
            let ask = Ask::new(kind, To::Person(person), key.as_bytes(), now);
            let id = letters::ask(tx, &ask, now)?.id();
            for event in events {
                letters::happened(tx, id, *event, now, "")?;
            }
            Ok::<_, StoreError>(id)
        };
        self.store.shard_of(person).write(asked).await.unwrap()
    }

    async fn forget(&self) {
        self.feedback.forget_old().await.unwrap();
    }

    async fn state(&self, id: Id) -> State {
        let read = move |tx: &mut store::Tx<'_>| letters::rows::letter(tx, id);
        let letter = self.store.shard_of(id).read::<_, StoreError>(read).await;
        letter.unwrap().unwrap().state
    }

    async fn stopped(&self, email: &str) -> Vec<(Scope, Reason)> {
        let entries = self.suppressions.of(Address::parse(email).unwrap().id()).await;
        let mut stopped: Vec<_> = entries
            .unwrap()
            .into_iter()
            .map(|entry| (entry.scope, entry.reason))
            .collect();
        stopped.sort();
        stopped
    }

    /// A signed webhook of Mailgun about a letter to Anna.
    fn webhook(&self, token: &str, letter: Id, event: &str, message: &str) -> Webhook {
        let event = json!({
            "event": event, "severity": "permanent", "reason": "bounce", "recipient": "anna@example.org",
            "user-variables": {"letter": letter.to_string()}, "delivery-status": {"code": 550, "message": message},
        });
        let body = mail_api::mailgun_webhook(KEY, token, self.now(), &event);
        serde_json::from_value(body).unwrap()
    }
}

fn mandrill_form(events: &serde_json::Value) -> (String, Vec<(String, String)>) {
    let signature = mail_api::mandrill_signature(KEY, URL, events);
    (
        signature,
        vec![("mandrill_events".to_owned(), events.to_string())],
    )
}

fn notification(letter: Id, recipient: &str, status: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@mx.example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; \
         report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: \
         message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; \
         {recipient}\r\nAction: failed\r\nStatus: {status}\r\n\r\n--b\r\nContent-Type: \
         text/rfc822-headers\r\n\r\nMessage-ID: <{letter}@town.example>\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}

const ONE: Taken = Taken { taken: 1, ignored: 0 };
const NONE: Taken = Taken { taken: 0, ignored: 1 };

#[tokio::test]
async fn what_a_provider_says_becomes_the_state_of_the_letter_and_stops_what_it_must() {
    let house = house().await;
    let delivered = house.out("delivered").await;
    let webhook = house.webhook("1", delivered, "delivered", "OK");
    assert_eq!(house.feedback.mailgun(&webhook).await.unwrap(), ONE);
    assert_eq!(house.state(delivered).await, State::Delivered);
    assert_eq!(house.stopped("anna@example.org").await, []);

    let webhook = house.webhook("2", delivered, "complained", "");
    assert_eq!(house.feedback.mailgun(&webhook).await.unwrap(), ONE);
    assert_eq!(house.state(delivered).await, State::Complained);
    let complained = [
        (Scope::Bulk, Reason::Complaint),
        (Scope::Stream("digest".to_owned()), Reason::Complaint),
    ];
    assert_eq!(house.stopped("anna@example.org").await, complained);

    let bounced = house.out("bounced").await;
    let webhook = house.webhook("3", bounced, "failed", "5.1.1 no such user");
    assert_eq!(house.feedback.mailgun(&webhook).await.unwrap(), ONE);
    assert_eq!(house.state(bounced).await, State::Bounced);
    assert!(
        house
            .stopped("anna@example.org")
            .await
            .contains(&(Scope::Everything, Reason::HardBounce))
    );
}

#[tokio::test]
async fn a_complaint_about_a_kind_that_nobody_here_knows_stops_no_other_stream() {
    let house = house().await;
    let events = &[Event::Attempt, Event::HandedOver];
    let letter = house.letter_of(&NEWER, "newer", events).await;
    let webhook = house.webhook("1", letter, "complained", "");
    assert_eq!(house.feedback.mailgun(&webhook).await.unwrap(), ONE);
    assert_eq!(house.state(letter).await, State::Complained);
    assert_eq!(house.stopped("anna@example.org").await, []);
    let bounced = house.letter_of(&NEWER, "bounced", events).await;
    let webhook = house.webhook("2", bounced, "failed", "5.1.1 no such user");
    assert_eq!(house.feedback.mailgun(&webhook).await.unwrap(), ONE);
    let dead = [(Scope::Everything, Reason::HardBounce)];
    assert_eq!(
        house.stopped("anna@example.org").await,
        dead,
        "who is not there, is not there"
    );
}

#[tokio::test]
async fn a_request_that_is_said_again_changes_nothing_even_after_somebody_cleared_the_address() {
    let house = house().await;
    let letter = house.out("one").await;
    let webhook = house.webhook("token", letter, "unsubscribed", "");
    assert_eq!(house.feedback.mailgun(&webhook).await.unwrap(), ONE);
    let id = Address::parse("anna@example.org").unwrap().id();
    house
        .suppressions
        .clear(id, None, "person:boris", "")
        .await
        .unwrap();
    assert_eq!(house.feedback.mailgun(&webhook).await.unwrap(), NONE);
    // The signature does not cover the event, so a token must not serve for another one.
    let other = house.webhook("token", letter, "complained", "");
    assert_eq!(house.feedback.mailgun(&other).await.unwrap(), NONE);
    assert_eq!(house.stopped("anna@example.org").await, []);
    house.store.clock.advance_seconds(13 * 60 * 60);
    house.forget().await;
    let late = house.feedback.mailgun(&webhook).await;
    assert!(matches!(late, Err(Refused::Forged)), "{late:?}");
    house.store.clock.advance_seconds(2 * DAY);
    house.forget().await;
    assert!(
        house.feedback.mailgun(&webhook).await.is_err(),
        "forgotten, and too old by far"
    );
}

#[tokio::test]
async fn a_batch_is_taken_in_whole_and_strangers_in_it_are_counted() {
    let house = house().await;
    let (one, two) = (house.out("one").await, house.out("two").await);
    let event = |event: &str, letter: Id| {
        json!({"event": event, "ts": house.now().as_seconds(), "_id": "x", "msg": {
            "email": "anna@example.org", "metadata": {"letter": letter.to_string()}}})
    };
    let stranger = Id::named("letter", "of another house");
    let events = json!([
        event("delivered", one),
        event("soft_bounce", two),
        event("spam", stranger),
        event("open", one)
    ]);
    let (signature, form) = mandrill_form(&events);
    let taken = house.feedback.mandrill(&signature, &form).await.unwrap();
    assert_eq!(taken, Taken { taken: 2, ignored: 2 });
    assert_eq!(house.state(one).await, State::Delivered);
    assert_eq!(house.state(two).await, State::Bounced);
    assert_eq!(
        house.stopped("anna@example.org").await,
        [],
        "a passing bounce is only counted"
    );
    let again = house.feedback.mandrill(&signature, &form).await.unwrap();
    assert_eq!(again, Taken { taken: 0, ignored: 4 });
    let forged = house.feedback.mandrill("AAAA", &form).await;
    assert!(matches!(forged, Err(Refused::Forged)));
}

#[tokio::test]
async fn a_report_is_believed_about_a_letter_of_late_to_the_address_it_went_to() {
    let house = house().await;
    let letter = house.out("one").await;
    let report = async |raw: &[u8]| house.feedback.report(raw).await.unwrap();
    assert_eq!(
        report(&notification(letter, "boris@example.org", "5.1.1")).await,
        NONE
    );
    let stranger = Id::named("letter", "of another house");
    assert_eq!(
        report(&notification(stranger, "anna@example.org", "5.1.1")).await,
        NONE
    );
    let waiting = house.letter("waiting", &[]).await;
    assert_eq!(
        report(&notification(waiting, "anna@example.org", "5.1.1")).await,
        NONE
    );
    assert_eq!(
        report(b"Subject: Out of office\r\n\r\nBack soon.\r\n").await,
        NONE
    );
    assert_eq!(house.stopped("anna@example.org").await, []);

    assert_eq!(
        report(&notification(letter, "ANNA@example.org", "5.1.1")).await,
        ONE
    );
    assert_eq!(house.state(letter).await, State::Bounced);
    let gone = [(Scope::Everything, Reason::HardBounce)];
    assert_eq!(house.stopped("anna@example.org").await, gone);

    let old = house.out("old").await;
    house.store.clock.advance_seconds(15 * DAY);
    assert_eq!(
        report(&notification(old, "anna@example.org", "5.1.1")).await,
        NONE
    );
    assert_eq!(house.state(old).await, State::HandedOver);
}

#[tokio::test]
async fn a_report_that_is_handed_in_twice_counts_once() {
    let house = house().await;
    let letter = house.out("one").await;
    let raw = notification(letter, "anna@example.org", "5.1.1");
    assert_eq!(house.feedback.report(&raw).await.unwrap(), ONE);
    let id = Address::parse("anna@example.org").unwrap().id();
    house
        .suppressions
        .clear(id, None, "person:boris", "")
        .await
        .unwrap();
    assert_eq!(house.feedback.report(&raw).await.unwrap(), NONE);
    assert_eq!(house.stopped("anna@example.org").await, []);
}

#[tokio::test]
async fn reports_in_a_mailbox_are_read_once_and_kept_there_as_seen() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    let house = house_with(Some(folder.path().to_owned())).await;
    let letter = house.out("one").await;
    let put = |name: &str, raw: &[u8]| std::fs::write(folder.path().join("new").join(name), raw).unwrap();
    put(
        "1795000000.M1P2.mx",
        &notification(letter, "anna@example.org", "5.1.1"),
    );
    put("1795000001.M1P2.mx", b"Subject: Lunch?\r\n\r\nAt one.\r\n");
    house.feedback.look_into_maildir().await.unwrap();
    assert_eq!(house.state(letter).await, State::Bounced);
    let names = |part: &str| {
        let entries = std::fs::read_dir(folder.path().join(part)).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("new"), [""; 0]);
    assert_eq!(names("cur"), ["1795000000.M1P2.mx:2,S", "1795000001.M1P2.mx:2,S"]);
    house.feedback.look_into_maildir().await.unwrap();
    std::fs::remove_dir(folder.path().join("new")).unwrap();
    let trouble = house.feedback.look_into_maildir().await.unwrap_err();
    assert!(trouble.to_string().contains("new"), "{trouble}");
}

#[tokio::test]
async fn a_house_without_keys_expects_nobody() {
    let house = house().await;
    let letter = house.out("one").await;
    let closed = Feedback::new(FeedbackSetup {
        store: house.store.store.clone(),
        clock: house.store.clock.clone(),
        desks: Desks::new(),
        recipients: Arc::new(Everybody),
        suppressions: house.suppressions.clone(),
        webhooks: Webhooks::default(),
        maildir: None,
    });
    let webhook = house.webhook("1", letter, "complained", "");
    assert!(matches!(
        closed.mailgun(&webhook).await,
        Err(Refused::NotExpected)
    ));
    let (signature, form) = mandrill_form(&json!([]));
    assert!(matches!(
        closed.mandrill(&signature, &form).await,
        Err(Refused::NotExpected)
    ));
    closed.look_into_maildir().await.unwrap();
}
