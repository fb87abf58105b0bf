//! The whole way of a letter over stores of every kind, with providers that do as they are told.

use std::collections::HashMap;
use std::time::Duration;

use bell::Shift;
use kernel::{Language, PersonId, Secret};
use parking_lot::Mutex;
use testkit::stores::{self, TestStore};
use tokio::sync::watch;

mod forgetting;
mod leaving;
mod load;

use super::*;
use crate::letters::{Ask, Letter, State, To, WRITINGS_MAX, ask, id_of};
use crate::providers::{Class, Found, Line, Provider, Ready, Refusal, Verdict};
use crate::{Content, Kind, NotWritten, Outsider, Post, Recipient, Settle, Setup, Wanted, Write};
use futures_util::future::BoxFuture;
use store::Tx;

static RESET: Kind = Kind::prompt(901, "test.reset", Duration::from_secs(24 * 3600));
static DIGEST: Kind = Kind::bulk(902, "test.digest", "digest", Duration::from_secs(24 * 3600));

type Script = Box<dyn FnMut(&Ready) -> Verdict + Send>;

/// A provider that says what it is told to say and counts what it got.
struct Scripted {
    name: &'static str,
    says: Mutex<Script>,
    found: Mutex<Found>,
    got: Mutex<HashMap<Id, u32>>,
}

impl Scripted {
    fn new(name: &'static str, says: impl FnMut(&Ready) -> Verdict + Send + 'static) -> Arc<Scripted> {
        Arc::new(Scripted {
            name,
            says: Mutex::new(Box::new(says)),
            found: Mutex::new(Found::NobodyKnows),
            got: Mutex::default(),
        })
    }

    fn well(name: &'static str) -> Arc<Scripted> {
        Scripted::new(name, |_| Verdict::HandedOver { name: None })
    }

    fn got(&self, letter: Id) -> u32 {
        self.got.lock().get(&letter).copied().unwrap_or(0)
    }
}

impl Provider for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn hand_over(&self, letter: Ready) -> BoxFuture<'_, Verdict> {
        let verdict = (self.says.lock())(&letter);
        if !matches!(verdict, Verdict::Refused(_)) {
            *self.got.lock().entry(letter.letter).or_default() += 1;
        }
        Box::pin(async move { verdict })
    }

    fn look_up<'a>(&'a self, _: Id, _: &'a str) -> BoxFuture<'a, Result<Found, Refusal>> {
        let found = self.found.lock().clone();
        Box::pin(async move { Ok(found) })
    }
}

struct Nobody;

impl Recipients for Nobody {
    fn recipient(&self, _: PersonId) -> BoxFuture<'_, Result<Option<Recipient>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn recipients<'a>(
        &'a self,
        people: &'a [PersonId],
    ) -> BoxFuture<'a, Result<Vec<Option<Recipient>>, StoreError>> {
        let none = people.iter().map(|_| None).collect();
        Box::pin(async { Ok(none) })
    }

    fn bearer<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<PersonId>, StoreError>> {
        Box::pin(async { Ok(None) })
    }
}

/// Writes what it was told; a letter that was told `panic` panics.
struct Plain;

impl Write for Plain {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        _: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>> {
        Box::pin(async move {
            assert!(wanted.data != "panic", "as it was told");
            Ok(Content {
                subject: "Hello".to_owned(),
                html: "<p>Hello</p>".to_owned(),
                text: "Hello".to_owned(),
                ..Content::default()
            })
        })
    }
}

struct Town {
    house: TestStore,
    post: Post,
    shutdown: watch::Sender<bool>,
    shift: Option<Shift>,
}

impl Town {
    async fn of(house: TestStore, lines: Vec<Line>) -> Town {
        let mut town = Town {
            post: post_of(&house, lines),
            house,
            shutdown: watch::Sender::new(false),
            shift: None,
        };
        town.open();
        town
    }

    fn open(&mut self) {
        self.shutdown.send_replace(false);
        let told = self.shutdown.subscribe();
        let (store, clock) = (&self.house.store, &self.house.clock);
        self.shift = Some(Shift::open(store, clock, self.post.tasks(), told));
    }

    async fn close(&mut self) {
        self.shutdown.send_replace(true);
        if let Some(shift) = self.shift.take() {
            shift.ended().await;
        }
        self.post.close().await;
    }

    async fn ask(&self, kind: &'static Kind, number: u32, data: &str) -> Id {
        let wanted = Ask::new(kind, to(number), number.to_be_bytes(), self.house.clock.now()).telling(data);
        let (id, now) = (wanted.id(), self.house.clock.now());
        let shard = self.house.store.shard_of(id);
        shard
            .write::<_, StoreError>(move |tx| ask(tx, &wanted, now).map(|_| ()))
            .await
            .unwrap();
        id
    }

