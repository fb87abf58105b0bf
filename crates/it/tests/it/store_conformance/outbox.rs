//! Decision 10: changes are rows beside their data, taken under a lease, forgotten when delivered.

use kernel::{Id, Moment};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use store::lease::{self, Lease, VshardRange};
use store::outbox::{self, Change};
use store::{Shard, StoreError};
use testkit::stores::{START, TestStore};

use super::{on_every_kind, owner, save, stored, thing};

on_every_kind!(
    a_change_is_announced_if_and_only_if_it_was_made,
    whoever_waits_is_woken_after_the_commit,
    the_changes_of_one_owner_keep_their_order,
    a_postponed_change_holds_back_those_after_it,
    what_was_delivered_is_forgotten_once,
    a_lease_is_held_by_one_worker,
    a_lease_that_ended_is_worth_nothing,
    a_lease_can_be_renewed_and_given_back,
    leases_behave_like_their_model,
);

const MINUTE: Moment = START.plus_seconds(60);
const HOUR: Moment = START.plus_seconds(3600);

async fn announce(shard: &Shard, owner: Id, key: &'static str) {
    let answer: Result<(), StoreError> = shard
        .write(move |tx| outbox::announce(tx, owner, "thing.made", key.as_bytes(), b"body"))
        .await;
    answer.unwrap();
}

async fn taken(shard: &Shard, owner: Id, now: Moment) -> Vec<Change> {
    let vshard = owner.virtual_shard();
    let range = VshardRange {
        first: vshard,
        last: vshard,
    };
    let answer: Result<_, StoreError> = shard.read(move |tx| outbox::take(tx, range, now, 100)).await;
    answer.unwrap()
}

async fn keys(shard: &Shard, owner: Id, now: Moment) -> Vec<String> {
    let changes = taken(shard, owner, now).await;
    changes
        .into_iter()
        .map(|change| String::from_utf8(change.key).unwrap())
        .collect()
}

async fn leased(shard: &Shard, worker: &'static str, now: Moment, until: Moment) -> Option<Lease> {
    let answer: Result<_, StoreError> = shard
        .write(move |tx| lease::acquire(tx, "relay", VshardRange::ALL, worker, now, until))
        .await;
    answer.unwrap()
}

