//! When one is reminded, tried without a store.

use ical::zones::Zone;
use ical::{Duration, Timing, check, parse};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use kernel::Moment;
use proptest::prelude::*;

use super::{LATE_MICROS, Reminding, may_remind};
use crate::reminders::types::Reminders;

/// 2026-11-22T12:00:00Z, a Sunday.
const AT: Moment = Moment::from_seconds(1_795_348_800);
const DAY: i64 = 86_400;

fn text(lines: &str) -> String {
    let lines = lines.replace('\n', "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// Asks about the event of these lines, in a calendar in this zone that reminds so many minutes before.
fn asked<T>(lines: &str, zone: &str, minutes: &[u32], ask: impl FnOnce(&Reminding<'_>) -> T) -> T {
    let text = text(lines);
    let calendar = parse(text.as_bytes()).unwrap();
    let object = check(&calendar).unwrap();
    let (zone, reminders) = (Zone::iana(zone).unwrap(), Reminders::new(minutes).unwrap());
    ask(&Reminding::new(&object, &reminders, &zone).unwrap())
}

/// The first few reminders after an instant.
fn next_few(lines: &str, after: Moment, count: usize) -> Vec<String> {
    asked(lines, "Europe/Berlin", &[10, 0], |reminding| {
        let following = |at: &Moment| reminding.next(*at);
        let all = std::iter::successors(reminding.next(after), following);
        all.take(count).map(|at| at.to_string()).collect()
    })
}

fn mail(lines: &str) -> String {
    format!("BEGIN:VALARM\nACTION:EMAIL\n{lines}\nEND:VALARM")
}

#[test]
fn an_event_that_says_nothing_is_reminded_of_as_its_calendar_does() {
    assert_eq!(
        next_few("DTSTART:20261201T100000Z\nDURATION:PT1H", AT, 9),
        ["2026-12-01T09:50:00Z", "2026-12-01T10:00:00Z"]
    );
    assert_eq!(
        next_few("DTSTART;VALUE=DATE:20261201", AT, 9),
        ["2026-11-30T08:00:00Z"]
    );
    assert!(next_few("DTSTART:20261101T100000Z\nDURATION:PT1H", AT, 9).is_empty());
}

#[test]
fn a_series_without_end_has_a_next_reminder_at_any_time() {
    for (rule, after, next) in [
        ("FREQ=DAILY", 0, "2026-11-23T09:50:00Z"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", 0, "2028-02-29T09:50:00Z"),
        ("FREQ=YEARLY;INTERVAL=100", 0, "2120-01-01T09:50:00Z"),
        ("FREQ=MINUTELY", 5 * 365 * DAY, "2031-11-21T12:01:00Z"),
    ] {
        let lines = format!("DTSTART:20200101T100000Z\nDURATION:PT30S\nRRULE:{rule}");
        assert_eq!(next_few(&lines, AT.plus_seconds(after), 1), [next], "{rule}");
    }
    let ended = "DTSTART:20200101T100000Z\nRRULE:FREQ=DAILY;COUNT=10";
    assert!(next_few(ended, AT, 1).is_empty());
    let in_far_future = "DTSTART:22200101T100000Z\nRRULE:FREQ=HOURLY";
    assert_eq!(next_few(in_far_future, AT, 1), ["2220-01-01T09:50:00Z"]);
}

#[test]
fn of_what_happens_each_second_nobody_is_reminded() {
    let lines = "DTSTART:20200101T100000Z\nRRULE:FREQ=SECONDLY";
    assert!(next_few(lines, AT, 1).is_empty());
}

#[test]
fn days_before_are_days_of_the_zone_and_hours_are_hours() {
    // The clocks are put forward on 28 March 2027.
    let event = "DTSTART;TZID=Europe/Berlin:20270328T090000\nDURATION:PT1H";
    for (trigger, at) in [
        ("-P1D", "2027-03-27T08:00:00Z"),
        ("-PT24H", "2027-03-27T07:00:00Z"),
        ("-P1DT1H", "2027-03-27T07:00:00Z"),
    ] {
        let lines = format!("{event}\n{}", mail(&format!("TRIGGER:{trigger}")));
        assert_eq!(next_few(&lines, AT, 2), [at], "{trigger}");
    }
}

#[test]
fn an_alarm_counts_from_start_or_end_or_rings_at_its_instant_and_again_if_it_says_so() {
    let event = "DTSTART:20261201T100000Z\nDTEND:20261201T120000Z";
    for (lines, at) in [
        ("TRIGGER;RELATED=END:-PT15M", vec!["2026-12-01T11:45:00Z"]),
        (
            "TRIGGER;VALUE=DATE-TIME:20261129T070000Z",
            vec!["2026-11-29T07:00:00Z"],
        ),
        (
            "TRIGGER:-PT1H\nREPEAT:2\nDURATION:PT5M",
            vec![
                "2026-12-01T09:00:00Z",
                "2026-12-01T09:05:00Z",
                "2026-12-01T09:10:00Z",
            ],
        ),
        ("TRIGGER:-PT1H\nREPEAT:2", vec!["2026-12-01T09:00:00Z"]),
        ("TRIGGER:-PT1H\nACKNOWLEDGED:20261201T090000Z", vec![]),
        ("X-NOTHING:1", vec![]),
    ] {
        let lines = format!("{event}\n{}", mail(lines));
        assert_eq!(next_few(&lines, AT, 9), at, "{lines}");
    }
}

#[test]
fn whoever_chose_alarms_in_a_program_gets_no_letters_beside_them() {
    let event = "DTSTART:20261201T100000Z\nDTEND:20261201T120000Z";
    for alarm in [
        "ACTION:DISPLAY\nTRIGGER:-PT5M",
        "ACTION:NONE\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z",
    ] {
        let lines = format!("{event}\nBEGIN:VALARM\n{alarm}\nEND:VALARM");
        assert!(next_few(&lines, AT, 1).is_empty(), "{alarm}");
    }
}

#[test]
fn what_was_called_off_or_is_done_reminds_of_nothing() {
    let event = "DTSTART:20261201T100000Z\nDTEND:20261201T120000Z";
    assert!(next_few(&format!("{event}\nSTATUS:CANCELLED"), AT, 1).is_empty());
    let task = "DTSTART:20261201T100000Z\nDUE:20261201T120000Z";
    let alarm = mail("TRIGGER;RELATED=END:-PT1H");
    let of_task = |lines: &str| {
        let text = text(&format!("{lines}\n{alarm}")).replace("VEVENT", "VTODO");
        let calendar = parse(text.as_bytes()).unwrap();
        let object = check(&calendar).unwrap();
        let (zone, reminders) = (Zone::UTC, Reminders::default());
        Reminding::new(&object, &reminders, &zone).unwrap().next(AT)
    };
    assert_eq!(of_task(task).unwrap().to_string(), "2026-12-01T11:00:00Z");
    assert_eq!(of_task(&format!("{task}\nSTATUS:COMPLETED")), None);
    assert_eq!(of_task(&format!("{task}\nPERCENT-COMPLETE:100")), None);
}

#[test]
fn what_is_late_is_told_while_it_goes_on_and_once_for_each_instance() {
    let told = |lines: &str, from: &str, at: &str| {
        let (from, at) = (from.parse().unwrap(), at.parse().unwrap());
        let due = asked(lines, "Europe/Berlin", &[10, 0], |reminding| {
            reminding.due(from, at)
        });
        due.iter().map(|one| one.at.to_string()).collect::<Vec<_>>()
    };
    let event = "DTSTART:20261201T100000Z\nDURATION:PT1H";
    let (before, start) = ("2026-12-01T09:50:00Z", "2026-12-01T10:00:00Z");
    assert_eq!(told(event, before, before), [before]);
    assert_eq!(
        told(event, before, "2026-12-01T10:30:00Z"),
        [start],
        "the later of two"
    );
    assert!(
        told(event, before, "2026-12-01T11:00:01Z").is_empty(),
        "it is over"
    );
    let moment = "DTSTART:20261201T100000Z";
    assert_eq!(
        told(moment, start, "2026-12-01T10:10:00Z"),
        [start],
        "a little late is not too late"
    );
    let dense = "DTSTART:20261201T100000Z\nDURATION:PT1H\nRRULE:FREQ=MINUTELY";
    let many = told(dense, start, "2026-12-09T10:00:00Z");
    assert_eq!(many.len(), 5);
    assert_eq!(many[4], "2026-12-09T10:00:00Z", "the latest ones");
}

/// One alarm: days and minutes beside the start or the end, and how often it repeats.
type Trigger = (i64, i64, bool, u8);

fn lines_of((days, minutes, from_end, repeat): &Trigger) -> String {
    let by = |sign, days: i64, minutes: i64| format!("{sign}P{}DT{}M", days.abs(), minutes.abs());
    let by = if *days < 0 || *minutes < 0 {
        by("-", *days, *minutes)
    } else {
        by("", *days, *minutes)
    };
    let related = if *from_end { ";RELATED=END" } else { "" };
    mail(&format!("TRIGGER{related}:{by}\nREPEAT:{repeat}\nDURATION:PT7M"))
}

fn triggers() -> impl Strategy<Value = Vec<Trigger>> {
    let early = (-3..=0_i64, -2_000..=0_i64);
    let late = (0..=2_i64, 0..=2_000_i64);
    let by = prop_oneof![early, late];
    let one =
        (by, any::<bool>(), 0..3_u8).prop_map(|((days, minutes), end, repeat)| (days, minutes, end, repeat));
    prop::collection::vec(one, 0..4)
}

prop_compose! {
    fn series()(
        month in 1..=12_i8, day in 1..=28_i8, hour in 0..24_i8,
        frequency in prop::sample::select(vec!["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in 1..5_u8,
        end in prop_oneof![Just(String::new()), (1..60_u8).prop_map(|count| format!(";COUNT={count}"))],
        minutes in 0..3_000_u32,
    ) -> (String, String) {
        (
            format!("2026{month:02}{day:02}T{hour:02}3000"),
            format!("DURATION:PT{minutes}M\nRRULE:FREQ={frequency};INTERVAL={interval}{end}"),
        )
    }
}

/// Every reminder near an instant, found the long way: all instances, and the arithmetic of another library.
fn the_long_way(lines: &str, zone: &TimeZone, triggers: &[Trigger], around: Moment) -> Vec<Moment> {
    let text = text(lines);
    let calendar = parse(text.as_bytes()).unwrap();
    let object = check(&calendar).unwrap();
    let timing = Timing::new(&object).unwrap();
    let (from, to) = (around.plus_seconds(-20 * DAY), around.plus_seconds(40 * DAY));
    let viewer = Zone::iana(zone.iana_name().unwrap()).unwrap();
    let mut all = Vec::new();
    for one in timing
        .between(from.to_timestamp(), to.to_timestamp(), &viewer)
        .unwrap()
    {
        if triggers.is_empty() {
            let start = Moment::from(one.start);
            all.extend([start.plus_seconds(-600), start]);
        }
        for (days, minutes, from_end, repeat) in triggers {
            let base: Timestamp = if *from_end { one.end } else { one.start };
            let local = zone.to_datetime(base).checked_add(days.days()).unwrap();
            let moved = zone.to_ambiguous_timestamp(local).compatible().unwrap();
            let moved = if *days == 0 { base } else { moved };
            for time in 0..=i64::from(*repeat) {
                let by = Duration::seconds(60 * (minutes + 7 * time));
                all.push(Moment::from(moved).plus_seconds(by.seconds));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// From any instant on, one after the other: each reminder comes, in order, and no other one, also where clocks change.
    #[test]
    fn no_reminder_is_skipped_and_none_comes_twice(
        (start, rest) in series(), triggers in triggers(), after in -400..800_i64,
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
        floats in any::<bool>(),
    ) {
        let alarms: Vec<String> = triggers.iter().map(lines_of).collect();
        let zone_of = if floats { String::new() } else { format!(";TZID={zone}") };
        let lines = format!("DTSTART{zone_of}:{start}\n{rest}\n{}", alarms.join("\n"));
        let lines = lines.trim_end();
        let after = AT.plus_seconds(after * DAY);
        let clocks = TimeZone::get(zone).unwrap();
        let expected = the_long_way(lines, &clocks, &triggers, after);
        let horizon = after.plus_seconds(20 * DAY);
        let expected = expected.into_iter().filter(|at| *at > after && *at <= horizon).take(60);
        let expected: Vec<Moment> = expected.collect();
        let (found, told) = asked(lines, zone, &[10, 0], |reminding| {
            let all = std::iter::successors(reminding.next(after), |at| reminding.next(*at));
            let found: Vec<Moment> = all.take_while(|at| *at <= horizon).take(60).collect();
            let told: Vec<usize> = found.iter().map(|at| reminding.due(*at, *at).len()).collect();
            (found, told)
        });
        prop_assert_eq!(&found, &expected);
        prop_assert!(told.iter().all(|told| *told >= 1), "each rings: {:?}", told);
    }

    /// What is passed over without a close look reminds of nothing, wherever its calendar is and whatever it does.
    #[test]
    fn what_may_not_remind_does_not(
        (start, rest) in series(), triggers in triggers(), after in -100..2_000_i64,
        zone in prop::sample::select(vec!["Pacific/Kiritimati", "America/Los_Angeles"]),
    ) {
        let alarms: Vec<String> = triggers.iter().map(lines_of).collect();
        let lines = format!("DTSTART:{start}\n{rest}\n{}", alarms.join("\n"));
        let after = AT.plus_seconds(after * DAY);
        let text = text(lines.trim_end());
        let calendar = parse(text.as_bytes()).unwrap();
        let object = check(&calendar).unwrap();
        let may = may_remind(&object, &Timing::new(&object).unwrap(), after);
        let next = asked(lines.trim_end(), zone, &[40_320, 0], |reminding| reminding.next(after));
        prop_assert!(may || next.is_none(), "{:?}", next);
    }

    #[test]
    fn a_reminder_is_wanted_while_its_event_goes_on(
        (start, rest) in series(), late in 0..3 * DAY,
    ) {
        let lines = format!("DTSTART:{start}Z\n{rest}");
        asked(&lines, "Europe/Berlin", &[10, 0], |reminding| {
            let Some(next) = reminding.next(AT) else { return Ok(()) };
            let at = next.plus_seconds(late);
            for one in reminding.due(next, at) {
                prop_assert!(one.at >= next && one.at <= at);
                prop_assert!(one.ends >= at || at.micros_since(one.at) <= LATE_MICROS);
            }
            Ok(())
        })?;
    }
}

#[test]
fn an_event_that_wants_no_reminder_is_silent_whoever_wrote_that() {
    let start = "DTSTART:20261201T100000Z\nDURATION:PT1H";
    assert!(next_few(&format!("{start}\nX-TOWNHALL-REMINDERS:NONE"), AT, 9).is_empty());
    let apple = "BEGIN:VALARM\nACTION:NONE\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\nEND:VALARM";
    assert!(next_few(&format!("{start}\n{apple}"), AT, 9).is_empty());
    let own = mail("TRIGGER:-PT30M");
    assert_eq!(
        next_few(&format!("{start}\nX-TOWNHALL-REMINDERS:NONE\n{own}"), AT, 9),
        ["2026-12-01T09:30:00Z"],
        "a letter that a calendar program asks for later is wanted"
    );
}

#[test]
fn one_of_a_series_can_be_silent_or_have_a_reminder_of_its_own() {
    let series = "DTSTART:20261201T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3";
    let own = |lines: &str| {
        let id = "RECURRENCE-ID:20261202T100000Z\nDTSTART:20261202T100000Z\nDURATION:PT1H";
        format!("{series}\nEND:VEVENT\nBEGIN:VEVENT\nUID:x\n{id}\n{lines}")
    };
    assert_eq!(
        next_few(&own("X-TOWNHALL-REMINDERS:NONE"), AT, 9),
        [
            "2026-12-01T09:50:00Z",
            "2026-12-01T10:00:00Z",
            "2026-12-03T09:50:00Z",
            "2026-12-03T10:00:00Z"
        ]
    );
    assert_eq!(
        next_few(&own(&mail("TRIGGER:-PT30M")), AT, 9),
        [
            "2026-12-01T09:50:00Z",
            "2026-12-01T10:00:00Z",
            "2026-12-02T09:30:00Z",
            "2026-12-03T09:50:00Z",
            "2026-12-03T10:00:00Z"
        ]
    );
}
