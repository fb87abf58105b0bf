//! From when until when something happens, as people say it, and moving that.
//!
//! What is kept true: a time is local time in a zone, as it was said; a length stays the same where only the start is
//! changed. Zones are resolved where two of them meet, and nowhere else.

use std::borrow::Cow;

use ical::zones::Zone;
use ical::{Component, Entry, When, Zones};
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::types::Reason;

/// How long something takes that is said to start by the clock, and not until when.
const USUAL_SECONDS: i64 = 3_600;

/// From when until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Times {
    /// Whole days, the last one included.
    Days { first: Date, last: Date },
    /// By the clock of a zone; without one, wherever one is.
    Hours {
        starts: DateTime,
        ends: DateTime,
        zone: Option<String>,
    },
}

/// A beginning or an end as somebody says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    Day(Date),
    Local(DateTime),
    At(Timestamp),
}

/// What somebody wants of the times; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimesWish {
    pub starts: Option<Spot>,
    pub ends: Option<Spot>,
    /// Of the IANA database.
    pub zone: Option<String>,
}

impl TimesWish {
    pub fn is_empty(&self) -> bool {
        *self == TimesWish::default()
    }

    /// All of these times.
    pub fn all(times: &Times) -> TimesWish {
        match times {
            Times::Days { first, last } => TimesWish {
                starts: Some(Spot::Day(*first)),
                ends: Some(Spot::Day(*last)),
                zone: None,
            },
            Times::Hours { starts, ends, zone } => TimesWish {
                starts: Some(Spot::Local(*starts)),
                ends: Some(Spot::Local(*ends)),
                zone: zone.clone(),
            },
        }
    }
}

impl Times {
    /// The local start; a day begins at midnight.
    pub fn starts(&self) -> DateTime {
        match self {
            Times::Days { first, .. } => first.to_datetime(Time::midnight()),
            Times::Hours { starts, .. } => *starts,
        }
    }

    pub fn zone(&self) -> Option<&str> {
        match self {
            Times::Days { .. } => None,
            Times::Hours { zone, .. } => zone.as_deref(),
        }
    }

    /// Seconds by the clock on the wall. A day is one of 24 hours here.
    pub fn seconds(&self) -> i64 {
        match self {
            Times::Days { first, last } => days_from(*first, *last).saturating_add(1) * 86_400,
            Times::Hours { starts, ends, .. } => seconds_from(*starts, *ends),
        }
    }

    /// These times for something that is new.
    pub fn new(wish: &TimesWish, zone: &str) -> Result<Times, Reason> {
        let missing = || Reason::field("starts", "must be there: when does it begin?");
        let any = Times::Days {
            first: Date::MIN,
            last: Date::MIN,
        };
        match wish.starts.ok_or_else(missing)? {
            Spot::Day(first) => Times::Days { first, last: first }.changed(wish, zone),
            Spot::Local(_) | Spot::At(_) => any.changed(wish, zone),
        }
    }

    /// These times with what is wanted of them. `zone` counts where neither says one.
    pub fn changed(&self, wish: &TimesWish, zone: &str) -> Result<Times, Reason> {
        let changed = match wish.starts {
            None => self.with_zone(wish.zone.as_deref())?,
            Some(Spot::Day(first)) => Times::Days {
                first,
                last: match self {
                    Times::Days { first: old, last } => later(first, days_from(*old, *last)),
                    Times::Hours { .. } => first,
                },
            },
            Some(spot) => self.begun(spot, wish.zone.as_deref(), zone)?,
        };
        changed.ended(wish.ends)
    }

    fn with_zone(&self, wanted: Option<&str>) -> Result<Times, Reason> {
        match (self, wanted) {
            (Times::Hours { starts, ends, .. }, Some(wanted)) => Ok(Times::Hours {
                starts: *starts,
                ends: *ends,
                zone: Some(known(wanted)?.1),
            }),
            _ => Ok(self.clone()),
        }
    }

