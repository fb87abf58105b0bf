//! A series: DTSTART, rules, more dates and exceptions, and the instances that they make.
//!
//! What this module keeps true:
//! * Instances are worked out in local time, and each becomes an instant at the end. They come in the order of instants,
//!   each instant once: an hourly series gives none twice where the hour does not exist.
//! * DTSTART is an instance, also where no rule gives it: "the DTSTART property defines the first instance in the recurrence
//!   set" (RFC 5545, 3.8.5.3). EXDATE takes it away like any other.
//! * What is written in UTC or in another zone is compared by its instant, and what is written in the zone of the
//!   series by its local time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::days::{DAY, LAST, date_of, datetime_of, day_of_date, local_of};
use super::plan::{COUNT_WALKED_MAX, Counting, Plan};
use super::rule::{Frequency, Rule};
use super::stream::Instances;
use super::walk::first_from;
use crate::zones::{Zone, second_of};

/// A time as a property says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    Date(Date),
    /// Local time in a zone, in UTC, or floating.
    Time(DateTime, Zone),
}

/// An RDATE, and how many seconds it takes where it is a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    pub moment: Moment,
    pub takes: Option<i64>,
}

/// What a component says about when it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub start: Moment,
    pub rules: Vec<Rule>,
    pub extras: Vec<Extra>,
    pub exceptions: Vec<Moment>,
    /// EXRULE: no longer written since RFC 5545, and honoured where it is read.
    pub except_rules: Vec<Rule>,
}

impl Pattern {
    pub fn once(start: Moment) -> Pattern {
        Pattern {
            start,
            rules: Vec::new(),
            extras: Vec::new(),
            exceptions: Vec::new(),
            except_rules: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    #[error(
        "{0} never occurs: in {max} periods no day and time fits all of its parts",
        max = super::walk::FRUITLESS_MAX
    )]
    NeverOccurs(String),
    #[error(
        "{0}: its COUNT is too far away; rules like this are counted up to {max}, write UNTIL",
        max = COUNT_WALKED_MAX
    )]
    CountTooFar(String),
    #[error("more than {max} {what}", max = Series::PARTS_MAX)]
    TooMany { what: &'static str },
    #[error(
        "{0} comes several times a day, and DTSTART is a date: write FREQ=DAILY, or a DTSTART with a time"
    )]
    TooOften(String),
    #[error("DTSTART is after the year 9999")]
    TooLate,
}

/// A point of time of a property, as the series compares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    Local(i64),
    Instant(i64),
    /// All of a day, in the zone of the series.
    Day(i64),
}

#[derive(Clone, Debug)]
pub struct Series {
    pub(super) pattern: Pattern,
    pub(super) zone: Zone,
    pub(super) all_day: bool,
    pub(super) start: i64,
    pub(super) plans: Vec<Plan>,
    pub(super) except_plans: Vec<Plan>,
    pub(super) extras: Vec<(Point, Option<i64>)>,
    pub(super) exceptions: Vec<Point>,
}

/// One time that the series happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    pub(super) local: i64,
    pub(super) at: i64,
    pub(super) takes: Option<i64>,
}

impl Instance {
    /// The local time by the rule: what a RECURRENCE-ID says. A clock may never show it, if it lies in a gap.
    pub fn local(&self) -> DateTime {
        datetime_of(self.local)
    }

    pub fn date(&self) -> Date {
        date_of(self.local.div_euclid(DAY))
    }

    pub fn instant(&self) -> Timestamp {
        Timestamp::from_second(self.at).unwrap_or(Timestamp::MAX)
    }

    /// Seconds of its own, where an RDATE is a period.
    pub fn takes(&self) -> Option<i64> {
        self.takes
    }
}

impl Series {
    /// RRULEs and EXRULEs of one series. Real ones have one.
    pub const RULES_MAX: usize = 20;
    /// RDATEs or EXDATEs of one series: a day of each of 27 years.
    pub const PARTS_MAX: usize = 10_000;

    pub fn new(pattern: Pattern) -> Result<Series, SeriesError> {
        let too_many = |what| Err(SeriesError::TooMany { what });
        if pattern.rules.len() + pattern.except_rules.len() > Series::RULES_MAX {
            return too_many("rules");
        }
        if pattern.extras.len() > Series::PARTS_MAX {
            return too_many("RDATEs");
        }
        if pattern.exceptions.len() > Series::PARTS_MAX {
            return too_many("EXDATEs");
        }
        let (all_day, start, zone) = match &pattern.start {
            Moment::Date(date) => (true, day_of_date(*date) * DAY, Zone::FLOATING),
            Moment::Time(time, zone) => (false, local_of(*time), zone.clone()),
        };
        if start > LAST {
            return Err(SeriesError::TooLate);
        }
        let form = if all_day {
            Form::Days
        } else if zone.is_floating() {
            Form::Floating
        } else {
            Form::Zoned
        };
        let plans = plans(&pattern.rules, start, form, Counting::StartFirst)?;
        let except_plans = plans_of_exceptions(&pattern.except_rules, start, form)?;
        let mut series = Series {
            zone,
            all_day,
            start,
            plans,
            except_plans,
            extras: Vec::new(),
            exceptions: Vec::new(),
            pattern,
        };
        let extras = series.pattern.extras.iter();
        series.extras = extras
            .map(|extra| (series.point_of_extra(&extra.moment), extra.takes))
            .collect();
        let exceptions = series.pattern.exceptions.iter();
        series.exceptions = exceptions.map(|moment| series.point_of(moment)).collect();
        Ok(series)
    }

    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    pub fn is_all_day(&self) -> bool {
        self.all_day
    }

