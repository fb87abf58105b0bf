//! What participants are promised, on real stores.

mod harm;

use ical::{Answer, Participant};
use kernel::Moment;
use post::{Outsider, To};
use store::outbox::{self, Change};
use testkit::stores::{self, KINDS};

use super::{Ignored, TOLD, notices};
use crate::agenda::Lasting;
use crate::letters::notice;
use crate::rows;
use crate::tests::{Scene, visitor};
use crate::types::{Calendar, Expected, Name, Stored};

const MEETING: &str = "ORGANIZER:mailto:anna@town.example\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@town.example\r\n\
    ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:boris@town.example\r\n";

pub(crate) fn meeting(sequence: u32, starts: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:meeting\r\nSEQUENCE:{sequence}\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:{starts}\r\nDURATION:PT1H\r\nSUMMARY:Plans\r\n{MEETING}{more}END:VEVENT\r\n\
         END:VCALENDAR\r\n"
    )
}

impl Scene {
    /// Brings everything that waits, each twice: once more does no harm.
    pub(crate) async fn post(&self) {
        for _ in 0..4 {
            let mut waiting: Vec<Change> = Vec::new();
            for shard in self.store.store.everywhere() {
                let range = store::lease::VshardRange::ALL;
                let taken = shard.read::<_, store::StoreError>(move |tx| {
                    outbox::take(tx, range, Moment::from_micros(i64::MAX / 2), 100)
                });
                waiting.extend(taken.await.unwrap());
            }
            for change in waiting.iter().filter(|change| change.kind == TOLD) {
                self.calendars.deliver(change).await.unwrap();
                self.calendars.deliver(change).await.unwrap();
            }
        }
    }

    pub(crate) async fn copy_of(&self, name: &str) -> Option<Stored> {
        let person = visitor(name).id;
        let shard = self.store.store.shard_of(person);
        let copy = shard.read::<_, store::StoreError>(move |tx| rows::copy_of(tx, person, "meeting"));
        copy.await.unwrap()
    }

    pub(crate) async fn answers(&self, name: &str) -> Vec<(String, Answer)> {
        let copy = self.copy_of(name).await.unwrap();
        let tree = ical::parse(copy.text.as_bytes()).unwrap();
        let entry = tree.child("VEVENT").unwrap();
        let all = entry.all("ATTENDEE").map(Participant::read);
        all.map(|one| (one.mailbox().unwrap().to_owned(), one.answer))
            .collect()
    }

    pub(crate) async fn messages(&self, name: &str) -> usize {
        let (inbox, _) = self.calendars.inbox(&visitor(name)).await.unwrap();
        let all = self.calendars.objects(inbox.owner, inbox.id, None, 100);
        all.await.unwrap().len()
    }

    pub(crate) async fn letters(&self, to: &To) -> Vec<post::letters::Letter> {
        let owner = to.owner();
        let shard = self.store.store.shard_of(owner);
        let held = shard.read::<_, store::StoreError>(move |tx| post::held(tx, owner, 100));
        held.await.unwrap().letters
    }

    /// Writes what is `written` over somebody's copy.
    pub(crate) async fn rewrite(&self, name: &str, from: &str, to: &str) {
        let copy = self.copy_of(name).await.unwrap();
        assert!(copy.text.contains(from), "{}", copy.text);
        let text = copy.text.replace(from, to);
        let put = self.calendars.put(
            visitor(name).id,
            copy.calendar,
            copy.name,
            text,
            Expected::Exactly(copy.change),
        );
        put.await.unwrap();
        self.post().await;
    }

    pub(crate) async fn invite(&self) -> Calendar {
        let calendar = self.first(&visitor("anna")).await;
        let text = meeting(0, "20261124T090000Z", "");
        self.put(&calendar, "m.ics", &text, Expected::Nothing)
            .await
            .unwrap();
        self.post().await;
        calendar
    }
}

const BORIS_WAITS: &str = "PARTSTAT=NEEDS-ACTION:mailto:boris@town.example";
const BORIS_COMES: &str = "PARTSTAT=ACCEPTED:mailto:boris@town.example";

#[tokio::test]
async fn whoever_is_invited_has_it_and_their_answer_comes_back() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.invite().await;
        assert_eq!(scene.messages("boris").await, 1, "brought twice, it came once");
        scene.rewrite("boris", BORIS_WAITS, BORIS_COMES).await;
        let expected = [
            ("anna@town.example".to_owned(), Answer::Accepted),
            ("boris@town.example".to_owned(), Answer::Accepted),
        ];
        assert_eq!(scene.answers("anna").await, expected);
        assert_eq!(scene.messages("anna").await, 1);
        let copy = scene.copy_of("anna").await.unwrap();
        assert!(
            copy.schedule.unwrap() < copy.change,
            "an answer is no change for others"
        );
    }
}

