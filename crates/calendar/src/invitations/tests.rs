//! Whose invitations come into a calendar, and what becomes of others, on real stores.

mod strangers;

use ical::Answer;
use kernel::PersonId;
use post::{Outsider, To};
use testkit::stores::{self, KINDS};

use super::{APART_MAX, APART_OF_ONE_MAX};
use crate::forgetting::APART_SECONDS;
use crate::letters::notice;
use crate::rules::inviting::{Standing, Whose};
use crate::scheduling::Ignored;
use crate::service::Refused;
use crate::tests::{Scene, visitor};
use crate::types::{Expected, Reason};

const EVE: &str = "eve@elsewhere.example";

/// A mail of somebody outside the house about an event, which Boris is asked to.
struct Mail {
    from: &'static str,
    method: &'static str,
    uid: &'static str,
    sequence: u32,
    starts: &'static str,
    more: &'static str,
}

const INVITED: Mail = Mail {
    from: EVE,
    method: "REQUEST",
    uid: "meeting",
    sequence: 0,
    starts: "20261124T090000Z",
    more: "",
};

impl Mail {
    fn text(&self) -> String {
        let Mail {
            from,
            method,
            uid,
            sequence,
            starts,
            more,
        } = self;
        let day = sequence + 1;
        format!(
            "From: Eve <{from}>\r\nTo: boris@town.example\r\nSubject: Talks\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/calendar; method={method}; charset=utf-8\r\n\r\n\
             BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Elsewhere//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
             SEQUENCE:{sequence}\r\nDTSTAMP:202611{day:02}T000000Z\r\nDTSTART:{starts}\r\nDURATION:PT1H\r\nSUMMARY:Talks\r\n\
             ORGANIZER;CN=Eve:mailto:{EVE}\r\nATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:boris@town.example\r\n{more}\
             BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Now\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    }
}

impl Scene {
    async fn hears(&self, mail: &Mail) -> Option<Ignored> {
        self.calendars.hear_mail(mail.text().as_bytes()).await.unwrap()
    }

    /// The titles of what Boris is asked, each with whether it waits apart.
    async fn asked(&self) -> Vec<(String, bool)> {
        let all = self.calendars.invitations(&visitor("boris")).await.unwrap();
        let count = self.calendars.count_invitations(boris()).await.unwrap();
        assert_eq!(
            all.len(),
            usize::try_from(count).unwrap(),
            "what is counted is what is there"
        );
        all.into_iter()
            .map(|one| (one.seen.title, one.calendar.is_none()))
            .collect()
    }

    async fn first_asked(&self) -> kernel::Id {
        let all = self.calendars.invitations(&visitor("boris")).await.unwrap();
        all[0].id
    }

    async fn boris_gets(&self) -> usize {
        self.letters(&To::Person(boris())).await.len()
    }

    async fn want(&self, whose: Whose) {
        self.calendars
            .set_whose_invitations(boris(), whose)
            .await
            .unwrap();
    }

    async fn standing_of(&self, who: &str, organizer: &str) -> Option<Standing> {
        let all = self.calendars.organizers(visitor(who).id).await.unwrap();
        let called = self.calendars.organizer_called(organizer).await.unwrap();
        let found = all.into_iter().find(|known| known.organizer == called);
        found.map(|known| known.standing)
    }
}

fn boris() -> PersonId {
    visitor("boris").id
}

fn apart(title: &str) -> Vec<(String, bool)> {
    vec![(title.to_owned(), true)]
}

#[tokio::test]
async fn an_invitation_of_somebody_unknown_waits_apart_until_it_is_let_in() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        for _ in 0..2 {
            assert_eq!(scene.hears(&INVITED).await, None, "{kind:?}");
        }
        assert_eq!(scene.asked().await, apart("Talks"), "{kind:?}");
        assert_eq!(scene.copy_of("boris").await, None, "{kind:?}: it is no event");
        assert_eq!(scene.messages("boris").await, 0, "{kind:?}: nor in the inbox");
        assert_eq!(scene.boris_gets().await, 0, "{kind:?}: nobody is written to");
        let id = scene.first_asked().await;
        scene.calendars.let_in(boris(), id).await.unwrap();
        assert_eq!(scene.asked().await, [("Talks".to_owned(), false)], "{kind:?}");
        let copy = scene.copy_of("boris").await.unwrap();
        assert!(
            !copy.text.contains("VALARM"),
            "{kind:?}: nobody rings at somebody else's"
        );
        assert!(
            copy.schedule.is_some() && !copy.text.contains("METHOD"),
            "{kind:?}"
        );
        assert_eq!(scene.messages("boris").await, 1, "{kind:?}");
        assert_eq!(scene.boris_gets().await, 0, "{kind:?}: they know of it already");
        assert_eq!(
            scene.standing_of("boris", EVE).await,
            Some(Standing::Known),
            "{kind:?}"
        );
        let next = Mail {
            uid: "next",
            ..INVITED
        };
        assert_eq!(scene.hears(&next).await, None);
        assert_eq!(
            scene.asked().await.iter().filter(|(_, apart)| *apart).count(),
            0,
            "{kind:?}"
        );
        assert_eq!(
            scene.boris_gets().await,
            1,
            "{kind:?}: of those whom one knows one hears"
        );
    }
}

