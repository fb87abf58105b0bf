//! What the bell promises, on every kind of store, with a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kernel::{Id, Moment};
use store::{Shard, StoreError, Tx, params, sql};
use testkit::stores::{self, KINDS, START, TestStore};
use tokio::sync::watch;

use crate::{Bell, Duty, Failed, Kind, Rung, Scope, Timer, Twins, cancel, due, set};

static NOTED: Kind = Kind::new(9001, "test.noted");
static FUSSY: Kind = Kind::new(9002, "test.fussy").attempts(3);
static BRIEF: Kind = Kind::new(9003, "test.brief").wanted_for(Duration::from_secs(60));
static AGAIN: Kind = Kind::new(9004, "test.again");

/// On a table of these tests, so that they are no statements of the program.
const LEAVE: &str = "INSERT INTO rung (owner, timer_key, at, asked) VALUES ($1, $2, $3, $4)";
const LEFT: &str = "SELECT timer_key FROM rung ORDER BY at, asked LIMIT 100000";

/// What handlers leave behind: a row of their own for each time they were rung.
async fn house(kind: stores::Kind) -> TestStore {
    let house = stores::open(kind).await.unwrap();
    for shard in house.everywhere() {
        let made: Result<u64, StoreError> = shard
            .write(|tx| {
                tx.execute(
                    sql!("CREATE TABLE rung (owner BYTEA NOT NULL, timer_key BYTEA NOT NULL, at BIGINT NOT NULL, asked BIGINT NOT NULL)"),
                    params![],
                )
            })
            .await;
        made.unwrap();
    }
    house
}

fn note(tx: &mut Tx<'_>, rung: &Rung<'_>) -> Result<(), Failed> {
    tx.execute(sql!(LEAVE), params![rung.owner, rung.key, rung.now, rung.due])?;
    Ok(())
}

async fn rung(house: &TestStore) -> Vec<String> {
    let found = house
        .read_each(|tx| tx.query(sql!(LEFT), params![], |row| row.get::<Vec<u8>>(0)))
        .await;
    let found: Vec<Vec<Vec<u8>>> = found.map_err(|error: StoreError| error).unwrap();
    let keys = found.into_iter().flatten();
    keys.map(|key| String::from_utf8(key).unwrap()).collect()
}

async fn set_one(shard: &Shard, owner: Id, kind: &'static Kind, key: &str, due: Moment) {
    let key = key.as_bytes().to_vec();
    let done: Result<(), StoreError> = shard
        .write(move |tx| {
            set(
                tx,
                &Timer {
                    owner,
                    kind,
                    key: &key,
                    note: b"",
                    due,
                },
            )
        })
        .await;
    done.unwrap();
}

async fn due_of(house: &TestStore, owner: Id, kind: &'static Kind, key: &'static str) -> Option<Moment> {
    let found: Result<_, StoreError> = house
        .shard_of(owner)
        .read(move |tx| due(tx, owner, kind, key.as_bytes()))
        .await;
    found.unwrap()
}

