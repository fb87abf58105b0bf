//! The small transactions that are measured: one row in, one row out.

use kernel::{Clock, Id};
use store::{Store, StoreError, Tx, params, sql};

/// As large as a small row of a service: a name and a few codes.
const BODY: &str =
    "a row of about a hundred bytes, which is what an ordinary small change of a service writes down";

pub fn make_table(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "CREATE TABLE bench (vshard BIGINT NOT NULL, id BYTEA NOT NULL, body TEXT NOT NULL,
             PRIMARY KEY (vshard, id))"
        ),
        params![],
    )?;
    Ok(())
}

/// A log that still grows is slower to flush than one that is written over, as it is in any store that has run for a
/// while. More than this and SQLite starts over at the log's beginning.
const LOG_BYTES: usize = 6 * 1024 * 1024;

pub fn fill_the_log(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let large = "x".repeat(LOG_BYTES);
    tx.execute(
        sql!("INSERT INTO bench (vshard, id, body) VALUES (0, $1, $2)"),
        params![[0u8; 16], large],
    )?;
    tx.execute(
        sql!("DELETE FROM bench WHERE vshard = 0 AND id = $1"),
        params![[0u8; 16]],
    )?;
    Ok(())
}

/// The same insert, as a peer says it.
pub const INSERT: &str = "INSERT INTO bench (vshard, id, body) VALUES ($1, $2, $3)";

pub fn insert(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("INSERT INTO bench (vshard, id, body) VALUES ($1, $2, $3)"),
        params![id.virtual_shard(), id, BODY],
    )?;
    Ok(())
}

pub fn body(tx: &mut Tx<'_>, id: Id) -> Result<String, StoreError> {
    tx.query_one(
        sql!("SELECT body FROM bench WHERE vshard = $1 AND id = $2"),
        params![id.virtual_shard(), id],
        |row| row.get(0),
    )
}

pub fn peer_values(clock: &Clock) -> (i64, [u8; 16], &'static str) {
    let id = Id::new(clock.now());
    (i64::from(id.virtual_shard().number()), *id.as_bytes(), BODY)
}

/// Writes one new row, as a service would: the id is made before, the body is one statement.
pub async fn write_one(store: &Store, clock: &Clock) -> anyhow::Result<()> {
    let id = Id::new(clock.now());
    let done: Result<(), StoreError> = store.shard_of(id).write(move |tx| insert(tx, id)).await;
    Ok(done?)
}