#[tokio::test]
async fn what_is_said_of_an_invitation_that_waits_is_applied_where_it_waits() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.hears(&INVITED).await;
        let moved = Mail {
            sequence: 2,
            starts: "20261125T100000Z",
            ..INVITED
        };
        let late = Mail {
            sequence: 1,
            starts: "20261126T100000Z",
            ..INVITED
        };
        scene.hears(&moved).await;
        scene.hears(&late).await;
        let id = scene.first_asked().await;
        scene.calendars.let_in(boris(), id).await.unwrap();
        let copy = scene.copy_of("boris").await.unwrap().text;
        assert!(copy.contains("20261125T100000Z"), "{kind:?}: {copy}");
        let other = Mail {
            uid: "other",
            ..INVITED
        };
        let unknown = scene
            .calendars
            .set_standing(boris(), format!("mailto:{EVE}"), None);
        unknown.await.unwrap();
        scene.hears(&other).await;
        assert_eq!(scene.asked().await.len(), 2, "{kind:?}");
        let cancelled = Mail {
            method: "CANCEL",
            sequence: 1,
            ..other
        };
        scene.hears(&cancelled).await;
        assert_eq!(scene.asked().await, [("Talks".to_owned(), false)], "{kind:?}");
    }
}

#[tokio::test]
async fn whoever_answers_where_it_waits_is_heard_and_a_no_lets_nobody_in() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.hears(&INVITED).await;
        let id = scene.first_asked().await;
        let place = scene.calendars.answer_invitation(boris(), id, Answer::Declined);
        assert_eq!(place.await.unwrap(), None);
        scene.post().await;
        assert_eq!(scene.asked().await, [], "{kind:?}");
        assert_eq!(scene.copy_of("boris").await, None, "{kind:?}");
        assert_eq!(scene.standing_of("boris", EVE).await, None, "{kind:?}");
        let eve = To::Address(Outsider::at(EVE));
        assert_eq!(scene.letters(&eve).await[0].kind, notice::ANSWER.code, "{kind:?}");
        // At another time they are asked anew.
        let moved = Mail {
            sequence: 1,
            starts: "20261125T100000Z",
            ..INVITED
        };
        scene.hears(&moved).await;
        assert_eq!(scene.asked().await, apart("Talks"), "{kind:?}");
        let place = scene.calendars.answer_invitation(boris(), id, Answer::Tentative);
        assert!(place.await.unwrap().is_some(), "{kind:?}");
        scene.post().await;
        let copy = scene.copy_of("boris").await.unwrap().text;
        assert!(copy.contains("PARTSTAT=TENTATIVE"), "{kind:?}: {copy}");
        assert_eq!(scene.asked().await, [], "{kind:?}");
        assert_eq!(scene.letters(&eve).await.len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn what_was_declined_where_it_waited_comes_back_only_when_it_asks_anew() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.hears(&INVITED).await;
        let id = scene.first_asked().await;
        let declined = scene.calendars.answer_invitation(boris(), id, Answer::Declined);
        declined.await.unwrap();
        let known = scene
            .calendars
            .set_standing(boris(), format!("mailto:{EVE}"), Some(Standing::Known));
        known.await.unwrap();
        assert_eq!(scene.copy_of("boris").await, None, "{kind:?}: a no is a no");
        let moved = Mail {
            sequence: 1,
            starts: "20261125T100000Z",
            ..INVITED
        };
        scene.hears(&moved).await;
        assert_eq!(scene.asked().await, [("Talks".to_owned(), false)], "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_goes_to_an_organizer_outside_as_a_message_of_a_calendar_program() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    scene.want(Whose::Everybody).await;
    scene.hears(&INVITED).await;
    assert_eq!(scene.boris_gets().await, 1, "everybody's comes with a letter");
    let copy = scene.copy_of("boris").await.unwrap();
    let mine = crate::rules::itip::Mine(vec!["mailto:boris@town.example".to_owned()]);
    let before = ical::parse(copy.text.as_bytes()).unwrap();
    let reply = crate::rules::itip::reply_by(&before, &mine, Answer::Accepted, stores::START).unwrap();
    assert_eq!(reply.to, [format!("mailto:{EVE}")]);
    let message = ical::parse(reply.text.as_bytes()).unwrap();
    let asked = crate::scheduling::outside(&message, None, EVE, ("UTC", stores::START)).unwrap();
    let sent = asked.notice.sent.unwrap();
    assert_eq!(sent.method, "REPLY");
    assert!(
        sent.text.contains("PARTSTAT=ACCEPTED") && sent.text.contains("METHOD:REPLY"),
        "{}",
        sent.text
    );
    assert_eq!(asked.notice.by, "boris@town.example");
}

#[tokio::test]
async fn nobody_touches_by_mail_what_somebody_else_organizes() {
    const MALLORY: &str = "mallory@elsewhere.example";
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.invite().await;
        let before = scene.copy_of("boris").await.unwrap();
        let taken_over = Mail {
            sequence: 9,
            ..INVITED
        };
        scene.want(Whose::Everybody).await;
        for method in ["REQUEST", "CANCEL"] {
            let mail = Mail { method, ..taken_over };
            assert_eq!(scene.hears(&mail).await, None, "{kind:?}");
            assert_eq!(
                scene.copy_of("boris").await.unwrap(),
                before,
                "{kind:?}: {method}"
            );
        }
        let forged = Mail {
            from: MALLORY,
            ..INVITED
        };
        assert_eq!(
            scene.hears(&forged).await,
            Some(Ignored::NotTheOrganizer),
            "{kind:?}"
        );
        let house = INVITED.text().replace(EVE, "anna@town.example");
        let heard = scene.calendars.hear_mail(house.as_bytes()).await.unwrap();
        assert_eq!(heard, Some(Ignored::OfHouse), "{kind:?}");
        let nobody = INVITED.text().replace("boris@town", "nobody@town");
        let heard = scene.calendars.hear_mail(nobody.as_bytes()).await.unwrap();
        assert_eq!(heard, Some(Ignored::NoGuest), "{kind:?}");
        // Nor what waits apart.
        scene.want(Whose::House).await;
        let waits = Mail {
            uid: "waits",
            ..INVITED
        };
        scene.hears(&waits).await;
        let other = waits
            .text()
            .replace(EVE, MALLORY)
            .replace("SEQUENCE:0", "SEQUENCE:5");
        let other = other.replace("SUMMARY:Talks", "SUMMARY:Fraud");
        assert_eq!(scene.calendars.hear_mail(other.as_bytes()).await.unwrap(), None);
        let asked = scene.asked().await;
        assert!(asked.contains(&("Talks".to_owned(), true)), "{kind:?}: {asked:?}");
        assert!(asked.iter().all(|(title, _)| title != "Fraud"), "{kind:?}");
    }
}

