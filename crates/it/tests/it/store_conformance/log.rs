//! The log that every process follows: what was committed is read once by each, and nothing else.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use kernel::Id;
use store::crash::Points;
use store::log::{self, Arrival, Follower, Unread};
use store::{Shard, Store, StoreError, Tx, params, sql};
use testkit::stores::{self, Ground, TestStore};

use super::{on_every_kind, owner, owner_near, save, thing};

on_every_kind!(
    what_is_told_is_read_once_and_in_order_by_everybody_who_follows,
    what_is_rolled_back_was_never_told,
    a_transaction_that_tells_the_same_often_tells_it_once,
    eight_writers_who_end_in_any_order_are_read_exactly_once,
    whoever_fell_behind_is_told_so_and_nobody_else,
    a_log_that_began_anew_is_not_mistaken_for_the_old_one,
    whoever_waits_for_the_log_is_woken_by_this_process,
);

const THINGS: i64 = 7;
const OTHER: i64 = 8;
/// On a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn followers(store: &Store) -> Vec<Follower> {
    Follower::from_now(store, &[THINGS]).await.unwrap()
}

async fn tell(shard: &Shard, key: &'static str) {
    let told: Result<(), StoreError> = shard.write(move |tx| log::tell(tx, THINGS, key.as_bytes())).await;
    told.unwrap();
}

/// What is new on one server, in pages of `count_max`.
async fn news(follower: &mut Follower, count_max: u16) -> Vec<String> {
    let mut keys = Vec::new();
    loop {
        let page = follower.read(count_max).await.unwrap();
        assert!(page.entries.len() <= usize::from(count_max));
        keys.extend(
            page.entries
                .into_iter()
                .map(|entry| String::from_utf8(entry.key).unwrap()),
        );
        if page.caught_up {
            return keys;
        }
    }
}

async fn all_news(followers: &mut [Follower]) -> Vec<Vec<String>> {
    let mut each = Vec::new();
    for follower in followers {
        each.push(news(follower, 2).await);
    }
    each
}

/// Everything goes on when this is opened.
#[derive(Clone, Default)]
struct Door(Arc<(Mutex<bool>, Condvar)>);

impl Door {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let shut = self.0.0.lock().unwrap();
        let waited = self.0.1.wait_timeout_while(shut, PATIENCE, |open| !*open);
        assert!(!waited.unwrap().1.timed_out());
    }
}

/// A transaction that tells `key` and is held open, until the answered door is opened.
async fn held_open(
    shard: Shard,
    key: &'static str,
) -> (Door, tokio::task::JoinHandle<Result<(), StoreError>>) {
    let (door, begun) = (Door::default(), Door::default());
    let (theirs, told) = (door.clone(), begun.clone());
    let writing = tokio::spawn(async move {
        shard
            .write(move |tx| {
                log::tell(tx, THINGS, key.as_bytes())?;
                told.open();
                theirs.pass();
                Ok(())
            })
            .await
    });
    tokio::task::spawn_blocking(move || begun.pass()).await.unwrap();
    (door, writing)
}

async fn what_is_told_is_read_once_and_in_order_by_everybody_who_follows(house: TestStore) {
    let (low, high) = (owner_near(0), owner_near(4095));
    tell(&house.shard_of(low), "before").await;
    let (mut one, mut two) = (
        followers(&house).await,
        followers(&house.another().await.unwrap()).await,
    );
    for key in ["a", "b", "c"] {
        tell(&house.shard_of(low), key).await;
    }
    tell(&house.shard_of(high), "d").await;
    tell(&house.everywhere()[0], "e").await;
    let everywhere: Result<(), StoreError> = house
        .write_everywhere(|tx| {
            log::tell(tx, THINGS, b"f")?;
            log::tell(tx, OTHER, b"not followed")
        })
        .await;
    everywhere.unwrap();
    let expected: Vec<Vec<&str>> = if house.databases.len() == 2 {
        vec![vec!["a", "b", "c", "e", "f"], vec!["d", "f"]]
    } else {
        vec![vec!["a", "b", "c", "d", "e", "f"]]
    };
    assert_eq!(all_news(&mut one).await, expected);
    assert_eq!(all_news(&mut two).await, expected);
    assert!(all_news(&mut one).await.iter().all(Vec::is_empty));
    tell(&house.shard_of(low), "a").await;
    assert_eq!(news(&mut one[0], 9).await, ["a"], "it changed again");
    let refused: Result<(), StoreError> = house.shard_of(low).write(|tx| log::tell(tx, -1, b"")).await;
    assert!(refused.is_err(), "negative topics are the store's own");
}

