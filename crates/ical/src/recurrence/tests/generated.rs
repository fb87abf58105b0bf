//! Rules that nobody thought of: they end within the limits, read as they were written, and give what two other
//! implementations give, but for the differences that docs/calendar-recurrence.md explains.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::civil::{DateTime, Weekday};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use rrule::RRuleSet;

use super::super::days::{DAY, LAST, datetime_of};
use super::super::plan::{Counting, Plan};
use super::super::walk::Walk;
use crate::recurrence::{Bound, ByDay, Frequency, Moment, Parts, Pattern, Rule, Series};
use crate::zones::Zone;

fn numbers(range: std::ops::RangeInclusive<i16>, weight: f64, most: usize) -> BoxedStrategy<Vec<i16>> {
    let some = prop::collection::vec(range.prop_filter("zero", |value| *value != 0), 1..=most);
    prop::option::weighted(weight, some)
        .prop_map(Option::unwrap_or_default)
        .boxed()
}

fn weekdays() -> impl Strategy<Value = Vec<ByDay>> {
    let day = (prop::option::weighted(0.3, -5_i8..=5), 0_i8..7).prop_map(|(nth, weekday)| ByDay {
        nth: nth.filter(|nth| *nth != 0),
        weekday: Weekday::from_monday_zero_offset(weekday).unwrap(),
    });
    prop::option::weighted(0.45, prop::collection::vec(day, 1..=4)).prop_map(Option::unwrap_or_default)
}

/// Any rule that the RFC allows.
fn rules() -> impl Strategy<Value = Rule> {
    let times = (
        numbers(1..=59, 0.15, 3),
        numbers(1..=59, 0.2, 3),
        numbers(1..=23, 0.25, 3),
    );
    let days = (
        numbers(-31..=31, 0.3, 4),
        numbers(-366..=366, 0.15, 4),
        numbers(-53..=53, 0.12, 4),
        numbers(1..=12, 0.3, 4),
    );
    let rest = (
        numbers(-4..=4, 0.15, 2),
        0_i8..7,
        1_u32..=5,
        prop::option::weighted(0.3, 1_u32..60),
    );
    (0_usize..7, times, weekdays(), days, rest)
        .prop_map(|(frequency, times, mut by_day, days, rest)| {
            let frequency = Frequency::ALL[frequency];
            if frequency < Frequency::Monthly || !days.2.is_empty() && frequency == Frequency::Yearly {
                by_day.iter_mut().for_each(|day| day.nth = None);
            }
            let weekly = frequency == Frequency::Weekly;
            let between = matches!(
                frequency,
                Frequency::Daily | Frequency::Weekly | Frequency::Monthly
            );
            let yearly = frequency == Frequency::Yearly;
            Rule::new(Parts {
                frequency,
                interval: rest.2,
                bound: rest.3.map_or(Bound::Endless, Bound::Count),
                by_second: times.0,
                by_minute: times.1,
                by_hour: times.2,
                by_day,
                by_month_day: if weekly { Vec::new() } else { days.0 },
                by_year_day: if between { Vec::new() } else { days.1 },
                by_week_no: if yearly { days.2 } else { Vec::new() },
                by_month: days.3,
                by_set_pos: rest.0,
                week_start: Weekday::from_monday_zero_offset(rest.1).unwrap(),
            })
        })
        .prop_filter_map("allowed", Result::ok)
}

/// A second of the years 1990 to 2030.
fn starts() -> impl Strategy<Value = i64> {
    7_305 * DAY..21_915 * DAY
}

fn basic(local: i64) -> String {
    datetime_of(local).strftime("%Y%m%dT%H%M%S").to_string()
}

/// What our rule alone gives, up to `most` times.
fn ours(rule: &Rule, start: i64, most: usize) -> Vec<i64> {
    match Plan::new(rule, start, Counting::RuleOnly) {
        Some(plan) => Walk::new(&plan, start, LAST).take(most).collect(),
        None => Vec::new(),
    }
}

/// Rules that the two others read otherwise; each line stands in docs/calendar-recurrence.md.
fn is_read_otherwise(rule: &Rule) -> bool {
    let parts = rule.parts();
    let by_week = !parts.by_week_no.is_empty();
    // A week without BYDAY is one day, that of DTSTART; for the others it is seven.
    let week_without_days = by_week && parts.by_day.is_empty();
    // Weeks are whole: for the others the days of week 1 in December belong to the year before.
    let positions = !parts.by_set_pos.is_empty();
    let weeks_counted = by_week && (parts.interval > 1 || positions);
    // `TU,1MO` are all Tuesdays and the first Monday; for the others a day must be both.
    let plain_and_numbered =
        parts.by_day.iter().any(|day| day.nth.is_none()) && parts.by_day.iter().any(|day| day.nth.is_some());
    // Positions count from the beginning of the week; for the others, in the first week, from DTSTART.
    let positions_in_a_week = parts.frequency == Frequency::Weekly && positions;
    week_without_days || weeks_counted || plain_and_numbered || positions_in_a_week
}