    /// Begun at a time of the clock.
    fn begun(&self, spot: Spot, wanted: Option<&str>, otherwise: &str) -> Result<Times, Reason> {
        let name = match (wanted, self) {
            (Some(wanted), _) => Some(known(wanted)?.1),
            (None, Times::Hours { zone, .. }) => zone.clone(),
            (None, Times::Days { .. }) => Some(otherwise.to_owned()),
        };
        let length = match self {
            Times::Hours { .. } => self.seconds(),
            Times::Days { .. } => USUAL_SECONDS,
        };
        let starts = match spot {
            Spot::Local(local) => local,
            Spot::Day(day) => day.to_datetime(Time::midnight()),
            Spot::At(at) => zone_of(name.as_deref())?.local_at(at),
        };
        Ok(Times::Hours {
            starts,
            ends: plus(starts, length),
            zone: name,
        })
    }

    fn ended(self, ends: Option<Spot>) -> Result<Times, Reason> {
        let Some(spot) = ends else {
            return Ok(self);
        };
        let like = |what: &str| Reason::field("ends", format!("must be {what}, as `starts` is"));
        let ended = match (self, spot) {
            (Times::Days { first, .. }, Spot::Day(last)) => Times::Days { first, last },
            (Times::Days { .. }, _) => return Err(like("a day")),
            (Times::Hours { .. }, Spot::Day(_)) => return Err(like("a time")),
            (Times::Hours { starts, zone, .. }, Spot::Local(ends)) => Times::Hours { starts, ends, zone },
            (Times::Hours { starts, zone, .. }, Spot::At(at)) => Times::Hours {
                starts,
                ends: zone_of(zone.as_deref())?.local_at(at),
                zone,
            },
        };
        if ended.seconds() < 0 {
            return Err(Reason::field("ends", "must not be before `starts`"));
        }
        Ok(ended)
    }

    /// The same, so much later by the clock.
    pub fn moved(&self, seconds: i64) -> Times {
        match self {
            Times::Days { first, last } => {
                let days = seconds.div_euclid(86_400);
                Times::Days {
                    first: later(*first, days),
                    last: later(*last, days),
                }
            }
            Times::Hours { starts, ends, zone } => Times::Hours {
                starts: plus(*starts, seconds),
                ends: plus(*ends, seconds),
                zone: zone.clone(),
            },
        }
    }

    /// Writes them into an entry, which keeps saying how long it takes in its own way where that stays the same.
    pub fn write_to(&self, entry: &mut Component<'static>, length_stays: bool) {
        let form = Form::of(self);
        entry.set_when("DTSTART", Some(&form.when(self.starts())));
        let has_end = ["DTEND", "DUE"].iter().any(|name| entry.get(name).is_some());
        if length_stays && !has_end {
            return;
        }
        let end = match self {
            Times::Days { last, .. } => later(*last, 1).to_datetime(Time::midnight()),
            Times::Hours { ends, .. } => *ends,
        };
        entry.set_end(Some(&form.when(end)));
    }
}

/// What a time is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Days,
    Floating,
    Utc,
    Zoned(String),
}

impl Form {
    fn of(times: &Times) -> Form {
        match times {
            Times::Days { .. } => Form::Days,
            Times::Hours { zone: None, .. } => Form::Floating,
            Times::Hours { zone: Some(zone), .. } if zone == "UTC" => Form::Utc,
            Times::Hours { zone: Some(zone), .. } => Form::Zoned(zone.clone()),
        }
    }

    pub fn of_when(when: &When<'_>) -> Form {
        match when {
            When::Date(_) => Form::Days,
            When::Floating(_) => Form::Floating,
            When::Utc(_) => Form::Utc,
            When::Zoned(_, zone) => Form::Zoned(zone.to_string()),
        }
    }

