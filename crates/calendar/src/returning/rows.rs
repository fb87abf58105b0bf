//! What changed in a calendar since an instant, and how it was then.

use kernel::{Id, Moment};
use store::{StoreError, Tx, params, sql};

use crate::types::Name;

/// An object that is not as it was.
pub(super) struct Touched {
    pub object: Id,
    pub name: Name,
    /// `None`: it is gone.
    pub text: Option<String>,
}

pub(super) fn touched(
    tx: &mut Tx<'_>,
    calendar: Id,
    since: Moment,
    count: i64,
) -> Result<Vec<Touched>, StoreError> {
    tx.query(
        sql!(
            "SELECT object, name, ical FROM calendar_objects WHERE calendar = $1 AND changed_at > $2
             ORDER BY changed_at LIMIT $3"
        ),
        params![calendar, since, count],
        |row| {
            Ok(Touched {
                object: row.get(0)?,
                name: Name::stored(row.get(1)?),
                text: row.get(2)?,
            })
        },
    )
}

/// How an object was at an instant; `None`: it was not there.
pub(super) fn text_at(tx: &mut Tx<'_>, object: Id, at: Moment) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT ical FROM calendar_history WHERE object = $1 AND since_at <= $2 AND until_at > $2 AND ical IS NOT NULL
             ORDER BY change DESC LIMIT 1"
        ),
        params![object, at],
        |row| row.get(0),
    )
}

/// An object that was deleted.
pub(super) struct Gone {
    pub object: Id,
    pub uid: String,
    pub deleted: Moment,
}

/// What was deleted since an instant, the last one first.
pub(super) fn gone(
    tx: &mut Tx<'_>,
    calendar: Id,
    since: Moment,
    count: i64,
) -> Result<Vec<Gone>, StoreError> {
    tx.query(
        sql!(
            "SELECT object, uid, changed_at FROM calendar_objects
             WHERE calendar = $1 AND ical IS NULL AND changed_at > $2 ORDER BY change DESC LIMIT $3"
        ),
        params![calendar, since, count],
        |row| {
            Ok(Gone {
                object: row.get(0)?,
                uid: row.get(1)?,
                deleted: row.get(2)?,
            })
        },
    )
}
