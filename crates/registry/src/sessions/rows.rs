//! The rows of sessions.

use kernel::{Id, Moment, PersonId};
use store::lease::VshardRange;
use store::{Row, StoreError, Tx, params, sql};

use super::types::{Ended, Rotation, Session, Surface};

pub(crate) fn session(tx: &mut Tx<'_>, id: Id) -> Result<Option<Session>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT id, person, surface, device, address, created_at, last_seen_at, expires_at, family_hash,
                    current_hash, previous_hash, rotated_at, ended
             FROM sessions WHERE id = $1"
        ),
        params![id],
        read,
    )
}

/// The person's open sessions, the last used first.
pub(crate) fn open_of(
    tx: &mut Tx<'_>,
    person: PersonId,
    now: Moment,
    rows: i64,
) -> Result<Vec<Session>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, person, surface, device, address, created_at, last_seen_at, expires_at, family_hash,
                    current_hash, previous_hash, rotated_at, ended
             FROM sessions WHERE person = $1 AND ended IS NULL AND expires_at > $2
             ORDER BY last_seen_at DESC, id DESC LIMIT $3"
        ),
        params![person, now, rows],
        read,
    )
}

pub(crate) fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    let rotation = &session.rotation;
    tx.execute(
        sql!(
            "INSERT INTO sessions (id, vshard, person, surface, device, address, created_at, last_seen_at, expires_at,
                                   family_hash, current_hash, previous_hash, rotated_at, ended)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL)"
        ),
        params![
            session.id,
            session.person.0.virtual_shard(),
            session.person,
            surface_code(session.surface),
            session.device,
            session.address,
            session.created,
            session.last_seen,
            session.expires,
            rotation.family,
            rotation.current,
            rotation.previous,
            rotation.rotated_at
        ],
    )?;
    Ok(())
}

/// Saves a renewal: the new hashes, and where and when the session was seen.
pub(crate) fn renew(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    let rotation = &session.rotation;
    tx.execute(
        sql!(
            "UPDATE sessions SET current_hash = $2, previous_hash = $3, rotated_at = $4, last_seen_at = $5,
                                 expires_at = $6, address = $7
             WHERE id = $1"
        ),
        params![
            session.id,
            rotation.current,
            rotation.previous,
            rotation.rotated_at,
            session.last_seen,
            session.expires,
            session.address
        ],
    )?;
    Ok(())
}

/// Ends a session and says until when it is remembered. `false` when it was over already.
pub(crate) fn end(tx: &mut Tx<'_>, id: Id, why: Ended, remembered_until: Moment) -> Result<bool, StoreError> {
    let ended = tx.execute(
        sql!("UPDATE sessions SET ended = $2, expires_at = $3 WHERE id = $1 AND ended IS NULL"),
        params![id, ended_code(why), remembered_until],
    )?;
    Ok(ended == 1)
}

/// Drops those of the person that are over and need not be remembered.
pub(crate) fn drop_expired(tx: &mut Tx<'_>, person: PersonId, now: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM sessions WHERE person = $1 AND expires_at <= $2"),
        params![person, now],
    )?;
    Ok(())
}

/// Sessions of these virtual shards that are over and need not be remembered.
pub(super) fn expired(
    tx: &mut Tx<'_>,
    shards: VshardRange,
    now: Moment,
    rows: u16,
) -> Result<Vec<Id>, StoreError> {
    tx.query(
        sql!(
            "SELECT id FROM sessions WHERE vshard BETWEEN $1 AND $2 AND expires_at <= $3 ORDER BY id LIMIT $4"
        ),
        params![shards.first, shards.last, now, rows],
        |row| row.get(0),
    )
}

/// Unless it was renewed meanwhile.
pub(super) fn drop_if_expired(tx: &mut Tx<'_>, session: Id, now: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM sessions WHERE id = $1 AND expires_at <= $2"),
        params![session, now],
    )?;
    Ok(())
}

pub(super) fn delete_all(tx: &mut Tx<'_>, person: PersonId) -> Result<(), StoreError> {
    tx.execute(sql!("DELETE FROM sessions WHERE person = $1"), params![person])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.get(0)?,
        person: row.get(1)?,
        surface: if row.get::<i64>(2)? == surface_code(Surface::Browser) {
            Surface::Browser
        } else {
            Surface::Api
        },
        device: row.get(3)?,
        address: row.get(4)?,
        created: row.get(5)?,
        last_seen: row.get(6)?,
        expires: row.get(7)?,
        rotation: Rotation {
            family: row.get(8)?,
            current: row.get(9)?,
            previous: row.get(10)?,
            rotated_at: row.get(11)?,
        },
        ended: row.get::<Option<i64>>(12)?.map(ended_of),
    })
}

fn surface_code(surface: Surface) -> i64 {
    match surface {
        Surface::Api => 1,
        Surface::Browser => 2,
    }
}

fn ended_code(ended: Ended) -> i64 {
    match ended {
        Ended::SignedOut => 1,
        Ended::Revoked => 2,
        Ended::Theft => 3,
    }
}

fn ended_of(code: i64) -> Ended {
    match code {
        1 => Ended::SignedOut,
        3 => Ended::Theft,
        _ => Ended::Revoked,
    }
}
