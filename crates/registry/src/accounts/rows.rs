//! The rows of accounts and of failed sign-ins.

use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx, params, sql};

use super::types::{Account, Failures};
use crate::passwords::PasswordHash;

pub fn account(tx: &mut Tx<'_>, person: Id) -> Result<Option<Account>, StoreError> {
    tx.query_opt(
        sql!("SELECT password_hash, password_set_at, generation FROM accounts WHERE person = $1"),
        params![person],
        |row| {
            Ok(Account {
                password: row.get::<Option<String>>(0)?.map(PasswordHash::stored),
                password_set_at: row.get(1)?,
                generation: row.get(2)?,
            })
        },
    )
}

/// Sets the password; makes the account if there was none.
pub(super) fn put_password(
    tx: &mut Tx<'_>,
    person: PersonId,
    hash: &PasswordHash,
    at: Moment,
) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO accounts (person, vshard, password_hash, password_set_at, generation)
             VALUES ($1, $2, $3, $4, 1)
             ON CONFLICT (person) DO UPDATE SET password_hash = $3, password_set_at = $4"
        ),
        params![person, person.0.virtual_shard(), hash.as_str(), at],
    )?;
    Ok(())
}

/// Puts the same password's new hash in place of its old one. Nothing happens when the password changed meanwhile.
pub fn renew_hash(
    tx: &mut Tx<'_>,
    person: PersonId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE accounts SET password_hash = $3 WHERE person = $1 AND password_hash = $2"),
        params![person, old.as_str(), new.as_str()],
    )?;
    Ok(())
}

/// The next generation of the account's tokens; `None` when there is no account.
pub(super) fn raise_generation(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<i64>, StoreError> {
    tx.query_opt(
        sql!("UPDATE accounts SET generation = generation + 1 WHERE person = $1 RETURNING generation"),
        params![person],
        |row| row.get(0),
    )
}

pub(super) fn delete(tx: &mut Tx<'_>, person: PersonId) -> Result<(), StoreError> {
    tx.execute(sql!("DELETE FROM accounts WHERE person = $1"), params![person])?;
    Ok(())
}

pub fn failures(tx: &mut Tx<'_>, owner: Id) -> Result<Option<Failures>, StoreError> {
    tx.query_opt(
        sql!("SELECT failures, last_at, locked_until FROM sign_in_failures WHERE owner = $1"),
        params![owner],
        |row| {
            Ok(Failures {
                count: row.get(0)?,
                last_at: row.get(1)?,
                locked_until: row.get(2)?,
            })
        },
    )
}

/// Writes what is known now, and drops what nobody needs to remember in the same virtual shard.
pub fn put_failures(
    tx: &mut Tx<'_>,
    owner: Id,
    failures: &Failures,
    forgotten_before: Moment,
) -> Result<(), StoreError> {
    let shard = owner.virtual_shard();
    tx.execute(
        sql!("DELETE FROM sign_in_failures WHERE vshard = $1 AND last_at < $2"),
        params![shard, forgotten_before],
    )?;
    tx.execute(
        sql!(
            "INSERT INTO sign_in_failures (owner, vshard, failures, last_at, locked_until) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (owner) DO UPDATE SET failures = $3, last_at = $4, locked_until = $5"
        ),
        params![owner, shard, failures.count, failures.last_at, failures.locked_until],
    )?;
    Ok(())
}

/// `false` when there was nothing to forget.
pub fn forget_failures(tx: &mut Tx<'_>, owner: Id) -> Result<bool, StoreError> {
    let forgotten = tx.execute(
        sql!("DELETE FROM sign_in_failures WHERE owner = $1"),
        params![owner],
    )?;
    Ok(forgotten > 0)
}