#[tokio::test]
async fn another_time_asks_anew_and_another_word_does_not() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.invite().await;
    scene.rewrite("boris", BORIS_WAITS, BORIS_COMES).await;
    scene
        .rewrite(
            "boris",
            "SUMMARY:Plans\r\n",
            "SUMMARY:Plans\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n",
        )
        .await;
    scene
        .rewrite("anna", "SUMMARY:Plans", "SUMMARY:Great plans")
        .await;
    let copy = scene.copy_of("boris").await.unwrap().text;
    assert!(
        copy.contains("SUMMARY:Great plans") && copy.contains(BORIS_COMES) && copy.contains("TRIGGER:-PT5M")
    );
    scene
        .rewrite("anna", "20261124T090000Z", "20261125T090000Z")
        .await;
    let copy = scene.copy_of("boris").await.unwrap().text;
    assert!(
        copy.contains("20261125T090000Z") && copy.contains(BORIS_WAITS) && copy.contains("SEQUENCE:1"),
        "{copy}"
    );
    let text = meeting(1, "20261125T090000Z", "");
    let name = Name::parse("m.ics").unwrap();
    let stale = scene
        .calendars
        .put(calendar.owner, calendar.id, name, text, Expected::Scheduled(1));
    assert!(stale.await.is_err(), "what others see has changed since");
}

#[tokio::test]
async fn what_is_deleted_is_cancelled_for_those_invited_and_declined_by_those_who_delete() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.invite().await;
    let copy = scene.copy_of("boris").await.unwrap();
    let boris = visitor("boris").id;
    scene
        .calendars
        .remove(boris, copy.calendar, copy.name, Expected::Anything)
        .await
        .unwrap();
    scene.post().await;
    assert_eq!(scene.answers("anna").await[1].1, Answer::Declined);
    let text = meeting(2, "20261124T100000Z", "ATTENDEE:mailto:chen@town.example\r\n");
    scene
        .put(&calendar, "m.ics", &text, Expected::Something)
        .await
        .unwrap();
    scene.post().await;
    assert!(scene.copy_of("chen").await.is_some());
    let name = Name::parse("m.ics").unwrap();
    scene
        .calendars
        .remove(calendar.owner, calendar.id, name, Expected::Anything)
        .await
        .unwrap();
    scene.post().await;
    let copy = scene.copy_of("chen").await.unwrap().text;
    assert!(copy.contains("STATUS:CANCELLED"), "{copy}");
}

#[tokio::test]
async fn nobody_hears_of_what_is_moved_between_calendars_of_ones_own() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.invite().await;
    let name = |text: &str| Name::parse(text).unwrap();
    let moved = scene.calendars.relocate(
        calendar.owner,
        (calendar.id, name("m.ics")),
        (calendar.id, name("n.ics")),
        Expected::Anything,
    );
    moved.await.unwrap();
    scene.post().await;
    assert_eq!(scene.messages("boris").await, 1);
}

#[tokio::test]
async fn letters_tell_of_news_and_outsiders_get_the_invitation_itself() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let text = meeting(
        0,
        "20261124T090000Z",
        "ATTENDEE:mailto:guest@elsewhere.example\r\n",
    );
    scene
        .put(&calendar, "m.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    scene.post().await;
    let invitation = scene.letters(&To::Person(visitor("boris").id)).await;
    assert_eq!(invitation.len(), 1, "brought twice, it is one letter");
    assert_eq!(invitation[0].kind, notice::INVITATION.code);
    let outside = scene
        .letters(&To::Address(Outsider::at("guest@elsewhere.example")))
        .await;
    assert_eq!(outside[0].kind, notice::INVITATION.code);
    scene.rewrite("boris", BORIS_WAITS, BORIS_COMES).await;
    let answer = scene.letters(&To::Person(visitor("anna").id)).await;
    assert_eq!(answer[0].kind, notice::ANSWER.code);
}

#[tokio::test]
async fn nobody_is_written_to_about_what_is_over() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let text = meeting(
        0,
        "20011124T090000Z",
        "ATTENDEE:mailto:guest@elsewhere.example\r\n",
    );
    scene
        .put(&calendar, "m.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    scene.post().await;
    assert!(scene.copy_of("boris").await.is_some());
    assert!(scene.letters(&To::Person(visitor("boris").id)).await.is_empty());
    assert!(
        scene
            .letters(&To::Address(Outsider::at("guest@elsewhere.example")))
            .await
            .is_empty()
    );
}

