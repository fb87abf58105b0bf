//! A move of shards is ended at each of its named points, and at each point of the two-phase commit that gives the
//! range to its new server, while clients write to the very people who are being moved. The points are those of
//! `store::crash`; a new one is tested without a word here.
//!
//! Afterwards no prepared transaction is left, each row stands on exactly one server, nothing acknowledged is lost, and
//! the same move succeeds.

use std::path::Path;
use std::sync::Arc;

use testkit::house::{self, House};
use testkit::postgres::{self, Database};

use super::load::{Api, Ledger, Load, key, until};

/// They are never done, and a mover that waits for the processor shows nothing.
const WRITERS: usize = 2;
/// What is moved: as much as one piece holds, because all points are in each piece.
const RANGE: &str = "0-511";
/// Tables with rows of people, whose rows must be on one server each.
const SHARDED: &[&str] = &["people", "emails", "audit"];

struct Town {
    folder: tempfile::TempDir,
    databases: [Database; 2],
    house: House,
    api: Api,
}

async fn town() -> Town {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = postgres::shared().unwrap();
    let databases = [one.create_database().unwrap(), two.create_database().unwrap()];
    let servers: Vec<String> = ["one", "two"]
        .iter()
        .zip(&databases)
        .map(|(name, database)| format!("{{ name = \"{name}\", url = \"{}\" }}", database.url()))
        .collect();
    let text = format!(
        "[store]\nengine = \"postgres\"\nservers = [{}]\n",
        servers.join(", ")
    );
    std::fs::write(folder.path().join("townhall.toml"), text).unwrap();
    let key = key(folder.path()).await;
    let house = House::open(folder.path(), &[]).unwrap();
    let api = Api::new(&house.base, &key);
    Town {
        folder,
        databases,
        house,
        api,
    }
}

impl Town {
    /// All prepared transactions of both databases are settled, by the house that goes on running.
    async fn recovered(&self, point: &str) {
        let prepared = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()";
        until(&format!("no prepared transaction after {point}"), async || {
            let left: usize = self
                .databases
                .iter()
                .map(|one| one.query(prepared).unwrap().len())
                .sum();
            (left == 0).then_some(())
        })
        .await;
    }

    /// No row is on both servers, whoever owns it.
    fn each_row_is_once(&self, point: &str) {
        for table in SHARDED {
            let rows = self
                .databases
                .each_ref()
                .map(|one| one.query(&format!("SELECT id FROM {table}")).unwrap());
            let first: std::collections::HashSet<&String> = rows[0].iter().collect();
            let both: Vec<&String> = rows[1].iter().filter(|id| first.contains(id)).collect();
            assert!(
                both.is_empty(),
                "after {point}: {} rows of {table} are on both servers",
                both.len()
            );
        }
    }
}

async fn ended_at_each_of(points: &[&str]) {
    let town = town().await;
    let ledger = Arc::new(Ledger::default());
    let load = Load::start(&town.api, &ledger, WRITERS);
    until("there are people to move", async || {
        (ledger.kept() > 50).then_some(())
    })
    .await;
    for (round, point) in points.iter().enumerate() {
        let to = ["two", "one"][round % 2];
        let crashed = move_range(town.folder.path(), to, Some(point));
        assert!(!crashed, "{point} was passed and nothing happened there");
        town.recovered(point).await;
        let from = ledger.kept();
        assert!(
            move_range(town.folder.path(), to, None),
            "the move succeeds after {point}"
        );
        town.each_row_is_once(point);
        until("writes go on", async || (ledger.kept() > from).then_some(())).await;
    }
    load.stop().await;
    town.recovered("all").await;
    town.each_row_is_once("all");
    ledger.is_true(&town.api).await;
    drop(town.house);
}

/// Whether the move succeeded.
fn move_range(folder: &Path, to: &str, crash_at: Option<&str>) -> bool {
    let mut command = house::townhall(folder, &["shards", "move", RANGE, "--to", to]).unwrap();
    if let Some(point) = crash_at {
        command.env(store::crash::ENVIRONMENT, point);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() || crash_at.is_some(),
        "the move to {to}: {said}"
    );
    output.status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_ended_at_any_point_leaves_each_range_once() {
    ended_at_each_of(store::crash::MOVE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_two_phase_commit_that_is_ended_at_any_point_leaves_nothing_prepared() {
    ended_at_each_of(store::crash::TWO_PHASE).await;
}
