//! The rows of claims on e-mail addresses.

use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx, params, sql};

use super::Claim;

pub(super) fn claim(tx: &mut Tx<'_>, address: Id) -> Result<Option<Claim>, StoreError> {
    tx.query_opt(
        sql!("SELECT person, claimed_at, confirmed FROM emails WHERE id = $1"),
        params![address],
        |row| {
            Ok(Claim {
                person: row.get(0)?,
                at: row.get(1)?,
                confirmed: row.get(2)?,
            })
        },
    )
}

/// Writes a claim where there was none. `false` when somebody else did meanwhile.
pub(super) fn add(tx: &mut Tx<'_>, address: Id, claim: Claim) -> Result<bool, StoreError> {
    let added = tx.execute(
        sql!(
            "INSERT INTO emails (id, vshard, person, claimed_at, confirmed) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO NOTHING"
        ),
        params![
            address,
            address.virtual_shard(),
            claim.person,
            claim.at,
            claim.confirmed
        ],
    )?;
    Ok(added == 1)
}

/// Puts one claim in the place of another. `false` when the other is no longer what it was.
pub(super) fn replace(tx: &mut Tx<'_>, address: Id, old: Claim, new: Claim) -> Result<bool, StoreError> {
    let replaced = tx.execute(
        sql!(
            "UPDATE emails SET person = $2, claimed_at = $3, confirmed = $4
             WHERE id = $1 AND person = $5 AND claimed_at = $6 AND confirmed = $7"
        ),
        params![
            address,
            new.person,
            new.at,
            new.confirmed,
            old.person,
            old.at,
            old.confirmed
        ],
    )?;
    Ok(replaced == 1)
}

/// Marks the claim as borne. `false` when it lapsed and went to somebody else.
pub(super) fn confirm(
    tx: &mut Tx<'_>,
    address: Id,
    person: PersonId,
    at: Moment,
) -> Result<bool, StoreError> {
    let confirmed = tx.execute(
        sql!("UPDATE emails SET confirmed = 1 WHERE id = $1 AND person = $2 AND claimed_at = $3"),
        params![address, person, at],
    )?;
    Ok(confirmed == 1)
}

/// Removes a claim. Nothing happens when it is no longer what it was.
pub(super) fn remove(tx: &mut Tx<'_>, address: Id, claim: Claim) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM emails WHERE id = $1 AND person = $2 AND claimed_at = $3 AND confirmed = $4"),
        params![address, claim.person, claim.at, claim.confirmed],
    )?;
    Ok(())
}
