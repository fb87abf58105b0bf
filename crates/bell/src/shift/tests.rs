//! What a shift promises about leases.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Moment;
use store::{StoreError, params, sql};
use testkit::stores::{self, TestStore};
use tokio::sync::watch;

use super::{Again, Held, LEASE_SECONDS, Shift, Task, Work};

/// Its rounds end when the test says so.
struct Slow {
    rounds: Arc<AtomicU32>,
    may_end: watch::Receiver<bool>,
}

impl Work for Slow {
    fn round<'a>(&'a self, _held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>> {
        let mut may_end = self.may_end.clone();
        self.rounds.fetch_add(1, Ordering::SeqCst);
        async move {
            let _ = may_end.wait_for(|may_end| *may_end).await;
            Ok(Again::WhenWoken)
        }
        .boxed()
    }
}

struct Quick;

impl Work for Quick {
    fn round<'a>(&'a self, _held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>> {
        async { Ok(Again::WhenWoken) }.boxed()
    }
}

/// Who holds how many leases of a task, and until when at least; by name.
async fn holders(house: &TestStore, task: &'static str) -> Vec<(String, i64, Moment)> {
    let shard = house.everywhere().remove(0);
    let held = shard.read(move |tx| {
        tx.query(
            sql!(
                "SELECT owner, count(*), min(held_until) FROM leases WHERE task = $1 AND held_until > 0
                 GROUP BY owner ORDER BY owner LIMIT 10"
            ),
            params![task],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
    });
    let held: Result<_, StoreError> = held.await;
    held.unwrap()
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition().await {
        assert!(Instant::now() < deadline, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_round_that_is_slow_holds_up_no_other_lease() {
    let house = stores::sqlite().await.unwrap();
    let (rounds, (let_end, may_end)) = (Arc::new(AtomicU32::new(0)), watch::channel(false));
    let (shutdown, closing) = watch::channel(false);
    let open = || {
        let slow = Slow {
            rounds: Arc::clone(&rounds),
            may_end: may_end.clone(),
        };
        let tasks = vec![Task::new("slow", slow), Task::new("quick", Quick)];
        Shift::open(&house.store, &house.clock, tasks, closing.clone())
    };
    let first = open();
    until("the first is in four slow rounds", async || {
        rounds.load(Ordering::SeqCst) == 4
    })
    .await;
    let second = open();
    let counts = async |task| {
        let held = holders(&house, task).await;
        held.iter().map(|(_, count, _)| *count).collect::<Vec<i64>>()
    };
    until("the second has its share of the quick ones", async || {
        counts("quick").await == [2, 2]
    })
    .await;
    assert_eq!(counts("slow").await, [4], "held while their rounds go on");
    house.clock.advance_seconds(LEASE_SECONDS / 2);
    let renewed = house.clock.now().plus_seconds(LEASE_SECONDS);
    for task in ["slow", "quick"] {
        until("all leases are renewed", async || {
            let held = holders(&house, task).await;
            held.iter().all(|(_, _, until)| *until >= renewed)
        })
        .await;
    }
    let_end.send_replace(true);
    until("the slow ones are shared, too", async || {
        counts("slow").await == [2, 2]
    })
    .await;
    shutdown.send_replace(true);
    first.ended().await;
    second.ended().await;
    assert_eq!(counts("slow").await, Vec::<i64>::new(), "all is given back");
}