    /// Waits until a letter is in this state; the clock moves meanwhile, so that pauses pass.
    async fn until(&self, id: Id, state: State) -> Letter {
        for _ in 0..2000 {
            let letter = self.post.letter(id).await.unwrap();
            if letter.state == state {
                return letter;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.house.clock.advance_seconds(1);
        }
        panic!("still not {state}: {:?}", self.post.letter(id).await.unwrap());
    }

    /// Waits until a letter is as expected; the clock stands still.
    async fn once(&self, id: Id, is_expected: impl Fn(&Letter) -> bool) -> Letter {
        for _ in 0..6000 {
            let letter = self.post.letter(id).await.unwrap();
            if is_expected(&letter) {
                return letter;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing becomes of it: {:?}", self.post.letter(id).await.unwrap());
    }

    async fn balances(&self) {
        assert_eq!(self.post.audit(3).await.unwrap(), []);
    }
}

/// The post office of one process.
fn post_of(house: &TestStore, lines: Vec<Line>) -> Post {
    let secret = Secret::new("x".repeat(40));
    let stationery = Stationery::new("House", "https://house.example", "house@house.example", &secret);
    Post::new(Setup {
        store: house.store.clone(),
        clock: house.clock.clone(),
        desks: Desks::new().writes(&RESET, Plain).writes(&DIGEST, Plain),
        lines,
        recipients: Arc::new(Nobody),
        stationery: stationery.unwrap(),
        suppressions: Suppressions::new(house.store.clone(), house.clock.clone()),
    })
    .unwrap()
}

fn to(number: u32) -> To {
    To::Address(Outsider {
        email: format!("reader{number}@example.org"),
        name: "A Reader".to_owned(),
        language: Language::English.code().to_owned(),
        zone: "Europe/Berlin".to_owned(),
    })
}

fn refused(class: Class, is_final: bool) -> Verdict {
    Verdict::Refused(Refusal {
        class,
        is_final,
        words: "said so".to_owned(),
        retry_after: None,
    })
}

async fn one(provider: &Arc<Scripted>) -> Town {
    let lines = vec![Line::new(Arc::clone(provider) as Arc<dyn Provider>)];
    Town::of(stores::sqlite().await.unwrap(), lines).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_the_whole_way_and_its_story_tells_it() {
    for kind in stores::KINDS {
        let provider = Scripted::well("relay");
        let lines = vec![Line::new(Arc::clone(&provider) as Arc<dyn Provider>)];
        let mut town = Town::of(stores::open(kind).await.unwrap(), lines).await;
        let id = town.ask(&RESET, 1, r#"{"secret":"x"}"#).await;
        let letter = town.until(id, State::HandedOver).await;
        let states: Vec<State> = letter.story.iter().map(|step| step.state).collect();
        assert_eq!(
            states,
            [
                State::Waiting,
                State::Rendering,
                State::Sending,
                State::HandedOver
            ]
        );
        assert_eq!((letter.provider.as_str(), provider.got(id)), ("relay", 1));
        let data = town
            .house
            .store
            .shard_of(id)
            .read::<_, StoreError>(move |tx| data_of(tx, id))
            .await;
        assert_eq!(data.unwrap(), "", "what it was told is forgotten");
        town.balances().await;
        town.close().await;
    }
}

fn data_of(tx: &mut Tx<'_>, id: Id) -> Result<String, StoreError> {
    Ok(crate::letters::rows::letter(tx, id)?
        .map(|letter| letter.data)
        .unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_does_not_exist_is_not_written_to_again() {
    let provider = Scripted::new("relay", |_| refused(Class::Mailbox, true));
    let mut town = one(&provider).await;
    let id = town.ask(&RESET, 1, "{}").await;
    let letter = town.until(id, State::Bounced).await;
    assert_eq!(letter.story.last().unwrap().reason, "said so");
    let second = Ask::new(&RESET, to(1), *b"another", town.house.clock.now());
    let (next, now) = (second.id(), town.house.clock.now());
    let shard = town.house.store.shard_of(next);
    shard
        .write::<_, StoreError>(move |tx| ask(tx, &second, now).map(|_| ()))
        .await
        .unwrap();
    let letter = town.until(next, State::Suppressed).await;
    assert!(
        letter.story.last().unwrap().reason.contains("hard_bounce"),
        "{letter:?}"
    );
    town.balances().await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_came_is_settled_by_the_choice_of_the_kind() {
    let mut said = HashMap::<Id, u32>::new();
    let provider = Scripted::new("relay", move |letter| {
        let times = said.entry(letter.letter).or_default();
        *times += 1;
        match *times {
            1 => Verdict::Unsure {
                why: "cut".to_owned(),
            },
            _ => Verdict::HandedOver { name: None },
        }
    });
    let mut town = one(&provider).await;
    let reset = town.ask(&RESET, 1, "{}").await;
    let digest = town.ask(&DIGEST, 2, "{}").await;
    let letter = town.until(reset, State::HandedOver).await;
    assert_eq!(provider.got(reset), 2, "twice is better than never");
    assert!(letter.story.iter().any(|step| step.state == State::Unsure));
    let letter = town.until(digest, State::Unsure).await;
    assert_eq!(letter.story.last().unwrap().state, State::Unsure);
    town.house.clock.advance_seconds(60);
    for _ in 0..100 {
        if town.post.letter(digest).await.unwrap().due.is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        town.house.clock.advance_seconds(1);
    }
    let letter = town.post.letter(digest).await.unwrap();
    assert_eq!(
        (letter.state, letter.due, provider.got(digest)),
        (State::Unsure, None, 1)
    );
    town.balances().await;
    let settled = town
        .post
        .settle(digest, Settle::HandedOver, "somebody")
        .await
        .unwrap();
    assert_eq!(settled.state, State::HandedOver);
    town.balances().await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_nobody_sends_any_more_is_looked_up_before_it_goes_again() {
    let provider = Scripted::well("relay");
    *provider.found.lock() = Found::Here {
        name: Some("their-1".to_owned()),
    };
    let mut town = one(&provider).await;
    town.close().await;
    let id = town.ask(&DIGEST, 1, "{}").await;
    // As a worker leaves it that dies between the attempt and the answer.
    let now = town.house.clock.now();
    let shard = town.house.store.shard_of(id);
    shard
        .write::<_, StoreError>(move |tx| {
            let letter = crate::letters::rows::letter(tx, id)?.unwrap();
            let event = crate::letters::rules::Event::Attempt;
            let mut change = crate::letters::decide(&letter, event, now, "").unwrap();
            change.provider = "relay".to_owned();
            crate::letters::rows::change(tx, &change)?;
            let mut entries = crate::book::Entries::default();
            entries.moved(
                letter.kind,
                letter.asked,
                (State::Waiting, ""),
                (State::Sending, "relay"),
            );
            entries.write(tx, 1)
        })
        .await
        .unwrap();
    town.open();
    let letter = town.until(id, State::HandedOver).await;
    assert_eq!(provider.got(id), 0, "it was there already");
    assert_eq!(letter.provider_name.as_deref(), Some("their-1"));
    assert!(letter.story.iter().any(|step| step.state == State::Unsure));
    town.balances().await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_breaks_its_writer_is_parked_and_others_go() {
    let provider = Scripted::well("relay");
    let mut town = one(&provider).await;
    let poison = town.ask(&RESET, 1, "panic").await;
    let other = town.ask(&RESET, 2, "{}").await;
    town.until(other, State::HandedOver).await;
    for writings in 1..=WRITINGS_MAX {
        let letter = town.once(poison, |letter| letter.writings >= writings).await;
        if let Some(due) = letter.due {
            let pause = due.micros_since(town.house.clock.now()).max(0) / 1_000_000;
            town.house.clock.advance_seconds(pause + 1);
        }
    }
    let letter = town.until(poison, State::Parked).await;
    assert!(letter.story.last().unwrap().reason.contains("panic"));
    let again = town.post.try_again(poison, "somebody").await.unwrap();
    assert_eq!(again.state, State::Waiting);
    town.balances().await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_put_off_is_tried_as_long_as_it_is_wanted_and_then_says_what_kept_it() {
    let provider = Scripted::new("relay", |_| refused(Class::Mailbox, false));
    let mut town = one(&provider).await;
    let id = town.ask(&RESET, 1, "{}").await;
    let mut tried = 0;
    let end = loop {
        let letter = town
            .once(id, |letter| {
                let waits = letter.state == State::Waiting && letter.attempts > tried;
                waits || letter.state == State::Expired
            })
            .await;
        let Some(due) = letter.due else { break letter };
        tried = letter.attempts;
        let pause = due.micros_since(town.house.clock.now()).max(0) / 1_000_000;
        assert!(pause <= 3 * 3600, "{pause}");
        town.house.clock.advance_seconds(pause + 1);
    };
    assert_eq!(end.state, State::Expired);
    assert!(tried > WRITINGS_MAX, "{tried}");
    assert!(end.story.last().unwrap().reason.ends_with("said so"));
    assert_eq!(town.post.providers()[0].breaker, "closed");
    town.balances().await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_provider_is_in_trouble_another_takes_its_letters_and_each_goes_once() {
    let (broken, well) = (
        Scripted::new("broken", |_| refused(Class::Network, false)),
        Scripted::well("well"),
    );
    let second = Line {
        order: 2,
        ..Line::new(Arc::clone(&well) as Arc<dyn Provider>)
    };
    let lines = vec![Line::new(Arc::clone(&broken) as Arc<dyn Provider>), second];
    let mut town = Town::of(stores::sqlite().await.unwrap(), lines).await;
    let mut ids = Vec::new();
    for number in 0..60 {
        ids.push(town.ask(&RESET, number, "{}").await);
    }
    for &id in &ids {
        town.until(id, State::HandedOver).await;
        assert_eq!((broken.got(id), well.got(id)), (0, 1));
    }
    let breaker = |town: &Town| town.post.providers()[0].breaker;
    assert_ne!(breaker(&town), "closed");
    *broken.says.lock() = Box::new(|_| Verdict::HandedOver { name: None });
    town.house.clock.advance_seconds(300);
    for number in 100..110 {
        let id = town.ask(&RESET, number, "{}").await;
        town.until(id, State::HandedOver).await;
    }
    assert_eq!(breaker(&town), "closed", "it was probed, and is well again");
    town.balances().await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_withdrawn_or_too_late_is_not_handed_over() {
    let provider = Scripted::well("relay");
    let mut town = one(&provider).await;
    let (now, later) = (town.house.clock.now(), town.house.clock.now().plus_seconds(3600));
    let wanted = |number: u32, until: Moment| {
        Ask::new(&RESET, to(number), number.to_be_bytes(), later).wanted_until(until)
    };
    let (taken_back, late) = (wanted(1, later.plus_seconds(60)), wanted(2, later));
    for wanted in [taken_back.clone(), late.clone()] {
        let shard = town.house.store.shard_of(wanted.id());
        shard
            .write::<_, StoreError>(move |tx| ask(tx, &wanted, now).map(|_| ()))
            .await
            .unwrap();
    }
    let shard = town.house.store.shard_of(taken_back.id());
    let gone = shard
        .write::<_, StoreError>(move |tx| crate::withdraw(tx, &RESET, &to(1), &1u32.to_be_bytes(), now))
        .await;
    assert!(gone.unwrap());
    town.house.clock.advance_seconds(3600);
    let letter = town.until(late.id(), State::Expired).await;
    assert_eq!(letter.id, id_of(&RESET, to(2).owner(), &2u32.to_be_bytes()));
    assert_eq!(
        town.post.letter(taken_back.id()).await.unwrap().state,
        State::Withdrawn
    );
    assert!(provider.got.lock().is_empty());
    town.balances().await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_a_rate_and_whoever_stays_has_all_of_it() {
    let provider = Scripted::well("relay");
    let mut town = one(&provider).await;
    let second = post_of(
        &town.house,
        vec![Line::new(Arc::clone(&provider) as Arc<dyn Provider>)],
    );
    let until = async |expected: (f64, f64), town: &Town| {
        let shares = || (town.post.0.lines.share(), second.0.lines.share());
        for _ in 0..1200 {
            let (one, other) = shares();
            if (one - expected.0).abs() + (other - expected.1).abs() < 1e-9 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?} and not {expected:?}", shares());
    };
    let leaving = watch::Sender::new(false);
    let (store, clock) = (&town.house.store, &town.house.clock);
    let shift = Shift::open(store, clock, second.tasks(), leaving.subscribe());
    until((0.5, 0.5), &town).await;
    leaving.send_replace(true);
    shift.ended().await;
    // The second one is gone, so what it thought last does not matter.
    until((1.0, 0.5), &town).await;
    second.close().await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_whose_domain_is_not_ascii_is_reached_by_its_name_in_the_name_system() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let provider = Scripted::new("relay", move |ready| {
        let head = String::from_utf8_lossy(&ready.mime).into_owned();
        told.lock().push((ready.to.clone(), head));
        Verdict::HandedOver { name: None }
    });
    let mut town = one(&provider).await;
    let outsider = Outsider {
        email: "anna@пример.рф".to_owned(),
        name: "Анна".to_owned(),
        language: "ru".to_owned(),
        zone: "Europe/Moscow".to_owned(),
    };
    let now = town.house.clock.now();
    let wanted = Ask::new(&RESET, To::Address(outsider), *b"one", now);
    let id = wanted.id();
    let shard = town.house.store.shard_of(id);
    let asked = shard.write::<_, StoreError>(move |tx| ask(tx, &wanted, now).map(|_| ()));
    asked.await.unwrap();
    town.until(id, State::HandedOver).await;
    {
        let seen = seen.lock();
        let (to, head) = &seen[0];
        assert_eq!(to, "anna@xn--e1afmkfd.xn--p1ai");
        let head = head.split("\r\n\r\n").next().unwrap();
        assert!(
            head.is_ascii() && head.contains("<anna@xn--e1afmkfd.xn--p1ai>"),
            "{head}"
        );
    }
    town.close().await;
}
