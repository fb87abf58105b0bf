//! When people are busy, and when many of them are free together; which rooms are free then, in `rooms`.
//!
//! What is kept true: whoever asks learns that somebody is busy and nothing of what it is. What was worked out of a person is kept
//! under a stamp of all that it follows from, and holds only for as long as that stamp is theirs; so no write of an event has to
//! think of it, and none can be forgotten. It is kept for the next look and nothing else: no search fails because it could not be.

mod rooms;
mod rows;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt::Write as _;

use futures_util::future::try_join_all;
use ical::zones::{self, Zone};
use ical::{Kind, mailbox};
use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

pub(crate) use self::rooms::check_seats;
pub(crate) use self::rows::{forget, forget_before};
use crate::people::{Card, addresses, named};
use crate::rows as calendars;
use crate::rules::slots::{self, BLOCK_SLOTS, Hours, Invitee, Slots, block_of, slot_from, slot_of, start_of};
use crate::service::{Calendars, Refused, Visitor};
use crate::types::{Calendar, Reason, Stored};

/// People for whom one time is found.
pub const PEOPLE_MAX: usize = 500;
/// People whose busy times are told at once.
pub const BUSY_PEOPLE_MAX: usize = 50;
/// Days that one search looks over.
pub const SEARCH_DAYS_MAX: i64 = 62;
/// Times of one answer.
pub const TIMES_MAX: usize = 50;
/// The longest time that is looked for.
pub const MINUTES_MAX: i64 = 24 * 60;
/// People who are looked up at the same time.
const AT_ONCE: usize = 32;
/// Times that are told of one person as they are. A doctor's days have thirty; who has more is busy by the hour, so that an answer about
/// many people stays within what clients take.
const PERIODS_MAX: usize = 2_000;
/// What was worked out is kept so far ahead: hardly anybody meets later.
const KEPT_SECONDS: i64 = 2 * 366 * 86_400;
const HOUR_MICROS: i64 = 3_600_000_000;

/// Somebody is busy, surely or perhaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    pub starts: Moment,
    pub ends: Moment,
    pub is_tentative: bool,
}

/// What somebody wants a time for.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// By their addresses or ids.
    pub needed: Vec<String>,
    pub optional: Vec<String>,
    /// Whoever asks comes too.
    pub with_me: bool,
    pub from: Moment,
    pub to: Moment,
    pub minutes: i64,
    pub hours: Hours,
    /// Where the hours are told by the clock.
    pub zone: Zone,
    /// The hours count by each person's own clock as well.
    pub everyones_hours: bool,
    pub count: usize,
}

/// A time that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    pub starts: Moment,
    pub ends: Moment,
    /// Who is busy then, as they were asked for.
    pub missing: Vec<String>,
    pub missing_optional: Vec<String>,
}

/// What came of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub times: Vec<Time>,
    /// Nobody of the house is called so, and nothing is known of when they are busy.
    pub unknown: Vec<String>,
}

/// Somebody whom a search is about.
struct Asked {
    called: String,
    is_needed: bool,
    person: Option<(PersonId, Card)>,
}

impl Calendars {
    /// When people are busy, in their order; `None`: nobody of the house is called so.
    pub(crate) async fn busy_of(
        &self,
        people: &[String],
        range: (Moment, Moment),
    ) -> Result<Vec<Option<Vec<Busy>>>, Refused> {
        let mut found = Vec::with_capacity(people.len());
        for some in people.chunks(AT_ONCE) {
            let looks = some.iter().map(async |called| {
                let Some((person, card)) = self.somebody(called).await? else {
                    return Ok::<_, Refused>(None);
                };
                Ok(Some(coarse(self.busy(person, &card, range).await?)))
            });
            found.extend(try_join_all(looks).await?);
        }
        Ok(found)
    }

