//! Values of RFC 5545 3.3 as types: dates, times, durations, periods, offsets from UTC.
//!
//! What is kept true: a time is what was written, a date, a local time, a local time in a zone of that name, or UTC. Which
//! instant that is depends on rules of zones and is found last, elsewhere; nothing here knows a zone. A duration keeps days
//! apart from seconds, because a day is not 24 hours where the clock changes (RFC 5545 3.3.6).
//!
//! Lenient, because nothing is lost: a date without `VALUE=DATE`, a time with it (the date counts), `TZID` beside `Z` (UTC it is), spaces
//! around a value, small letters, the second 60 (it is 59), `+` before a duration, weeks beside days, either after `T`, an offset without sign.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::{Date, DateTime, Time};

use crate::problem::{Problem, Reason};
use crate::property::Property;

/// A date or a time, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum When<'a> {
    /// A whole day, wherever one is.
    Date(Date),
    /// A local time, wherever one is.
    Floating(DateTime),
    /// A local time in the zone of this TZID.
    Zoned(DateTime, Cow<'a, str>),
    Utc(DateTime),
}

impl<'a> When<'a> {
    /// The one value of a property such as DTSTART.
    pub fn read(property: &'a Property<'_>) -> Result<When<'a>, Problem> {
        When::parse(property.value(), &Spelling::of(property)).ok_or_else(|| no_when(property))
    }

    fn parse(value: &str, spelling: &Spelling<'a>) -> Option<When<'a>> {
        let value = value.trim().as_bytes();
        let (day, rest) = value.split_at_checked(8)?;
        let date = date(day)?;
        let Some((b'T' | b't', clock)) = rest.split_first() else {
            return rest.is_empty().then_some(When::Date(date));
        };
        let (clock, utc) = match clock.strip_suffix(b"Z").or_else(|| clock.strip_suffix(b"z")) {
            Some(clock) => (clock, true),
            None => (clock, false),
        };
        let local = date.to_datetime(time(clock)?);
        Some(match &spelling.zone {
            _ if spelling.is_date => return Some(When::Date(date)),
            _ if utc => When::Utc(local),
            Some(zone) => When::Zoned(local, zone.clone()),
            None => When::Floating(local),
        })
    }

    pub fn is_date(&self) -> bool {
        matches!(self, When::Date(_))
    }

    /// The date and time that are written, zone aside; a date begins at midnight.
    pub fn local(&self) -> DateTime {
        match self {
            When::Date(date) => date.to_datetime(Time::midnight()),
            When::Floating(local) | When::Zoned(local, _) | When::Utc(local) => *local,
        }
    }

    pub fn tzid(&self) -> Option<&str> {
        match self {
            When::Zoned(_, zone) => Some(zone),
            _ => None,
        }
    }

    pub fn into_owned(self) -> When<'static> {
        match self {
            When::Date(date) => When::Date(date),
            When::Floating(local) => When::Floating(local),
            When::Zoned(local, zone) => When::Zoned(local, Cow::Owned(zone.into_owned())),
            When::Utc(local) => When::Utc(local),
        }
    }

    /// Makes this the value of a property: VALUE and TZID say what it is, other parameters stay.
    pub fn write_to(&self, property: &mut Property<'_>) {
        write_spelling(property, self);
        property.set_value(&self.to_string());
    }

    /// Whether both can be put in order without knowing a zone.
    pub(crate) fn is_like(&self, other: &When<'_>) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.tzid() == other.tzid()
    }
}

/// The value alone; VALUE and TZID are parameters and stand elsewhere.
impl fmt::Display for When<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local();
        write!(f, "{:04}{:02}{:02}", local.year(), local.month(), local.day())?;
        if !self.is_date() {
            write!(
                f,
                "T{:02}{:02}{:02}",
                local.hour(),
                local.minute(),
                local.second()
            )?;
        }
        f.write_str(if matches!(self, When::Utc(_)) { "Z" } else { "" })
    }
}

/// The dates and times that a property such as EXDATE lists; empty places are skipped.
pub fn read_dates<'a>(property: &'a Property<'_>) -> Result<Vec<When<'a>>, Problem> {
    let spelling = Spelling::of(property);
    let items = property.value().split(',').filter(|item| !item.trim().is_empty());
    let dates = items.map(|item| When::parse(item, &spelling));
    dates.collect::<Option<_>>().ok_or_else(|| no_when(property))
}

