//! What the desk shows, and what trying again does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use kernel::{Id, PageSize};
use store::outbox::Change;
use store::{StoreError, Tx, outbox};
use testkit::stores::{self, KINDS, START};

use crate::{Bell, Failed, Hear, Kind, Rung, Timer, Unheard, set};

static MOODY: Kind = Kind::new(9010, "test.moody").attempts(1);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_is_shown_with_its_reason_and_rings_when_a_person_says_so() {
    for kind in KINDS {
        let house = stores::open(kind).await.unwrap();
        let mended = Arc::new(AtomicBool::new(false));
        let is_mended = Arc::clone(&mended);
        let handler = move |_: &mut Tx<'_>, _: &Rung<'_>| {
            if is_mended.load(Ordering::SeqCst) {
                Ok(())
            } else {
                Err(Failed::because("the printer is out of paper"))
            }
        };
        let bell = Bell::new(house.store.clone(), house.clock.clone()).ring(&MOODY, handler);
        let desk = bell.desk();
        for number in 0..3 {
            let owner = Id::new(START);
            let done: Result<(), StoreError> = house
                .shard_of(owner)
                .write(move |tx| {
                    let key = format!("number {number}");
                    set(
                        tx,
                        &Timer {
                            owner,
                            kind: &MOODY,
                            key: key.as_bytes(),
                            note: b"",
                            due: START.plus_seconds(number),
                        },
                    )
                })
                .await;
            done.unwrap();
        }
        house.clock.advance_seconds(10);
        let late = desk.kinds().await.unwrap();
        assert_eq!((late[0].due, late[0].late, late[0].parked), (3, 3, 0), "{kind:?}");
        assert_eq!(late[0].first, Some(START));
        bell.catch_up().await.unwrap();
        let state = desk.kinds().await.unwrap();
        assert_eq!((state[0].waiting, state[0].parked), (0, 3), "{kind:?}");
        let first = desk
            .parked_timers(None, PageSize::clamped(Some(2)))
            .await
            .unwrap();
        let rest = desk
            .parked_timers(first.next.as_ref(), PageSize::clamped(Some(2)))
            .await
            .unwrap();
        assert_eq!((first.items.len(), rest.items.len()), (2, 1));
        let parked = &rest.items[0];
        assert!(parked.key.starts_with("number "));
        assert_eq!(
            (parked.kind, &*parked.reason),
            ("test.moody", "the printer is out of paper")
        );
        mended.store(true, Ordering::SeqCst);
        assert!(desk.retry_timer(parked.owner, parked.name).await.unwrap());
        assert!(
            !desk.retry_timer(parked.owner, parked.name).await.unwrap(),
            "once"
        );
        bell.catch_up().await.unwrap();
        let state = desk.kinds().await.unwrap();
        assert_eq!((state[0].waiting, state[0].parked), (0, 2), "{kind:?}");
    }
}

struct Ear;

impl Hear for Ear {
    fn hear<'a>(&'a self, _: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_unheard_change_of_each_kind_that_is_heard_here_is_shown_with_its_age() {
    for kind in KINDS {
        let house = stores::open(kind).await.unwrap();
        let bell = || Bell::new(house.store.clone(), house.clock.clone());
        let desk = bell().hear("thing.made", Ear).hear("thing.gone", Ear).desk();
        assert_eq!(desk.unheard().await.unwrap(), []);
        for (seconds, what) in [
            (0, "thing.made"),
            (5, "thing.made"),
            (5, "thing.gone"),
            (5, "thing.sold"),
        ] {
            let owner = Id::new(START);
            house.clock.advance_seconds(seconds);
            let told: Result<(), StoreError> = house
                .shard_of(owner)
                .write(move |tx| outbox::announce(tx, owner, what, b"", b""))
                .await;
            told.unwrap();
        }
        let first = |kind: &str, seconds| Unheard {
            kind: kind.to_owned(),
            since: START.plus_seconds(seconds),
        };
        let found = desk.unheard().await.unwrap();
        assert_eq!(
            found,
            [first("thing.gone", 10), first("thing.made", 0)],
            "{kind:?}"
        );
        let deaf = bell().desk();
        assert_eq!(deaf.unheard().await.unwrap(), [], "kept for others is not late");
        assert_eq!((deaf.hears(), deaf.changes().await.unwrap().waiting), (false, 4));
    }
}
