//! The rows of invitations, in the shard of those who are invited.

use kernel::{Id, Moment, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use super::{APART_MAX, APART_OF_ONE_MAX, Apart, Known};
use crate::rows::stored;
use crate::rules::inviting::{Standing, Whose};
use crate::types::Stored;

/// Unanswered events that are read at once: nobody looks at more.
pub(super) const UNANSWERED_MAX: i64 = 500;
/// Organizers that somebody is told of at once.
const ORGANIZERS_MAX: i64 = 10_000;

pub(crate) fn whose(tx: &mut Tx<'_>, owner: PersonId) -> Result<Whose, StoreError> {
    let found = tx.query_opt(
        sql!("SELECT invitations FROM calendar_people WHERE owner = $1"),
        params![owner],
        |row| row.get::<i64>(0),
    )?;
    Ok(match found {
        Some(0) => Whose::Everybody,
        Some(2) => Whose::Known,
        _ => Whose::House,
    })
}

pub(crate) fn save_whose(tx: &mut Tx<'_>, owner: PersonId, whose: Whose) -> Result<(), StoreError> {
    let code = match whose {
        Whose::Everybody => 0_i64,
        Whose::House => 1,
        Whose::Known => 2,
    };
    tx.execute(
        sql!(
            "INSERT INTO calendar_people (owner, vshard, had_calendars, zone, invitations) VALUES ($1, $2, 0, 'UTC', $3)
             ON CONFLICT (owner) DO UPDATE SET invitations = excluded.invitations"
        ),
        params![owner, owner.0.virtual_shard(), code],
    )?;
    Ok(())
}

pub(crate) fn standing(
    tx: &mut Tx<'_>,
    owner: PersonId,
    organizer: &str,
) -> Result<Option<Standing>, StoreError> {
    tx.query_opt(
        sql!("SELECT standing FROM calendar_organizers WHERE owner = $1 AND organizer = $2"),
        params![owner, organizer],
        |row| Ok(standing_of(row.get(0)?)),
    )
}

/// Those whom somebody knows or hears nothing of, the last one first.
pub(super) fn organizers(tx: &mut Tx<'_>, owner: PersonId) -> Result<Vec<Known>, StoreError> {
    tx.query(
        sql!(
            "SELECT organizer, standing, since_at FROM calendar_organizers WHERE vshard = $1 AND owner = $2
             ORDER BY since_at DESC, organizer LIMIT $3"
        ),
        params![owner.0.virtual_shard(), owner, ORGANIZERS_MAX],
        |row| {
            Ok(Known {
                organizer: row.get(0)?,
                standing: standing_of(row.get(1)?),
                since: row.get(2)?,
            })
        },
    )
}

/// Whether somebody is known who was not. Whoever is blocked stays so.
pub(super) fn know(
    tx: &mut Tx<'_>,
    owner: PersonId,
    organizer: &str,
    at: Moment,
) -> Result<bool, StoreError> {
    let is_new = tx.execute(
        sql!(
            "INSERT INTO calendar_organizers (owner, organizer, vshard, standing, since_at) VALUES ($1, $2, $3, 1, $4)
             ON CONFLICT (owner, organizer) DO NOTHING"
        ),
        params![owner, organizer, owner.0.virtual_shard(), at],
    )?;
    Ok(is_new > 0)
}

pub(super) fn save_standing(
    tx: &mut Tx<'_>,
    owner: PersonId,
    organizer: &str,
    (standing, at): (Standing, Moment),
) -> Result<(), StoreError> {
    let code = match standing {
        Standing::Known => 1_i64,
        Standing::Blocked => 2,
    };
    tx.execute(
        sql!(
            "INSERT INTO calendar_organizers (owner, organizer, vshard, standing, since_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (owner, organizer) DO UPDATE SET standing = excluded.standing, since_at = excluded.since_at"
        ),
        params![owner, organizer, owner.0.virtual_shard(), code, at],
    )?;
    Ok(())
}

/// Whether there was anything to forget.
pub(super) fn end_standing(tx: &mut Tx<'_>, owner: PersonId, organizer: &str) -> Result<bool, StoreError> {
    let ended = tx.execute(
        sql!("DELETE FROM calendar_organizers WHERE owner = $1 AND organizer = $2"),
        params![owner, organizer],
    )?;
    Ok(ended > 0)
}

pub(crate) fn apart_of(tx: &mut Tx<'_>, owner: PersonId, uid: &str) -> Result<Option<Apart>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT invitation, uid, organizer, ical, asks, arrived_at, ends_at FROM calendar_apart
             WHERE owner = $1 AND uid = $2"
        ),
        params![owner, uid],
        apart,
    )
}

pub(super) fn apart_with_id(tx: &mut Tx<'_>, owner: PersonId, id: Id) -> Result<Option<Apart>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT invitation, uid, organizer, ical, asks, arrived_at, ends_at FROM calendar_apart
             WHERE invitation = $1 AND owner = $2"
        ),
        params![id, owner],
        apart,
    )
}

/// All that wait apart, the last that came first.
pub(crate) fn all_apart(tx: &mut Tx<'_>, owner: PersonId) -> Result<Vec<Apart>, StoreError> {
    tx.query(
        sql!(
            "SELECT invitation, uid, organizer, ical, asks, arrived_at, ends_at FROM calendar_apart
             WHERE vshard = $1 AND owner = $2 ORDER BY arrived_at DESC, invitation LIMIT $3"
        ),
        params![owner.0.virtual_shard(), owner, APART_MAX],
        apart,
    )
}