async fn what_is_rolled_back_was_never_told(house: TestStore) {
    let owner = owner_near(0);
    let mut followers = followers(&house).await;
    let refused: Result<(), StoreError> = house
        .shard_of(owner)
        .write(|tx| {
            log::tell(tx, THINGS, b"never")?;
            Err(StoreError::broken("on second thoughts"))
        })
        .await;
    assert!(refused.is_err());
    tell(&house.shard_of(owner), "told").await;
    assert_eq!(news(&mut followers[0], 2).await, ["told"]);
}

async fn a_transaction_that_tells_the_same_often_tells_it_once(house: TestStore) {
    let mut followers = followers(&house).await;
    let told: Result<(), StoreError> = house
        .shard_of(owner_near(0))
        .write(|tx| {
            for key in ["b", "a", "b", "a", "c"] {
                log::tell(tx, THINGS, key.as_bytes())?;
            }
            Ok(())
        })
        .await;
    told.unwrap();
    let first = followers[0].read(2).await.unwrap();
    assert!(!first.caught_up, "a page may end in the middle of a transaction");
    let second = followers[0].read(2).await.unwrap();
    assert!(second.caught_up);
    let entries = [first.entries, second.entries].concat();
    let keys: Vec<&[u8]> = entries.iter().map(|entry| &*entry.key).collect();
    assert_eq!(keys, [b"a", b"b", b"c"]);
    assert!(entries.iter().all(|entry| entry.turn == entries[0].turn));
}

async fn eight_writers_who_end_in_any_order_are_read_exactly_once(house: TestStore) {
    const WRITERS: u8 = 8;
    const ROUNDS: u8 = 25;
    let mut followers = followers(&house).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = house.store.clone();
        writers.spawn(async move {
            for round in 0..ROUNDS {
                let (owner, pause) = (
                    owner(),
                    Duration::from_millis(u64::from((writer * 7 + round) % 5)),
                );
                let done: Result<(), StoreError> = store
                    .shard_of(owner)
                    .write(move |tx| {
                        log::tell(tx, THINGS, &[writer, round, 1])?;
                        std::thread::sleep(pause);
                        save(tx, owner, &thing(i64::from(round)))?;
                        log::tell(tx, THINGS, &[writer, round, 2])?;
                        if round % 5 == 0 {
                            return Err(StoreError::broken("on second thoughts"));
                        }
                        Ok(())
                    })
                    .await;
                assert_eq!(done.is_ok(), round % 5 != 0, "{done:?}");
            }
        });
    }
    let (mut read, mut all_written) = (Vec::new(), false);
    loop {
        let was_all_written = all_written;
        for follower in &mut followers {
            let page = follower.read(3).await.unwrap();
            read.extend(page.entries.into_iter().map(|entry| entry.key));
        }
        all_written = all_written
            || writers.try_join_next().is_some_and(|done| {
                done.unwrap();
                writers.is_empty()
            });
        if was_all_written {
            break;
        }
    }
    for follower in &mut followers {
        while let page = follower.read(100).await.unwrap()
            && !(page.entries.is_empty() && page.caught_up)
        {
            read.extend(page.entries.into_iter().map(|entry| entry.key));
        }
    }
    let told = (0..WRITERS).flat_map(|writer| {
        let rounds = (0..ROUNDS).filter(|round| round % 5 != 0);
        rounds.flat_map(move |round| [1, 2].map(|part| vec![writer, round, part]))
    });
    let told: BTreeSet<Vec<u8>> = told.collect();
    assert_eq!(read.len(), told.len(), "nothing twice");
    assert_eq!(read.into_iter().collect::<BTreeSet<_>>(), told);
}

