//! The house under kill -9: the process is ended at random moments while many clients write, fifty times on the embedded
//! store, and some times on two PostgreSQL servers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use testkit::house::House;
use testkit::postgres::{Database, shared};

use super::load::{Api, Ledger, Load, key, until};

/// What a kill may break on PostgreSQL is the word between the two, not the order of pages on a disk: fewer show it.
const KILLS_ON_SERVERS: usize = 8;
const KILLS: usize = 50;
const WRITERS: usize = 12;
/// So many of what the last life acknowledged are asked of the next one; at the end all are.
const LOOKED_AT: usize = 20;
/// A kill comes so many milliseconds after the house opened: sometimes before the first group commit, sometimes late.
const LIFE_MILLIS: std::ops::Range<u64> = 5..250;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_under_load_lose_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    nothing_acknowledged_is_lost(folder.path(), KILLS, Kills::AtAnyTime).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_under_load_lose_nothing_that_two_postgresql_servers_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let databases: Vec<Database> = shared()
        .unwrap()
        .iter()
        .map(|server| server.create_database().unwrap())
        .collect();
    let entry = |(name, one): (&str, &Database)| format!("{{ name = \"{name}\", url = \"{}\" }}", one.url());
    let entries: Vec<String> = ["one", "two"].into_iter().zip(&databases).map(entry).collect();
    let text = format!(
        "[store]\nengine = \"postgres\"\nservers = [{}]\n",
        entries.join(", ")
    );
    std::fs::write(folder.path().join("townhall.toml"), text).unwrap();
    nothing_acknowledged_is_lost(folder.path(), KILLS_ON_SERVERS, Kills::OnceWriting).await;
}

#[derive(Clone, Copy, PartialEq)]
enum Kills {
    AtAnyTime,
    /// Connecting may take longer than a life does; what matters is the kill that meets a commit.
    OnceWriting,
}

async fn nothing_acknowledged_is_lost(folder: &Path, kills: usize, when: Kills) {
    let key = key(folder).await;
    let ledger = Arc::new(Ledger::default());
    for round in 0..kills {
        let mut house = House::open(folder, &[]).unwrap();
        let api = Api::new(&house.base, &key);
        ledger.shows_the_last(&api, LOOKED_AT).await;
        let mut load = Load::start(&api, &ledger, WRITERS);
        let before = ledger.kept();
        until("something is written", async || {
            (when == Kills::AtAnyTime || ledger.kept() > before).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_millis(life(round))).await;
        house.kill();
        load.ended().await;
    }
    let house = House::open(folder, &[]).unwrap();
    let api = Api::new(&house.base, &key);
    assert!(
        ledger.kept() > kills,
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
