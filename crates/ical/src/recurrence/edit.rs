//! Changes of a whole series, as values: cut in two at an instance ("this and following"), or moved with all its instances.
//! What cannot be said by a rule any more is an error with the reason; nothing is guessed.

use jiff::civil::{DateTime, Weekday};

use super::days::{DAY, HOUR, MINUTE, civil_of, datetime_of, local_of, month_length, weekday_of};
use super::plan::{Counting, Plan};
use super::rule::{Bound, ByDay, Frequency, Parts, Rule, RuleError, Until};
use super::series::{Extra, Instance, Moment, Pattern, Point, Series};
use super::walk::Walk;
use crate::zones::Zone;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("the series has no such instance")]
    NoInstance,
    #[error("the first instance begins the series: change all of it instead")]
    First,
    #[error("this instance is a date of its own, not one of the rule {0}, which would begin anew with it")]
    NotOfTheRule(String),
    #[error("{part} does not follow this move: {why}")]
    Ambiguous { part: &'static str, why: &'static str },
    #[error(transparent)]
    Rule(#[from] RuleError),
}

/// A series in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub before: Pattern,
    pub from: Pattern,
}

impl Series {
    /// Cuts the series so that `instance` is the first of the second part. COUNT is divided; other rules get UNTIL. Dates and
    /// exceptions go to the part that they lie in.
    pub fn split(&self, instance: &Instance, viewer: &Zone) -> Result<Split, EditError> {
        let zone = self.read_by(viewer);
        let mut here = self.between(
            instance.instant(),
            jiff::Timestamp::from_second(instance.at + 1).unwrap_or(jiff::Timestamp::MAX),
            viewer,
        );
        if here.next().is_none() {
            return Err(EditError::NoInstance);
        }
        if instance.at <= zone.resolve(self.start) {
            return Err(EditError::First);
        }
        let pattern = &self.pattern;
        let mut before = Pattern::once(pattern.start.clone());
        let start = self.moment_at(instance.local);
        let mut from = Pattern::once(start);
        for (rule, plan) in pattern.rules.iter().zip(&self.plans) {
            let (old, new) = self.split_rule(rule, plan, instance, Counting::StartFirst)?;
            before.rules.extend(old);
            from.rules.extend(new);
        }
        for (rule, plan) in pattern.except_rules.iter().zip(&self.except_plans) {
            let (old, new) = self.split_rule(rule, plan, instance, Counting::RuleOnly)?;
            before.except_rules.extend(old);
            from.except_rules.extend(new);
        }
        for (extra, (point, _)) in pattern.extras.iter().zip(&self.extras) {
            let early = point.instant(zone) < instance.at;
            if early { &mut before } else { &mut from }
                .extras
                .push(extra.clone());
        }
        for (moment, point) in pattern.exceptions.iter().zip(&self.exceptions) {
            let early = match point {
                Point::Day(day) => *day < instance.local.div_euclid(DAY),
                point => point.instant(zone) < instance.at,
            };
            if early { &mut before } else { &mut from }
                .exceptions
                .push(moment.clone());
        }
        Ok(Split { before, from })
    }

    fn moment_at(&self, local: i64) -> Moment {
        match &self.pattern.start {
            Moment::Date(_) => Moment::Date(datetime_of(local).date()),
            Moment::Time(_, zone) => Moment::Time(datetime_of(local), zone.clone()),
        }
    }

    fn split_rule(
        &self,
        rule: &Rule,
        plan: &Plan,
        instance: &Instance,
        counting: Counting,
    ) -> Result<(Option<Rule>, Option<Rule>), EditError> {
        let local = instance.local;
        let ended = plan.last < local || plan.until_utc.is_some_and(|until| until < instance.at);
        if ended {
            return Ok((Some(rule.clone()), None));
        }
        let given = Walk::new(plan, local, local).next().is_some();
        if !given && !goes_on_alike(rule, plan, local) {
            return Err(EditError::NotOfTheRule(rule.to_string()));
        }
        let Bound::Count(count) = rule.parts().bound else {
            return Ok((
                Some(rule.bounded(Bound::Until(self.until_before(instance)))),
                Some(rule.clone()),
            ));
        };
        let first = Walk::new(plan, self.start, self.start).next();
        let apart = u32::from(counting == Counting::StartFirst && first.is_none());
        let walked = Walk::new(plan, self.start, local - 1).count();
        let gone = u32::try_from(walked).unwrap_or(u32::MAX).saturating_add(apart);
        let old = (gone > 0).then(|| rule.bounded(Bound::Count(gone)));
        let rest = count.saturating_sub(gone);
        Ok((old, (rest > 0).then(|| rule.bounded(Bound::Count(rest)))))
    }

