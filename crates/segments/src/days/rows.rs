//! Who is not as they were at an instant.

use kernel::{Moment, PersonId};
use store::{StoreError, Tx, params, sql};

use crate::types::Number;

/// People whose place in a segment was changed by hand since an instant, or was over.
pub(super) fn moved(
    tx: &mut Tx<'_>,
    segment: Number,
    since: Moment,
    count: u32,
) -> Result<Vec<PersonId>, StoreError> {
    tx.query(
        sql!("SELECT DISTINCT person FROM segment_history WHERE segment = $1 AND happened_at >= $2 LIMIT $3"),
        params![i64::from(segment.get()), since, i64::from(count)],
        |row| row.get(0),
    )
}

/// People of whom something else is known since an instant.
pub(super) fn learned(tx: &mut Tx<'_>, since: Moment, count: u32) -> Result<Vec<PersonId>, StoreError> {
    tx.query(
        sql!("SELECT DISTINCT person FROM segment_facts WHERE known_until >= $1 LIMIT $2"),
        params![since, i64::from(count)],
        |row| row.get(0),
    )
}

/// People who are here again since an instant.
pub(super) fn returned(tx: &mut Tx<'_>, since: Moment, count: u32) -> Result<Vec<PersonId>, StoreError> {
    tx.query(
        sql!("SELECT DISTINCT person FROM segment_facts WHERE known_until >= $1 AND facts IS NULL LIMIT $2"),
        params![since, i64::from(count)],
        |row| row.get(0),
    )
}

/// People who are no more since an instant.
pub(super) fn gone(tx: &mut Tx<'_>, since: Moment, count: u32) -> Result<Vec<PersonId>, StoreError> {
    tx.query(
        sql!(
            "SELECT DISTINCT f.person FROM segment_facts f JOIN segment_people p ON p.person = f.person
             WHERE f.known_until >= $1 AND p.facts IS NULL LIMIT $2"
        ),
        params![since, i64::from(count)],
        |row| row.get(0),
    )
}