async fn a_change_is_announced_if_and_only_if_it_was_made(house: TestStore) {
    let owner = owner();
    let shard = house.store.shard_of(owner);
    let refused: Result<(), StoreError> = shard
        .write(move |tx| {
            save(tx, owner, &thing(1))?;
            outbox::announce(tx, owner, "thing.made", b"1", b"body")?;
            Err(StoreError::broken("on second thoughts"))
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(
        (stored(&shard, owner).await, taken(&shard, owner, HOUR).await),
        (vec![], vec![])
    );
    let made: Result<(), StoreError> = shard
        .write(move |tx| {
            save(tx, owner, &thing(1))?;
            outbox::announce(tx, owner, "thing.made", b"1", b"body")
        })
        .await;
    made.unwrap();
    let changes = taken(&shard, owner, HOUR).await;
    assert_eq!(changes.len(), 1);
    let change = &changes[0];
    assert_eq!(
        (change.owner, &*change.kind, change.attempts),
        (owner, "thing.made", 0)
    );
    assert_eq!((&*change.key, &*change.body), (&b"1"[..], &b"body"[..]));
}

async fn whoever_waits_is_woken_after_the_commit(house: TestStore) {
    let owner = owner();
    let shard = house.store.shard_of(owner);
    let mut announcements = house.store.announcements();
    let relay = {
        let shard = shard.clone();
        tokio::spawn(async move {
            announcements.changed().await.unwrap();
            keys(&shard, owner, HOUR).await
        })
    };
    let silent: Result<(), StoreError> = shard.write(move |tx| save(tx, owner, &thing(1))).await;
    silent.unwrap();
    announce(&shard, owner, "woken").await;
    assert_eq!(relay.await.unwrap(), ["woken"]);
}

/// Even when the clock stands still or goes back between two commits.
async fn the_changes_of_one_owner_keep_their_order(house: TestStore) {
    let owner = owner();
    let shard = house.store.shard_of(owner);
    for (key, seconds) in [("a", 0), ("b", 0), ("c", -30), ("d", 60), ("e", -60)] {
        house.clock.advance_seconds(seconds);
        announce(&shard, owner, key).await;
    }
    assert_eq!(keys(&shard, owner, HOUR).await, ["a", "b", "c", "d", "e"]);
    let first: Result<_, StoreError> = shard
        .read(move |tx| outbox::take(tx, VshardRange::ALL, HOUR, 2))
        .await;
    assert_eq!(first.unwrap().len(), 2, "no more than was asked for");
}

async fn a_postponed_change_holds_back_those_after_it(house: TestStore) {
    let owner = owner();
    let shard = house.store.shard_of(owner);
    announce(&shard, owner, "a").await;
    announce(&shard, owner, "b").await;
    let lease = leased(&shard, "one", START, HOUR).await.unwrap();
    let first = taken(&shard, owner, START).await.remove(0);
    let answer: Result<bool, StoreError> = shard
        .write(move |tx| outbox::postpone(tx, &lease, START, &first, MINUTE))
        .await;
    assert!(answer.unwrap());
    assert_eq!(keys(&shard, owner, START).await, Vec::<String>::new());
    let vshard = owner.virtual_shard();
    let range = VshardRange {
        first: vshard,
        last: vshard,
    };
    let due: Result<_, StoreError> = shard.read(move |tx| outbox::next_due(tx, range)).await;
    assert!(due.unwrap().is_some());
    assert_eq!(keys(&shard, owner, MINUTE).await, ["a", "b"]);
    assert_eq!(taken(&shard, owner, MINUTE).await[0].attempts, 1);
}

async fn what_was_delivered_is_forgotten_once(house: TestStore) {
    let owner = owner();
    let shard = house.store.shard_of(owner);
    announce(&shard, owner, "a").await;
    let slow = leased(&shard, "slow", START, MINUTE).await.unwrap();
    let changes = taken(&shard, owner, START).await;
    let quick = leased(&shard, "quick", MINUTE, HOUR).await.unwrap();
    assert!(quick.fence > slow.fence);
    let (late, mine) = (changes.clone(), changes);
    let answer: Result<bool, StoreError> = shard
        .write(move |tx| outbox::settle(tx, &slow, MINUTE, &late))
        .await;
    assert!(!answer.unwrap(), "the fence holds against a worker that slept");
    assert_eq!(keys(&shard, owner, MINUTE).await, ["a"]);
    let answer: Result<bool, StoreError> = shard
        .write(move |tx| outbox::settle(tx, &quick, MINUTE, &mine))
        .await;
    assert!(answer.unwrap());
    assert_eq!(keys(&shard, owner, HOUR).await, Vec::<String>::new());
}

async fn a_lease_is_held_by_one_worker(house: TestStore) {
    let shard = house.store.shard_of(owner());
    let (one, two) = tokio::join!(
        leased(&shard, "one", START, MINUTE),
        leased(&shard, "two", START, MINUTE)
    );
    assert!(one.is_some() != two.is_some(), "{one:?} {two:?}");
    let next = leased(&shard, "three", MINUTE, HOUR).await.unwrap();
    assert_eq!(next.fence, 2, "at its end it is free, and the fence has grown");
}

async fn a_lease_that_ended_is_worth_nothing(house: TestStore) {
    let shard = house.store.shard_of(owner());
    let lease = leased(&shard, "one", START, MINUTE).await.unwrap();
    let held = |at: Moment| {
        let (shard, lease) = (shard.clone(), lease.clone());
        async move {
            let answer: Result<_, StoreError> = shard.read(move |tx| lease::is_held(tx, &lease, at)).await;
            answer.unwrap()
        }
    };
    assert!(held(START).await);
    assert!(!held(MINUTE).await);
    let answer: Result<_, StoreError> = shard
        .write(move |tx| lease::renew(tx, &lease, MINUTE, HOUR))
        .await;
    assert_eq!(answer.unwrap(), None);
}

async fn a_lease_can_be_renewed_and_given_back(house: TestStore) {
    let shard = house.store.shard_of(owner());
    let lease = leased(&shard, "one", START, MINUTE).await.unwrap();
    let renewed: Result<_, StoreError> = shard.write(move |tx| lease::renew(tx, &lease, START, HOUR)).await;
    let renewed = renewed.unwrap().unwrap();
    assert_eq!((renewed.until, renewed.fence), (HOUR, 1));
    assert_eq!(leased(&shard, "two", MINUTE, HOUR).await, None);
    let given: Result<(), StoreError> = shard.write(move |tx| lease::release(tx, &renewed)).await;
    given.unwrap();
    assert_eq!(leased(&shard, "two", MINUTE, HOUR).await.unwrap().fence, 2);
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Acquire { worker: usize, seconds: i64 },
    Renew { worker: usize, seconds: i64 },
    Release { worker: usize },
    Wait { seconds: i64 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (0..3usize, 1..30i64).prop_map(|(worker, seconds)| Act::Acquire { worker, seconds }),
        (0..3usize, 1..30i64).prop_map(|(worker, seconds)| Act::Renew { worker, seconds }),
        (0..3usize).prop_map(|worker| Act::Release { worker }),
        (0..40i64).prop_map(|seconds| Act::Wait { seconds }),
    ];
    proptest::collection::vec(act, 1..40)
}

/// Whatever three workers do, at most one of them holds the lease, and the fence grows with each change of hands.
async fn leases_behave_like_their_model(house: TestStore) {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..6 {
        let acts = acts().new_tree(&mut runner).unwrap().current();
        let shard = house.store.shard_of(owner());
        let free: Result<u64, StoreError> = shard
            .write(|tx| tx.execute(store::sql!("DELETE FROM leases"), store::params![]))
            .await;
        free.unwrap();
        play(&shard, &acts).await;
    }
}

async fn play(shard: &Shard, acts: &[Act]) {
    const WORKERS: [&str; 3] = ["one", "two", "three"];
    let (mut now, mut fence, mut holder) = (START, 0, None::<(usize, Moment)>);
    let mut leases: [Option<Lease>; 3] = [None, None, None];
    for act in acts {
        match *act {
            Act::Wait { seconds } => now = now.plus_seconds(seconds),
            Act::Acquire { worker, seconds } => {
                let until = now.plus_seconds(seconds);
                let lease = leased(shard, WORKERS[worker], now, until).await;
                let free = holder.is_none_or(|(_, end)| end <= now);
                assert_eq!(lease.is_some(), free, "{act:?} of {acts:?}");
                if let Some(lease) = lease {
                    assert!(lease.fence > fence);
                    (fence, holder) = (lease.fence, Some((worker, until)));
                    leases[worker] = Some(lease);
                }
            }
            Act::Renew { worker, seconds } => {
                let Some(lease) = leases[worker].clone() else {
                    continue;
                };
                let until = now.plus_seconds(seconds);
                let mine =
                    holder.is_some_and(|(who, end)| who == worker && end > now) && lease.fence == fence;
                let answer: Result<_, StoreError> =
                    shard.write(move |tx| lease::renew(tx, &lease, now, until)).await;
                let renewed = answer.unwrap();
                assert_eq!(renewed.is_some(), mine, "{act:?} of {acts:?}");
                if mine {
                    holder = Some((worker, until));
                    leases[worker] = renewed;
                }
            }
            Act::Release { worker } => {
                let Some(lease) = leases[worker].take() else {
                    continue;
                };
                if holder.is_some_and(|(who, _)| who == worker) && lease.fence == fence {
                    holder = None;
                }
                let answer: Result<(), StoreError> = shard.write(move |tx| lease::release(tx, &lease)).await;
                answer.unwrap();
            }
        }
    }
}