    /// When somebody is busy, by the minute, in the order of time. What touches is one time.
    pub async fn busy(
        &self,
        person: PersonId,
        card: &Card,
        (from, to): (Moment, Moment),
    ) -> Result<Vec<Busy>, Refused> {
        let shard = self.store().shard_of(person);
        let near = shard.read::<_, StoreError>(move |tx| {
            let all = busy_calendars(tx, person)?;
            near(tx, all, (from, to))
        });
        let mine = addresses(person, card).0;
        let periods = aside(near.await?, move |near| periods(&near, (from, to), &mine)).await?;
        Ok(in_order(periods))
    }

    /// Which quarters of an hour people are busy in, of `count` after the `first`; in their order, and nothing of nobody. What is kept
    /// of them is read together.
    pub(crate) async fn slots_of(
        &self,
        people: &[Option<(PersonId, &Card)>],
        range: (i64, i64),
    ) -> Result<Vec<Option<Slots>>, Refused> {
        let known: Vec<(PersonId, &Card)> = people.iter().flatten().copied().collect();
        let asked = known
            .iter()
            .map(|(person, card)| (*person, addresses(*person, card).0));
        let kept = self.store().read_of_many::<_, _, StoreError>(
            asked.collect(),
            |(person, _)| person.0,
            move |tx, (person, mine)| kept_slots(tx, *person, mine, range),
        );
        let kept = kept.await?;
        let others = known.iter().zip(&kept).filter(|(_, kept)| kept.is_none());
        let others: Vec<(PersonId, &Card)> = others.map(|(other, _)| *other).collect();
        let mut worked_out = Vec::with_capacity(others.len());
        for some in others.chunks(AT_ONCE) {
            let looks = some
                .iter()
                .map(|(person, card)| self.busy_slots(*person, card, range));
            worked_out.extend(try_join_all(looks).await?);
        }
        let (mut kept, mut worked_out) = (kept.into_iter(), worked_out.into_iter());
        let told = people.iter().map(|one| {
            one.as_ref()?;
            kept.next()?.or_else(|| worked_out.next())
        });
        Ok(told.collect())
    }

    /// The same of somebody of whom perhaps nothing is kept.
    async fn busy_slots(
        &self,
        person: PersonId,
        card: &Card,
        (first, count): (i64, i64),
    ) -> Result<Slots, Refused> {
        let mine = addresses(person, card).0;
        let (from, until) = (block_of(first), block_of(first + count - 1));
        let shard = self.store().shard_of(person);
        let known_as = mine.clone();
        let read = shard.read::<_, StoreError>(move |tx| {
            let all = busy_calendars(tx, person)?;
            let stamp = stamp(&all, &known_as);
            let known = rows::blocks(tx, person, (from, until), stamp)?;
            let missing: Vec<i64> = (from..=until)
                .filter(|block| !known.iter().any(|(one, _)| one == block))
                .collect();
            let found = match (missing.first(), missing.last()) {
                (Some(first), Some(last)) => near(tx, all, extent(*first, *last))?,
                _ => Vec::new(),
            };
            Ok((stamp, known, missing, found))
        });
        let (stamp, mut known, missing, found) = read.await?;
        if let (Some(begin), Some(end)) = (missing.first().copied(), missing.last().copied()) {
            let has_events = !found.is_empty();
            let mut made = aside(found, move |found| blocks_of(&found, &mine, begin, end)).await?;
            made.retain(|(block, _)| missing.contains(block));
            if has_events {
                self.keep_blocks(person, stamp, &made).await;
            }
            known.extend(made);
        }
        let mut slots = Slots::none(first, count);
        for (_, block) in &known {
            slots.add(block);
        }
        Ok(slots)
    }

