//! A VTIMEZONE for a zone of the database, for those who get the object and do not know the name. It is right for all
//! instants of the range that it was made for, and as short as a regular zone allows: changes that follow one rule over the
//! years are one RRULE, the others stand one by one.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{PoisonError, RwLock};

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;

use super::own::{Observance, OwnZone};
use super::{Zone, second_of};
use crate::recurrence::days::{DAY, civil_of, datetime_of, month_length, weekday_of};
use crate::recurrence::{Bound, ByDay, Frequency, Parts, Rule, Until};

/// A rule for fewer years than this says less than its dates.
const YEARS_OF_A_RULE: usize = 3;

/// One change of the zone, as its clocks show it.
#[derive(Clone, Debug)]
struct Onset {
    at: i64,
    before: i32,
    after: i32,
    daylight: bool,
    name: String,
}

impl Onset {
    fn local(&self) -> i64 {
        self.at + i64::from(self.before)
    }
}

/// What the onsets of one observance have in common.
type Alike = (i32, i32, bool, String, i64, i64);

/// What was written out already: working it out takes longer than writing the event that it is for.
static WRITTEN: RwLock<Option<Written>> = RwLock::new(None);
/// By name and range.
type Written = HashMap<(String, i64, i64), OwnZone>;
/// All zones of the database, for two ranges.
const WRITTEN_MAX: usize = 1_200;

impl Zone {
    /// The zone written out as an object's own, right for `from..to`. None for UTC, floating times and zones that are an
    /// object's own already.
    pub fn written_out(&self, from: Timestamp, to: Timestamp) -> Option<OwnZone> {
        let id = self.id()?;
        if self.is_own() {
            return None;
        }
        let key = (id.to_owned(), second_of(from), second_of(to));
        let known = WRITTEN.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(written) = known.as_ref().and_then(|known| known.get(&key)) {
            return Some(written.clone());
        }
        drop(known);
        let written = self.work_out(id, from, to);
        let mut known = WRITTEN.write().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_with(HashMap::new);
        if known.len() < WRITTEN_MAX {
            known.insert(key, written.clone());
        }
        Some(written)
    }

    fn work_out(&self, id: &str, from: Timestamp, to: Timestamp) -> OwnZone {
        let Some(database) = super::database(id) else {
            return fixed(id, self.offset_at(0));
        };
        let onsets = onsets(&database, from, to);
        let goes_on = database.following(to).next().is_some();
        let mut groups: BTreeMap<Alike, Vec<Onset>> = BTreeMap::new();
        for onset in &onsets {
            let (_, month, _) = civil_of(onset.local().div_euclid(DAY));
            let time = onset.local().rem_euclid(DAY);
            let name = onset.name.clone();
            let alike = (onset.before, onset.after, onset.daylight, name, month, time);
            groups.entry(alike).or_default().push(onset.clone());
        }
        let mut observances = Vec::new();
        for group in groups.values() {
            observances.extend(ruled(group, goes_on, second_of(to)));
        }
        observances.sort_by_key(|observance| observance.start);
        OwnZone {
            id: id.to_owned(),
            observances,
        }
    }
}

fn fixed(id: &str, offset: i64) -> OwnZone {
    let offset = i32::try_from(offset).unwrap_or_default();
    let observance = Observance {
        daylight: false,
        name: None,
        start: datetime_of(0),
        offset_from: offset,
        offset_to: offset,
        rules: Vec::new(),
        dates: Vec::new(),
    };
    OwnZone {
        id: id.to_owned(),
        observances: vec![observance],
    }
}

