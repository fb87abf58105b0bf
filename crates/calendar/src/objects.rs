//! What lies in calendars: found by name or by time, followed by number, laid in and taken out.

use ical::{Kind, Object, Timing};
use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

use crate::reminders;
use crate::rows::{self, Slot};
use crate::rules::reminding::may_remind;
use crate::rules::spans::{Span, spans};
use crate::service::{Calendars, Refused, live};
use crate::types::{Calendar, Expected, Heard, Name, OBJECTS_MAX, Reason, Stored};

/// What became of a put.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    pub stored: Stored,
    pub is_new: bool,
}

/// Where a reader of a calendar is. A first reading may take several answers; until its end, what was deleted before it began was
/// never there for this reader, so it is not told, and need not be known any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Everything up to this number was told.
    pub after: i64,
    /// The calendar's number when the first reading began; once that is done, how far was read. `None`: it begins now.
    pub began: Option<i64>,
}

/// What a reader hears of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    pub items: Vec<Heard>,
    /// How far the reader has read with these.
    pub until: i64,
    /// When they began to read.
    pub began: i64,
    /// Whether there is nothing after them.
    pub is_all: bool,
}

impl Calendars {
    pub async fn object(&self, owner: PersonId, id: Id) -> Result<Stored, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::object_with_id(tx, owner, id));
        Ok(found.await?.ok_or(Reason::NoObject)?)
    }

    /// Those of these names that are there, in this order.
    pub async fn named(
        &self,
        owner: PersonId,
        calendar: Id,
        names: Vec<Name>,
    ) -> Result<Vec<Option<Stored>>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let found = names.iter().map(|name| rows::slot(tx, calendar, name));
            let found = found.map(|slot| Ok(slot?.and_then(Slot::stored)));
            found.collect()
        });
        found.await
    }

    /// Objects after one of them, in the order of their names.
    pub async fn objects(
        &self,
        owner: PersonId,
        calendar: Id,
        after: Option<Name>,
        count: usize,
    ) -> Result<Vec<Stored>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let after = after.as_ref().map_or("", Name::as_str);
            Ok(rows::objects(tx, calendar, after, count)?)
        });
        found.await
    }

    /// Objects that may lie in `from..to`: all that do, and a few that do not.
    pub async fn near(
        &self,
        owner: PersonId,
        calendar: Id,
        from: Moment,
        to: Moment,
    ) -> Result<Vec<Stored>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            Ok(rows::near(tx, calendar, from, to)?)
        });
        found.await
    }

    /// What happened in a calendar since a reader was there. `None` when what was deleted since they began is no longer known,
    /// or they were told a number that there never was: such a reader begins anew.
    pub async fn changes(
        &self,
        owner: PersonId,
        calendar: Id,
        mark: Mark,
        count: usize,
    ) -> Result<Option<Changes>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            let calendar = live(tx, owner, calendar)?;
            // A reader who knows nothing yet began now.
            let began = mark.began.unwrap_or(calendar.changes);
            if mark.after > calendar.changes || !(calendar.forgotten..=calendar.changes).contains(&began) {
                return Ok(None);
            }
            let mut items = rows::heard(tx, calendar.id, (mark.after, began), count.saturating_add(1))?;
            let is_all = items.len() <= count;
            items.truncate(count);
            let until = match (is_all, items.last()) {
                (false, Some(last)) => last.change,
                _ => calendar.changes,
            };
            Ok(Some(Changes {
                items,
                until,
                began,
                is_all,
            }))
        });
        found.await
    }

    /// Puts an object into a calendar, or another one in its place.
    pub async fn put(
        &self,
        owner: PersonId,
        calendar: Id,
        name: Name,
        text: String,
        expected: Expected,
    ) -> Result<Put, Refused> {
        let now = self.now();
        let read = Read::new(&text, now)?;
        let id = Id::beside(owner.0, now);
        let shard = self.store().shard_of(owner);
        let put = shard.write::<_, Refused>(move |tx| {
            let calendar = live(tx, owner, calendar)?;
            put_in(tx, &calendar, &name, (&read, &text), (id, now), expected)
        });
        put.await
    }

    /// Moves an object, within a calendar or to another one of its owner's. `expected` is about the place where it goes.
    pub async fn relocate(
        &self,
        owner: PersonId,
        (from, name): (Id, Name),
        (to, as_name): (Id, Name),
        expected: Expected,
    ) -> Result<Put, Refused> {
        let found = self.named(owner, from, vec![name.clone()]).await?;
        let found = found.into_iter().next().flatten().ok_or(Reason::NoObject)?;
        let now = self.now();
        let read = Read::new(&found.text, now)?;
        let id = Id::beside(owner.0, now);
        let shard = self.store().shard_of(owner);
        let moved = shard.write::<_, Refused>(move |tx| {
            let (source, target) = (live(tx, owner, from)?, live(tx, owner, to)?);
            take_out(tx, &source, &name, Expected::Exactly(found.change), now)?;
            put_in(tx, &target, &as_name, (&read, &found.text), (id, now), expected)
        });
        moved.await
    }

    pub async fn remove(
        &self,
        owner: PersonId,
        calendar: Id,
        name: Name,
        expected: Expected,
    ) -> Result<(), Refused> {
        let now = self.now();
        let shard = self.store().shard_of(owner);
        let removed = shard.write::<_, Refused>(move |tx| {
            let calendar = live(tx, owner, calendar)?;
            take_out(tx, &calendar, &name, expected, now)
        });
        removed.await
    }
}