    /// Keeps what was worked out of somebody who has events: what there is of others is worked out at a stroke, and nobody who sleeps on
    /// a cold server is woken by being looked at. What cannot be kept is worked out again.
    async fn keep_blocks(&self, person: PersonId, stamp: Id, blocks: &[(i64, Slots)]) {
        let block_at = |at: Moment| block_of(slot_of(at));
        let now = self.now();
        let kept = block_at(now)..=block_at(now.plus_seconds(KEPT_SECONDS));
        let mut blocks = blocks.to_vec();
        blocks.retain(|(block, _)| kept.contains(block));
        if blocks.is_empty() {
            return;
        }
        let shard = self.store().shard_of(person);
        let saved = shard.write::<_, StoreError>(move |tx| {
            let mut all = blocks.iter();
            all.try_for_each(|(block, slots)| rows::save_block(tx, person, *block, stamp, slots))
        });
        if let Err(error) = saved.await {
            tracing::warn!(%error, "what was worked out of when somebody is busy is not kept");
        }
    }

    /// The best times for some people.
    pub async fn find_times(&self, visitor: &Visitor, search: &Search) -> Result<Times, Refused> {
        let (first, count) = search.check()?;
        let asked = self.asked(visitor, search).await?;
        let people = asked.iter().map(|one| one.person.as_ref());
        let people = people.map(|one| one.map(|(person, card)| (*person, card)));
        let busy = self.slots_of(&people.collect::<Vec<_>>(), (first, count)).await?;
        let mut open = search.hours.within(first, count, &search.zone);
        if search.everyones_hours {
            let mut zones: Vec<&str> = asked
                .iter()
                .filter(|one| one.is_needed)
                .filter_map(|one| Some(one.person.as_ref()?.1.zone.as_str()))
                .collect();
            zones.sort_unstable();
            zones.dedup();
            for zone in zones {
                let zone = Zone::iana(zone).unwrap_or(Zone::UTC);
                open.keep(&search.hours.within(first, count, &zone));
            }
        }
        let invitees = asked.iter().zip(busy).map(|(one, busy)| Invitee {
            busy: busy.unwrap_or_else(|| Slots::none(first, count)),
            is_needed: one.is_needed,
        });
        let invitees: Vec<Invitee> = invitees.collect();
        let (length, wanted) = (search.length(), search.count);
        let found = aside(invitees, move |all| slots::find(&all, &open, length, wanted)).await?;
        let times = found.into_iter().map(|found| {
            let called = |needed: bool| {
                let missing = found.missing.iter().filter_map(|at| asked.get(*at));
                let missing = missing.filter(|one| one.is_needed == needed);
                missing.map(|one| one.called.clone()).collect()
            };
            Time {
                starts: start_of(found.slot),
                ends: start_of(found.slot).plus_micros(search.minutes * 60_000_000),
                missing: called(true),
                missing_optional: called(false),
            }
        });
        let unknown = asked.iter().filter(|one| one.person.is_none());
        Ok(Times {
            times: times.collect(),
            unknown: unknown.map(|one| one.called.clone()).collect(),
        })
    }

    /// Who is meant. Somebody who is named twice is one, called as they were called first; who is needed and optional is needed.
    async fn asked(&self, visitor: &Visitor, search: &Search) -> Result<Vec<Asked>, Refused> {
        let needed = search.needed.iter().map(|called| (called.clone(), true));
        let optional = search.optional.iter().map(|called| (called.clone(), false));
        // Behind the others: whoever asks and names themselves is called as they did.
        let me = search.with_me.then(|| (visitor.id.to_string(), true));
        let all: Vec<(String, bool)> = needed.chain(optional).chain(me).collect();
        let called: Vec<&str> = all.iter().map(|(called, _)| called.as_str()).collect();
        let people = self.whom(&called).await?;
        let cards = self.cards(people.iter().flatten().copied().collect()).await?;
        let found = all.into_iter().zip(people);
        let found = found.map(|((called, is_needed), person)| Asked {
            called,
            is_needed,
            person: person.and_then(|id| Some((id, cards.get(&id)?.clone()))),
        });
        let mut asked: Vec<Asked> = Vec::new();
        for one in found {
            let id = one.person.as_ref().map(|(person, _)| *person);
            let known = asked.iter_mut().find(|known| match (&known.person, id) {
                (Some((person, _)), Some(id)) => *person == id,
                (None, None) => known.called.eq_ignore_ascii_case(&one.called),
                _ => false,
            });
            match known {
                Some(known) => known.is_needed |= one.is_needed,
                None => asked.push(one),
            }
        }
        Ok(asked)
    }

