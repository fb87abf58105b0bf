//! The rows of links.

use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx, params, sql};

use super::types::{Link, Purpose};

pub(crate) fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Link>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, purpose, token_hash, created_at, expires_at FROM links WHERE person = $1 ORDER BY purpose, id"
        ),
        params![person],
        |row| {
            let hash: Vec<u8> = row.get(2)?;
            Ok(Link {
                id: row.get(0)?,
                person,
                purpose: purpose(row.get(1)?)?,
                token_hash: hash
                    .try_into()
                    .map_err(|_| StoreError::broken("a link has a hash of a wrong length"))?,
                created: row.get(3)?,
                expires: row.get(4)?,
            })
        },
    )
}

/// Puts the link in the place of those of its kind that the person had.
pub(super) fn put(tx: &mut Tx<'_>, link: &Link) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM links WHERE person = $1 AND purpose = $2"),
        params![link.person, purpose_code(link.purpose)],
    )?;
    tx.execute(
        sql!(
            "INSERT INTO links (id, vshard, person, purpose, token_hash, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        params![
            link.id,
            link.person.0.virtual_shard(),
            link.person,
            purpose_code(link.purpose),
            link.token_hash,
            link.created,
            link.expires
        ],
    )?;
    Ok(())
}

/// Uses the link up. `false` when it was used before.
pub(super) fn spend(tx: &mut Tx<'_>, id: Id) -> Result<bool, StoreError> {
    let spent = tx.execute(sql!("DELETE FROM links WHERE id = $1"), params![id])?;
    Ok(spent == 1)
}

pub(super) fn remove_expired(tx: &mut Tx<'_>, person: PersonId, now: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM links WHERE person = $1 AND expires_at <= $2"),
        params![person, now],
    )?;
    Ok(())
}

pub fn remove_all(tx: &mut Tx<'_>, person: PersonId) -> Result<(), StoreError> {
    tx.execute(sql!("DELETE FROM links WHERE person = $1"), params![person])?;
    Ok(())
}

fn purpose_code(purpose: Purpose) -> i64 {
    match purpose {
        Purpose::Invitation => 1,
        Purpose::Reset => 2,
    }
}

fn purpose(code: i64) -> Result<Purpose, StoreError> {
    match code {
        1 => Ok(Purpose::Invitation),
        2 => Ok(Purpose::Reset),
        _ => Err(StoreError::broken(format!(
            "a link has a purpose {code} that does not exist"
        ))),
    }
}
