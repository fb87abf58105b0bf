//! Entries: what a component says, as types.

use jiff::civil::date;

use super::*;
use crate::alarm::Trigger;
use crate::values::{Period, Until};
use crate::words::{Action, Agent, Answer, Role, Sort};

fn component(lines: &str) -> Component<'static> {
    let text = lines.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    let mut roots = crate::parse_stream(text.as_bytes(), &crate::Limits::OBJECT).unwrap();
    roots.remove(0).into_owned()
}

const EVENT: &str = "BEGIN:VEVENT\n\
    UID:1@x\n\
    SEQUENCE:3\n\
    DTSTAMP:20260101T000000Z\n\
    DTSTART;TZID=Europe/Paris:20260102T100000\n\
    DTEND;TZID=Europe/Paris:20260102T110000\n\
    RRULE:FREQ=WEEKLY;BYDAY=MO\n\
    RDATE;VALUE=PERIOD:20260110T000000Z/PT1H\n\
    EXDATE;TZID=Europe/Paris:20260109T100000,20260116T100000\n\
    RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20260102T090000\n\
    SUMMARY:Lunch\\, long\n\
    Description:one\\ntwo\n\
    LOCATION:Place\n\
    GEO:48.85;2.35\n\
    URL:https://example.org/a,b\n\
    COLOR:turquoise\n\
    CATEGORIES:a\\,b,c\n\
    CATEGORIES:d\n\
    STATUS:tentative\n\
    TRANSP:TRANSPARENT\n\
    CLASS:X-SECRET\n\
    PRIORITY:1\n\
    CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=Room:https://meet.example.org/1\n\
    RELATED-TO;RELTYPE=SIBLING:2@x\n\
    RELATED-TO:3@x\n\
    ORGANIZER;CN=Olga;SENT-BY=\"mailto:s@x\":mailto:o@x\n\
    ATTENDEE;CN=A;ROLE=CHAIR;PARTSTAT=ACCEPTED;CUTYPE=ROOM;RSVP=TRUE;SCHEDULE-AGENT=CLIENT;SCHEDULE-STATUS=\"2.0\":MAILTO:A@x\n\
    ATTENDEE;PARTSTAT=X-WHAT;EMAIL=b@x;DELEGATED-TO=\"mailto:c@x\",\"mailto:d@x\":urn:uuid:1\n\
    BEGIN:VALARM\n\
    UID:al\n\
    ACTION:EMAIL\n\
    TRIGGER;RELATED=END:-PT10M\n\
    REPEAT:2\n\
    DURATION:PT5M\n\
    ACKNOWLEDGED:20260101T000000Z\n\
    END:VALARM\n\
    BEGIN:VALARM\n\
    ACTION:X-FIRE\n\
    END:VALARM\n\
    END:VEVENT";

#[test]
fn an_event_says_when_what_where_and_with_whom() {
    let component = component(EVENT);
    let entry = Entry::read(&component).unwrap();
    let paris = |day, hour| When::Zoned(date(2026, 1, day).at(hour, 0, 0, 0), "Europe/Paris".into());
    assert_eq!(
        (entry.uid.as_ref(), entry.sequence, entry.and_future),
        ("1@x", 3, true)
    );
    assert_eq!(entry.recurrence_id, Some(paris(2, 9)));
    assert_eq!(
        (entry.start.clone(), entry.end.clone()),
        (Some(paris(2, 10)), Some(paris(2, 11)))
    );
    assert_eq!(
        (entry.lasts(), entry.is_all_day(), entry.recurs()),
        (None, false, true)
    );
    assert_eq!(entry.rrules, ["FREQ=WEEKLY;BYDAY=MO"]);
    assert_eq!(entry.exdates, [paris(9, 10), paris(16, 10)]);
    let until = Until::Lasting(Duration::seconds(3600));
    let start = When::Utc(date(2026, 1, 10).at(0, 0, 0, 0));
    assert_eq!(entry.rdates, [Recurs::During(Period { start, until })]);
    words_are_read(&entry);
    people_are_read(&entry);
    let alarm = &entry.alarms[0];
    assert_eq!((alarm.action, alarm.repeat), (Some(Action::Email), 2));
    assert_eq!(alarm.trigger, Some(Trigger::End(Duration::seconds(-600))));
    assert!(alarm.acknowledged.is_some());
    assert_eq!(
        (entry.alarms[1].action, entry.alarms[1].trigger.clone()),
        (None, None),
        "it rings nothing"
    );
}

