//! Quick entry: one line in English or Russian that says what, when and how often.
//!
//! What is kept true: whatever is not understood as a time is the title, word by word as it was typed, so nothing that
//! somebody wrote is lost. A day without a time of the clock is a whole day; a time without a day is the next one.

mod words;

#[cfg(test)]
mod tests;

use ical::recurrence::{ByDay, Frequency, Parts, Rule};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time, Weekday};

use self::words::{Line, Match, date, hour, length, number, time, weekday, word};
use super::edits::times::Times;

/// How long something takes that says no end.
const USUAL_MINUTES: i64 = 60;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub struct Quick {
    pub title: String,
    pub place: String,
    pub times: Times,
    pub rule: Option<Rule>,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    title: Vec<String>,
    date: Option<Date>,
    starts: Option<Time>,
    ends: Option<Time>,
    minutes: Option<i64>,
    rule: Option<Parts>,
}

/// Reads a line that is typed at a local time somewhere. `None`: it says nothing that could be a title.
pub fn read(line: &str, at: DateTime, zone: &str) -> Option<Quick> {
    let (line, place) = match line.split_once('@') {
        Some((line, place)) if !place.contains('@') && (line.is_empty() || line.ends_with(' ')) => {
            (line, place.trim())
        }
        _ => (line, ""),
    };
    let typed: Vec<&str> = line.split_whitespace().collect();
    let small: Vec<String> = typed.iter().map(|word| word.to_lowercase()).collect();
    let mut found = Found::default();
    let mut place_in_line = 0;
    while place_in_line < small.len() {
        let taken = found.take(&small[place_in_line..], at.date());
        if taken == 0 {
            found.title.push(typed[place_in_line].to_owned());
        }
        place_in_line += taken.max(1);
    }
    let times = found.times(at, zone);
    let title = found.title.join(" ");
    let title = title.trim_matches([',', ' ', '-', '–']).to_owned();
    if title.is_empty() && place.is_empty() {
        return None;
    }
    Some(Quick {
        title,
        place: place.to_owned(),
        times,
        rule: found.rule.and_then(|parts| Rule::new(parts).ok()),
    })
}

impl Found {
    /// Takes what stands at the beginning of a line, if it is about a time; how many words that are.
    fn take(&mut self, line: Line<'_>, today: Date) -> usize {
        if self.rule.is_none()
            && let Some((parts, taken)) = every(line)
        {
            self.rule = Some(parts);
            return taken;
        }
        if self.date.is_none()
            && let Some((date, taken)) = day(line, today)
        {
            self.date = Some(date);
            return taken;
        }
        if self.starts.is_none()
            && let Some(((starts, ends), taken)) = clock(line)
        {
            self.starts = Some(starts);
            self.ends = ends;
            return taken;
        }
        if self.minutes.is_none() && self.ends.is_none() {
            let after = usize::from(matches!(word(line, 0), "for" | "на"));
            if let Some((minutes, taken)) = length(&line[after..]) {
                self.minutes = Some(minutes);
                return taken + after;
            }
        }
        0
    }

    fn times(&self, at: DateTime, zone: &str) -> Times {
        let first = self.first_day(at);
        let Some(starts) = self.starts else {
            return Times::Days { first, last: first };
        };
        let begins = first.to_datetime(starts);
        let minutes = self.minutes.unwrap_or(USUAL_MINUTES);
        let ends = match self.ends {
            // Over midnight.
            Some(ends) if ends <= starts => first.saturating_add(1.day()).to_datetime(ends),
            Some(ends) => first.to_datetime(ends),
            None => begins.saturating_add(minutes.minutes()),
        };
        Times::Hours {
            starts: begins,
            ends,
            zone: Some(zone.to_owned()),
        }
    }

    /// The day that is said; of a series the first that its rule gives; otherwise the next time that the clock shows it.
    fn first_day(&self, at: DateTime) -> Date {
        let is_over = self.starts.is_some_and(|starts| starts <= at.time());
        let from = self.date.unwrap_or(if is_over {
            at.date().saturating_add(1.day())
        } else {
            at.date()
        });
        let weekdays: Vec<Weekday> = self
            .rule
            .iter()
            .flat_map(|parts| &parts.by_day)
            .map(|day| day.weekday)
            .collect();
        let mut week = (0..7).map(|days| from.saturating_add(days.days()));
        let fits = |date: &Date| weekdays.is_empty() || weekdays.contains(&date.weekday());
        week.find(fits).unwrap_or(from)
    }
}

/// A day: `tomorrow`, `on Friday`, `next Monday`, `in 3 days`, `через неделю`, or a date.
fn day(line: Line<'_>, today: Date) -> Match<Date> {
    let in_days = |days: i32| today.saturating_add(days.days());
    match word(line, 0) {
        "today" | "сегодня" => return Some((today, 1)),
        "tomorrow" | "tmr" | "завтра" => return Some((in_days(1), 1)),
        "послезавтра" => return Some((in_days(2), 1)),
        "on" | "в" | "во" | "к" => return day(&line[1..], today).map(|(date, taken)| (date, taken + 1)),
        "in" | "через" => return ahead(&line[1..], today).map(|(date, taken)| (date, taken + 1)),
        "next" | "следующий" | "следующую" | "следующее" => {
            let weekday = weekday(word(line, 1))?;
            let monday = today.saturating_sub(i32::from(today.weekday().to_monday_zero_offset()).days());
            let days = 7 + i32::from(weekday.to_monday_zero_offset());
            return Some((monday.saturating_add(days.days()), 2));
        }
        _ => {}
    }
    if let Some(weekday) = weekday(word(line, 0)) {
        let days = (0..7).find(|days| in_days(*days).weekday() == weekday)?;
        return Some((in_days(days), 1));
    }
    date(line, today)
}

