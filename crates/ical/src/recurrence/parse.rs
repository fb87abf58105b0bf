//! A rule from its text. The order of the parts, their case, spaces around them and a semicolon at the end do not matter,
//! because real files have all of it; what would change the meaning is refused with the part's name.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Weekday};

use super::rule::{Bound, ByDay, Frequency, Parts, Rule, RuleError, Until, weekday_name};

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Rule, RuleError> {
        if text.len() > Rule::BYTES_MAX {
            return Err(RuleError::TooLong);
        }
        let text = text.trim();
        let text = match text.get(..6) {
            Some(start) if start.eq_ignore_ascii_case("RRULE:") => &text[6..],
            _ => text,
        };
        let mut read = Read::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(RuleError::part(&shown(part), "write it as NAME=VALUE"));
            };
            read.take(&name.trim().to_ascii_uppercase(), value.trim())?;
        }
        read.finish()
    }
}

/// Foreign text in a message: not longer than a line.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

#[derive(Default)]
struct Read {
    seen: Vec<String>,
    frequency: Option<Frequency>,
    interval: Option<u32>,
    count: Option<u32>,
    until: Option<Until>,
    week_start: Option<Weekday>,
    by_day: Vec<ByDay>,
    lists: [Vec<i16>; LISTS.len()],
}

const LISTS: [&str; 8] = [
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYSETPOS",
];

impl Read {
    fn take(&mut self, name: &str, value: &str) -> Result<(), RuleError> {
        if name.starts_with("X-") {
            return Ok(());
        }
        if self.seen.iter().any(|seen| seen == name) {
            return Err(RuleError::part(
                &shown(name),
                "is there twice: leave one of them out",
            ));
        }
        self.seen.push(name.to_owned());
        match name {
            "FREQ" => self.frequency = Some(frequency(value)?),
            "INTERVAL" => self.interval = Some(number(name, value)?),
            "COUNT" => self.count = Some(number(name, value)?),
            "UNTIL" => self.until = Some(until(value)?),
            "WKST" => self.week_start = Some(weekday(name, value)?),
            "BYDAY" => self.by_day = list(value).map(by_day).collect::<Result<_, _>>()?,
            "RSCALE" if value.eq_ignore_ascii_case("GREGORIAN") => {}
            "RSCALE" => return Err(RuleError::OtherCalendar("RSCALE")),
            "SKIP" => return Err(RuleError::OtherCalendar("SKIP")),
            _ => {
                let Some(place) = LISTS.iter().position(|known| *known == name) else {
                    let why = "is no part of a rule: leave it out, or begin it with X-";
                    return Err(RuleError::part(&shown(name), why));
                };
                let numbers = list(value).map(|one| number(name, one.strip_prefix('+').unwrap_or(one)));
                self.lists[place] = numbers.collect::<Result<_, _>>()?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Rule, RuleError> {
        let bound = match (self.count, self.until) {
            (Some(_), Some(_)) => return Err(RuleError::TwoEnds),
            (Some(count), None) => Bound::Count(count),
            (None, Some(until)) => Bound::Until(until),
            (None, None) => Bound::Endless,
        };
        let [
            by_second,
            by_minute,
            by_hour,
            by_month_day,
            by_year_day,
            by_week_no,
            by_month,
            by_set_pos,
        ] = self.lists;
        Rule::new(Parts {
            frequency: self.frequency.ok_or(RuleError::NoFrequency)?,
            interval: self.interval.unwrap_or(1),
            bound,
            by_second,
            by_minute,
            by_hour,
            by_day: self.by_day,
            by_month_day,
            by_year_day,
            by_week_no,
            by_month,
            by_set_pos,
            week_start: self.week_start.unwrap_or(Weekday::Monday),
        })
    }
}

fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim)
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, RuleError> {
    value
        .parse()
        .map_err(|_| RuleError::part(name, format!("`{}` is no number that it can have", shown(value))))
}

fn frequency(value: &str) -> Result<Frequency, RuleError> {
    let known = Frequency::ALL
        .into_iter()
        .find(|known| known.name().eq_ignore_ascii_case(value));
    known.ok_or_else(|| {
        let names = Frequency::ALL.map(Frequency::name).join(", ");
        RuleError::part("FREQ", format!("`{}` is none of {names}", shown(value)))
    })
}

const WEEKDAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn weekday(part: &str, value: &str) -> Result<Weekday, RuleError> {
    let known = WEEKDAYS
        .into_iter()
        .find(|known| weekday_name(*known).eq_ignore_ascii_case(value));
    known.ok_or_else(|| {
        let why = format!("`{}` is none of MO, TU, WE, TH, FR, SA, SU", shown(value));
        RuleError::part(part, why)
    })
}

fn by_day(value: &str) -> Result<ByDay, RuleError> {
    let letters = value
        .find(|one: char| one.is_ascii_alphabetic())
        .unwrap_or(value.len());
    let (nth, name) = value.split_at(letters);
    let nth = nth.trim();
    Ok(ByDay {
        nth: match nth {
            "" => None,
            nth => Some(number("BYDAY", nth.strip_prefix('+').unwrap_or(nth))?),
        },
        weekday: weekday("BYDAY", name)?,
    })
}

fn until(value: &str) -> Result<Until, RuleError> {
    let bad = || {
        let why = format!(
            "`{}` is no time: write 20301231, 20301231T235959 or 20301231T235959Z",
            shown(value)
        );
        RuleError::part("UNTIL", why)
    };
    let upper = value.to_ascii_uppercase();
    if let Some(utc) = upper.strip_suffix('Z') {
        return Ok(Until::Utc(time(utc).ok_or_else(bad)?));
    }
    if upper.contains('T') {
        return Ok(Until::Local(time(&upper).ok_or_else(bad)?));
    }
    Ok(Until::Date(date(&upper).ok_or_else(bad)?))
}

fn digits<T: FromStr>(text: &str) -> Option<T> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

pub(super) fn date(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.is_ascii() {
        return None;
    }
    Date::new(digits(&text[..4])?, digits(&text[4..6])?, digits(&text[6..])?).ok()
}

/// A leap second is the second before it, as the RFC says (3.3.12).
pub(super) fn time(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once('T')?;
    if time.len() != 6 || !time.is_ascii() {
        return None;
    }
    let (hour, minute): (i8, i8) = (digits(&time[..2])?, digits(&time[2..4])?);
    let second: i8 = digits(&time[4..])?;
    let second = if second == 60 { 59 } else { second };
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    Some(date(day)?.to_datetime(time))
}
