//! A rule and its start, made ready for walking: what DTSTART adds to the rule is added, lists are masks, and COUNT is
//! turned into the last local time. So every walk may begin in the middle, whatever ends the rule.
//!
//! Periods are numbers (years, months, weeks, days, hours, …); the rule's are every INTERVAL-th from the one of DTSTART.
//! With BYWEEKNO a year is a year of whole weeks: week 1 belongs to its year also where it begins in December, so that
//! INTERVAL and BYSETPOS never cut a week in two.

use super::days::{
    DAY, HOUR, LAST, MINUTE, civil_of, day_of, day_of_date, first_week, is_leap, local_of, month_length,
    week_year_of, weekday_number, weekday_of,
};
use super::rule::{Bound, Frequency, Parts, Rule, Until};
use super::walk::Walk;

/// What a walk to the end of a COUNT costs at most: two milliseconds. Rules with as many instances in each period are
/// not walked at all.
pub const COUNT_WALKED_MAX: u32 = 200_000;

/// Days of a month as bits: bit 1 is the first.
type Days = u32;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub frequency: Frequency,
    pub interval: i64,
    /// DTSTART: nothing is before it.
    pub start: i64,
    pub first_period: i64,
    /// The last local second that may be an instance.
    pub last: i64,
    /// UNTIL in UTC, which only the zone can tell exactly.
    pub until_utc: Option<i64>,
    /// Seconds in a day (in an hour, in a minute, for the shorter frequencies) that each fitting period has.
    times: Vec<i64>,
    hours: Vec<bool>,
    minutes: Vec<bool>,
    seconds: Vec<bool>,
    months: u16,
    month_days: Days,
    /// From the end: bit 1 is the last.
    month_days_back: Days,
    year_days: Vec<i64>,
    weeks: Vec<i64>,
    weekdays: u8,
    numbered: Vec<(i64, i64)>,
    /// `weekdays` laid over a month that begins with each weekday.
    laid: [Days; 7],
    numbers_count_in_month: bool,
    by_day: bool,
    by_month_day: bool,
    set_pos: Vec<i64>,
    week_start: i64,
    any_day: bool,
    any_time: bool,
}

/// Whether DTSTART is an instance that COUNT counts, also where the rule does not give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// "The DTSTART property value always counts as the first occurrence" (RFC 5545, 3.3.10).
    StartFirst,
    RuleOnly,
}

impl Plan {
    /// None where COUNT cannot be walked within [`COUNT_WALKED_MAX`].
    pub fn new(rule: &Rule, start: i64, counting: Counting) -> Option<Plan> {
        let parts = rule.parts();
        let mut plan = Plan::unbounded(parts, start);
        match parts.bound {
            Bound::Endless => {}
            Bound::Until(Until::Date(date)) => plan.last = day_of_date(date) * DAY + DAY - 1,
            Bound::Until(Until::Local(time)) => plan.last = local_of(time),
            Bound::Until(Until::Utc(time)) => {
                // No zone is further away than a day; the instant decides later.
                plan.last = local_of(time) + DAY;
                plan.until_utc = Some(local_of(time));
            }
            Bound::Count(count) => {
                let first = Walk::new(&plan, start, start).next();
                let counted_apart = counting == Counting::StartFirst && first != Some(start);
                let count = if counted_apart { count - 1 } else { count };
                plan.last = plan.last_of(count)?;
            }
        }
        plan.last = plan.last.min(LAST);
        Some(plan)
    }

