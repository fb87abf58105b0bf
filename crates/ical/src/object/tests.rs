//! Objects: what can be stored, and what is said about what cannot.

use super::*;
use crate::problem::Precondition;

fn text(lines: &[&str]) -> String {
    format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\n{}\nEND:VCALENDAR\n",
        lines.join("\n")
    )
}

/// The line and the reason; lines of `lines` begin at 3.
fn refused(lines: &[&str]) -> (usize, Reason) {
    let text = text(lines);
    let calendar = crate::parse(text.as_bytes()).unwrap();
    let problem = check(&calendar).map(|_| ()).unwrap_err();
    (problem.line, problem.reason)
}

fn event<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut event = vec!["BEGIN:VEVENT", "UID:1"];
    event.extend(lines);
    event.push("END:VEVENT");
    event
}

fn taken(lines: &[&str]) {
    let text = text(lines);
    let calendar = crate::parse(text.as_bytes()).unwrap();
    if let Err(problem) = check(&calendar) {
        panic!("{problem} in\n{text}");
    }
}

const START: &str = "DTSTART:20260101T100000Z";

#[test]
fn an_object_is_a_series_with_its_moved_instances() {
    let mut lines = event(&["RECURRENCE-ID:20260102T100000Z", "DTSTART:20260102T120000Z"]);
    lines.extend(event(&[START, "RRULE:FREQ=DAILY"]));
    let text = text(&lines);
    let calendar = crate::parse(text.as_bytes()).unwrap();
    let object = check(&calendar).unwrap();
    assert_eq!((object.kind, object.uid.as_ref()), (Kind::Event, "1"));
    assert!(object.master.as_ref().unwrap().recurs());
    assert_eq!((object.overrides.len(), object.entries().count()), (1, 2));
}

#[test]
fn moved_instances_may_stand_alone() {
    let mut lines = event(&["RECURRENCE-ID:20260102T100000Z", START]);
    lines.extend(event(&["RECURRENCE-ID:20260103T100000Z", START]));
    taken(&lines);
}

#[test]
fn what_is_not_one_object_is_refused_with_the_condition_of_caldav() {
    let object = Precondition::ValidCalendarObjectResource;
    let mut two_uids = event(&[START]);
    two_uids.extend(["BEGIN:VEVENT", "UID:2", START, "END:VEVENT"]);
    let mut two_kinds = event(&[START]);
    two_kinds.extend(["BEGIN:VTODO", "UID:1", "END:VTODO"]);
    let mut two_masters = event(&[START]);
    two_masters.extend(event(&[START]));
    let moved = event(&["RECURRENCE-ID:20260102T100000Z", START]);
    let moved_twice = [moved.clone(), moved].concat();
    for (lines, line) in [
        (two_uids, 8),
        (two_kinds, 7),
        (two_masters, 7),
        (moved_twice, 10),
        (vec!["METHOD:REQUEST"], 3),
        (vec![], 1),
        (vec!["BEGIN:VEVENT", START, "END:VEVENT"], 3),
    ] {
        let (found, reason) = refused(&lines);
        assert_eq!((found, reason.precondition()), (line, object), "{reason}");
    }
    let (line, reason) = refused(&["BEGIN:VAVAILABILITY", "END:VAVAILABILITY"]);
    assert_eq!(
        (line, reason.precondition()),
        (3, Precondition::SupportedCalendarComponent)
    );
    assert_eq!(reason.precondition().element(), "supported-calendar-component");
}

#[test]
fn one_person_organizes_all_of_an_object() {
    let by = |who: &'static str, id: Option<&'static str>| {
        let mut lines = vec![START, who];
        lines.extend(id);
        event(&lines)
    };
    let id = Some("RECURRENCE-ID:20260102T100000Z");
    let mut lines = by("ORGANIZER:mailto:eve@town.example", id);
    lines.extend(by("ORGANIZER:mailto:anna@town.example", None));
    let (line, reason) = refused(&lines);
    assert_eq!(line, 12);
    assert_eq!(
        reason.precondition().element(),
        "same-organizer-in-all-components"
    );
    let mut same = by("ORGANIZER;CN=Anna:mailto:anna@town.example", id);
    same.extend(by("ORGANIZER:MAILTO:Anna@Town.example", None));
    same.extend(event(&[START, "RECURRENCE-ID:20260103T100000Z"]));
    taken(&same);
}

