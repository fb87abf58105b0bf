//! Ranges change their server while they are being used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kernel::Id;
use store::crash::Points;
use store::{MoveError, ShardState, Store, StoreError, VshardRange, lease, outbox};
use testkit::stores;
use tokio::sync::Semaphore;

use super::{
    LOWER, add, assert_one_owner, assert_tidy, now, owner_from, owner_in, range, value, values,
    values_on_each,
};

#[tokio::test]
async fn a_moved_range_is_on_its_new_server_with_all_its_rows() {
    let store = stores::two_postgres().await.unwrap();
    let (moving, staying) = (owner_in(range(100, 199)), owner_in(range(200, 300)));
    add(&store, moving).await.unwrap();
    add(&store, staying).await.unwrap();
    assert_eq!(values_on_each(&store, moving).await, [Some(1), None]);

    let report = store.move_range(range(100, 199), "two").await.unwrap();
    assert_eq!((report.shards, report.rows, report.pieces), (100, 1, 1));
    assert_eq!(values_on_each(&store, moving).await, [None, Some(1)]);
    assert_eq!(values_on_each(&store, staying).await, [Some(1), None]);
    assert_eq!(add(&store, moving).await.unwrap(), 2);

    let again = store.move_range(range(100, 199), "two").await.unwrap();
    assert_eq!(again.shards, 0, "what is there already is not moved");
    let infos = store.shards().await.unwrap();
    let told: Vec<_> = infos
        .iter()
        .map(|info| {
            (
                info.range.to_string(),
                info.server.as_str(),
                info.epoch,
                info.state,
                info.rows,
            )
        })
        .collect();
    let here = ShardState::Here;
    let expected = [
        ("0-99".to_owned(), "one", 1, here, 0),
        ("100-199".to_owned(), "two", 2, here, 1),
        ("200-2047".to_owned(), "one", 1, here, 1),
        ("2048-4095".to_owned(), "two", 1, here, 0),
    ];
    assert_eq!(told, expected);
    assert_tidy(&store);
    assert_one_owner(&store);
}