#[test]
fn what_an_outsider_gets_is_the_message_itself_or_as_much_of_it_as_fits() {
    let message = |description: &str| {
        let more = format!("DESCRIPTION:{description}\r\n");
        meeting(0, "20261124T090000Z", &more).replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST")
    };
    let sent = |text: &str| {
        let message = ical::parse(text.as_bytes()).unwrap();
        let asked = notices::outside(&message, None, "", ("UTC", stores::START)).unwrap();
        assert_eq!(asked.notice.title, "Plans");
        asked.notice.sent.unwrap()
    };
    let short = message("As usual");
    assert_eq!(
        (sent(&short).method.as_str(), sent(&short).text),
        ("REQUEST", short)
    );
    let long = sent(&message(&"on and on ".repeat(1_000))).text;
    assert!(!long.contains("on and on") && long.contains("boris@town.example"));
}

#[tokio::test]
async fn whoever_is_outside_answers_by_the_link_of_their_letter() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let text = meeting(
            0,
            "20261124T090000Z",
            "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:guest@elsewhere.example\r\n",
        );
        scene
            .put(&calendar, "m.ics", &text, Expected::Nothing)
            .await
            .unwrap();
        let guest = "mailto:guest@elsewhere.example";
        let links = scene.calendars.answer_links(calendar.owner, "meeting", guest);
        let (_, link) = &links[0];
        let token = link.rsplit('/').next().unwrap().split('?').next().unwrap();
        let asked = scene.calendars.invitation(token).await.unwrap();
        assert_eq!(
            (asked.title.as_str(), asked.answer),
            ("Plans", Answer::NeedsAction)
        );
        scene
            .calendars
            .answer_by_link(token, Answer::Declined)
            .await
            .unwrap();
        assert_eq!(scene.answers("anna").await[2].1, Answer::Declined);
        let asked = scene.calendars.invitation(token).await.unwrap();
        assert_eq!(asked.answer, Answer::Declined);
        let forged = format!("{}x", &token[..token.len() - 1]);
        assert!(scene.calendars.invitation(&forged).await.is_err());
    }
}

fn mailed(from: &str, method: &str, guest: &str) -> String {
    format!(
        "From: Guest <{from}>\r\nTo: calendar@town.example\r\nSubject: Accepted\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nYes\r\n\
         --b\r\nContent-Type: text/calendar; method={method}; charset=utf-8\r\n\r\n\
         BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Elsewhere//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:meeting\r\n\
         DTSTAMP:20261102T000000Z\r\nDTSTART:20261124T090000Z\r\nORGANIZER:mailto:anna@town.example\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:{guest}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--b--\r\n"
    )
}

