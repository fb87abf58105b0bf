//! Rooms and things that people invite like anybody else, and that come if they are free.
//!
//! What is kept true: a room is somebody in the registry, with an address and calendars, so every calendar program can invite it. It
//! answers in the transaction in which an invitation reaches it, one invitation after the other, so it is never at two places;
//! and it neither gets letters nor reminds anybody.

mod rows;
#[cfg(test)]
mod tests;

use futures_util::future::try_join_all;
use ical::zones::Zone;
use ical::{Answer, Participant, Status, Timing};
use kernel::{BadCursor, Cursor, Id, Moment, Page, PageSize, PersonId};
use store::{StoreError, Tx};

pub(crate) use self::rows::delete;
use crate::objects::{Piece, put_in};
use crate::people::Card;
use crate::reminders::again;
use crate::reminders::types::Reminders;
use crate::rows as calendars;
use crate::rules::edits::{self, Aim, Pen, Which};
use crate::rules::itip::Mine;
use crate::rules::slots::{slot_from, slot_of};
use crate::rules::taking::{Judged, Wanted, judge};
use crate::service::{Calendars, Refused, Visitor};
use crate::types::{Calendar, Expected, Reason, Stored};

pub const PLACE_CHARS_MAX: usize = 200;
pub const SEATS_MAX: i64 = 100_000;
/// So far ahead a room looks before it says that it comes to a series.
const AHEAD_SECONDS: i64 = 2 * 366 * 86_400;
/// Rooms that are looked up at the same time.
const AT_ONCE: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Room,
    /// A projector, a van.
    Thing,
}

impl Sort {
    fn code(self) -> i64 {
        match self {
            Sort::Room => 1,
            Sort::Thing => 2,
        }
    }

    fn stored(code: i64) -> Option<Sort> {
        match code {
            1 => Some(Sort::Room),
            2 => Some(Sort::Thing),
            _ => None,
        }
    }

    /// As calendar programs say it.
    pub fn written(self) -> ical::Sort {
        match self {
            Sort::Room => ical::Sort::Room,
            Sort::Thing => ical::Sort::Resource,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub person: PersonId,
    pub sort: Sort,
    /// As the registry called it when this was said last.
    pub name: String,
    pub place: String,
    /// How many people find a place in it.
    pub seats: i64,
    pub made: Moment,
}

impl Resource {
    /// What it is sorted by, the same on every server.
    fn key(&self) -> Vec<u8> {
        self.name.to_lowercase().into_bytes()
    }
}

/// Behind whom a page of the list begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    key: Vec<u8>,
    person: PersonId,
}

impl Place {
    pub fn of(cursor: &Cursor) -> Result<Place, BadCursor> {
        let (person, key) = cursor.key().split_first_chunk::<16>().ok_or(BadCursor)?;
        Ok(Place {
            key: key.to_vec(),
            person: PersonId(Id::from_bytes(*person)),
        })
    }
}

/// Before all of them.
impl Default for Place {
    fn default() -> Place {
        Place {
            key: Vec::new(),
            person: PersonId(Id::from_bytes([0; 16])),
        }
    }
}

impl Calendars {
    /// Makes somebody of the registry a room or a thing, or says it anew.
    pub async fn make_resource(
        &self,
        person: PersonId,
        (sort, place, seats): (Sort, String, i64),
    ) -> Result<Resource, Refused> {
        if place.chars().count() > PLACE_CHARS_MAX {
            let problem = format!("must have at most {PLACE_CHARS_MAX} characters");
            return Err(Reason::field("place", problem).into());
        }
        if !(0..=SEATS_MAX).contains(&seats) {
            return Err(Reason::field("seats", format!("must be 0 to {SEATS_MAX}")).into());
        }
        let card = self.card(person).await?.ok_or(Reason::NoResource)?;
        self.home(&visitor(person, &card)).await?;
        let now = self.now();
        let shard = self.store().shard_of(person);
        let made = shard.write::<_, StoreError>(move |tx| {
            let before = rows::resource(tx, person)?;
            let resource = Resource {
                person,
                sort,
                name: card.name.clone(),
                place: place.clone(),
                seats,
                made: before.map_or(now, |before| before.made),
            };
            rows::save(tx, &resource)?;
            silence(tx, person, now)?;
            Ok(resource)
        });
        Ok(made.await?)
    }

    /// From now on it is somebody like others, who answers by themselves.
    pub async fn end_resource(&self, person: PersonId) -> Result<(), Refused> {
        let shard = self.store().shard_of(person);
        let ended = shard.write::<_, StoreError>(move |tx| rows::delete(tx, person));
        match ended.await? {
            true => Ok(()),
            false => Err(Reason::NoResource.into()),
        }
    }

    /// Rooms and things by name, with `seats` at least.
    pub async fn resources(
        &self,
        after: Option<Place>,
        seats: i64,
        size: PageSize,
    ) -> Result<Page<Resource>, Refused> {
        let Place { key, person } = after.unwrap_or_default();
        let mut all = Vec::new();
        for shard in self.store().everywhere() {
            let key = key.clone();
            let found = shard.read::<_, StoreError>(move |tx| {
                rows::resources(tx, (&key, person), seats, size.rows_and_one())
            });
            all.extend(found.await?);
        }
        all.sort_by_cached_key(|one| (one.key(), one.person));
        Ok(Page::cut(all, size, |last| {
            [&last.person.0.as_bytes()[..], &last.key()].concat()
        }))
    }

    /// The room or thing that somebody is; `None`: they are a person like others.
    pub async fn resource(&self, person: PersonId) -> Result<Option<Resource>, Refused> {
        let shard = self.store().shard_of(person);
        Ok(shard
            .read::<_, StoreError>(move |tx| rows::resource(tx, person))
            .await?)
    }

