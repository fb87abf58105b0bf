//! Decisions 5, 6 and 7, as far as both engines share them: whole or not at all, again when it must be, and the answer
//! after the commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use kernel::Id;
use store::{Store, StoreError, Tx, params, sql};
use testkit::stores::TestStore;
use tokio::task::JoinSet;

use super::{on_every_kind, owner, owner_near, save, save_one, stored, thing, things};

on_every_kind!(
    what_a_body_refuses_is_undone,
    after_the_first_failed_statement_no_more_run,
    a_swallowed_failure_cannot_be_kept,
    a_unique_violation_names_the_constraint,
    a_panicking_body_is_undone_and_harms_nobody,
    no_update_is_lost,
    two_that_read_each_others_rows_do_not_both_win,
    the_body_may_run_twice_and_counts_once,
    an_answer_means_that_others_can_see_it,
    a_reader_sees_one_snapshot,
    a_reader_changes_nothing,
    rows_live_with_their_owner,
    every_server_is_read,
    many_owners_are_read_in_their_order,
    a_closed_store_takes_no_more,
    a_store_is_ready,
);

async fn what_a_body_refuses_is_undone(house: TestStore) {
    #[derive(Debug, PartialEq)]
    enum Refusal {
        TooMany,
        Store,
    }
    impl From<StoreError> for Refusal {
        fn from(_: StoreError) -> Refusal {
            Refusal::Store
        }
    }
    let owner = owner();
    let shard = house.store.shard_of(owner);
    let answer: Result<(), Refusal> = shard
        .write(move |tx| {
            save(tx, owner, &thing(1))?;
            Err(Refusal::TooMany)
        })
        .await;
    assert_eq!(answer, Err(Refusal::TooMany));
    assert_eq!(stored(&shard, owner).await, []);
}

async fn after_the_first_failed_statement_no_more_run(house: TestStore) {
    let owner = owner();
    save_one(&house.store, owner, thing(1)).await.unwrap();
    let shard = house.store.shard_of(owner);
    let answer: Result<(), StoreError> = shard
        .write(move |tx| {
            assert!(matches!(
                save(tx, owner, &thing(1)),
                Err(StoreError::Conflict { .. })
            ));
            assert!(matches!(save(tx, owner, &thing(2)), Err(StoreError::Spent)));
            things(tx, owner).map(|_| ())
        })
        .await;
    assert!(matches!(answer, Err(StoreError::Spent)), "{answer:?}");
    assert_eq!(stored(&shard, owner).await, [thing(1)]);
}

async fn a_swallowed_failure_cannot_be_kept(house: TestStore) {
    let owner = owner();
    save_one(&house.store, owner, thing(1)).await.unwrap();
    let shard = house.store.shard_of(owner);
    let answer: Result<(), StoreError> = shard
        .write(move |tx| {
            save(tx, owner, &thing(2))?;
            let _ = save(tx, owner, &thing(1));
            Ok(())
        })
        .await;
    assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{answer:?}");
    assert_eq!(stored(&shard, owner).await, [thing(1)]);
}

async fn a_unique_violation_names_the_constraint(house: TestStore) {
    let owner = owner();
    let mut first = thing(1);
    first.body = Some(b"body".to_vec());
    save_one(&house.store, owner, first.clone()).await.unwrap();
    let mut same_number = thing(2);
    same_number.number = 1;
    let mut same_name = thing(2);
    same_name.name.clone_from(&first.name);
    let mut same_body = thing(2);
    same_body.body.clone_from(&first.body);
    for (thing, expected) in [
        (same_number, "things_pkey"),
        (same_name, "things_owner_name_key"),
        (same_body, "things_body"),
    ] {
        match save_one(&house.store, owner, thing).await {
            Err(StoreError::Conflict { constraint }) => assert_eq!(constraint, expected),
            other => panic!("expected a conflict over {expected}, got {other:?}"),
        }
    }
}

async fn a_panicking_body_is_undone_and_harms_nobody(house: TestStore) {
    let owner = owner();
    let shard = house.store.shard_of(owner);
    let mut others = JoinSet::new();
    for number in 10..30 {
        let store = house.store.clone();
        others.spawn(async move { save_one(&store, owner, thing(number)).await });
    }
    let answer: Result<(), StoreError> = shard
        .write(move |tx| {
            save(tx, owner, &thing(1))?;
            panic!("as a test of panics")
        })
        .await;
    let said = answer.unwrap_err().to_string();
    assert!(said.contains("as a test of panics"), "{said}");
    let read: Result<(), StoreError> = shard.read(|_| panic!("as a test of panics")).await;
    assert!(read.is_err());
    while let Some(done) = others.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(
        stored(&shard, owner).await,
        (10..30).map(thing).collect::<Vec<_>>()
    );
}

