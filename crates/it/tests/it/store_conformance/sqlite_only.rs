//! Decision 6: what the one writer of the embedded store does beyond what both engines do.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use store::{Store, StoreError, Unavailability, params, sql};
use testkit::stores::{Ground, Kind};

use super::{opened, owner, save, save_one, stored, thing};

async fn with_queue(jobs: usize) -> (Ground, Store) {
    let mut ground = Ground::of(Kind::Sqlite).await.unwrap();
    ground.config.lanes.queue_jobs_max = jobs;
    let store = opened(&ground).await;
    for shard in store.everywhere() {
        shard.write(super::make_things).await.unwrap();
    }
    (ground, store)
}

/// The writer is held inside a body; what does not fit into the queue hears so at once, and readers go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_answers_at_once_and_readers_go_on() {
    let (_ground, store) = with_queue(1).await;
    let owner = owner();
    let shard = store.shard_of(owner);
    let (entered_in, entered) = mpsc::channel();
    let (let_go, hold) = mpsc::channel::<()>();
    let hold = std::sync::Mutex::new(hold);
    let held = {
        let shard = shard.clone();
        tokio::spawn(async move {
            shard
                .write(move |tx| {
                    save(tx, owner, &thing(1))?;
                    entered_in.send(()).unwrap();
                    hold.lock().unwrap().recv().unwrap();
                    Ok::<_, StoreError>(())
                })
                .await
        })
    };
    tokio::task::spawn_blocking(move || entered.recv().unwrap())
        .await
        .unwrap();
    let mut waiting = Box::pin(save_one(&store, owner, thing(2)));
    assert!(futures_poll_once(&mut waiting).await.is_none(), "one may wait");
    let start = Instant::now();
    let refused = save_one(&store, owner, thing(3)).await;
    assert!(start.elapsed() < Duration::from_secs(1));
    match refused {
        Err(StoreError::Unavailable {
            reason,
            retry_after_seconds,
        }) => {
            assert_eq!(reason, Unavailability::QueueFull);
            assert!(retry_after_seconds >= 1);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        stored(&shard, owner).await,
        [],
        "readers see what is committed, and do not wait"
    );
    let_go.send(()).unwrap();
    held.await.unwrap().unwrap();
    waiting.await.unwrap();
    assert_eq!(stored(&shard, owner).await, [thing(1), thing(2)]);
}

async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// `max_page_count` makes a small disk. What does not fit is refused with its reason; what is there stays readable;
/// and when there is room again it goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_has_its_own_answer_and_reads_go_on() {
    let (_ground, store) = with_queue(64).await;
    let owner = owner();
    let shard = store.shard_of(owner);
    save_one(&store, owner, thing(1)).await.unwrap();
    let small: Result<i64, StoreError> = shard
        .write(|tx| tx.query_one(sql!("PRAGMA max_page_count = 40"), params![], |row| row.get(0)))
        .await;
    small.unwrap();
    let mut large = thing(2);
    large.body = Some(vec![7; 1_000_000]);
    match save_one(&store, owner, large.clone()).await {
        Err(StoreError::Unavailable { reason, .. }) => assert_eq!(reason, Unavailability::DiskFull),
        other => panic!("{other:?}"),
    }
    assert_eq!(stored(&shard, owner).await, [thing(1)]);
    assert!(store.ready().await[0].problem.is_none(), "small writes still fit");
    save_one(&store, owner, thing(3)).await.unwrap();
    let roomy: Result<i64, StoreError> = shard
        .write(|tx| {
            tx.query_one(sql!("PRAGMA max_page_count = 100000"), params![], |row| {
                row.get(0)
            })
        })
        .await;
    roomy.unwrap();
    save_one(&store, owner, large.clone()).await.unwrap();
    assert_eq!(stored(&shard, owner).await, [thing(1), large, thing(3)]);
}

/// Whoever goes away before its turn costs nothing; whoever goes away later loses only the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_went_away_harms_nobody() {
    let (_ground, store) = with_queue(64).await;
    let owner = owner();
    for number in 0..20 {
        let mut call = Box::pin(save_one(&store, owner, thing(number)));
        let _ = futures_poll_once(&mut call).await;
        drop(call);
    }
    save_one(&store, owner, thing(100)).await.unwrap();
    let kept = stored(&store.shard_of(owner), owner).await;
    assert_eq!(kept.last(), Some(&thing(100)));
}
