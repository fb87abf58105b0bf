//! Trees: what was read is written again, and no bytes do harm.

use proptest::prelude::*;

use super::*;

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n\
    DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Paris:20260101T100000\r\nX-Odd;X-P=\"a;b\":?\\q\r\n\
    SUMMARY;LANGUAGE=fr:Déjeuner\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

fn reason(text: &str) -> (usize, Reason) {
    let problem = parse(text.as_bytes()).unwrap_err();
    (problem.line, problem.reason)
}

fn name(name: &str) -> String {
    name.to_owned()
}

#[test]
fn what_a_client_wrote_comes_back_byte_for_byte() {
    let calendar = parse(EVENT.as_bytes()).unwrap();
    assert_eq!(calendar.write(), EVENT);
    let event = calendar.child("vevent").unwrap();
    assert_eq!(event.line(), 4);
    assert_eq!(event.get("x-odd").unwrap().param("x-p").unwrap(), "a;b");
    assert_eq!(event.children("VALARM").count(), 1);
}

#[test]
fn a_property_is_set_in_its_place_and_stands_once() {
    let mut component = Component::new("VEVENT");
    for name in ["A", "B", "C", "b"] {
        component.add(Property::new(name, "1"));
    }
    component.set(Property::new("B", "2"));
    let raw: Vec<_> = component.properties.iter().map(Property::raw).collect();
    assert_eq!(raw, ["A:1", "B:2", "C:1"]);
    component.remove("a");
    assert_eq!(component.value("A"), None);
}

#[test]
fn what_is_not_one_calendar_is_refused_with_the_line() {
    assert_eq!(reason("<!DOCTYPE html>\n<html>"), (1, Reason::NotCalendar));
    assert_eq!(reason(""), (0, Reason::NotCalendar));
    assert_eq!(reason("BEGIN:VEVENT\nEND:VEVENT"), (1, Reason::NotCalendar));
    let two = "BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\n";
    assert_eq!(reason(two), (3, Reason::SecondCalendar));
    let name = name("X");
    assert_eq!(
        reason("BEGIN:VCALENDAR\nEND:VCALENDAR\nX:1\n"),
        (3, Reason::Outside { name })
    );
}

#[test]
fn a_missing_end_is_named_by_its_beginning() {
    let not_closed = |line, of| (line, Reason::NotClosed { name: name(of) });
    assert_eq!(
        reason("BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VEVENT\n"),
        not_closed(2, "VEVENT")
    );
    assert_eq!(
        reason("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n"),
        not_closed(2, "VEVENT")
    );
    assert_eq!(reason("BEGIN:VCALENDAR\n"), not_closed(1, "VCALENDAR"));
    let name = name("VEVENT");
    assert_eq!(
        reason("BEGIN:VCALENDAR\nEND:VEVENT\n"),
        (2, Reason::NotOpened { name })
    );
}

#[test]
fn too_much_of_anything_is_refused_with_the_limit() {
    let deep = format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(100));
    assert_eq!(reason(&deep), (9, Reason::TooDeep { limit: 8 }));
    let big = vec![b'x'; Limits::OBJECT.bytes + 1];
    let limit = Limits::OBJECT.bytes;
    assert_eq!(parse(&big).unwrap_err().reason, Reason::TextTooLong { limit });
    let few = Limits {
        components: 2,
        properties: 3,
        ..Limits::OBJECT
    };
    let of = |text: &str| parse_stream(text.as_bytes(), &few).unwrap_err().reason;
    let begun = "BEGIN:VCALENDAR\n";
    assert_eq!(
        of(&format!("{begun}{}", "BEGIN:X\nEND:X\n".repeat(2))),
        Reason::TooManyComponents { limit: 2 }
    );
    assert_eq!(
        of(&format!("{begun}{}", "X:1\n".repeat(4))),
        Reason::TooManyProperties { limit: 3 }
    );
}

pub(crate) fn everything_that_reads(text: &[u8]) {
    let _ = crate::import(text, &Limits::OBJECT);
    let Ok(roots) = parse_stream(text, &Limits::OBJECT) else {
        return;
    };
    for root in &roots {
        let written = root.write();
        let again = parse_stream(written.as_bytes(), &Limits::OBJECT).unwrap();
        assert_eq!(again, std::slice::from_ref(root), "{written}");
        let _ = crate::check(root);
        let _ = crate::check_message(root);
    }
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        everything_that_reads(&bytes);
    }

    #[test]
    fn no_mutation_of_a_valid_text_does_harm(
        places in proptest::collection::vec((0..EVENT.len(), any::<u8>(), 0..4u8), 1..6),
    ) {
        let mut text = EVENT.as_bytes().to_vec();
        for (at, byte, how) in places {
            let at = at % text.len();
            match how {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                2 => drop(text.remove(at)),
                _ => text.extend_from_within(at..),
            }
        }
        everything_that_reads(&text);
    }

    #[test]
    fn no_jumble_of_lines_does_harm(
        lines in proptest::collection::vec(0..LINES.len(), 0..40),
    ) {
        let text: Vec<&str> = lines.into_iter().map(|at| LINES[at]).collect();
        everything_that_reads(format!("BEGIN:VCALENDAR\r\n{}\r\nEND:VCALENDAR", text.join("\r\n")).as_bytes());
    }
}

const LINES: &[&str] = &[
    "BEGIN:VCALENDAR",
    "END:VCALENDAR",
    "BEGIN:VEVENT",
    "END:VEVENT",
    "BEGIN:VTODO",
    "END:VTODO",
    "BEGIN:VALARM",
    "END:VALARM",
    "BEGIN:VTIMEZONE",
    "TZID:X",
    "END:VTIMEZONE",
    "UID:1",
    "UID:",
    "DTSTART:20260101T000000Z",
    "DTSTART;VALUE=DATE:20260101",
    "DTSTART;TZID=X:20260101T100000",
    "DTEND:20260101",
    "DURATION:-P1W2DT3H",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20260101T000000Z",
    "EXDATE:20260101,,20260102",
    "RDATE:20260101T000000Z/PT1H",
    "ATTENDEE;CN=\"a;b\";MEMBER=\"x\",\"y\":MAILTO:mailto:a@b",
    "ORGANIZER:urn:x",
    "TRIGGER;RELATED=END:-PT5M",
    "SUMMARY:\\",
    " folded",
    "\u{e9}",
    "",
    "METHOD:REQUEST",
    "SEQUENCE:99999999999999999999",
    "GEO:1;2",
    "GEO:NaN;2",
];