    fn unbounded(parts: &Parts, start: i64) -> Plan {
        let mut plan = Plan {
            frequency: parts.frequency,
            interval: i64::from(parts.interval),
            start,
            first_period: 0,
            last: LAST,
            until_utc: None,
            times: Vec::new(),
            hours: allowed(&parts.by_hour, 24),
            minutes: allowed(&parts.by_minute, 60),
            seconds: allowed(&parts.by_second, 60),
            months: parts.by_month.iter().fold(0, |mask, month| mask | 1 << month),
            month_days: mask_of(parts.by_month_day.iter().copied()),
            month_days_back: mask_of(parts.by_month_day.iter().map(|day| -day)),
            year_days: parts.by_year_day.iter().copied().map(i64::from).collect(),
            weeks: parts.by_week_no.iter().copied().map(i64::from).collect(),
            weekdays: 0,
            numbered: Vec::new(),
            laid: [0; 7],
            numbers_count_in_month: parts.frequency == Frequency::Monthly || !parts.by_month.is_empty(),
            by_day: !parts.by_day.is_empty(),
            by_month_day: !parts.by_month_day.is_empty(),
            set_pos: parts.by_set_pos.iter().copied().map(i64::from).collect(),
            week_start: weekday_number(parts.week_start),
            any_day: false,
            any_time: false,
        };
        for day in &parts.by_day {
            let weekday = weekday_number(day.weekday);
            match day.nth {
                None => plan.weekdays |= 1 << weekday,
                Some(nth) => plan.numbered.push((i64::from(nth), weekday)),
            }
        }
        plan.add_what_start_tells();
        plan.lay_weekdays();
        plan.times = plan.times_of(parts);
        plan.any_day = plan.months == 0 && !plan.by_month_day && !plan.by_day && plan.year_days.is_empty();
        plan.any_time = plan.hours.is_empty() && plan.minutes.is_empty() && plan.seconds.is_empty();
        plan.first_period = plan.period_of(start);
        plan
    }

    /// "Information, not contained in the rule, necessary to determine the various recurrence instance start time and
    /// dates are derived from the Start Time (DTSTART)" (RFC 5545, 3.3.10).
    /// A floating series has no instants to compare UNTIL in UTC with.
    pub fn take_until_as_written(&mut self) {
        if let Some(until) = self.until_utc.take() {
            self.last = until.min(LAST);
        }
    }

    /// The same plan without its end.
    pub fn endless(&self) -> Plan {
        let mut plan = self.clone();
        plan.last = LAST;
        plan.until_utc = None;
        plan
    }

    fn add_what_start_tells(&mut self) {
        let day = self.start.div_euclid(DAY);
        let (_, month, of_month) = civil_of(day);
        let days_are_named = self.by_day || self.by_month_day || !self.year_days.is_empty();
        if days_are_named {
            return;
        }
        match self.frequency {
            Frequency::Yearly if !self.weeks.is_empty() => self.take_weekday(day),
            Frequency::Yearly => {
                if self.months == 0 {
                    self.months = 1 << month;
                }
                self.take_month_day(of_month);
            }
            Frequency::Monthly => self.take_month_day(of_month),
            Frequency::Weekly => self.take_weekday(day),
            _ => {}
        }
    }

    fn take_weekday(&mut self, day: i64) {
        self.by_day = true;
        self.weekdays = 1 << weekday_of(day);
    }

    fn take_month_day(&mut self, of_month: i64) {
        self.by_month_day = true;
        self.month_days = 1 << of_month;
    }

    fn lay_weekdays(&mut self) {
        for first in 0..7_i64 {
            let days = (1..=31_i64).filter(|day| self.weekdays >> ((first + day - 1) % 7) & 1 == 1);
            let laid = days.fold(0, |mask, day| mask | 1 << day);
            if let Some(place) = usize::try_from(first).ok().and_then(|at| self.laid.get_mut(at)) {
                *place = laid;
            }
        }
    }

    /// The times in a day (hour, minute) that the frequency expands to.
    fn times_of(&self, parts: &Parts) -> Vec<i64> {
        let of_day = self.start.rem_euclid(DAY);
        let or_start = |values: &[i16], start: i64| -> Vec<i64> {
            match values {
                [] => vec![start],
                values => values.iter().copied().map(i64::from).collect(),
            }
        };
        let hours = or_start(&parts.by_hour, of_day / HOUR);
        let minutes = or_start(&parts.by_minute, of_day / MINUTE % 60);
        let seconds = or_start(&parts.by_second, of_day % 60);
        let (hours, minutes, seconds) = match self.frequency {
            Frequency::Secondly => (vec![0], vec![0], vec![0]),
            Frequency::Minutely => (vec![0], vec![0], seconds),
            Frequency::Hourly => (vec![0], minutes, seconds),
            _ => (hours, minutes, seconds),
        };
        let mut times = Vec::with_capacity(hours.len() * minutes.len() * seconds.len());
        for hour in &hours {
            for minute in &minutes {
                times.extend(
                    seconds
                        .iter()
                        .map(|second| hour * HOUR + minute * MINUTE + (*second).min(59)),
                );
            }
        }
        times.dedup();
        times
    }