/// What is found out from the text of an object before it is stored.
struct Read {
    uid: String,
    kind: Kind,
    spans: Vec<Span>,
    may_remind: bool,
}

impl Read {
    fn new(text: &str, now: Moment) -> Result<Read, Reason> {
        let calendar = ical::parse(text.as_bytes())?;
        let object: Object<'_> = ical::check(&calendar)?;
        let timing = Timing::new(&object)?;
        Ok(Read {
            uid: object.uid.to_string(),
            kind: object.kind,
            spans: spans(&timing, now),
            may_remind: may_remind(&object, &timing, now),
        })
    }
}

/// Lays an object into a calendar, under `id` where it is new there.
fn put_in(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    name: &Name,
    (read, text): (&Read, &str),
    (id, now): (Id, Moment),
    expected: Expected,
) -> Result<Put, Refused> {
    if !calendar.kinds.take(read.kind) {
        return Err(Reason::KindNotTaken(read.kind).into());
    }
    let slot = rows::slot(tx, calendar.id, name)?;
    let id = match &slot {
        None => id,
        Some(Slot::Empty { id }) => *id,
        Some(Slot::Full(before)) => before.id,
    };
    let before = slot.and_then(Slot::stored);
    if !expected.holds(before.as_ref().map(|before| before.change)) {
        return Err(Reason::Stale.into());
    }
    match rows::name_of_uid(tx, calendar.id, &read.uid)? {
        Some(other) if other != *name => return Err(Reason::UidTaken(other).into()),
        _ => {}
    }
    // Whatever lies in a calendar is a change of it, so most need no counting.
    let may_be_too_many = before.is_none() && calendar.changes >= OBJECTS_MAX;
    if may_be_too_many && rows::count(tx, calendar.id)? >= OBJECTS_MAX {
        return Err(Reason::TooManyObjects.into());
    }
    let stored = Stored {
        id,
        calendar: calendar.id,
        name: name.clone(),
        uid: read.uid.clone(),
        kind: read.kind,
        change: rows::next_change(tx, calendar.id)?,
        text: text.to_owned(),
        created: before.as_ref().map_or(now, |before| before.created),
        changed: now,
    };
    if let Some(before) = &before {
        rows::keep(tx, calendar.owner, before, now)?;
    }
    rows::save_object(tx, calendar.owner, &stored)?;
    rows::save_spans(tx, calendar.owner, calendar.id, id, &read.spans)?;
    let is_new = before.is_none();
    reminders::plan(tx, calendar, &stored, (read.may_remind, is_new), now)?;
    Ok(Put { stored, is_new })
}

/// Takes an object out of a calendar; what is left says that it was there.
fn take_out(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    name: &Name,
    expected: Expected,
    now: Moment,
) -> Result<(), Refused> {
    let before = rows::slot(tx, calendar.id, name)?.and_then(Slot::stored);
    let before = before.ok_or(Reason::NoObject)?;
    if !expected.holds(Some(before.change)) {
        return Err(Reason::Stale.into());
    }
    rows::keep(tx, calendar.owner, &before, now)?;
    let change = rows::next_change(tx, calendar.id)?;
    rows::empty_object(tx, before.id, change, now)?;
    reminders::take_back(tx, calendar.owner, before.id)?;
    Ok(rows::save_spans(tx, calendar.owner, calendar.id, before.id, &[])?)
}
