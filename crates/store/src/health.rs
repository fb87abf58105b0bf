//! The smallest questions a server can be asked.

use crate::{StoreError, Tx, params, sql};

pub(crate) fn answers(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one(sql!("SELECT count(*) FROM schema_versions"), params![], |row| {
        row.get(0)
    })
}

/// A write that changes nothing but needs room on the disk.
pub(crate) fn takes_writes(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute(
        sql!("UPDATE schema_versions SET applied_at = applied_at WHERE version = 1"),
        params![],
    )
}
