//! What a text means in time: each case is a text and the instants that people would expect of it.

use jiff::Timestamp;

use super::Timeline;
use crate::zones::Zone;
use crate::{check, parse};

fn event(lines: &str) -> String {
    let lines = lines.trim().replace('\n', "\r\n");
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{lines}\r\nEND:VCALENDAR\r\n")
}

/// Start and end of what is in a range, with what it is called.
fn happenings(text: &str, from: &str, to: &str, viewer: &str) -> Vec<String> {
    let (calendar, viewer) = (parse(text.as_bytes()).unwrap(), Zone::iana(viewer).unwrap());
    let object = check(&calendar).unwrap();
    let timeline = Timeline::of(&object).unwrap().unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let found = timeline.between(at(from), at(to), &viewer).unwrap();
    let shown = found.iter().map(|one| {
        let summary = one.entry.summary.as_deref().unwrap_or_default();
        format!("{}/{} {summary}", one.start, one.end)
    });
    shown.collect()
}

#[test]
fn an_instance_lasts_as_many_seconds_as_the_first_whatever_the_clock_does() {
    let text = event(
        "BEGIN:VEVENT\nUID:night\nSUMMARY:Night\nDTSTART;TZID=Europe/Berlin:20260321T230000\n\
         DTEND;TZID=Europe/Berlin:20260322T070000\nRRULE:FREQ=DAILY\nEND:VEVENT",
    );
    // The clock is put forward in the night to 2026-03-29.
    assert_eq!(
        happenings(
            &text,
            "2026-03-28T12:00:00Z",
            "2026-03-29T12:00:00Z",
            "Europe/Berlin"
        ),
        ["2026-03-28T22:00:00Z/2026-03-29T06:00:00Z Night"]
    );
}

#[test]
fn a_length_in_days_is_by_the_clock() {
    let text = event(
        "BEGIN:VEVENT\nUID:day\nSUMMARY:Day\nDTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:P1D\nEND:VEVENT",
    );
    assert_eq!(
        happenings(&text, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "UTC"),
        ["2026-03-28T11:00:00Z/2026-03-29T10:00:00Z Day"]
    );
}

#[test]
fn a_whole_day_is_the_day_of_whoever_looks() {
    let text = event(
        "BEGIN:VEVENT\nUID:holiday\nSUMMARY:Holiday\nDTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260503\n\
         RRULE:FREQ=YEARLY\nEND:VEVENT",
    );
    let range = ("2027-04-01T00:00:00Z", "2027-06-01T00:00:00Z");
    assert_eq!(
        happenings(&text, range.0, range.1, "Asia/Vladivostok"),
        ["2027-04-30T14:00:00Z/2027-05-02T14:00:00Z Holiday"]
    );
    assert_eq!(
        happenings(&text, range.0, range.1, "America/New_York"),
        ["2027-05-01T04:00:00Z/2027-05-03T04:00:00Z Holiday"]
    );
}

#[test]
fn what_began_before_the_range_and_reaches_into_it_is_seen() {
    let text = event(
        "BEGIN:VEVENT\nUID:trip\nSUMMARY:Trip\nDTSTART:20260101T000000Z\nDTEND:20260120T000000Z\nEND:VEVENT",
    );
    assert_eq!(
        happenings(&text, "2026-01-19T00:00:00Z", "2026-01-20T00:00:00Z", "UTC").len(),
        1
    );
    assert_eq!(
        happenings(&text, "2026-01-20T00:00:00Z", "2026-01-21T00:00:00Z", "UTC").len(),
        0
    );
}

#[test]
fn a_moved_instance_is_seen_where_it_was_moved_to() {
    let text = event(
        "BEGIN:VEVENT\nUID:x\nSUMMARY:Weekly\nDTSTART;TZID=Europe/Moscow:20260105T100000\n\
         DTEND;TZID=Europe/Moscow:20260105T110000\nRRULE:FREQ=WEEKLY;COUNT=3\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:x\nSUMMARY:Later\nRECURRENCE-ID;TZID=Europe/Moscow:20260112T100000\n\
         DTSTART;TZID=Europe/Moscow:20260114T150000\nDTEND;TZID=Europe/Moscow:20260114T153000\nEND:VEVENT",
    );
    assert_eq!(
        happenings(&text, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "UTC"),
        [
            "2026-01-05T07:00:00Z/2026-01-05T08:00:00Z Weekly",
            "2026-01-14T12:00:00Z/2026-01-14T12:30:00Z Later",
            "2026-01-19T07:00:00Z/2026-01-19T08:00:00Z Weekly",
        ]
    );
}

#[test]
fn one_instance_of_a_series_that_is_not_there_stands_alone() {
    let text = event(
        "BEGIN:VEVENT\nUID:x\nSUMMARY:One\nRECURRENCE-ID:20260112T100000Z\nDTSTART:20260113T100000Z\n\
         DTEND:20260113T110000Z\nEND:VEVENT",
    );
    assert_eq!(
        happenings(&text, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "UTC"),
        ["2026-01-13T10:00:00Z/2026-01-13T11:00:00Z One"]
    );
}

#[test]
fn a_zone_that_only_the_object_knows_is_read_from_it() {
    let text = event(
        "BEGIN:VTIMEZONE\nTZID:House\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0545\nTZOFFSETTO:+0545\n\
         END:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:x\nSUMMARY:Here\nDTSTART;TZID=House:20260112T100000\n\
         DURATION:PT1H\nEND:VEVENT",
    );
    assert_eq!(
        happenings(&text, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "UTC"),
        ["2026-01-12T04:15:00Z/2026-01-12T05:15:00Z Here"]
    );
}

#[test]
fn a_rule_that_cannot_be_read_is_named_with_its_line() {
    let text = event("BEGIN:VEVENT\nUID:x\nDTSTART:20260112T100000Z\nRRULE:FREQ=SOMETIMES\nEND:VEVENT");
    let calendar = parse(text.as_bytes()).unwrap();
    let object = check(&calendar).unwrap();
    let problem = Timeline::of(&object).unwrap_err();
    assert_eq!(problem.line, 6);
    assert!(problem.to_string().contains("FREQ"), "{problem}");
}

#[test]
fn a_task_without_a_date_has_no_time() {
    let text = event("BEGIN:VTODO\nUID:x\nSUMMARY:Some day\nEND:VTODO");
    let calendar = parse(text.as_bytes()).unwrap();
    let object = check(&calendar).unwrap();
    assert!(Timeline::of(&object).unwrap().is_none());
}
