//! Timers of the real binary, shared by processes that are killed: none is lost, none has its effect twice.
//!
//! The effect is counted by the database itself: a trigger adds a row for each statement that an expiring link runs,
//! in the transaction that runs it.

use bell::{Kind, Timer};
use kernel::{Clock, Id};
use store::{Store, StoreError};
use testkit::house::House;
use testkit::postgres::{Database, Options, Server};

use super::load::until;

/// The registry's own, of which the binary rings the timers.
static LINK_EXPIRY: Kind = Kind::new(1, "registry.link_expiry");
const TIMERS: i64 = 3_000;
/// They are due one after another, so that there is always somebody at work.
const MICROS_APART: i64 = 5_000;

const COUNTED: &str = "CREATE TABLE rung (number BIGSERIAL PRIMARY KEY);
    CREATE FUNCTION note_rung() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO rung DEFAULT VALUES; RETURN NULL; END $$;
    CREATE TRIGGER rung AFTER DELETE ON links FOR EACH STATEMENT EXECUTE FUNCTION note_rung()";

fn count(database: &Database, table: &str) -> i64 {
    let counted = database.query(&format!("SELECT count(*) FROM {table}")).unwrap();
    counted[0].parse().unwrap()
}

async fn set_timers(store: &Store) {
    let begin = Clock::system().now().plus_seconds(2);
    for first in (0..TIMERS).step_by(500) {
        let owners: Vec<Id> = (first..first + 500)
            .map(|number| Id::named("owner", &number.to_string()))
            .collect();
        let done: Result<(), StoreError> = store.everywhere()[0]
            .write(move |tx| {
                for (number, owner) in (first..).zip(&owners) {
                    let timer = Timer {
                        owner: *owner,
                        kind: &LINK_EXPIRY,
                        key: b"invitation",
                        note: b"",
                        due: begin.plus_micros(number * MICROS_APART),
                    };
                    bell::set(tx, &timer)?;
                }
                Ok(())
            })
            .await;
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_timers_that_killed_processes_shared_none_is_lost_and_none_rings_twice() {
    let server = Server::start(&Options::default()).unwrap();
    let database = server.address().create_database().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let servers = format!("[{{ name = \"one\", url = \"{}\" }}]", database.url());
    let config = format!("[store]\nengine = \"postgres\"\nservers = {servers}\nmigrate_on_start = true\n");
    std::fs::write(folder.path().join("townhall.toml"), config).unwrap();
    let open = || House::open(folder.path(), &[]).unwrap();
    let mut first = open();
    database.execute(COUNTED).unwrap();
    let mut second = open();
    let config = store::StoreConfig::postgres(vec![store::ServerConfig {
        name: "one".to_owned(),
        url: kernel::Secret::new(database.url()),
        replica_url: None,
        root_cert: None,
    }]);
    let store = Store::open(config, Clock::system()).await.unwrap();
    set_timers(&store).await;
    let rung = async |least: i64| {
        until("timers ring", async || {
            (count(&database, "rung") >= least).then_some(())
        })
        .await;
    };
    rung(TIMERS / 6).await;
    first.kill();
    rung(TIMERS / 3).await;
    let mut third = open();
    rung(TIMERS / 2).await;
    second.kill();
    until("all have rung", async || {
        (count(&database, "timers") == 0).then_some(())
    })
    .await;
    assert_eq!(count(&database, "rung"), TIMERS, "each once");
    store.close().await;
    assert!(third.terminate().unwrap().success());
}
