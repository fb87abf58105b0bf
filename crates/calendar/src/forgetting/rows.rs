//! What is found by its age, and deleted.

use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx, params, sql};

/// The calendar that has been in the bin for longest, of those deleted by then.
pub(super) fn in_the_bin(tx: &mut Tx<'_>, deleted_by: Moment) -> Result<Option<(PersonId, Id)>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT owner, calendar FROM calendars WHERE deleted_at IS NOT NULL AND deleted_at <= $1
             ORDER BY deleted_at LIMIT 1"
        ),
        params![deleted_by],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Some of what lies in a calendar, or lay in it.
pub(super) fn objects(tx: &mut Tx<'_>, calendar: Id, count: u16) -> Result<Vec<Id>, StoreError> {
    tx.query(
        sql!("SELECT object FROM calendar_objects WHERE calendar = $1 LIMIT $2"),
        params![calendar, count],
        |row| row.get(0),
    )
}

/// An object with everything that is known of it.
pub(super) fn delete_object(tx: &mut Tx<'_>, object: Id) -> Result<(), StoreError> {
    for table in [
        sql!("DELETE FROM calendar_spans WHERE object = $1"),
        sql!("DELETE FROM calendar_history WHERE object = $1"),
        sql!("DELETE FROM calendar_unanswered WHERE object = $1"),
        sql!("DELETE FROM calendar_objects WHERE object = $1"),
    ] {
        tx.execute(table, params![object])?;
    }
    Ok(())
}

/// An empty calendar, with its link. That its owner had one is remembered: they get no new one by looking.
pub(super) fn delete_calendar(tx: &mut Tx<'_>, owner: PersonId, calendar: Id) -> Result<(), StoreError> {
    for table in [
        sql!("DELETE FROM calendar_links WHERE calendar = $1"),
        sql!("DELETE FROM calendars WHERE calendar = $1"),
    ] {
        tx.execute(table, params![calendar])?;
    }
    tx.execute(
        sql!(
            "INSERT INTO calendar_people (owner, vshard, had_calendars, zone) VALUES ($1, $2, 1, 'UTC')
             ON CONFLICT (owner) DO UPDATE SET had_calendars = 1"
        ),
        params![owner, owner.0.virtual_shard()],
    )?;
    Ok(())
}

/// How objects were until then; how many rows that were.
pub(super) fn forget_history(tx: &mut Tx<'_>, until: Moment, count: u16) -> Result<u64, StoreError> {
    tx.execute(
        sql!(
            "DELETE FROM calendar_history WHERE (object, change) IN
             (SELECT object, change FROM calendar_history WHERE until_at <= $1 ORDER BY until_at LIMIT $2)"
        ),
        params![until, count],
    )
}

/// Messages that came into inboxes by then, each with its inbox.
pub(super) fn messages(tx: &mut Tx<'_>, until: Moment, count: u16) -> Result<Vec<(Id, Id)>, StoreError> {
    tx.query(
        sql!(
            "SELECT o.calendar, o.object FROM calendar_objects o JOIN calendars c ON c.calendar = o.calendar
             WHERE o.uid = o.name AND o.ical IS NOT NULL AND o.changed_at <= $1 AND c.role = 1
             ORDER BY o.changed_at LIMIT $2"
        ),
        params![until, count],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What is left of objects that were deleted by then: their calendars, and the changes that deleted them.
pub(super) fn forget_emptied(
    tx: &mut Tx<'_>,
    until: Moment,
    count: u16,
) -> Result<Vec<(Id, i64)>, StoreError> {
    tx.query(
        sql!(
            "DELETE FROM calendar_objects WHERE object IN
             (SELECT object FROM calendar_objects WHERE ical IS NULL AND changed_at <= $1 ORDER BY changed_at LIMIT $2)
             RETURNING calendar, change"
        ),
        params![until, count],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Invitations that wait apart and were over by then; how many they were.
pub(super) fn forget_apart(tx: &mut Tx<'_>, until: Moment, count: u16) -> Result<u64, StoreError> {
    tx.execute(
        sql!(
            "DELETE FROM calendar_apart WHERE invitation IN
             (SELECT invitation FROM calendar_apart WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2)"
        ),
        params![until, count],
    )
}

/// Whoever has read a calendar up to an earlier change than this begins anew.
pub(super) fn forgot(tx: &mut Tx<'_>, calendar: Id, change: i64) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE calendars SET forgotten = $2 WHERE calendar = $1 AND forgotten < $2"),
        params![calendar, change],
    )?;
    Ok(())
}

/// Rows of somebody's, by table; timers among them.
#[cfg(test)]
pub(super) fn counted(tx: &mut Tx<'_>, owner: PersonId) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let mut counts = Vec::new();
    for (name, statement) in [
        (
            "calendars",
            sql!("SELECT COUNT(*) FROM calendars WHERE owner = $1"),
        ),
        (
            "objects",
            sql!("SELECT COUNT(*) FROM calendar_objects WHERE owner = $1"),
        ),
        (
            "history",
            sql!("SELECT COUNT(*) FROM calendar_history WHERE owner = $1"),
        ),
        (
            "spans",
            sql!("SELECT COUNT(*) FROM calendar_spans WHERE owner = $1"),
        ),
        (
            "links",
            sql!("SELECT COUNT(*) FROM calendar_links WHERE owner = $1"),
        ),
        (
            "unanswered",
            sql!("SELECT COUNT(*) FROM calendar_unanswered WHERE owner = $1"),
        ),
        ("timers", sql!("SELECT COUNT(*) FROM timers WHERE owner = $1")),
    ] {
        counts.push((name, tx.query_one(statement, params![owner], |row| row.get(0))?));
    }
    Ok(counts)
}
