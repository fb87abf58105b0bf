//! Rooms and things that people invite like anybody else, and that come if they are free.
//!
//! What is kept true: a room is somebody in the registry, with an address and calendars, so every calendar program can invite it. It
//! answers in the transaction in which a message reaches it, one message after the other, and by nothing but when it is taken: what
//! others write for it is no answer. So it is never at two places within the time that it looks at: of what happens once all of it,
//! of a series its first two years from now on. It gets no letters.

mod rows;
#[cfg(test)]
mod tests;

use ical::zones::Zone;
use ical::{Answer, Happening, Status, Timing};
use jiff::Timestamp;
use kernel::{BadCursor, Cursor, Id, Moment, Page, PageSize, PersonId, Text};
use store::{StoreError, Tx};

pub(crate) use self::rows::delete;
use crate::objects::{Piece, put_in};
use crate::rows as calendars;
use crate::rules::again::as_of_room;
use crate::rules::edits::{self, Aim, Pen, Which};
use crate::rules::itip::Mine;
use crate::rules::received::{Changed, News};
use crate::rules::slots::{Slots, slot_from, slot_of};
use crate::rules::taking::{Judged, Wanted, judge};
use crate::service::{Calendars, Refused};
use crate::types::{Calendar, Expected, Reason, Stored};

pub const PLACE_CHARS_MAX: usize = 200;
pub const SEATS_MAX: i64 = 100_000;
/// So much of a series a room looks at before it says that it comes.
const AHEAD_SECONDS: i64 = 2 * 366 * 86_400;

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
        let place = Text::new(&place, PLACE_CHARS_MAX);
        let place = place.map_err(|bad| Reason::field("place", bad))?;
        if !(0..=SEATS_MAX).contains(&seats) {
            return Err(Reason::field("seats", format!("must be 0 to {SEATS_MAX}")).into());
        }
        let card = self.card(person).await?.ok_or(Reason::NoPerson)?;
        self.home(&card.visitor(person)).await?;
        let now = self.now();
        let shard = self.store().shard_of(person);
        let made = shard.write::<_, StoreError>(move |tx| {
            let before = rows::resource(tx, person)?;
            let resource = Resource {
                person,
                sort,
                name: card.name.clone(),
                place: place.to_string(),
                seats,
                made: before.map_or(now, |before| before.made),
            };
            rows::save(tx, &resource)?;
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
        let busy = self.slots_of_rooms(all, (first, count)).await?;
        let is_free = |busy: &Slots| (first..first + count).all(|slot| !busy.is_taken(slot));
        Ok(busy
            .iter()
            .map(|busy| busy.as_ref().is_some_and(is_free))
            .collect())
    }
}

/// Whether a message is for a room, which answers by itself. Until the end of the transaction, it answers nobody else.
pub(crate) fn is_asked(tx: &mut Tx<'_>, reader: PersonId) -> Result<bool, StoreError> {
    rows::ask(tx, reader)
}

/// Whether somebody is a room or a thing: nobody reads letters to it.
pub(crate) fn is_one(tx: &mut Tx<'_>, owner: PersonId) -> Result<bool, StoreError> {
    Ok(rows::resource(tx, owner)?.is_some())
}

/// Takes out of a message what it says that the room answered; false where the message invites to nothing, so nothing is judged.
pub(crate) fn judges(changed: &mut Changed, mine: &Mine) -> bool {
    let invites = matches!(changed.news, News::Invited | News::Changed { .. } | News::Aside);
    if invites {
        as_of_room(&mut changed.copy, mine);
    }
    invites
}

/// Answers what a room was just invited to. `before`: its copy until then.
pub(crate) fn answer(
    tx: &mut Tx<'_>,
    (calendar, stored): (&Calendar, &Stored),
    before: Option<&Stored>,
    mine: &Mine,
    now: Moment,
) -> Result<(), Refused> {
    let judged = match wanted(stored, calendar, mine, now) {
        Some(wanted) => {
            let taken = taken(tx, calendar.owner, stored, mine, &wanted)?;
            judge(&wanted, taken)
        }
        None => Judged::away(),
    };
    // Answers are told apart by whole seconds: this one is the last.
    let now = before.map_or(now, |before| now.max(before.changed.plus_seconds(1)));
    let pen = Pen {
        at: Zone::UTC.local_at(now.to_timestamp()),
        uid: stored.id.to_string(),
        zone: calendar.about.zone.clone(),
    };
    // An instance that cannot be answered by itself is no reason to come to it.
    let text = answered(&stored.text, mine, judged, &pen)
        .or_else(|_| answered(&stored.text, mine, Judged::away(), &pen))?;
    let piece = Piece::new(text, stored.id, now)?;
    let seen = Expected::Exactly(stored.change);
    put_in(tx, calendar, &stored.name, &piece, seen, Some(mine))?;
    Ok(())
}

/// The copy of a room with what it answers.
fn answered(text: &str, mine: &Mine, judged: Judged, pen: &Pen) -> Result<String, Reason> {
    let all = edits::answer(text, Aim::ALL, mine, judged.answer, pen)?;
    let mut text = all.text.unwrap_or_else(|| text.to_owned());
    for instance in judged.declined {
        let aim = Aim {
            which: Which::This,
            instance: Some(instance),
        };
        let edited = edits::answer(&text, aim, mine, Answer::Declined, pen)?;
        text = edited.text.unwrap_or(text);
    }
    Ok(text)
}

/// When a room is wanted from now on; `None`: so often that it cannot look.
fn wanted(stored: &Stored, calendar: &Calendar, mine: &Mine, now: Moment) -> Option<Vec<Wanted>> {
    let tree = ical::parse(stored.text.as_bytes()).ok()?;
    let object = ical::check(&tree).ok()?;
    let timing = Timing::new(&object).ok()?;
    let viewer = Zone::named(&calendar.about.zone).unwrap_or(Zone::UTC);
    let now = now.to_timestamp();
    let times = if timing.recurs() {
        let from = timing.extent().map_or(now, |(first, _)| first.max(now));
        let until = Moment::from(from).plus_seconds(AHEAD_SECONDS).to_timestamp();
        let mut times = timing.between(from, until, &viewer).ok()?;
        // What was moved by itself is looked at wherever it lies.
        let far = Timing::once(&object)
            .between(until, Timestamp::MAX, &viewer)
            .ok()?;
        times.extend(far.into_iter().filter(|one| one.changed && one.start >= until));
        times
    } else {
        timing.between(now, Timestamp::MAX, &viewer).ok()?
    };
    let wants = |one: &&Happening<'_>| {
        let is_asked = one.entry.attendees.iter().any(|who| mine.is(who));
        is_asked && one.entry.status != Some(Status::Cancelled) && one.start < one.end
    };
    let wanted = times.iter().filter(wants).map(|one| Wanted {
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
