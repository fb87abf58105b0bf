//! The rows of when people are busy, in their own shards.

use kernel::{Id, PersonId};
use store::{StoreError, Tx, params, sql};

use crate::rules::slots::Slots;

/// Blocks of one person that are read at once.
const BLOCKS_MAX: i64 = 64;

/// What was worked out for these blocks, where it still holds.
pub(super) fn blocks(
    tx: &mut Tx<'_>,
    owner: PersonId,
    (first, last): (i64, i64),
    stamp: Id,
) -> Result<Vec<(i64, Slots)>, StoreError> {
    let found = tx.query(
        sql!(
            "SELECT block, bits FROM calendar_busy WHERE owner = $1 AND block BETWEEN $2 AND $3 AND stamp = $4
             ORDER BY block LIMIT $5"
        ),
        params![owner, first, last, stamp, BLOCKS_MAX],
        |row| {
            let block = row.get(0)?;
            Ok((block, Slots::stored(block, &row.get::<Vec<u8>>(1)?)))
        },
    )?;
    Ok(found
        .into_iter()
        .filter_map(|(block, slots)| Some((block, slots?)))
        .collect())
}

pub(super) fn save_block(
    tx: &mut Tx<'_>,
    owner: PersonId,
    block: i64,
    stamp: Id,
    slots: &Slots,
) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_busy (owner, block, vshard, stamp, bits) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (owner, block) DO UPDATE SET stamp = excluded.stamp, bits = excluded.bits"
        ),
        params![owner, block, owner.0.virtual_shard(), stamp, slots.to_bytes()],
    )?;
    Ok(())
}

/// Which blocks of somebody are kept.
#[cfg(test)]
pub(super) fn kept(tx: &mut Tx<'_>, owner: PersonId) -> Result<Vec<i64>, StoreError> {
    tx.query(
        sql!("SELECT block FROM calendar_busy WHERE owner = $1 ORDER BY block LIMIT $2"),
        params![owner, BLOCKS_MAX],
        |row| row.get(0),
    )
}

/// Blocks that are over; how many there were.
pub(crate) fn forget_before(tx: &mut Tx<'_>, block: i64, count: u16) -> Result<u64, StoreError> {
    tx.execute(
        sql!(
            "DELETE FROM calendar_busy WHERE (owner, block) IN
             (SELECT owner, block FROM calendar_busy WHERE block < $1 ORDER BY block LIMIT $2)"
        ),
        params![block, count],
    )
}

pub(crate) fn forget(tx: &mut Tx<'_>, owner: PersonId, count: u16) -> Result<u64, StoreError> {
    tx.execute(
        sql!(
            "DELETE FROM calendar_busy WHERE (owner, block) IN
             (SELECT owner, block FROM calendar_busy WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
        params![owner.0.virtual_shard(), owner, count],
    )
}
