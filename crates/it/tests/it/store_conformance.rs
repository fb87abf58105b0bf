//! What the store promises, on a file, on one PostgreSQL server and on two: the same body, the same answer.

mod log;
mod metering;
mod migrating;
mod outbox;
mod postgres_only;
mod sqlite_only;
mod statements;
mod transactions;

use std::sync::Arc;

use kernel::{Clock, Id};
use store::{Row, Shard, Store, StoreError, Tx, params, sql};
use testkit::stores::{self, Ground, Kind, START, TestStore};

/// Declares cases that take a store, once for each kind of store.
macro_rules! on_every_kind {
    ($($case:ident),* $(,)?) => {
        mod on_a_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(crate::store_conformance::house(testkit::stores::Kind::Sqlite).await).await;
            })*
        }
        mod on_one_server {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(crate::store_conformance::house(testkit::stores::Kind::OnePostgres).await).await;
            })*
        }
        mod on_two_servers {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(crate::store_conformance::house(testkit::stores::Kind::TwoPostgres).await).await;
            })*
        }
    };
}
pub(crate) use on_every_kind;

/// A store with a table of things on each server.
pub(crate) async fn house(kind: Kind) -> TestStore {
    let house = stores::open(kind).await.unwrap();
    for shard in house.store.everywhere() {
        shard.write(make_things).await.unwrap();
    }
    house
}

/// A store whose configuration the test has changed.
pub(crate) async fn opened(ground: &Ground) -> Store {
    let clock = Clock::manual(START);
    Store::migrate(&ground.config, &clock).await.unwrap();
    Store::open(ground.config.clone(), clock).await.unwrap()
}

fn make_things(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "CREATE TABLE things (vshard BIGINT NOT NULL, owner BYTEA NOT NULL, number BIGINT NOT NULL,
             name TEXT, body BYTEA, PRIMARY KEY (vshard, owner, number), UNIQUE (owner, name))"
        ),
        params![],
    )?;
    tx.execute(
        sql!("CREATE UNIQUE INDEX things_body ON things (owner, body)"),
        params![],
    )?;
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thing {
    pub number: i64,
    pub name: Option<String>,
    pub body: Option<Vec<u8>>,
}

pub(crate) fn thing(number: i64) -> Thing {
    Thing {
        number,
        name: Some(format!("thing {number}")),
        body: None,
    }
}

pub(crate) fn save(tx: &mut Tx<'_>, owner: Id, thing: &Thing) -> Result<(), StoreError> {
    tx.execute(
        sql!("INSERT INTO things (vshard, owner, number, name, body) VALUES ($1, $2, $3, $4, $5)"),
        params![owner.virtual_shard(), owner, thing.number, thing.name, thing.body],
    )?;
    Ok(())
}

pub(crate) fn things(tx: &mut Tx<'_>, owner: Id) -> Result<Vec<Thing>, StoreError> {
    tx.query(
        sql!("SELECT number, name, body FROM things WHERE vshard = $1 AND owner = $2 ORDER BY number"),
        params![owner.virtual_shard(), owner],
        |row: &Row<'_>| {
            Ok(Thing {
                number: row.get(0)?,
                name: row.get(1)?,
                body: row.get(2)?,
            })
        },
    )
}

pub(crate) async fn stored(shard: &Shard, owner: Id) -> Vec<Thing> {
    shard.read(move |tx| things(tx, owner)).await.unwrap()
}

pub(crate) fn owner() -> Id {
    Id::new(START)
}

/// An owner whose rows live in the first or the last virtual shards.
pub(crate) fn owner_near(end: u16) -> Id {
    std::iter::repeat_with(owner)
        .find(|id| id.virtual_shard().number().abs_diff(end) < 1024)
        .unwrap()
}

pub(crate) async fn save_one(store: &Store, owner: Id, thing: Thing) -> Result<(), StoreError> {
    let thing = Arc::new(thing);
    store
        .shard_of(owner)
        .write(move |tx| save(tx, owner, &thing))
        .await
}
