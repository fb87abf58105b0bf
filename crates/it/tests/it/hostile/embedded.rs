//! The embedded store under kill -9: the process is ended at random moments while many clients write, fifty times.

use std::sync::Arc;
use std::time::Duration;

use testkit::house::House;

use super::load::{Api, Ledger, Load, key};

const KILLS: usize = 50;
const WRITERS: usize = 12;
/// So many of what the last life acknowledged are asked of the next one; at the end all are.
const LOOKED_AT: usize = 20;
/// A kill comes so many milliseconds after the house opened: sometimes before the first group commit, sometimes late.
const LIFE_MILLIS: std::ops::Range<u64> = 5..250;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_under_load_lose_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path()).await;
    let ledger = Arc::new(Ledger::default());
    for round in 0..KILLS {
        let mut house = House::open(folder.path(), &[]).unwrap();
        let api = Api::new(&house.base, &key);
        ledger.shows_the_last(&api, LOOKED_AT).await;
        let mut load = Load::start(&api, &ledger, WRITERS);
        tokio::time::sleep(Duration::from_millis(life(round))).await;
        house.kill();
        load.ended().await;
    }
    let house = House::open(folder.path(), &[]).unwrap();
    let api = Api::new(&house.base, &key);
    assert!(
        ledger.kept() > KILLS,
        "there was a load: {} writes",
        ledger.kept()
    );
    assert!(
        ledger.unknown() > 0,
        "some kill came while something was being written"
    );
    ledger.is_true(&api).await;
}

/// Random, and different in each run: the address space of this process is laid out anew each time.
fn life(round: usize) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    let span = LIFE_MILLIS.end - LIFE_MILLIS.start;
    LIFE_MILLIS.start + RandomState::new().hash_one(round) % span
}
