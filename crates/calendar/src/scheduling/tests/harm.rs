//! What one message, one mail or one reader cannot take does no harm to others, on real stores.

use ical::Answer;
use post::{Outsider, To};
use store::StoreError;
use testkit::stores::{self, KINDS};

use super::{MEETING, mailed, meeting};
use crate::letters::notice;
use crate::rows;
use crate::scheduling::{Ignored, notices};
use crate::service::Draft;
use crate::tests::{Scene, visitor};
use crate::types::{Calendar, Expected, Kinds, Name, Reason};

const GUEST: &str = "guest@elsewhere.example";

impl Scene {
    /// A calendar in which somebody has tasks only, called as the house calls the first one.
    async fn only_tasks(&self, name: &str) -> Calendar {
        let first = self.first(&visitor(name)).await;
        self.calendars.delete(first.owner, first.id, None).await.unwrap();
        let draft = Draft {
            name: Some(Name::stored("personal".to_owned())),
            about: first.about,
            kinds: Kinds::of(&[ical::Kind::Todo]).unwrap(),
        };
        self.calendars.create(first.owner, draft).await.unwrap()
    }
}

#[tokio::test]
async fn nobody_rewrites_what_somebody_else_organizes_in_the_calendar_of_a_third() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.invite().await;
        let before = scene.copy_of("boris").await.unwrap();
        let chens = scene.first(&visitor("chen")).await;
        let fraud = meeting(9, "20261124T090000Z", "").replace("SUMMARY:Plans", "SUMMARY:Fraud");
        let own = fraud
            .replace("anna@", "chen@")
            .replace("DTSTART:", "RECURRENCE-ID:20261125T090000Z\r\nDTSTART:");
        let (head, entry) = own.split_at(own.find("BEGIN:VEVENT").unwrap());
        let entry = entry.replace("END:VCALENDAR\r\n", "");
        let both = fraud.replace(head, &format!("{head}{entry}"));
        let put = scene.put(&chens, "f.ics", &both, Expected::Nothing).await;
        let Err(Reason::Invalid(problem)) = put else {
            panic!("{kind:?}: {put:?}");
        };
        assert_eq!(
            problem.precondition().element(),
            "same-organizer-in-all-components"
        );
        let alone = fraud.replace("anna@", "chen@");
        scene
            .put(&chens, "f.ics", &alone, Expected::Nothing)
            .await
            .unwrap();
        scene.post().await;
        assert_eq!(scene.copy_of("boris").await.unwrap(), before, "{kind:?}");
    }
}

#[tokio::test]
async fn whoever_has_only_tasks_gets_a_calendar_for_what_they_are_invited_to() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.only_tasks("boris").await;
        scene.invite().await;
        let copy = scene.copy_of("boris").await.unwrap();
        let all = scene.calendars.home(&visitor("boris")).await.unwrap();
        let made = all.iter().find(|one| one.id == copy.calendar).unwrap();
        assert!(all.len() == 2 && made.name.as_str() != "personal", "{kind:?}");
    }
}