    /// An UNTIL of the form that the RFC wants, just before an instance.
    fn until_before(&self, instance: &Instance) -> Until {
        if self.all_day {
            return Until::Date(datetime_of(instance.local - DAY).date());
        }
        if self.zone.is_floating() {
            return Until::Local(datetime_of(instance.local - 1));
        }
        Until::Utc(datetime_of(instance.at - 1))
    }

    /// The series when its start moves to `to` (local time of the series) and everything else as far as it, in local time.
    pub fn moved(&self, to: DateTime) -> Result<Pattern, EditError> {
        let to = local_of(to);
        let rule = |rule: &Rule| moved(rule, self.start, to, self);
        let pattern = &self.pattern;
        let mut new = Pattern::once(self.moment_at(to));
        new.rules = pattern.rules.iter().map(rule).collect::<Result<_, _>>()?;
        new.except_rules = pattern.except_rules.iter().map(rule).collect::<Result<_, _>>()?;
        let extras = pattern.extras.iter().zip(&self.extras);
        new.extras = extras
            .map(|(extra, (point, _))| Extra {
                moment: self.moved_moment(*point, to),
                takes: extra.takes,
            })
            .collect();
        let exceptions = self.exceptions.iter();
        new.exceptions = exceptions.map(|point| self.moved_moment(*point, to)).collect();
        Ok(new)
    }

    fn moved_moment(&self, point: Point, to: i64) -> Moment {
        match point {
            Point::Local(local) => self.moment_at(local + to - self.start),
            Point::Instant(at) => self.moment_at(at + self.zone.offset_at(at) + to - self.start),
            Point::Day(day) => {
                let days = to.div_euclid(DAY) - self.start.div_euclid(DAY);
                Moment::Date(datetime_of((day + days) * DAY).date())
            }
        }
    }
}

/// Whether a rule that begins anew at a time which it does not give goes on as before: without COUNT, and without
/// anything that counts or is taken from DTSTART. A year of days shows all of these.
fn goes_on_alike(rule: &Rule, plan: &Plan, local: i64) -> bool {
    const SHOWN: usize = 400;
    if matches!(rule.parts().bound, Bound::Count(_)) {
        return false;
    }
    let Some(mut anew) = Plan::new(rule, local, Counting::RuleOnly) else {
        return false;
    };
    anew.last = plan.last;
    let before = Walk::new(plan, local, plan.last).take(SHOWN);
    before.eq(Walk::new(&anew, local, plan.last).take(SHOWN))
}

fn moved(rule: &Rule, from: i64, to: i64, series: &Series) -> Result<Rule, EditError> {
    let mut parts = rule.parts().clone();
    let days = to.div_euclid(DAY) - from.div_euclid(DAY);
    move_time(&mut parts, from, to)?;
    if days != 0 {
        move_days(&mut parts, from, to, days)?;
    }
    if let Bound::Until(until) = parts.bound {
        parts.bound = Bound::Until(move_until(until, to - from, series));
    }
    Ok(Rule::new(parts)?)
}

/// UNTIL moves along, so that as many instances are left.
fn move_until(until: Until, by: i64, series: &Series) -> Until {
    match until {
        Until::Date(date) if series.all_day => {
            Until::Date(datetime_of(super::days::day_of_date(date) * DAY + by).date())
        }
        // The whole of a day stays whole: it is moved by days.
        Until::Date(date) => {
            let end = super::days::day_of_date(date) * DAY + series.start.rem_euclid(DAY) + by;
            Until::Date(datetime_of(end).date())
        }
        Until::Local(time) => Until::Local(datetime_of(local_of(time) + by)),
        Until::Utc(time) => {
            let at = local_of(time);
            let local = at + series.zone.offset_at(at) + by;
            Until::Utc(datetime_of(series.zone.resolve(local)))
        }
    }
}

