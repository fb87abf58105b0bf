//! Decision 7: what the lanes of PostgreSQL do when connections, servers and statements fail.

use std::time::{Duration, Instant};

use kernel::{Clock, Secret};
use store::{Engine, Store, StoreError, Unavailability, params, sql};
use testkit::postgres::{Database, Options, Server};
use testkit::stores::{Ground, Kind, START};

use super::{opened, owner, save, save_one, stored, thing};

/// Long enough for a server to come back on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_cut_while_idle_is_replaced_unnoticed() {
    let house = super::house(Kind::OnePostgres).await;
    let owner = owner();
    save_one(&house.store, owner, thing(1)).await.unwrap();
    cut(&house.databases[0]);
    save_one(&house.store, owner, thing(2)).await.unwrap();
    cut(&house.databases[0]);
    assert_eq!(
        stored(&house.store.shard_of(owner), owner).await,
        [thing(1), thing(2)]
    );
}

fn cut(database: &Database) {
    database
        .query("SELECT CAST(pg_terminate_backend(pid) AS TEXT) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .unwrap();
}

/// Lost before the commit was sent, nothing was kept, so the body simply runs again.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_inside_a_body_runs_it_again() {
    let house = super::house(Kind::OnePostgres).await;
    let owner = owner();
    let shard = house.store.shard_of(owner);
    let first = std::sync::atomic::AtomicBool::new(true);
    let answer: Result<(), StoreError> = shard
        .write(move |tx| {
            save(tx, owner, &thing(1))?;
            if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                tx.query(
                    sql!("SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS TEXT)"),
                    params![],
                    |row| row.get::<String>(0),
                )?;
            }
            save(tx, owner, &thing(2))
        })
        .await;
    answer.unwrap();
    assert_eq!(stored(&shard, owner).await, [thing(1), thing(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_is_used_again_without_a_restart() {
    let server = tokio::task::spawn_blocking(|| Server::start(&Options::fast()).unwrap())
        .await
        .unwrap();
    let database = server.address().create_database().unwrap();
    let mut ground = Ground::of(Kind::OnePostgres).await.unwrap();
    let Engine::Postgres { servers, .. } = &mut ground.config.engine else {
        unreachable!()
    };
    servers[0].url = Secret::new(database.url());
    let store = opened(&ground).await;
    store.everywhere()[0].write(super::make_things).await.unwrap();
    let owner = owner();
    save_one(&store, owner, thing(1)).await.unwrap();

    server.stop().unwrap();
    let answer = save_one(&store, owner, thing(2)).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable { .. })),
        "{answer:?}"
    );
    let read = store
        .shard_of(owner)
        .read(move |tx| super::things(tx, owner))
        .await;
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    assert!(store.ready().await[0].problem.is_some());

    server.start_again().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = save_one(&store, owner, thing(3)).await {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        assert!(Instant::now() < deadline, "it did not come back");
    }
    assert_eq!(stored(&store.shard_of(owner), owner).await, [thing(1), thing(3)]);
    assert!(store.ready().await[0].problem.is_none());
    drop(store);
    drop(database);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_ended() {
    let mut ground = Ground::of(Kind::OnePostgres).await.unwrap();
    ground.config.lanes.statement_timeout = Duration::from_millis(100);
    let store = opened(&ground).await;
    let answer: Result<Vec<String>, StoreError> = store
        .shard_of(owner())
        .read(|tx| {
            tx.query(sql!("SELECT CAST(pg_sleep(60) AS TEXT)"), params![], |row| {
                row.get(0)
            })
        })
        .await;
    match answer {
        Err(StoreError::Unavailable { reason, .. }) => assert_eq!(reason, Unavailability::TooSlow),
        other => panic!("{other:?}"),
    }
}

/// A body that hangs between two statements does not hold its locks for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_idles_is_ended() {
    let mut ground = Ground::of(Kind::OnePostgres).await.unwrap();
    ground.config.lanes.idle_timeout = Duration::from_millis(50);
    let store = opened(&ground).await;
    let others = ground.databases[0].url().to_owned();
    let answer: Result<i64, StoreError> = store
        .shard_of(owner())
        .write(move |tx| {
            let one = tx.query_one(sql!("SELECT count(*) FROM outbox"), params![], |row| row.get(0))?;
            until_nobody_idles(&others);
            tx.query_one(sql!("SELECT count(*) FROM leases"), params![], |row| {
                row.get::<i64>(0)
            })?;
            Ok(one)
        })
        .await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable { .. })),
        "{answer:?}"
    );
}

fn until_nobody_idles(url: &str) {
    let url = url.to_owned();
    std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let idle = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
        while !client.query(idle, &[]).unwrap().is_empty() {
            assert!(Instant::now() < deadline);
        }
    })
    .join()
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_named_and_its_password_is_not() {
    let mut ground = Ground::of(Kind::OnePostgres).await.unwrap();
    let Engine::Postgres { servers, .. } = &mut ground.config.engine else {
        unreachable!()
    };
    servers[0].url = Secret::new("postgres://me:very-secret@127.0.0.1:1/nothing");
    let check = async |ground: &Ground, expected: &str| {
        let Err(error) = Store::open(ground.config.clone(), Clock::manual(START)).await else {
            panic!("it opened")
        };
        let said = error.to_string();
        assert!(said.contains("one: ") && said.contains(expected), "{said}");
        assert!(!said.contains("very-secret") && !format!("{error:?}").contains("very-secret"));
    };
    check(&ground, "cannot be reached").await;
    let Engine::Postgres { servers, .. } = &mut ground.config.engine else {
        unreachable!()
    };
    servers[0].url = Secret::new("very-secret nonsense");
    check(&ground, "must look like").await;
}

/// A replica that is away costs speed, not the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_read_goes_to_the_replica_or_else_to_the_server_itself() {
    // Two houses of one server each: the second stands in for a copy of the first.
    let mut ground = Ground::postgres(1).await.unwrap();
    let copy = Ground::postgres(1).await.unwrap();
    Store::migrate(&copy.config, &Clock::manual(START)).await.unwrap();
    let Engine::Postgres { servers, .. } = &mut ground.config.engine else {
        unreachable!()
    };
    servers[0].replica_url = Some(Secret::new(copy.databases[0].url()));
    ground.databases.extend(copy.databases);
    let store = opened(&ground).await;
    let owner = owner();
    for database in &ground.databases {
        database.execute("CREATE TABLE whoami (name TEXT)").unwrap();
        database
            .execute(&format!("INSERT INTO whoami VALUES ('{}')", database.name()))
            .unwrap();
    }
    let name = async |store: &Store, stale: bool| {
        let shard = store.shard_of(owner);
        let body = |tx: &mut store::Tx<'_>| {
            tx.query_one(sql!("SELECT name FROM whoami"), params![], |row| {
                row.get::<String>(0)
            })
        };
        let answer: Result<String, StoreError> = if stale {
            shard.read_stale(body).await
        } else {
            shard.read(body).await
        };
        answer.unwrap()
    };
    assert_eq!(name(&store, false).await, ground.databases[0].name());
    assert_eq!(name(&store, true).await, ground.databases[1].name());
    let Engine::Postgres { servers, .. } = &mut ground.config.engine else {
        unreachable!()
    };
    servers[0].replica_url = Some(Secret::new("postgres://nobody@127.0.0.1:1/nothing"));
    let store = opened(&ground).await;
    assert_eq!(name(&store, true).await, ground.databases[0].name());
}