/// One value of RDATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recurs<'a> {
    At(When<'a>),
    During(Period<'a>),
}

/// What a property such as RDATE lists: dates, times or periods.
pub fn read_rdates<'a>(property: &'a Property<'_>) -> Result<Vec<Recurs<'a>>, Problem> {
    let spelling = Spelling::of(property);
    let items = property.value().split(',').filter(|item| !item.trim().is_empty());
    let values = items.map(|item| {
        if item.contains('/') {
            Period::parse(item, &spelling).map(Recurs::During)
        } else {
            When::parse(item, &spelling).map(Recurs::At)
        }
    });
    values.collect::<Option<_>>().ok_or_else(|| no_when(property))
}

/// The parameters that say how dates of a property are meant.
struct Spelling<'a> {
    is_date: bool,
    zone: Option<Cow<'a, str>>,
}

impl<'a> Spelling<'a> {
    fn of(property: &'a Property<'_>) -> Spelling<'a> {
        let mut spelling = Spelling {
            is_date: false,
            zone: None,
        };
        for param in property.params() {
            if param.is("VALUE") {
                spelling.is_date = param.value().trim().eq_ignore_ascii_case("DATE");
            } else if param.is("TZID") && spelling.zone.is_none() {
                spelling.zone = Some(param.value()).filter(|zone| !zone.trim().is_empty());
            }
        }
        spelling
    }
}

