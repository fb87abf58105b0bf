//! PostgreSQL goes away under load and comes back: what is asked meanwhile is answered 503, and the house recovers
//! without being started again.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use testkit::house::House;
use testkit::postgres::{Database, Options, Server};

use super::load::{Api, Ledger, Load, Outcome, key, until};

const WRITERS: usize = 12;

/// Writes that are enough to say that a load is running.
const SOME: usize = 30;

struct Town {
    house: House,
    api: Api,
    database: Database,
    folder: TempDir,
}

async fn town(server: &Server) -> Town {
    let folder = tempfile::tempdir().unwrap();
    let database = server.address().create_database().unwrap();
    write_config(folder.path(), database.url());
    let key = key(folder.path()).await;
    let house = House::open(folder.path(), &[]).unwrap();
    let api = Api::new(&house.base, &key);
    Town {
        house,
        api,
        database,
        folder,
    }
}

fn write_config(folder: &Path, url: &str) {
    let servers = format!("[{{ name = \"one\", url = \"{url}\" }}]");
    let text = format!("[store]\nengine = \"postgres\"\nservers = {servers}\n");
    std::fs::write(folder.join("townhall.toml"), text).unwrap();
}

async fn goes_and_comes_back(end: impl Fn(&Server)) {
    let server = Server::start(&Options::default()).unwrap();
    let Town {
        mut house,
        api,
        database,
        folder,
    } = town(&server).await;
    let ledger = Arc::new(Ledger::default());
    let load = Load::start(&api, &ledger, WRITERS);
    for _ in 0..3 {
        let before = ledger.kept();
        until("a load is running", async || {
            (ledger.kept() > before + SOME).then_some(())
        })
        .await;
        let refused = ledger.refusals().len();
        end(&server);
        until("writes are refused", async || {
            (ledger.refusals().len() > refused).then_some(())
        })
        .await;
        assert_eq!(api.get_status("/healthz").await, 200, "the house lives");
        until("the house says that it cannot serve", async || {
            (api.get_status("/readyz").await == 503).then_some(())
        })
        .await;
        server.start_again().unwrap();
        let back = ledger.kept();
        until("writes are taken again", async || {
            (ledger.kept() > back + SOME).then_some(())
        })
        .await;
    }
    load.stop().await;
    for (status, code) in ledger.refusals() {
        assert!(
            status == 503 && matches!(code.as_str(), "unavailable" | "busy" | "overloaded"),
            "{status} {code}"
        );
    }
    until("it is ready", async || {
        (api.get_status("/readyz").await == 200).then_some(())
    })
    .await;
    ledger.is_true(&api).await;
    assert!(matches!(
        api.create("last@load.example", "Last").await,
        Outcome::Kept { .. }
    ));
    assert!(house.terminate().unwrap().success());
    drop((database, folder));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_postgresql_is_found_again() {
    goes_and_comes_back(|server| server.stop().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_postgresql_is_found_again() {
    goes_and_comes_back(|server| server.kill().unwrap()).await;
}
