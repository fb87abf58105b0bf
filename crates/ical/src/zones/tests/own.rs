//! Zones that objects bring with them, and those that we write for others.

use jiff::Timestamp;

use crate::recurrence::days::{DAY, datetime_of, day_of};
use crate::recurrence::{Moment, Pattern, Series};
use crate::zones::{Observance, OwnZone, OwnZoneError, Zone};

fn observance(start: &str, from: i32, to: i32, rules: &[&str]) -> Observance {
    Observance {
        daylight: to > from,
        name: None,
        start: start.parse().unwrap(),
        offset_from: from,
        offset_to: to,
        rules: rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        dates: Vec::new(),
    }
}

/// The zone of New York as RFC 5545, 3.6.5, writes it.
fn new_york() -> OwnZone {
    let (east, west) = (-4 * 3_600, -5 * 3_600);
    OwnZone {
        id: "New York, as written".to_owned(),
        observances: vec![
            observance(
                "1967-04-30T02:00",
                west,
                east,
                &["FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19730429T070000Z"],
            ),
            observance(
                "1967-10-29T02:00",
                east,
                west,
                &["FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z"],
            ),
            Observance {
                dates: vec!["1975-02-23T02:00".parse().unwrap()],
                ..observance("1974-01-06T02:00", west, east, &[])
            },
            observance(
                "1976-04-25T02:00",
                west,
                east,
                &["FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19860427T070000Z"],
            ),
            observance(
                "1987-04-05T02:00",
                west,
                east,
                &["FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z"],
            ),
            observance(
                "2007-03-11T02:00",
                west,
                east,
                &["FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"],
            ),
            observance(
                "2007-11-04T02:00",
                east,
                west,
                &["FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"],
            ),
        ],
    }
}

fn assert_alike(one: &Zone, other: &Zone, from_year: i64, to_year: i64, what: &str) {
    let (from, to) = (day_of(from_year, 1, 1) * DAY, day_of(to_year, 1, 1) * DAY);
    for instant in (from..to).step_by(5_400) {
        assert_eq!(
            one.offset_at(instant),
            other.offset_at(instant),
            "{what} at {}",
            Timestamp::from_second(instant).unwrap()
        );
    }
    for local in (from + 2 * DAY..to - 2 * DAY).step_by(5_400) {
        assert_eq!(
            one.resolve(local),
            other.resolve(local),
            "{what} {}",
            datetime_of(local)
        );
    }
}

#[test]
fn the_rules_of_an_object_give_the_times_that_the_database_gives() {
    let own = Zone::own(&new_york()).unwrap();
    let database = Zone::iana("America/New_York").unwrap();
    assert_alike(&own, &database, 1970, 2030, "New York");
    for year in [2099, 2101, 2500] {
        assert_alike(&own, &database, year, year + 1, "New York");
    }
}

#[test]
fn a_series_in_a_zone_of_its_own_keeps_its_local_time() {
    let zone = Zone::own(&new_york()).unwrap();
    let database = Zone::iana("America/New_York").unwrap();
    let instants = |zone: &Zone| {
        let mut pattern = Pattern::once(Moment::Time("2026-01-05T02:30".parse().unwrap(), zone.clone()));
        pattern.rules = vec!["FREQ=DAILY".parse().unwrap()];
        let series = Series::new(pattern).unwrap();
        series
            .all(zone)
            .take(2_000)
            .map(|one| one.instant())
            .collect::<Vec<_>>()
    };
    assert_eq!(instants(&zone), instants(&database));
}

#[test]
fn what_is_no_zone_is_refused() {
    let empty = OwnZone::default();
    assert_eq!(Zone::own(&empty), Err(OwnZoneError::Empty));
    let far = OwnZone {
        observances: vec![observance("2026-01-01T00:00", 0, 90_000, &[])],
        ..OwnZone::default()
    };
    assert_eq!(Zone::own(&far), Err(OwnZoneError::Offset(90_000)));
    let many = OwnZone {
        observances: vec![observance("2026-01-01T00:00", 0, 3_600, &[]); OwnZone::OBSERVANCES_MAX + 1],
        ..OwnZone::default()
    };
    assert_eq!(Zone::own(&many), Err(OwnZoneError::TooMany));
}

#[test]
fn a_zone_that_is_written_out_is_right_in_its_range() {
    for name in [
        "Europe/Berlin",
        "Europe/Dublin",
        "America/New_York",
        "America/Sao_Paulo",
        "Africa/Casablanca",
        "Asia/Gaza",
        "Asia/Tokyo",
        "Asia/Tehran",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Europe/Moscow",
        "America/Santiago",
    ] {
        let zone = Zone::iana(name).unwrap();
        for (from, to) in [(1996, 2000), (2005, 2016), (2024, 2031)] {
            let at = |year: i64| Timestamp::from_second(day_of(year, 1, 1) * DAY).unwrap();
            let written = zone.written_out(at(from), at(to)).unwrap();
            let read = Zone::own(&written).unwrap();
            assert_alike(
                &read,
                &zone,
                from,
                to,
                &format!("{name} {from}\n{}", written.lines()),
            );
        }
    }
}

#[test]
fn a_regular_zone_is_written_as_two_rules() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let zone = Zone::iana("Europe/Berlin").unwrap();
    let written = zone.written_out(at("2026-01-01T00:00:00Z"), at("2040-01-01T00:00:00Z"));
    assert_eq!(
        written.unwrap().lines().replace("\r\n", "\n"),
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\n\
         BEGIN:STANDARD\nDTSTART:20251026T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:CET\n\
         RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n\
         BEGIN:DAYLIGHT\nDTSTART:20260329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nTZNAME:CEST\n\
         RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
    );
    assert!(
        Zone::UTC
            .written_out(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))
            .is_none()
    );
}