#[tokio::test]
async fn what_cannot_be_moved_says_why() {
    let store = stores::two_postgres().await.unwrap();
    let error = store.move_range(range(0, 5), "three").await.unwrap_err();
    assert!(
        error.to_string().contains("`three`") && error.to_string().contains("one, two"),
        "{error}"
    );
    let file = stores::sqlite().await.unwrap();
    assert!(matches!(
        file.move_range(range(0, 5), "two").await,
        Err(MoveError::OneFile)
    ));
    assert_eq!(file.shards().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_moves_under_writes() {
    let store = stores::two_postgres().await.unwrap();
    let other = store.another().await.unwrap();
    let lower = range(LOWER.0, LOWER.1);
    let owners: Vec<Id> = (0..24).map(|n| owner_from(lower, n)).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for worker in 0..6 {
        // Two programs, one of which never hears of the moves but by missing its rows.
        let writer = if worker % 2 == 0 {
            store.store.clone()
        } else {
            other.clone()
        };
        let (stop, owners) = (Arc::clone(&stop), owners.clone());
        writers.push(tokio::spawn(count_until(writer, stop, owners, worker)));
    }
    for to in ["two", "one", "two"] {
        let report = store.move_range(lower, to).await.unwrap();
        assert!(report.shards == 2048, "{report:?}");
    }
    stop.store(true, Ordering::SeqCst);
    let (mut kept, mut refused) = (vec![0_i64; owners.len()], 0);
    for writer in writers {
        let (counts, failures) = writer.await.unwrap();
        kept.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        refused += failures;
    }
    assert!(
        kept.iter().sum::<i64>() > 100,
        "the writers wrote while it moved: {kept:?}"
    );
    assert_eq!(refused, 0, "a write waits for a fence and follows its rows");
    for (owner, kept) in owners.iter().zip(kept) {
        assert_eq!(
            values_on_each(&store, *owner).await,
            [None, (kept > 0).then_some(kept)]
        );
        assert_eq!(value(&other, *owner).await.unwrap(), (kept > 0).then_some(kept));
    }
    assert_tidy(&store);
    assert_one_owner(&store);
}

/// How often each owner's counter was said to be counted up, and how often that was refused.
async fn count_until(
    store: Store,
    stop: Arc<AtomicBool>,
    owners: Vec<Id>,
    worker: usize,
) -> (Vec<i64>, usize) {
    let (mut counts, mut refused) = (vec![0; owners.len()], 0);
    let mut at = worker;
    while !stop.load(Ordering::SeqCst) {
        at = (at + 1) % owners.len();
        match add(&store, owners[at]).await {
            Ok(_) => counts[at] += 1,
            Err(_) => refused += 1,
        }
    }
    (counts, refused)
}

#[tokio::test]
async fn a_program_with_an_old_map_finds_its_rows() {
    let store = stores::two_postgres().await.unwrap();
    let old = store.another().await.unwrap();
    let owner = owner_in(range(0, 9));
    add(&old, owner).await.unwrap();
    store.move_range(range(0, 9), "two").await.unwrap();
    assert_eq!(value(&old, owner).await.unwrap(), Some(1), "a read follows");
    store.move_range(range(0, 9), "one").await.unwrap();
    assert_eq!(
        add(&old, owner).await.unwrap(),
        2,
        "a write follows, even to the server it left, in a later epoch"
    );
    assert_eq!(values_on_each(&store, owner).await, [Some(2), None]);
}

#[tokio::test]
async fn many_are_read_together_wherever_they_went() {
    let store = stores::two_postgres().await.unwrap();
    let old = store.another().await.unwrap();
    let (stays, goes, unknown) = (
        owner_in(range(10, 4095)),
        owner_in(range(0, 9)),
        owner_from(range(0, 9), 1),
    );
    let asked = [goes, unknown, stays, goes];
    for owner in [stays, goes, goes] {
        add(&old, owner).await.unwrap();
    }
    let expected = [Some(2), None, Some(1), Some(2)];
    assert_eq!(values(&old, &asked).await.unwrap(), expected);
    store.move_range(range(0, 9), "two").await.unwrap();
    assert_eq!(values(&old, &asked).await.unwrap(), expected, "by an old map");
    assert_eq!(values(&store, &asked).await.unwrap(), expected);
}

#[tokio::test]
async fn a_list_over_all_servers_shows_no_row_twice_while_it_is_copied() {
    let store = stores::two_postgres().await.unwrap();
    let owner = owner_in(range(0, 9));
    add(&store, owner).await.unwrap();
    let (copied, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (seen, held) = (Arc::clone(&copied), Arc::clone(&go));
    let points = Points::visited_by(move |passed| {
        if passed == "move.last_pass" {
            seen.add_permits(1);
            let _turn = tokio::runtime::Handle::current().block_on(held.acquire());
        }
    });
    let mover = Store::open_visited(store.config.clone(), store.clock.clone(), points)
        .await
        .unwrap();
    let moving = tokio::spawn(async move { mover.move_range(range(0, 9), "two").await });
    let _copied = copied.acquire().await.unwrap();
    assert_eq!(
        values_on_each(&store, owner).await,
        [Some(1), None],
        "it lies beside the tables until the flip"
    );
    let states: Vec<ShardState> = store
        .shards()
        .await
        .unwrap()
        .iter()
        .map(|info| info.state)
        .collect();
    assert_eq!(states, [ShardState::Fenced, ShardState::Here, ShardState::Here]);
    go.add_permits(1);
    moving.await.unwrap().unwrap();
    assert_eq!(values_on_each(&store, owner).await, [None, Some(1)]);
}

#[tokio::test]
async fn work_that_belongs_to_a_whole_server_is_not_lost_by_a_move() {
    let store = stores::two_postgres().await.unwrap();
    let owner = owner_in(range(0, 9));
    let announced = store.shard_of(owner);
    announced
        .write(move |tx| outbox::announce(tx, owner, "moved", b"key", b"body"))
        .await
        .unwrap();
    // A relay works on all that is due on one server, whatever the owner.
    let relay = store.everywhere().remove(0);
    let mover = store.store.clone();
    let moving = tokio::spawn(async move { mover.move_range(range(0, 9), "two").await });
    let until = now().plus_seconds(60);
    let held: Option<lease::Lease> = relay
        .write(move |tx| lease::acquire(tx, "relay", VshardRange::ALL, "me", now(), until))
        .await
        .unwrap();
    assert!(held.is_some());
    moving.await.unwrap().unwrap();
    let taken = store
        .read_each(move |tx| Ok::<_, StoreError>(outbox::take(tx, VshardRange::ALL, now(), 10)?.len()))
        .await
        .unwrap();
    assert_eq!(taken, [0, 1]);
    assert_tidy(&store);
}
