//! The rows of signing keys.

use kernel::{Id, Moment};
use store::{StoreError, Tx, params, sql};

use super::types::SigningKey;

pub(super) fn all(tx: &mut Tx<'_>, house: Id) -> Result<Vec<SigningKey>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, public_key, sealed_key, created_at, verifies_until FROM signing_keys
             WHERE house = $1 ORDER BY created_at, id"
        ),
        params![house],
        |row| {
            Ok(SigningKey {
                id: row.get(0)?,
                public: row.get(1)?,
                sealed: row.get(2)?,
                created_at: row.get(3)?,
                verifies_until: row.get(4)?,
            })
        },
    )
}

pub(super) fn insert(tx: &mut Tx<'_>, house: Id, key: &SigningKey) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO signing_keys (id, vshard, house, public_key, sealed_key, created_at, verifies_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        params![
            key.id,
            house.virtual_shard(),
            house,
            key.public,
            key.sealed,
            key.created_at,
            key.verifies_until
        ],
    )?;
    Ok(())
}

/// From now on the key verifies only; its private half is gone.
pub(super) fn retire(tx: &mut Tx<'_>, id: Id, verifies_until: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE signing_keys SET sealed_key = NULL, verifies_until = $2 WHERE id = $1"),
        params![id, verifies_until],
    )?;
    Ok(())
}

pub(super) fn delete(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    tx.execute(sql!("DELETE FROM signing_keys WHERE id = $1"), params![id])?;
    Ok(())
}
