//! The rows of suppressions, their story, and letters that came back.

use kernel::{Id, Moment};
use store::{Row, StoreError, Tx, params, sql};

use super::types::{Act, Address, Happened, Reason, Scope, Suppression};

/// Addresses that one statement asks for.
pub(super) const ADDRESSES_AT_ONCE: usize = 16;
/// More entries than one address can have: everything, bulk, and each stream of the house once.
const ENTRIES_MAX: i64 = 100;

/// All entries of these addresses that this server has. Places that are left over repeat an address.
pub(super) fn of_addresses(
    tx: &mut Tx<'_>,
    addresses: &[Id; ADDRESSES_AT_ONCE],
) -> Result<Vec<Suppression>, StoreError> {
    const ROWS_MAX: i64 = ENTRIES_MAX * 16;
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = addresses;
    tx.query(
        sql!(
            "SELECT id, email, scope, stream, reason, since, source, words, address FROM suppressions
             WHERE address IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) LIMIT $17"
        ),
        params![a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ROWS_MAX],
        suppression,
    )
}

pub(super) fn of(tx: &mut Tx<'_>, address: Id) -> Result<Vec<Suppression>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, email, scope, stream, reason, since, source, words, address FROM suppressions
             WHERE address = $1 ORDER BY since DESC, id DESC LIMIT $2"
        ),
        params![address, ENTRIES_MAX],
        suppression,
    )
}

/// Those that began before `before`, the newest first.
pub(super) fn newest(
    tx: &mut Tx<'_>,
    before: (Moment, Id),
    rows: i64,
) -> Result<Vec<Suppression>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, email, scope, stream, reason, since, source, words, address FROM suppressions
             WHERE (since, id) < ($1, $2) ORDER BY since DESC, id DESC LIMIT $3"
        ),
        params![before.0, before.1, rows],
        suppression,
    )
}

/// Adds an entry. `false` when that was stopped already: the first reason stays.
pub(super) fn add(tx: &mut Tx<'_>, new: &Suppression) -> Result<bool, StoreError> {
    let address = new.address.id();
    let added = tx.execute(
        sql!(
            "INSERT INTO suppressions (id, vshard, address, email, scope, stream, reason, since, source, words)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (address, scope, stream) DO NOTHING"
        ),
        params![
            new.id,
            address.virtual_shard(),
            address,
            new.address.as_str(),
            new.scope.code(),
            new.scope.stream(),
            new.reason.code(),
            new.since,
            new.source,
            new.words
        ],
    )?;
    Ok(added == 1)
}

pub(super) fn remove(tx: &mut Tx<'_>, entry: &Suppression) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM suppressions WHERE address = $1 AND scope = $2 AND stream = $3"),
        params![entry.address.id(), entry.scope.code(), entry.scope.stream()],
    )?;
    Ok(())
}

/// Leaves of an address only its id: who bore it is forgotten, and what does not go there still does not.
pub(super) fn forget_email(tx: &mut Tx<'_>, address: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE suppressions SET email = '', words = '' WHERE address = $1"),
        params![address],
    )?;
    tx.execute(
        sql!("UPDATE suppression_story SET email = '', words = '' WHERE address = $1"),
        params![address],
    )?;
    Ok(())
}

/// Adds a line to the story.
pub(super) fn tell(tx: &mut Tx<'_>, line: &Happened) -> Result<(), StoreError> {
    let address = line.address.id();
    tx.execute(
        sql!(
            "INSERT INTO suppression_story
                 (id, vshard, address, email, at, act, scope, stream, reason, source, words)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        params![
            line.id,
            address.virtual_shard(),
            address,
            line.address.as_str(),
            line.at,
            line.act.code(),
            line.scope.code(),
            line.scope.stream(),
            line.reason.code(),
            line.source,
            line.words
        ],
    )?;
    Ok(())
}

/// The story before `before`, the newest first; of one address, or of all on this server.
pub(super) fn story(
    tx: &mut Tx<'_>,
    of: Option<Id>,
    before: (Moment, Id),
    rows: i64,
) -> Result<Vec<Happened>, StoreError> {
    let Some(address) = of else {
        return tx.query(
            sql!(
                "SELECT id, at, act, email, scope, stream, reason, source, words, address FROM suppression_story
                 WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3"
            ),
            params![before.0, before.1, rows],
            happened,
        );
    };
    tx.query(
        sql!(
            "SELECT id, at, act, email, scope, stream, reason, source, words, address FROM suppression_story
             WHERE address = $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $4"
        ),
        params![address, before.0, before.1, rows],
        happened,
    )
}

/// Notes a letter that came back; one that comes back twice counts once.
pub(super) fn came_back(tx: &mut Tx<'_>, address: Id, letter: Id, at: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO soft_bounces (address, vshard, letter, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (address, letter) DO NOTHING"
        ),
        params![address, address.virtual_shard(), letter, at],
    )?;
    Ok(())
}

/// Forgets letters that came back before `before`, and counts the others.
pub(super) fn came_back_since(tx: &mut Tx<'_>, address: Id, before: Moment) -> Result<usize, StoreError> {
    tx.execute(
        sql!("DELETE FROM soft_bounces WHERE address = $1 AND at < $2"),
        params![address, before],
    )?;
    let letters = tx.query_one(
        sql!("SELECT count(*) FROM soft_bounces WHERE address = $1"),
        params![address],
        |row| row.get::<u32>(0),
    )?;
    Ok(usize::try_from(letters).unwrap_or(usize::MAX))
}

pub(super) fn forget_soft_bounces(tx: &mut Tx<'_>, address: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM soft_bounces WHERE address = $1"),
        params![address],
    )?;
    Ok(())
}

fn suppression(row: &Row<'_>) -> Result<Suppression, StoreError> {
    Ok(Suppression {
        id: row.get(0)?,
        address: Address::stored(row.get(8)?, row.get(1)?),
        scope: scope(row.get(2)?, row.get(3)?)?,
        reason: reason(row.get(4)?)?,
        since: row.get(5)?,
        source: row.get(6)?,
        words: row.get(7)?,
    })
}

fn happened(row: &Row<'_>) -> Result<Happened, StoreError> {
    let act: i64 = row.get(2)?;
    Ok(Happened {
        id: row.get(0)?,
        at: row.get(1)?,
        act: Act::of_code(act).ok_or_else(|| StoreError::broken(format!("the story holds no act {act}")))?,
        address: Address::stored(row.get(9)?, row.get(3)?),
        scope: scope(row.get(4)?, row.get(5)?)?,
        reason: reason(row.get(6)?)?,
        source: row.get(7)?,
        words: row.get(8)?,
    })
}

fn scope(code: i64, stream: String) -> Result<Scope, StoreError> {
    Scope::of_code(code, stream).ok_or_else(|| StoreError::broken(format!("there is no scope {code}")))
}

fn reason(code: i64) -> Result<Reason, StoreError> {
    Reason::of_code(code).ok_or_else(|| StoreError::broken(format!("there is no reason {code}")))
}