async fn whoever_fell_behind_is_told_so_and_nobody_else(house: TestStore) {
    let shard = house.shard_of(owner_near(0));
    let (mut asleep, mut awake) = (
        followers(&house).await.remove(0),
        followers(&house).await.remove(0),
    );
    let many: Result<(), StoreError> = shard
        .write(|tx| (0..1500_u16).try_for_each(|number| log::tell(tx, THINGS, &number.to_be_bytes())))
        .await;
    many.unwrap();
    tell(&shard, "more").await;
    house.trim_log().await.unwrap();
    assert_eq!(kept(&house).await, 1501, "they are young");
    let half = awake.read(1000).await.unwrap();
    assert!(!half.caught_up);
    let rest = awake.read(1000).await.unwrap();
    assert_eq!((rest.entries.len(), rest.caught_up), (501, true));
    // Other tests' transactions on this server may be older than ours, and hold trimming up for a while.
    let deadline = Instant::now() + PATIENCE;
    while kept(&house).await > 0 {
        assert!(Instant::now() < deadline);
        house.clock.advance_seconds(16 * 60);
        house.trim_log().await.unwrap();
        assert!(news(&mut awake, 10).await.is_empty(), "it had read what went");
    }
    assert!(matches!(asleep.read(10).await, Err(Unread::Lost)));
    assert!(matches!(asleep.read(10).await, Err(Unread::Lost)), "and stays so");
    tell(&shard, "young").await;
    house.trim_log().await.unwrap();
    house.clock.advance_seconds(14 * 60);
    house.trim_log().await.unwrap();
    assert_eq!(kept(&house).await, 1);
    assert_eq!(news(&mut awake, 10).await, ["young"]);
}

async fn kept(house: &TestStore) -> i64 {
    let shard = house.everywhere().remove(0);
    let count: Result<i64, StoreError> = shard
        .read(|tx| {
            tx.query_one(sql!("SELECT count(*) FROM log_entries"), params![], |row| {
                row.get(0)
            })
        })
        .await;
    count.unwrap()
}

async fn a_log_that_began_anew_is_not_mistaken_for_the_old_one(house: TestStore) {
    let shard = house.shard_of(owner_near(0));
    let mut follower = followers(&house).await.remove(0);
    tell(&shard, "before").await;
    assert_eq!(news(&mut follower, 10).await, ["before"]);
    match house.databases.first() {
        // The same tables by name, as from a dump.
        Some(database) => {
            database
                .execute("ALTER TABLE log_entries RENAME TO old; CREATE TABLE log_entries (LIKE old INCLUDING ALL)")
                .unwrap();
            database
                .execute(
                    "INSERT INTO log_entries SELECT turn + 4000000000000, topic, entry_key, told_at FROM old",
                )
                .unwrap();
        }
        // An older copy of the file.
        None => {
            let back: Result<u64, StoreError> = shard
                .write(|tx| {
                    tx.execute(sql!("DELETE FROM log_entries"), params![])?;
                    tx.execute(sql!("UPDATE log_ends SET last_turn = 0"), params![])
                })
                .await;
            back.unwrap();
        }
    }
    assert!(matches!(follower.read(10).await, Err(Unread::Lost)));
    let mut follower = followers(&house).await.remove(0);
    tell(&shard, "after").await;
    assert_eq!(
        news(&mut follower, 10).await,
        ["after"],
        "what another cluster numbered is no news here"
    );
}

async fn whoever_waits_for_the_log_is_woken_by_this_process(house: TestStore) {
    let mut follower = followers(&house).await.remove(0);
    let reader = tokio::spawn(async move {
        loop {
            follower.wait().await;
            let keys = news(&mut follower, 10).await;
            if !keys.is_empty() {
                return keys;
            }
        }
    });
    tell(&house.shard_of(owner_near(0)), "news").await;
    let keys = tokio::time::timeout(PATIENCE, reader).await.unwrap().unwrap();
    assert_eq!(keys, ["news"]);
}