    /// Somebody of the house, by an id or an address; `None`: nobody is called so.
    pub(crate) async fn somebody(&self, called: &str) -> Result<Option<(PersonId, Card)>, Refused> {
        let Some(person) = self.whom(&[called]).await?.pop().flatten() else {
            return Ok(None);
        };
        Ok(self.card(person).await?.map(|card| (person, card)))
    }

    /// Whose ids or addresses they are, in their order, whether or not anybody knows them any more.
    async fn whom(&self, called: &[&str]) -> Result<Vec<Option<PersonId>>, Refused> {
        let by_id = |called: &str| called.parse().ok().map(PersonId).or_else(|| named(called));
        let emails = called.iter().filter(|called| by_id(called.trim()).is_none());
        let emails = emails.map(|called| mailbox(called).unwrap_or(called.trim()).to_owned());
        let emails: Vec<String> = emails.collect();
        let mut bearers = self.people().bearers(&emails).await?.into_iter();
        let people = called.iter();
        let people = people.map(|called| by_id(called.trim()).or_else(|| bearers.next().flatten()));
        Ok(people.collect())
    }
}

impl Search {
    /// In quarters of an hour.
    fn length(&self) -> i64 {
        (self.minutes + 14) / 15
    }

    /// The quarters that are looked over, if it is a search at all.
    fn check(&self) -> Result<(i64, i64), Reason> {
        let people = self.needed.len() + self.optional.len();
        if people > PEOPLE_MAX {
            let problem = format!("must name at most {PEOPLE_MAX} people");
            return Err(Reason::field("people", problem));
        }
        if people == 0 && !self.with_me {
            return Err(Reason::field("people", "must name somebody"));
        }
        if !(1..=MINUTES_MAX).contains(&self.minutes) {
            let problem = format!("must be 1 to {MINUTES_MAX}");
            return Err(Reason::field("minutes", problem));
        }
        check_days(self.from, self.to)?;
        if self.hours.weekdays.is_empty() {
            return Err(Reason::field("weekdays", "must name a day of the week"));
        }
        if !(1..=TIMES_MAX).contains(&self.count) {
            return Err(Reason::field("count", format!("must be 1 to {TIMES_MAX}")));
        }
        let first = slot_from(self.from);
        Ok((first, slot_of(self.to) - first))
    }
}

/// Whether so many days are looked over at once.
pub(crate) fn check_days(from: Moment, to: Moment) -> Result<(), Reason> {
    if to <= from || to.micros_since(from) > SEARCH_DAYS_MAX * 86_400_000_000 {
        let problem = format!("must be later than `from`, by at most {SEARCH_DAYS_MAX} days");
        return Err(Reason::field("to", problem));
    }
    Ok(())
}

