//! The rows of calendars and of what lies in them, in the shard of their owner.

use ical::Kind;
use kernel::{Id, Moment, PersonId, Text};
use store::{Row, StoreError, Tx, params, sql};

use crate::reminders::types::Reminders;
use crate::rules::spans::{REACHES, Reach, Span};
use crate::types::{About, Calendar, Color, Kinds, Name, Role, Stored};

/// Rows that are read at once where a person asks for everything.
const ROWS_MAX: i64 = 200_000;

/// So many rows, as statements say it.
pub(crate) fn most(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Those that are not deleted, as their owner put them in order.
pub(crate) fn calendars(tx: &mut Tx<'_>, owner: PersonId) -> Result<Vec<Calendar>, StoreError> {
    tx.query(
        sql!(
            "SELECT calendar, owner, name, title, description, color, zone, position, kinds, busy, version, changes,
                forgotten, created_at, changed_at, deleted_at, extra, role, reminders
             FROM calendars WHERE vshard = $1 AND owner = $2 AND deleted_at IS NULL AND role = 0
             ORDER BY position, created_at, calendar LIMIT $3"
        ),
        params![owner.0.virtual_shard(), owner, ROWS_MAX],
        calendar,
    )
}

/// Those that were deleted after an instant, the last one first.
pub(crate) fn deleted_calendars(
    tx: &mut Tx<'_>,
    owner: PersonId,
    since: Moment,
) -> Result<Vec<Calendar>, StoreError> {
    tx.query(
        sql!(
            "SELECT calendar, owner, name, title, description, color, zone, position, kinds, busy, version, changes,
                forgotten, created_at, changed_at, deleted_at, extra, role, reminders
             FROM calendars WHERE vshard = $1 AND owner = $2 AND deleted_at > $3
             ORDER BY deleted_at DESC, calendar LIMIT $4"
        ),
        params![owner.0.virtual_shard(), owner, since, ROWS_MAX],
        calendar,
    )
}

/// One of somebody's, deleted or not.
pub(crate) fn calendar_with_id(
    tx: &mut Tx<'_>,
    owner: PersonId,
    id: Id,
) -> Result<Option<Calendar>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT calendar, owner, name, title, description, color, zone, position, kinds, busy, version, changes,
                forgotten, created_at, changed_at, deleted_at, extra, role, reminders
             FROM calendars WHERE calendar = $1 AND owner = $2"
        ),
        params![id, owner],
        calendar,
    )
}

pub(crate) fn calendar_named(
    tx: &mut Tx<'_>,
    owner: PersonId,
    name: &Name,
) -> Result<Option<Calendar>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT calendar, owner, name, title, description, color, zone, position, kinds, busy, version, changes,
                forgotten, created_at, changed_at, deleted_at, extra, role, reminders
             FROM calendars WHERE owner = $1 AND name = $2 AND deleted_at IS NULL"
        ),
        params![owner, name.as_str()],
        calendar,
    )
}

/// Whether somebody ever had a calendar: whoever deleted all of theirs gets no new one by looking.
pub(crate) fn has_had_calendars(tx: &mut Tx<'_>, owner: PersonId) -> Result<bool, StoreError> {
    let any = tx.query_opt(
        sql!("SELECT calendar FROM calendars WHERE vshard = $1 AND owner = $2 AND role = 0 LIMIT 1"),
        params![owner.0.virtual_shard(), owner],
        |row| row.get::<Id>(0),
    )?;
    let once = tx.query_opt(
        sql!("SELECT had_calendars FROM calendar_people WHERE owner = $1"),
        params![owner],
        |row| row.get::<bool>(0),
    )?;
    Ok(any.is_some() || once == Some(true))
}

