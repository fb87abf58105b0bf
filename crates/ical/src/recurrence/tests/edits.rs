//! What becomes of a series that is cut in two or moved.

use jiff::civil::DateTime;

use super::{moment, rule, series};
use crate::recurrence::{EditError, Extra, Instance, Pattern, Series};
use crate::zones::Zone;

fn berlin() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

fn halves(series: &Series, index: usize) -> (Series, Series) {
    let viewer = berlin();
    let instance = series.all(&viewer).nth(index).unwrap();
    let split = series.split(&instance, &viewer).unwrap();
    (
        Series::new(split.before).unwrap(),
        Series::new(split.from).unwrap(),
    )
}

#[test]
fn both_parts_of_a_split_series_are_the_whole_one() {
    for (start, rule) in [
        ("20260105T090000", "FREQ=DAILY;COUNT=30"),
        (
            "20260105T090000",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU;COUNT=30",
        ),
        ("20260105T090000", "FREQ=WEEKLY;BYDAY=TU;COUNT=30"),
        ("20260131T090000", "FREQ=MONTHLY;UNTIL=20400101T000000Z"),
        ("20260131", "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20400101"),
        ("20260105T090000", "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO"),
        ("20260301T023000", "FREQ=DAILY"),
    ] {
        for zone in [berlin(), Zone::FLOATING] {
            let whole = series(start, &zone, &[rule]);
            for index in [1, 7, 28] {
                let viewer = berlin();
                let (before, from) = halves(&whole, index);
                let most = 60;
                let joined = before.all(&viewer).chain(from.all(&viewer)).take(most);
                let joined: Vec<Instance> = joined.collect();
                assert_eq!(before.all(&viewer).count(), index, "{rule} at {index}");
                assert_eq!(
                    joined,
                    whole.all(&viewer).take(most).collect::<Vec<_>>(),
                    "{rule} at {index}"
                );
            }
        }
    }
}

#[test]
fn dates_and_exceptions_go_with_their_part() {
    let zone = berlin();
    let mut pattern = Pattern::once(moment("20260105T090000", &zone));
    pattern.rules = vec![rule("FREQ=DAILY;COUNT=10")];
    pattern.exceptions = vec![moment("20260106T090000", &zone), moment("20260110", &zone)];
    let whole = Series::new(pattern).unwrap();
    // The 6th is gone, so the third instance is the 8th; COUNT counted the 6th.
    let (before, from) = halves(&whole, 2);
    assert_eq!(before.pattern().rules[0].to_string(), "FREQ=DAILY;COUNT=3");
    assert_eq!(from.pattern().rules[0].to_string(), "FREQ=DAILY;COUNT=7");
    assert_eq!(before.pattern().exceptions.len(), 1);
    assert_eq!(from.pattern().exceptions.len(), 1);
    let viewer = Zone::UTC;
    let joined: Vec<_> = before.all(&viewer).chain(from.all(&viewer)).collect();
    assert_eq!(joined, whole.all(&viewer).collect::<Vec<_>>());
}

#[test]
fn a_split_that_would_begin_a_rule_anew_is_refused() {
    let zone = berlin();
    let two = series(
        "20260105T090000",
        &zone,
        &["FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;INTERVAL=3"],
    );
    let second = two.all(&zone).nth(1).unwrap();
    assert!(matches!(
        two.split(&second, &zone),
        Err(EditError::NotOfTheRule(_))
    ));
    let first = two.all(&zone).next().unwrap();
    assert_eq!(two.split(&first, &zone), Err(EditError::First));
    let other = series("20260105T100000", &zone, &["FREQ=DAILY"])
        .all(&zone)
        .nth(1)
        .unwrap();
    assert_eq!(two.split(&other, &zone), Err(EditError::NoInstance));
}

