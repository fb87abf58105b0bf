//! Names of zones as files bear them.

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::zones::{Observance, OwnZone, Zone};

fn id(name: &str) -> Option<String> {
    let zone = Zone::named(name)?;
    Some(zone.id().unwrap_or("UTC").to_owned())
}

#[test]
fn every_form_of_a_name_leads_to_its_zone() {
    for (name, wanted) in [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/BERLIN", "Europe/Berlin"),
        ("\"Europe/Berlin\"", "Europe/Berlin"),
        ("US/Eastern", "US/Eastern"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("UTC", "UTC"),
        ("Z", "UTC"),
        ("Etc/UTC", "UTC"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        (
            "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin",
            "Europe/Berlin",
        ),
        ("/softwarestudio.org/Tzfile/America/New_York", "America/New_York"),
        (
            "/citadel.org/20190914_1/America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
        ),
        ("/mozilla.org/20050126_1/Europe/London", "Europe/London"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("W. Europe Daylight Time", "Europe/Berlin"),
        ("W. Europe", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("Russian Standard Time", "Europe/Moscow"),
        (
            "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
            "Europe/Berlin",
        ),
        (
            "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien",
            "Europe/Berlin",
        ),
        (
            "(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna",
            "",
        ),
        ("(UTC+01:00) Ámsterdam, Berlín, Vaduz", "Europe/Vaduz"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC+03:00) Москва, Санкт-Петербург", "Europe/Moscow"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("Mitteleuropäische Zeit", "Europe/Berlin"),
        ("Saskatchewan", "America/Regina"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("UTC+2", "UTC+02:00"),
        ("GMT-0530", "UTC-05:30"),
        ("+01:00", "UTC+01:00"),
        ("Customized Time Zone", ""),
        ("tzone://Microsoft/Custom", ""),
        ("Nowhere/Atlantis", ""),
        ("", ""),
    ] {
        assert_eq!(id(name).unwrap_or_default(), wanted, "{name}");
    }
}

#[test]
fn every_name_of_the_tables_is_known_and_leads_to_a_zone_of_the_database() {
    let windows = include_str!("../../../data/zones/windows.txt");
    let shown = include_str!("../../../data/zones/shown.txt");
    for line in windows
        .lines()
        .chain(shown.lines())
        .filter(|line| !line.starts_with('#'))
    {
        let mut parts = line.split('|');
        let name = parts.next().unwrap();
        assert!(Zone::named(name).is_some(), "{name}");
        for zone in parts.next_back().unwrap().split(' ') {
            assert!(zone == "UTC" || Zone::iana(zone).is_some(), "{line}");
        }
    }
    assert_eq!(
        Zone::named("Europe/Paris").unwrap().windows_name(),
        Some("Romance Standard Time")
    );
}

#[test]
fn a_known_name_counts_more_than_the_rules_beside_it_and_an_unknown_one_less() {
    let rules = OwnZone {
        id: "Europe/Berlin".to_owned(),
        observances: vec![Observance {
            daylight: false,
            name: None,
            start: jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0),
            offset_from: 7_200,
            offset_to: 7_200,
            rules: Vec::new(),
            dates: Vec::new(),
        }],
    };
    assert!(!Zone::of("Europe/Berlin", Some(&rules)).unwrap().is_own());
    let own = Zone::of("Berlin, our office", Some(&rules)).unwrap();
    assert!(own.is_own());
    let noon = jiff::civil::date(2026, 1, 1).at(12, 0, 0, 0);
    assert_eq!(own.instant_of(noon).to_string(), "2026-01-01T10:00:00Z");
    assert!(Zone::of("Berlin, our office", None).is_none());
}

#[test]
fn no_name_is_too_much() {
    let names = prop_oneof![
        ".{0,60}".boxed(),
        "/?[A-Za-z./_+-]{0,60}".boxed(),
        "\\((UTC|GMT)[+−-]?[0-9:.]{0,6}\\)[ A-Za-zÀ-я,]{0,30}".boxed(),
        "(UTC|GMT)?[+−-][0-9:]{0,6}".boxed()
    ];
    proptest!(Config::with_cases(1_000), |(name in names)| {
        if let Some(zone) = Zone::named(&name) {
            let noon = jiff::civil::date(2026, 1, 1).at(12, 0, 0, 0);
            prop_assert_eq!(zone.local_at(zone.instant_of(noon)), noon);
        }
    });
}