    pub fn when(&self, local: DateTime) -> When<'static> {
        match self {
            Form::Days => When::Date(local.date()),
            Form::Floating => When::Floating(local),
            Form::Utc => When::Utc(local),
            Form::Zoned(zone) => When::Zoned(local, Cow::Owned(zone.clone())),
        }
    }

    pub fn zone(&self, zones: &Zones) -> Zone {
        match self {
            Form::Days | Form::Floating => Zone::FLOATING,
            Form::Utc => Zone::UTC,
            Form::Zoned(name) => zones.zone(name),
        }
    }

    /// What a time that is written in another form is in this one, by the clock.
    pub fn local(&self, when: &When<'_>, zones: &Zones) -> DateTime {
        if Form::of_when(when) == *self || matches!(when, When::Date(_) | When::Floating(_)) {
            return when.local();
        }
        match self {
            Form::Days | Form::Floating => when.local(),
            Form::Utc | Form::Zoned(_) => self.zone(zones).local_at(zones.instant(when, &Zone::UTC)),
        }
    }
}

/// When one entry happens, with its start at `starts`. `None` for a task without a time.
pub fn times_of(entry: &Entry<'_>, zones: &Zones, starts: Option<DateTime>) -> Option<Times> {
    let start = entry.start.as_ref().or(entry.due.as_ref())?;
    let end = entry.end.as_ref().or(entry.due.as_ref());
    let at = starts.unwrap_or_else(|| start.local());
    if start.is_date() {
        let days = match end {
            Some(end) => days_from(start.local().date(), end.local().date()),
            None => entry
                .lasts()
                .map_or(1, |length| length.nominal_seconds() / 86_400),
        };
        let is_due = entry.start.is_none();
        let more = if is_due { 0 } else { days.max(1) - 1 };
        return Some(Times::Days {
            first: at.date(),
            last: later(at.date(), more),
        });
    }
    let form = Form::of_when(start);
    let zone = form.zone(zones);
    let begins = zones.instant(start, &Zone::UTC);
    let seconds = match end {
        Some(end) => zones.instant(end, &Zone::UTC).as_second() - begins.as_second(),
        None => entry.lasts().unwrap_or_default().nominal_seconds(),
    };
    let ends = zone
        .instant_of(at)
        .saturating_add(SignedDuration::from_secs(seconds.max(0)));
    Some(Times::Hours {
        starts: at,
        ends: ends.map_or(at, |ends| zone.local_at(ends)),
        zone: match form {
            Form::Zoned(name) => Some(name),
            Form::Utc => Some("UTC".to_owned()),
            Form::Days | Form::Floating => None,
        },
    })
}

/// A zone of the database, and its own name.
pub fn known(name: &str) -> Result<(Zone, String), Reason> {
    let unknown = || {
        Reason::field(
            "zone",
            "must be a time zone of the IANA database, such as Europe/Moscow",
        )
    };
    let zone = Zone::iana(name).ok_or_else(unknown)?;
    let own = zone.id().unwrap_or("UTC");
    let own = if own.ends_with("UTC") { "UTC" } else { own }.to_owned();
    Ok((zone, own))
}

fn zone_of(name: Option<&str>) -> Result<Zone, Reason> {
    match name {
        None => Ok(Zone::UTC),
        Some(name) => Zone::named(name)
            .ok_or(())
            .or_else(|()| known(name).map(|(zone, _)| zone)),
    }
}

pub fn plus(local: DateTime, seconds: i64) -> DateTime {
    local.saturating_add(SignedDuration::from_secs(seconds))
}

pub fn seconds_from(earlier: DateTime, later: DateTime) -> i64 {
    later.duration_since(earlier).as_secs()
}

fn days_from(earlier: Date, later: Date) -> i64 {
    later.duration_since(earlier).as_hours() / 24
}

fn later(date: Date, days: i64) -> Date {
    let days = i32::try_from(days).unwrap_or_default();
    date.saturating_add(days.days())
}