fn bell(house: &TestStore) -> Bell {
    Bell::new(house.store.clone(), house.clock.clone()).ring(&NOTED, note)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_rings_at_its_instant_and_once() {
    for kind in KINDS {
        let house = house(kind).await;
        let bell = bell(&house);
        let owner = Id::new(START);
        let shard = house.shard_of(owner);
        set_one(&shard, owner, &NOTED, "soon", START.plus_seconds(10)).await;
        set_one(&shard, owner, &NOTED, "later", START.plus_seconds(60)).await;
        bell.catch_up().await.unwrap();
        assert_eq!(rung(&house).await, Vec::<String>::new());
        house.clock.advance_seconds(10);
        bell.catch_up().await.unwrap();
        bell.catch_up().await.unwrap();
        assert_eq!(rung(&house).await, ["soon"], "{kind:?}");
        assert_eq!(due_of(&house, owner, &NOTED, "soon").await, None);
        assert_eq!(
            due_of(&house, owner, &NOTED, "later").await,
            Some(START.plus_seconds(60))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_can_be_moved_and_taken_back() {
    for kind in KINDS {
        let house = house(kind).await;
        let owner = Id::new(START);
        let shard = house.shard_of(owner);
        for key in ["moved", "cancelled"] {
            set_one(&shard, owner, &NOTED, key, START.plus_seconds(10)).await;
        }
        set_one(&shard, owner, &NOTED, "moved", START.plus_seconds(100)).await;
        let take_back = || {
            let shard = shard.clone();
            async move {
                let gone: Result<bool, StoreError> = shard
                    .write(move |tx| cancel(tx, owner, &NOTED, b"cancelled"))
                    .await;
                gone.unwrap()
            }
        };
        assert!(take_back().await);
        assert!(!take_back().await);
        let bell = bell(&house);
        house.clock.advance_seconds(50);
        bell.catch_up().await.unwrap();
        assert_eq!(rung(&house).await, Vec::<String>::new());
        house.clock.advance_seconds(50);
        bell.catch_up().await.unwrap();
        assert_eq!(rung(&house).await, ["moved"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_holds_up_nobody_is_tried_again_and_parked_in_the_end() {
    for kind in KINDS {
        let house = house(kind).await;
        let fussy = |tx: &mut Tx<'_>, rung: &Rung<'_>| {
            note(tx, rung)?;
            if rung.key == b"bad" {
                return Err(Failed::because("it never works"));
            }
            Ok(())
        };
        let bell = Bell::new(house.store.clone(), house.clock.clone()).ring(&FUSSY, fussy);
        let owner = Id::new(START);
        let shard = house.shard_of(owner);
        for key in ["a", "bad", "z"] {
            set_one(&shard, owner, &FUSSY, key, START).await;
        }
        bell.catch_up().await.unwrap();
        assert_eq!(rung(&house).await.len(), 2, "{kind:?}: what failed left nothing");
        let again = due_of(&house, owner, &FUSSY, "bad").await.unwrap();
        assert!(
            again > START.plus_seconds(4) && again < START.plus_seconds(7),
            "{again}"
        );
        for _ in 0..2 {
            house.clock.advance_seconds(3600);
            bell.catch_up().await.unwrap();
        }
        assert_eq!(due_of(&house, owner, &FUSSY, "bad").await, None, "parked");
        set_one(&shard, owner, &FUSSY, "bad", house.clock.now().plus_seconds(60)).await;
        assert!(due_of(&house, owner, &FUSSY, "bad").await.is_some(), "set anew");
        assert_eq!(rung(&house).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_late_is_dropped_and_the_rest_rings_in_order() {
    let house = house(stores::Kind::Sqlite).await;
    let bell = bell(&house).ring(&BRIEF, note);
    let owner = Id::new(START);
    let shard = house.shard_of(owner);
    set_one(&shard, owner, &BRIEF, "stale", START.plus_seconds(10)).await;
    set_one(&shard, owner, &BRIEF, "fresh", START.plus_seconds(3590)).await;
    for (key, at) in [("three", 30), ("one", 10), ("two", 20)] {
        set_one(&shard, owner, &NOTED, key, START.plus_seconds(at)).await;
    }
    house.clock.advance_seconds(3600);
    bell.catch_up().await.unwrap();
    assert_eq!(rung(&house).await, ["one", "two", "three", "fresh"]);
    assert_eq!(due_of(&house, owner, &BRIEF, "stale").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_may_set_its_timer_again() {
    for kind in KINDS {
        let house = house(kind).await;
        let again = |tx: &mut Tx<'_>, rung: &Rung<'_>| {
            note(tx, rung)?;
            let next = Timer {
                owner: rung.owner,
                kind: rung.kind,
                key: rung.key,
                note: b"",
                due: rung.due.plus_seconds(3600),
            };
            Ok(set(tx, &next)?)
        };
        let bell = Bell::new(house.store.clone(), house.clock.clone()).ring(&AGAIN, again);
        let owner = Id::new(START);
        set_one(&house.shard_of(owner), owner, &AGAIN, "hourly", START).await;
        for _ in 0..3 {
            bell.catch_up().await.unwrap();
            house.clock.advance_seconds(3600);
        }
        assert_eq!(rung(&house).await.len(), 3, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_work_and_ring_each_timer_once() {
    const TIMERS: usize = 400;
    for kind in KINDS {
        let house = house(kind).await;
        let other = house.another().await.unwrap();
        let (shutdown, closing) = watch::channel(false);
        let bells = [house.store.clone(), other.clone()].map(|store| {
            Bell::new(store, house.clock.clone())
                .ring(&NOTED, note)
                .open(closing.clone())
                .unwrap()
        });
        for number in 0..TIMERS {
            let owner = Id::new(START);
            set_one(&house.shard_of(owner), owner, &NOTED, &number.to_string(), START).await;
        }
        let began = std::time::Instant::now();
        while rung(&house).await.len() < TIMERS && began.elapsed() < Duration::from_secs(60) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        shutdown.send_replace(true);
        for bell in bells {
            bell.ended().await;
        }
        let mut rung = rung(&house).await;
        rung.sort();
        rung.dedup();
        assert_eq!(rung.len(), TIMERS, "{kind:?}");
        other.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_bell_rings_what_is_set_for_now_and_gives_its_leases_back() {
    for kind in KINDS {
        let house = house(kind).await;
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        let handler = move |tx: &mut Tx<'_>, rung: &Rung<'_>| {
            counted.fetch_add(1, Ordering::SeqCst);
            note(tx, rung)
        };
        let (shutdown, closing) = watch::channel(false);
        let open = Bell::new(house.store.clone(), house.clock.clone())
            .ring(&NOTED, handler)
            .open(closing)
            .unwrap();
        let owner = Id::new(START);
        set_one(&house.shard_of(owner), owner, &NOTED, "now", START).await;
        while rung(&house).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        shutdown.send_replace(true);
        open.ended().await;
        let held = house
            .read_each(|tx| {
                tx.query_one(
                    sql!("SELECT (SELECT count(*) FROM leases WHERE held_until > 0) + (SELECT count(*) FROM attendance)"),
                    params![],
                    |row| row.get::<i64>(0),
                )
            })
            .await;
        let held: Vec<i64> = held.map_err(|error: StoreError| error).unwrap();
        assert!(held.iter().all(|held| *held == 0), "{kind:?}: {held:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_owner_with_very_many_due_timers_delays_nobody_else() {
    const MANY: usize = 6_000;
    let house = house(stores::Kind::Sqlite).await;
    let (hog, other) = (Id::new(START), Id::new(START));
    for chunk in 0..MANY / 1000 {
        let done: Result<(), StoreError> = house
            .shard_of(hog)
            .write(move |tx| {
                (0..1000).try_for_each(|number| {
                    let key = format!("hog {chunk} {number}");
                    let timer = Timer {
                        owner: hog,
                        kind: &NOTED,
                        key: key.as_bytes(),
                        note: b"",
                        due: START,
                    };
                    set(tx, &timer)
                })
            })
            .await;
        done.unwrap();
    }
    set_one(
        &house.shard_of(other),
        other,
        &NOTED,
        "other",
        START.plus_seconds(1),
    )
    .await;
    house.clock.advance_seconds(1);
    // In the quarter of the crowd, so that it is in their way.
    let quarter = |id: Id| id.virtual_shard().number() / 1024;
    let near = std::iter::repeat_with(|| Id::new(START))
        .find(|id| quarter(*id) == quarter(hog))
        .unwrap();
    set_one(&house.shard_of(near), near, &NOTED, "near", START.plus_seconds(1)).await;
    let before_near = Arc::new(AtomicU32::new(0));
    let (seen, counted) = (Arc::new(AtomicU32::new(0)), Arc::clone(&before_near));
    let handler = move |tx: &mut Tx<'_>, rung: &Rung<'_>| {
        let so_far = seen.fetch_add(1, Ordering::SeqCst);
        if rung.key == b"near" {
            counted.store(so_far, Ordering::SeqCst);
        }
        note(tx, rung)
    };
    let bell = Bell::new(house.store.clone(), house.clock.clone()).ring(&NOTED, handler);
    bell.catch_up().await.unwrap();
    assert_eq!(rung(&house).await.len(), MANY + 2, "all are rung in the end");
    let before = before_near.load(Ordering::SeqCst);
    assert!(before < 1500, "{before} of the crowd were rung before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_of_the_house_is_done_in_one_place_and_one_of_a_process_in_each() {
    let house = house(stores::Kind::Sqlite).await;
    let counts = [Scope::OncePerHouse, Scope::EachProcess].map(|scope| (scope, Arc::new(AtomicU32::new(0))));
    let (shutdown, closing) = watch::channel(false);
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut bell = Bell::new(house.store.clone(), house.clock.clone());
        for (scope, count) in &counts {
            let count = Arc::clone(count);
            let name = if *scope == Scope::OncePerHouse {
                "house"
            } else {
                "process"
            };
            bell = bell.duty(Duty::new(name, Duration::from_secs(3600), *scope, move || {
                count.fetch_add(1, Ordering::SeqCst);
                async { Ok(()) }
            }));
        }
        open.push(bell.open(closing.clone()).unwrap());
    }
    let done = || counts.each_ref().map(|(_, count)| count.load(Ordering::SeqCst));
    let began = std::time::Instant::now();
    while done() != [1, 2] && began.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    shutdown.send_replace(true);
    for bell in open {
        bell.ended().await;
    }
    assert_eq!(done(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_that_waits_for_others_is_cut_off_in_the_end() {
    let house = house(stores::Kind::Sqlite).await;
    let began = Arc::new(AtomicU32::new(0));
    let (shutdown, closing) = watch::channel(false);
    let mut bell = Bell::new(house.store.clone(), house.clock.clone());
    for (name, scope) in [("house", Scope::OncePerHouse), ("process", Scope::EachProcess)] {
        let began = Arc::clone(&began);
        let duty = Duty::new(name, Duration::from_secs(3600), scope, move || {
            began.fetch_add(1, Ordering::SeqCst);
            std::future::pending()
        });
        bell = bell.duty(duty.cut_off());
    }
    let open = bell.open(closing).unwrap();
    let patience = Duration::from_secs(20);
    let both = async {
        while began.load(Ordering::SeqCst) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(patience, both).await.unwrap();
    shutdown.send_replace(true);
    tokio::time::timeout(patience, open.ended()).await.unwrap();
}

#[tokio::test]
async fn kinds_and_duties_that_cannot_be_told_apart_keep_the_bell_shut() {
    static SAME_CODE: Kind = Kind::new(9001, "test.same_code");
    static SAME_NAME: Kind = Kind::new(9005, "test.noted");
    let house = stores::open(stores::Kind::Sqlite).await.unwrap();
    let opened = |bell: Bell| bell.open(watch::channel(true).1).map(|_| ());
    assert_eq!(opened(bell(&house).ring(&FUSSY, note)), Ok(()));
    let why = opened(bell(&house).ring(&SAME_CODE, note)).unwrap_err();
    assert_eq!(why, Twins::Code("test.noted", "test.same_code", 9001));
    for again in [&SAME_NAME, &NOTED] {
        let why = opened(bell(&house).ring(again, note));
        assert_eq!(why, Err(Twins::Kind("test.noted")));
    }
    let duty = |scope| Duty::new("sweep", Duration::from_secs(60), scope, || async { Ok(()) });
    let twice = bell(&house)
        .duty(duty(Scope::OncePerHouse))
        .duty(duty(Scope::EachProcess));
    assert_eq!(opened(twice), Err(Twins::Duty("sweep")));
}
