//! Rows of objects without their texts. How long a text is stands beside it, so that not even that reads it.

use kernel::Id;
use store::{Row, StoreError, Tx, params, sql};

use crate::rows::{kind, most};
use crate::types::{Heard, Name};

/// What happened in a calendar after a change, in order. Deletions up to `began` are left out: whoever began to read then never
/// saw what was deleted.
pub(crate) fn heard(
    tx: &mut Tx<'_>,
    calendar: Id,
    (after, began): (i64, i64),
    count: usize,
) -> Result<Vec<Heard>, StoreError> {
    tx.query(
        sql!(
            "SELECT name, uid, kind, change, schedule_change, CAST(octet_length(ical) AS BIGINT), created_at, changed_at
             FROM calendar_objects WHERE calendar = $1 AND change > $2 AND (ical IS NOT NULL OR change > $3)
             ORDER BY change LIMIT $4"
        ),
        params![calendar, after, began, most(count)],
        outline,
    )
}

/// Objects after one of them, in the order of their names.
pub(crate) fn after(
    tx: &mut Tx<'_>,
    calendar: Id,
    name: &str,
    count: usize,
) -> Result<Vec<Heard>, StoreError> {
    tx.query(
        sql!(
            "SELECT name, uid, kind, change, schedule_change, CAST(octet_length(ical) AS BIGINT), created_at, changed_at
             FROM calendar_objects WHERE calendar = $1 AND name > $2 AND ical IS NOT NULL ORDER BY name LIMIT $3"
        ),
        params![calendar, name, most(count)],
        outline,
    )
}

pub(crate) fn named(tx: &mut Tx<'_>, calendar: Id, name: &Name) -> Result<Option<Heard>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT name, uid, kind, change, schedule_change, CAST(octet_length(ical) AS BIGINT), created_at, changed_at
             FROM calendar_objects WHERE calendar = $1 AND name = $2 AND ical IS NOT NULL"
        ),
        params![calendar, name.as_str()],
        outline,
    )
}

fn outline(row: &Row<'_>) -> Result<Heard, StoreError> {
    let bytes: Option<i64> = row.get(5)?;
    Ok(Heard {
        name: Name::stored(row.get(0)?),
        uid: row.get(1)?,
        kind: kind(row.get(2)?)?,
        change: row.get(3)?,
        schedule: row.get(4)?,
        bytes: bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or_default(),
        created: row.get(6)?,
        changed: row.get(7)?,
        is_gone: bytes.is_none(),
    })
}
