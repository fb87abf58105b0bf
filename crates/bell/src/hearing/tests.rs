//! What the relay promises, on every kind of store.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Id;
use parking_lot::Mutex;
use store::outbox::{self, Change};
use store::{StoreError, params, sql};
use testkit::stores::{self, KINDS, Kind, START, TestStore};

use super::{ATTEMPTS_MAX, Hear, rows};
use crate::{Bell, Failed};

/// Remembers what it heard, and refuses what it was told to refuse.
#[derive(Clone, Default)]
struct Ear {
    heard: Arc<Mutex<Vec<String>>>,
    deaf_to: Arc<Mutex<BTreeSet<String>>>,
}

impl Hear for Ear {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        let key = String::from_utf8_lossy(&change.key).into_owned();
        if self.deaf_to.lock().contains(&key) {
            return async { Err(Failed::because("not now")) }.boxed();
        }
        self.heard.lock().push(key);
        async { Ok(()) }.boxed()
    }
}

/// An ear that takes up to three changes at once, and remembers what came together.
#[derive(Clone, Default)]
struct WideEar {
    ear: Ear,
    together: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Hear for WideEar {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        self.ear.hear(change)
    }

    fn many_max(&self) -> usize {
        3
    }

    fn hear_many<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), Failed>> {
        let keys: Vec<String> = changes
            .iter()
            .map(|change| String::from_utf8_lossy(&change.key).into_owned())
            .collect();
        let is_deaf = keys.iter().any(|key| self.ear.deaf_to.lock().contains(key));
        self.together.lock().push(keys.clone());
        if is_deaf {
            return async { Err(Failed::because("not all of these")) }.boxed();
        }
        self.ear.heard.lock().extend(keys);
        async { Ok(()) }.boxed()
    }
}

/// Owners of one quarter of the virtual shards, so that one worker reads all their changes together.
fn neighbours() -> impl Iterator<Item = Id> {
    std::iter::repeat_with(|| Id::new(START)).filter(|id| id.virtual_shard().number() < 1024)
}

async fn announce(house: &TestStore, owner: Id, kind: &'static str, key: &'static str) {
    let done: Result<(), StoreError> = house
        .shard_of(owner)
        .write(move |tx| outbox::announce(tx, owner, kind, key.as_bytes(), b""))
        .await;
    done.unwrap();
}

async fn waiting(house: &TestStore) -> i64 {
    let counts = house.read_each(|tx| {
        tx.query_one(sql!("SELECT count(*) FROM outbox"), params![], |row| {
            row.get::<i64>(0)
        })
    });
    let counts: Result<Vec<i64>, StoreError> = counts.await;
    counts.unwrap().into_iter().sum()
}