    /// The period that a local second lies in.
    pub fn period_of(&self, local: i64) -> i64 {
        let day = local.div_euclid(DAY);
        match self.frequency {
            Frequency::Secondly => local,
            Frequency::Minutely => local.div_euclid(MINUTE),
            Frequency::Hourly => local.div_euclid(HOUR),
            Frequency::Daily => day,
            Frequency::Weekly => (day + 3 - self.week_start).div_euclid(7),
            Frequency::Monthly => {
                let (year, month, _) = civil_of(day);
                year * 12 + month - 1
            }
            Frequency::Yearly if !self.weeks.is_empty() => week_year_of(day, self.week_start),
            Frequency::Yearly => civil_of(day).0,
        }
    }

    /// How long it is from one period of the rule to its next, at most.
    pub fn period_seconds(&self) -> i64 {
        let unit = match self.frequency {
            Frequency::Secondly => 1,
            Frequency::Minutely => MINUTE,
            Frequency::Hourly => HOUR,
            Frequency::Daily => DAY,
            Frequency::Weekly => 7 * DAY,
            Frequency::Monthly => 31 * DAY,
            Frequency::Yearly => 371 * DAY,
        };
        unit.saturating_mul(self.interval)
    }

    /// The first local second of a period.
    pub fn start_of(&self, period: i64) -> i64 {
        match self.frequency {
            Frequency::Secondly => period,
            Frequency::Minutely => period * MINUTE,
            Frequency::Hourly => period * HOUR,
            Frequency::Daily => period * DAY,
            Frequency::Weekly => (period * 7 - 3 + self.week_start) * DAY,
            Frequency::Monthly => day_of(period.div_euclid(12), period.rem_euclid(12) + 1, 1) * DAY,
            Frequency::Yearly if !self.weeks.is_empty() => first_week(period, self.week_start) * DAY,
            Frequency::Yearly => day_of(period, 1, 1) * DAY,
        }
    }

    /// The first period of the rule that is not before `period`.
    pub fn aligned(&self, period: i64) -> i64 {
        let ahead = (period - self.first_period).max(0);
        self.first_period + (ahead + self.interval - 1) / self.interval * self.interval
    }

    /// The instances of a period in order, those before DTSTART among them.
    pub fn fill(&self, period: i64, into: &mut Vec<i64>) {
        into.clear();
        match self.frequency {
            Frequency::Yearly if !self.weeks.is_empty() => self.fill_weeks(period, into),
            Frequency::Yearly => {
                for month in 1..=12 {
                    self.fill_month(period, month, into);
                }
            }
            Frequency::Monthly => self.fill_month(period.div_euclid(12), period.rem_euclid(12) + 1, into),
            Frequency::Weekly => self.fill_week(period * 7 - 3 + self.week_start, into),
            Frequency::Daily if self.fits_day(period) => self.push_day(period, into),
            Frequency::Daily => {}
            _ => {
                let start = self.start_of(period);
                into.extend(self.times.iter().map(|time| start + time));
                if !self.any_time {
                    into.retain(|local| self.fits_time(*local));
                }
            }
        }
        if !self.set_pos.is_empty() {
            self.choose(into);
        }
    }

    fn push_day(&self, day: i64, into: &mut Vec<i64>) {
        match self.times.as_slice() {
            [one] => into.push(day * DAY + one),
            times => into.extend(times.iter().map(|time| day * DAY + time)),
        }
    }

    fn fill_week(&self, first: i64, into: &mut Vec<i64>) {
        for day in first..first + 7 {
            let fits = self.weekdays >> weekday_of(day) & 1 == 1;
            if fits && (self.months == 0 || self.months >> civil_of(day).1 & 1 == 1) {
                self.push_day(day, into);
            }
        }
    }

    fn fill_month(&self, year: i64, month: i64, into: &mut Vec<i64>) {
        if self.months != 0 && self.months >> month & 1 == 0 {
            return;
        }
        let first = day_of(year, month, 1);
        let mut days = self.days_of_month(year, month, first);
        while days != 0 {
            let day = i64::from(days.trailing_zeros());
            days &= days - 1;
            self.push_day(first + day - 1, into);
        }
    }

