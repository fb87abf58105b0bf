//! Reminders that ring while the house is killed: each event asks for its letter once, and none is forgotten.

use std::collections::BTreeSet;

use calendar::Visitor;
use calendar::types::{Expected, Name};
use kernel::{Clock, Id, Language, Moment, PersonId, Text};
use post::sink::Sink;
use registry::grants::types::Doer;
use registry::people::service::{NewPerson, Start};
use registry::people::types::{About, Attributes, Email, Zone};
use townhall::Running;

use super::letters::{ANYWHERE, CONCURRENCY, Town, check, count, on_postgres, settled, sink};
use super::load::until;

const PEOPLE: usize = 20;
const EVENTS_EACH: usize = 15;
const EVENTS: usize = PEOPLE * EVENTS_EACH;
/// Until everything is written; then the first one rings.
const AHEAD_SECONDS: i64 = 10;
/// They ring one after another, so that some are ringing whenever a process is killed.
const RINGING_SECONDS: i64 = 6;

pub(super) async fn somebody(running: &Running, number: usize) -> PersonId {
    let about = About {
        email: Some(Email::parse(&format!("reader{number}@sink.example")).unwrap()),
        name: Text::new("Reader", 20).unwrap(),
        language: Language::default(),
        zone: Zone::parse("UTC").unwrap(),
        attributes: Attributes::default(),
    };
    let new = NewPerson {
        id: None,
        about,
        start: Start::Active,
    };
    let made = running.registry.create_person(&Doer::house("test"), new).await;
    made.unwrap().id
}

/// An event of next week that reminds of itself at an instant.
fn event(uid: usize, reminds: Moment) -> String {
    let utc = |at: Moment| at.to_timestamp().strftime("%Y%m%dT%H%M%SZ").to_string();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:Rounds\r\n\
         DTSTART:{}\r\nDURATION:PT1H\r\nBEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER;VALUE=DATE-TIME:{}\r\nEND:VALARM\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        utc(reminds.plus_seconds(7 * 86_400)),
        utc(reminds),
    )
}

/// People with events that are about to remind of themselves; the ids of the events.
async fn plan(town: &Town) -> BTreeSet<Id> {
    let still = town.still().await;
    let calendars = &still.calendars;
    let begin = Clock::system().now().plus_seconds(AHEAD_SECONDS);
    let mut planned = BTreeSet::new();
    for number in 0..PEOPLE {
        let visitor = Visitor {
            id: somebody(&still, number).await,
            language: Language::English,
            zone: "UTC".to_owned(),
        };
        let calendar = calendars.home(&visitor).await.unwrap().remove(0);
        let puts = (0..EVENTS_EACH).map(|uid| {
            let place = i64::try_from(uid * PEOPLE + number).unwrap();
            let reminds =
                begin.plus_micros(place * RINGING_SECONDS * 1_000_000 / i64::try_from(EVENTS).unwrap());
            let name = Name::parse(&format!("{uid}.ics")).unwrap();
            calendars.put(
                visitor.id,
                calendar.id,
                name,
                event(uid, reminds),
                Expected::Nothing,
            )
        });
        for put in puts {
            planned.insert(put.await.unwrap().stored.id);
        }
    }
    still.close().await.unwrap();
    planned
}

async fn each_event_reminded_once(town: &Town, planned: &BTreeSet<Id>, sink: &Sink, unsure_max: usize) {
    let letters = town.letters().await;
    let mut reminded = BTreeSet::new();
    for letter in letters.values() {
        let object: [u8; 16] = letter.key[..16].try_into().unwrap();
        assert!(
            reminded.insert(Id::from_bytes(object)),
            "reminded twice: {letter:?}"
        );
    }
    assert_eq!(reminded, *planned);
    check(&letters, &[sink], unsure_max);
}

async fn reminded(sink: &Sink, part: usize) {
    until("reminders come", async || {
        (count(sink.counts().distinct) >= EVENTS * part / 5).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_reminders_ring_forgets_none_and_asks_for_each_letter_once() {
    const KILLS: usize = 3;
    let sink = sink("", ANYWHERE).await;
    let town = Town::new("", &[("sink", sink.address())]);
    let planned = plan(&town).await;
    for kill in 1..=KILLS {
        let mut house = town.open();
        reminded(&sink, kill).await;
        house.kill();
    }
    let mut house = town.open();
    reminded(&sink, 5).await;
    settled(&house).await;
    assert!(house.terminate().unwrap().success());
    let unsure_max = KILLS * usize::try_from(CONCURRENCY).unwrap();
    each_event_reminded_once(&town, &planned, &sink, unsure_max).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_ring_reminders_one_is_killed_and_each_letter_is_asked_for_once() {
    let sink = sink("", ANYWHERE).await;
    let shared = on_postgres(&[("sink", sink.address())]);
    let town = &shared.town;
    let planned = plan(town).await;
    let (mut one, mut other) = (town.open(), town.open());
    reminded(&sink, 2).await;
    one.kill();
    reminded(&sink, 5).await;
    settled(&other).await;
    assert!(other.terminate().unwrap().success());
    each_event_reminded_once(town, &planned, &sink, usize::try_from(CONCURRENCY).unwrap()).await;
}