/// So many days or weeks from today.
fn ahead(line: Line<'_>, today: Date) -> Match<Date> {
    let (count, at) = match number(word(line, 0)) {
        Some(count) => (count, 1),
        None => (1, usize::from(word(line, 0) == "a")),
    };
    let days = match word(line, at) {
        "day" | "days" | "день" | "дня" | "дней" => count,
        "week" | "weeks" | "неделю" | "недели" | "недель" => count.checked_mul(7)?,
        _ => return None,
    };
    Some((today.saturating_add(days.days()), at + 1))
}

/// A time of the clock or two: `15:00`, `at 15`, `15:00-16:30`, `from 15 to 16`, `с 15 до 16`.
fn clock(line: Line<'_>) -> Match<(Time, Option<Time>)> {
    let first = word(line, 0);
    match first {
        "from" | "с" => {
            let is_range = matches!(word(line, 2), "to" | "till" | "until" | "до" | "-" | "–");
            let (starts, ends) = (hour(word(line, 1))?, hour(word(line, 3)).filter(|_| is_range)?);
            return Some(((starts, Some(ends)), 4));
        }
        "at" | "в" | "к" => {
            let ((starts, ends), taken) = clock(&line[1..]).or_else(|| {
                let starts = hour(word(line, 1))?;
                Some(((starts, None), 1))
            })?;
            return Some(((starts, ends), taken + 1));
        }
        _ => {}
    }
    if let Some((starts, ends)) = first.split_once(['-', '–'])
        && let (Some(starts), Some(ends)) = (hour(starts), time(ends))
    {
        return Some(((starts, Some(ends)), 1));
    }
    let starts = time(first)?;
    if matches!(word(line, 1), "-" | "–" | "to" | "до")
        && let Some(ends) = hour(word(line, 2))
    {
        return Some(((starts, Some(ends)), 3));
    }
    Some(((starts, None), 1))
}

/// How often: `every Monday and Thursday`, `daily`, `по будням`, `каждые 2 недели`.
fn every(line: Line<'_>) -> Match<Parts> {
    let plain = |frequency| Some((Parts::every(frequency), 1));
    let after = match word(line, 0) {
        "daily" | "ежедневно" => return plain(Frequency::Daily),
        "weekly" | "еженедельно" => return plain(Frequency::Weekly),
        "monthly" | "ежемесячно" => return plain(Frequency::Monthly),
        "yearly" | "annually" | "ежегодно" => return plain(Frequency::Yearly),
        "weekdays" => return Some((working_days(), 1)),
        "every" | "each" | "каждый" | "каждую" | "каждое" | "каждые" => 1,
        "по" if is_of_weekdays(word(line, 1)) => 1,
        _ => return None,
    };
    let rest = &line[after..];
    if matches!(word(rest, 0), "weekday" | "workday" | "будням" | "будний") {
        let more = usize::from(word(rest, 1) == "день");
        return Some((working_days(), after + 1 + more));
    }
    if let Some((weekdays, taken)) = weekdays(rest) {
        let mut parts = Parts::every(Frequency::Weekly);
        parts.by_day = weekdays
            .into_iter()
            .map(|weekday| ByDay { nth: None, weekday })
            .collect();
        return Some((parts, after + taken));
    }
    let (interval, at) = match (number(word(rest, 0)), word(rest, 0)) {
        (Some(count), _) => (count, 1),
        (None, "other" | "second") => (2, 1),
        _ => (1, 0),
    };
    let frequency = match word(rest, at) {
        "day" | "days" | "день" | "дня" | "дней" => Frequency::Daily,
        "week" | "weeks" | "неделю" | "недели" | "недель" => Frequency::Weekly,
        "month" | "months" | "месяц" | "месяца" | "месяцев" => Frequency::Monthly,
        "year" | "years" | "год" | "года" | "лет" => Frequency::Yearly,
        _ => return None,
    };
    let mut parts = Parts::every(frequency);
    parts.interval = u32::try_from(interval).ok().filter(|interval| *interval > 0)?;
    Some((parts, after + at + 1))
}

fn is_of_weekdays(word: &str) -> bool {
    word == "будням" || (word.ends_with('м') && weekday(word).is_some())
}

fn working_days() -> Parts {
    let mut parts = Parts::every(Frequency::Weekly);
    let days = (0..5).filter_map(|day| Weekday::from_monday_zero_offset(day).ok());
    parts.by_day = days.map(|weekday| ByDay { nth: None, weekday }).collect();
    parts
}

/// "Monday, Wednesday and Friday".
fn weekdays(line: Line<'_>) -> Match<Vec<Weekday>> {
    let mut all = Vec::new();
    let mut taken = 0;
    loop {
        let and = usize::from(!all.is_empty() && matches!(word(line, taken), "and" | "и" | "&"));
        let Some(one) = weekday(word(line, taken + and)) else {
            break;
        };
        all.push(one);
        taken += and + 1;
    }
    (!all.is_empty()).then_some((all, taken))
}