/// The change that counts at `from`, and those up to `to`.
fn onsets(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Onset> {
    let first = zone.preceding(from).next().map(|change| change.timestamp());
    let start = first.unwrap_or(from);
    let info = zone.to_offset_info(start);
    let mut before = match first {
        // A second earlier the offset before it counts.
        Some(at) => Timestamp::from_second(at.as_second() - 1).map_or(info.offset(), |at| zone.to_offset(at)),
        None => info.offset(),
    };
    let mut onsets = vec![Onset {
        at: start.as_second(),
        before: before.seconds(),
        after: info.offset().seconds(),
        daylight: info.dst().is_dst(),
        name: info.abbreviation().to_owned(),
    }];
    before = info.offset();
    for change in zone.following(start) {
        if change.timestamp() >= to {
            break;
        }
        if change.offset() != before || change.abbreviation() != onsets.last().map_or("", |last| &last.name) {
            onsets.push(Onset {
                at: change.timestamp().as_second(),
                before: before.seconds(),
                after: change.offset().seconds(),
                daylight: change.dst().is_dst(),
                name: change.abbreviation().to_owned(),
            });
        }
        before = change.offset();
    }
    onsets
}

/// Observances for onsets that are alike: stretches of years that follow one rule, and the rest as dates.
fn ruled(group: &[Onset], goes_on: bool, to: i64) -> Vec<Observance> {
    let mut observances = Vec::new();
    let mut dates: Vec<DateTime> = Vec::new();
    let mut rest = group;
    while let Some(first) = rest.first() {
        let (length, parts) = longest(rest);
        let (taken, behind) = rest.split_at(length);
        rest = behind;
        match (parts, taken.last()) {
            (Some(mut parts), Some(last)) if length >= YEARS_OF_A_RULE => {
                let year = 366 * DAY;
                if !(behind.is_empty() && goes_on && last.at + year >= to) {
                    parts.bound = Bound::Until(Until::Utc(datetime_of(last.at)));
                }
                if let Ok(rule) = Rule::new(parts) {
                    observances.push(observance(first, vec![rule], Vec::new()));
                    continue;
                }
                dates.extend(taken.iter().map(|onset| datetime_of(onset.local())));
            }
            _ => dates.extend(taken.iter().map(|onset| datetime_of(onset.local()))),
        }
    }
    if let (Some(first), Some((start, more))) = (group.first(), dates.split_first()) {
        let mut of_dates = observance(first, Vec::new(), more.to_vec());
        of_dates.start = *start;
        observances.push(of_dates);
    }
    observances
}

fn observance(first: &Onset, rules: Vec<Rule>, dates: Vec<DateTime>) -> Observance {
    Observance {
        daylight: first.daylight,
        name: Some(first.name.clone()),
        start: datetime_of(first.local()),
        offset_from: first.before,
        offset_to: first.after,
        rules,
        dates,
    }
}

/// The rule that describes most of the next years, and how many.
fn longest(onsets: &[Onset]) -> (usize, Option<Parts>) {
    let Some(first) = onsets.first() else {
        return (0, None);
    };
    let candidates = rules_of(first.local().div_euclid(DAY));
    let lengths = candidates.into_iter().map(|parts| {
        let (first_year, _, _) = civil_of(first.local().div_euclid(DAY));
        let years = (first_year..).zip(onsets);
        let follows = years.take_while(|(year, onset)| {
            let day = onset.local().div_euclid(DAY);
            civil_of(day).0 == *year && day_in(&parts, *year) == Some(day)
        });
        (follows.count(), parts)
    });
    match lengths.max_by_key(|(length, _)| *length) {
        Some((length, parts)) => (length.max(1), Some(parts)),
        None => (1, None),
    }
}

/// Rules that zones have: the last such weekday of a month, the first on or after a day, the same day each year. The
/// simplest comes last, because of two that last as long the later one is taken.
fn rules_of(day: i64) -> Vec<Parts> {
    let (year, month, of_month) = civil_of(day);
    let weekday = weekday_from(weekday_of(day));
    let base = || {
        let mut parts = Parts::every(Frequency::Yearly);
        parts.by_month = i16::try_from(month).into_iter().collect();
        parts
    };
    let mut rules = Vec::new();
    // Sunday on or after the 9th: one of seven days that has this one in it.
    for first in
        (of_month - 6..=of_month).filter(|first| *first >= 1 && first + 6 <= month_length(year, month))
    {
        let mut parts = base();
        parts.by_day = vec![ByDay { nth: None, weekday }];
        parts.by_month_day = (first..first + 7)
            .filter_map(|day| i16::try_from(day).ok())
            .collect();
        rules.push(parts);
    }
    let mut same = base();
    same.by_month_day = i16::try_from(of_month).into_iter().collect();
    rules.push(same);
    let nth = i8::try_from((of_month - 1) / 7 + 1).ok().filter(|nth| *nth <= 4);
    let last = (of_month + 7 > month_length(year, month)).then_some(-1);
    for nth in [nth, last] {
        let mut parts = base();
        if nth.is_some() {
            parts.by_day = vec![ByDay { nth, weekday }];
            rules.push(parts);
        }
    }
    rules
}

fn weekday_from(number: i64) -> Weekday {
    let number = i8::try_from(number).unwrap_or_default();
    Weekday::from_monday_zero_offset(number).unwrap_or(Weekday::Monday)
}

/// The day that one of these rules gives in a year.
fn day_in(parts: &Parts, year: i64) -> Option<i64> {
    let rule = Rule::new(parts.clone()).ok()?;
    let start = crate::recurrence::days::day_of(year, 1, 1) * DAY;
    let plan = crate::recurrence::plan::Plan::new(&rule, start, crate::recurrence::plan::Counting::RuleOnly)?;
    crate::recurrence::walk::first_from(&plan, start).map(|local| local.div_euclid(DAY))
}

impl OwnZone {
    /// The lines of the component, each with its line end. They are short enough to need no folding but for RDATEs, which
    /// stand one to a line.
    pub fn lines(&self) -> String {
        let mut out = String::new();
        let _ = write!(out, "BEGIN:VTIMEZONE\r\nTZID:{}\r\n", self.id);
        for observance in &self.observances {
            observance.write(&mut out);
        }
        out.push_str("END:VTIMEZONE\r\n");
        out
    }
}

impl Observance {
    fn write(&self, out: &mut String) {
        let kind = if self.daylight { "DAYLIGHT" } else { "STANDARD" };
        let _ = write!(out, "BEGIN:{kind}\r\n");
        let time = |time: &DateTime| Until::Local(*time).to_string();
        let _ = write!(out, "DTSTART:{}\r\n", time(&self.start));
        let _ = write!(out, "TZOFFSETFROM:{}\r\n", utc_offset(self.offset_from));
        let _ = write!(out, "TZOFFSETTO:{}\r\n", utc_offset(self.offset_to));
        if let Some(name) = &self.name {
            let _ = write!(out, "TZNAME:{name}\r\n");
        }
        for rule in &self.rules {
            let _ = write!(out, "RRULE:{rule}\r\n");
        }
        for date in &self.dates {
            let _ = write!(out, "RDATE:{}\r\n", time(date));
        }
        let _ = write!(out, "END:{kind}\r\n");
    }
}

fn utc_offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    match rest {
        0 => format!("{sign}{hours:02}{minutes:02}"),
        rest => format!("{sign}{hours:02}{minutes:02}{rest:02}"),
    }
}
