//! What those whom nobody let in cannot do, and that what was done with an invitation may be done again.

use ical::Answer;
use testkit::stores::{self, KINDS};

use super::{EVE, INVITED, Mail, apart, boris};
use crate::invitations::APART_OF_ONE_MAX;
use crate::resources::Sort;
use crate::rules::inviting::Whose;
use crate::scheduling::Ignored;
use crate::scheduling::tests::meeting;
use crate::tests::{Scene, visitor};
use crate::types::{Expected, Name};

#[tokio::test]
async fn nobody_takes_a_room_over_and_nobody_outside_books_one() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let made = scene
            .calendars
            .make_resource(boris(), (Sort::Room, String::new(), 5));
        made.await.unwrap();
        scene.invite().await;
        let before = scene.copy_of("boris").await.unwrap();
        assert!(before.text.contains("PARTSTAT=ACCEPTED:mailto:boris"), "{kind:?}");
        let chen = scene.first(&visitor("chen")).await;
        for (sequence, method) in [(8, "REQUEST"), (9, "CANCEL")] {
            let mail = Mail {
                sequence,
                method,
                ..INVITED
            };
            scene.hears(&mail).await;
            assert_eq!(
                scene.copy_of("boris").await.unwrap(),
                before,
                "{kind:?}: {method}"
            );
        }
        let text = meeting(9, "20261127T090000Z", "").replace("anna@", "chen@");
        scene.put(&chen, "m.ics", &text, Expected::Nothing).await.unwrap();
        scene.post().await;
        assert_eq!(scene.copy_of("boris").await.unwrap(), before, "{kind:?}");
        let name = Name::parse("m.ics").unwrap();
        let removed = scene
            .calendars
            .remove(chen.owner, chen.id, name, Expected::Anything);
        removed.await.unwrap();
        scene.post().await;
        assert_eq!(scene.copy_of("boris").await.unwrap(), before, "{kind:?}");
        scene.want(Whose::Everybody).await;
        let other = Mail {
            uid: "other",
            ..INVITED
        };
        scene.hears(&other).await;
        assert_eq!(scene.messages("boris").await, 1, "{kind:?}: only Anna's came");
        assert_eq!(scene.asked().await, [], "{kind:?}: nor does it wait");
    }
}

#[tokio::test]
async fn whoever_is_let_in_waits_behind_no_stranger() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let squats = Mail {
            sequence: 0,
            ..INVITED
        };
        scene.hears(&squats).await;
        assert_eq!(scene.asked().await, apart("Talks"), "{kind:?}");
        scene.invite().await;
        assert_eq!(scene.asked().await, [("Plans".to_owned(), false)], "{kind:?}");
    }
}

#[tokio::test]
async fn what_nobody_organizes_is_written_over_only_when_its_owner_says_so() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("boris")).await;
        let own = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:meeting\r\nDTSTART:20261124T090000Z\r\n\
            DTSTAMP:20300101T000000Z\r\nSUMMARY:From a file\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT7M\r\n\
            END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        scene
            .put(&calendar, "own.ics", own, Expected::Nothing)
            .await
            .unwrap();
        let annas = scene.invite().await;
        let before = scene.copy_of("boris").await.unwrap();
        assert!(before.text.contains("From a file"), "{kind:?}");
        assert_eq!(scene.asked().await, apart("Plans"), "{kind:?}");
        let id = scene.first_asked().await;
        assert_eq!(
            scene.calendars.let_in(boris(), id).await.unwrap(),
            (calendar.id, before.id),
            "{kind:?}"
        );
        let copy = scene.copy_of("boris").await.unwrap().text;
        assert!(
            copy.contains("SUMMARY:Plans") && copy.contains("TRIGGER:-PT7M"),
            "{kind:?}: {copy}"
        );
        assert_eq!(scene.asked().await, [("Plans".to_owned(), false)], "{kind:?}");
        let name = Name::parse("m.ics").unwrap();
        let removed = scene
            .calendars
            .remove(annas.owner, annas.id, name, Expected::Anything);
        removed.await.unwrap();
        scene.post().await;
        let copy = scene.copy_of("boris").await.unwrap().text;
        assert!(
            copy.contains("STATUS:CANCELLED"),
            "{kind:?}: from then on it is Anna's"
        );
    }
}

#[tokio::test]
async fn what_was_done_with_an_invitation_may_be_done_again() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.hears(&INVITED).await;
        let id = scene.first_asked().await;
        scene.calendars.dismiss(boris(), id).await.unwrap();
        scene.calendars.dismiss(boris(), id).await.unwrap();
        scene.hears(&INVITED).await;
        assert_eq!(
            scene.asked().await,
            [],
            "{kind:?}: the same mail brings it no second time"
        );
        let moved = Mail {
            sequence: 1,
            starts: "20261125T100000Z",
            ..INVITED
        };
        scene.hears(&moved).await;
        assert_eq!(scene.asked().await, apart("Talks"), "{kind:?}: another time does");
        let place = scene.calendars.let_in(boris(), id).await.unwrap();
        assert_eq!(
            scene.calendars.let_in(boris(), id).await.unwrap(),
            place,
            "{kind:?}"
        );
        for _ in 0..2 {
            let answered = scene.calendars.answer_invitation(boris(), id, Answer::Accepted);
            assert_eq!(answered.await.unwrap(), Some(place), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn strangers_bring_little_and_each_of_them_less() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let long = format!("DESCRIPTION:{}\r\n", "x".repeat(70_000));
    let mail = INVITED.text().replace("SUMMARY:", &format!("{long}SUMMARY:"));
    let heard = scene.calendars.hear_mail(mail.as_bytes()).await.unwrap();
    assert_eq!(heard, Some(Ignored::NotTaken));
    for at in 0..=APART_OF_ONE_MAX {
        let mail = INVITED.text().replace("UID:meeting", &format!("UID:m{at}"));
        assert_eq!(scene.calendars.hear_mail(mail.as_bytes()).await.unwrap(), None);
    }
    let other = INVITED
        .text()
        .replace(EVE, "other@elsewhere.example")
        .replace("UID:meeting", "UID:other");
    assert_eq!(scene.calendars.hear_mail(other.as_bytes()).await.unwrap(), None);
    assert_eq!(
        i64::try_from(scene.asked().await.len()).unwrap(),
        APART_OF_ONE_MAX + 1
    );
}