fn opened(house: &TestStore, ear: &Ear) -> Bell {
    Bell::new(house.store.clone(), house.clock.clone()).hear("thing.made", ear.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_one_owner_are_heard_in_order_and_a_failing_one_holds_back_only_its_owners() {
    for kind in KINDS {
        let house = stores::open(kind).await.unwrap();
        let (ear, anna, boris) = (Ear::default(), Id::new(START), Id::new(START));
        ear.deaf_to.lock().insert("a2".to_owned());
        for key in ["a1", "a2", "a3"] {
            announce(&house, anna, "thing.made", key).await;
        }
        announce(&house, boris, "thing.made", "b1").await;
        let bell = opened(&house, &ear);
        bell.catch_up().await.unwrap();
        let mut heard = ear.heard.lock().clone();
        heard.sort();
        assert_eq!(heard, ["a1", "b1"], "{kind:?}");
        ear.deaf_to.lock().clear();
        ear.heard.lock().clear();
        bell.catch_up().await.unwrap();
        assert_eq!(ear.heard.lock().len(), 0, "it waits for its pause");
        house.clock.advance_seconds(60);
        bell.catch_up().await.unwrap();
        assert_eq!(*ear.heard.lock(), ["a2", "a3"], "{kind:?}");
        assert_eq!(waiting(&house).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_never_taken_in_is_parked_until_a_person_says_so() {
    for kind in KINDS {
        let house = stores::open(kind).await.unwrap();
        let (ear, anna) = (Ear::default(), Id::new(START));
        ear.deaf_to.lock().insert("bad".to_owned());
        for key in ["bad", "after"] {
            announce(&house, anna, "thing.made", key).await;
        }
        let bell = opened(&house, &ear);
        for _ in 0..=ATTEMPTS_MAX {
            bell.catch_up().await.unwrap();
            house.clock.advance_seconds(5000);
        }
        assert_eq!(waiting(&house).await, 2);
        assert_eq!(ear.heard.lock().len(), 0);
        ear.deaf_to.lock().clear();
        bell.catch_up().await.unwrap();
        assert_eq!(ear.heard.lock().len(), 0, "parked: those after it wait");
        let now = house.clock.now();
        let parked: Result<Option<i64>, StoreError> = house
            .shard_of(anna)
            .read(|tx| {
                tx.query_opt(sql!("SELECT number FROM outbox_parked"), params![], |row| {
                    row.get(0)
                })
            })
            .await;
        let number = parked.unwrap().unwrap();
        let freed: Result<bool, StoreError> = house
            .shard_of(anna)
            .write(move |tx| rows::unpark(tx, anna, number, now))
            .await;
        assert!(freed.unwrap());
        bell.catch_up().await.unwrap();
        assert_eq!(*ear.heard.lock(), ["bad", "after"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_that_nobody_hears_here_are_left_and_hold_up_nobody_else() {
    let house = stores::sqlite().await.unwrap();
    let (ear, anna) = (Ear::default(), Id::new(START));
    for _ in 0..250 {
        announce(&house, Id::new(START), "other.thing", "unknown").await;
    }
    announce(&house, anna, "thing.made", "known").await;
    announce(&house, anna, "other.thing", "unknown").await;
    announce(&house, anna, "thing.made", "behind").await;
    opened(&house, &ear).catch_up().await.unwrap();
    assert_eq!(*ear.heard.lock(), ["known"]);
    assert_eq!(waiting(&house).await, 252);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_many_hears_the_changes_of_many_owners_at_once_and_each_owners_in_order() {
    for kind in KINDS {
        let house = stores::open(kind).await.unwrap();
        let wide = WideEar::default();
        let owners: Vec<Id> = neighbours().take(4).collect();
        for (owner, keys) in owners
            .iter()
            .zip([["a1", "a2"], ["b1", "b2"], ["c1", "c2"], ["d1", "d2"]])
        {
            for key in keys {
                announce(&house, *owner, "thing.made", key).await;
            }
        }
        announce(&house, owners[0], "other.thing", "a3").await;
        announce(&house, owners[0], "thing.made", "a4").await;
        let bell = Bell::new(house.store.clone(), house.clock.clone())
            .hear("thing.made", wide.clone())
            .hear("other.thing", wide.ear.clone());
        bell.catch_up().await.unwrap();
        let together = wide.together.lock().clone();
        assert!(together.iter().all(|keys| keys.len() <= 3), "{together:?}");
        assert!(together.iter().any(|keys| keys.len() == 3), "{together:?}");
        let heard = wide.ear.heard.lock().clone();
        for (owner, expected) in [
            ("a", vec!["a1", "a2", "a3", "a4"]),
            ("b", vec!["b1", "b2"]),
            ("c", vec!["c1", "c2"]),
            ("d", vec!["d1", "d2"]),
        ] {
            let theirs: Vec<&String> = heard.iter().filter(|key| key.starts_with(owner)).collect();
            assert_eq!(theirs, expected, "{kind:?}");
        }
        assert_eq!(heard.len(), 10, "each once");
        assert_eq!(waiting(&house).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_batch_that_fails_only_the_change_that_fails_alone_is_put_off_and_parked() {
    for kind in [Kind::Sqlite, Kind::OnePostgres] {
        let house = stores::open(kind).await.unwrap();
        let wide = WideEar::default();
        wide.ear.deaf_to.lock().insert("a2".to_owned());
        let owners: Vec<Id> = neighbours().take(2).collect();
        for key in ["a1", "a2", "a3"] {
            announce(&house, owners[0], "thing.made", key).await;
        }
        announce(&house, owners[1], "thing.made", "b1").await;
        let bell = Bell::new(house.store.clone(), house.clock.clone()).hear("thing.made", wide.clone());
        bell.catch_up().await.unwrap();
        let mut heard = wide.ear.heard.lock().clone();
        heard.sort();
        assert_eq!(heard, ["a1", "b1"], "{kind:?}");
        assert_eq!(waiting(&house).await, 2);
        for _ in 0..ATTEMPTS_MAX {
            house.clock.advance_seconds(5000);
            bell.catch_up().await.unwrap();
        }
        wide.ear.deaf_to.lock().clear();
        house.clock.advance_seconds(5000);
        bell.catch_up().await.unwrap();
        assert_eq!(wide.ear.heard.lock().len(), 2, "a2 is parked, and a3 waits");
        announce(&house, owners[1], "thing.made", "b2").await;
        bell.catch_up().await.unwrap();
        assert!(wide.ear.heard.lock().contains(&"b2".to_owned()));
    }
}