#[tokio::test]
async fn an_answer_that_comes_by_mail_counts_for_its_sender_only() {
    const GUEST: &str = "guest@elsewhere.example";
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let guest = format!("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{GUEST}\r\n");
    let text = meeting(0, "20261124T090000Z", &guest);
    scene
        .put(&calendar, "m.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    let hear = async |mail: &str| scene.calendars.hear_mail(mail.as_bytes()).await.unwrap();
    for (mail, ignored) in [
        ("no mail at all".to_owned(), Ignored::NoMail),
        (
            mailed("mallory@elsewhere.example", "REPLY", GUEST),
            Ignored::NotTheirs,
        ),
        (mailed(GUEST, "REQUEST", GUEST), Ignored::NotTheOrganizer),
        (mailed(GUEST, "COUNTER", GUEST), Ignored::NoSuchMethod),
        (
            mailed(GUEST, "REPLY", GUEST).replace("anna@town", "nobody@town"),
            Ignored::Nobody,
        ),
        (
            mailed(GUEST, "REPLY", GUEST).replace("UID:meeting", "UID:another"),
            Ignored::Nobody,
        ),
        (
            mailed("mallory@elsewhere.example", "REPLY", "mallory@elsewhere.example"),
            Ignored::Nobody,
        ),
    ] {
        assert_eq!(hear(&mail).await, Some(ignored));
    }
    assert_eq!(scene.answers("anna").await[2].1, Answer::NeedsAction);
    let mail = mailed("Guest@Elsewhere.example", "REPLY", GUEST);
    assert_eq!(hear(&mail).await, None);
    assert_eq!(hear(&mail).await, None);
    assert_eq!(scene.answers("anna").await[2].1, Answer::Accepted);
    assert_eq!(scene.messages("anna").await, 1, "brought twice, it came once");
}

#[tokio::test]
async fn whoever_is_asked_to_one_of_a_series_answers_that_one_by_their_link() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let guest = "mailto:guest@elsewhere.example";
    let series = meeting(0, "20261124T090000Z", "RRULE:FREQ=DAILY\r\n");
    let one = format!(
        "BEGIN:VEVENT\r\nUID:meeting\r\nDTSTAMP:20261101T000000Z\r\nRECURRENCE-ID:20261126T090000Z\r\n\
         DTSTART:20261126T150000Z\r\nDURATION:PT1H\r\nSUMMARY:With a guest\r\n{MEETING}\
         ATTENDEE;PARTSTAT=NEEDS-ACTION:{guest}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let text = series.replace("END:VCALENDAR\r\n", &one);
    scene
        .put(&calendar, "m.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    let links = scene.calendars.answer_links(calendar.owner, "meeting", guest);
    let token = links[0].1.rsplit('/').next().unwrap().split('?').next().unwrap();
    let asked = scene.calendars.invitation(token).await.unwrap();
    assert_eq!((asked.title.as_str(), asked.repeats), ("With a guest", false));
    let starts = "2026-11-26T15:00:00Z".parse::<Moment>().unwrap();
    let ends = starts.plus_seconds(3_600);
    assert_eq!(asked.when, Some(Lasting::Time { starts, ends }));
    scene
        .calendars
        .answer_by_link(token, Answer::Accepted)
        .await
        .unwrap();
    let asked = scene.calendars.invitation(token).await.unwrap();
    assert_eq!(asked.answer, Answer::Accepted);
}

#[tokio::test]
async fn an_answer_to_what_never_happens_plants_nothing() {
    const GUEST: &str = "guest@elsewhere.example";
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let more = format!(
        "RRULE:FREQ=DAILY;COUNT=9\r\nEXDATE:20261126T090000Z\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{GUEST}\r\n"
    );
    let text = meeting(0, "20261124T090000Z", &more);
    scene
        .put(&calendar, "m.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    for (instance, parts) in [
        ("20261224T030000Z", 1),
        ("20261126T090000Z", 1),
        ("20261125T100000Z", 1),
        ("20261125T090000Z", 2),
        ("20261127T090000Z", 3),
    ] {
        let id = format!("RECURRENCE-ID:{instance}\r\nORGANIZER:");
        let mail = mailed(GUEST, "REPLY", GUEST).replacen("ORGANIZER:", &id, 1);
        scene.calendars.hear_mail(mail.as_bytes()).await.unwrap();
        let copy = scene.copy_of("anna").await.unwrap().text;
        assert_eq!(copy.matches("BEGIN:VEVENT").count(), parts, "{instance}: {copy}");
    }
}

#[tokio::test]
async fn the_answer_by_the_link_is_the_last_one_whenever_the_others_say_they_were() {
    const GUEST: &str = "guest@elsewhere.example";
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let guest = format!("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{GUEST}\r\n");
    let text = meeting(0, "20301124T090000Z", &guest);
    scene
        .put(&calendar, "m.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    let ahead = mailed(GUEST, "REPLY", GUEST).replace("20261102T", "20281102T");
    assert_eq!(scene.calendars.hear_mail(ahead.as_bytes()).await.unwrap(), None);
    assert_eq!(scene.answers("anna").await[2].1, Answer::Accepted);
    let guest = format!("mailto:{GUEST}");
    let links = scene.calendars.answer_links(calendar.owner, "meeting", &guest);
    let token = links[0].1.rsplit('/').next().unwrap().split('?').next().unwrap();
    for answer in [Answer::Declined, Answer::Tentative, Answer::Accepted] {
        scene.calendars.answer_by_link(token, answer).await.unwrap();
        assert_eq!(scene.answers("anna").await[2].1, answer);
        scene.store.clock.advance_seconds(1);
    }
}

#[tokio::test]
async fn mail_that_is_delivered_into_a_folder_is_taken_and_laid_aside() {
    const GUEST: &str = "guest@elsewhere.example";
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let guest = format!("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{GUEST}\r\n");
    let text = meeting(0, "20301124T090000Z", &guest);
    scene
        .put(&calendar, "m.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    let deliver =
        |name: &str, mail: &str| std::fs::write(folder.path().join("new").join(name), mail).unwrap();
    deliver("1.mx", "Subject: Lunch?\r\n\r\nAt one.\r\n");
    deliver("2.mx", &mailed(GUEST, "REPLY", GUEST));
    scene.calendars.look_into_maildir(folder.path()).await.unwrap();
    assert_eq!(scene.answers("anna").await[2].1, Answer::Accepted);
    let left = |part: &str| std::fs::read_dir(folder.path().join(part)).unwrap().count();
    assert_eq!((left("new"), left("cur")), (0, 2));
    let none = folder.path().join("none");
    let nowhere = scene.calendars.look_into_maildir(&none);
    assert!(nowhere.await.unwrap_err().to_string().contains("none"));
}