#[tokio::test]
async fn people_of_the_house_come_in_as_one_says_and_the_blocked_are_not_heard() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.want(Whose::Known).await;
        let calendar = scene.invite().await;
        assert_eq!(scene.asked().await, apart("Plans"), "{kind:?}");
        assert_eq!(
            scene.standing_of("anna", "boris@town.example").await,
            Some(Standing::Known),
            "{kind:?}"
        );
        let id = scene.first_asked().await;
        scene.calendars.block_inviter(boris(), id).await.unwrap();
        assert_eq!(scene.asked().await, [], "{kind:?}");
        scene
            .rewrite("anna", "SUMMARY:Plans", "SUMMARY:Great plans")
            .await;
        assert_eq!(scene.asked().await, [], "{kind:?}");
        let anna = scene
            .calendars
            .organizer_called("anna@town.example")
            .await
            .unwrap();
        let known = scene.calendars.set_standing(boris(), anna, Some(Standing::Known));
        known.await.unwrap();
        scene
            .rewrite("anna", "SUMMARY:Great plans", "SUMMARY:Best plans")
            .await;
        assert_eq!(
            scene.asked().await,
            [("Best plans".to_owned(), false)],
            "{kind:?}"
        );
        assert_eq!(calendar.owner, visitor("anna").id);
        let refused = scene.calendars.organizer_called("nonsense").await;
        assert!(
            matches!(refused, Err(Refused::Reason(Reason::Field { .. }))),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn whom_one_invites_one_knows_and_what_waited_of_theirs_comes_in() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.hears(&INVITED).await;
        assert_eq!(scene.asked().await, apart("Talks"), "{kind:?}");
        let calendar = scene.first(&visitor("boris")).await;
        let text =
            crate::scheduling::tests::meeting(0, "20261127T090000Z", &format!("ATTENDEE:mailto:{EVE}\r\n"));
        let text = text.replace("UID:meeting", "UID:own").replace("anna@", "boris@");
        scene
            .put(&calendar, "own.ics", &text, Expected::Nothing)
            .await
            .unwrap();
        scene.post().await;
        assert_eq!(scene.asked().await, [("Talks".to_owned(), false)], "{kind:?}");
    }
}

