//! Holidays as the world's calendars of past years have them.

use super::*;
use proptest::prelude::*;

fn year(code: &str, year: i16) -> Vec<String> {
    let country = Country::with_code(code).unwrap();
    let (first, last) = (Date::new(year, 1, 1).unwrap(), Date::new(year, 12, 31).unwrap());
    let days = country.between(first, last);
    days.iter()
        .map(|day| day.date.strftime("%m-%d").to_string())
        .collect()
}

fn days(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Countries and years, and the months and days of their holidays.
const OFFICIAL: &[(&str, i16, &str)] = &[
    (
        "ru",
        2026,
        "01-01 01-02 01-03 01-04 01-05 01-06 01-07 01-08 02-23 03-08 05-01 05-09 06-12 11-04",
    ),
    (
        "by",
        2019,
        "01-01 01-07 03-08 05-01 05-07 05-09 07-03 11-07 12-25",
    ),
    (
        "by",
        2026,
        "01-01 01-02 01-07 03-08 04-21 05-01 05-09 07-03 11-07 12-25",
    ),
    (
        "de",
        2017,
        "01-01 04-14 04-17 05-01 05-25 06-05 10-03 10-31 12-25 12-26",
    ),
    (
        "de",
        2026,
        "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26",
    ),
    (
        "at",
        2025,
        "01-01 01-06 04-21 05-01 05-29 06-09 06-19 08-15 10-26 11-01 12-08 12-25 12-26",
    ),
    (
        "fr",
        2024,
        "01-01 04-01 05-01 05-08 05-09 05-20 07-14 08-15 11-01 11-11 12-25",
    ),
    (
        "gb",
        2020,
        "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-26 12-28",
    ),
    (
        "gb",
        2021,
        "01-01 04-02 04-05 05-03 05-31 08-30 12-25 12-26 12-27 12-28",
    ),
    (
        "gb",
        2022,
        "01-01 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-25 12-26 12-27",
    ),
    (
        "gb",
        2023,
        "01-01 01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    ),
    (
        "gb",
        2026,
        "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28",
    ),
    (
        "us",
        2020,
        "01-01 01-20 02-17 05-25 07-03 07-04 09-07 10-12 11-11 11-26 12-25",
    ),
    (
        "us",
        2021,
        "01-01 01-18 02-15 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31",
    ),
    (
        "us",
        2026,
        "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25",
    ),
    (
        "es",
        2026,
        "01-01 01-06 04-03 05-01 08-15 10-12 11-01 12-06 12-08 12-25",
    ),
    (
        "it",
        2025,
        "01-01 01-06 04-20 04-21 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26",
    ),
    (
        "it",
        2026,
        "01-01 01-06 04-05 04-06 04-25 05-01 06-02 08-15 10-04 11-01 12-08 12-25 12-26",
    ),
    (
        "pl",
        2018,
        "01-01 01-06 04-01 04-02 05-01 05-03 05-20 05-31 08-15 11-01 11-11 11-12 12-25 12-26",
    ),
    (
        "pl",
        2025,
        "01-01 01-06 04-20 04-21 05-01 05-03 06-08 06-19 08-15 11-01 11-11 12-24 12-25 12-26",
    ),
    (
        "cz",
        2026,
        "01-01 04-03 04-06 05-01 05-08 07-05 07-06 09-28 10-28 11-17 12-24 12-25 12-26",
    ),
    (
        "pt",
        2026,
        "01-01 04-03 04-05 04-25 05-01 06-04 06-10 08-15 10-05 11-01 12-01 12-08 12-25",
    ),
    (
        "fi",
        2026,
        "01-01 01-06 04-03 04-05 04-06 05-01 05-14 05-24 06-20 10-31 12-06 12-25 12-26",
    ),
    (
        "fi",
        2025,
        "01-01 01-06 04-18 04-20 04-21 05-01 05-29 06-08 06-21 11-01 12-06 12-25 12-26",
    ),
    (
        "se",
        2026,
        "01-01 01-06 04-03 04-05 04-06 05-01 05-14 05-24 06-06 06-20 10-31 12-25 12-26",
    ),
    (
        "ee",
        2026,
        "01-01 02-24 04-03 04-05 05-01 05-24 06-23 06-24 08-20 12-24 12-25 12-26",
    ),
    (
        "gr",
        2024,
        "01-01 01-06 03-18 03-25 05-01 05-03 05-05 05-06 06-24 08-15 10-28 12-25 12-26",
    ),
    (
        "rs",
        2025,
        "01-01 01-02 01-07 02-15 02-16 02-17 04-18 04-19 04-20 04-21 05-01 05-02 11-11",
    ),
    // The feasts of the church are not made up for.
    (
        "rs",
        2024,
        "01-01 01-02 01-07 02-15 02-16 05-01 05-02 05-03 05-04 05-05 05-06 11-11",
    ),
    (
        "rs",
        2026,
        "01-01 01-02 01-07 02-15 02-16 02-17 04-10 04-11 04-12 04-13 05-01 05-02 11-11",
    ),
    (
        "ge",
        2023,
        "01-01 01-02 01-07 01-19 03-03 03-08 04-09 04-14 04-15 04-16 04-17 05-09 05-12 05-26 08-28 10-14 11-23",
    ),
    (
        "tr",
        2024,
        "01-01 04-10 04-11 04-12 04-23 05-01 05-19 06-16 06-17 06-18 06-19 07-15 08-30 10-29",
    ),
    (
        "tr",
        2026,
        "01-01 03-20 03-21 03-22 04-23 05-01 05-19 05-27 05-28 05-29 05-30 07-15 08-30 10-29",
    ),
];

#[test]
fn holidays_are_those_of_the_official_calendars() {
    for (code, at, expected) in OFFICIAL.iter().copied() {
        assert_eq!(year(code, at), days(expected), "{code} {at}");
    }
}

#[test]
fn nothing_is_told_of_years_that_nobody_looked_up() {
    for country in COUNTRIES {
        assert_eq!(year(country.code, FIRST_YEAR - 2), Vec::<String>::new());
        assert_eq!(year(country.code, LAST_YEAR + 2), Vec::<String>::new());
    }
    let feasts = year("tr", 2027);
    assert_eq!(
        feasts.len(),
        7,
        "what is announced is told for announced years only: {feasts:?}"
    );
}

#[test]
fn every_country_has_a_code_and_zones_of_its_own_and_names_in_both_languages() {
    let mut codes: Vec<&str> = COUNTRIES.iter().map(|country| country.code).collect();
    assert!(codes.is_sorted());
    codes.dedup();
    assert_eq!(codes.len(), COUNTRIES.len());
    let mut zones: Vec<&str> = COUNTRIES
        .iter()
        .flat_map(|country| country.zones)
        .copied()
        .collect();
    let count = zones.len();
    zones.sort_unstable();
    zones.dedup();
    assert_eq!(zones.len(), count);
    for zone in zones {
        assert!(ical::zones::Zone::iana(zone).is_some(), "{zone}");
    }
    for country in COUNTRIES {
        for names in country.rules.iter().map(|rule| rule.names).chain([country.names]) {
            let is_russian = names.russian.chars().any(|c| ('а'..='я').contains(&c));
            assert!(is_russian && !names.english.is_empty(), "{names:?}");
        }
    }
    assert_eq!(
        Country::of_zone("Asia/Vladivostok").map(|one| one.code),
        Some("ru")
    );
    assert!(Country::of_zone("Etc/UTC").is_none() && Country::with_code("xx").is_none());
}

proptest! {
    #[test]
    fn a_range_has_the_days_that_its_halves_have(from in 0i32..20_000, count in 1i32..900, at in 0i32..900, which in 0..COUNTRIES.len()) {
        let first = Date::new(2010, 1, 1).unwrap().saturating_add(from.days());
        let (cut, last) = (first.saturating_add((at % count).days()), first.saturating_add(count.days()));
        let country = &COUNTRIES[which];
        let whole = country.between(first, last);
        let mut halves = country.between(first, cut);
        halves.extend(country.between(cut.tomorrow().unwrap(), last));
        prop_assert!(whole.iter().all(|day| (first..=last).contains(&day.date)));
        prop_assert_eq!(whole, halves);
    }
}
