//! The rows of streams that stand still.

use kernel::{Id, Moment};
use store::{StoreError, Tx, params, sql};

/// More streams than a house has.
const STREAMS_MAX: i64 = 1_000;

pub(super) fn hold(tx: &mut Tx<'_>, stream: &str, until: Moment) -> Result<(), StoreError> {
    let id = Id::named("stream", stream);
    tx.execute(
        sql!(
            "INSERT INTO held_streams (id, vshard, stream, held_until) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET held_until = excluded.held_until"
        ),
        params![id, id.virtual_shard(), stream, until],
    )?;
    Ok(())
}

pub(super) fn release(tx: &mut Tx<'_>, stream: &str) -> Result<(), StoreError> {
    let id = Id::named("stream", stream);
    tx.execute(sql!("DELETE FROM held_streams WHERE id = $1"), params![id])?;
    Ok(())
}

/// Those of one server.
pub(super) fn all(tx: &mut Tx<'_>) -> Result<Vec<(String, Moment)>, StoreError> {
    tx.query(
        sql!("SELECT stream, held_until FROM held_streams LIMIT $1"),
        params![STREAMS_MAX],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
