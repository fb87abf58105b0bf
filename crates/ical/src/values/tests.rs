//! Values: read as meant, written as the RFC says.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn property(raw: &'static str) -> Property<'static> {
    Property::read(Cow::Borrowed(raw), 3).unwrap()
}

#[test]
fn a_time_says_in_which_way_it_is_local() {
    let noon = date(2026, 12, 24).at(12, 0, 0, 0);
    for (raw, when) in [
        ("DTSTART:20261224T120000Z", When::Utc(noon)),
        ("DTSTART:20261224t120000", When::Floating(noon)),
        (
            "DTSTART;TZID=Europe/Paris:20261224T120000",
            When::Zoned(noon, "Europe/Paris".into()),
        ),
        (
            "DTSTART;TZID=\"(UTC+01:00) Paris\":20261224T120000",
            When::Zoned(noon, "(UTC+01:00) Paris".into()),
        ),
        ("DTSTART;TZID=UTC:20261224T120000Z ", When::Utc(noon)),
        ("DTSTART;TZID=:20261224T120000", When::Floating(noon)),
        ("DTSTART;VALUE=date:20261224", When::Date(noon.date())),
        ("DTSTART;TZID=Europe/Paris:20261224", When::Date(noon.date())),
        ("DTSTART;VALUE=DATE:20261224T000000", When::Date(noon.date())),
    ] {
        assert_eq!(When::read(&property(raw)), Ok(when), "{raw}");
    }
    let leap = property("DTSTART:20161231T235960Z");
    assert_eq!(When::read(&leap).unwrap().to_string(), "20161231T235959Z");
}

#[test]
fn what_is_no_time_is_refused_with_its_line() {
    for raw in [
        "DTSTART:",
        "DTSTART:20261332",
        "DTSTART:2026-12-24",
        "DTSTART:20261224T1200",
        "DTSTART:20261224T250000Z",
    ] {
        let problem = When::read(&property(raw)).unwrap_err();
        assert_eq!(problem.line, 3, "{raw}");
        assert!(matches!(problem.reason, Reason::Value { .. }));
    }
}

#[test]
fn durations_keep_days_apart_from_hours() {
    for (text, days, seconds, written) in [
        ("P1W", 7, 0, "P1W"),
        ("-PT15M", 0, -900, "-PT15M"),
        ("+P1DT2H", 1, 7200, "P1DT2H"),
        ("-P1DT0H0M30S", -1, -30, "-P1DT30S"),
        ("PT24H", 0, 86_400, "PT24H"),
        ("P10D", 10, 0, "P10D"),
        ("PT0S", 0, 0, "PT0S"),
        ("p0d", 0, 0, "PT0S"),
        ("P1W1DT", 8, 0, "P8D"),
    ] {
        let duration = Duration::parse(text);
        assert_eq!(duration, Some(Duration { days, seconds }), "{text}");
        assert_eq!(duration.unwrap().to_string(), written);
    }
    for text in [
        "",
        "P",
        "PT",
        "1D",
        "P1H",
        "P1",
        "PT1M1H",
        "P-1D",
        "PT99999999999H",
        "P1DT1HX",
    ] {
        assert_eq!(Duration::parse(text), None, "{text}");
    }
}

#[test]
fn lists_of_dates_skip_empty_places() {
    let exdate = property("EXDATE;TZID=Europe/Paris:20261224T120000,,20261225T120000,");
    let dates = read_dates(&exdate).unwrap();
    assert_eq!(dates.len(), 2);
    assert_eq!(
        dates_properties("EXDATE", &dates)[0].raw(),
        "EXDATE;TZID=Europe/Paris:20261224T120000,20261225T120000"
    );
    assert!(read_dates(&property("EXDATE:20261224,x")).is_err());
    assert_eq!(read_dates(&property("EXDATE:")), Ok(Vec::new()));
}

#[test]
fn periods_end_at_a_time_or_after_a_while() {
    let rdate = property("RDATE;VALUE=PERIOD:20260101T000000Z/20260101T010000Z,20260102T000000Z/PT30M");
    let read = read_rdates(&rdate).unwrap();
    assert!(matches!(
        &read[0],
        Recurs::During(Period {
            until: Until::End(When::Utc(_)),
            ..
        })
    ));
    assert!(
        matches!(&read[1], Recurs::During(Period { until: Until::Lasting(lasting), .. }) if lasting.seconds == 1800)
    );
    let busy = property("FREEBUSY;FBTYPE=BUSY:20260101T000000Z/PT3H");
    assert_eq!(
        read_periods(&busy).unwrap()[0].to_string(),
        "20260101T000000Z/PT3H"
    );
    assert!(read_periods(&property("FREEBUSY:20260101T000000Z")).is_err());
}

#[test]
fn offsets_and_places_are_read_or_not() {
    assert_eq!(parse_offset("+0530"), Some(19_800));
    assert_eq!(parse_offset("-003001"), Some(-1801));
    assert_eq!(parse_offset("0100"), Some(3600));
    for text in ["", "+1", "+2500", "+01:00", "+010", "é100"] {
        assert_eq!(parse_offset(text), None, "{text}");
    }
    assert_eq!(parse_geo("48.85;2.35"), Some((48.85, 2.35)));
    assert_eq!(parse_geo("NaN;2"), None);
    assert_eq!(parse_geo("100;2"), None);
}

proptest! {
    #[test]
    fn every_duration_survives_being_written(days in 0..100_000i64, seconds in 0..1_000_000i64, sign in 0..2i64) {
        let sign = sign * 2 - 1;
        let duration = Duration { days: days * sign, seconds: seconds * sign };
        prop_assert_eq!(Duration::parse(&duration.to_string()), Some(duration));
    }

    #[test]
    fn no_value_does_harm(value in "\\PC{0,30}") {
        let property = Property::new("X", &value);
        let _ = (When::read(&property), read_rdates(&property), read_periods(&property), read_dates(&property));
        let _ = (Duration::parse(&value), parse_offset(&value), parse_geo(&value));
    }

    #[test]
    fn nothing_that_looks_like_a_value_does_harm(value in "[-+0-9PWDTHMSZ/,;.]{0,30}") {
        let property = Property::new("X", &value);
        let _ = (When::read(&property), read_rdates(&property), read_periods(&property), read_dates(&property));
        let _ = (Duration::parse(&value), parse_offset(&value), parse_geo(&value));
    }
}
