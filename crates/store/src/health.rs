//! The smallest question a server can be asked.

use crate::{StoreError, Tx, params, sql};

pub(crate) fn answers(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one(sql!("SELECT count(*) FROM schema_versions"), params![], |row| {
        row.get(0)
    })
}
