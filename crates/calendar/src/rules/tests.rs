//! Decisions about calendars, tried without a store.

use ical::zones::Zone;
use ical::{Timing, check, parse};
use jiff::Timestamp;
use kernel::Moment;
use proptest::prelude::*;

use super::checking;
use super::spans::{Span, spans};

/// 2026-11-22T12:00:00Z.
const AT: Moment = Moment::from_seconds(1_795_348_800);
const DAY: i64 = 86_400;

fn text(times: &str) -> String {
    let times = times.replace('\n', "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\n{times}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn spans_of(times: &str) -> Vec<Span> {
    let text = text(times);
    let calendar = parse(text.as_bytes()).unwrap();
    let object = check(&calendar).unwrap();
    spans(&Timing::new(&object).unwrap(), AT)
}

#[test]
fn an_event_is_one_span_from_its_start_to_its_end() {
    let found = spans_of("DTSTART:20261201T100000Z\nDTEND:20261201T110000Z");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].ends.micros_since(found[0].starts), 3_600_000_000);
    assert_eq!(found[0].reach().code(), 0);
}

#[test]
fn a_daily_or_weekly_series_is_one_span() {
    for rule in ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MINUTELY"] {
        let found = spans_of(&format!("DTSTART:20200101T100000Z\nDURATION:PT1H\nRRULE:{rule}"));
        assert_eq!(found.len(), 1, "{rule}");
        assert_eq!(found[0].reach().code(), 4, "{rule}");
    }
}

#[test]
fn a_birthday_is_a_few_spans_and_most_weeks_are_in_none() {
    let found = spans_of("DTSTART;VALUE=DATE:19500301\nRRULE:FREQ=YEARLY");
    let week = |from: i64| {
        let (from, to) = (AT.plus_seconds(from * DAY), AT.plus_seconds((from + 7) * DAY));
        found.iter().any(|span| span.starts < to && span.ends >= from)
    };
    assert!(found.len() < 10, "{found:?}");
    let hits = (0..52).filter(|at| week(at * 7)).count();
    assert!(hits <= 2, "{hits}");
    assert!(week(30 * 365), "it never ends");
    assert!(week(-40 * 365), "it began long ago");
}

#[test]
fn what_never_happens_has_no_span() {
    let found = spans_of("DTSTART:20261201T100000Z\nEXDATE:20261201T100000Z");
    assert_eq!(found, []);
}

#[test]
fn what_happens_once_is_found_without_its_text_and_nothing_else_is() {
    for (times, is_exact) in [
        ("DTSTART:20261201T100000Z\nDTEND:20261201T110000Z", true),
        ("DTSTART;TZID=Europe/Berlin:19991201T100000\nDURATION:PT1H", true),
        ("DTSTART;TZID=Nowhere/Known:20261201T100000\nDURATION:PT1H", false),
        ("DTSTART:20261201T100000\nDURATION:PT1H", false),
        ("DTSTART;VALUE=DATE:20261201", false),
        ("DTSTART:20261201T100000Z\nRRULE:FREQ=YEARLY;COUNT=2", false),
        ("DTSTART:20261201T100000Z\nRDATE:20261205T100000Z", false),
        ("DTSTART:20261201T100000Z\nRECURRENCE-ID:20261201T090000Z", false),
    ] {
        let found = spans_of(times);
        assert_eq!(found[0].exact, is_exact, "{times}");
        assert_eq!(found[0].lies_in(AT, AT).is_some(), is_exact, "{times}");
    }
}

#[test]
fn a_span_that_says_more_than_its_event_is_a_mismatch() {
    let once = "DTSTART:20261122T100000Z\nDURATION:PT1H";
    let right = spans_of(once);
    assert_eq!(checking::check(&text(once), &right, AT), None);
    let longer = Span {
        ends: right[0].ends.plus_seconds(1),
        ..right[0]
    };
    let found = checking::check(&text(once), &[longer], AT);
    assert_eq!(found, Some(checking::Mismatch::Spans));
    let coarse = Span {
        exact: false,
        ..longer
    };
    assert_eq!(
        checking::check(&text(once), &[coarse], AT),
        None,
        "it finds more, and looks"
    );
}

prop_compose! {
    fn series()(
        year in 1990_i16..2050, month in 1..=12_i8, day in 1..=28_i8, hour in 0..24_i8,
        frequency in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in 1..5_u8,
        end in prop_oneof![Just(String::new()), (1..60_u8).prop_map(|count| format!(";COUNT={count}"))],
        hours in 0..2_000_u32,
        zone in prop::sample::select(vec!["", ";TZID=Europe/Berlin", ";TZID=Pacific/Kiritimati"]),
    ) -> String {
        format!(
            "DTSTART{zone}:{year:04}{month:02}{day:02}T{hour:02}0000\nDURATION:PT{hours}H\n\
             RRULE:FREQ={frequency};INTERVAL={interval}{end}"
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The promise of the index: whoever looks only at what has a span near a range misses nothing.
    #[test]
    fn whatever_happens_lies_in_a_span(
        times in series(), from in -30 * 365..30 * 365_i64,
        viewer in prop::sample::select(vec!["UTC", "Asia/Vladivostok", "America/Los_Angeles"]),
    ) {
        let text = text(&times);
        let calendar = parse(text.as_bytes()).unwrap();
        let object = check(&calendar).unwrap();
        let timing = Timing::new(&object).unwrap();
        let spans = spans(&timing, AT);
        let at = |days: i64| AT.plus_seconds(days * DAY).to_timestamp();
        let viewer = Zone::iana(viewer).unwrap_or(Zone::UTC);
        for one in timing.between(at(from), at(from + 60), &viewer).unwrap() {
            let within = |at: Timestamp| {
                spans.iter().any(|span| span.starts <= at.into() && Moment::from(at) <= span.ends)
            };
            prop_assert!(within(one.start) && within(one.end), "{one:?} {spans:?}");
        }
    }
    /// The promise of an exact span: it answers a range as the text would, for whoever looks.
    #[test]
    fn an_exact_span_says_what_its_text_says(
        year in 1990_i16..2050, hour in 0..24_i8, minutes in 0..3_000_u32, zone in prop::sample::select(vec!["Z", "Europe/Berlin"]),
        from in -200..200_i64, length in 1..200_i64,
        viewer in prop::sample::select(vec!["UTC", "Asia/Vladivostok", "America/Los_Angeles"]),
    ) {
        let start = match zone {
            "Z" => format!("DTSTART:{year:04}0329T{hour:02}0000Z"),
            zone => format!("DTSTART;TZID={zone}:{year:04}0329T{hour:02}0000"),
        };
        let text = text(&format!("{start}\nDURATION:PT{minutes}M"));
        let calendar = parse(text.as_bytes()).unwrap();
        let object = check(&calendar).unwrap();
        let timing = Timing::new(&object).unwrap();
        let spans = spans(&timing, AT);
        prop_assert_eq!(spans.len(), 1);
        let viewer = Zone::iana(viewer).unwrap_or(Zone::UTC);
        let from = spans[0].starts.plus_seconds(from * 900);
        let to = from.plus_seconds(length * 900);
        let found = timing.between(from.to_timestamp(), to.to_timestamp(), &viewer).unwrap();
        prop_assert_eq!(spans[0].lies_in(from, to), Some(!found.is_empty()));
    }
}