    /// Which of these are free for all of a time.
    pub async fn free_of(
        &self,
        all: &[Resource],
        (from, to): (Moment, Moment),
    ) -> Result<Vec<bool>, Refused> {
        let first = slot_of(from);
        let count = slot_from(to) - first;
        let mut free = Vec::with_capacity(all.len());
        for some in all.chunks(AT_ONCE) {
            let looks = some.iter().map(|one| self.is_free(one.person, (first, count)));
            free.extend(try_join_all(looks).await?);
        }
        Ok(free)
    }

    async fn is_free(&self, person: PersonId, (first, count): (i64, i64)) -> Result<bool, Refused> {
        let Some(card) = self.card(person).await? else {
            return Ok(false);
        };
        let busy = self.busy_slots(person, &card, (first, count)).await?;
        Ok((first..first + count).all(|slot| !busy.is_taken(slot)))
    }
}

fn visitor(person: PersonId, card: &Card) -> Visitor {
    Visitor {
        id: person,
        language: card.language,
        zone: card.zone.clone(),
    }
}

/// Nobody reads letters to a room.
fn silence(tx: &mut Tx<'_>, person: PersonId, now: Moment) -> Result<(), StoreError> {
    let silent = Reminders::new(&[]).map_err(|bad| StoreError::broken(bad.to_string()))?;
    for before in calendars::calendars(tx, person)? {
        if before.about.reminders == silent {
            continue;
        }
        let mut after = before.clone();
        after.about.reminders = silent.clone();
        after.version += 1;
        after.changed = now;
        calendars::save_calendar(tx, &after)?;
        again::announce(tx, &before, &after)?;
    }
    Ok(())
}

/// Whether a message is for a room, which answers by itself. Until the end of the transaction, it answers nobody else.
pub(crate) fn is_asked(tx: &mut Tx<'_>, reader: PersonId) -> Result<bool, StoreError> {
    rows::ask(tx, reader)
}

/// Answers an invitation that a room just got, if one is asked for.
pub(crate) fn answer(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    stored: &Stored,
    mine: &Mine,
    now: Moment,
) -> Result<(), StoreError> {
    let broken = |why: Reason| StoreError::broken(why.to_string());
    let Some(wanted) = wanted(stored, calendar, mine, now) else {
        return Ok(());
    };
    let taken = taken(tx, calendar.owner, stored, mine, &wanted)?;
    let Judged { answer, declined } = judge(&wanted, taken);
    let pen = Pen {
        at: Zone::UTC.local_at(now.to_timestamp()),
        uid: stored.id.to_string(),
        zone: calendar.about.zone.clone(),
    };
    let mut text = stored.text.clone();
    let instances = declined.into_iter().map(|instance| {
        let aim = Aim {
            which: Which::This,
            instance: Some(instance),
        };
        (aim, Answer::Declined)
    });
    for (aim, answer) in std::iter::once((Aim::ALL, answer)).chain(instances) {
        let edited = edits::answer(&text, aim, mine, answer, &pen).map_err(broken)?;
        text = edited.text.unwrap_or(text);
    }
    let piece = Piece::new(text, stored.id, now).map_err(broken)?;
    let seen = Expected::Exactly(stored.change);
    match put_in(tx, calendar, &stored.name, &piece, seen, Some(mine)) {
        Ok(_) => Ok(()),
        Err(Refused::Store(error)) => Err(error),
        Err(Refused::Reason(why)) => Err(broken(why)),
    }
}

/// When a room is wanted from now on; `None` where nobody asks it anything.
fn wanted(stored: &Stored, calendar: &Calendar, mine: &Mine, now: Moment) -> Option<Vec<Wanted>> {
    let tree = ical::parse(stored.text.as_bytes()).ok()?;
    let object = ical::check(&tree).ok()?;
    let asks = |who: &Participant<'_>| mine.is(who) && who.answer == Answer::NeedsAction;
    if !object.entries().any(|entry| entry.attendees.iter().any(asks)) {
        return None;
    }
    let timing = Timing::new(&object).ok()?;
    let viewer = Zone::named(&calendar.about.zone).unwrap_or(Zone::UTC);
    let until = now.plus_seconds(AHEAD_SECONDS).to_timestamp();
    let times = timing.between(now.to_timestamp(), until, &viewer).ok()?;
    let takes_place = times
        .iter()
        .filter(|one| one.entry.status != Some(Status::Cancelled) && one.start < one.end);
    let wanted = takes_place.map(|one| Wanted {
        instance: one.id.map(|(local, _)| local),
        starts: one.start.into(),
        ends: one.end.into(),
    });
    Some(wanted.collect())
}

/// When it is somewhere else.
fn taken(
    tx: &mut Tx<'_>,
    owner: PersonId,
    stored: &Stored,
    mine: &Mine,
    wanted: &[Wanted],
) -> Result<Vec<(Moment, Moment)>, StoreError> {
    let from = wanted.iter().map(|one| one.starts).min();
    let to = wanted.iter().map(|one| one.ends).max();
    let (Some(from), Some(to)) = (from, to) else {
        return Ok(Vec::new());
    };
    let mut periods = Vec::new();
    for calendar in calendars::calendars(tx, owner)? {
        let viewer = Zone::named(&calendar.about.zone).unwrap_or(Zone::UTC);
        for other in calendars::near(tx, calendar.id, (from, to))? {
            if other.id != stored.id && other.kind == ical::Kind::Event {
                let range = (from.to_timestamp(), to.to_timestamp());
                dav::busy_of(&other.text, range, &viewer, &mine.0, &mut periods);
            }
        }
    }
    Ok(periods
        .into_iter()
        .map(|one| (one.start.into(), one.end.into()))
        .collect())
}