    fn days_of_month(&self, year: i64, month: i64, first: i64) -> Days {
        let length = month_length(year, month);
        let all: Days = ((1_u32 << length) - 1) << 1;
        let mut days = all;
        if self.by_month_day {
            days &= self.month_days | from_the_end(self.month_days_back, length);
        }
        if self.by_day {
            let laid = usize::try_from(weekday_of(first))
                .ok()
                .and_then(|at| self.laid.get(at));
            let mut weekdays = laid.copied().unwrap_or_default();
            for (nth, weekday) in &self.numbered {
                let (from, count) = if self.numbers_count_in_month {
                    (first, length)
                } else {
                    (day_of(year, 1, 1), 365 + i64::from(is_leap(year)))
                };
                weekdays |= bit_of(nth_weekday(from, count, *nth, *weekday), first, length);
            }
            days &= weekdays;
        }
        if !self.year_days.is_empty() {
            let (from, count) = (day_of(year, 1, 1), 365 + i64::from(is_leap(year)));
            let named = self.year_days.iter().map(|day| match *day {
                day if day.abs() > count => None,
                day if day > 0 => Some(from + day - 1),
                day => Some(from + count + day),
            });
            days &= named.fold(0, |mask, day| mask | bit_of(day, first, length));
        }
        days
    }

