//! What finding a time promises, on real stores.

use ical::zones::Zone;
use jiff::civil::{Weekday, time};
use kernel::{Moment, PersonId};
use testkit::stores::KINDS;

use super::{Busy, Search, Times};
use crate::people::Card;
use crate::rules::slots::{Hours, slot_of};
use crate::service::{Calendars, Refused};
use crate::tests::{Scene, visitor};
use crate::types::{AboutChange, Expected, Reason};

pub(crate) fn event(uid: &str, lines: &str) -> String {
    let lines = lines.replace('\n', "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261101T000000Z\r\nSUMMARY:{uid}\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

pub(crate) fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

/// Monday of Berlin, from nine to five.
fn monday(needed: &[&str]) -> Search {
    Search {
        needed: needed.iter().map(ToString::to_string).collect(),
        optional: Vec::new(),
        with_me: true,
        from: at("2026-11-23T00:00:00Z"),
        to: at("2026-11-24T00:00:00Z"),
        minutes: 60,
        hours: Hours {
            from: time(9, 0, 0, 0),
            to: time(17, 0, 0, 0),
            weekdays: vec![Weekday::Monday],
        },
        zone: Zone::iana("Europe/Berlin").unwrap(),
        everyones_hours: false,
        count: 3,
    }
}

async fn somebody(calendars: &Calendars, name: &str) -> (PersonId, Card) {
    let found = calendars.somebody(&format!("{name}@town.example")).await;
    found.unwrap().unwrap()
}

pub(crate) async fn is_busy(calendars: &Calendars, name: &str, when: &str) -> bool {
    let (person, card) = somebody(calendars, name).await;
    let slot = slot_of(at(when));
    let slots = calendars
        .busy_slots(person, &card, (slot - 100, 300))
        .await
        .unwrap();
    slots.is_taken(slot)
}

fn starts(found: &Times) -> Vec<String> {
    found.times.iter().map(|one| one.starts.to_string()).collect()
}

#[tokio::test]
async fn a_time_is_one_at_which_everybody_is_free_by_what_their_calendars_say_now() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let anna = scene.first(&visitor("anna")).await;
        let boris = scene.first(&visitor("boris")).await;
        let morning = event("a", "DTSTART:20261123T080000Z\nDURATION:PT2H30M");
        let daily = event("b", "DTSTART:20261120T110000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY");
        scene
            .put(&anna, "a.ics", &morning, Expected::Nothing)
            .await
            .unwrap();
        scene
            .put(&boris, "b.ics", &daily, Expected::Nothing)
            .await
            .unwrap();
        let search = monday(&["boris@town.example", "nobody@elsewhere.example"]);
        let found = scene
            .calendars
            .find_times(&visitor("anna"), &search)
            .await
            .unwrap();
        assert_eq!(
            starts(&found),
            [
                "2026-11-23T12:00:00Z",
                "2026-11-23T13:00:00Z",
                "2026-11-23T14:00:00Z"
            ],
            "{kind:?}"
        );
        assert_eq!(found.unknown, ["nobody@elsewhere.example"]);
        assert!(found.times.iter().all(|one| one.missing.is_empty()));
        // What is written after it was worked out counts at the next look.
        scene
            .calendars
            .remove(
                anna.owner,
                anna.id,
                crate::types::Name::parse("a.ics").unwrap(),
                Expected::Anything,
            )
            .await
            .unwrap();
        let found = scene
            .calendars
            .find_times(&visitor("anna"), &search)
            .await
            .unwrap();
        assert_eq!(starts(&found)[0], "2026-11-23T08:00:00Z", "{kind:?}");
    }
}

#[tokio::test]
async fn where_nobody_is_free_together_it_says_who_is_missing() {
    let scene = Scene::on(KINDS[0]).await;
    let (anna, boris) = (
        scene.first(&visitor("anna")).await,
        scene.first(&visitor("boris")).await,
    );
    let all_day = event("a", "DTSTART:20261123T070000Z\nDTEND:20261123T160000Z");
    scene
        .put(&boris, "a.ics", &all_day, Expected::Nothing)
        .await
        .unwrap();
    let late = event("b", "DTSTART:20261123T140000Z\nDTEND:20261123T160000Z");
    scene.put(&anna, "b.ics", &late, Expected::Nothing).await.unwrap();
    let mut search = monday(&[]);
    search.optional = vec!["boris@town.example".to_owned()];
    search.count = 8;
    let found = scene
        .calendars
        .find_times(&visitor("anna"), &search)
        .await
        .unwrap();
    assert_eq!(found.times.len(), 8);
    assert_eq!(found.times[0].missing_optional, ["boris@town.example"]);
    assert_eq!(
        (found.times[0].missing.len(), found.times[7].missing.len()),
        (0, 1),
        "the best first"
    );
}

