//! What a series makes of its rules, dates and exceptions.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::{moment, rule, series};
use crate::recurrence::{Extra, Missing, Moment, Override, Overrides, Pattern, Series, Why};
use crate::zones::Zone;

fn berlin() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn pattern(start: &str, zone: &Zone, rules: &[&str], extras: &[&str], exceptions: &[&str]) -> Pattern {
    let mut pattern = Pattern::once(moment(start, zone));
    pattern.rules = rules.iter().map(|text| rule(text)).collect();
    let extra = |text: &&str| Extra {
        moment: moment(text, zone),
        takes: None,
    };
    pattern.extras = extras.iter().map(extra).collect();
    pattern.exceptions = exceptions.iter().map(|text| moment(text, zone)).collect();
    pattern
}

fn shown(series: &Series, most: usize) -> Vec<String> {
    let all = series.all(&Zone::UTC).take(most);
    all.map(|one| one.local().strftime("%m%dT%H%M").to_string())
        .collect()
}

#[test]
fn the_start_is_an_instance_even_if_no_rule_gives_it_and_count_counts_it() {
    let series = series("20260105T090000", &berlin(), &["FREQ=WEEKLY;BYDAY=TU;COUNT=3"]);
    assert_eq!(shown(&series, 9), ["0105T0900", "0106T0900", "0113T0900"]);
}

#[test]
fn dates_and_rules_of_one_instant_are_one_instance() {
    let rules = ["FREQ=DAILY;COUNT=3", "FREQ=DAILY;INTERVAL=2;COUNT=2"];
    let extras = [
        "20260106T090000",
        "20260106T080000Z",
        "20260109",
        "20260109T090000",
    ];
    let series = Series::new(pattern("20260105T090000", &berlin(), &rules, &extras, &[])).unwrap();
    assert_eq!(
        shown(&series, 9),
        ["0105T0900", "0106T0900", "0107T0900", "0109T0900"]
    );
}

#[test]
fn exceptions_count_by_instant_and_a_date_takes_its_whole_day() {
    let rules = ["FREQ=DAILY;BYHOUR=9,17;COUNT=10"];
    let utc_and_day = ["20260105T160000Z", "20260106", "20260107T170000"];
    let series = Series::new(pattern("20260105T090000", &berlin(), &rules, &[], &utc_and_day)).unwrap();
    assert_eq!(
        shown(&series, 9),
        [
            "0105T0900",
            "0107T0900",
            "0108T0900",
            "0108T1700",
            "0109T0900",
            "0109T1700"
        ]
    );
    let mut by_rule = pattern("20260105T090000", &berlin(), &rules, &[], &[]);
    by_rule.except_rules = vec![rule("FREQ=WEEKLY;BYDAY=TU,WE;BYHOUR=9,17")];
    let series = Series::new(by_rule).unwrap();
    assert_eq!(shown(&series, 3), ["0105T0900", "0105T1700", "0108T0900"]);
}

#[test]
fn a_period_brings_its_own_length() {
    let mut periods = pattern("20260105T090000", &berlin(), &["FREQ=DAILY;COUNT=3"], &[], &[]);
    periods.extras.push(Extra {
        moment: moment("20260106T090000", &berlin()),
        takes: Some(7_200),
    });
    let series = Series::new(periods).unwrap();
    let takes: Vec<_> = series.all(&Zone::UTC).map(|one| one.takes()).collect();
    assert_eq!(takes, [None, Some(7_200), None]);
}

#[test]
fn until_means_what_people_meant_in_every_form_that_it_is_written() {
    let last = |start: &str, zone: &Zone, until: &str| {
        let rule = format!("FREQ=DAILY;UNTIL={until}");
        let series = series(start, zone, &[&rule]);
        series.last(&Zone::UTC).map(|one| one.local().to_string())
    };
    let on = |day: i8, hour: i8| Some(DateTime::constant(2026, 3, day, hour, 0, 0, 0).to_string());
    let start = "20260301T230000";
    for zone in [berlin(), Zone::FLOATING] {
        assert_eq!(last(start, &zone, "20260310"), on(10, 23));
        assert_eq!(last(start, &zone, "20260310T225959"), on(9, 23));
        assert_eq!(last(start, &zone, "20260310T230000"), on(10, 23));
    }
    // An instant, where the series has one; as it is written, where it has none.
    assert_eq!(last(start, &berlin(), "20260310T220000Z"), on(10, 23));
    assert_eq!(last(start, &berlin(), "20260310T215959Z"), on(9, 23));
    assert_eq!(last(start, &Zone::FLOATING, "20260310T220000Z"), on(9, 23));
    for until in ["20260310", "20260310T000000", "20260310T235959Z"] {
        assert_eq!(last("20260301", &Zone::UTC, until), on(10, 0));
    }
}

