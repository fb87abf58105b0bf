//! What becomes of copies when messages come, tried without a store.

use kernel::Moment;

use super::*;
use crate::rules::edits::{self, Aim, Pen, Which};
use crate::rules::itip::by_attendee;

const AT: Moment = Moment::from_seconds(1_795_348_800);

fn boris() -> Mine {
    Mine(vec!["mailto:boris@town.example".to_owned()])
}

/// An entry of Anna's to which Boris is asked.
fn asked(name: &str, times: &str, stamp: &str, answer: &str) -> String {
    format!(
        "BEGIN:{name}\r\nUID:a\r\nDTSTAMP:{stamp}\r\n{times}\r\nSUMMARY:Plans\r\nORGANIZER:mailto:anna@town.example\r\n\
         ATTENDEE;PARTSTAT={answer}:mailto:boris@town.example\r\nEND:{name}\r\n"
    )
}

fn calendar(method: &str, entries: &[String]) -> Component<'static> {
    let method = match method {
        "" => String::new(),
        method => format!("METHOD:{method}\r\n"),
    };
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{method}{}END:VCALENDAR\r\n",
        entries.concat()
    );
    ical::parse(text.as_bytes()).unwrap().into_owned()
}

const NOON: &str = "20261101T120000Z";
const SERIES: &str = "DTSTART:20261124T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY";

fn series(answer: &str) -> String {
    asked("VEVENT", SERIES, NOON, answer)
}

fn instance_of(day: u8, answer: &str) -> String {
    let times = format!("RECURRENCE-ID:202611{day}T090000Z\r\nDTSTART:202611{day}T150000Z\r\nDURATION:PT1H");
    asked("VEVENT", &times, NOON, answer)
}

fn hears(copy: &Component<'_>, message: &Component<'_>, view: View) -> Changed {
    match received(Some(copy), message, &boris(), view) {
        Received::Changed(changed) => *changed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_changed_before_an_answer_and_comes_after_it_is_heard() {
    let copy = calendar("", &[series("NEEDS-ACTION")]);
    let pen = Pen {
        at: "2026-11-22T10:00:00".parse().unwrap(),
        uid: "other".to_owned(),
        zone: "UTC".to_owned(),
    };
    let one = Aim {
        which: Which::This,
        instance: Some("2026-11-25T09:00:00".parse().unwrap()),
    };
    let message = series("NEEDS-ACTION")
        .replace("Plans", "Other plans")
        .replace(NOON, "20261105T120000Z");
    let message = calendar("REQUEST", &[message]);
    for aim in [Aim::ALL, one] {
        let text = edits::answer(&copy.write(), aim, &boris(), Answer::Accepted, &pen).unwrap();
        let text = text.text.unwrap();
        let answered = ical::parse(text.as_bytes()).unwrap();
        let told = by_attendee(Some(&copy), Some(&answered), &boris(), AT);
        assert_eq!(told.messages.len(), 1, "{text}");
        assert!(
            told.messages[0].text.contains("DTSTAMP:20261122"),
            "the answer says when it was"
        );
        let heard = hears(&told.kept.unwrap(), &message, View::Whole);
        assert!(heard.copy.write().contains("Other plans"), "{text}");
    }
    // Nor do the stamps and numbers count that a calendar program gives itself.
    let put = series("ACCEPTED").replace(NOON, "20261122T100000Z\r\nSEQUENCE:7");
    let instance = instance_of(26, "ACCEPTED").replace(NOON, "20261122T100000Z\r\nSEQUENCE:7");
    let told = by_attendee(Some(&copy), Some(&calendar("", &[put, instance])), &boris(), AT);
    let kept = told.kept.unwrap();
    assert!(!kept.write().contains("20261122T100000Z") && !kept.write().contains("SEQUENCE:7"));
    let message = calendar(
        "REQUEST",
        &[
            series("ACCEPTED").replace("Plans", "Other"),
            instance_of(26, "ACCEPTED"),
        ],
    );
    assert!(hears(&kept, &message, View::Whole).copy.write().contains("Other"));
}

#[test]
fn an_answer_stands_unless_the_time_is_another_one() {
    let copy = calendar("", &[series("DECLINED")]);
    for said in ["NEEDS-ACTION", "ACCEPTED", "TENTATIVE"] {
        let message = calendar("REQUEST", &[series(said).replace("Plans", "Other")]);
        let heard = hears(&copy, &message, View::Whole);
        assert!(heard.copy.write().contains("PARTSTAT=DECLINED"), "{said}");
        assert_eq!(heard.news, News::Changed { asks: false });
        let moved = calendar("REQUEST", &[series(said).replace("T090000Z", "T100000Z")]);
        let heard = hears(&copy, &moved, View::Whole);
        assert!(heard.copy.write().contains(said), "{said}");
        assert_eq!(
            heard.news,
            News::Changed {
                asks: said == "NEEDS-ACTION"
            }
        );
    }
}

#[test]
fn an_invitation_to_one_more_instance_leaves_the_others() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n\
        TZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    let copy = calendar("", &[instance_of(25, "ACCEPTED")]);
    let more = instance_of(27, "NEEDS-ACTION")
        .replace("DTSTART:20261127T150000Z", "DTSTART;TZID=Ours:20261127T150000");
    let message = calendar("REQUEST", &[zone.to_owned(), more]);
    let heard = hears(&copy, &message, View::Parts);
    assert_eq!(heard.news, News::Changed { asks: true }, "it is news");
    let text = heard.copy.write();
    assert!(
        text.contains("20261125T090000Z") && text.contains("20261127T090000Z"),
        "{text}"
    );
    assert_eq!(
        text.matches("TZID:Ours").count(),
        1,
        "its zone came with it: {text}"
    );
    let again = hears(
        &heard.copy,
        &calendar(
            "REQUEST",
            &[instance_of(25, "ACCEPTED").replace("Plans", "Other")],
        ),
        View::Parts,
    );
    assert_eq!(again.copy.write().matches("BEGIN:VEVENT").count(), 2);
    // A message of the house shows all that one takes part in.
    let copy = calendar("", &[series("ACCEPTED"), instance_of(25, "ACCEPTED")]);
    let message = calendar("REQUEST", &[instance_of(25, "ACCEPTED")]);
    let heard = hears(&copy, &message, View::Whole);
    assert!(
        !heard.copy.write().contains("RRULE"),
        "they are in the series no more"
    );
    assert_eq!(heard.news, News::Changed { asks: false });
    assert_eq!(
        received(Some(&copy), &message, &boris(), View::Parts),
        Received::Known
    );
}

#[test]
fn an_event_and_a_task_are_never_one_object() {
    let copy = calendar("", &[instance_of(25, "ACCEPTED")]);
    let task = instance_of(26, "NEEDS-ACTION").replace("VEVENT", "VTODO");
    for method in ["REQUEST", "CANCEL", "REPLY"] {
        let message = calendar(method, std::slice::from_ref(&task));
        assert_eq!(
            received(Some(&copy), &message, &boris(), View::Parts),
            Received::Unknown
        );
    }
}