fn move_time(parts: &mut Parts, from: i64, to: i64) -> Result<(), EditError> {
    let (from, to) = (from.rem_euclid(DAY), to.rem_euclid(DAY));
    let units: [(&'static str, &mut Vec<i16>, i64, i64); 3] = [
        ("BYHOUR", &mut parts.by_hour, HOUR, 24),
        ("BYMINUTE", &mut parts.by_minute, MINUTE, 60),
        ("BYSECOND", &mut parts.by_second, 1, 60),
    ];
    for (part, values, unit, of) in units {
        let (old, new) = (from / unit % of, to / unit % of);
        if old == new || values.is_empty() {
            continue;
        }
        single(part, values, old, new)?;
    }
    Ok(())
}

/// Replaces the only value of a part, if it is that of the old start.
fn single(part: &'static str, values: &mut [i16], old: i64, new: i64) -> Result<(), EditError> {
    let [only] = values else {
        let why = "it has several values; change the rule itself";
        return Err(EditError::Ambiguous { part, why });
    };
    if i64::from(*only) != old {
        let why = "its value is not that of the start";
        return Err(EditError::Ambiguous { part, why });
    }
    *only = i16::try_from(new).unwrap_or(*only);
    Ok(())
}

fn move_days(parts: &mut Parts, from: i64, to: i64, days: i64) -> Result<(), EditError> {
    let never = |part, why| Err(EditError::Ambiguous { part, why });
    if !parts.by_set_pos.is_empty() {
        return never("BYSETPOS", "positions do not move by days");
    }
    if !parts.by_week_no.is_empty() || !parts.by_year_day.is_empty() {
        return never(
            "BYYEARDAY or BYWEEKNO",
            "days of the year are not the same in each year",
        );
    }
    let (_, from_month, from_day) = civil_of(from.div_euclid(DAY));
    let (to_year, to_month, to_day) = civil_of(to.div_euclid(DAY));
    match parts.frequency {
        Frequency::Weekly => rotate(parts, days),
        Frequency::Monthly | Frequency::Yearly => {
            if !parts.by_month.is_empty() && from_month != to_month {
                single("BYMONTH", &mut parts.by_month, from_month, to_month)?;
            }
            let length = month_length(to_year, to_month);
            move_month_day(parts, from_day, to_day, length, from)?;
            move_weekday(parts, from, to)
        }
        _ if !parts.by_month.is_empty() || !parts.by_month_day.is_empty() => {
            never("BYMONTH or BYMONTHDAY", "moved days lie in other months")
        }
        _ => rotate(parts, days),
    }
}

/// All weekdays of a week move together, and with them the day on which weeks begin, so that INTERVAL takes the same weeks.
fn rotate(parts: &mut Parts, days: i64) -> Result<(), EditError> {
    if !parts.by_month.is_empty() && days != 0 {
        return Err(EditError::Ambiguous {
            part: "BYMONTH",
            why: "moved days lie in other months",
        });
    }
    let turned = |weekday: Weekday| i8::try_from(days % 7).map_or(weekday, |by| weekday.wrapping_add(by));
    for by_day in &mut parts.by_day {
        by_day.weekday = turned(by_day.weekday);
    }
    let weeks_matter = parts.frequency == Frequency::Weekly && parts.interval > 1 && !parts.by_day.is_empty();
    if weeks_matter {
        parts.week_start = turned(parts.week_start);
    }
    Ok(())
}

fn move_month_day(
    parts: &mut Parts,
    from_day: i64,
    to_day: i64,
    to_length: i64,
    from: i64,
) -> Result<(), EditError> {
    if parts.by_month_day.is_empty() {
        return Ok(());
    }
    if !parts.by_day.is_empty() {
        return Err(EditError::Ambiguous {
            part: "BYMONTHDAY",
            why: "with BYDAY it chooses days by both",
        });
    }
    if let [only] = parts.by_month_day.as_slice()
        && *only < 0
    {
        let (year, month, _) = civil_of(from.div_euclid(DAY));
        let old = from_day - month_length(year, month) - 1;
        return single("BYMONTHDAY", &mut parts.by_month_day, old, to_day - to_length - 1);
    }
    single("BYMONTHDAY", &mut parts.by_month_day, from_day, to_day)
}

/// The second Tuesday becomes the day that it was moved to: the third Thursday, or the last where it was the last.
fn move_weekday(parts: &mut Parts, from: i64, to: i64) -> Result<(), EditError> {
    let part = "BYDAY";
    if parts.by_day.is_empty() {
        return Ok(());
    }
    let [only] = parts.by_day.as_mut_slice() else {
        let why = "it has several weekdays; change the rule itself";
        return Err(EditError::Ambiguous { part, why });
    };
    let day = to.div_euclid(DAY);
    let number = |day: i64| i8::try_from(weekday_of(day)).unwrap_or_default();
    if only.weekday.to_monday_zero_offset() != number(from.div_euclid(DAY)) {
        let why = "its weekday is not that of the start";
        return Err(EditError::Ambiguous { part, why });
    }
    let weekday = Weekday::from_monday_zero_offset(number(day)).unwrap_or(only.weekday);
    let Some(nth) = only.nth else {
        *only = ByDay { nth: None, weekday };
        return Ok(());
    };
    if parts.frequency == Frequency::Yearly && parts.by_month.is_empty() {
        let why = "weekdays counted through the year do not move by days";
        return Err(EditError::Ambiguous { part, why });
    }
    let (year, month, of_month) = civil_of(day);
    let from_the_end = -((month_length(year, month) - of_month) / 7 + 1);
    let from_the_start = (of_month - 1) / 7 + 1;
    let counted = if nth < 0 { from_the_end } else { from_the_start };
    let nth = i8::try_from(counted).unwrap_or(nth);
    if nth.abs() == 5 {
        let why = "not every month has a fifth one";
        return Err(EditError::Ambiguous { part, why });
    }
    *only = ByDay {
        nth: Some(nth),
        weekday,
    };
    Ok(())
}
