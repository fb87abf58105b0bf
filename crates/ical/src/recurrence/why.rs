//! Why an instance is there, or is not: the answer for a person who expected something else. It is worked out by the same
//! plans as the instances, so it cannot say otherwise than they do; only for what is missing each part is asked alone.

use super::days::{
    DAY, HOUR, MINUTE, civil_of, first_week, is_leap, month_length, weekday_number, weekday_of,
};
use super::plan::Plan;
use super::rule::{Bound, Frequency, Rule};
use super::series::{Moment, Point, Series};
use super::stream::Instances;
use super::walk::Walk;
use crate::zones::Zone;

/// The first thing that makes an instance, or the reasons that none of them does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Start,
    /// The nth RRULE, from 0.
    Rule(usize),
    Extra(usize),
    ExceptedByDate(usize),
    ExceptedByRule(usize),
    /// For each RRULE, why it does not give this time.
    NotGiven(Vec<Missing>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    BeforeStart,
    /// After UNTIL, or after COUNT instances.
    AfterEnd(Bound),
    /// A period that INTERVAL leaves out.
    Interval(u32),
    /// The part of the rule that this time does not fit, as it is written in the rule.
    Part(&'static str),
    /// What the rule takes from DTSTART: its weekday, day or time.
    LikeStart(&'static str),
}

impl Why {
    pub fn is_there(&self) -> bool {
        matches!(self, Why::Start | Why::Rule(_) | Why::Extra(_))
    }
}

impl Series {
    pub fn why(&self, moment: &Moment, viewer: &Zone) -> Why {
        let zone = self.read_by(viewer);
        let at = match self.point_of(moment) {
            Point::Day(day) => {
                let (from, to) = (zone.resolve(day * DAY), zone.resolve((day + 1) * DAY));
                let mut of_day = Instances::new(self, viewer, from, to);
                let start_time = day * DAY + self.start.rem_euclid(DAY);
                of_day
                    .next()
                    .map_or_else(|| zone.resolve(start_time), |one| one.at)
            }
            point => point.instant(zone),
        };
        let local = at + zone.offset_at(at);
        let excepted = self.exceptions.iter().position(|point| match point {
            Point::Day(day) => *day == local.div_euclid(DAY),
            point => point.instant(zone) == at,
        });
        if let Some(index) = excepted {
            return Why::ExceptedByDate(index);
        }
        let gives = |plan: &Plan| {
            // A time out of a gap is given by a local time up to a day before.
            let mut given = Walk::new(plan, local - DAY, local + DAY);
            given.any(|given| zone.resolve(given) == at) && plan.until_utc.is_none_or(|until| at <= until)
        };
        if let Some(index) = self.except_plans.iter().position(gives) {
            return Why::ExceptedByRule(index);
        }
        if at == zone.resolve(self.start) {
            return Why::Start;
        }
        if let Some(index) = self.plans.iter().position(gives) {
            return Why::Rule(index);
        }
        let extra = self.extras.iter();
        if let Some(index) = extra
            .map(|(point, _)| point.instant(zone))
            .position(|extra| extra == at)
        {
            return Why::Extra(index);
        }
        let rules = self.pattern.rules.iter().zip(&self.plans);
        Why::NotGiven(
            rules
                .map(|(rule, plan)| {
                    let of_days = self.all_day.then(|| rule.of_days());
                    missing(of_days.as_ref().unwrap_or(rule), plan, self.start, local, at)
                })
                .collect(),
        )
    }
}

fn missing(rule: &Rule, plan: &Plan, start: i64, local: i64, at: i64) -> Missing {
    if local < start {
        return Missing::BeforeStart;
    }
    let endless = plan.endless();
    if Walk::new(&endless, local, local).next().is_some()
        || plan.until_utc.is_some_and(|until| at > until) && plan.last < local
    {
        return Missing::AfterEnd(rule.parts().bound);
    }
    let period = plan.period_of(local);
    if plan.aligned(period) != period {
        return Missing::Interval(rule.parts().interval);
    }
    part_against(rule, local)
        .map(Missing::Part)
        .or_else(|| unlike_start(rule, start, local).map(Missing::LikeStart))
        .unwrap_or(Missing::Part("BYSETPOS"))
}

/// The first part that a local time does not fit.
fn part_against(rule: &Rule, local: i64) -> Option<&'static str> {
    let parts = rule.parts();
    let has = |values: &[i16], number: i64| values.iter().any(|value| i64::from(*value) == number);
    let fits = |values: &[i16], number: i64| values.is_empty() || has(values, number);
    let either = |values: &[i16], number: i64, back: i64| fits(values, number) || has(values, back);
    let day = local.div_euclid(DAY);
    let second = local.rem_euclid(DAY);
    let (year, month, of_month) = civil_of(day);
    let length = month_length(year, month);
    let of_year = day - super::days::day_of(year, 1, 1) + 1;
    let year_length = 365 + i64::from(is_leap(year));
    if !fits(&parts.by_month, month) {
        return Some("BYMONTH");
    }
    if !parts.by_week_no.is_empty() {
        let week_start = weekday_number(parts.week_start);
        let week_year = super::days::week_year_of(day, week_start);
        let first = first_week(week_year, week_start);
        let weeks = (first_week(week_year + 1, week_start) - first) / 7;
        let week = (day - first) / 7 + 1;
        if !either(&parts.by_week_no, week, week - weeks - 1) {
            return Some("BYWEEKNO");
        }
    }
    if !either(&parts.by_year_day, of_year, of_year - year_length - 1) {
        return Some("BYYEARDAY");
    }
    if !either(&parts.by_month_day, of_month, of_month - length - 1) {
        return Some("BYMONTHDAY");
    }
    let in_month = parts.frequency == Frequency::Monthly || !parts.by_month.is_empty();
    let (number, count) = if in_month {
        (of_month, length)
    } else {
        (of_year, year_length)
    };
    let weekday = parts.by_day.iter().any(|by_day| {
        let nth = by_day.nth.map(i64::from);
        let counted = |nth: i64| nth == (number - 1) / 7 + 1 || nth == -((count - number) / 7 + 1);
        weekday_number(by_day.weekday) == weekday_of(day) && nth.is_none_or(counted)
    });
    if !parts.by_day.is_empty() && !weekday {
        return Some("BYDAY");
    }
    if !fits(&parts.by_hour, second / HOUR) {
        return Some("BYHOUR");
    }
    if !fits(&parts.by_minute, second / MINUTE % 60) {
        return Some("BYMINUTE");
    }
    if !fits(&parts.by_second, second % 60) {
        return Some("BYSECOND");
    }
    None
}

/// What the rule does not say and DTSTART does.
fn unlike_start(rule: &Rule, start: i64, local: i64) -> Option<&'static str> {
    let parts = rule.parts();
    let frequency = parts.frequency;
    let (day, start_day) = (local.div_euclid(DAY), start.div_euclid(DAY));
    let named = !(parts.by_day.is_empty() && parts.by_month_day.is_empty() && parts.by_year_day.is_empty());
    let (_, month, of_month) = civil_of(day);
    let (_, start_month, start_of_month) = civil_of(start_day);
    let by_week = frequency == Frequency::Weekly || !parts.by_week_no.is_empty();
    if !named && by_week && weekday_of(day) != weekday_of(start_day) {
        return Some("weekday");
    }
    if !named && !by_week && frequency >= Frequency::Monthly {
        let other_month = frequency == Frequency::Yearly && parts.by_month.is_empty() && month != start_month;
        if other_month || of_month != start_of_month {
            return Some("day");
        }
    }
    let (second, start_second) = (local.rem_euclid(DAY), start.rem_euclid(DAY));
    let differs = |unit: i64, of: i64| second / unit % of != start_second / unit % of;
    let hour = parts.by_hour.is_empty() && frequency > Frequency::Hourly && differs(HOUR, 24);
    let minute = parts.by_minute.is_empty() && frequency > Frequency::Minutely && differs(MINUTE, 60);
    let seconds = parts.by_second.is_empty() && frequency > Frequency::Secondly && differs(1, 60);
    (hour || minute || seconds).then_some("time")
}

impl std::fmt::Display for Missing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Missing::BeforeStart => out.write_str("it is before the start of the series"),
            Missing::AfterEnd(Bound::Count(count)) => write!(out, "COUNT={count} is reached before it"),
            Missing::AfterEnd(Bound::Until(until)) => write!(out, "it is after UNTIL={until}"),
            Missing::AfterEnd(Bound::Endless) => out.write_str("it is after the year 9999"),
            Missing::Interval(interval) => write!(out, "INTERVAL={interval} leaves its period out"),
            Missing::Part(part) => write!(out, "it does not fit {part}"),
            Missing::LikeStart(what) => write!(out, "its {what} is not that of the start of the series"),
        }
    }
}