#[tokio::test]
async fn what_makes_nobody_busy_is_no_reason() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let when = "2026-11-23T09:00:00Z";
        for (name, lines) in [
            (
                "free.ics",
                "DTSTART:20261123T090000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT",
            ),
            (
                "off.ics",
                "DTSTART:20261123T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED",
            ),
            (
                "no.ics",
                "DTSTART:20261123T090000Z\nDURATION:PT1H\nORGANIZER:mailto:boris@town.example\n\
                 ATTENDEE;PARTSTAT=DECLINED:mailto:anna@town.example",
            ),
        ] {
            scene
                .put(&calendar, name, &event(name, lines), Expected::Nothing)
                .await
                .unwrap();
        }
        assert!(!is_busy(&scene.calendars, "anna", when).await);
        let busy = event("busy", "DTSTART:20261123T091000Z\nDURATION:PT1M");
        scene
            .put(&calendar, "busy.ics", &busy, Expected::Nothing)
            .await
            .unwrap();
        assert!(is_busy(&scene.calendars, "anna", when).await);
        let (person, card) = somebody(&scene.calendars, "anna").await;
        let range = (at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"));
        let exactly = scene.calendars.busy(person, &card, range).await.unwrap();
        let minute = Busy {
            starts: at("2026-11-23T09:10:00Z"),
            ends: at("2026-11-23T09:11:00Z"),
            is_tentative: false,
        };
        assert_eq!(exactly, [minute]);
        // A calendar that makes nobody busy any more.
        let quiet = AboutChange {
            busy: Some(false),
            ..AboutChange::default()
        };
        scene
            .calendars
            .change(calendar.owner, calendar.id, None, quiet)
            .await
            .unwrap();
        assert!(!is_busy(&scene.calendars, "anna", when).await);
    }
}

#[tokio::test]
async fn whoever_has_something_too_often_to_be_told_is_busy_all_the_time() {
    let scene = Scene::on(KINDS[0]).await;
    let calendar = scene.first(&visitor("anna")).await;
    let often = "DTSTART:20261101T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY";
    for (name, lines) in [
        ("free.ics", format!("{often}\nTRANSP:TRANSPARENT")),
        ("off.ics", format!("{often}\nSTATUS:CANCELLED")),
    ] {
        let text = event(name, &lines);
        scene
            .put(&calendar, name, &text, Expected::Nothing)
            .await
            .unwrap();
    }
    let when = "2026-11-23T09:00:00Z";
    assert!(!is_busy(&scene.calendars, "anna", when).await);
    let text = event("often", often);
    scene
        .put(&calendar, "often.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    assert!(is_busy(&scene.calendars, "anna", when).await);
    let (person, card) = somebody(&scene.calendars, "anna").await;
    let (starts, ends) = (at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"));
    let told = scene.calendars.busy(person, &card, (starts, ends)).await.unwrap();
    let all = Busy {
        starts,
        ends,
        is_tentative: false,
    };
    assert_eq!(told, [all]);
}

#[tokio::test]
async fn hours_count_by_everybodys_clock_if_asked() {
    let scene = Scene::on(KINDS[0]).await;
    scene.first(&visitor("boris")).await;
    let mut search = monday(&["boris@town.example"]);
    search.zone = Zone::iana("America/New_York").unwrap();
    let found = scene
        .calendars
        .find_times(&visitor("anna"), &search)
        .await
        .unwrap();
    assert_eq!(starts(&found)[0], "2026-11-23T14:00:00Z");
    search.everyones_hours = true;
    let found = scene
        .calendars
        .find_times(&visitor("anna"), &search)
        .await
        .unwrap();
    assert_eq!(
        starts(&found),
        ["2026-11-23T14:00:00Z", "2026-11-23T15:00:00Z"],
        "it is five in Berlin then"
    );
}

#[tokio::test]
async fn a_search_that_is_none_names_the_field() {
    let scene = Scene::on(KINDS[0]).await;
    let refused = async |search: Search| match scene.calendars.find_times(&visitor("anna"), &search).await {
        Err(Refused::Reason(Reason::Field { field, .. })) => field,
        other => panic!("{other:?}"),
    };
    let with = |change: &dyn Fn(&mut Search)| {
        let mut search = monday(&[]);
        change(&mut search);
        search
    };
    assert_eq!(refused(with(&|search| search.minutes = 0)).await, "minutes");
    assert_eq!(refused(with(&|search| search.to = search.from)).await, "to");
    assert_eq!(
        refused(with(&|search| search.to = at("2027-11-23T00:00:00Z"))).await,
        "to"
    );
    assert_eq!(refused(with(&|search| search.with_me = false)).await, "people");
    assert_eq!(
        refused(with(&|search| search.hours.weekdays.clear())).await,
        "weekdays"
    );
    assert_eq!(refused(with(&|search| search.count = 0)).await, "count");
}

/// The blocks that are kept of somebody.
async fn kept(scene: &Scene, name: &str) -> usize {
    let person = visitor(name).id;
    let shard = scene.store.store.shard_of(person);
    let kept = shard.read::<_, store::StoreError>(move |tx| super::rows::kept(tx, person));
    kept.await.unwrap().len()
}

#[tokio::test]
async fn a_look_keeps_something_only_of_those_who_have_events_and_of_times_to_come() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let anna = scene.first(&visitor("anna")).await;
        scene.first(&visitor("boris")).await;
        let daily = event("a", "DTSTART:20200101T110000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY");
        scene
            .put(&anna, "a.ics", &daily, Expected::Nothing)
            .await
            .unwrap();
        for when in ["2021-06-01T11:00:00Z", "2036-06-01T11:00:00Z"] {
            assert!(is_busy(&scene.calendars, "anna", when).await, "{kind:?}");
        }
        let now = scene.store.clock.now().to_string();
        assert!(!is_busy(&scene.calendars, "boris", &now).await, "{kind:?}");
        assert_eq!(
            (kept(&scene, "anna").await, kept(&scene, "boris").await),
            (0, 0),
            "{kind:?}"
        );
        is_busy(&scene.calendars, "anna", &now).await;
        assert!(kept(&scene, "anna").await > 0, "{kind:?}");
    }
}

