//! Asking for a letter, taking it back, and hearing of it.

use std::time::Duration;

use kernel::{Id, Moment, PersonId};
use store::StoreError;
use testkit::stores::{self, KINDS, START, TestStore};

use super::rows;
use super::*;
use crate::Kind;

static RESET: Kind = Kind::prompt(901, "test.reset", Duration::from_secs(3600));

fn somebody() -> To {
    To::Person(PersonId(Id::named("guid", "somebody")))
}

fn reset() -> Ask {
    Ask::new(&RESET, somebody(), *b"monday", START).telling(r#"{"link":"x"}"#)
}

async fn asked(house: &TestStore, wanted: Ask) -> Asked {
    let shard = house.store.shard_of(wanted.to.owner());
    shard.write(move |tx| ask(tx, &wanted, START)).await.unwrap()
}

async fn letter(house: &TestStore, id: Id) -> Letter {
    let found = house
        .store
        .shard_of(id)
        .read::<_, StoreError>(move |tx| rows::letter(tx, id))
        .await;
    found.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_asked_for_twice_is_one_letter() {
    for kind in KINDS {
        let house = stores::open(kind).await.unwrap();
        let first = asked(&house, reset()).await;
        assert_eq!(first, Asked::New(reset().id()));
        let again = asked(&house, reset().telling("{}")).await;
        assert_eq!(again, Asked::Already(first.id()), "{kind:?}");
        let letter = letter(&house, first.id()).await;
        assert_eq!(
            (letter.state, letter.data.as_str()),
            (State::Waiting, r#"{"link":"x"}"#)
        );
        assert_eq!(letter.wanted_until, START.plus_seconds(3600));
        assert_eq!(letter.story, [Step::new(START, State::Waiting)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_taken_back_goes_out_only_when_it_is_asked_for_again() {
    let house = stores::sqlite().await.unwrap();
    let id = asked(&house, reset()).await.id();
    let take_back = async || {
        let shard = house.store.shard_of(id);
        let later = START.plus_seconds(1);
        shard
            .write::<_, StoreError>(move |tx| withdraw(tx, &RESET, &somebody(), b"monday", later))
            .await
            .unwrap()
    };
    assert!(take_back().await);
    assert!(!take_back().await, "it is taken back already");
    let withdrawn = letter(&house, id).await;
    assert_eq!(
        (withdrawn.state, withdrawn.due, withdrawn.data.as_str()),
        (State::Withdrawn, None, "")
    );
    assert_eq!(asked(&house, reset()).await, Asked::New(id));
    let letter = letter(&house, id).await;
    assert_eq!((letter.state, letter.due), (State::Waiting, Some(START)));
    assert_eq!(letter.data, r#"{"link":"x"}"#);
    let states: Vec<State> = letter.story.iter().map(|step| step.state).collect();
    assert_eq!(states, [State::Waiting, State::Withdrawn, State::Waiting]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_into_a_letters_row_is_refused() {
    let house = stores::sqlite().await.unwrap();
    let long = reset().telling("x".repeat(DATA_BYTES_MAX + 1));
    let shard = house.store.shard_of(long.to.owner());
    let refused = shard.write(move |tx| ask(tx, &long, START)).await;
    assert!(matches!(refused, Err(StoreError::Broken(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_counts_once_and_only_for_what_may_be_out() {
    let house = stores::sqlite().await.unwrap();
    let id = asked(&house, reset()).await.id();
    let shard = house.store.shard_of(id);
    let heard = shard
        .write::<_, StoreError>(move |tx| hear(tx, id, Feedback::Delivered, "", START))
        .await;
    assert!(!heard.unwrap(), "it never left the house");
    let unknown = Id::new(Moment::from_seconds(1));
    let heard = house
        .store
        .shard_of(unknown)
        .write::<_, StoreError>(move |tx| hear(tx, unknown, Feedback::Bounced, "", START))
        .await;
    assert!(!heard.unwrap());
}
