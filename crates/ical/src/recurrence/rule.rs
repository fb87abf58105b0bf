//! A rule of recurrence (RFC 5545, 3.3.10) as a value. Whoever holds one holds one that is allowed: each part is within its
//! range and fits the frequency, so that expansion has no errors. It is written in one canonical way.

use std::fmt;

use jiff::civil::{Date, DateTime, Weekday};

/// How often the periods of a rule come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Frequency {
    pub const ALL: [Frequency; 7] = [
        Frequency::Secondly,
        Frequency::Minutely,
        Frequency::Hourly,
        Frequency::Daily,
        Frequency::Weekly,
        Frequency::Monthly,
        Frequency::Yearly,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Frequency::Secondly => "SECONDLY",
            Frequency::Minutely => "MINUTELY",
            Frequency::Hourly => "HOURLY",
            Frequency::Daily => "DAILY",
            Frequency::Weekly => "WEEKLY",
            Frequency::Monthly => "MONTHLY",
            Frequency::Yearly => "YEARLY",
        }
    }
}

/// The last time of a rule, itself included.
///
/// The RFC wants the kind of DTSTART, and UTC for a series in a zone. Other forms are common and have this meaning: a date
/// for a series of times is all of that day in the zone of the series; a time without `Z` is local time of the series; a
/// time for a series of days is that day as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    Date(Date),
    Local(DateTime),
    Utc(DateTime),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    Endless,
    Count(u32),
    Until(Until),
}

/// A day of BYDAY: every such weekday, or the nth one of the month or year, from its end where negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByDay {
    pub nth: Option<i8>,
    pub weekday: Weekday,
}

/// What a rule is made of; [`Rule::new`] checks it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parts {
    pub frequency: Frequency,
    pub interval: u32,
    pub bound: Bound,
    pub by_second: Vec<i16>,
    pub by_minute: Vec<i16>,
    pub by_hour: Vec<i16>,
    pub by_day: Vec<ByDay>,
    pub by_month_day: Vec<i16>,
    pub by_year_day: Vec<i16>,
    pub by_week_no: Vec<i16>,
    pub by_month: Vec<i16>,
    pub by_set_pos: Vec<i16>,
    pub week_start: Weekday,
}