/// Those of one organizer, the last that came first.
pub(crate) fn apart_by(tx: &mut Tx<'_>, owner: PersonId, organizer: &str) -> Result<Vec<Apart>, StoreError> {
    tx.query(
        sql!(
            "SELECT invitation, uid, organizer, ical, asks, arrived_at, ends_at FROM calendar_apart
             WHERE owner = $1 AND organizer = $2 ORDER BY arrived_at DESC, invitation LIMIT $3"
        ),
        params![owner, organizer, APART_MAX],
        apart,
    )
}

/// Keeps one; where there are too many then, the oldest go, first of those of its organizer.
pub(crate) fn save_apart(tx: &mut Tx<'_>, owner: PersonId, apart: &Apart) -> Result<(), StoreError> {
    let vshard = owner.0.virtual_shard();
    tx.execute(
        sql!(
            "INSERT INTO calendar_apart (invitation, owner, vshard, uid, organizer, ical, asks, arrived_at, ends_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (owner, uid) DO UPDATE SET ical = excluded.ical, asks = excluded.asks,
                ends_at = excluded.ends_at"
        ),
        params![
            apart.id,
            owner,
            vshard,
            apart.uid.as_str(),
            apart.organizer.as_str(),
            apart.text.as_str(),
            apart.asks,
            apart.arrived,
            apart.ends
        ],
    )?;
    tx.execute(
        sql!(
            "DELETE FROM calendar_apart WHERE invitation IN
             (SELECT invitation FROM calendar_apart WHERE owner = $1 AND organizer = $2
              ORDER BY arrived_at DESC, invitation LIMIT $4 OFFSET $3)"
        ),
        params![owner, apart.organizer.as_str(), APART_OF_ONE_MAX, APART_MAX],
    )?;
    tx.execute(
        sql!(
            "DELETE FROM calendar_apart WHERE invitation IN
             (SELECT invitation FROM calendar_apart WHERE vshard = $1 AND owner = $2
              ORDER BY arrived_at DESC, invitation LIMIT $3 OFFSET $3)"
        ),
        params![vshard, owner, APART_MAX],
    )?;
    Ok(())
}

/// It asks no more.
pub(super) fn dismiss(tx: &mut Tx<'_>, owner: PersonId, id: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE calendar_apart SET asks = 0 WHERE invitation = $1 AND owner = $2"),
        params![id, owner],
    )?;
    Ok(())
}

pub(crate) fn end_apart(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_apart WHERE invitation = $1"),
        params![id],
    )?;
    Ok(())
}

/// `until`: when the last of an object is over that waits for its owner's answer; `None`: it waits for nothing.
pub(crate) fn save_unanswered(
    tx: &mut Tx<'_>,
    owner: PersonId,
    object: &Stored,
    until: Option<Moment>,
) -> Result<(), StoreError> {
    let Some(until) = until else {
        tx.execute(
            sql!("DELETE FROM calendar_unanswered WHERE object = $1"),
            params![object.id],
        )?;
        return Ok(());
    };
    tx.execute(
        sql!(
            "INSERT INTO calendar_unanswered (object, owner, vshard, calendar, ends_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (object) DO UPDATE SET calendar = excluded.calendar, ends_at = excluded.ends_at"
        ),
        params![object.id, owner, owner.0.virtual_shard(), object.calendar, until],
    )?;
    Ok(())
}

/// What somebody has not answered and is not over, the next to end first.
pub(super) fn unanswered(tx: &mut Tx<'_>, owner: PersonId, at: Moment) -> Result<Vec<Stored>, StoreError> {
    tx.query(
        sql!(
            "SELECT o.object, o.calendar, o.name, o.uid, o.kind, o.change, o.ical, o.created_at, o.changed_at, o.schedule_change
             FROM calendar_unanswered u JOIN calendar_objects o ON o.object = u.object
             JOIN calendars c ON c.calendar = u.calendar
             WHERE u.vshard = $1 AND u.owner = $2 AND u.ends_at > $3 AND o.ical IS NOT NULL AND c.deleted_at IS NULL
             ORDER BY u.ends_at, u.object LIMIT $4"
        ),
        params![owner.0.virtual_shard(), owner, at, UNANSWERED_MAX],
        stored,
    )
}

/// How many invitations wait: in somebody's calendars, and apart.
pub(super) fn waiting(tx: &mut Tx<'_>, owner: PersonId, at: Moment) -> Result<i64, StoreError> {
    let vshard = owner.0.virtual_shard();
    let unanswered: i64 = tx.query_one(
        sql!(
            "SELECT COUNT(*) FROM calendar_unanswered u JOIN calendars c ON c.calendar = u.calendar
             WHERE u.vshard = $1 AND u.owner = $2 AND u.ends_at > $3 AND c.deleted_at IS NULL"
        ),
        params![vshard, owner, at],
        |row| row.get(0),
    )?;
    let apart: i64 = tx.query_one(
        sql!(
            "SELECT COUNT(*) FROM calendar_apart WHERE vshard = $1 AND owner = $2 AND asks = 1 AND ends_at > $3"
        ),
        params![vshard, owner, at],
        |row| row.get(0),
    )?;
    Ok(unanswered + apart)
}

fn standing_of(code: i64) -> Standing {
    match code {
        1 => Standing::Known,
        _ => Standing::Blocked,
    }
}

fn apart(row: &Row<'_>) -> Result<Apart, StoreError> {
    Ok(Apart {
        id: row.get(0)?,
        uid: row.get(1)?,
        organizer: row.get(2)?,
        text: row.get(3)?,
        asks: row.get(4)?,
        arrived: row.get(5)?,
        ends: row.get(6)?,
    })
}
