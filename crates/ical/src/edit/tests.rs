//! Edits: what is changed is changed, and nothing else.

use crate::words::{Action, Answer};
use crate::{Alarm, Component, Duration, Participant, Property, Recurs, Trigger, When, parse_stream};

const EVENT: &str = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;X-Odd=1;TZID=Europe/Paris:20260101T100000\r\nDURATION:PT1H\r\n\
    SUMMARY;LANGUAGE=fr;ALTREP=\"cid:x\":Déjeuner\r\nDESCRIPTION:old\r\nX-ALT-DESC;FMTTYPE=text/html:<b>old</b>\r\n\
    EXDATE;TZID=Europe/Paris:20260102T100000\r\nRRULE:FREQ=DAILY\r\n\
    ATTENDEE;X-NUM-GUESTS=2;partstat=needs-action;CN=Anna:MAILTO:Anna@example.org\r\n\
    ATTENDEE:mailto:b@example.org\r\nX-LAST:1\r\n\
    BEGIN:VALARM\r\nX-KEPT:1\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n";

fn event() -> Component<'static> {
    let mut roots = parse_stream(EVENT.as_bytes(), &crate::Limits::OBJECT).unwrap();
    roots.remove(0)
}

/// The lines that an edit takes away and those that it writes.
fn changed(edit: impl FnOnce(&mut Component<'_>)) -> (Vec<String>, Vec<String>) {
    let mut component = event();
    edit(&mut component);
    let after = component.write().replace("\r\n ", "");
    let before = EVENT.replace("\r\n ", "");
    let lines = |of: &str, without: &str| -> Vec<String> {
        let others: Vec<&str> = without.split("\r\n").collect();
        of.split("\r\n")
            .filter(|line| !others.contains(line))
            .map(str::to_owned)
            .collect()
    };
    (lines(&before, &after), lines(&after, &before))
}

fn at(hour: i8) -> When<'static> {
    When::Zoned(
        jiff::civil::date(2026, 1, 2).at(hour, 0, 0, 0),
        "Europe/Paris".into(),
    )
}

#[test]
fn an_edit_that_says_what_is_there_changes_nothing() {
    let nothing = (Vec::new(), Vec::new());
    let edited = changed(|event| {
        event.set_text("SUMMARY", Some("Déjeuner"));
        event.set_duration(Duration::seconds(3600));
        event.set_exdates(&[at(10)]);
        event.add_exdate(&at(10));
        event.set_rules("RRULE", &["FREQ=DAILY"]);
        let anna = Participant::read(event.get("ATTENDEE").unwrap()).into_owned();
        event.put_attendee(&anna);
        let alarm = Alarm::new(Action::Display, Trigger::Start(Duration::seconds(-300)));
        event.set_alarms(&[alarm], "Déjeuner");
    });
    assert_eq!(edited, nothing);
}

#[test]
fn a_text_keeps_its_language_and_loses_its_other_forms() {
    let (gone, written) = changed(|event| event.set_text("summary", Some("Dîner; à 8")));
    assert_eq!(gone, ["SUMMARY;LANGUAGE=fr;ALTREP=\"cid:x\":Déjeuner"]);
    assert_eq!(written, ["SUMMARY;LANGUAGE=fr:Dîner\\; à 8"]);
    let (gone, written) = changed(|event| event.set_text("DESCRIPTION", None));
    assert_eq!(
        gone,
        ["DESCRIPTION:old", "X-ALT-DESC;FMTTYPE=text/html:<b>old</b>"]
    );
    assert!(written.is_empty());
}

#[test]
fn a_moved_event_keeps_what_nobody_knows_about_its_start() {
    let (_, written) = changed(|event| {
        event.set_when("DTSTART", Some(&When::Date(jiff::civil::date(2026, 1, 2))));
        event.set_end(Some(&When::Date(jiff::civil::date(2026, 1, 3))));
    });
    assert_eq!(
        written,
        ["DTSTART;X-Odd=1;VALUE=DATE:20260102", "DTEND;VALUE=DATE:20260103"]
    );
    let (gone, written) = changed(|event| event.set_end(Some(&at(12))));
    assert_eq!(gone, ["DURATION:PT1H"]);
    assert_eq!(written, ["DTEND;TZID=Europe/Paris:20260102T120000"]);
}

#[test]
fn an_answer_changes_one_parameter() {
    let (_, written) = changed(|event| {
        let mut anna = Participant::read(event.get("ATTENDEE").unwrap()).into_owned();
        anna.answer = Answer::Accepted;
        event.put_attendee(&anna);
    });
    assert_eq!(
        written,
        ["ATTENDEE;X-NUM-GUESTS=2;partstat=ACCEPTED;CN=Anna:MAILTO:Anna@example.org"]
    );
}

#[test]
fn people_come_and_go_by_their_mailbox() {
    let (gone, written) = changed(|event| {
        event.remove_attendee("mailto:anna@EXAMPLE.org");
        event.put_attendee(&Participant {
            name: Some("Roe, C".into()),
            asked: true,
            ..Participant::new("mailto:c@example.org")
        });
        event.set_organizer(Some(&Participant::new("mailto:o@example.org")));
    });
    assert_eq!(gone.len(), 1);
    let expected = [
        "ATTENDEE;CN=\"Roe, C\";RSVP=TRUE:mailto:c@example.org",
        "ORGANIZER:mailto:o@example.org",
    ];
    assert_eq!(written, expected);
}

#[test]
fn dates_of_a_series_are_written_by_kind_and_zone() {
    let utc = When::Utc(jiff::civil::date(2026, 1, 2).at(9, 0, 0, 0));
    let (gone, written) = changed(|event| {
        event.add_exdate(&at(11));
        event.set_rdates(&[Recurs::At(at(12)), Recurs::At(utc.clone())]);
    });
    assert!(gone.is_empty());
    assert_eq!(
        written,
        [
            "EXDATE;TZID=Europe/Paris:20260102T110000",
            "RDATE;TZID=Europe/Paris:20260102T120000",
            "RDATE:20260102T090000Z"
        ]
    );
    let (gone, _) = changed(|event| event.set_exdates(&[]));
    assert_eq!(gone, ["EXDATE;TZID=Europe/Paris:20260102T100000"]);
}

#[test]
fn alarms_that_stay_keep_what_nobody_knows_and_new_ones_are_whole() {
    let mut event = event();
    let old = Alarm::new(Action::Display, Trigger::Start(Duration::seconds(-300)));
    let new = Alarm {
        repeat: 2,
        every: Some(Duration::seconds(60)),
        ..Alarm::new(Action::Email, Trigger::End(Duration::days(-1)))
    };
    event.set_alarms(&[new.clone(), old.clone()], "Lunch");
    let written: Vec<_> = event.components.iter().map(Component::write).collect();
    assert_eq!(
        written[0],
        "BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER;RELATED=END:-P1D\r\nREPEAT:2\r\nDURATION:PT1M\r\n\
         SUMMARY:Lunch\r\nDESCRIPTION:Lunch\r\nEND:VALARM\r\n"
    );
    assert!(written[1].contains("X-KEPT:1"));
    assert_eq!(Alarm::read(&event.components[1]), old);
}

#[test]
fn lists_are_escaped_and_read_back() {
    let mut event = event();
    event.set_list("CATEGORIES", &["a,b", "c;d"]);
    assert_eq!(
        event.get("CATEGORIES").map(Property::raw),
        Some("CATEGORIES:a\\,b,c\\;d")
    );
    let back: Vec<_> = event.get("CATEGORIES").unwrap().as_list().collect();
    assert_eq!(back, ["a,b", "c;d"]);
}