pub(crate) fn save_calendar(tx: &mut Tx<'_>, calendar: &Calendar) -> Result<(), StoreError> {
    let about = &calendar.about;
    tx.execute(
        sql!(
            "INSERT INTO calendars (calendar, owner, vshard, name, title, description, color, zone, position, kinds, busy,
                version, changes, forgotten, created_at, changed_at, deleted_at, extra, role, reminders)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
             ON CONFLICT (calendar) DO UPDATE SET name = excluded.name, title = excluded.title,
                description = excluded.description, color = excluded.color, zone = excluded.zone,
                position = excluded.position, busy = excluded.busy, version = excluded.version,
                changes = excluded.changes, forgotten = excluded.forgotten, changed_at = excluded.changed_at,
                deleted_at = excluded.deleted_at, extra = excluded.extra, reminders = excluded.reminders"
        ),
        params![
            calendar.id,
            calendar.owner,
            calendar.owner.0.virtual_shard(),
            calendar.name.as_str(),
            about.title.as_str(),
            about.description.as_str(),
            about.color.rgb(),
            about.zone.as_str(),
            about.position,
            calendar.kinds.bits(),
            about.busy,
            calendar.version,
            calendar.changes,
            calendar.forgotten,
            calendar.created,
            calendar.changed,
            calendar.deleted,
            about.extra.as_str(),
            i64::from(calendar.role == Role::Inbox),
            about.reminders.to_string()
        ],
    )?;
    Ok(())
}

/// The number of the calendar's next change, which is taken by it.
pub(crate) fn next_change(tx: &mut Tx<'_>, calendar: Id) -> Result<i64, StoreError> {
    tx.query_one(
        sql!("UPDATE calendars SET changes = changes + 1 WHERE calendar = $1 RETURNING changes"),
        params![calendar],
        |row| row.get(0),
    )
}

/// An object, or what is left of one that was deleted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Slot {
    Full(Stored),
    Empty { id: Id },
}

impl Slot {
    pub(crate) fn stored(self) -> Option<Stored> {
        match self {
            Slot::Full(stored) => Some(stored),
            Slot::Empty { .. } => None,
        }
    }
}

pub(crate) fn slot(tx: &mut Tx<'_>, calendar: Id, name: &Name) -> Result<Option<Slot>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT object, calendar, name, uid, kind, change, ical, created_at, changed_at, schedule_change
             FROM calendar_objects WHERE calendar = $1 AND name = $2"
        ),
        params![calendar, name.as_str()],
        slot_of,
    )
}

pub(crate) fn object_with_id(tx: &mut Tx<'_>, owner: PersonId, id: Id) -> Result<Option<Stored>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT object, calendar, name, uid, kind, change, ical, created_at, changed_at, schedule_change
             FROM calendar_objects WHERE object = $1 AND owner = $2 AND ical IS NOT NULL"
        ),
        params![id, owner],
        stored,
    )
}

/// Somebody's copy of an object, in whichever calendar; the one that was written last, should there be several.
pub(crate) fn copy_of(tx: &mut Tx<'_>, owner: PersonId, uid: &str) -> Result<Option<Stored>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT o.object, o.calendar, o.name, o.uid, o.kind, o.change, o.ical, o.created_at, o.changed_at, o.schedule_change
             FROM calendar_objects o JOIN calendars c ON c.calendar = o.calendar
             WHERE o.owner = $1 AND o.uid = $2 AND o.ical IS NOT NULL AND c.deleted_at IS NULL AND c.role = 0
             ORDER BY o.changed_at DESC LIMIT 1"
        ),
        params![owner, uid],
        stored,
    )
}

/// Where an UID is in a calendar.
pub(crate) fn name_of_uid(tx: &mut Tx<'_>, calendar: Id, uid: &str) -> Result<Option<Name>, StoreError> {
    tx.query_opt(
        sql!("SELECT name FROM calendar_objects WHERE calendar = $1 AND uid = $2 AND ical IS NOT NULL"),
        params![calendar, uid],
        |row| Ok(Name::stored(row.get(0)?)),
    )
}

pub(crate) fn count(tx: &mut Tx<'_>, calendar: Id) -> Result<i64, StoreError> {
    tx.query_one(
        sql!("SELECT COUNT(*) FROM calendar_objects WHERE calendar = $1 AND ical IS NOT NULL"),
        params![calendar],
        |row| row.get(0),
    )
}

