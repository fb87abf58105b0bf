//! A zone that an object brings with it (VTIMEZONE): observances, each with the offsets around its onsets and rules for when
//! they come. Onsets are worked out by our own rules; what is far in the future is worked out when it is asked for.

use jiff::civil::DateTime;

use super::table::Change;
use crate::recurrence::days::{DAY, LAST, local_of};
use crate::recurrence::plan::{Counting, Plan};
use crate::recurrence::rule::Rule;
use crate::recurrence::walk::Walk;

/// A VTIMEZONE as plain values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnZone {
    pub id: String,
    pub observances: Vec<Observance>,
}

/// STANDARD or DAYLIGHT: which of them it is, and its name, do not matter for any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observance {
    pub daylight: bool,
    pub name: Option<String>,
    pub start: DateTime,
    /// Seconds east of UTC.
    pub offset_from: i32,
    pub offset_to: i32,
    pub rules: Vec<Rule>,
    pub dates: Vec<DateTime>,
}

/// Why a VTIMEZONE is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnZoneError {
    #[error("the zone has no STANDARD or DAYLIGHT part")]
    Empty,
    #[error("the zone has more than {max} parts", max = OwnZone::OBSERVANCES_MAX)]
    TooMany,
    #[error("an offset of {0} seconds: at most a day less a second is one")]
    Offset(i32),
    #[error("a rule of the zone has a COUNT that is too far away to be counted")]
    Count,
}

impl OwnZone {
    /// The longest history of a real zone, written out change by change, has some 250.
    pub const OBSERVANCES_MAX: usize = 2_000;
}

#[derive(Debug)]
pub(crate) struct Compiled {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    start: i64,
    before: i64,
    after: i64,
    plans: Vec<Plan>,
    dates: Vec<i64>,
}

/// Onsets of one part in one look: more would be no zone.
const ONSETS_MAX: usize = 5_000;
/// The offset of the moment is at most this far away, in a zone that still changes.
const AROUND: i64 = 3 * 366 * DAY;

impl Compiled {
    pub fn new(zone: &OwnZone) -> Result<Compiled, OwnZoneError> {
        if zone.observances.is_empty() {
            return Err(OwnZoneError::Empty);
        }
        let dates: usize = zone.observances.iter().map(|one| one.dates.len()).sum();
        if zone.observances.len() + dates > OwnZone::OBSERVANCES_MAX {
            return Err(OwnZoneError::TooMany);
        }
        let parts = zone.observances.iter().map(Part::new);
        Ok(Compiled {
            parts: parts.collect::<Result<_, _>>()?,
        })
    }

    pub fn is_endless(&self) -> bool {
        let mut plans = self.parts.iter().flat_map(|part| &part.plans);
        plans.any(|plan| plan.last == LAST)
    }

    /// The offset before `from`, and the changes in `from..to`.
    pub fn changes(&self, from: i64, to: i64) -> (i64, Vec<Change>) {
        let mut onsets: Vec<(i64, i64, i64)> = Vec::new();
        for part in &self.parts {
            onsets.extend(
                part.onsets(from, to)
                    .into_iter()
                    .map(|at| (at, part.before, part.after)),
            );
        }
        onsets.sort_unstable();
        let first_part = self.parts.iter().min_by_key(|part| part.start);
        let first = match onsets.first() {
            Some((_, before, _)) => *before,
            None => {
                let last = self
                    .parts
                    .iter()
                    .filter_map(|part| Some((part.last()?, part.after)));
                let last = last.filter(|(at, _)| *at < from).max();
                last.map_or_else(|| first_part.map_or(0, |part| part.before), |(_, after)| after)
            }
        };
        let mut before = first;
        let mut changes = Vec::new();
        for (at, _, after) in onsets {
            if after != before {
                changes.push(Change { at, before, after });
            }
            before = after;
        }
        (first, changes)
    }

    pub fn around(&self, instant: i64) -> (i64, Vec<Change>) {
        self.changes(instant - AROUND, instant + AROUND)
    }
}

impl Part {
    fn new(observance: &Observance) -> Result<Part, OwnZoneError> {
        for offset in [observance.offset_from, observance.offset_to] {
            if i64::from(offset).abs() >= DAY {
                return Err(OwnZoneError::Offset(offset));
            }
        }
        let start = local_of(observance.start);
        let before = i64::from(observance.offset_from);
        let mut plans = Vec::new();
        for rule in &observance.rules {
            let mut plan = Plan::new(rule, start, Counting::StartFirst).ok_or(OwnZoneError::Count)?;
            // UNTIL in UTC is the instant of the last onset, and onsets are in the time before them.
            if let Some(until) = plan.until_utc {
                plan.last = (until + before).min(LAST);
            }
            plans.push(plan);
        }
        Ok(Part {
            start,
            before,
            after: i64::from(observance.offset_to),
            plans,
            dates: observance.dates.iter().copied().map(local_of).collect(),
        })
    }

    fn onsets(&self, from: i64, to: i64) -> Vec<i64> {
        let (from, to) = (from.saturating_add(self.before), to.saturating_add(self.before));
        let mut onsets: Vec<i64> = vec![self.start];
        onsets.extend(&self.dates);
        onsets.retain(|local| (from..to).contains(local));
        for plan in &self.plans {
            onsets.extend(Walk::new(plan, from, to.saturating_sub(1)).take(ONSETS_MAX));
        }
        onsets.sort_unstable();
        onsets.dedup();
        for local in &mut onsets {
            *local -= self.before;
        }
        onsets
    }

    /// The last onset of a part that ends.
    fn last(&self) -> Option<i64> {
        let ends = self.plans.iter().map(|plan| plan.last);
        let mut all = ends.chain(self.dates.iter().copied()).collect::<Vec<_>>();
        all.push(self.start);
        all.into_iter().max().map(|local| local - self.before)
    }
}