#[test]
fn endless_series_are_right_in_2038_2066_and_until_9999() {
    let zone = berlin();
    let series = series("20150105T083000", &zone, &["FREQ=WEEKLY;BYDAY=MO,TH"]);
    for (from, local) in [
        ("2038-01-18T00:00:00Z", "2038-01-18T08:30:00"),
        ("2038-01-19T04:00:00Z", "2038-01-21T08:30:00"),
        ("2066-07-01T00:00:00Z", "2066-07-01T08:30:00"),
        ("2133-07-02T00:00:00Z", "2133-07-02T08:30:00"),
        ("9999-12-20T00:00:00Z", "9999-12-20T08:30:00"),
    ] {
        let next = series.next_after(at(from), &zone).unwrap();
        assert_eq!(next.local().to_string(), local, "after {from}");
        assert_eq!(zone.local_at(next.instant()), next.local());
    }
    assert!(series.next_after(at("9999-12-30T00:00:00Z"), &zone).is_none());
    assert_eq!(series.last(&zone), None);
}

#[test]
fn a_finite_series_knows_its_last_instance_also_if_exceptions_took_some() {
    let count = series(
        "20260105T090000",
        &berlin(),
        &["FREQ=WEEKLY;BYDAY=MO,FR;COUNT=400"],
    );
    let last = count.last(&Zone::UTC).unwrap();
    assert_eq!(count.all(&Zone::UTC).last(), Some(last));
    assert_eq!(count.count_before(last.instant(), &Zone::UTC, 1_000), 399);
    assert_eq!(count.count_before(Timestamp::MAX, &Zone::UTC, 1_000), 400);
    let days = pattern(
        "20260105",
        &berlin(),
        &["FREQ=YEARLY;COUNT=4"],
        &[],
        &["20290105", "20280105"],
    );
    let last = Series::new(days).unwrap().last(&Zone::UTC).unwrap();
    assert_eq!(last.date().to_string(), "2027-01-05");
    let none = pattern("20260105", &berlin(), &[], &[], &["20260105"]);
    assert_eq!(Series::new(none).unwrap().last(&Zone::UTC), None);
}

#[test]
fn days_and_floating_times_are_those_of_the_viewer() {
    let days = series("20260105", &berlin(), &["FREQ=DAILY"]);
    let tokyo = Zone::iana("Asia/Tokyo").unwrap();
    let first = |zone| days.all(zone).next().unwrap().instant();
    assert_eq!(first(&tokyo), at("2026-01-04T15:00:00Z"));
    assert_eq!(first(&Zone::UTC), at("2026-01-05T00:00:00Z"));
    let floating = series("20260105T090000", &Zone::FLOATING, &["FREQ=DAILY"]);
    let next = floating
        .next_after(at("2026-07-01T00:00:00Z"), &berlin())
        .unwrap();
    assert_eq!(next.instant(), at("2026-07-01T07:00:00Z"));
}

#[test]
fn a_series_of_days_has_no_times() {
    let by_hour = series("20260105", &Zone::UTC, &["FREQ=DAILY;BYHOUR=9,17;COUNT=3"]);
    assert_eq!(shown(&by_hour, 9), ["0105T0000", "0106T0000", "0107T0000"]);
    let hourly = Series::new(pattern("20260105", &Zone::UTC, &["FREQ=HOURLY"], &[], &[]));
    assert!(hourly.unwrap_err().to_string().contains("FREQ=HOURLY"));
}

