//! What other projects test with (`corpus/README.md`), read by us: whatever can be read comes back as it was.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use crate::problem::Reason;
use crate::{Limits, check, import, parse_stream};

/// The files by folder and name.
fn files() -> BTreeMap<String, Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files = BTreeMap::new();
    for project in ["icalendar", "vobject"] {
        for entry in std::fs::read_dir(root.join(project)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "ics") {
                let name = path.file_name().unwrap().to_str().unwrap();
                files.insert(format!("{project}/{name}"), std::fs::read(&path).unwrap());
            }
        }
    }
    assert!(files.len() > 100);
    files
}

/// The lines of a text, unfolded in the plainest way, without control characters and without regard to order.
fn lines(text: &[u8]) -> Vec<String> {
    let control = |c: char| c < ' ' && c != '\t' && c != '\n';
    let mut text = String::from_utf8(text.to_vec()).unwrap().replace(control, "");
    while text.contains("\n\n") {
        text = text.replace("\n\n", "\n");
    }
    let text = text
        .trim_start_matches('\u{feff}')
        .replace("\n ", "")
        .replace("\n\t", "");
    let mut lines: Vec<String> = text.trim().split('\n').map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn every_file_of_other_projects_comes_back_as_it_was_or_is_refused_for_a_reason() {
    let mut refused = Vec::new();
    for (name, text) in files() {
        match parse_stream(&text, &Limits::OBJECT) {
            Err(problem) => refused.push((name, problem.to_string())),
            Ok(roots) => {
                let mut written = String::new();
                roots.iter().for_each(|root| root.write_into(&mut written));
                assert_eq!(
                    parse_stream(written.as_bytes(), &Limits::OBJECT).as_ref(),
                    Ok(&roots),
                    "{name}"
                );
                assert_eq!(lines(written.as_bytes()), lines(&text), "{name}");
                assert!(written.split("\r\n").all(|line| line.len() <= 75), "{name}");
            }
        }
    }
    let expected: Vec<_> = UNREADABLE
        .iter()
        .map(|(name, why)| (name.to_string(), why.to_string()))
        .collect();
    assert_eq!(refused, expected);
}

#[test]
fn every_object_of_a_file_is_stored_or_refused_for_a_reason() {
    let (mut stored, mut refused) = (0, Vec::new());
    for (name, text) in files() {
        for row in import(&text, &Limits::FILE).map_or_else(|_| Vec::new(), |file| file.rows.collect()) {
            match row.object {
                Ok(object) => {
                    let written = object.write();
                    let again = crate::parse(written.as_bytes()).unwrap();
                    assert_eq!(check(&again).unwrap().uid, row.uid, "{name}");
                    stored += 1;
                }
                // snippets that show one property and are no events
                Err(problem) if matches!(problem.reason, Reason::Missing { .. }) => {}
                Err(problem) => refused.push((name.clone(), problem.to_string())),
            }
        }
    }
    assert!(stored > 80, "{stored}");
    let expected: Vec<_> = REFUSED
        .iter()
        .map(|(name, why)| (name.to_string(), why.to_string()))
        .collect();
    assert_eq!(refused, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn no_mutation_of_a_real_file_does_harm(
        file in any::<prop::sample::Index>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..8),
    ) {
        let files: Vec<_> = FILES.with(Clone::clone);
        let mut text = file.get(&files).clone();
        for (at, byte, how) in places {
            let at = at.index(text.len());
            match how {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                2 => text.truncate(at + 1),
                _ => text.extend_from_within(at..text.len().min(at + 200)),
            }
        }
        crate::parse::tests::everything_that_reads(&text);
    }
}

thread_local! {
    static FILES: Vec<Vec<u8>> = files().into_values().filter(|text| text.len() < 8192 && !text.is_empty()).collect();
}

const UNREADABLE: &[(&str, &str)] = &[
    (
        "icalendar/big_bad_calendar.ics",
        "line 1: VCALENDAR begins here and has no END:VCALENDAR",
    ),
    (
        "icalendar/fuzz_testcase_0_char_in_component_name.ics",
        "line 1: \"BeGIN:\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/fuzz_testcase_invalid_month.ics",
        "line 1: V begins here and has no END:V",
    ),
    (
        "icalendar/issue_104_broken_calendar.ics",
        "line 13: \"X\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/issue_104_mark_events_broken.ics",
        "line 9: \"X\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/issue_168_input.ics",
        "line 6: \"X-APPLE-RADIUS=49.913070465141\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/issue_348_exception_parsing_value.ics",
        "line 8: \"ORGANIZER;CN=Sixt SE\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/issue_350.ics",
        "line 36: X-COMMENT stands outside of BEGIN:VCALENDAR and END:VCALENDAR",
    ),
    (
        "icalendar/issue_351_whitespace_in_property_and_params.ics",
        "line 4: \"REFRESH - INTERVAL; VALUE = DU\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/pr_480_summary_with_colon.ics",
        "line 1: VCALENDAR begins here and has no END:VCALENDAR",
    ),
    (
        "icalendar/small_bad_calendar.ics",
        "line 1: VCALENDAR begins here and has no END:VCALENDAR",
    ),
    (
        "icalendar/timezone_rdate.ics",
        "line 53: \"SUMMARY=testevent\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/timezone_same_start_and_offset.ics",
        "line 23: END:VCALENDARD without BEGIN:VCALENDARD before it",
    ),
    (
        "vobject/silly_test.ics",
        "line 1: this is not iCalendar: the first line has to be BEGIN:VCALENDAR",
    ),
];
const REFUSED: &[(&str, &str)] = &[
    (
        "icalendar/america_new_york_forward_reference.ics",
        "line 5: DTSTART stands twice: leave one of them out",
    ),
    (
        "icalendar/broken_dtstart.ics",
        "line 6: DTSTART has a value that is not a date such as 20261224 or a time such as 20261224T180000Z",
    ),
    (
        "icalendar/invalid_duration.ics",
        "line 8: DURATION has a value that is not a duration such as PT1H30M, P1D or -PT15M",
    ),
    (
        "icalendar/issue_1081_invalid_start_and_end.ics",
        "line 6: DTSTART has a value that is not a date such as 20261224 or a time such as 20261224T180000Z",
    ),
    (
        "icalendar/issue_1081_invalid_start_valid_end.ics",
        "line 6: DTSTART has a value that is not a date such as 20261224 or a time such as 20261224T180000Z",
    ),
    (
        "icalendar/issue_168_input.ics",
        "line 6: \"X-APPLE-RADIUS=49.913070465141\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/issue_348_exception_parsing_value.ics",
        "line 8: \"ORGANIZER;CN=Sixt SE\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
    (
        "icalendar/multiple_timezones.ics",
        "line 23: RDATE has a value that is not a date such as 20261224 or a time such as 20261224T180000Z",
    ),
    (
        "icalendar/multiple_timezones.ics",
        "line 28: RDATE has a value that is not a date such as 20261224 or a time such as 20261224T180000Z",
    ),
    (
        "icalendar/multiple_timezones.ics",
        "line 33: RDATE has a value that is not a date such as 20261224 or a time such as 20261224T180000Z",
    ),
    (
        "icalendar/pacific_fiji.ics",
        "line 49: DTSTART stands twice: leave one of them out",
    ),
    (
        "icalendar/timezone_rdate.ics",
        "line 53: \"SUMMARY=testevent\" is no property: a line is NAME:value, and what continues a line begins with a space",
    ),
];