#[tokio::test]
async fn what_is_answered_moved_or_deleted_waits_no_more_and_what_is_moved_still_does() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    scene.invite().await;
    let plans = [("Plans".to_owned(), false)];
    assert_eq!(scene.asked().await, plans);
    let copy = scene.copy_of("boris").await.unwrap();
    let name = |text: &str| crate::types::Name::parse(text).unwrap();
    let moved = scene.calendars.relocate(
        boris(),
        (copy.calendar, copy.name.clone()),
        (copy.calendar, name("n.ics")),
        Expected::Anything,
    );
    moved.await.unwrap();
    assert_eq!(scene.asked().await, plans);
    scene
        .calendars
        .delete(boris(), copy.calendar, None)
        .await
        .unwrap();
    assert_eq!(scene.asked().await, [], "what lies in the bin asks nothing");
    scene.calendars.restore(boris(), copy.calendar).await.unwrap();
    assert_eq!(scene.asked().await, plans);
    let id = scene.first_asked().await;
    let answered = scene.calendars.answer_invitation(boris(), id, Answer::Declined);
    assert!(answered.await.unwrap().is_some());
    assert_eq!(scene.asked().await, []);
    scene.post().await;
    assert_eq!(scene.answers("anna").await[1].1, Answer::Declined);
    scene
        .rewrite("anna", "20261124T090000Z", "20261125T090000Z")
        .await;
    assert_eq!(scene.asked().await, plans, "another time asks anew");
    scene.store.clock.advance_seconds(40 * 86_400);
    assert_eq!(scene.asked().await, [], "what is over asks nothing");
}

#[tokio::test]
async fn no_more_wait_apart_than_anybody_reads_and_none_for_ever() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    for at in 0..=APART_MAX {
        let mail = INVITED.text().replace("UID:meeting", &format!("UID:m{at}"));
        let mail = mail.replace("SUMMARY:Talks", &format!("SUMMARY:Talk {at}"));
        let mail = mail.replace(EVE, &format!("eve{}@elsewhere.example", at / APART_OF_ONE_MAX));
        assert_eq!(scene.calendars.hear_mail(mail.as_bytes()).await.unwrap(), None);
        scene.store.clock.advance_seconds(1);
    }
    let asked = scene.asked().await;
    assert_eq!(i64::try_from(asked.len()).unwrap(), APART_MAX);
    assert_eq!(asked.last().unwrap().0, "Talk 1", "the oldest went");
    let rows = async || {
        let shard = scene.store.shard_of(boris());
        let all = shard.read::<_, store::StoreError>(move |tx| super::rows::all_apart(tx, boris()));
        all.await.unwrap().len()
    };
    scene.store.clock.advance_seconds(10 * 86_400);
    scene.calendars.forget_old().await.unwrap();
    assert_eq!(scene.asked().await, []);
    assert_eq!(rows().await, 500, "what is over is kept for a while");
    scene.store.clock.advance_seconds(APART_SECONDS);
    scene.calendars.forget_old().await.unwrap();
    assert_eq!(rows().await, 0);
}

#[tokio::test]
async fn of_somebody_who_is_no_more_nothing_stays() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.invite().await;
        scene
            .hears(&Mail {
                uid: "apart",
                ..INVITED
            })
            .await;
        assert_eq!(scene.asked().await.len(), 2, "{kind:?}");
        let known =
            scene
                .calendars
                .set_standing(boris(), "mailto:x@y.example".to_owned(), Some(Standing::Known));
        known.await.unwrap();
        scene.want(Whose::Known).await;
        scene.calendars.forget(boris()).await.unwrap();
        assert_eq!(scene.asked().await, [], "{kind:?}");
        assert_eq!(scene.calendars.organizers(boris()).await.unwrap(), [], "{kind:?}");
        assert_eq!(
            scene.calendars.whose_invitations(boris()).await.unwrap(),
            Whose::House,
            "{kind:?}"
        );
    }
}