/// On PostgreSQL transactions end in any order; a file has one writer.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_transaction_is_read_when_it_ends_and_holds_up_nobody_else() {
    let house = stores::one_postgres().await.unwrap();
    let shard = house.everywhere().remove(0);
    let mut before = followers(&house).await.remove(0);
    let (first_door, first) = held_open(shard.clone(), "first").await;
    // Whoever loads now does not see what is not committed, and must hear of it later.
    let mut during = followers(&house).await.remove(0);
    tell(&shard, "quick").await;
    let (second_door, second) = held_open(shard.clone(), "second").await;
    tell(&shard, "quicker").await;
    for follower in [&mut before, &mut during] {
        assert_eq!(news(follower, 1).await, ["quick", "quicker"]);
    }
    second_door.open();
    second.await.unwrap().unwrap();
    let mut late = followers(&house).await.remove(0);
    for follower in [&mut before, &mut during] {
        assert_eq!(news(follower, 1).await, ["second"]);
    }
    // What is told late, however late, is there for all who look.
    house.trim_log().await.unwrap();
    house.clock.advance_seconds(60 * 60);
    house.trim_log().await.unwrap();
    tell(&shard, "last").await;
    first_door.open();
    first.await.unwrap().unwrap();
    for follower in [&mut before, &mut during, &mut late] {
        let mut keys = news(follower, 1).await;
        keys.sort();
        assert_eq!(keys, ["first", "last"]);
        assert!(news(follower, 1).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_voted_for_is_read_on_each_server_when_it_is_there() {
    let house = stores::two_postgres().await.unwrap();
    let mut followers = followers(&house).await;
    let (door, voted) = (Door::default(), Door::default());
    let (theirs, seen) = (door.clone(), voted.clone());
    let points = Points::visited_by(move |passed| {
        if passed == "two_phase.prepared_all" {
            seen.open();
            theirs.pass();
        }
    });
    let slow = Store::open_visited(house.config.clone(), house.clock.clone(), points)
        .await
        .unwrap();
    let changing = tokio::spawn(async move {
        slow.write_everywhere(|tx: &mut Tx<'_>| log::tell(tx, THINGS, b"everywhere"))
            .await
    });
    tokio::task::spawn_blocking(move || voted.pass()).await.unwrap();
    tell(&house.everywhere()[1], "meanwhile").await;
    assert!(news(&mut followers[0], 5).await.is_empty());
    assert_eq!(news(&mut followers[1], 5).await, ["meanwhile"]);
    door.open();
    changing.await.unwrap().unwrap();
    assert_eq!(all_news(&mut followers).await, [["everywhere"], ["everywhere"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_during_a_move_is_read_where_it_was_and_found_where_it_is() {
    let house = super::house(stores::Kind::TwoPostgres).await;
    let owner = moving_owner();
    let mut followers = followers(&house).await;
    let (door, copied) = (Door::default(), Door::default());
    let (theirs, seen) = (door.clone(), copied.clone());
    let points = Points::visited_by(move |passed| {
        if passed == "move.copied" {
            seen.open();
            theirs.pass();
        }
    });
    let mover = Store::open_visited(house.config.clone(), house.clock.clone(), points)
        .await
        .unwrap();
    let range = "0-9".parse().unwrap();
    let moving = tokio::spawn(async move { mover.move_range(range, "two").await });
    tokio::task::spawn_blocking(move || copied.pass()).await.unwrap();
    let change = |number: i64| {
        let shard = house.shard_of(owner);
        async move {
            let done: Result<(), StoreError> = shard
                .write(move |tx| {
                    store::outbox::announce(tx, owner, "changed", &number.to_be_bytes(), b"")?;
                    log::tell(tx, THINGS, owner.as_bytes())
                })
                .await;
            done.unwrap();
        }
    };
    change(1).await;
    door.open();
    moving.await.unwrap().unwrap();
    let page = followers[0].read(9).await.unwrap();
    let told: Vec<&[u8]> = page.entries.iter().map(|entry| &*entry.key).collect();
    assert_eq!(told, [owner.as_bytes()]);
    assert_eq!(
        changes(&house, owner).await,
        1,
        "its rows are found where they are"
    );
    let page = followers[1].read(9).await.unwrap();
    assert_eq!(
        (page.arrived, page.entries.len()),
        (vec![Arrival::Range(range)], 0)
    );
    change(2).await;
    assert!(followers[0].read(9).await.unwrap().entries.is_empty());
    assert_eq!(followers[1].read(9).await.unwrap().entries.len(), 1);
    assert_eq!(changes(&house, owner).await, 2);
}

fn moving_owner() -> Id {
    std::iter::repeat_with(owner)
        .find(|id| id.virtual_shard().number() < 10)
        .unwrap()
}

async fn changes(house: &TestStore, owner: Id) -> i64 {
    let count: Result<i64, StoreError> = house
        .shard_of(owner)
        .read(move |tx| {
            tx.query_one(
                sql!("SELECT count(*) FROM outbox WHERE vshard = $1 AND owner = $2"),
                params![owner.virtual_shard(), owner],
                |row| row.get(0),
            )
        })
        .await;
    count.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_comes_from_the_cold_server_is_told_of() {
    let house = Ground::postgres(2)
        .await
        .unwrap()
        .with_cold()
        .migrate_and_open()
        .await
        .unwrap();
    let owner = owner();
    let shard = house.shard_of(owner);
    let announce = move |tx: &mut Tx<'_>| store::outbox::announce(tx, owner, "imported", b"", b"");
    shard.write_cold(announce).await.unwrap();
    let mut followers = followers(&house).await;
    let acted: Result<(), StoreError> = shard.write(|tx| log::tell(tx, THINGS, b"acted")).await;
    acted.unwrap();
    let page = followers[0].read(9).await.unwrap();
    assert_eq!(
        (page.arrived, page.entries.len()),
        (vec![Arrival::Owner(owner)], 1)
    );
}
