//! Two processes that learn about the same person at the same moment.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use kernel::{Clock, Language, PersonId};
use parking_lot::Mutex;
use store::{Store, StoreError};
use testkit::stores::{self, KINDS, Kind};
use tokio::sync::oneshot;

use crate::people::{LearnError, Population, Unknown, rows};
use crate::service::{Refused, Segments};
use crate::testing::person;
use crate::types::{Facts, Reason};

/// Sees what is true of everybody when it is asked, and says so when the test lets it.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<Questions>>);

#[derive(Default)]
struct Questions {
    truth: Option<Facts>,
    open: Vec<Option<oneshot::Sender<()>>>,
}

impl Population for Slow {
    fn facts<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Facts>>, Unknown>> {
        let (answer, answered) = oneshot::channel();
        let seen = vec![self.0.lock().truth.clone(); people.len()];
        self.0.lock().open.push(Some(answer));
        Box::pin(async move {
            let _ = answered.await;
            Ok(seen)
        })
    }
}

impl Slow {
    fn becomes(&self, zone: Option<&str>) {
        self.0.lock().truth = zone.map(facts);
    }

    async fn asked(&self, times: usize) {
        while self.0.lock().open.len() < times {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Answers a question, the first of which is 0.
    fn answers(&self, question: usize) {
        let answer = self.0.lock().open[question].take();
        answer.unwrap().send(()).unwrap();
    }
}

fn facts(zone: &str) -> Facts {
    Facts {
        language: Language::English,
        zone: zone.to_owned(),
        created: stores::START,
        attributes: std::collections::BTreeMap::new(),
    }
}

async fn zone(store: &Store, person: PersonId) -> Option<String> {
    let known = store
        .shard_of(person)
        .read::<_, StoreError>(move |tx| rows::person(tx, person))
        .await;
    known
        .unwrap()
        .and_then(|known| known.facts)
        .map(|facts| facts.zone)
}

fn learning(segments: &Segments, person: PersonId) -> tokio::task::JoinHandle<Result<(), LearnError>> {
    let segments = segments.clone();
    tokio::spawn(async move { segments.learn(&[person]).await })
}

/// An instance whose files nobody looks at.
fn opened(store: Store, clock: &Clock, population: impl Population) -> Segments {
    let files = std::env::temp_dir().join("townhall-no-files");
    let archive = crate::testing::archive(&files, clock);
    Segments::new(store, clock.clone(), Arc::new(population), archive)
}

#[tokio::test]
async fn an_answer_that_comes_late_never_replaces_a_newer_one() {
    for kind in KINDS {
        let store = stores::open(kind).await.unwrap();
        let beside = store.another().await.unwrap();
        let mut number = 0;
        for [before, early, late] in [
            // Came and went before anybody heard of it.
            [None, Some("Europe/Moscow"), None],
            [None, Some("Europe/Moscow"), Some("UTC")],
            [Some("UTC"), None, Some("Europe/Moscow")],
            [Some("UTC"), Some("Europe/Moscow"), None],
            // What is true again was true before.
            [Some("UTC"), Some("Europe/Moscow"), Some("UTC")],
            [Some("UTC"), None, Some("UTC")],
        ] {
            number += 1;
            let anna = person(number);
            let town = Slow::default();
            let one = opened(store.store.clone(), &store.clock, town.clone());
            let other = opened(beside.clone(), &store.clock, town.clone());
            town.becomes(before);
            let first = learning(&one, anna);
            town.asked(1).await;
            town.answers(0);
            first.await.unwrap().unwrap();

            town.becomes(early);
            let old = learning(&one, anna);
            town.asked(2).await;
            town.becomes(late);
            let new = learning(&other, anna);
            town.asked(3).await;
            town.answers(2);
            new.await.unwrap().unwrap();
            town.answers(1);
            // The old answer is not written; it asks again.
            town.asked(4).await;
            town.answers(3);
            old.await.unwrap().unwrap();
            assert_eq!(
                zone(&store.store, anna).await.as_deref(),
                late,
                "{kind:?}: {before:?} {early:?}"
            );
        }
    }
}

#[tokio::test]
async fn who_is_nobody_leaves_a_mark_and_is_unknown_all_the_same() {
    let store = stores::open(Kind::Sqlite).await.unwrap();
    let town = Slow::default();
    let segments = opened(store.store.clone(), &store.clock, town.clone());
    let nobody = person(1);
    for turn in 0..2 {
        let learned = learning(&segments, nobody);
        town.asked(turn + 1).await;
        town.answers(turn);
        learned.await.unwrap().unwrap();
        let history = segments.history(nobody).await;
        assert!(matches!(history, Err(Refused::Reason(Reason::NoPerson))));
        assert!(segments.life(nobody).await.unwrap().is_none());
    }
    town.becomes(Some("UTC"));
    let learned = learning(&segments, nobody);
    town.asked(3).await;
    town.answers(2);
    learned.await.unwrap().unwrap();
    let life = segments.life(nobody).await.unwrap().unwrap();
    assert!(
        life.known.is_empty() && life.returned.is_none(),
        "new, and not back"
    );
}

/// While it is asked, somebody else learns about the same people.
struct Busy {
    rival: Segments,
    clock: Clock,
}

impl Population for Busy {
    fn facts<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Facts>>, Unknown>> {
        Box::pin(async move {
            self.rival.learn(people).await.unwrap();
            let created = self.clock.now();
            let seen = Facts {
                created,
                ..facts("UTC")
            };
            Ok(vec![Some(seen); people.len()])
        })
    }
}

/// Answers at once: nobody is there.
struct Empty;

impl Population for Empty {
    fn facts<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Facts>>, Unknown>> {
        Box::pin(async { Ok(vec![None; people.len()]) })
    }
}

#[tokio::test]
async fn who_is_overtaken_again_and_again_gives_up_in_the_end() {
    let store = stores::open(Kind::Sqlite).await.unwrap();
    let (house, clock) = (store.store.clone(), store.clock.clone());
    let rival = opened(house.clone(), &clock, Empty);
    let busy = Busy {
        rival,
        clock: clock.clone(),
    };
    let segments = opened(house, &clock, busy);
    let learned = segments.learn(&[person(1), person(2)]).await;
    assert!(matches!(learned, Err(LearnError::Overtaken(2))), "{learned:?}");
}