#[tokio::test]
async fn what_touches_is_one_time_so_nobody_learns_where_one_thing_ends() {
    let scene = Scene::on(KINDS[0]).await;
    let anna = scene.first(&visitor("anna")).await;
    for (name, lines) in [
        ("a.ics", "DTSTART:20261123T090000Z\nDURATION:PT1H"),
        ("b.ics", "DTSTART:20261123T100000Z\nDURATION:PT1H"),
        ("c.ics", "DTSTART:20261123T093000Z\nDURATION:PT10M"),
    ] {
        scene
            .put(&anna, name, &event(name, lines), Expected::Nothing)
            .await
            .unwrap();
    }
    let range = (at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"));
    let asked = ["anna@town.example".to_owned(), "nobody@town.example".to_owned()];
    let told = scene.calendars.busy_of(&asked, range).await.unwrap();
    let busy = |starts: &str, ends: &str| Busy {
        starts: at(starts),
        ends: at(ends),
        is_tentative: false,
    };
    let once = busy("2026-11-23T09:00:00Z", "2026-11-23T11:00:00Z");
    assert_eq!(told, [Some(vec![once]), None]);
    // Every other minute, the day long.
    let often = event(
        "d",
        "DTSTART:20261124T000000Z\nDURATION:PT1M\nRRULE:FREQ=MINUTELY;INTERVAL=2",
    );
    scene
        .put(&anna, "d.ics", &often, Expected::Nothing)
        .await
        .unwrap();
    let range = (at("2026-11-24T00:00:00Z"), at("2026-12-04T00:00:00Z"));
    let told = scene.calendars.busy_of(&asked[..1], range).await.unwrap();
    let hours = busy("2026-11-24T00:00:00Z", "2026-12-04T00:00:00Z");
    assert_eq!(told, [Some(vec![hours])], "too many times are told by the hour");
}

#[tokio::test]
async fn somebody_who_is_named_twice_is_called_as_they_were_first_and_needed_if_they_once_are() {
    let scene = Scene::on(KINDS[0]).await;
    let anna = scene.first(&visitor("anna")).await;
    let all_day = event("a", "DTSTART:20261123T070000Z\nDTEND:20261123T170000Z");
    scene
        .put(&anna, "a.ics", &all_day, Expected::Nothing)
        .await
        .unwrap();
    let mut search = monday(&[]);
    search.optional = vec!["anna@town.example".to_owned()];
    let found = scene
        .calendars
        .find_times(&visitor("anna"), &search)
        .await
        .unwrap();
    assert_eq!(found.times[0].missing, ["anna@town.example"]);
    assert_eq!(found.times[0].missing_optional, [""; 0]);
}

#[tokio::test]
async fn each_time_has_the_rooms_that_are_free_then() {
    let scene = Scene::on(KINDS[0]).await;
    let room = scene.first(&visitor("chen")).await;
    let about = (crate::resources::Sort::Room, String::new(), 8);
    scene.calendars.make_resource(room.owner, about).await.unwrap();
    let taken = event("a", "DTSTART:20261123T080000Z\nDURATION:PT1H");
    scene
        .put(&room, "a.ics", &taken, Expected::Nothing)
        .await
        .unwrap();
    let found = scene
        .calendars
        .find_times(&visitor("anna"), &monday(&[]))
        .await
        .unwrap();
    let rooms = async |seats, count| {
        let rooms = scene
            .calendars
            .rooms_at(&found.times, seats, count)
            .await
            .unwrap();
        rooms.iter().map(Vec::len).collect::<Vec<_>>()
    };
    assert_eq!(starts(&found)[0], "2026-11-23T08:00:00Z");
    assert_eq!(rooms(4, 10).await, [0, 1, 1]);
    assert_eq!(rooms(9, 10).await, [0, 0, 0], "it has eight seats");
    assert_eq!(rooms(4, 0).await, [0, 0, 0], "none are wanted");
}
