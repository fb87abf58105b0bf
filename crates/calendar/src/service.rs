//! The service: one method for each thing that can be done with calendars and what lies in them.
//!
//! Whatever is said here is said of one person's own: another one's calendar is one that is not there.

use std::sync::Arc;

use front::Routes;
use ical::zones::Zone;
use ical::{Kind, Object, Timing};
use kernel::{Clock, Id, Language, Moment, PersonId, Text};
use store::{Store, StoreError, Tx};

use crate::http;
use crate::rows::{self, Slot};
use crate::rules::spans::{Span, spans};
use crate::types::{
    About, AboutChange, CALENDARS_MAX, Calendar, Color, Expected, Heard, Kinds, Name, OBJECTS_MAX, Reason,
    Stored,
};

/// For so long a deleted calendar can be put back.
const BIN_SECONDS: i64 = 30 * 86_400;

/// Rows of each table that are deleted in one transaction.
const FORGOTTEN_AT_ONCE: u16 = 500;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Reason(#[from] Reason),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody who looks at their calendars, and how they read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    pub id: PersonId,
    pub language: Language,
    /// Of the IANA database.
    pub zone: String,
}

/// A calendar that somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The last part of its address; `None`: the house gives it one.
    pub name: Option<Name>,
    pub about: About,
    pub kinds: Kinds,
}

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

/// Calendars of the house. Cheap to clone.
#[derive(Clone)]
pub struct Calendars(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
}

impl Calendars {
    pub fn new(store: Store, clock: Clock) -> Calendars {
        Calendars(Arc::new(Inner { store, clock }))
    }

    /// What the service answers over HTTP.
    pub fn routes(&self) -> Routes {
        http::routes().with_state(self.clone())
    }

    pub(crate) fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// All calendars of somebody, in their order. Whoever comes for the first time gets one.
    pub async fn home(&self, visitor: &Visitor) -> Result<Vec<Calendar>, Refused> {
        let owner = visitor.id;
        let shard = self.0.store.shard_of(owner);
        let (all, is_old) = shard
            .read::<_, StoreError>(move |tx| {
                let all = rows::calendars(tx, owner)?;
                let is_old = !all.is_empty() || rows::has_had_calendars(tx, owner)?;
                Ok((all, is_old))
            })
            .await?;
        if is_old {
            return Ok(all);
        }
        let first = first_calendar(visitor, self.now());
        let made = shard.write::<_, Refused>(move |tx| {
            // Two windows may have opened at once.
            if !rows::has_had_calendars(tx, owner)? {
                rows::save_calendar(tx, &first)?;
            }
            Ok(rows::calendars(tx, owner)?)
        });
        made.await
    }

    pub async fn create(&self, owner: PersonId, draft: Draft) -> Result<Calendar, Refused> {
        let now = self.now();
        let id = Id::beside(owner.0, now);
        let calendar = Calendar {
            id,
            owner,
            name: draft.name.unwrap_or_else(|| Name::of_calendar(id)),
            about: draft.about,
            kinds: draft.kinds,
            version: 1,
            changes: 0,
            forgotten: 0,
            created: now,
            changed: now,
            deleted: None,
        };
        let shard = self.0.store.shard_of(owner);
        let created = shard.write::<_, Refused>(move |tx| {
            if rows::calendar_named(tx, owner, &calendar.name)?.is_some() {
                return Err(Reason::NameTaken.into());
            }
            if rows::calendars(tx, owner)?.len() >= CALENDARS_MAX {
                return Err(Reason::TooManyCalendars.into());
            }
            rows::save_calendar(tx, &calendar)?;
            Ok(calendar.clone())
        });
        created.await
    }

    pub async fn calendar(&self, owner: PersonId, id: Id) -> Result<Calendar, Refused> {
        let shard = self.0.store.shard_of(owner);
        shard.read(move |tx| live(tx, owner, id)).await
    }

