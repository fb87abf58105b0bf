//! Counting by day.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::{Moment, PersonId, VirtualShard};
use store::{Shard, StoreError, Tx};

use super::rows;
use crate::census::BLOCKS;
use crate::past::{self, Versions};
use crate::people;
use crate::reports::Drawn;
use crate::rules::replay::{Books, Life};
use crate::rules::rulebook::{Members, Seen};
use crate::service::{Refused, Segments, blocking};
use crate::types::{Number, Reason};

/// Days that are counted at once.
const DAYS_MAX: i32 = 31;
/// People who are read from the store and replayed for one answer. They take some ten seconds on a machine of today, which is
/// what a request may take.
const REPLAYED_MAX: usize = 200_000;
/// Rows that are read to find them: one more than may be of one kind.
const READ_MAX: u32 = 200_001;
/// People who are read in one transaction.
const PAGE: usize = 500;

/// Which days somebody wants to see.
#[derive(Clone, Debug, Default)]
pub struct DaysWanted {
    /// `2026-11-01`. Absent: so many days before the last that there are 31.
    pub first: Option<String>,
    /// Absent: today.
    pub last: Option<String>,
    /// Of the IANA database: where days begin and end.
    pub zone: String,
}

/// What came of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    pub begins: Moment,
    pub joined: u64,
    pub left: u64,
}

/// The days that are counted, in their order.
struct Calendar {
    days: Vec<Day>,
    to: Moment,
}

impl Calendar {
    fn of(first: Date, last: Date, zone: &TimeZone, now: Moment) -> Option<Calendar> {
        let begin = |date: Date| {
            let zoned = date.to_zoned(zone.clone()).ok()?;
            Some(Moment::from_micros(zoned.timestamp().as_microsecond()))
        };
        let dates: Vec<Date> = first.series(1.day()).take_while(|date| *date <= last).collect();
        let begins: Option<Vec<Moment>> = dates.iter().map(|date| begin(*date)).collect();
        let end = begin(last.checked_add(1.day()).ok()?)?;
        let days = dates.into_iter().zip(begins?);
        let day = |(date, begins)| Day {
            date,
            begins,
            joined: 0,
            left: 0,
        };
        Some(Calendar {
            days: days.map(day).collect(),
            to: end.min(now),
        })
    }

    fn from(&self) -> Moment {
        self.days.first().map_or(self.to, |day| day.begins)
    }

    fn count(&mut self, at: Moment, joined: bool) {
        let after = self.days.partition_point(|day| day.begins <= at);
        if let Some(day) = after.checked_sub(1).and_then(|at| self.days.get_mut(at)) {
            *(if joined { &mut day.joined } else { &mut day.left }) += 1;
        }
    }
}

/// People who are not as they were, by the server that keeps them.
#[derive(Default)]
struct Moved {
    all: HashSet<PersonId>,
    of: Vec<(Shard, Vec<PersonId>)>,
}

/// What is counted of those whom memory tells of.
struct Counted {
    segment: Number,
    books: Arc<Books>,
    /// Of whom it does not.
    moved: HashSet<PersonId>,
}

impl Counted {
    fn count(&self, seen: &Seen<'_>, turns: &[Moment], members: &mut Members, calendar: &mut Calendar) {
        if !self.moved.contains(&seen.id) {
            let steps = self
                .books
                .steps_of_unmoved(seen, self.segment, turns, calendar.to, members);
            for (at, joined) in steps {
                calendar.count(at, joined);
            }
        }
    }
}

impl Segments {
    /// How many joined and left a segment on each of some days, by the clock of a zone. What changes while it is counted is
    /// counted the next time.
    pub async fn days(&self, key: &str, wanted: &DaysWanted) -> Result<Vec<Day>, Refused> {
        let segment = self.segment(key)?.number;
        let calendar = calendar(wanted, self.0.clock.now())?;
        let (from, to) = (calendar.from(), calendar.to);
        let versions = self.versions(to).await?.about(segment);
        let moved = self.moved(&versions, from).await?;
        let books = Arc::new(versions.books(from, to));
        let counted = Counted {
            segment,
            books: Arc::clone(&books),
            moved: moved.all,
        };
        let mut calendar = self.count_unmoved(counted, calendar).await?;
        for (server, people) in moved.of {
            let mut drawn = None;
            for page in people.chunks(PAGE) {
                let lives = self
                    .lives(&server, page, versions.has_draws(), &mut drawn)
                    .await?;
                let with = Arc::clone(&books);
                let replay = move || steps(&with, &lives, segment, from, to);
                for (at, joined) in blocking("a replay", replay).await? {
                    calendar.count(at, joined);
                }
            }
        }
        Ok(calendar.days)
    }