/// What makes its owner busy.
fn busy_calendars(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Calendar>, StoreError> {
    let mut all = calendars::calendars(tx, person)?;
    all.retain(|calendar| calendar.about.busy);
    Ok(all)
}

/// When somebody is busy, where all of it is kept or nothing can make them so; `None`: it has to be worked out.
fn kept_slots(
    tx: &mut Tx<'_>,
    person: PersonId,
    mine: &[String],
    (first, count): (i64, i64),
) -> Result<Option<Slots>, StoreError> {
    let all = busy_calendars(tx, person)?;
    let mut slots = Slots::none(first, count);
    if all.is_empty() {
        return Ok(Some(slots));
    }
    let (from, until) = (block_of(first), block_of(first + count - 1));
    let kept = rows::blocks(tx, person, (from, until), stamp(&all, mine))?;
    kept.iter().for_each(|(_, block)| slots.add(block));
    let is_all = (from..=until).all(|block| kept.iter().any(|(one, _)| *one == block));
    Ok(is_all.then_some(slots))
}

/// An object, and the zone in which it lies.
type Near = Vec<(Stored, String)>;

fn near(tx: &mut Tx<'_>, all: Vec<Calendar>, (from, to): (Moment, Moment)) -> Result<Near, StoreError> {
    let mut found = Near::new();
    for calendar in all {
        let zone = calendar.about.zone;
        let near = calendars::near(tx, calendar.id, (from, to))?.into_iter();
        let near = near.filter(|stored| stored.kind == Kind::Event);
        found.extend(near.map(|stored| (stored, zone.clone())));
    }
    Ok(found)
}

/// The same for as long as nothing changes that decides when somebody is busy.
fn stamp(all: &[Calendar], mine: &[String]) -> Id {
    let mut said = format!("{}", zones::fingerprint());
    for address in mine {
        let _ = write!(said, " {address}");
    }
    for calendar in all {
        let _ = write!(said, " {} {} {}", calendar.id, calendar.version, calendar.changes);
    }
    Id::named("when somebody is busy", &said)
}

/// From when until when some blocks are.
fn extent(first: i64, last: i64) -> (Moment, Moment) {
    (start_of(first * BLOCK_SLOTS), start_of((last + 1) * BLOCK_SLOTS))
}

fn blocks_of(near: &Near, mine: &[String], first: i64, last: i64) -> Vec<(i64, Slots)> {
    let mut all: Vec<(i64, Slots)> = (first..=last)
        .map(|block| (block, Slots::of_block(block)))
        .collect();
    for one in periods(near, extent(first, last), mine) {
        for (_, slots) in &mut all {
            slots.take(one.start.into(), one.end.into());
        }
    }
    all
}

fn periods(near: &Near, (from, to): (Moment, Moment), mine: &[String]) -> Vec<dav::Busy> {
    let mut periods = Vec::new();
    let range = (from.to_timestamp(), to.to_timestamp());
    for (stored, zone) in near {
        let viewer = Zone::named(zone).unwrap_or(Zone::UTC);
        dav::busy_of(&stored.text, range, &viewer, mine, &mut periods);
    }
    periods
}

fn in_order(periods: Vec<dav::Busy>) -> Vec<Busy> {
    let busy = dav::joined(periods).into_iter().map(|one| Busy {
        starts: one.start.into(),
        ends: one.end.into(),
        is_tentative: one.tentative,
    });
    let mut busy: Vec<Busy> = busy.collect();
    busy.sort_by_key(|one| (one.starts, one.ends));
    busy
}

/// Somebody's times, or the hours in which they lie where there are too many.
fn coarse(busy: Vec<Busy>) -> Vec<Busy> {
    if busy.len() <= PERIODS_MAX {
        return busy;
    }
    let hour = |micros: i64| Moment::from_micros(micros.div_euclid(HOUR_MICROS) * HOUR_MICROS).to_timestamp();
    let hours = busy.into_iter().map(|one| dav::Busy {
        tentative: one.is_tentative,
        start: hour(one.starts.as_micros()),
        end: hour(one.ends.as_micros() + HOUR_MICROS - 1),
    });
    in_order(hours.collect())
}

/// Reading many texts would hold up others: it is done beside the requests, a few aside.
async fn aside<G, T>(given: Vec<G>, work: impl FnOnce(Vec<G>) -> T + Send + 'static) -> Result<T, Refused>
where
    G: Send + 'static,
    T: Send + 'static,
{
    const FEW: usize = 8;
    if given.len() <= FEW {
        return Ok(work(given));
    }
    let done = tokio::task::spawn_blocking(move || work(given)).await;
    done.map_err(|_| Refused::broke_off("looking for a time"))
}