#[test]
fn rules_follow_a_series_that_moves() {
    for (start, rule, to, moved) in [
        (
            "20260106T090000",
            "FREQ=WEEKLY;BYDAY=TU",
            "2026-01-08T09:00",
            "FREQ=WEEKLY;BYDAY=TH",
        ),
        (
            "20260106T090000",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA",
            "2026-01-08T09:00",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=WE",
        ),
        (
            "20260106T090000",
            "FREQ=MONTHLY;BYDAY=1TU",
            "2026-01-14T09:00",
            "FREQ=MONTHLY;BYDAY=2WE",
        ),
        (
            "20260127T090000",
            "FREQ=MONTHLY;BYDAY=-1TU",
            "2026-01-28T09:00",
            "FREQ=MONTHLY;BYDAY=-1WE",
        ),
        (
            "20260106T090000",
            "FREQ=MONTHLY;BYMONTHDAY=6",
            "2026-01-09T09:00",
            "FREQ=MONTHLY;BYMONTHDAY=9",
        ),
        (
            "20260131T090000",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "2026-01-30T09:00",
            "FREQ=MONTHLY;BYMONTHDAY=-2",
        ),
        (
            "20260106T090000",
            "FREQ=YEARLY;BYMONTHDAY=6;BYMONTH=1",
            "2026-02-03T09:00",
            "FREQ=YEARLY;BYMONTHDAY=3;BYMONTH=2",
        ),
        (
            "20260106T090000",
            "FREQ=DAILY;BYHOUR=9",
            "2026-01-06T11:00",
            "FREQ=DAILY;BYHOUR=11",
        ),
        (
            "20260106T090000",
            "FREQ=DAILY;UNTIL=20260401T070000Z",
            "2026-01-06T10:00",
            "FREQ=DAILY;UNTIL=20260401T080000Z",
        ),
        (
            "20260106T090000",
            "FREQ=DAILY;COUNT=4",
            "2026-01-09T10:00",
            "FREQ=DAILY;COUNT=4",
        ),
    ] {
        let series = series(start, &berlin(), &[rule]);
        let to: DateTime = to.parse().unwrap();
        assert_eq!(series.moved(to).unwrap().rules[0].to_string(), moved, "{rule}");
    }
}

#[test]
fn dates_and_exceptions_move_with_the_series() {
    let zone = berlin();
    let mut pattern = Pattern::once(moment("20260105T090000", &zone));
    pattern.rules = vec![rule("FREQ=WEEKLY;BYDAY=MO;COUNT=9")];
    pattern.extras = vec![Extra {
        moment: moment("20260410T090000", &zone),
        takes: Some(600),
    }];
    pattern.exceptions = vec![moment("20260119T080000Z", &zone), moment("20260126", &zone)];
    let whole = Series::new(pattern).unwrap();
    let moved = whole.moved("2026-01-07T10:30".parse().unwrap()).unwrap();
    let moved = Series::new(moved).unwrap();
    let by = jiff::Span::new().days(2).hours(1).minutes(30);
    let wanted: Vec<_> = whole
        .all(&zone)
        .map(|one| one.local().checked_add(by).unwrap())
        .collect();
    assert_eq!(
        moved.all(&zone).map(|one| one.local()).collect::<Vec<_>>(),
        wanted
    );
    assert_eq!(moved.last(&zone).unwrap().takes(), Some(600));
}

#[test]
fn an_exception_by_rule_is_split_where_it_goes_on_alike() {
    let zone = berlin();
    let mut pattern = Pattern::once(moment("20260105T090000", &zone));
    pattern.rules = vec![rule("FREQ=DAILY")];
    pattern.except_rules = vec![rule("FREQ=WEEKLY;BYDAY=SA,SU")];
    let whole = Series::new(pattern.clone()).unwrap();
    let (before, from) = halves(&whole, 12);
    let joined = before.all(&zone).chain(from.all(&zone)).take(60);
    assert!(joined.eq(whole.all(&zone).take(60)));
    pattern.except_rules = vec![rule("FREQ=DAILY;INTERVAL=3;UNTIL=20300101T000000Z")];
    let whole = Series::new(pattern).unwrap();
    let instance = whole.all(&zone).nth(12).unwrap();
    assert!(matches!(
        whole.split(&instance, &zone),
        Err(EditError::NotOfTheRule(_))
    ));
}

#[test]
fn a_move_that_no_rule_can_say_is_refused_with_the_part() {
    for (rule, part) in [
        ("FREQ=MONTHLY;BYDAY=1TU,3TU", "BYDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=6,20", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=YEARLY;BYWEEKNO=2;BYDAY=TU", "BYWEEKNO"),
        ("FREQ=DAILY;BYMONTH=1", "BYMONTH"),
        ("FREQ=MONTHLY;BYHOUR=9,11", "BYHOUR"),
    ] {
        let series = series("20260106T090000", &berlin(), &[rule]);
        let error = series.moved("2026-01-07T10:00".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains(part), "{rule}: {error}");
    }
}