    /// Of whom memory does not tell how they were.
    async fn moved(&self, versions: &Versions, since: Moment) -> Result<Moved, Refused> {
        let mut moved = Moved::default();
        for server in self.0.store.everywhere() {
            let segments = versions.numbers();
            let asks_for_facts = versions.asks_for_facts();
            let read = move |tx: &mut Tx<'_>| {
                let mut people = HashSet::new();
                for segment in &segments {
                    people.extend(rows::moved(tx, *segment, since, READ_MAX)?);
                }
                if asks_for_facts {
                    people.extend(rows::learned(tx, since, READ_MAX)?);
                } else {
                    people.extend(rows::returned(tx, since, READ_MAX)?);
                    people.extend(rows::gone(tx, since, READ_MAX)?);
                }
                Ok::<_, StoreError>(people)
            };
            let mut people: Vec<PersonId> = server.read(read).await?.into_iter().collect();
            people.sort_unstable_by_key(|person| (person.0.virtual_shard(), *person));
            moved.all.extend(&people);
            moved.of.push((server, people));
        }
        if moved.all.len() > REPLAYED_MAX {
            let what = format!(
                "lies so far back that more than {REPLAYED_MAX} people changed since: ask for later days, or for a report"
            );
            return Err(field("first", &what).into());
        }
        Ok(moved)
    }

    /// Goes over everybody, one count at a time, and no longer than somebody waits for it.
    async fn count_unmoved(&self, counted: Counted, mut calendar: Calendar) -> Result<Calendar, StoreError> {
        let _turn = self.0.days.lock().await;
        let waiting = Arc::new(());
        let (this, waits) = (self.clone(), Arc::downgrade(&waiting));
        let count = move || {
            let turns = counted.books.turns(calendar.from(), calendar.to);
            let mut members = Members::default();
            let blocks = (0..BLOCKS).take_while(|_| waits.strong_count() > 0);
            for block in blocks {
                this.0.census.each_of(block, &mut |seen| {
                    counted.count(seen, &turns, &mut members, &mut calendar);
                });
            }
            calendar
        };
        blocking("counting by day", count).await
    }

    /// All that is kept about some people of a server.
    async fn lives(
        &self,
        server: &Shard,
        people: &[PersonId],
        with_draws: bool,
        drawn: &mut Option<(VirtualShard, Drawn)>,
    ) -> Result<Vec<Life>, StoreError> {
        let wanted = people.to_vec();
        let kept = server.read::<_, StoreError>(move |tx| {
            let mut all = Vec::with_capacity(wanted.len());
            for person in &wanted {
                if let Some(known) = people::rows::known(tx, *person)? {
                    all.push(past::rows::kept(tx, known)?);
                }
            }
            Ok(all)
        });
        let mut lives = Vec::new();
        for kept in kept.await? {
            let person = kept.person.id;
            let vshard = person.0.virtual_shard();
            if with_draws && drawn.as_ref().is_none_or(|(of, _)| *of != vshard) {
                *drawn = Some((vshard, self.drawn_of(&self.0.store.everywhere(), vshard).await?));
            }
            let own = drawn.as_mut().and_then(|(_, drawn)| drawn.remove(&person));
            lives.push(past::life(kept, own.unwrap_or_default()));
        }
        Ok(lives)
    }
}

/// The steps of some into one segment and out of it.
fn steps(books: &Books, lives: &[Life], segment: Number, from: Moment, to: Moment) -> Vec<(Moment, bool)> {
    let all = lives.iter().flat_map(|life| books.steps(life, from, to));
    all.filter(|step| step.segment == segment)
        .map(|step| (step.at, step.joined))
        .collect()
}

fn calendar(wanted: &DaysWanted, now: Moment) -> Result<Calendar, Reason> {
    let zone = TimeZone::get(&wanted.zone).map_err(|_| {
        field(
            "zone",
            "must be a time zone of the IANA database, such as Europe/Moscow",
        )
    })?;
    let date = |name: &str, given: Option<&str>| {
        let read = given.map(str::parse::<Date>).transpose();
        read.map_err(|_| field(name, "must be a day such as 2026-11-01"))
    };
    let today = now.to_timestamp().to_zoned(zone.clone()).date();
    let last = date("last", wanted.last.as_deref())?.map_or(today, |last| last.min(today));
    let earliest = last.checked_sub((DAYS_MAX - 1).days());
    let earliest = earliest.map_err(|_| field("last", "lies too far back"))?;
    let first = date("first", wanted.first.as_deref())?.unwrap_or(earliest);
    if first > last {
        return Err(field(
            "first",
            "must not lie after the last day, or in the future",
        ));
    }
    if first < earliest {
        return Err(field(
            "first",
            &format!("must not lie more than {DAYS_MAX} days back from the last"),
        ));
    }
    Calendar::of(first, last, &zone, now).ok_or_else(|| field("first", "lies too far back"))
}

fn field(field: &str, problem: &str) -> Reason {
    Reason::Field {
        field: field.to_owned(),
        problem: problem.to_owned(),
    }
}
