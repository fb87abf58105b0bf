//! Participants while the house is killed: whatever is written to an event reaches everybody's copy, once, and every answer comes back.

use calendar::Visitor;
use calendar::types::{Calendar, Expected, Name};
use kernel::{Language, PersonId};
use post::sink::Sink;
use townhall::Running;

use super::letters::{ANYWHERE, CONCURRENCY, Town, check, count, on_postgres, settled, sink};
use super::load::until;
use super::reminders::somebody;

const HOSTS: usize = 4;
const EVENTS_EACH: usize = 4;
const EVENTS: usize = HOSTS * EVENTS_EACH;
const GUESTS: usize = 6;
/// Copies of guests, and so letters to them.
const COPIES: usize = EVENTS * GUESTS;

struct People {
    hosts: Vec<PersonId>,
    guests: Vec<PersonId>,
}

fn visitor(id: PersonId) -> Visitor {
    Visitor {
        id,
        language: Language::English,
        zone: "UTC".to_owned(),
    }
}

async fn home(running: &Running, of: PersonId) -> Calendar {
    running.calendars.home(&visitor(of)).await.unwrap().remove(0)
}

/// An event of the first of a month to which all guests are asked.
fn event(host: usize, number: usize, hour: u8) -> String {
    let guests: String = (HOSTS..HOSTS + GUESTS)
        .map(|guest| format!("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:reader{guest}@sink.example\r\n"))
        .collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{host}-{number}\r\n\
         SUMMARY:Council\r\nDTSTART:20991201T{hour:02}0000Z\r\nDURATION:PT1H\r\n\
         ORGANIZER:mailto:reader{host}@sink.example\r\n{guests}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

async fn people(town: &Town) -> People {
    let still = town.still().await;
    let mut all = Vec::new();
    for number in 0..HOSTS + GUESTS {
        let person = somebody(&still, number).await;
        home(&still, person).await;
        all.push(person);
    }
    still.close().await.unwrap();
    let guests = all.split_off(HOSTS);
    People { hosts: all, guests }
}

/// Every host writes their events, at this hour.
async fn write(town: &Town, people: &People, hour: u8) {
    let still = town.still().await;
    for (host, person) in people.hosts.iter().enumerate() {
        let calendar = home(&still, *person).await;
        for number in 0..EVENTS_EACH {
            let name = Name::parse(&format!("{number}.ics")).unwrap();
            let text = event(host, number, hour);
            let put = still
                .calendars
                .put(*person, calendar.id, name, text, Expected::Anything);
            put.await.unwrap();
        }
    }
    still.close().await.unwrap();
}

/// The first guest comes to everything.
async fn answer(town: &Town, people: &People) {
    let still = town.still().await;
    let guest = people.guests[0];
    let calendar = home(&still, guest).await;
    let copies = still
        .calendars
        .objects(guest, calendar.id, None, 2 * COPIES)
        .await
        .unwrap();
    for copy in copies {
        let waits = format!("PARTSTAT=NEEDS-ACTION:mailto:reader{HOSTS}@");
        assert!(copy.text.contains(&waits), "{}", copy.text);
        let comes = format!("PARTSTAT=ACCEPTED:mailto:reader{HOSTS}@");
        let text = copy.text.replace(&waits, &comes);
        let put = still.calendars.put(
            guest,
            calendar.id,
            copy.name,
            text,
            Expected::Exactly(copy.change),
        );
        put.await.unwrap();
    }
    still.close().await.unwrap();
}

/// Has the house bring what waits, killed again and again until so many letters came in all.
async fn brought(town: &Town, sink: &Sink, before: usize, letters: usize, kills: usize) {
    for kill in 1..=kills {
        let mut house = town.open();
        until("messages are brought", async || {
            (count(sink.counts().distinct) >= before + letters * kill / (kills + 2)).then_some(())
        })
        .await;
        house.kill();
    }
    let mut house = town.open();
    until("everybody has a letter", async || {
        (count(sink.counts().distinct) >= before + letters).then_some(())
    })
    .await;
    settled(&house).await;
    assert!(house.terminate().unwrap().success());
}

/// Everybody's copies are as their organizers wrote them last, and each message came once.
async fn all_agree(town: &Town, people: &People, hour: u8, messages: usize) {
    let still = town.still().await;
    for guest in &people.guests {
        let calendar = home(&still, *guest).await;
        let copies = still
            .calendars
            .objects(*guest, calendar.id, None, 2 * COPIES)
            .await
            .unwrap();
        assert_eq!(copies.len(), EVENTS);
        let starts = format!("DTSTART:20991201T{hour:02}0000Z");
        for copy in &copies {
            assert!(copy.text.contains(&starts), "{}", copy.text);
        }
        let inbox = Name::parse("inbox").unwrap();
        let inbox = still.calendars.calendar_named(*guest, inbox).await.unwrap();
        let came = still
            .calendars
            .objects(*guest, inbox.id, None, 4 * COPIES)
            .await
            .unwrap();
        assert_eq!(came.len(), messages, "each message once");
    }
    still.close().await.unwrap();
}

/// Whoever organizes it knows that the first guest comes.
async fn answers_came(town: &Town, people: &People) {
    let still = town.still().await;
    for host in &people.hosts {
        let calendar = home(&still, *host).await;
        let own = still
            .calendars
            .objects(*host, calendar.id, None, EVENTS)
            .await
            .unwrap();
        for event in own {
            let text = event.text.replace("\r\n ", "");
            assert_eq!(text.matches("PARTSTAT=ACCEPTED").count(), 1, "{text}");
        }
    }
    still.close().await.unwrap();
}

async fn through_all(town: &Town, sink: &Sink, kills: usize) {
    let people = people(town).await;
    write(town, &people, 9).await;
    brought(town, sink, 0, COPIES, kills).await;
    all_agree(town, &people, 9, EVENTS).await;
    write(town, &people, 15).await;
    brought(town, sink, COPIES, COPIES, kills).await;
    all_agree(town, &people, 15, 2 * EVENTS).await;
    answer(town, &people).await;
    brought(town, sink, 2 * COPIES, EVENTS, 1).await;
    answers_came(town, &people).await;
    let letters = town.letters().await;
    assert_eq!(
        letters.len(),
        2 * COPIES + EVENTS,
        "each letter is asked for once"
    );
    let unsure_max = (2 * kills + 1) * usize::try_from(CONCURRENCY).unwrap();
    check(&letters, &[sink], unsure_max);
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_invitations_are_brought_leaves_everybody_with_the_same() {
    let sink = sink("", ANYWHERE).await;
    let town = Town::new("", &[("sink", sink.address())]);
    through_all(&town, &sink, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_invitations_are_brought_on_postgresql_leaves_everybody_with_the_same() {
    let sink = sink("", ANYWHERE).await;
    let shared = on_postgres(&[("sink", sink.address())]);
    through_all(&shared.town, &sink, 2).await;
}