fn words_are_read(entry: &Entry<'_>) {
    assert_eq!(entry.summary.as_deref(), Some("Lunch, long"));
    assert_eq!(entry.description.as_deref(), Some("one\ntwo"));
    assert_eq!(entry.location.as_deref(), Some("Place"));
    assert_eq!(
        (entry.geo, entry.url),
        (Some((48.85, 2.35)), Some("https://example.org/a,b"))
    );
    assert_eq!(entry.color.as_deref(), Some("turquoise"));
    assert_eq!(entry.categories, ["a,b", "c", "d"]);
    assert_eq!((entry.status, entry.transparent), (Some(Status::Tentative), true));
    assert_eq!(
        (entry.class, entry.priority),
        (Class::Private, 1),
        "an unknown class is private"
    );
    assert_eq!(
        (
            entry.conferences[0].label.as_deref(),
            entry.conferences[0].features.len()
        ),
        (Some("Room"), 2)
    );
    assert_eq!(
        (entry.related[0].how.as_ref(), entry.related[1].how.as_ref()),
        ("SIBLING", "PARENT")
    );
    assert_eq!(
        entry.organizer.as_ref().unwrap().sent_by.as_deref(),
        Some("mailto:s@x")
    );
}

fn people_are_read(entry: &Entry<'_>) {
    let room = entry.attendee("mailto:a@X").unwrap();
    assert_eq!(
        (room.sort, room.role, room.answer),
        (Sort::Room, Role::Chair, Answer::Accepted)
    );
    assert_eq!(
        (room.agent, room.asked, room.schedule_status.as_deref()),
        (Agent::Client, true, Some("2.0"))
    );
    assert_eq!(room.mailbox(), Some("A@x"));
    let other = entry.attendee("mailto:b@x").unwrap();
    assert_eq!((other.answer, other.agent), (Answer::NeedsAction, Agent::Server));
    assert_eq!(other.delegated_to, ["mailto:c@x", "mailto:d@x"]);
}

#[test]
fn a_task_says_when_it_is_due_and_how_far_it_is() {
    let component = component(
        "BEGIN:VTODO
        UID:1
        DUE;VALUE=DATE:20260102
        PERCENT-COMPLETE:40
        COMPLETED:20260101T120000Z
        STATUS:IN-PROCESS
        PRIORITY:70
        END:VTODO",
    );
    let entry = Entry::read(&component).unwrap();
    assert_eq!(entry.kind, Kind::Todo);
    assert_eq!(entry.due, Some(When::Date(date(2026, 1, 2))));
    assert!(entry.is_all_day());
    assert_eq!((entry.percent, entry.priority), (Some(40), 0));
    assert_eq!(entry.status, Some(Status::InProcess));
    assert!(entry.completed.is_some());
}

#[test]
fn an_event_without_an_end_lasts_a_day_or_no_time() {
    let lasts = |lines: &str| {
        let component = component(&format!("BEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT"));
        Entry::read(&component).unwrap().lasts()
    };
    assert_eq!(lasts("DTSTART;VALUE=DATE:20260102"), Some(Duration::days(1)));
    assert_eq!(lasts("DTSTART:20260102T000000"), Some(Duration::default()));
    assert_eq!(
        lasts("DTSTART:20260102T000000\nDURATION:P1DT1H"),
        Some(Duration {
            days: 1,
            seconds: 3600
        })
    );
    assert_eq!(lasts("DTSTART:20260102T000000\nDTEND:20260102T000000"), None);
}

#[test]
fn what_decides_no_time_may_be_nonsense_and_what_does_may_not() {
    let read = |line: &str| {
        let component = component(&format!("BEGIN:VEVENT\nUID:1\n{line}\nEND:VEVENT"));
        Entry::read(&component)
            .map(|_| ())
            .map_err(|problem| problem.line)
    };
    for line in [
        "CREATED:soon",
        "GEO:here",
        "PRIORITY:high",
        "SEQUENCE:-1",
        "STATUS:",
        "PERCENT-COMPLETE:900",
    ] {
        assert_eq!(read(line), Ok(()), "{line}");
    }
    for line in [
        "DTSTART:soon",
        "DTEND:",
        "DURATION:1 hour",
        "RECURRENCE-ID:x",
        "EXDATE:x",
        "RDATE:1/2",
    ] {
        assert_eq!(read(line), Err(3), "{line}");
    }
}
