//! The service: one method for each thing that can be done with calendars and what lies in them.
//!
//! Whatever is said here is said of one person's own: another one's calendar is one that is not there.

use std::sync::Arc;

use front::Routes;
use ical::zones::Zone;
use ical::{Kind, Object, Timeline};
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

/// What a reader hears of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    pub items: Vec<Heard>,
    /// How far the reader has read with these.
    pub until: i64,
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

    fn now(&self) -> Moment {
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

    /// What happened in a calendar since a change. `None` when that is too long ago, or was never: the reader begins anew.
    pub async fn changes(
        &self,
        owner: PersonId,
        calendar: Id,
        after: i64,
        count: usize,
    ) -> Result<Option<Changes>, Refused> {
        let shard = self.0.store.shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            let calendar = live(tx, owner, calendar)?;
            // A reader who knows nothing yet needs nothing that is forgotten.
            let is_known = after == 0 || (calendar.forgotten..=calendar.changes).contains(&after);
            if !is_known {
                return Ok(None);
            }
            let mut items = rows::heard(tx, calendar.id, after, count.saturating_add(1))?;
            let is_all = items.len() <= count;
            items.truncate(count);
            let until = match (is_all, items.last()) {
                (false, Some(last)) => last.change,
                _ => calendar.changes,
            };
            Ok(Some(Changes { items, until, is_all }))
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
            if !calendar.kinds.take(read.kind) {
                return Err(Reason::KindNotTaken(read.kind).into());
            }
            let slot = rows::slot(tx, calendar.id, &name)?;
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
                Some(other) if other != name => return Err(Reason::UidTaken(other).into()),
                _ => {}
            }
            if before.is_none() && rows::count(tx, calendar.id)? >= OBJECTS_MAX {
                return Err(Reason::TooManyObjects.into());
            }
            let stored = Stored {
                id,
                calendar: calendar.id,
                name: name.clone(),
                uid: read.uid.clone(),
                kind: read.kind,
                change: rows::next_change(tx, calendar.id)?,
                text: text.clone(),
                created: before.as_ref().map_or(now, |before| before.created),
                changed: now,
            };
            if let Some(before) = &before {
                rows::keep(tx, owner, before, now)?;
            }
            rows::save_object(tx, owner, &stored)?;
            rows::save_spans(tx, owner, calendar.id, id, &read.spans)?;
            Ok(Put {
                stored,
                is_new: before.is_none(),
            })
        });
        put.await
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
            let before = rows::slot(tx, calendar.id, &name)?.and_then(Slot::stored);
            let before = before.ok_or(Reason::NoObject)?;
            if !expected.holds(Some(before.change)) {
                return Err(Reason::Stale.into());
            }
            rows::keep(tx, owner, &before, now)?;
            let change = rows::next_change(tx, calendar.id)?;
            rows::empty_object(tx, before.id, change, now)?;
            Ok(rows::save_spans(tx, owner, calendar.id, before.id, &[])?)
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
        let timeline = Timeline::of(&object)?;
        Ok(Read {
            uid: object.uid.to_string(),
            kind: object.kind,
            spans: spans(timeline.as_ref(), now),
        })
    }
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
