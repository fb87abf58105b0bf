//! What is looked through when reminders are worked out again.

use kernel::{Id, PersonId};
use store::{StoreError, Tx, params, sql};

use crate::rows::stored;
use crate::types::Stored;

/// What lies in a calendar, in the order of its changes.
pub(super) fn objects_after(
    tx: &mut Tx<'_>,
    calendar: Id,
    change: i64,
    count: u16,
) -> Result<Vec<Stored>, StoreError> {
    tx.query(
        sql!(
            "SELECT object, calendar, name, uid, kind, change, ical, created_at, changed_at, schedule_change
             FROM calendar_objects WHERE calendar = $1 AND change > $2 AND ical IS NOT NULL
             ORDER BY change LIMIT $3"
        ),
        params![calendar, change, count],
        stored,
    )
}

/// Calendars whose reminders were worked out by other rules of zones.
pub(super) fn by_other_rules(
    tx: &mut Tx<'_>,
    rules: i64,
    count: u16,
) -> Result<Vec<(PersonId, Id)>, StoreError> {
    tx.query(
        sql!("SELECT owner, calendar FROM calendars WHERE zone_rules < $1 OR zone_rules > $1 LIMIT $2"),
        params![rules, count],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub(super) fn follow_rules(tx: &mut Tx<'_>, calendar: Id, rules: i64) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE calendars SET zone_rules = $2 WHERE calendar = $1"),
        params![calendar, rules],
    )?;
    Ok(())
}