/// Objects after one of them, in the order of their names.
pub(crate) fn objects(
    tx: &mut Tx<'_>,
    calendar: Id,
    after: &str,
    count: usize,
) -> Result<Vec<Stored>, StoreError> {
    tx.query(
        sql!(
            "SELECT object, calendar, name, uid, kind, change, ical, created_at, changed_at, schedule_change
             FROM calendar_objects WHERE calendar = $1 AND name > $2 AND ical IS NOT NULL ORDER BY name LIMIT $3"
        ),
        params![calendar, after, most(count)],
        stored,
    )
}

pub(crate) fn save_object(tx: &mut Tx<'_>, owner: PersonId, object: &Stored) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_objects (object, owner, vshard, calendar, name, uid, kind, change, ical, created_at,
                changed_at, schedule_change)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (object) DO UPDATE SET uid = excluded.uid, kind = excluded.kind, change = excluded.change,
                ical = excluded.ical, created_at = excluded.created_at, changed_at = excluded.changed_at,
                schedule_change = excluded.schedule_change"
        ),
        params![
            object.id,
            owner,
            owner.0.virtual_shard(),
            object.calendar,
            object.name.as_str(),
            object.uid.as_str(),
            kind_code(object.kind),
            object.change,
            object.text.as_str(),
            object.created,
            object.changed,
            object.schedule
        ],
    )?;
    Ok(())
}

/// Leaves the row of an object without its text.
pub(crate) fn empty_object(tx: &mut Tx<'_>, id: Id, change: i64, at: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE calendar_objects SET ical = NULL, change = $2, changed_at = $3 WHERE object = $1"),
        params![id, change, at],
    )?;
    Ok(())
}

/// Keeps how an object was until it is changed or deleted.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    owner: PersonId,
    before: &Stored,
    until: Moment,
) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_history (object, change, owner, vshard, calendar, ical, since_at, until_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        params![
            before.id,
            before.change,
            owner,
            owner.0.virtual_shard(),
            before.calendar,
            before.text.as_str(),
            before.changed,
            until
        ],
    )?;
    Ok(())
}

/// How an object was, from when until when.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Past {
    pub change: i64,
    pub text: String,
    pub since: Moment,
    pub until: Moment,
}

/// How an object was before its last changes, the latest first.
pub(crate) fn past(tx: &mut Tx<'_>, owner: PersonId, id: Id, count: u16) -> Result<Vec<Past>, StoreError> {
    tx.query(
        sql!(
            "SELECT change, ical, since_at, until_at FROM calendar_history
             WHERE object = $1 AND owner = $2 AND ical IS NOT NULL ORDER BY change DESC LIMIT $3"
        ),
        params![id, owner, count],
        |row| {
            Ok(Past {
                change: row.get(0)?,
                text: row.get(1)?,
                since: row.get(2)?,
                until: row.get(3)?,
            })
        },
    )
}

/// How what somebody deleted last of a UID was.
pub(crate) fn gone(tx: &mut Tx<'_>, owner: PersonId, uid: &str) -> Result<Option<String>, StoreError> {
    let last = tx.query_opt(
        sql!(
            "SELECT object FROM calendar_objects WHERE owner = $1 AND uid = $2 AND ical IS NULL
             ORDER BY changed_at DESC LIMIT 1"
        ),
        params![owner, uid],
        |row| row.get::<Id>(0),
    )?;
    let past = last.map(|object| past(tx, owner, object, 1)).transpose()?;
    Ok(past.unwrap_or_default().pop().map(|past| past.text))
}

/// The place of an object, whether or not it is still there, and its last change.
pub(crate) fn place_of(
    tx: &mut Tx<'_>,
    owner: PersonId,
    id: Id,
) -> Result<Option<(Id, Name, i64)>, StoreError> {
    tx.query_opt(
        sql!("SELECT calendar, name, change FROM calendar_objects WHERE object = $1 AND owner = $2"),
        params![id, owner],
        |row| Ok((row.get(0)?, Name::stored(row.get(1)?), row.get(2)?)),
    )
}

