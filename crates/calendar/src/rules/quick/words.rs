//! The words of times in English and Russian, as people type them: "tomorrow", "в пятницу", "1h30m", "каждые 2 недели".

use jiff::civil::{Date, Time, Weekday};

/// Words in small letters, as they stand one after the other.
pub(super) type Line<'t> = &'t [String];

/// What was found at the beginning of a line, and how many words it takes.
pub(super) type Match<T> = Option<(T, usize)>;

const WEEKDAYS: [(Weekday, &[&str]); 7] = [
    (
        Weekday::Monday,
        &["monday", "mon", "понедельник", "понедельникам", "пн"],
    ),
    (
        Weekday::Tuesday,
        &["tuesday", "tue", "tues", "вторник", "вторникам", "вт"],
    ),
    (
        Weekday::Wednesday,
        &["wednesday", "wed", "среда", "среду", "средам", "ср"],
    ),
    (
        Weekday::Thursday,
        &["thursday", "thu", "thurs", "четверг", "четвергам", "чт"],
    ),
    (
        Weekday::Friday,
        &["friday", "fri", "пятница", "пятницу", "пятницам", "пт"],
    ),
    (
        Weekday::Saturday,
        &["saturday", "sat", "суббота", "субботу", "субботам", "сб"],
    ),
    (
        Weekday::Sunday,
        &["sunday", "sun", "воскресенье", "воскресеньям", "вс"],
    ),
];

const MONTHS: [[&str; 3]; 12] = [
    ["january", "jan", "января"],
    ["february", "feb", "февраля"],
    ["march", "mar", "марта"],
    ["april", "apr", "апреля"],
    ["may", "may", "мая"],
    ["june", "jun", "июня"],
    ["july", "jul", "июля"],
    ["august", "aug", "августа"],
    ["september", "sep", "сентября"],
    ["october", "oct", "октября"],
    ["november", "nov", "ноября"],
    ["december", "dec", "декабря"],
];

pub(super) fn word(line: Line<'_>, at: usize) -> &str {
    line.get(at).map_or("", |word| word.trim_end_matches([',', ';']))
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let word = word.trim_end_matches([',', '.', ';']);
    WEEKDAYS
        .iter()
        .find(|(_, names)| names.contains(&word))
        .map(|(weekday, _)| *weekday)
}

fn month(word: &str) -> Option<i8> {
    let word = word.trim_end_matches([',', '.']);
    let at = MONTHS.iter().position(|names| names.contains(&word))?;
    i8::try_from(at + 1).ok()
}

pub(super) fn number(word: &str) -> Option<i32> {
    let digits = !word.is_empty() && word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| word.parse().ok()).flatten()
}

/// `15:00`, `3pm`, `3:30pm`, `noon`.
pub(super) fn time(word: &str) -> Option<Time> {
    match word {
        "noon" | "полдень" => return Some(Time::constant(12, 0, 0, 0)),
        "midnight" | "полночь" => return Some(Time::midnight()),
        _ => {}
    }
    let (clock, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (_, Some(clock)) => (clock, Some(12)),
        _ => (word, None),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (number(hour)?, number(minute)?),
        None if half.is_some() => (number(clock)?, 0),
        _ => return None,
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

/// A time that another word makes one: `at 15`, `в 15`.
pub(super) fn hour(word: &str) -> Option<Time> {
    let bare = number(word)
        .filter(|_| word.len() <= 2)
        .and_then(|hour| i8::try_from(hour).ok());
    time(word).or_else(|| Time::new(bare?, 0, 0, 0).ok())
}

/// A length in minutes: `30m`, `1h30m`, `1.5 hours`, `полчаса`.
pub(super) fn length(line: Line<'_>) -> Match<i64> {
    let first = word(line, 0);
    if first == "полчаса" {
        return Some((30, 1));
    }
    if first == "час" || (first == "an" && word(line, 1) == "hour") {
        return Some((60, if first == "час" { 1 } else { 2 }));
    }
    if let Some(minutes) = glued(first) {
        return Some((minutes, 1));
    }
    let minutes = unit(word(line, 1))?;
    let count: f64 = first
        .replace(',', ".")
        .parse()
        .ok()
        .filter(|count| (0.0..1_000.0).contains(count))?;
    tenths(count).map(|tenths| (tenths * minutes / 10, 2))
}

/// A number with at most one digit behind the point, in tenths.
fn tenths(count: f64) -> Option<i64> {
    format!("{:.0}", count * 10.0).parse().ok()
}

/// Minutes of a unit.
fn unit(word: &str) -> Option<i64> {
    match word.trim_end_matches('.') {
        "m" | "min" | "mins" | "minute" | "minutes" | "м" | "мин" | "минут" | "минуты" | "минуту" => {
            Some(1)
        }
        "h" | "hr" | "hour" | "hours" | "ч" | "час" | "часа" | "часов" => Some(60),
        _ => None,
    }
}

/// `1h30m`: numbers and units in one word.
fn glued(word: &str) -> Option<i64> {
    let (mut rest, mut minutes) = (word, 0);
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|digits| *digits > 0)?;
        let (count, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (name, tail) = tail.split_at(letters);
        let count: f64 = count.parse().ok().filter(|count| *count < 1_000.0)?;
        minutes += tenths(count)? * unit(name)? / 10;
        rest = tail;
    }
    (minutes > 0).then_some(minutes)
}

/// A date that is written out: `2026-12-24`, `24.12`, `24 December`, `December 24`, `24 декабря 2027`.
pub(super) fn date(line: Line<'_>, today: Date) -> Match<Date> {
    let first = word(line, 0);
    if let Ok(date) = first.parse::<Date>()
        && first.len() == 10
    {
        return Some((date, 1));
    }
    if let Some(date) = dotted(first, today) {
        return Some((date, 1));
    }
    let (day, month) = match (number(first), month(first)) {
        (Some(day), None) => (day, month(word(line, 1))?),
        (None, Some(month)) => (
            number(word(line, 1).trim_end_matches(|c: char| c.is_ascii_alphabetic()))?,
            month,
        ),
        _ => return None,
    };
    let day = i8::try_from(day).ok()?;
    match number(word(line, 2)).filter(|year| *year >= 2_000) {
        Some(year) => Some((Date::new(i16::try_from(year).ok()?, month, day).ok()?, 3)),
        None => Some((coming(today, month, day)?, 2)),
    }
}

fn dotted(word: &str, today: Date) -> Option<Date> {
    let mut parts = word.trim_end_matches('.').split('.');
    let (day, month) = (number(parts.next()?)?, number(parts.next()?)?);
    let (day, month) = (i8::try_from(day).ok()?, i8::try_from(month).ok()?);
    match parts.next() {
        None => coming(today, month, day),
        Some(year) => Date::new(i16::try_from(number(year)?).ok()?, month, day).ok(),
    }
}

/// The next time that a day of the year comes.
fn coming(today: Date, month: i8, day: i8) -> Option<Date> {
    let years = today.year()..=today.year().saturating_add(8);
    years
        .filter_map(|year| Date::new(year, month, day).ok())
        .find(|date| *date >= today)
}