/// Properties that list dates: one for each run of dates of one kind and zone.
pub fn dates_properties(name: &str, dates: &[When<'_>]) -> Vec<Property<'static>> {
    let runs = dates.chunk_by(|one, next| one.is_like(next));
    let written = runs.map(|run| {
        let mut property = Property::new(name, "");
        write_spelling(&mut property, &run[0]);
        let values: Vec<String> = run.iter().map(ToString::to_string).collect();
        property.set_value(&values.join(","));
        property
    });
    written.collect()
}

fn write_spelling(property: &mut Property<'_>, when: &When<'_>) {
    if when.is_date() {
        property.set_param("VALUE", "DATE");
    } else {
        property.remove_param("VALUE");
    }
    match when.tzid() {
        Some(zone) => property.set_param("TZID", zone),
        None => property.remove_param("TZID"),
    }
}

fn no_when(property: &Property<'_>) -> Problem {
    no_value(
        property,
        "a date such as 20261224 or a time such as 20261224T180000Z",
    )
}

pub(crate) fn no_value(property: &Property<'_>, expected: &'static str) -> Problem {
    let name = property.name().to_owned();
    Problem::new(property.line(), Reason::Value { name, expected })
}

fn date(digits: &[u8]) -> Option<Date> {
    let year = number(&digits[..4])?;
    let (month, day) = (two(digits, 4)?, two(digits, 6)?);
    Date::new(i16::try_from(year).ok()?, month, day).ok()
}

fn time(digits: &[u8]) -> Option<Time> {
    if digits.len() != 6 {
        return None;
    }
    let second = two(digits, 4)?;
    let second = if second == 60 { 59 } else { second };
    Time::new(two(digits, 0)?, two(digits, 2)?, second, 0).ok()
}

fn two(digits: &[u8], at: usize) -> Option<i8> {
    i8::try_from(number(digits.get(at..at + 2)?)?).ok()
}

fn number(digits: &[u8]) -> Option<u32> {
    let all = !digits.is_empty() && digits.len() <= 9 && digits.iter().all(u8::is_ascii_digit);
    all.then(|| {
        digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    })
}

/// A length of time: whole days by the calendar, and seconds by the clock. Both have the sign of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Duration {
    pub days: i64,
    pub seconds: i64,
}

impl Duration {
    pub fn seconds(seconds: i64) -> Duration {
        Duration { days: 0, seconds }
    }

    pub fn days(days: i64) -> Duration {
        Duration { days, seconds: 0 }
    }

    pub fn is_negative(self) -> bool {
        self.days < 0 || self.seconds < 0
    }

    /// The seconds, if every day had 24 hours.
    pub fn nominal_seconds(self) -> i64 {
        self.days.saturating_mul(86_400).saturating_add(self.seconds)
    }

    /// `P1W`, `-P1DT2H30M`, `PT0S` and the like (RFC 5545 3.3.6).
    pub fn parse(value: &str) -> Option<Duration> {
        let value = value.trim();
        let (sign, value) = match value.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, value.strip_prefix('+').unwrap_or(value)),
        };
        let mut bytes = value.strip_prefix(['P', 'p'])?.as_bytes();
        let mut duration = Duration::default();
        let (mut last, mut clock) = (0, false);
        while let Some(&byte) = bytes.first() {
            if byte.eq_ignore_ascii_case(&b'T') && !clock {
                clock = true;
                bytes = &bytes[1..];
                continue;
            }
            let digits = bytes.iter().position(|byte| !byte.is_ascii_digit())?;
            let count = i64::from(number(&bytes[..digits])?);
            let unit = bytes[digits].to_ascii_uppercase();
            let place = match (unit, clock) {
                (b'W', _) => 1,
                (b'D', _) => 2,
                (b'H', true) => 3,
                (b'M', true) => 4,
                (b'S', true) => 5,
                _ => return None,
            };
            if place <= last {
                return None;
            }
            last = place;
            match unit {
                b'W' => duration.days += count * 7,
                b'D' => duration.days += count,
                b'H' => duration.seconds += count * 3600,
                b'M' => duration.seconds += count * 60,
                _ => duration.seconds += count,
            }
            bytes = &bytes[digits + 1..];
        }
        (last > 0).then_some(Duration {
            days: sign * duration.days,
            seconds: sign * duration.seconds,
        })
    }

    pub fn read(property: &Property<'_>) -> Result<Duration, Problem> {
        Duration::parse(property.value())
            .ok_or_else(|| no_value(property, "a duration such as PT1H30M, P1D or -PT15M"))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds) = (self.days.unsigned_abs(), self.seconds.unsigned_abs());
        f.write_str(if self.is_negative() { "-P" } else { "P" })?;
        if seconds == 0 && days > 0 && days.is_multiple_of(7) {
            return write!(f, "{}W", days / 7);
        }
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if seconds == 0 && days > 0 {
            return Ok(());
        }
        f.write_str("T")?;
        let parts = [
            (seconds / 3600, 'H'),
            (seconds / 60 % 60, 'M'),
            (seconds % 60, 'S'),
        ];
        for (count, unit) in parts {
            if count > 0 || (seconds == 0 && unit == 'S') {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

/// From a start to an end, or for a while (RFC 5545 3.3.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period<'a> {
    pub start: When<'a>,
    pub until: Until<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until<'a> {
    End(When<'a>),
    Lasting(Duration),
}

impl<'a> Period<'a> {
    fn parse(value: &str, spelling: &Spelling<'a>) -> Option<Period<'a>> {
        let (start, end) = value.split_once('/')?;
        let until = match Duration::parse(end) {
            Some(duration) => Until::Lasting(duration),
            None => Until::End(When::parse(end, spelling)?),
        };
        let start = When::parse(start, spelling)?;
        Some(Period { start, until })
    }
}

impl fmt::Display for Period<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.until {
            Until::End(end) => write!(f, "{}/{end}", self.start),
            Until::Lasting(duration) => write!(f, "{}/{duration}", self.start),
        }
    }
}

/// The periods that a property such as FREEBUSY lists.
pub fn read_periods<'a>(property: &'a Property<'_>) -> Result<Vec<Period<'a>>, Problem> {
    let spelling = Spelling::of(property);
    let items = property.value().split(',').filter(|item| !item.trim().is_empty());
    let periods = items.map(|item| Period::parse(item, &spelling));
    let expected = "a period such as 20261224T180000Z/PT1H";
    periods
        .collect::<Option<_>>()
        .ok_or_else(|| no_value(property, expected))
}

/// Seconds east of Greenwich, from `+0100`, `-053000` and the like (RFC 5545 3.3.14).
pub fn parse_offset(value: &str) -> Option<i32> {
    let value = value.trim();
    let (sign, digits) = match value.as_bytes().split_first()? {
        (b'-', rest) => (-1, rest),
        (b'+', rest) => (1, rest),
        _ => (1, value.as_bytes()),
    };
    let seconds = match digits.len() {
        4 => 0,
        6 => two(digits, 4)?,
        _ => return None,
    };
    let (hours, minutes) = (two(digits, 0)?, two(digits, 2)?);
    let fits = hours < 24 && minutes < 60 && seconds < 60;
    fits.then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60 + i32::from(seconds)))
}

/// Degrees north and east, from `48.85;2.35`.
pub fn parse_geo(value: &str) -> Option<(f64, f64)> {
    let (north, east) = value.split_once([';', ','])?;
    let (north, east): (f64, f64) = (north.trim().parse().ok()?, east.trim().parse().ok()?);
    (north.abs() <= 90.0 && east.abs() <= 180.0).then_some((north, east))
}

#[cfg(test)]
mod tests;