/// Replaces the spans of an object.
pub(crate) fn save_spans(
    tx: &mut Tx<'_>,
    owner: PersonId,
    calendar: Id,
    object: Id,
    spans: &[Span],
) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_spans WHERE object = $1"),
        params![object],
    )?;
    for span in spans {
        tx.execute(
            sql!(
                "INSERT INTO calendar_spans (object, starts_at, owner, vshard, calendar, reach, ends_at, exact)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            ),
            params![
                object,
                span.starts,
                owner,
                owner.0.virtual_shard(),
                calendar,
                i64::from(span.reach().code()),
                span.ends,
                span.exact
            ],
        )?;
    }
    Ok(())
}

/// Objects of a calendar that may lie in a range: all that do, and a few that do not.
pub(crate) fn near(
    tx: &mut Tx<'_>,
    calendar: Id,
    range: (Moment, Moment),
) -> Result<Vec<Stored>, StoreError> {
    let judged = judged_near(tx, calendar, range)?;
    Ok(judged.into_iter().map(|(stored, _)| stored).collect())
}

/// The same, each with whether it lies there for sure.
pub(crate) fn judged_near(
    tx: &mut Tx<'_>,
    calendar: Id,
    (from, to): (Moment, Moment),
) -> Result<Vec<(Stored, bool)>, StoreError> {
    let mut found: Vec<(Stored, bool)> = Vec::new();
    for reach in REACHES {
        let reaching = match reach.micros_max() {
            Some(micros) => reaching(tx, calendar, reach, (from.plus_micros(-micros), from, to))?,
            None => long(tx, calendar, (from, to))?,
        };
        found.extend(reaching.into_iter().filter_map(|(stored, span)| {
            let lies = span.lies_in(from, to);
            (lies != Some(false)).then_some((stored, lies.is_some()))
        }));
    }
    // Those with several spans in the range were found for each.
    found.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    found.dedup_by(|(one, _), (other, _)| one.id == other.id);
    Ok(found)
}

fn reaching(
    tx: &mut Tx<'_>,
    calendar: Id,
    reach: Reach,
    (earliest, from, to): (Moment, Moment, Moment),
) -> Result<Vec<(Stored, Span)>, StoreError> {
    tx.query(
        sql!(
            "SELECT o.object, o.calendar, o.name, o.uid, o.kind, o.change, o.ical, o.created_at, o.changed_at,
                o.schedule_change, s.starts_at, s.ends_at, s.exact
             FROM calendar_spans s JOIN calendar_objects o ON o.object = s.object
             WHERE s.calendar = $1 AND s.reach = $2 AND s.starts_at >= $3 AND s.starts_at < $4 AND s.ends_at >= $5
             LIMIT $6"
        ),
        params![calendar, i64::from(reach.code()), earliest, to, from, ROWS_MAX],
        with_span,
    )
}

fn long(
    tx: &mut Tx<'_>,
    calendar: Id,
    (from, to): (Moment, Moment),
) -> Result<Vec<(Stored, Span)>, StoreError> {
    tx.query(
        sql!(
            "SELECT o.object, o.calendar, o.name, o.uid, o.kind, o.change, o.ical, o.created_at, o.changed_at,
                o.schedule_change, s.starts_at, s.ends_at, s.exact
             FROM calendar_spans s JOIN calendar_objects o ON o.object = s.object
             WHERE s.calendar = $1 AND s.reach = 4 AND s.ends_at >= $2 AND s.starts_at < $3 LIMIT $4"
        ),
        params![calendar, from, to, ROWS_MAX],
        with_span,
    )
}

fn with_span(row: &Row<'_>) -> Result<(Stored, Span), StoreError> {
    Ok((stored(row)?, span(row, 10)?))
}

/// The span of a row, from a column on.
pub(crate) fn span(row: &Row<'_>, at: usize) -> Result<Span, StoreError> {
    Ok(Span {
        starts: row.get(at)?,
        ends: row.get(at + 1)?,
        exact: row.get(at + 2)?,
    })
}