    /// The zone that its local times are read by, for a viewer: their own where it floats.
    pub(super) fn read_by<'z>(&'z self, viewer: &'z Zone) -> &'z Zone {
        if self.zone.is_floating() {
            viewer
        } else {
            &self.zone
        }
    }

    pub(super) fn point_of(&self, moment: &Moment) -> Point {
        match moment {
            Moment::Date(date) if self.all_day => Point::Local(day_of_date(*date) * DAY),
            Moment::Date(date) => Point::Day(day_of_date(*date)),
            // A day that was written as a time means the day that is written.
            Moment::Time(time, _) if self.all_day => Point::Local(day_of_date(time.date()) * DAY),
            Moment::Time(time, zone) if zone.is_floating() || *zone == self.zone => {
                Point::Local(local_of(*time))
            }
            // Floating series have no instants: what is written is compared as it is.
            Moment::Time(time, _) if self.zone.is_floating() => Point::Local(local_of(*time)),
            Moment::Time(time, zone) => Point::Instant(zone.resolve(local_of(*time))),
        }
    }

    /// An RDATE that is a date, in a series of times, is at the time of DTSTART.
    fn point_of_extra(&self, moment: &Moment) -> Point {
        match self.point_of(moment) {
            Point::Day(day) => Point::Local(day * DAY + self.start.rem_euclid(DAY)),
            other => other,
        }
    }

    /// Instances that begin in `from..to`. `viewer` counts only for series that float or take whole days.
    pub fn between<'s>(&'s self, from: Timestamp, to: Timestamp, viewer: &'s Zone) -> Instances<'s> {
        Instances::new(self, viewer, ceiling(from), ceiling(to))
    }

    /// All instances, from the first on. Endless series end in the year 9999.
    pub fn all<'s>(&'s self, viewer: &'s Zone) -> Instances<'s> {
        Instances::new(self, viewer, i64::MIN / 4, i64::MAX / 4)
    }

    /// The first instance after an instant.
    pub fn next_after(&self, instant: Timestamp, viewer: &Zone) -> Option<Instance> {
        Instances::new(self, viewer, second_of(instant) + 1, i64::MAX / 4).next()
    }

    /// How many instances begin before an instant, counted up to `most`.
    pub fn count_before(&self, instant: Timestamp, viewer: &Zone, most: usize) -> usize {
        Instances::new(self, viewer, i64::MIN / 4, ceiling(instant))
            .take(most)
            .count()
    }

    /// Whether a rule goes on without COUNT or UNTIL.
    pub fn is_endless(&self) -> bool {
        self.plans
            .iter()
            .any(|plan| plan.last == LAST && plan.until_utc.is_none())
    }

    /// The last instance; none where it is endless or everything is excepted.
    pub fn last(&self, viewer: &Zone) -> Option<Instance> {
        if self.is_endless() {
            return None;
        }
        // From the end backwards in growing steps: an exception may have taken what was last.
        let end = self.plans.iter().map(|plan| plan.last).max();
        let read_by = self.read_by(viewer);
        let extras = self.extras.iter().map(|(point, _)| point.instant(read_by));
        let end = extras.chain(end).chain([self.start]).max()? + 2 * DAY;
        let periods = self.plans.iter().map(Plan::period_seconds);
        let mut reach = periods.max().unwrap_or(0).saturating_mul(32) + 4 * DAY;
        loop {
            let from = end.saturating_sub(reach);
            let found = Instances::new(self, viewer, from, i64::MAX / 4).last();
            if found.is_some() || from < self.start - 2 * DAY {
                return found;
            }
            reach = reach.saturating_mul(8);
        }
    }
}

/// The first whole second that is not before an instant.
fn ceiling(instant: Timestamp) -> i64 {
    instant.as_second() + i64::from(instant.subsec_nanosecond() > 0)
}

/// What the times of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Days,
    Floating,
    Zoned,
}

fn plans(rules: &[Rule], start: i64, form: Form, counting: Counting) -> Result<Vec<Plan>, SeriesError> {
    let plan = |rule: &Rule| {
        if form == Form::Days && rule.parts().frequency < Frequency::Daily {
            return Err(SeriesError::TooOften(rule.to_string()));
        }
        let of_days = (form == Form::Days).then(|| rule.of_days());
        let mut plan = Plan::new(of_days.as_ref().unwrap_or(rule), start, counting)
            .ok_or_else(|| SeriesError::CountTooFar(rule.to_string()))?;
        if form != Form::Zoned {
            plan.take_until_as_written();
        }
        let ended = plan.last < start;
        if !ended && first_from(&plan.endless(), start).is_none() {
            return Err(SeriesError::NeverOccurs(rule.to_string()));
        }
        Ok(plan)
    };
    rules.iter().map(plan).collect()
}

/// An EXRULE that never occurs takes nothing away, which is no error.
fn plans_of_exceptions(rules: &[Rule], start: i64, form: Form) -> Result<Vec<Plan>, SeriesError> {
    let mut kept = Vec::new();
    for rule in rules {
        match plans(std::slice::from_ref(rule), start, form, Counting::RuleOnly) {
            Ok(mut one) => kept.append(&mut one),
            Err(SeriesError::NeverOccurs(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(kept)
}

impl Point {
    pub(super) fn instant(self, zone: &Zone) -> i64 {
        match self {
            Point::Instant(at) => at,
            Point::Local(local) => zone.resolve(local),
            Point::Day(day) => zone.resolve(day * DAY),
        }
    }
}
