//! Objects as clients write them, and when they happen.

use jiff::Timestamp;

use super::*;

/// Asks when that happens which stands in these lines.
fn ask<A>(lines: &str, question: impl FnOnce(&Timing<'_>) -> A) -> A {
    let text = format!(
        "BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n",
        lines.replace('\n', "\r\n")
    );
    let calendar = crate::parse(text.as_bytes()).unwrap();
    let object = crate::check(&calendar).unwrap();
    question(&Timing::new(&object).unwrap())
}

/// What happens between two instants for somebody in a zone, as start and end in UTC.
fn happens(lines: &str, from: &str, to: &str, viewer: &str) -> Vec<String> {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let viewer = Zone::named(viewer).unwrap();
    ask(lines, |timing| {
        let all = timing.between(at(from), at(to), &viewer).unwrap();
        let first = timing.first(at(from), at(to), &viewer, |_| true);
        assert_eq!(first.map(|one| one.start), all.first().map(|one| one.start));
        all.iter()
            .map(|one| format!("{} {}", one.start, one.end))
            .collect()
    })
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:a\n{lines}END:VEVENT\n")
}

#[test]
fn an_end_keeps_its_seconds_and_a_duration_its_days_when_the_clock_changes() {
    let found = |end: &str| {
        let lines = format!("DTSTART;TZID=Europe/Berlin:20260327T120000\n{end}RRULE:FREQ=DAILY\n");
        happens(
            &event(&lines),
            "2026-03-28T12:00:00Z",
            "2026-03-29T00:00:00Z",
            "UTC",
        )
    };
    let by_end = found("DTEND;TZID=Europe/Berlin:20260328T120000\n");
    assert_eq!(by_end, ["2026-03-28T11:00:00Z 2026-03-29T11:00:00Z"]);
    let by_duration = found("DURATION:P1D\n");
    assert_eq!(by_duration, ["2026-03-28T11:00:00Z 2026-03-29T10:00:00Z"]);
}

#[test]
fn days_and_floating_times_are_the_viewers() {
    let day = event("DTSTART;VALUE=DATE:20260105\n");
    let found = |viewer| happens(&day, "2026-01-04T00:00:00Z", "2026-01-07T00:00:00Z", viewer);
    assert_eq!(found("Asia/Tokyo"), ["2026-01-04T15:00:00Z 2026-01-05T15:00:00Z"]);
    assert_eq!(found("UTC"), ["2026-01-05T00:00:00Z 2026-01-06T00:00:00Z"]);
    let floats = event("DTSTART:20260105T120000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=1\n");
    let found = happens(
        &floats,
        "2026-01-05T00:00:00Z",
        "2026-01-06T00:00:00Z",
        "Asia/Tokyo",
    );
    assert_eq!(found, ["2026-01-05T03:00:00Z 2026-01-05T04:00:00Z"]);
}

#[test]
fn what_began_before_a_range_and_reaches_into_it_is_found_and_what_touches_it_is_not() {
    let long = event("DTSTART:20260101T000000Z\nDTEND:20260104T000000Z\nRRULE:FREQ=WEEKLY\n");
    let found = |from, to| happens(&long, from, to, "UTC").len();
    assert_eq!(found("2026-01-10T23:00:00Z", "2026-01-10T23:30:00Z"), 1);
    assert_eq!(found("2026-01-11T00:00:00Z", "2026-01-12T00:00:00Z"), 0);
    assert_eq!(found("2026-01-07T00:00:00Z", "2026-01-08T00:00:00Z"), 0);
    let moment = event("DTSTART:20260101T120000Z\n");
    let found = |from, to| happens(&moment, from, to, "UTC").len();
    assert_eq!(found("2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z"), 1);
    assert_eq!(found("2026-01-01T11:00:00Z", "2026-01-01T12:00:00Z"), 0);
}

#[test]
fn moved_instances_periods_and_later_ones_count_as_they_are_written() {
    let series = "BEGIN:VEVENT\nUID:a\nDTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\n\
        RDATE;VALUE=PERIOD:20260110T100000Z/PT3H\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260106T090000Z\nDTSTART:20260106T150000Z\nDURATION:PT2H\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260107T090000Z\nDTSTART:20260107T100000Z\nDURATION:PT30M\nEND:VEVENT\n";
    let found = happens(series, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "UTC");
    let expected = [
        "2026-01-05T09:00:00Z 2026-01-05T10:00:00Z",
        "2026-01-06T15:00:00Z 2026-01-06T17:00:00Z",
        "2026-01-07T10:00:00Z 2026-01-07T10:30:00Z",
        "2026-01-08T10:00:00Z 2026-01-08T10:30:00Z",
        "2026-01-10T11:00:00Z 2026-01-10T14:00:00Z",
    ];
    assert_eq!(found, expected);
    let alone = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260106T090000Z\nDTSTART:20260106T150000Z\nDURATION:PT2H\nEND:VEVENT\n";
    let found = happens(alone, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "UTC");
    assert_eq!(
        found,
        ["2026-01-06T15:00:00Z 2026-01-06T17:00:00Z"],
        "an invitation to one instance"
    );
}

#[test]
fn a_zone_that_only_the_object_knows_is_read_from_it() {
    let own = "BEGIN:VTIMEZONE\nTZID:Our town\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nEND:STANDARD\nEND:VTIMEZONE\n";
    let lines = format!(
        "{own}{}",
        event("DTSTART;TZID=Our town:20260105T120000\nDURATION:PT1H\n")
    );
    let found = happens(&lines, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", "UTC");
    assert_eq!(found, ["2026-01-05T06:30:00Z 2026-01-05T07:30:00Z"]);
}

#[test]
fn an_endless_series_is_followed_as_far_as_one_asks() {
    let lines = event("DTSTART:20260105T090000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29\n");
    let from = "2097-01-01T00:00:00Z".parse().unwrap();
    ask(&lines, |timing| {
        let until = |wanted: bool| timing.first(from, Timestamp::MAX, &Zone::UTC, |_| wanted);
        assert_eq!(until(true).unwrap().start.to_string(), "2104-02-29T09:00:00Z");
        assert!(until(false).is_none());
    });
}

#[test]
fn what_is_excepted_never_happens() {
    let lines = event("DTSTART:20260112T100000Z\nEXDATE:20260112T100000Z\n");
    let found = happens(&lines, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "UTC");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_rule_that_cannot_be_read_is_named_with_its_line() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260112T100000Z\nRRULE:FREQ=SOMETIMES\n\
                END:VEVENT\nEND:VCALENDAR\n";
    let calendar = crate::parse(text.as_bytes()).unwrap();
    let object = crate::check(&calendar).unwrap();
    let problem = Timing::new(&object).unwrap_err();
    assert!(problem.to_string().starts_with("line 5: RRULE: "), "{problem}");
}