/// Deletes so much of what is somebody's; how many rows that were, and which objects are no more.
pub(crate) fn forget(tx: &mut Tx<'_>, owner: PersonId, count: u16) -> Result<(u64, Vec<Id>), StoreError> {
    let vshard = owner.0.virtual_shard();
    let objects = tx.query(
        sql!(
            "DELETE FROM calendar_objects WHERE object IN
             (SELECT object FROM calendar_objects WHERE vshard = $1 AND owner = $2 LIMIT $3) RETURNING object"
        ),
        params![vshard, owner, count],
        |row| row.get(0),
    )?;
    let mut deleted = u64::try_from(objects.len()).unwrap_or(u64::MAX);
    for table in [
        sql!(
            "DELETE FROM calendar_links WHERE calendar IN
             (SELECT calendar FROM calendar_links WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
        sql!(
            "DELETE FROM calendar_spans WHERE object IN
             (SELECT object FROM calendar_spans WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
        sql!(
            "DELETE FROM calendar_history WHERE object IN
             (SELECT object FROM calendar_history WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
        sql!(
            "DELETE FROM calendar_unanswered WHERE object IN
             (SELECT object FROM calendar_unanswered WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
        sql!(
            "DELETE FROM calendar_apart WHERE invitation IN
             (SELECT invitation FROM calendar_apart WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
        sql!(
            "DELETE FROM calendar_organizers WHERE (owner, organizer) IN
             (SELECT owner, organizer FROM calendar_organizers WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
        sql!(
            "DELETE FROM calendars WHERE calendar IN
             (SELECT calendar FROM calendars WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
        sql!(
            "DELETE FROM calendar_people WHERE owner IN
             (SELECT owner FROM calendar_people WHERE vshard = $1 AND owner = $2 LIMIT $3)"
        ),
    ] {
        deleted += tx.execute(table, params![vshard, owner, count])?;
    }
    Ok((deleted, objects))
}

fn calendar(row: &Row<'_>) -> Result<Calendar, StoreError> {
    Ok(Calendar {
        id: row.get(0)?,
        owner: row.get(1)?,
        name: Name::stored(row.get(2)?),
        about: About {
            title: Text::stored(row.get(3)?),
            description: Text::stored(row.get(4)?),
            color: Color::stored(row.get(5)?).ok_or_else(|| broken("the color"))?,
            zone: row.get(6)?,
            position: row.get(7)?,
            busy: row.get(9)?,
            extra: row.get(16)?,
            reminders: Reminders::stored(&row.get::<String>(18)?).ok_or_else(|| broken("the reminders"))?,
        },
        role: match row.get(17)? {
            0_i64 => Role::Plain,
            _ => Role::Inbox,
        },
        kinds: Kinds::stored(row.get(8)?).ok_or_else(|| broken("the kinds"))?,
        version: row.get(10)?,
        changes: row.get(11)?,
        forgotten: row.get(12)?,
        created: row.get(13)?,
        changed: row.get(14)?,
        deleted: row.get(15)?,
    })
}

fn slot_of(row: &Row<'_>) -> Result<Slot, StoreError> {
    let is_full = row.get::<Option<String>>(6)?.is_some();
    if is_full {
        stored(row).map(Slot::Full)
    } else {
        Ok(Slot::Empty { id: row.get(0)? })
    }
}

pub(crate) fn stored(row: &Row<'_>) -> Result<Stored, StoreError> {
    Ok(Stored {
        id: row.get(0)?,
        calendar: row.get(1)?,
        name: Name::stored(row.get(2)?),
        uid: row.get(3)?,
        kind: kind(row.get(4)?)?,
        change: row.get(5)?,
        text: row.get(6)?,
        created: row.get(7)?,
        changed: row.get(8)?,
        schedule: row.get(9)?,
    })
}

pub(crate) fn kind_code(kind: Kind) -> i64 {
    match kind {
        Kind::Event | Kind::FreeBusy => 1,
        Kind::Todo => 2,
        Kind::Journal => 4,
    }
}

pub(crate) fn kind(code: i64) -> Result<Kind, StoreError> {
    match code {
        1 => Ok(Kind::Event),
        2 => Ok(Kind::Todo),
        4 => Ok(Kind::Journal),
        _ => Err(broken("the kind")),
    }
}

fn broken(what: &str) -> StoreError {
    StoreError::broken(format!("{what} of a calendar is none"))
}
