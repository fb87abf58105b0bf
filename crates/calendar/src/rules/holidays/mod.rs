//! Public holidays of countries, without asking anybody: what the law says as a rule is worked out, and what is announced
//! for each year stands in a table.
//!
//! What is kept true: a day is told only for years for which it is known to be one. Rules are those of the law of today, with
//! the years since or until which they hold, and nothing is told of before [`FIRST_YEAR`]; a table ends with the last year
//! that was announced. Holidays of a whole country only; days off that a government moves to another day for one year are
//! not told, save where the law moves them by a rule.

mod countries;
mod easter;
mod names;
#[cfg(test)]
mod tests;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use kernel::Language;

pub use countries::COUNTRIES;

/// The laws were looked up from this year on.
pub const FIRST_YEAR: i16 = 2016;
/// Nobody knows the laws of later years; those of the years up to it are likely to differ a little.
pub const LAST_YEAR: i16 = 2099;

/// What something is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    pub english: &'static str,
    pub russian: &'static str,
}

impl Names {
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Russian => self.russian,
        }
    }
}

const fn n(english: &'static str, russian: &'static str) -> Names {
    Names { english, russian }
}

/// A country whose holidays are known.
#[derive(Debug)]
pub struct Country {
    /// Of ISO 3166, in small letters.
    pub code: &'static str,
    pub names: Names,
    /// Its time zones: who lives in one is likely to live by these holidays.
    zones: &'static [&'static str],
    moved: Moved,
    rules: &'static [Rule],
}

/// What the law does with a holiday that falls on a day on which nobody works anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moved {
    No,
    /// On a Saturday the day before is off as well, on a Sunday the day after.
    Around,
    /// On either of them, the next working day that is no holiday.
    After,
    /// The same for a Sunday alone.
    AfterSunday,
}

/// A holiday as the law says it.
#[derive(Debug)]
struct Rule {
    day: Day,
    names: Names,
    /// The first and the last year of it.
    since: i16,
    until: i16,
    /// Where others are made up for, this one is not.
    stays: bool,
}

/// Which day of a year.
#[derive(Clone, Copy, Debug)]
enum Day {
    On(i8, i8),
    /// Days after Easter Sunday in the west.
    Easter(i32),
    /// The same in the east.
    Pascha(i32),
    /// The first, second … of a weekday in a month; -1 is the last one.
    Nth(i8, i8, Weekday),
    /// The first of a weekday from a day on.
    From(i8, i8, Weekday),
    /// The first days, as they were announced, and how many days it takes.
    Announced(&'static [(i16, i8, i8)], i32),
}

const fn on(month: i8, day: i8, names: Names) -> Rule {
    always(Day::On(month, day), names)
}

const fn easter(days: i32, names: Names) -> Rule {
    always(Day::Easter(days), names)
}

const fn pascha(days: i32, names: Names) -> Rule {
    always(Day::Pascha(days), names)
}

const fn nth(month: i8, nth: i8, weekday: Weekday, names: Names) -> Rule {
    always(Day::Nth(month, nth, weekday), names)
}

const fn always(day: Day, names: Names) -> Rule {
    Rule {
        day,
        names,
        since: FIRST_YEAR,
        until: LAST_YEAR,
        stays: false,
    }
}

impl Rule {
    const fn since(self, year: i16) -> Rule {
        Rule { since: year, ..self }
    }

    const fn until(self, year: i16) -> Rule {
        Rule { until: year, ..self }
    }

    const fn stays(self) -> Rule {
        Rule { stays: true, ..self }
    }

    const fn only(self, year: i16) -> Rule {
        self.since(year).until(year)
    }
}

impl Day {
    fn in_year(self, year: i16) -> Vec<Date> {
        let one = |date: Option<Date>| date.into_iter().collect();
        let beside = |easter: Date, days: i32| one(Some(easter.saturating_add(days.days())));
        match self {
            Day::On(month, day) => one(Date::new(year, month, day).ok()),
            Day::Easter(days) => beside(easter::western(year), days),
            Day::Pascha(days) => beside(easter::eastern(year), days),
            Day::Nth(month, nth, weekday) => one(Date::new(year, month, 1)
                .and_then(|first| first.nth_weekday_of_month(nth, weekday))
                .ok()),
            Day::From(month, day, weekday) => one(Date::new(year, month, day)
                .and_then(|first| first.yesterday())
                .and_then(|before| before.nth_weekday(1, weekday))
                .ok()),
            Day::Announced(firsts, days) => firsts
                .iter()
                .filter(|(announced, ..)| *announced == year)
                .filter_map(|(_, month, day)| Date::new(year, *month, *day).ok())
                .flat_map(|first| (0..days).map(move |nth| first.saturating_add(nth.days())))
                .collect(),
        }
    }
}

/// A day that is a holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holiday {
    pub date: Date,
    pub names: Names,
    /// It stands for a holiday that falls on a weekend.
    pub is_instead: bool,
}

impl Country {
    pub fn with_code(code: &str) -> Option<&'static Country> {
        COUNTRIES.iter().find(|country| country.code == code)
    }

    /// The country whose clocks show this zone, if its holidays are known.
    pub fn of_zone(zone: &str) -> Option<&'static Country> {
        COUNTRIES.iter().find(|country| country.zones.contains(&zone))
    }

    /// The holidays of some days, both of which count, in their order.
    pub fn between(&self, first: Date, last: Date) -> Vec<Holiday> {
        // What stands for New Year may be a day of the year before.
        let years = first.year().saturating_sub(1)..=last.year().saturating_add(1);
        let years = years.filter(|year| (FIRST_YEAR..=LAST_YEAR).contains(year));
        let mut all: Vec<Holiday> = years.flat_map(|year| self.year(year)).collect();
        all.retain(|one| (first..=last).contains(&one.date));
        all.sort_by_key(|one| (one.date, one.is_instead));
        all
    }

    fn year(&self, year: i16) -> Vec<Holiday> {
        let rules = self
            .rules
            .iter()
            .filter(|rule| (rule.since..=rule.until).contains(&year));
        let mut all: Vec<Holiday> = rules
            .flat_map(|rule| {
                rule.day.in_year(year).into_iter().map(|date| Holiday {
                    date,
                    names: rule.names,
                    is_instead: false,
                })
            })
            .collect();
        all.sort_by_key(|one| one.date);
        let mut instead: Vec<Holiday> = Vec::new();
        let stays = |one: &Holiday| {
            self.rules
                .iter()
                .any(|rule| rule.stays && rule.names == one.names)
        };
        for one in all.iter().filter(|one| !stays(one)) {
            let taken = |date: Date| all.iter().chain(&instead).any(|other| other.date == date);
            if let Some(date) = self.moved.instead_of(one.date, taken) {
                instead.push(Holiday {
                    date,
                    is_instead: true,
                    ..*one
                });
            }
        }
        all.extend(instead);
        all
    }
}

impl Moved {
    fn instead_of(self, date: Date, taken: impl Fn(Date) -> bool) -> Option<Date> {
        let weekday = date.weekday();
        match (self, weekday) {
            (Moved::Around, Weekday::Saturday) => date.yesterday().ok(),
            (Moved::Around, Weekday::Sunday) => date.tomorrow().ok(),
            (Moved::After, Weekday::Saturday | Weekday::Sunday) | (Moved::AfterSunday, Weekday::Sunday) => {
                let works = |day: &Date| {
                    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !taken(*day)
                };
                (1..=10)
                    .map(|days: i32| date.saturating_add(days.days()))
                    .find(works)
            }
            _ => None,
        }
    }
}