impl Parts {
    pub fn every(frequency: Frequency) -> Parts {
        Parts {
            frequency,
            interval: 1,
            bound: Bound::Endless,
            by_second: Vec::new(),
            by_minute: Vec::new(),
            by_hour: Vec::new(),
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_year_day: Vec::new(),
            by_week_no: Vec::new(),
            by_month: Vec::new(),
            by_set_pos: Vec::new(),
            week_start: Weekday::Monday,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule(Parts);

/// Why a text is no rule: the part, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("{part}: {why}")]
    Part { part: String, why: String },
    #[error("FREQ is missing: write one of SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY")]
    NoFrequency,
    #[error("both COUNT and UNTIL: a rule ends in one way, leave one of them out")]
    TwoEnds,
    #[error("{0}: other calendars than the Gregorian one are not understood; leave RSCALE and SKIP out")]
    OtherCalendar(&'static str),
    #[error("the rule is longer than {max} bytes", max = Rule::BYTES_MAX)]
    TooLong,
    #[error("BYMONTH and BYMONTHDAY never meet: no such month has such a day")]
    NeverOccurs,
}

impl RuleError {
    pub(super) fn part(part: &str, why: impl Into<String>) -> RuleError {
        RuleError::Part {
            part: part.to_owned(),
            why: why.into(),
        }
    }
}

impl Rule {
    /// All parts with all values they can have take 4 KiB.
    pub const BYTES_MAX: usize = 8 * 1024;

    pub fn new(mut parts: Parts) -> Result<Rule, RuleError> {
        if parts.interval == 0 {
            return Err(RuleError::part("INTERVAL", "0 never goes on: write 1 or more"));
        }
        if parts.bound == Bound::Count(0) {
            return Err(RuleError::part("COUNT", "0 is no instance: write 1 or more"));
        }
        within("BYSECOND", &mut parts.by_second, 0, 60, true)?;
        within("BYMINUTE", &mut parts.by_minute, 0, 59, true)?;
        within("BYHOUR", &mut parts.by_hour, 0, 23, true)?;
        within("BYMONTHDAY", &mut parts.by_month_day, -31, 31, false)?;
        within("BYYEARDAY", &mut parts.by_year_day, -366, 366, false)?;
        within("BYWEEKNO", &mut parts.by_week_no, -53, 53, false)?;
        within("BYMONTH", &mut parts.by_month, 1, 12, false)?;
        within("BYSETPOS", &mut parts.by_set_pos, -366, 366, false)?;
        weekdays_fit(&mut parts)?;
        parts_fit_the_frequency(&parts)?;
        months_have_the_days(&parts)?;
        Ok(Rule(parts))
    }

    pub fn parts(&self) -> &Parts {
        &self.0
    }

    pub fn into_parts(self) -> Parts {
        self.0
    }

    /// The rule for a series of days: "these rule parts MUST be ignored" of BYHOUR, BYMINUTE and BYSECOND.
    pub(super) fn of_days(&self) -> Rule {
        let mut parts = self.0.clone();
        parts.by_hour.clear();
        parts.by_minute.clear();
        parts.by_second.clear();
        Rule(parts)
    }

    /// The same rule with another end.
    pub fn bounded(&self, bound: Bound) -> Rule {
        let mut parts = self.0.clone();
        parts.bound = match bound {
            Bound::Count(0) => Bound::Count(1),
            other => other,
        };
        Rule(parts)
    }
}

fn within(
    part: &'static str,
    values: &mut Vec<i16>,
    least: i16,
    most: i16,
    zero: bool,
) -> Result<(), RuleError> {
    let fits = |value: &i16| (least..=most).contains(value) && (zero || *value != 0);
    if let Some(bad) = values.iter().find(|value| !fits(value)) {
        let without = if zero || least > 0 { "" } else { ", without 0" };
        return Err(RuleError::part(
            part,
            format!("{bad} is not between {least} and {most}{without}"),
        ));
    }
    values.sort_unstable();
    values.dedup();
    Ok(())
}

fn weekdays_fit(parts: &mut Parts) -> Result<(), RuleError> {
    let numbered = parts.by_day.iter().find_map(|day| day.nth);
    if let Some(bad) = parts
        .by_day
        .iter()
        .filter_map(|day| day.nth)
        .find(|nth| *nth == 0 || !(-53..=53).contains(nth))
    {
        return Err(RuleError::part(
            "BYDAY",
            format!("{bad} is not between -53 and 53, without 0"),
        ));
    }
    if numbered.is_some() && parts.frequency < Frequency::Monthly {
        let why = format!(
            "numbers go with MONTHLY and YEARLY only; with FREQ={} write the weekday alone",
            parts.frequency.name()
        );
        return Err(RuleError::part("BYDAY", why));
    }
    if numbered.is_some() && !parts.by_week_no.is_empty() {
        return Err(RuleError::part(
            "BYDAY",
            "with BYWEEKNO write weekdays without numbers",
        ));
    }
    parts
        .by_day
        .sort_unstable_by_key(|day| (day.nth, day.weekday.to_monday_zero_offset()));
    parts.by_day.dedup();
    Ok(())
}

/// The cells of the RFC's table that say N/A.
fn parts_fit_the_frequency(parts: &Parts) -> Result<(), RuleError> {
    use Frequency::{Daily, Monthly, Weekly, Yearly};
    let name = parts.frequency.name();
    if !parts.by_week_no.is_empty() && parts.frequency != Yearly {
        let why = format!("goes with FREQ=YEARLY only, not with {name}");
        return Err(RuleError::part("BYWEEKNO", why));
    }
    if !parts.by_year_day.is_empty() && matches!(parts.frequency, Daily | Weekly | Monthly) {
        let why = format!("does not go with FREQ={name}: write FREQ=YEARLY");
        return Err(RuleError::part("BYYEARDAY", why));
    }
    if !parts.by_month_day.is_empty() && parts.frequency == Weekly {
        let why = "does not go with FREQ=WEEKLY: write FREQ=DAILY or MONTHLY";
        return Err(RuleError::part("BYMONTHDAY", why));
    }
    let others = [
        &parts.by_second,
        &parts.by_minute,
        &parts.by_hour,
        &parts.by_month_day,
        &parts.by_year_day,
        &parts.by_week_no,
        &parts.by_month,
    ];
    let alone = parts.by_day.is_empty() && others.iter().all(|values| values.is_empty());
    if !parts.by_set_pos.is_empty() && alone {
        return Err(RuleError::part(
            "BYSETPOS",
            "chooses among what another BY part gives: add one, such as BYDAY",
        ));
    }
    Ok(())
}

fn months_have_the_days(parts: &Parts) -> Result<(), RuleError> {
    if parts.by_month_day.is_empty() {
        return Ok(());
    }
    let longest = |month: i16| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let all: Vec<i16> = (1..=12).collect();
    let months = if parts.by_month.is_empty() {
        &all
    } else {
        &parts.by_month
    };
    let meet = months
        .iter()
        .any(|month| parts.by_month_day.iter().any(|day| day.abs() <= longest(*month)));
    if meet { Ok(()) } else { Err(RuleError::NeverOccurs) }
}

pub(super) fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

impl fmt::Display for Until {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Until::Date(date) => basic_date(*date, out),
            Until::Local(time) => basic_time(*time, out),
            Until::Utc(time) => {
                basic_time(*time, out)?;
                out.write_str("Z")
            }
        }
    }
}

fn basic_date(date: Date, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(out, "{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

fn basic_time(time: DateTime, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    basic_date(time.date(), out)?;
    write!(out, "T{:02}{:02}{:02}", time.hour(), time.minute(), time.second())
}

impl fmt::Display for ByDay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            write!(out, "{nth}")?;
        }
        out.write_str(weekday_name(self.weekday))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        write!(out, "FREQ={}", parts.frequency.name())?;
        match parts.bound {
            Bound::Endless => {}
            Bound::Count(count) => write!(out, ";COUNT={count}")?,
            Bound::Until(until) => write!(out, ";UNTIL={until}")?,
        }
        if parts.interval != 1 {
            write!(out, ";INTERVAL={}", parts.interval)?;
        }
        list(out, "BYSECOND", &parts.by_second)?;
        list(out, "BYMINUTE", &parts.by_minute)?;
        list(out, "BYHOUR", &parts.by_hour)?;
        list(out, "BYDAY", &parts.by_day)?;
        list(out, "BYMONTHDAY", &parts.by_month_day)?;
        list(out, "BYYEARDAY", &parts.by_year_day)?;
        list(out, "BYWEEKNO", &parts.by_week_no)?;
        list(out, "BYMONTH", &parts.by_month)?;
        list(out, "BYSETPOS", &parts.by_set_pos)?;
        if parts.week_start != Weekday::Monday {
            write!(out, ";WKST={}", weekday_name(parts.week_start))?;
        }
        Ok(())
    }
}

fn list(out: &mut fmt::Formatter<'_>, name: &str, values: &[impl fmt::Display]) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        match index {
            0 => write!(out, ";{name}={value}")?,
            _ => write!(out, ",{value}")?,
        }
    }
    Ok(())
}
