//! The rows of app passwords.

use kernel::{Id, Moment, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use super::types::AppPassword;
use crate::sessions::types::Hash;

/// All of a person's, the oldest first.
pub(crate) fn all_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<AppPassword>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, person, name, created_at, last_used_at FROM app_passwords WHERE person = $1
             ORDER BY id LIMIT 1000"
        ),
        params![person],
        read,
    )
}

/// The person's app password with this hash.
pub(super) fn with_hash(
    tx: &mut Tx<'_>,
    person: PersonId,
    hash: &Hash,
) -> Result<Option<AppPassword>, StoreError> {
    let known = tx.query(
        sql!(
            "SELECT id, person, name, created_at, last_used_at FROM app_passwords
             WHERE person = $1 AND secret_hash = $2 LIMIT 1"
        ),
        params![person, hash],
        read,
    )?;
    Ok(known.into_iter().next())
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &AppPassword, hash: &Hash) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO app_passwords (id, vshard, person, name, secret_hash, created_at, last_used_at)
             VALUES ($1, $2, $3, $4, $5, $6, NULL)"
        ),
        params![
            new.id,
            new.person.0.virtual_shard(),
            new.person,
            new.name,
            hash,
            new.created
        ],
    )?;
    Ok(())
}

pub(super) fn used(tx: &mut Tx<'_>, id: Id, at: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE app_passwords SET last_used_at = $2 WHERE id = $1"),
        params![id, at],
    )?;
    Ok(())
}

/// `false` when the person has none of this id.
pub(super) fn delete(tx: &mut Tx<'_>, person: PersonId, id: Id) -> Result<bool, StoreError> {
    let deleted = tx.execute(
        sql!("DELETE FROM app_passwords WHERE id = $1 AND person = $2"),
        params![id, person],
    )?;
    Ok(deleted == 1)
}

fn read(row: &Row<'_>) -> Result<AppPassword, StoreError> {
    Ok(AppPassword {
        id: row.get(0)?,
        person: row.get(1)?,
        name: row.get(2)?,
        created: row.get(3)?,
        last_used: row.get(4)?,
    })
}