/// Whether `times` are so near to each other that whoever walks from DTSTART gets there.
fn are_near(rule: &Rule, start: i64, times: &[i64]) -> bool {
    let reach = match rule.parts().frequency {
        Frequency::Secondly | Frequency::Minutely => 10,
        Frequency::Hourly => 100,
        Frequency::Daily => 1_500,
        _ => 15_000,
    };
    times.last().is_some_and(|last| last - start < reach * DAY)
}

/// What the rrule crate gives wrong beside that: having jumped over days that do not fit, it is too late for the hours or
/// minutes that do. dateutil gives what we give.
fn is_wrong_in_rrule(rule: &Rule) -> bool {
    let parts = rule.parts();
    let days = !(parts.by_day.is_empty() && parts.by_month_day.is_empty() && parts.by_year_day.is_empty());
    let times = !(parts.by_hour.is_empty() && parts.by_minute.is_empty());
    parts.frequency < Frequency::Hourly && (days || !parts.by_month.is_empty()) && times
}

#[test]
fn a_rule_reads_as_it_was_written() {
    proptest!(Config::with_cases(500), |(rule in rules())| {
        let text = rule.to_string();
        let read: Rule = text.parse().unwrap();
        prop_assert_eq!(&read, &rule);
        prop_assert_eq!(text.to_lowercase().parse::<Rule>().unwrap(), rule);
    });
}

#[test]
fn no_text_and_no_rule_is_too_much() {
    let letters = "[A-Za-z0-9=;,:+\\-TZ ]{0,60}";
    let parts = "(FREQ|COUNT|UNTIL|BYDAY|BYMONTH|BYSETPOS|INTERVAL)=(DAILY|YEARLY|SECONDLY|[-0-9A-Z,]{0,12})";
    let texts = prop_oneof![
        ".{0,40}".boxed(),
        letters.boxed(),
        prop::collection::vec(parts, 0..5)
            .prop_map(|parts| parts.join(";"))
            .boxed()
    ];
    proptest!(Config::with_cases(2_000), |(text in texts)| {
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
        }
    });
}

#[test]
fn any_range_of_any_rule_ends_soon_and_is_the_part_of_the_whole_that_lies_in_it() {
    let zone = Zone::iana("Europe/Berlin").unwrap();
    proptest!(Config::with_cases(1500), |(rule in rules(), start in starts(), after in 0_i64..400 * DAY, long in 0_i64..40 * DAY)| {
        let mut pattern = Pattern::once(Moment::Time(datetime_of(start), zone.clone()));
        pattern.rules.push(rule.clone());
        let Ok(series) = Series::new(pattern) else { return Ok(()) };
        let from = zone.instant_of(datetime_of(start + after));
        let to = zone.instant_of(datetime_of(start + after + long));
        let begun = Instant::now();
        let part: Vec<_> = series.between(from, to, &zone).take(300).collect();
        prop_assert!(begun.elapsed() < Duration::from_secs(5));
        // Not the whole for rules that begin with too many.
        let whole: Vec<_> = series.all(&zone).take_while(|one| one.instant() < to).take(5_000).collect();
        let complete = whole.len() < 5_000;
        let whole: Vec<_> = whole.into_iter().filter(|one| one.instant() >= from).take(300).collect();
        if complete || whole.len() == 300 {
            prop_assert_eq!(&part, &whole, "{}", rule);
        } else {
            prop_assert!(part.starts_with(&whole), "{}", rule);
        }
        for pair in part.windows(2) {
            prop_assert!(pair[0].instant() < pair[1].instant(), "{}", rule);
        }
    });
}

#[test]
fn rules_give_what_the_rrule_crate_gives() {
    let mut runner = TestRunner::deterministic();
    let (mut compared, mut differ) = (0, Vec::new());
    while compared < 1_000 {
        let rule = rules().new_tree(&mut runner).unwrap().current();
        let start = starts().new_tree(&mut runner).unwrap().current();
        let ours = ours(&rule, start, 20);
        if !are_near(&rule, start, &ours) || is_read_otherwise(&rule) || is_wrong_in_rrule(&rule) {
            continue;
        }
        let text = format!("DTSTART:{}Z\nRRULE:{rule}", basic(start));
        let Ok(set) = text.parse::<RRuleSet>() else {
            continue;
        };
        let theirs = set.into_iter().take(ours.len());
        let theirs: Vec<i64> = theirs.map(|one| one.timestamp()).collect();
        compared += 1;
        if theirs != ours {
            let [theirs, ours] = [theirs, ours].map(|times| times.into_iter().map(basic).collect::<Vec<_>>());
            differ.push(format!("{text}\n  theirs {theirs:?}\n  ours   {ours:?}"));
        }
    }
    assert!(
        differ.is_empty(),
        "{} of {compared}:\n{}",
        differ.len(),
        differ.join("\n")
    );
}

