//! The daily letter: who asked for one, and when.
//!
//! What is kept true: there is one timer for each person who asked, set in the transaction that says so. It sets its successor by the
//! rules of zones of that day, so seven o'clock stays seven o'clock; and the letter of a day that is over is not written, nor one to a
//! room.

mod rows;
#[cfg(test)]
mod tests;

use bell::schedule::{self, Schedule};
use bell::{Failed, Kind, Rung, Timer};
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use kernel::{Id, Moment, PersonId};
use post::{Ask, To};
use store::{StoreError, Tx};

use crate::letters::daily::{DAILY, Told};
use crate::resources;
use crate::service::{Calendars, Refused};
use crate::types::Reason;

/// People get up at full hours: their letters may take some minutes.
const SPREAD: std::time::Duration = std::time::Duration::from_secs(60);

pub(crate) static NEXT: Kind = Kind::new(21, "calendar.daily").spread_over(SPREAD);

/// Of one person there is one.
const KEY: &[u8] = b"daily";

/// When somebody gets a letter about the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daily {
    /// Minutes after midnight.
    at: i16,
    /// By these clocks; of the IANA database.
    zone: String,
}

impl Daily {
    /// `None` when there is no such time or zone.
    pub fn new(time: Time, zone: &str) -> Option<Daily> {
        let zone = TimeZone::get(zone).ok()?.iana_name()?.to_owned();
        let at = i16::from(time.hour()) * 60 + i16::from(time.minute());
        Some(Daily { at, zone })
    }

    pub fn time(&self) -> Time {
        let (hour, minute) = (self.at / 60, self.at % 60);
        let (hour, minute) = (i8::try_from(hour), i8::try_from(minute));
        Time::new(hour.unwrap_or(0), minute.unwrap_or(0), 0, 0).unwrap_or(Time::midnight())
    }

    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// A zone that a newer list of zones dropped is UTC.
    fn clocks(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    fn next(&self, after: Moment) -> Option<Moment> {
        schedule::next(Schedule::Daily(self.time()), &self.clocks(), after)
    }

    /// Whether it ever comes.
    pub(crate) fn check(&self, at: Moment) -> Result<(), Reason> {
        match self.next(at) {
            Some(_) => Ok(()),
            None => Err(Reason::field("daily_at", "is a time that never comes")),
        }
    }
}

impl Calendars {
    /// When somebody gets a letter about the day; `None`: they get none.
    pub async fn daily(&self, owner: PersonId) -> Result<Option<Daily>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::daily(tx, owner));
        Ok(found.await?)
    }

    pub async fn set_daily(&self, owner: PersonId, daily: Option<Daily>) -> Result<(), Refused> {
        let at = self.now();
        if let Some(daily) = &daily {
            daily.check(at)?;
        }
        let shard = self.store().shard_of(owner);
        let set = shard.write::<_, StoreError>(move |tx| put(tx, owner, daily.as_ref(), at));
        Ok(set.await?)
    }
}

pub(crate) fn of(tx: &mut Tx<'_>, owner: PersonId) -> Result<Option<Daily>, StoreError> {
    rows::daily(tx, owner)
}

/// Says it, and sets its timer or takes it back.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    owner: PersonId,
    daily: Option<&Daily>,
    at: Moment,
) -> Result<(), StoreError> {
    rows::save(tx, owner, daily)?;
    match daily.and_then(|daily| daily.next(at)) {
        Some(due) => set(tx, owner.0, due),
        None => bell::cancel(tx, owner.0, &NEXT, KEY).map(|_| ()),
    }
}

fn set(tx: &mut Tx<'_>, owner: Id, due: Moment) -> Result<(), StoreError> {
    let timer = Timer {
        owner,
        kind: &NEXT,
        key: KEY,
        note: b"",
        due,
    };
    bell::set(tx, &timer)
}

/// It is time: the letter of this day is asked for, and the next day's timer is set.
pub(crate) fn ring(tx: &mut Tx<'_>, rung: &Rung<'_>) -> Result<(), Failed> {
    let owner = PersonId(rung.owner);
    let Some(daily) = rows::daily(tx, owner)? else {
        return Ok(());
    };
    let clocks = daily.clocks();
    let today = clocks.to_datetime(rung.now.to_timestamp()).date();
    let instant = |at: DateTime| {
        at.to_zoned(clocks.clone())
            .map(|there| Moment::from(there.timestamp()))
    };
    let midnight = today.tomorrow().map(|day| day.at(0, 0, 0, 0)).and_then(instant);
    // Late after an outage it is today's letter all the same, if it is today's time.
    if let (Ok(due), Ok(midnight)) = (instant(today.to_datetime(daily.time())), midnight)
        && due <= rung.now
        && !resources::is_one(tx, owner)?
    {
        let told = Told::new(today, &daily.zone).as_json()?;
        let key = today.to_string().into_bytes();
        let ask = Ask::new(&DAILY, To::Person(owner), key, rung.now);
        let ask = ask.telling(told).wanted_until(midnight);
        post::ask(tx, &ask, rung.now)?;
    }
    match daily.next(rung.now) {
        Some(due) => Ok(set(tx, owner.0, due)?),
        None => Ok(()),
    }
}

/// Takes the timer of somebody back who is no more.
pub(crate) fn take_back(tx: &mut Tx<'_>, owner: PersonId) -> Result<(), StoreError> {
    bell::cancel(tx, owner.0, &NEXT, KEY)?;
    Ok(())
}