#[test]
fn a_uid_has_a_bound() {
    let lines = |bytes: usize| format!("BEGIN:VEVENT\nUID:{}\n{START}\nEND:VEVENT", "u".repeat(bytes));
    taken(&[&lines(UID_BYTES_MAX)]);
    let (line, reason) = refused(&[&lines(UID_BYTES_MAX + 1)]);
    assert_eq!((line, matches!(reason, Reason::UidTooLong { .. })), (4, true));
}

#[test]
fn people_have_a_bound() {
    let asked = |people: usize| {
        let one = |number| format!("ATTENDEE:mailto:a{number}@town.example\n");
        let all: String = (0..people).map(one).collect();
        format!("BEGIN:VEVENT\nUID:1\n{START}\n{all}END:VEVENT")
    };
    taken(&[&asked(ATTENDEES_MAX)]);
    let (line, reason) = refused(&[&asked(ATTENDEES_MAX + 1)]);
    assert_eq!(line, 6, "the first of them");
    assert_eq!(reason.precondition().element(), "max-attendees-per-instance");
}

#[test]
fn what_leaves_a_time_open_is_refused_as_bad_data() {
    for (lines, line) in [
        (vec![], 3),
        (vec![START, START], 6),
        (vec![START, "DTEND:20260101T110000Z", "DURATION:PT1H"], 7),
        (vec![START, "DTEND;VALUE=DATE:20260102"], 6),
        (vec![START, "DTEND:20260101T090000Z"], 6),
        (vec![START, "DURATION:-PT1H"], 6),
        (vec!["DTSTART:yesterday"], 5),
    ] {
        let (found, reason) = refused(&event(&lines));
        assert_eq!(
            (found, reason.precondition()),
            (line, Precondition::ValidCalendarData),
            "{reason}"
        );
    }
    assert_eq!(refused(&["CALSCALE:HEBREW"]).0, 3);
    let old = crate::parse(b"BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR").unwrap();
    assert!(matches!(check(&old).unwrap_err().reason, Reason::Version { .. }));
}

#[test]
fn what_clients_write_sloppily_is_taken_if_it_is_plain() {
    taken(&event(&[
        START,
        "DTEND:20260101T100000Z",
        "SUMMARY:a",
        "SUMMARY:b",
        "BEGIN:VALARM",
        "END:VALARM",
    ]));
    taken(&event(&[
        "DTSTART;VALUE=DATE:20260101",
        "DTEND;VALUE=DATE:20260101",
    ]));
    taken(&event(&[
        "DTSTART;TZID=Mars:20260101T100000",
        "DTEND:20260101T090000Z",
        "BEGIN:X-ODD",
        "END:X-ODD",
    ]));
    taken(&[
        "BEGIN:VTODO",
        "UID:1",
        "DTSTART:20260102",
        "DUE:20260101",
        "RRULE:FREQ=DAILY",
        "END:VTODO",
    ]);
    taken(&[
        "BEGIN:VTODO",
        "UID:1",
        "DURATION:PT1H",
        "END:VTODO",
        "BEGIN:X-ODD",
        "END:X-ODD",
    ]);
    taken(&["BEGIN:VJOURNAL", "UID:1", "END:VJOURNAL"]);
}

#[test]
fn a_message_says_its_method_and_a_cancellation_needs_no_start() {
    let read = |lines: &[&str]| {
        let text = text(lines);
        let calendar = crate::parse(text.as_bytes()).unwrap();
        check_message(&calendar)
            .map(|(method, _)| method)
            .map_err(|problem| problem.reason)
    };
    let with = |method| {
        let mut lines = vec![method];
        lines.extend(event(&[]));
        lines
    };
    assert_eq!(read(&with("METHOD:cancel")), Ok(Method::Cancel));
    assert_eq!(read(&with("METHOD:REPLY")), Ok(Method::Reply));
    assert!(matches!(
        read(&with("METHOD:REQUEST")),
        Err(Reason::Missing { .. })
    ));
    assert_eq!(read(&with("METHOD:X-WHAT")), Err(Reason::NoMethod));
    assert_eq!(read(&event(&[START])), Err(Reason::NoMethod));
}

#[test]
fn a_problem_reads_as_a_sentence_that_says_what_to_do() {
    let text = text(&event(&[]));
    let calendar = crate::parse(text.as_bytes()).unwrap();
    let problem = check(&calendar).map(|_| ()).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "line 3: DTSTART is missing: a VEVENT needs one"
    );
}
