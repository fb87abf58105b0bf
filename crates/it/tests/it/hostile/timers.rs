//! Timers of the real binary, shared by two processes of which one is killed: none is lost, none has its effect twice.
//!
//! The effect is counted by the database itself: a trigger adds a row for each statement that an expiring link runs,
//! in the transaction that runs it.

use bell::{Kind, Timer};
use kernel::{Clock, Id, Moment};
use store::{ServerConfig, Store, StoreConfig, StoreError};
use testkit::house::House;
use testkit::postgres::{self, Database};

use super::load::until;

/// The registry's own, of which the binary rings the timers.
static LINK_EXPIRY: Kind = Kind::new(1, "registry.link_expiry");
const TIMERS: i64 = 2_000;
/// They are due one after another, so that both are at work when one is killed.
const MICROS_APART: i64 = 3_000;
/// They are set for tomorrow, and moved up by half when both processes are there to ring them.
const DAY: i64 = 86_400_000_000;

const COUNTED: &str = "CREATE TABLE rung (number BIGSERIAL PRIMARY KEY);
    CREATE FUNCTION note_rung() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO rung DEFAULT VALUES; RETURN NULL; END $$;
    CREATE TRIGGER rung AFTER DELETE ON links FOR EACH STATEMENT EXECUTE FUNCTION note_rung()";

/// By the client itself: a function's body has semicolons of its own.
fn count_in(database: &Database) {
    let make = || ::postgres::Client::connect(database.url(), ::postgres::NoTls)?.batch_execute(COUNTED);
    std::thread::scope(|scope| scope.spawn(make).join())
        .unwrap()
        .unwrap();
}

fn number(database: &Database, question: &str) -> i64 {
    database.query(question).unwrap()[0].parse().unwrap()
}

fn rung(database: &Database) -> i64 {
    number(database, "SELECT count(*) FROM rung")
}

/// Timers of tomorrow: the first is due at the instant returned.
async fn set_timers(store: &Store) -> Moment {
    let begin = Clock::system().now().plus_micros(DAY);
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
    begin
}

/// Makes those of tomorrow up to this one due from now on, one after another.
fn move_up(database: &Database, first: Moment, last: Moment) {
    let earlier = first.micros_since(Clock::system().now());
    let (from, to) = (first.as_micros(), last.as_micros());
    database
        .execute(&format!(
            "UPDATE timers SET due_at = due_at - {earlier} WHERE due_at >= {from} AND due_at < {to}"
        ))
        .unwrap();
}

/// A store of this test beside those of the processes.
async fn open_store(database: &Database) -> Store {
    let config = StoreConfig::postgres(vec![ServerConfig {
        name: "one".to_owned(),
        url: kernel::Secret::new(database.url()),
        replica_url: None,
        root_cert: None,
    }]);
    Store::open(config, Clock::system()).await.unwrap()
}

/// Both have two of the four leases.
async fn shared_by_two(database: &Database) {
    let holders = format!(
        "SELECT count(DISTINCT owner) FROM leases WHERE task = 'bell.{}' AND held_until > {}",
        LINK_EXPIRY.name,
        Clock::system().now().as_micros()
    );
    until("two processes share the leases", async || {
        (number(database, &holders) == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_timers_that_two_processes_share_none_is_lost_and_none_rings_twice_when_one_is_killed() {
    let [server, _] = postgres::shared().unwrap();
    let database = server.create_database().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let servers = format!("[{{ name = \"one\", url = \"{}\" }}]", database.url());
    let config = format!("[store]\nengine = \"postgres\"\nservers = {servers}\nmigrate_on_start = true\n");
    std::fs::write(folder.path().join("townhall.toml"), config).unwrap();
    let mut doomed = House::open(folder.path(), &[]).unwrap();
    count_in(&database);
    let mut survivor = House::open(folder.path(), &[]).unwrap();
    let store = open_store(&database).await;
    shared_by_two(&database).await;

    let first = set_timers(&store).await;
    let middle = first.plus_micros(TIMERS / 2 * MICROS_APART);
    move_up(&database, first, middle);
    until("timers ring", async || {
        (rung(&database) >= TIMERS / 10).then_some(())
    })
    .await;
    doomed.kill();
    // However quick the two were, there are more for the quarters of the one that is gone.
    move_up(&database, middle, first.plus_micros(DAY));
    until("all have rung", async || {
        (number(&database, "SELECT count(*) FROM timers") == 0).then_some(())
    })
    .await;
    assert_eq!(rung(&database), TIMERS, "each once");
    store.close().await;
    assert!(survivor.terminate().unwrap().success());
}
