//! The rows of API keys.

use kernel::{Id, Moment};
use store::{Row, StoreError, Tx, params, sql};

use super::types::{ApiKey, Scopes};
use crate::sessions::types::Hash;

pub(super) fn key(tx: &mut Tx<'_>, id: Id) -> Result<Option<ApiKey>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT id, name, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_keys WHERE id = $1"
        ),
        params![id],
        read,
    )
}

/// The key, if its secret has this hash.
pub(super) fn with_hash(tx: &mut Tx<'_>, id: Id, hash: &Hash) -> Result<Option<ApiKey>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT id, name, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_keys
             WHERE id = $1 AND secret_hash = $2"
        ),
        params![id, hash],
        read,
    )
}

/// The keys of this server after `after`, in the order of their ids, which is that of their making.
pub(super) fn after(tx: &mut Tx<'_>, after: Id, rows: i64) -> Result<Vec<ApiKey>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, name, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_keys
             WHERE id > $1 ORDER BY id LIMIT $2"
        ),
        params![after, rows],
        read,
    )
}

pub(super) fn insert(tx: &mut Tx<'_>, key: &ApiKey, hash: &Hash) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO api_keys (id, vshard, name, scopes, secret_hash, created_at, expires_at, last_used_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL)"
        ),
        params![key.id, key.id.virtual_shard(), key.name, key.scopes.words().join(" "), hash, key.created, key.expires],
    )?;
    Ok(())
}

pub(super) fn used(tx: &mut Tx<'_>, id: Id, at: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE api_keys SET last_used_at = $2 WHERE id = $1"),
        params![id, at],
    )?;
    Ok(())
}

/// `false` when it was revoked already, or never was.
pub(super) fn revoke(tx: &mut Tx<'_>, id: Id, at: Moment) -> Result<bool, StoreError> {
    let revoked = tx.execute(
        sql!("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL"),
        params![id, at],
    )?;
    Ok(revoked == 1)
}

fn read(row: &Row<'_>) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: Scopes::stored(&row.get::<String>(2)?),
        created: row.get(3)?,
        expires: row.get(4)?,
        last_used: row.get(5)?,
        revoked: row.get(6)?,
    })
}