    fn fill_weeks(&self, year: i64, into: &mut Vec<i64>) {
        let first = first_week(year, self.week_start);
        let count = (first_week(year + 1, self.week_start) - first) / 7;
        let numbers = self.weeks.iter().map(|week| match *week {
            week if week < 0 => count + week,
            week => week - 1,
        });
        let mut numbers: Vec<i64> = numbers.filter(|week| (0..count).contains(week)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for week in numbers {
            for day in first + week * 7..first + week * 7 + 7 {
                if self.fits_day(day) {
                    self.push_day(day, into);
                }
            }
        }
    }

    /// Whether a day passes all parts about days, where they limit.
    pub fn fits_day(&self, day: i64) -> bool {
        if self.any_day {
            return true;
        }
        if self.by_day && self.numbered.is_empty() && self.weekdays >> weekday_of(day) & 1 == 0 {
            return false;
        }
        if self.months == 0 && !self.by_month_day && self.year_days.is_empty() {
            return true;
        }
        let (year, month, of_month) = civil_of(day);
        if self.months != 0 && self.months >> month & 1 == 0 {
            return false;
        }
        self.days_of_month(year, month, day - of_month + 1) >> of_month & 1 == 1
    }

    /// For the frequencies below a day: whether the time of day passes.
    pub fn fits_time(&self, local: i64) -> bool {
        let second = local.rem_euclid(DAY);
        let may = |mask: &[bool], value: i64| {
            mask.is_empty() || usize::try_from(value).is_ok_and(|at| mask.get(at) == Some(&true))
        };
        let minutes_limit = self.frequency < Frequency::Hourly;
        let seconds_limit = self.frequency < Frequency::Minutely;
        may(&self.hours, second / HOUR)
            && (!minutes_limit || may(&self.minutes, second / MINUTE % 60))
            && (!seconds_limit || may(&self.seconds, second % 60))
    }

    /// For the frequencies below a day: the local second until which nothing fits, when the period that begins at `local`
    /// does not.
    pub fn nothing_before(&self, local: i64) -> Option<i64> {
        if !self.fits_day(local.div_euclid(DAY)) {
            return Some((local.div_euclid(DAY) + 1) * DAY);
        }
        if self.any_time || self.fits_time(local) {
            return None;
        }
        let second = local.rem_euclid(DAY);
        let closed = |mask: &[bool], value: i64| {
            !mask.is_empty() && usize::try_from(value).is_ok_and(|at| mask.get(at) == Some(&false))
        };
        if closed(&self.hours, second / HOUR) {
            return Some(local - local.rem_euclid(HOUR) + HOUR);
        }
        if self.frequency == Frequency::Secondly && closed(&self.minutes, second / MINUTE % 60) {
            return Some(local - local.rem_euclid(MINUTE) + MINUTE);
        }
        Some(local + 1)
    }

    /// BYSETPOS: "the nth occurrence within the set of recurrence instances specified by the rule", of one period.
    fn choose(&self, into: &mut Vec<i64>) {
        let count = i64::try_from(into.len()).unwrap_or(0);
        let index = |place: &i64| usize::try_from(if *place < 0 { count + place } else { place - 1 }).ok();
        if let [only] = self.set_pos.as_slice() {
            let chosen = index(only).and_then(|place| into.get(place).copied());
            into.clear();
            into.extend(chosen);
            return;
        }
        let places = self.set_pos.iter().filter_map(index);
        let mut chosen: Vec<i64> = places.filter_map(|place| into.get(place).copied()).collect();
        chosen.sort_unstable();
        chosen.dedup();
        *into = chosen;
    }

    /// The local second of the last of `count` instances; before the start for none.
    fn last_of(&self, count: u32) -> Option<i64> {
        if count == 0 {
            return Some(self.start - 1);
        }
        if self.same_number_in_each_period() {
            return Some(self.last_by_numbers(i64::from(count)));
        }
        let walked = usize::try_from(count.min(COUNT_WALKED_MAX)).unwrap_or(usize::MAX);
        let mut last = None;
        let mut seen = 0;
        for local in Walk::new(self, self.start, LAST).take(walked) {
            last = Some(local);
            seen += 1;
        }
        if seen == walked && count > COUNT_WALKED_MAX {
            return None;
        }
        Some(last.unwrap_or(self.start - 1))
    }

    fn last_by_numbers(&self, count: i64) -> i64 {
        let mut period = Vec::new();
        self.fill(self.first_period, &mut period);
        let each = i64::try_from(period.len()).unwrap_or(0);
        let gone = i64::try_from(period.iter().filter(|local| **local < self.start).count()).unwrap_or(0);
        if each == 0 {
            return self.start - 1;
        }
        let index = count - 1 + gone;
        let number = self
            .interval
            .checked_mul(index / each)
            .and_then(|ahead| self.first_period.checked_add(ahead));
        let Some(number) = number.filter(|number| *number <= self.period_of(LAST)) else {
            return LAST;
        };
        self.fill(number, &mut period);
        let place = usize::try_from(index % each).ok();
        place.and_then(|at| period.get(at).copied()).unwrap_or(LAST)
    }

    fn same_number_in_each_period(&self) -> bool {
        let one_way = |low: i64, high: i64, most: i64| (low > 0 || high < 0) && low >= -most && high <= most;
        let month_days_always_there = self.by_month_day
            && !self.by_day
            && (self.month_days == 0 || self.month_days_back == 0)
            && (self.month_days | self.month_days_back) >> 29 == 0;
        let numbers = self.numbered.iter().map(|(nth, _)| *nth);
        let (low, high) = (numbers.clone().min().unwrap_or(0), numbers.max().unwrap_or(0));
        let numbers_alone = self.by_day && self.weekdays == 0 && !self.by_month_day;
        match self.frequency {
            Frequency::Weekly => self.months == 0,
            Frequency::Monthly => {
                self.months == 0 && (month_days_always_there || numbers_alone && one_way(low, high, 4))
            }
            Frequency::Yearly => {
                let most = if self.numbers_count_in_month { 4 } else { 52 };
                self.weeks.is_empty()
                    && self.year_days.is_empty()
                    && (month_days_always_there || numbers_alone && one_way(low, high, most))
            }
            Frequency::Daily => self.any_day,
            _ => self.any_day && self.any_limit_is_none(),
        }
    }

    fn any_limit_is_none(&self) -> bool {
        self.hours.is_empty()
            && (self.frequency >= Frequency::Hourly || self.minutes.is_empty())
            && (self.frequency >= Frequency::Minutely || self.seconds.is_empty())
    }
}

fn allowed(values: &[i16], count: usize) -> Vec<bool> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut mask = vec![false; count];
    for value in values {
        if let Some(place) = usize::try_from(*value)
            .ok()
            .and_then(|at| mask.get_mut(at.min(count - 1)))
        {
            *place = true;
        }
    }
    mask
}

fn mask_of(days: impl Iterator<Item = i16>) -> Days {
    days.filter(|day| *day > 0).fold(0, |mask, day| mask | 1 << day)
}

/// Days counted from the end of a month as days of it.
fn from_the_end(back: Days, length: i64) -> Days {
    let mut days = 0;
    let mut rest = back;
    while rest != 0 {
        let day = length + 1 - i64::from(rest.trailing_zeros());
        rest &= rest - 1;
        if day > 0 {
            days |= 1 << day;
        }
    }
    days
}

fn nth_weekday(first: i64, count: i64, nth: i64, weekday: i64) -> Option<i64> {
    let day = if nth > 0 {
        first + (weekday - weekday_of(first)).rem_euclid(7) + (nth - 1) * 7
    } else {
        let last = first + count - 1;
        last - (weekday_of(last) - weekday).rem_euclid(7) + (nth + 1) * 7
    };
    (first..first + count).contains(&day).then_some(day)
}

fn bit_of(day: Option<i64>, first: i64, length: i64) -> Days {
    match day {
        Some(day) if (first..first + length).contains(&day) => 1 << (day - first + 1),
        _ => 0,
    }
}
