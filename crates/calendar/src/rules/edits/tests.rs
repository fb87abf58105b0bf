//! Edits, tried on texts: what changes is what was spoken of, and everything else comes back.

use ical::zones::{Shows, Zone};
use ical::{Class, Status};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use proptest::prelude::*;

use super::times::{Spot, Times, TimesWish};
use super::wish::{Guest, RemindWhen, Reminder, Wish};
use super::{Aim, Edited, Pen, Which, change, create, delete, differences, duplicate, explain, open, seen};
use crate::types::Reason;

fn pen() -> Pen {
    Pen {
        at: at("2026-11-22T12:00:00"),
        uid: "fresh".to_owned(),
        zone: "Europe/Berlin".to_owned(),
    }
}

fn at(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn event(lines: &str) -> String {
    let lines = lines.replace('\n', "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// Mondays at ten, one of which was moved and another one renamed.
const ROUNDS: &str = "DTSTART;TZID=Europe/Berlin:20261019T100000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY\n\
    EXDATE;TZID=Europe/Berlin:20261102T100000\nSUMMARY:Rounds\nX-OF-A-CLIENT;K=v:kept\n\
    ORGANIZER:mailto:olga@example.org\nATTENDEE;PARTSTAT=ACCEPTED;X-N=1:mailto:anna@example.org\n\
    BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT10M\nDESCRIPTION:x\nX-ODD:1\nEND:VALARM\nEND:VEVENT\nBEGIN:VEVENT\n\
    UID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20261026T100000\nDTSTART;TZID=Europe/Berlin:20261027T120000\n\
    DURATION:PT1H\nSUMMARY:Rounds\nATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.org\nEND:VEVENT\nBEGIN:VEVENT\n\
    UID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20261123T100000\nDTSTART;TZID=Europe/Berlin:20261123T100000\n\
    DURATION:PT30M\nSUMMARY:Budget\nATTENDEE:mailto:anna@example.org";

fn aim(which: Which, instance: &str) -> Aim {
    Aim {
        which,
        instance: Some(at(instance)),
    }
}

fn starting(text: &str) -> TimesWish {
    TimesWish {
        starts: Some(Spot::Local(at(text))),
        ..TimesWish::default()
    }
}

/// Title and local start of what happens within some months.
fn shown(texts: &[&String]) -> Vec<String> {
    let zone = Zone::iana("Europe/Berlin").unwrap();
    let (from, to): (Timestamp, Timestamp) = (
        "2026-10-01T00:00:00Z".parse().unwrap(),
        "2026-12-10T00:00:00Z".parse().unwrap(),
    );
    let mut all = Vec::new();
    for text in texts {
        open(text, |scene| {
            for one in scene.timing.between(from, to, &zone).unwrap() {
                let local = zone.local_at(one.start);
                let title = one.entry.summary.as_deref().unwrap_or_default().to_owned();
                all.push(format!("{} {title}", local.strftime("%m-%d %H:%M")));
            }
            Ok(())
        })
        .unwrap();
    }
    all.sort();
    all
}

fn parts(edited: &Edited) -> Vec<&String> {
    edited.text.iter().chain(&edited.split).collect()
}

const BEFORE: [&str; 7] = [
    "10-19 10:00 Rounds",
    "10-27 12:00 Rounds",
    "11-09 10:00 Rounds",
    "11-16 10:00 Rounds",
    "11-23 10:00 Budget",
    "11-30 10:00 Rounds",
    "12-07 10:00 Rounds",
];

#[test]
fn one_instance_is_changed_and_no_other() {
    let wish = Wish {
        times: starting("2026-11-17T09:00:00"),
        place: Some("Attic".to_owned()),
        ..Wish::default()
    };
    let text = event(ROUNDS);
    let edited = change(&text, aim(Which::This, "2026-11-16T10:00:00"), &wish, &pen()).unwrap();
    let mut expected = BEFORE.to_vec();
    expected[3] = "11-17 09:00 Rounds";
    assert_eq!(shown(&parts(&edited)), expected);
    let after = edited.text.as_ref().unwrap();
    assert!(after.contains("X-OF-A-CLIENT;K=v:kept") && after.contains("PARTSTAT=ACCEPTED"));
    let one = seen(after, Some(at("2026-11-16T10:00:00"))).unwrap();
    assert_eq!(
        (one.place.as_str(), one.reminders.len(), one.guests.len()),
        ("Attic", 1, 1)
    );
    assert_eq!(one.times.unwrap().seconds(), 1_800, "as long as before");
    let again = Wish {
        title: Some("Late".to_owned()),
        ..Wish::default()
    };
    let edited = change(after, aim(Which::This, "2026-11-16T10:00:00"), &again, &pen()).unwrap();
    expected[3] = "11-17 09:00 Late";
    assert_eq!(shown(&parts(&edited)), expected, "it is changed in its place");
}

#[test]
fn this_and_following_become_a_series_of_their_own_that_knows_where_it_came_from() {
    let wish = Wish {
        times: starting("2026-11-16T11:00:00"),
        ..Wish::default()
    };
    let text = event(ROUNDS);
    let edited = change(&text, aim(Which::Following, "2026-11-16T10:00:00"), &wish, &pen()).unwrap();
    let mut expected = BEFORE.map(|one| one.replace("11-16 10", "11-16 11")).to_vec();
    expected[4] = "11-23 11:00 Budget".to_owned();
    expected[5] = "11-30 11:00 Rounds".to_owned();
    expected[6] = "12-07 11:00 Rounds".to_owned();
    assert_eq!(shown(&parts(&edited)), expected);
    let (first, second) = (edited.text.unwrap(), edited.split.unwrap());
    assert!(first.contains("RELATED-TO;RELTYPE=SIBLING:fresh"), "{first}");
    assert!(second.contains("RELATED-TO;RELTYPE=SIBLING:a"), "{second}");
    for kept in [
        "PARTSTAT=ACCEPTED;X-N=1",
        "X-ODD:1",
        "X-OF-A-CLIENT;K=v:kept",
        "UID:fresh",
    ] {
        assert!(second.contains(kept), "{kept}: {second}");
    }
    assert!(first.contains("EXDATE") && !second.contains("EXDATE"));
    assert!(first.contains("PARTSTAT=DECLINED") && !second.contains("PARTSTAT=DECLINED"));
}

#[test]
fn all_of_a_series_moves_and_takes_along_what_was_changed_for_one() {
    let wish = Wish {
        times: starting("2026-11-10T11:00:00"),
        ..Wish::default()
    };
    let text = event(ROUNDS);
    let edited = change(&text, aim(Which::All, "2026-11-09T10:00:00"), &wish, &pen()).unwrap();
    // Tuesdays at eleven; what was moved by itself stays where somebody put it.
    let expected = [
        "10-20 11:00 Rounds",
        "10-27 12:00 Rounds",
        "11-10 11:00 Rounds",
        "11-17 11:00 Rounds",
        "11-24 11:00 Budget",
        "12-01 11:00 Rounds",
        "12-08 11:00 Rounds",
    ];
    assert_eq!(shown(&parts(&edited)), expected);
    assert_eq!(edited.split, None);
}

#[test]
fn what_is_changed_for_all_reaches_each_that_had_nothing_else_of_its_own() {
    let guests = vec![Guest::at("Anna@example.org"), Guest::at("boris@example.org")];
    let wish = Wish {
        title: Some("Walk".to_owned()),
        guests: Some(guests),
        ..Wish::default()
    };
    let edited = change(&event(ROUNDS), Aim::ALL, &wish, &pen()).unwrap();
    let text = edited.text.unwrap();
    let titles: Vec<_> = shown(&[&text]).iter().map(|one| one[12..].to_owned()).collect();
    assert_eq!(titles, ["Walk", "Walk", "Walk", "Walk", "Budget", "Walk", "Walk"]);
    for instance in [None, Some("2026-10-26T10:00:00"), Some("2026-11-23T10:00:00")] {
        let seen = seen(&text, instance.map(at)).unwrap();
        assert_eq!(seen.guests.len(), 2, "{instance:?}");
    }
    assert!(
        text.contains("PARTSTAT=ACCEPTED") && text.contains("PARTSTAT=DECLINED"),
        "answers stay"
    );
}

#[test]
fn a_rule_that_changes_keeps_what_was_changed_for_instances_that_are_still_there() {
    let rule = "FREQ=WEEKLY;INTERVAL=5".parse().unwrap();
    let wish = Wish {
        recurrence: Some(Some(rule)),
        ..Wish::default()
    };
    let edited = change(&event(ROUNDS), Aim::ALL, &wish, &pen()).unwrap();
    assert_eq!(
        shown(&parts(&edited)),
        ["10-19 10:00 Rounds", "11-23 10:00 Budget"]
    );
    let once = Wish {
        recurrence: Some(None),
        ..Wish::default()
    };
    let edited = change(&event(ROUNDS), Aim::ALL, &once, &pen()).unwrap();
    assert_eq!(shown(&parts(&edited)), ["10-19 10:00 Rounds"]);
}

#[test]
fn instances_are_taken_out_one_by_one_or_from_one_on() {
    let text = event(ROUNDS);
    let edited = delete(&text, aim(Which::This, "2026-10-26T10:00:00"), &pen()).unwrap();
    let without: Vec<_> = BEFORE
        .iter()
        .filter(|one| !one.starts_with("10-27"))
        .copied()
        .collect();
    assert_eq!(shown(&parts(&edited)), without);
    let edited = delete(&text, aim(Which::Following, "2026-11-16T10:00:00"), &pen()).unwrap();
    assert_eq!(shown(&parts(&edited)), &BEFORE[..3]);
    assert!(
        !edited.text.unwrap().contains("RELATED-TO"),
        "nothing came after it"
    );
    let edited = delete(&text, aim(Which::Following, "2026-10-19T10:00:00"), &pen()).unwrap();
    assert_eq!(edited.text, None);
}

#[test]
fn a_series_without_instances_is_gone() {
    let text = event("DTSTART:20261101T100000Z\nRRULE:FREQ=DAILY;COUNT=1");
    let edited = delete(&text, aim(Which::This, "2026-11-01T10:00:00"), &pen()).unwrap();
    assert_eq!(edited.text, None);
}

#[test]
fn an_instance_that_is_none_is_refused_by_name() {
    let refused = |aim| match change(&event(ROUNDS), aim, &Wish::default(), &pen()) {
        Err(Reason::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(aim(Which::This, "2026-11-16T11:00:00")), "instance");
    assert_eq!(
        refused(aim(Which::Following, "2026-11-02T10:00:00")),
        "instance",
        "it is excepted"
    );
    assert_eq!(
        refused(Aim {
            which: Which::This,
            instance: None
        }),
        "instance"
    );
}

#[test]
fn a_series_moves_into_another_zone_and_to_whole_days_with_its_end() {
    let text = event(
        "DTSTART;TZID=Europe/Berlin:20261019T100000\nDURATION:PT30M\nRRULE:FREQ=DAILY;UNTIL=20261021T080000Z",
    );
    let zone = TimesWish {
        zone: Some("Asia/Vladivostok".to_owned()),
        ..TimesWish::default()
    };
    let edited = change(
        &text,
        Aim::ALL,
        &Wish {
            times: zone,
            ..Wish::default()
        },
        &pen(),
    )
    .unwrap();
    let text = edited.text.unwrap();
    assert_eq!(shown(&[&text]).len(), 3, "{text}");
    assert!(
        text.contains("UNTIL=20261021T000000Z") && text.contains("BEGIN:VTIMEZONE"),
        "{text}"
    );
    let day = Spot::Day("2026-10-20".parse::<Date>().unwrap());
    let days = TimesWish {
        starts: Some(day),
        ..TimesWish::default()
    };
    let edited = change(
        &text,
        aim(Which::All, "2026-10-20T10:00:00"),
        &Wish {
            times: days,
            ..Wish::default()
        },
        &pen(),
    );
    let text = edited.unwrap().text.unwrap();
    assert!(
        text.contains("DTSTART;VALUE=DATE:20261019") && text.contains("UNTIL=20261021"),
        "{text}"
    );
    assert_eq!(shown(&[&text]).len(), 3);
}

#[test]
fn what_follows_a_this_and_future_of_a_client_is_split_where_it_stands() {
    let text = event(
        "DTSTART:20261019T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nSUMMARY:Early\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\n\
         RECURRENCE-ID;RANGE=THISANDFUTURE:20261109T100000Z\nDTSTART:20261109T140000Z\nDURATION:PT1H\nSUMMARY:Late",
    );
    let wish = Wish {
        place: Some("Attic".to_owned()),
        ..Wish::default()
    };
    let before = shown(&[&text]);
    let edited = change(&text, aim(Which::Following, "2026-11-23T10:00:00"), &wish, &pen()).unwrap();
    assert_eq!(shown(&parts(&edited)), before);
    let found = differences(&text, &edited, range(), &Zone::UTC).unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn a_new_event_says_what_was_wished_and_once_more_is_another_one() {
    let days = Times::Days {
        first: "2026-12-24".parse().unwrap(),
        last: "2026-12-26".parse().unwrap(),
    };
    let wish = Wish {
        title: Some("Holidays; at last".to_owned()),
        times: TimesWish::all(&days),
        recurrence: Some(Some("FREQ=YEARLY".parse().unwrap())),
        busy: Some(false),
        class: Some(Class::Private),
        status: Some(Status::Tentative),
        categories: Some(vec!["family, friends".to_owned()]),
        reminders: Some(vec![Reminder {
            when: RemindWhen::BeforeStart(1_440),
            by: ical::Action::Email,
        }]),
        guests: Some(vec![Guest::at("anna@example.org")]),
        ..Wish::default()
    };
    let text = create(&wish, &pen()).unwrap();
    let it = seen(&text, None).unwrap();
    assert_eq!(it.times, Some(days));
    assert_eq!(
        (it.title.as_str(), it.busy, it.class),
        ("Holidays; at last", false, Class::Private)
    );
    assert_eq!(
        (it.categories.as_slice(), it.reminders.len()),
        (&["family, friends".to_owned()][..], 1)
    );
    assert!(
        text.contains("TRIGGER:-P1D") && text.contains("DTEND;VALUE=DATE:20261227"),
        "{text}"
    );
    let other = Pen {
        uid: "other".to_owned(),
        ..pen()
    };
    let twin = duplicate(&text, &other).unwrap();
    let twin = seen(&twin, None).unwrap();
    assert_eq!(
        super::seen::Seen {
            uid: "fresh".to_owned(),
            ..twin
        },
        it
    );
}

#[test]
fn what_guests_answer_to_a_part_that_was_cut_off_counts() {
    let text = event(
        "DTSTART:20261123T090000Z\nRRULE:FREQ=DAILY\nSEQUENCE:3\nORGANIZER:mailto:olga@example.org\n\
         ATTENDEE;PARTSTAT=ACCEPTED;X-TOWNHALL-ASKED=3;X-TOWNHALL-ANSWERED=20261101T000000Z:mailto:anna@example.org",
    );
    let wish = Wish {
        title: Some("Later".to_owned()),
        ..Wish::default()
    };
    let edited = change(&text, aim(Which::Following, "2026-11-25T09:00:00"), &wish, &pen()).unwrap();
    let split = edited.split.unwrap();
    assert_eq!(
        seen(&split, None).unwrap().guests[0].answer,
        ical::Answer::Accepted
    );
    // It begins to count at zero again.
    assert!(!split.contains("X-TOWNHALL-"), "{split}");
}

#[test]
fn nobody_has_answered_to_a_duplicate_but_whoever_organizes_it() {
    let text = event(
        "DTSTART:20261123T090000Z\nORGANIZER:mailto:olga@example.org\nATTENDEE;PARTSTAT=ACCEPTED:mailto:olga@example.org\n\
         ATTENDEE;PARTSTAT=ACCEPTED;X-TOWNHALL-ANSWERED=20261101T000000Z:mailto:anna@example.org",
    );
    let twin = duplicate(&text, &pen()).unwrap();
    let answers: Vec<_> = seen(&twin, None)
        .unwrap()
        .guests
        .iter()
        .map(|one| one.answer)
        .collect();
    assert_eq!(answers, [ical::Answer::Accepted, ical::Answer::NeedsAction]);
    assert!(!twin.contains("X-TOWNHALL-ANSWERED"), "{twin}");
}

#[test]
fn a_dry_run_names_the_instances_that_change() {
    let wish = Wish {
        times: starting("2026-11-16T11:00:00"),
        ..Wish::default()
    };
    let text = event(ROUNDS);
    let edited = change(&text, aim(Which::Following, "2026-11-16T10:00:00"), &wish, &pen()).unwrap();
    let found = differences(&text, &edited, range(), &Zone::UTC).unwrap();
    let moved: Vec<_> = found
        .iter()
        .map(|one| (one.before.is_some(), one.after.is_some()))
        .collect();
    assert_eq!(moved, [(true, true); 4], "{found:?}");
    let deleted = delete(&text, aim(Which::This, "2026-11-16T10:00:00"), &pen()).unwrap();
    let found = differences(&text, &deleted, range(), &Zone::UTC).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].before.is_some() && found[0].after.is_none());
}

fn range() -> (Timestamp, Timestamp) {
    (
        "2026-10-01T00:00:00Z".parse().unwrap(),
        "2026-12-10T00:00:00Z".parse().unwrap(),
    )
}

prop_compose! {
    fn series()(
        day in 1..=28_u8, hour in 0..24_u8,
        frequency in prop::sample::select(vec!["DAILY", "WEEKLY", "WEEKLY;BYDAY=MO,WE,SA", "MONTHLY", "MONTHLY;BYDAY=2TU"]),
        interval in 1..4_u8,
        end in prop_oneof![
            Just(String::new()),
            (2..40_u8).prop_map(|count| format!(";COUNT={count}")),
            (1..12_u8).prop_map(|month| format!(";UNTIL=2026{month:02}25T000000Z")),
        ],
        excepted in 0..5_usize,
        moved in 0..5_usize,
    ) -> String {
        let start = format!("202601{day:02}T{hour:02}0000");
        let bare = event(&format!("DTSTART;TZID=Europe/Berlin:{start}\nDURATION:PT45M\nRRULE:FREQ={frequency};INTERVAL={interval}{end}"));
        let ids = instances(&[&bare]);
        let mut text = bare;
        if let Some((id, _)) = ids.get(excepted + 1) {
            let edited = delete(&text, Aim { which: Which::This, instance: Some(*id) }, &pen()).unwrap();
            text = edited.text.unwrap();
        }
        if let Some((id, _)) = ids.get(moved + 2).filter(|_| moved + 2 != excepted + 1) {
            let wish = Wish { title: Some("moved".to_owned()), times: starting("2026-06-01T05:00:00"), ..Wish::default() };
            text = change(&text, Aim { which: Which::This, instance: Some(*id) }, &wish, &pen()).unwrap().text.unwrap();
        }
        text
    }
}

/// Ids and starts of everything within two years.
fn instances(texts: &[&String]) -> Vec<(DateTime, Timestamp)> {
    let (from, to) = (
        "2025-12-01T00:00:00Z".parse().unwrap(),
        "2027-12-01T00:00:00Z".parse().unwrap(),
    );
    let mut all = Vec::new();
    for text in texts {
        open(text, |scene| {
            let found = scene.timing.between(from, to, &Zone::UTC).unwrap();
            all.extend(
                found
                    .iter()
                    .map(|one| (one.id.map_or(one.local, |(id, _)| id), one.start)),
            );
            Ok(())
        })
        .unwrap();
    }
    all.sort_unstable();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// A cut changes nothing but what was wished for the second part.
    #[test]
    fn before_and_after_a_cut_the_same_instances_are_there(text in series(), at in any::<prop::sample::Index>()) {
        let before = instances(&[&text]);
        let (id, _) = before[at.index(before.len())];
        let wish = Wish { place: Some("Attic".to_owned()), ..Wish::default() };
        match change(&text, Aim { which: Which::Following, instance: Some(id) }, &wish, &pen()) {
            Ok(edited) => prop_assert_eq!(&instances(&parts(&edited)), &before),
            // COUNT and INTERVAL count from the start: DTSTART beside its rule cannot be said anew from every place.
            Err(Reason::Field { field, .. }) => prop_assert_eq!(field, "instance"),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        }
        // Nothing is left of it, or all that was before.
        if let Ok(edited) = delete(&text, Aim { which: Which::Following, instance: Some(id) }, &pen()) {
            let early: Vec<_> = before.iter().filter(|(other, _)| *other < id).copied().collect();
            prop_assert_eq!(instances(&parts(&edited)), early);
        }
    }

    /// One instance that moves moves alone.
    #[test]
    fn an_edit_of_one_leaves_the_others_alone(text in series(), at in any::<prop::sample::Index>()) {
        let before = instances(&[&text]);
        let at = at.index(before.len());
        let wish = Wish { times: starting("2026-09-09T09:09:00"), ..Wish::default() };
        let aim = Aim { which: Which::This, instance: Some(before[at].0) };
        let edited = change(&text, aim, &wish, &pen()).unwrap();
        let mut expected = before;
        expected[at].1 = "2026-09-09T07:09:00Z".parse().unwrap();
        expected.sort_unstable();
        prop_assert_eq!(instances(&parts(&edited)), expected);
    }
}

#[test]
fn what_clocks_skip_or_show_twice_is_told() {
    let nightly = |zone: &str| {
        event(&format!(
            "DTSTART{zone}:20260301T023000\nDURATION:PT15M\nRRULE:FREQ=DAILY\nSUMMARY:Backup"
        ))
    };
    let in_berlin = nightly(";TZID=Europe/Berlin");
    let clock = |text: &str, when: &str| {
        let (why, clock) = explain(text, at(when)).unwrap();
        assert!(why.is_there(), "{when}: {why:?}");
        clock
    };
    let to = at("2026-03-29T03:30:00");
    assert_eq!(clock(&in_berlin, "2026-03-29T02:30:00"), Shows::Skips { to });
    assert_eq!(clock(&in_berlin, "2026-10-25T02:30:00"), Shows::Twice);
    for plain in [
        "2026-03-28T02:30:00",
        "2026-03-30T02:30:00",
        "2026-10-24T02:30:00",
        "2026-10-26T02:30:00",
    ] {
        assert_eq!(clock(&in_berlin, plain), Shows::Once, "{plain}");
    }
    assert_eq!(
        clock(&nightly(""), "2026-03-29T02:30:00"),
        Shows::Once,
        "it floats"
    );
}
