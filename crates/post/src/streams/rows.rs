//! The rows of what was stopped, and of quiet hours.

use kernel::{Id, Moment};
use store::{StoreError, Tx, params, sql};

use super::types::QuietHours;

/// Rows of one owner that are read at once; nobody stops more streams than there are.
const STREAMS_MAX: usize = 200;

/// Whether the owner (a person, or [`Recipient::owner_of_address`](crate::Recipient::owner_of_address)) wants no more
/// letters of this stream. Asked before each hand-over.
pub fn is_stopped(tx: &mut Tx<'_>, owner: Id, stream: &str) -> Result<bool, StoreError> {
    let found = tx.query_opt(
        sql!("SELECT stopped_at FROM stopped_streams WHERE owner = $1 AND stream = $2"),
        params![owner, stream],
        |row| row.get::<Moment>(0),
    )?;
    Ok(found.is_some())
}

/// The streams that the owner stopped.
pub fn stopped(tx: &mut Tx<'_>, owner: Id) -> Result<Vec<String>, StoreError> {
    tx.query(
        sql!("SELECT stream FROM stopped_streams WHERE owner = $1 ORDER BY stream LIMIT $2"),
        params![owner, i64::try_from(STREAMS_MAX).unwrap_or(i64::MAX)],
        |row| row.get(0),
    )
}

/// The streams that the owner stopped, and since when.
pub fn stopped_since(tx: &mut Tx<'_>, owner: Id) -> Result<Vec<(String, Moment)>, StoreError> {
    tx.query(
        sql!("SELECT stream, stopped_at FROM stopped_streams WHERE owner = $1 ORDER BY stream LIMIT $2"),
        params![owner, i64::try_from(STREAMS_MAX).unwrap_or(i64::MAX)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Stops a stream; one that is stopped stays as it is.
pub fn stop(tx: &mut Tx<'_>, owner: Id, stream: &str, now: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO stopped_streams (owner, stream, vshard, stopped_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (owner, stream) DO NOTHING"
        ),
        params![owner, stream, owner.virtual_shard(), now],
    )?;
    Ok(())
}

pub fn start(tx: &mut Tx<'_>, owner: Id, stream: &str) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM stopped_streams WHERE owner = $1 AND stream = $2"),
        params![owner, stream],
    )?;
    Ok(())
}

pub fn quiet_hours(tx: &mut Tx<'_>, owner: Id) -> Result<Option<QuietHours>, StoreError> {
    let minute = |value: i64| i16::try_from(value).unwrap_or(-1);
    tx.query_opt(
        sql!("SELECT from_minute, until_minute FROM quiet_hours WHERE owner = $1"),
        params![owner],
        |row| {
            QuietHours::new(minute(row.get(0)?), minute(row.get(1)?))
                .ok_or_else(|| StoreError::broken("quiet hours are no hours"))
        },
    )
}

pub fn set_quiet_hours(tx: &mut Tx<'_>, owner: Id, hours: Option<QuietHours>) -> Result<(), StoreError> {
    let Some(hours) = hours else {
        tx.execute(sql!("DELETE FROM quiet_hours WHERE owner = $1"), params![owner])?;
        return Ok(());
    };
    tx.execute(
        sql!(
            "INSERT INTO quiet_hours (owner, vshard, from_minute, until_minute) VALUES ($1, $2, $3, $4)
             ON CONFLICT (owner) DO UPDATE SET from_minute = excluded.from_minute, until_minute = excluded.until_minute"
        ),
        params![owner, owner.virtual_shard(), i64::from(hours.from()), i64::from(hours.until())],
    )?;
    Ok(())
}

/// Somebody is deleted: what they stopped is forgotten with them.
pub fn forget(tx: &mut Tx<'_>, owner: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM stopped_streams WHERE owner = $1"),
        params![owner],
    )?;
    set_quiet_hours(tx, owner, None)
}
