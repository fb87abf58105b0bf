//! Objects one after the other, whoever they belong to, with what is found by them.

use kernel::{Id, PersonId};
use store::{StoreError, Tx, params, sql};

use crate::rules::spans::Span;

/// Spans of one object: no series has more of them.
const SPANS_MAX: i64 = 10_000;

/// How far a server was looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub vshard: i64,
    pub owner: PersonId,
    pub object: Id,
}

/// An object that is looked at.
pub(super) struct Checked {
    pub place: Place,
    pub calendar: Id,
    pub change: i64,
    pub text: String,
}

pub(super) fn objects_behind(tx: &mut Tx<'_>, place: Place, count: u16) -> Result<Vec<Checked>, StoreError> {
    tx.query(
        sql!(
            "SELECT vshard, owner, object, calendar, change, ical FROM calendar_objects
             WHERE (vshard, owner, object) > ($1, $2, $3) AND ical IS NOT NULL
             ORDER BY vshard, owner, object LIMIT $4"
        ),
        params![place.vshard, place.owner, place.object, count],
        |row| {
            Ok(Checked {
                place: Place {
                    vshard: row.get(0)?,
                    owner: row.get(1)?,
                    object: row.get(2)?,
                },
                calendar: row.get(3)?,
                change: row.get(4)?,
                text: row.get(5)?,
            })
        },
    )
}

pub(super) fn spans(tx: &mut Tx<'_>, object: Id) -> Result<Vec<Span>, StoreError> {
    tx.query(
        sql!(
            "SELECT starts_at, ends_at, exact FROM calendar_spans WHERE object = $1 ORDER BY starts_at LIMIT $2"
        ),
        params![object, SPANS_MAX],
        |row| crate::rows::span(row, 0),
    )
}