#[test]
fn why_names_what_makes_an_instance_or_keeps_it_away() {
    let zone = berlin();
    let rules = ["FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20260401T000000Z"];
    let mut all = pattern(
        "20260106T090000",
        &zone,
        &rules,
        &["20260108T100000"],
        &["20260120T080000Z"],
    );
    all.except_rules = vec![rule("FREQ=MONTHLY;BYMONTHDAY=3")];
    let series = Series::new(all).unwrap();
    let why = |text: &str| series.why(&moment(text, &zone), &Zone::UTC);
    assert_eq!(why("20260106T090000"), Why::Start);
    assert_eq!(why("20260217T080000Z"), Why::Rule(0));
    assert_eq!(why("20260108T100000"), Why::Extra(0));
    assert_eq!(why("20260120T090000"), Why::ExceptedByDate(0));
    assert_eq!(why("20260303T090000"), Why::ExceptedByRule(0));
    let missing = |text: &str| match why(text) {
        Why::NotGiven(reasons) => reasons[0].to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(missing("20251230T090000"), "it is before the start of the series");
    assert_eq!(missing("20260113T090000"), "INTERVAL=2 leaves its period out");
    assert_eq!(missing("20260122T090000"), "it does not fit BYDAY");
    assert_eq!(
        missing("20260120T100000"),
        "its time is not that of the start of the series"
    );
    assert_eq!(missing("20260414T090000"), "it is after UNTIL=20260401T000000Z");
    for one in series.all(&Zone::UTC) {
        assert!(
            series
                .why(&Moment::Time(one.local(), zone.clone()), &Zone::UTC)
                .is_there()
        );
    }
}

#[test]
fn why_names_the_part_for_every_part() {
    let zone = Zone::UTC;
    for (rule, asked, reason) in [
        ("FREQ=MONTHLY;BYDAY=1TU", "20260113T090000", "BYDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "20260330T090000", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=6", "20260206T090000", "BYMONTH"),
        ("FREQ=YEARLY;BYWEEKNO=20", "20260428T090000", "BYWEEKNO"),
        ("FREQ=YEARLY;BYYEARDAY=-1", "20261230T090000", "BYYEARDAY"),
        ("FREQ=DAILY;BYHOUR=9,11", "20260107T100000", "BYHOUR"),
        ("FREQ=DAILY;BYMINUTE=0,30", "20260107T091500", "BYMINUTE"),
        (
            "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=2",
            "20260112T090000",
            "BYSETPOS",
        ),
    ] {
        let why = series("20260106T090000", &zone, &[rule]).why(&moment(asked, &zone), &zone);
        let Why::NotGiven(reasons) = why else {
            panic!("{rule}: {why:?}")
        };
        assert_eq!(reasons, [Missing::Part(reason)], "{rule}");
    }
}

fn changed(id: &str, start: &str, and_future: bool) -> Override<&'static str> {
    Override {
        id: moment(id, &berlin()),
        and_future,
        start: moment(start, &berlin()),
        what: "changed",
    }
}

#[test]
fn a_moved_instance_appears_where_it_was_moved_to_and_nowhere_else() {
    let zone = berlin();
    let series = series("20260105T090000", &zone, &["FREQ=WEEKLY"]);
    let moved = vec![
        changed("20260112T080000Z", "20260114T103000", false),
        // Far away, and of no instance of the series.
        changed("20260301T090000", "20260120T120000", false),
    ];
    let overrides = Overrides::new(&series, moved);
    let week = |from: &str, to: &str| {
        let found = series.occurrences(&overrides, at(from), at(to), &zone).unwrap();
        let shown = |one: &crate::recurrence::Occurrence<'_, _>| {
            let changed = if one.changed.is_some() { " changed" } else { "" };
            format!("{}{changed}", one.local().strftime("%d %H:%M"))
        };
        found.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(
        week("2026-01-12T00:00:00Z", "2026-01-13T00:00:00Z"),
        Vec::<String>::new()
    );
    assert_eq!(
        week("2026-01-12T00:00:00Z", "2026-01-19T00:00:00Z"),
        ["14 10:30 changed"]
    );
    assert_eq!(
        week("2026-01-19T00:00:00Z", "2026-01-26T00:00:00Z"),
        ["19 09:00", "20 12:00 changed"]
    );
    let instance = series.all(&zone).nth(1).unwrap();
    assert_eq!(overrides.of(&series, &instance, &zone).unwrap().what, "changed");
}

#[test]
fn this_and_future_moves_all_that_follow_in_local_time() {
    let zone = berlin();
    let series = series("20260302T090000", &zone, &["FREQ=WEEKLY"]);
    let overrides = Overrides::new(
        &series,
        vec![
            changed("20260316T090000", "20260318T110000", true),
            changed("20260330T090000", "20260330T090000", false),
        ],
    );
    let (from, to) = (at("2026-03-01T00:00:00Z"), at("2026-04-12T00:00:00Z"));
    let found = series.occurrences(&overrides, from, to, &zone).unwrap();
    let local: Vec<_> = found
        .iter()
        .map(|one| one.local().strftime("%m%dT%H").to_string())
        .collect();
    assert_eq!(
        local,
        ["0302T09", "0309T09", "0318T11", "0325T11", "0330T09", "0408T11"]
    );
    // Eleven o'clock in winter and in summer.
    assert_eq!(found[3].instant(), at("2026-03-25T10:00:00Z"));
    assert_eq!(found[5].instant(), at("2026-04-08T09:00:00Z"));
}