fn count_up(tx: &mut Tx<'_>, owner: Id) -> Result<i64, StoreError> {
    let count: i64 = tx.query_one(
        sql!("SELECT CAST(name AS BIGINT) FROM things WHERE vshard = $1 AND owner = $2"),
        params![owner.virtual_shard(), owner],
        |row| row.get(0),
    )?;
    tx.execute(
        sql!("UPDATE things SET name = $3 WHERE vshard = $1 AND owner = $2"),
        params![owner.virtual_shard(), owner, (count + 1).to_string()],
    )?;
    Ok(count + 1)
}

async fn counter(store: &Store) -> Id {
    let owner = owner();
    let mut counter = thing(0);
    counter.name = Some("0".to_owned());
    save_one(store, owner, counter).await.unwrap();
    owner
}

async fn no_update_is_lost(house: TestStore) {
    let owner = counter(&house.store).await;
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let shard = house.store.shard_of(owner);
        callers.spawn(async move {
            for _ in 0..10 {
                while let Err(error) = shard.write(move |tx| count_up(tx, owner)).await {
                    assert!(matches!(error, StoreError::Busy), "{error}");
                }
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    assert_eq!(
        stored(&house.store.shard_of(owner), owner).await[0]
            .name
            .as_deref(),
        Some("80")
    );
}

/// At least one of two must stay on call. READ COMMITTED and snapshots let both go.
async fn two_that_read_each_others_rows_do_not_both_win(house: TestStore) {
    for _ in 0..10 {
        let owner = owner();
        save_one(&house.store, owner, thing(1)).await.unwrap();
        save_one(&house.store, owner, thing(2)).await.unwrap();
        let mut callers = JoinSet::new();
        for leaver in [1i64, 2] {
            let shard = house.store.shard_of(owner);
            callers.spawn(async move { shard.write(move |tx| leave(tx, owner, leaver)).await });
        }
        while let Some(done) = callers.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(stored(&house.store.shard_of(owner), owner).await.len(), 1);
    }
}

fn leave(tx: &mut Tx<'_>, owner: Id, leaver: i64) -> Result<(), StoreError> {
    if things(tx, owner)?.len() > 1 {
        tx.execute(
            sql!("DELETE FROM things WHERE vshard = $1 AND owner = $2 AND number = $3"),
            params![owner.virtual_shard(), owner, leaver],
        )?;
    }
    Ok(())
}

/// Whatever wraps the error of a statement, "run me again" is not lost; and only the last run counts.
async fn the_body_may_run_twice_and_counts_once(house: TestStore) {
    struct Wrapped(String);
    impl From<StoreError> for Wrapped {
        fn from(error: StoreError) -> Wrapped {
            Wrapped(error.to_string())
        }
    }
    let owner = counter(&house.store).await;
    let runs = Arc::new(AtomicU32::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let (shard, runs) = (house.store.shard_of(owner), Arc::clone(&runs));
        callers.spawn(async move {
            shard
                .write(move |tx| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    count_up(tx, owner).map_err(|error| Wrapped(format!("wrapped: {error}")))
                })
                .await
                .map_err(|wrapped| wrapped.0)
        });
    }
    let mut answers = Vec::new();
    while let Some(done) = callers.join_next().await {
        answers.push(done.unwrap().unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, (1..=8).collect::<Vec<i64>>());
    assert!(runs.load(Ordering::SeqCst) >= 8);
}

/// Another store on the same ground stands for a reader after a crash: it sees only what was committed.
async fn an_answer_means_that_others_can_see_it(house: TestStore) {
    let other = house.another().await.unwrap();
    let mut callers = JoinSet::new();
    for number in 0..40 {
        let (store, other) = (house.store.clone(), other.clone());
        callers.spawn(async move {
            let owner = owner();
            save_one(&store, owner, thing(number)).await.unwrap();
            assert_eq!(stored(&other.shard_of(owner), owner).await, [thing(number)]);
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
}

async fn a_reader_sees_one_snapshot(house: TestStore) {
    let owner = owner();
    let shard = house.store.shard_of(owner);
    let other = Other(house.store.clone(), tokio::runtime::Handle::current());
    let answer: Result<_, StoreError> = shard
        .read(move |tx| {
            let before = things(tx, owner)?.len();
            other.save_meanwhile(owner, 1)?;
            Ok((before, things(tx, owner)?.len()))
        })
        .await;
    assert_eq!(answer.unwrap(), (0, 0));
    assert_eq!(stored(&shard, owner).await, [thing(1)]);
}

/// Somebody else who writes while a body runs: a thread of its own, because a body never awaits.
struct Other(Store, tokio::runtime::Handle);

impl Other {
    fn save_meanwhile(&self, owner: Id, number: i64) -> Result<(), StoreError> {
        let (store, runtime) = (self.0.clone(), self.1.clone());
        std::thread::spawn(move || runtime.block_on(save_one(&store, owner, thing(number))))
            .join()
            .unwrap()
    }
}

async fn a_reader_changes_nothing(house: TestStore) {
    let owner = owner();
    let shard = house.store.shard_of(owner);
    let answer = shard.read(move |tx| save(tx, owner, &thing(1))).await;
    assert!(matches!(answer, Err(StoreError::Broken(_))), "{answer:?}");
    assert_eq!(stored(&shard, owner).await, []);
}

async fn rows_live_with_their_owner(house: TestStore) {
    let (low, high) = (owner_near(0), owner_near(4095));
    save_one(&house.store, low, thing(1)).await.unwrap();
    save_one(&house.store, high, thing(2)).await.unwrap();
    assert_eq!(stored(&house.store.shard_of(low), low).await, [thing(1)]);
    assert_eq!(stored(&house.store.shard_of(high), high).await, [thing(2)]);
    for database in &house.databases {
        let counted = database
            .query("SELECT CAST(count(*) AS TEXT) FROM things")
            .unwrap();
        let expected = 2 / house.databases.len();
        assert_eq!(counted, [expected.to_string()]);
    }
}

async fn every_server_is_read(house: TestStore) {
    save_one(&house.store, owner_near(0), thing(1)).await.unwrap();
    save_one(&house.store, owner_near(4095), thing(2)).await.unwrap();
    let counts: Result<Vec<i64>, StoreError> = house
        .store
        .read_each(|tx| tx.query_one(sql!("SELECT count(*) FROM things"), params![], |row| row.get(0)))
        .await;
    assert_eq!(counts.unwrap().iter().sum::<i64>(), 2);
}

async fn many_owners_are_read_in_their_order(house: TestStore) {
    let owners: Vec<Id> = (0..100).map(|at| owner_near(at * 40)).collect();
    for (at, owner) in (0..).zip(&owners) {
        save_one(&house.store, *owner, thing(at)).await.unwrap();
    }
    let asked: Vec<Id> = owners.iter().rev().copied().collect();
    let found = house
        .store
        .read_of_many(asked, |owner| *owner, |tx, owner| things(tx, *owner));
    let expected: Vec<_> = (0..100).rev().map(|at| vec![thing(at)]).collect();
    assert_eq!(found.await.unwrap(), expected);

    let nobody = house
        .store
        .read_of_many(Vec::new(), |owner| *owner, |tx, owner| things(tx, *owner));
    assert_eq!(nobody.await.unwrap(), Vec::<Vec<_>>::new());
    let refused = house.store.read_of_many(
        owners,
        |owner| *owner,
        |tx, _| tx.query_one(sql!("SELECT 1 WHERE 1 = 0"), params![], |row| row.get::<i64>(0)),
    );
    assert!(refused.await.is_err());
}

async fn a_closed_store_takes_no_more(house: TestStore) {
    let owner = owner();
    save_one(&house.store, owner, thing(1)).await.unwrap();
    house.store.close().await;
    let answer = save_one(&house.store, owner, thing(2)).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable { .. })),
        "{answer:?}"
    );
    let again = house.another().await.unwrap();
    assert_eq!(stored(&again.shard_of(owner), owner).await, [thing(1)]);
}

async fn a_store_is_ready(house: TestStore) {
    let healths = house.store.ready().await;
    assert_eq!(healths.len(), house.databases.len().max(1));
    assert!(
        healths.iter().all(|health| health.problem.is_none()),
        "{healths:?}"
    );
}