#[tokio::test]
async fn what_one_reader_cannot_take_comes_to_all_others() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        // Boris has a copy that nobody can read.
        let boris = scene.first(&visitor("boris")).await;
        let own = meeting(0, "20261124T090000Z", "").replace(MEETING, "");
        scene
            .put(&boris, "own.ics", &own, Expected::Nothing)
            .await
            .unwrap();
        let mut broken = scene.copy_of("boris").await.unwrap();
        broken.text = "BEGIN:NOTHING\r\n".to_owned();
        let shard = scene.store.store.shard_of(boris.owner);
        let damaged = broken.clone();
        let saved = shard.write::<_, StoreError>(move |tx| rows::save_object(tx, boris.owner, &damaged));
        saved.await.unwrap();
        let annas = scene.first(&visitor("anna")).await;
        let more = format!("ATTENDEE:mailto:chen@town.example\r\nATTENDEE:mailto:{GUEST}\r\n");
        let text = meeting(0, "20261124T090000Z", &more);
        scene
            .put(&annas, "m.ics", &text, Expected::Nothing)
            .await
            .unwrap();
        scene.post().await;
        assert_eq!(scene.copy_of("boris").await.unwrap(), broken, "{kind:?}");
        assert!(scene.copy_of("chen").await.is_some(), "{kind:?}");
        let outside = To::Address(Outsider::at(GUEST));
        assert_eq!(scene.letters(&outside).await.len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn one_bad_mail_stops_no_other() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let more = format!("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{GUEST}\r\n");
        let text = meeting(0, "20301124T090000Z", &more);
        scene
            .put(&calendar, "m.ics", &text, Expected::Nothing)
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir(folder.path().join(part)).unwrap();
        }
        let good = mailed(GUEST, "REPLY", GUEST);
        let instance = "RECURRENCE-ID:20301124T090000Z\r\nORGANIZER:";
        let task = good.replace("VEVENT", "VTODO").replace("ORGANIZER:", instance);
        let long = good.replace("UID:meeting", &format!("UID:{}", "u".repeat(9_000)));
        let nul = good
            .replace("ACCEPTED:", "TENTATIVE:")
            .replace("UID:", "SUMMARY:a\0b\r\nUID:");
        for (at, mail) in [task, long, nul, good].iter().enumerate() {
            let mail = mail.replace("20261102T", &format!("202611{:02}T", at + 1));
            std::fs::write(folder.path().join("new").join(format!("{at}.mx")), mail).unwrap();
        }
        scene.calendars.look_into_maildir(folder.path()).await.unwrap();
        assert_eq!(scene.answers("anna").await[2].1, Answer::Accepted, "{kind:?}");
        assert_eq!(
            scene.messages("anna").await,
            2,
            "{kind:?}: also the one with a NUL in it"
        );
        let left = std::fs::read_dir(folder.path().join("new")).unwrap().count();
        assert_eq!(left, 0, "{kind:?}");
    }
}

#[tokio::test]
async fn outsiders_hear_of_a_change_as_one() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let more = format!("ATTENDEE:mailto:{GUEST}\r\n");
    let put = async |text: &str, expected: Expected| {
        scene.put(&calendar, "m.ics", text, expected).await.unwrap();
        scene.post().await;
        let letters = scene.letters(&To::Address(Outsider::at(GUEST))).await;
        letters.into_iter().map(|one| one.kind).collect::<Vec<_>>()
    };
    let text = meeting(3, "20301124T090000Z", &more);
    let kinds = put(&text, Expected::Nothing).await;
    assert_eq!(kinds, [notice::INVITATION.code], "they never heard of it before");
    let moved = meeting(4, "20301125T090000Z", &more).replace("SUMMARY:Plans", "SUMMARY:Great plans");
    let kinds = put(&moved, Expected::Something).await;
    assert!(
        kinds.len() == 2 && kinds.contains(&notice::CHANGE.code),
        "{kinds:?}"
    );
    let before = ical::parse(text.as_bytes()).unwrap();
    let request = moved.replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST");
    let request = ical::parse(request.as_bytes()).unwrap();
    let asked = notices::outside(&request, Some(&before), GUEST, ("UTC", stores::START)).unwrap();
    assert_eq!(asked.notice.changes.len(), 2, "{:?}", asked.notice.changes);
}

#[test]
fn an_invitation_of_many_goes_out_with_the_one_to_whom_it_goes() {
    let many: String = (0..500)
        .map(|at| {
            format!("ATTENDEE;CN=Guest {at};PARTSTAT=NEEDS-ACTION:mailto:guest{at}@elsewhere.example\r\n")
        })
        .collect();
    let zone = format!(
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n{}END:VTIMEZONE\r\nBEGIN:VEVENT",
        "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n".repeat(80)
    );
    let text = meeting(0, "20301124T090000Z", &many)
        .replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST")
        .replace(
            "DTSTART:20301124T090000Z",
            "DTSTART;TZID=Europe/Berlin:20301124T090000",
        )
        .replacen("BEGIN:VEVENT", &zone, 1);
    let message = ical::parse(text.as_bytes()).unwrap();
    let address = "mailto:guest7@elsewhere.example";
    let asked = notices::outside(&message, None, address, ("UTC", stores::START)).unwrap();
    let sent = asked.notice.sent.unwrap().text;
    assert!(
        sent.contains("guest7@") && !sent.contains("guest8@") && !sent.contains("VTIMEZONE"),
        "{sent}"
    );
}

#[tokio::test]
async fn a_mail_from_nobody_is_none() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let from = format!("{}@elsewhere.example", "g".repeat(2_000));
    let mail = mailed(&from, "REPLY", &from);
    assert_eq!(
        scene.calendars.hear_mail(mail.as_bytes()).await.unwrap(),
        Some(Ignored::NoMail)
    );
}