/// dateutil in an environment of its own, made once under `target/`.
fn dateutil() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/dateutil");
    let (python, stamp) = (folder.join("bin/python"), folder.join("made"));
    if !stamp.is_file() {
        let run = |command: &mut Command| {
            let done = command.status().is_ok_and(|status| status.success());
            assert!(
                done,
                "{command:?} failed; this test needs Python 3 with `venv` and an index of packages"
            );
        };
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder));
        let wanted = ["-m", "pip", "install", "--quiet", "python-dateutil==2.9.0.post0"];
        run(Command::new(&python).args(wanted));
        std::fs::write(stamp, "").unwrap();
    }
    python
}

/// Reads `{"rule", "start", "most"}` a line and answers with a list of times a line; null where it takes too long.
const PROGRAM: &str = r#"
import sys, json, signal, itertools
from datetime import datetime
from dateutil.rrule import rrulestr
class TooLong(Exception): pass
def ring(*_): raise TooLong()
signal.signal(signal.SIGALRM, ring)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        rule = rrulestr(asked["rule"], dtstart=datetime.strptime(asked["start"], "%Y%m%dT%H%M%S"))
        given = [one.strftime("%Y%m%dT%H%M%S") for one in itertools.islice(rule, asked["most"])]
    except TooLong:
        given = None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps(given))
"#;

#[test]
fn rules_give_what_dateutil_gives() {
    let mut runner = TestRunner::deterministic();
    let mut asked = Vec::new();
    while asked.len() < 2_000 {
        let rule = rules().new_tree(&mut runner).unwrap().current();
        let start = starts().new_tree(&mut runner).unwrap().current();
        let times = ours(&rule, start, 12);
        let given: Vec<String> = times.iter().copied().map(basic).collect();
        if are_near(&rule, start, &times) && !is_read_otherwise(&rule) {
            asked.push((rule.to_string(), basic(start), given));
        }
    }
    let mut python = Command::new(dateutil())
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    let lines: Vec<String> = asked
        .iter()
        .map(|(rule, start, given)| {
            serde_json::json!({"rule": rule, "start": start, "most": given.len()}).to_string()
        })
        .collect();
    let writer = std::thread::spawn(move || input.write_all((lines.join("\n") + "\n").as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let (mut compared, mut differ) = (0, Vec::new());
    for ((rule, start, given), answer) in asked.iter().zip(answers.lines()) {
        let Some(theirs) = serde_json::from_str::<Option<Vec<String>>>(answer).unwrap() else {
            continue;
        };
        compared += 1;
        if theirs != *given {
            differ.push(format!(
                "{rule} from {start}\n  theirs {theirs:?}\n  ours   {given:?}"
            ));
        }
    }
    assert!(
        differ.is_empty(),
        "{} of {compared}:\n{}",
        differ.len(),
        differ.join("\n")
    );
    assert!(compared > 1_500, "dateutil answered only {compared} in time");
}

#[test]
fn a_series_whose_every_instance_is_excepted_ends_soon() {
    let begun = Instant::now();
    let mut pattern = Pattern::once(Moment::Time(
        DateTime::constant(2026, 1, 1, 9, 0, 0, 0),
        Zone::UTC,
    ));
    for (rule, except) in [
        ("FREQ=SECONDLY", "FREQ=SECONDLY"),
        ("FREQ=SECONDLY;UNTIL=20990101T000000Z", "FREQ=SECONDLY"),
        ("FREQ=DAILY;COUNT=10", "FREQ=DAILY"),
    ] {
        pattern.rules = vec![rule.parse().unwrap()];
        pattern.except_rules = vec![except.parse().unwrap()];
        let series = Series::new(pattern.clone()).unwrap();
        assert_eq!(series.all(&Zone::UTC).next(), None);
        assert_eq!(series.last(&Zone::UTC), None);
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn hard_rules_end_within_their_limits() {
    let start = Moment::Time(DateTime::constant(2026, 1, 1, 9, 0, 0, 0), Zone::UTC);
    for (rule, ends) in [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", false),
        ("FREQ=MONTHLY;BYDAY=6MO", false),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", false),
        ("FREQ=SECONDLY;INTERVAL=86400;BYHOUR=10", false),
        (
            "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU;BYHOUR=3;BYMINUTE=3;BYSECOND=3",
            true,
        ),
        ("FREQ=MINUTELY;INTERVAL=1439;BYHOUR=3;BYMINUTE=3", true),
        ("FREQ=SECONDLY;INTERVAL=4294967295", true),
        ("FREQ=YEARLY;INTERVAL=4294967295", true),
        ("FREQ=DAILY;COUNT=4294967295", true),
        ("FREQ=DAILY;BYDAY=MO;COUNT=4294967295", false),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=1;INTERVAL=400", false),
    ] {
        let begun = Instant::now();
        let rule = rule.parse::<Rule>();
        let series = rule.map_err(|error| error.to_string()).and_then(|rule| {
            let mut pattern = Pattern::once(start.clone());
            pattern.rules.push(rule);
            Series::new(pattern).map_err(|error| error.to_string())
        });
        match (series, ends) {
            (Ok(series), true) => assert!(series.all(&Zone::UTC).take(3).count() > 0),
            (Err(error), false) => assert!(error.len() > 20, "{error}"),
            (Ok(_), false) => panic!("accepted"),
            (Err(error), true) => panic!("{error}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}