    pub async fn calendar_named(&self, owner: PersonId, name: Name) -> Result<Calendar, Refused> {
        let shard = self.0.store.shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::calendar_named(tx, owner, &name));
        Ok(found.await?.ok_or(Reason::NoCalendar)?)
    }

    /// `version`: what the calendar was when its owner looked at it; `None`: whatever it is.
    pub async fn change(
        &self,
        owner: PersonId,
        id: Id,
        version: Option<i64>,
        change: AboutChange,
    ) -> Result<Calendar, Refused> {
        let now = self.now();
        let shard = self.0.store.shard_of(owner);
        let changed = shard.write::<_, Refused>(move |tx| {
            let before = expected(tx, owner, id, version)?;
            let after = Calendar {
                about: changed(before.about.clone(), change.clone()),
                version: before.version + 1,
                changed: now,
                ..before
            };
            rows::save_calendar(tx, &after)?;
            Ok(after)
        });
        changed.await
    }

    /// Puts a calendar into the bin, with all that lies in it.
    pub async fn delete(&self, owner: PersonId, id: Id, version: Option<i64>) -> Result<(), Refused> {
        let now = self.now();
        let shard = self.0.store.shard_of(owner);
        let deleted = shard.write::<_, Refused>(move |tx| {
            let before = expected(tx, owner, id, version)?;
            let after = Calendar {
                version: before.version + 1,
                deleted: Some(now),
                ..before
            };
            Ok(rows::save_calendar(tx, &after)?)
        });
        deleted.await
    }

    /// Takes a calendar out of the bin. If its address was given to another one meanwhile, it gets a new one.
    pub async fn restore(&self, owner: PersonId, id: Id) -> Result<Calendar, Refused> {
        let now = self.now();
        let shard = self.0.store.shard_of(owner);
        let restored = shard.write::<_, Refused>(move |tx| {
            let before = rows::calendar_with_id(tx, owner, id)?.ok_or(Reason::NoCalendar)?;
            let Some(deleted) = before.deleted else {
                return Ok(before);
            };
            if deleted.plus_seconds(BIN_SECONDS) <= now {
                return Err(Reason::NoCalendar.into());
            }
            let name = match rows::calendar_named(tx, owner, &before.name)? {
                Some(_) => Name::of_calendar(id),
                None => before.name.clone(),
            };
            let after = Calendar {
                name,
                version: before.version + 1,
                changed: now,
                deleted: None,
                ..before
            };
            rows::save_calendar(tx, &after)?;
            Ok(after)
        });
        restored.await
    }

    /// Somebody is no more, and neither is anything of theirs.
    pub async fn forget(&self, owner: PersonId) -> Result<(), StoreError> {
        let shard = self.0.store.shard_of(owner);
        loop {
            let forgotten =
                shard.write::<_, StoreError>(move |tx| rows::forget(tx, owner, FORGOTTEN_AT_ONCE));
            if forgotten.await? == 0 {
                return Ok(());
            }
        }
    }

    pub async fn object(&self, owner: PersonId, id: Id) -> Result<Stored, Refused> {
        let shard = self.0.store.shard_of(owner);
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
        let shard = self.0.store.shard_of(owner);
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
        let shard = self.0.store.shard_of(owner);
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
        let shard = self.0.store.shard_of(owner);
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
        let shard = self.0.store.shard_of(owner);
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
        let shard = self.0.store.shard_of(owner);
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
        let shard = self.0.store.shard_of(owner);
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
        let shard = self.0.store.shard_of(owner);
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
    Ok(Put {
        stored,
        is_new: before.is_none(),
    })
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
    Ok(rows::save_spans(tx, calendar.owner, calendar.id, before.id, &[])?)
}

/// A calendar of somebody that is not in the bin.
fn live(tx: &mut Tx<'_>, owner: PersonId, id: Id) -> Result<Calendar, Refused> {
    let found = rows::calendar_with_id(tx, owner, id)?;
    let found = found.filter(|calendar| calendar.deleted.is_none());
    Ok(found.ok_or(Reason::NoCalendar)?)
}

/// The same, if it is still what its owner saw.
fn expected(tx: &mut Tx<'_>, owner: PersonId, id: Id, version: Option<i64>) -> Result<Calendar, Refused> {
    let found = live(tx, owner, id)?;
    if version.is_some_and(|version| version != found.version) {
        return Err(Reason::Stale.into());
    }
    Ok(found)
}

fn changed(before: About, change: AboutChange) -> About {
    About {
        title: change.title.unwrap_or(before.title),
        description: change.description.unwrap_or(before.description),
        color: change.color.unwrap_or(before.color),
        zone: change.zone.unwrap_or(before.zone),
        busy: change.busy.unwrap_or(before.busy),
        position: change.position.unwrap_or(before.position),
        extra: change.extra.unwrap_or(before.extra),
    }
}

fn first_calendar(visitor: &Visitor, now: Moment) -> Calendar {
    let title = match visitor.language {
        Language::English => "My calendar",
        Language::Russian => "Мой календарь",
    };
    let zone = Zone::iana(&visitor.zone).and_then(|zone| zone.id().map(str::to_owned));
    Calendar {
        id: Id::beside(visitor.id.0, now),
        owner: visitor.id,
        name: Name::stored("personal".to_owned()),
        about: About {
            title: Text::stored(title.to_owned()),
            description: Text::stored(String::new()),
            color: Color::BLUE,
            zone: zone.unwrap_or_else(|| "UTC".to_owned()),
            busy: true,
            position: 0,
            extra: String::new(),
        },
        kinds: Kinds::EVENTS_AND_TASKS,
        version: 1,
        changes: 0,
        forgotten: 0,
        created: now,
        changed: now,
        deleted: None,
    }
}
