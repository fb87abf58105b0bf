//! What sharing promises, on real stores.

use kernel::Moment;
use post::To;
use store::outbox::{self, Change};
use testkit::stores::{self, KINDS};

use super::groups::{MEMBER, SHARED_WITH_GROUP};
use super::{ANSWERED, Consent, Held, Rights, SHARED};
use crate::service::Refused;
use crate::tests::{Scene, visitor};
use crate::types::{Calendar, Color, Expected, Reason};

const OPEN: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:open\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T090000Z\r\nDURATION:PT1H\r\nSUMMARY:Choir\r\nLOCATION:Hall\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";
const SECRET: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:secret\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T120000Z\r\nDURATION:PT1H\r\nSUMMARY:Doctor\r\nCLASS:PRIVATE\r\n\
    ATTENDEE:mailto:doctor@elsewhere.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

impl Scene {
    /// Brings what each side has to hear, and what follows from that, each more than once: once more does no harm.
    pub(super) async fn follow(&self) {
        for _ in 0..3 {
            let mut waiting: Vec<Change> = Vec::new();
            for shard in self.store.store.everywhere() {
                let range = store::lease::VshardRange::ALL;
                let taken = shard.read::<_, store::StoreError>(move |tx| {
                    outbox::take(tx, range, Moment::from_micros(i64::MAX / 2), 1_000)
                });
                waiting.extend(taken.await.unwrap());
            }
            for change in &waiting {
                match change.kind.as_str() {
                    SHARED => self.calendars.follow_share(change).await.unwrap(),
                    ANSWERED => self.calendars.follow_answer(change).await.unwrap(),
                    SHARED_WITH_GROUP => self.calendars.follow_group_share(change).await.unwrap(),
                    MEMBER => self.calendars.follow_group_member(change).await.unwrap(),
                    _ => {}
                }
            }
        }
    }

    /// Anna's calendar with an open and a private event, shared with Boris, who took it.
    async fn shared(&self, rights: Rights) -> Calendar {
        let calendar = self.first(&visitor("anna")).await;
        for (name, text) in [("open.ics", OPEN), ("secret.ics", SECRET)] {
            self.put(&calendar, name, text, Expected::Nothing).await.unwrap();
        }
        self.give(&calendar, rights).await;
        self.follow().await;
        let boris = visitor("boris").id;
        let taken = self
            .calendars
            .answer_offer(boris, calendar.id, Some(Consent::Taken), None);
        taken.await.unwrap();
        self.follow().await;
        calendar
    }

    async fn give(&self, calendar: &Calendar, rights: Rights) {
        let boris = visitor("boris").id;
        let share = self.calendars.share(calendar.owner, calendar.id, boris, rights);
        share.await.unwrap();
    }

    async fn boris_has(&self) -> Vec<Held> {
        let held = self.calendars.held(&visitor("boris")).await.unwrap();
        held.into_iter().filter(|one| !one.is_own()).collect()
    }

    /// The titles of a day as Boris sees them; of what is hidden, none.
    async fn boris_sees(&self, search: &str) -> Vec<String> {
        let held = self.boris_has().await;
        let day = ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z");
        let day = (day.0.parse().unwrap(), day.1.parse().unwrap());
        let shown = self
            .calendars
            .agenda(&held, day, &ical::zones::Zone::UTC, search)
            .await;
        shown.unwrap().into_iter().map(|one| one.title).collect()
    }
}

fn not_there<T: std::fmt::Debug>(result: &Result<T, Refused>) -> bool {
    matches!(
        result,
        Err(Refused::Reason(Reason::NoCalendar | Reason::NoObject))
    )
}

fn not_allowed<T: std::fmt::Debug>(result: &Result<T, Refused>) -> bool {
    matches!(result, Err(Refused::Reason(Reason::NotAllowed(_))))
}

#[tokio::test]
async fn what_is_shared_is_offered_taken_and_given_back() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let boris = visitor("boris").id;
        let calendar = scene.first(&visitor("anna")).await;
        assert!(not_there(
            &scene.calendars.reach(boris, calendar.id, Rights::Busy).await
        ));
        scene.give(&calendar, Rights::Read).await;
        scene.follow().await;
        assert!(
            scene.boris_has().await.is_empty(),
            "nobody is given what they did not take"
        );
        let offered = scene.calendars.offered(boris).await.unwrap();
        assert_eq!((offered.len(), offered[0].0.reply), (1, Consent::Waiting));
        let owner = To::Person(boris).owner();
        let shard = scene.store.store.shard_of(owner);
        let letters = shard.read::<_, store::StoreError>(move |tx| post::held(tx, owner, 100));
        assert_eq!(
            letters.await.unwrap().letters.len(),
            1,
            "heard twice, written once"
        );
        let red = Color::parse("#aa0044").unwrap();
        let taken = Some(Consent::Taken);
        let answered = scene.calendars.answer_offer(boris, calendar.id, taken, Some(red));
        answered.await.unwrap();
        scene.follow().await;
        let held = scene.boris_has().await;
        assert_eq!((held.len(), held[0].rights), (1, Rights::Read));
        assert_eq!(held[0].calendar.about.color, red, "one's own colour");
        let shares = scene.calendars.shares(calendar.owner, calendar.id).await.unwrap();
        assert_eq!(shares[0].reply, Consent::Taken);
        let back = scene.calendars.unshare(calendar.owner, calendar.id, boris);
        back.await.unwrap();
        assert!(scene.boris_has().await.is_empty(), "at once");
        scene.follow().await;
        assert!(scene.calendars.offered(boris).await.unwrap().is_empty());
        let again = scene.calendars.unshare(calendar.owner, calendar.id, boris).await;
        assert!(matches!(again, Err(Refused::Reason(Reason::NotShared))));
    }
}

#[tokio::test]
async fn each_sees_and_does_what_they_may() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.shared(Rights::Busy).await;
    let boris = visitor("boris").id;
    let look = async |name: &str| {
        let name = crate::types::Name::parse(name).unwrap();
        let found = scene.calendars.named(calendar.owner, calendar.id, vec![name]);
        let id = found.await.unwrap()[0].as_ref().unwrap().id;
        scene.calendars.visible_event(boris, (calendar.id, id)).await
    };
    assert_eq!(
        scene.boris_sees("").await,
        ["", ""],
        "when Anna is busy, and no more"
    );
    assert!(
        scene.boris_sees("doctor").await.is_empty(),
        "nor by asking for words"
    );
    assert!(not_allowed(&look("open.ics").await));
    scene.give(&calendar, Rights::Read).await;
    assert_eq!(scene.boris_sees("").await, ["Choir", ""]);
    assert!(scene.boris_sees("doctor").await.is_empty());
    assert!(look("open.ics").await.is_ok());
    assert!(not_there(&look("secret.ics").await));
    let edit = scene.calendars.owner_of(boris, calendar.id, Rights::Edit).await;
    assert!(not_allowed(&edit));
    scene.give(&calendar, Rights::Edit).await;
    assert_eq!(scene.boris_sees("").await, ["Choir", "Doctor"]);
    assert!(look("secret.ics").await.is_ok());
    let chen = visitor("chen").id;
    let on = scene
        .calendars
        .share(boris, calendar.id, chen, Rights::Read)
        .await;
    assert!(not_allowed(&on));
    scene.give(&calendar, Rights::Manage).await;
    let on = scene
        .calendars
        .share(boris, calendar.id, chen, Rights::Read)
        .await;
    assert_eq!(on.unwrap().person, chen);
    let own = scene.calendars.owner_of(boris, calendar.id, Rights::Own).await;
    assert!(not_allowed(&own), "only Anna does away with it");
}

#[tokio::test]
async fn whoever_reads_gets_the_text_without_what_is_private() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.shared(Rights::Read).await;
    let all = scene
        .calendars
        .objects(calendar.owner, calendar.id, None, 10)
        .await
        .unwrap();
    let texts: Vec<String> = all
        .into_iter()
        .map(|stored| super::readable(stored, Rights::Read).text)
        .collect();
    assert_eq!(texts[0], OPEN);
    assert!(
        !texts[1].contains("Doctor") && !texts[1].contains("doctor"),
        "{}",
        texts[1]
    );
    assert!(texts[1].contains("SUMMARY:Busy") && texts[1].contains("DTSTART:20261124T120000Z"));
}

#[tokio::test]
async fn who_is_no_more_shares_nothing_and_was_offered_nothing() {
    for gone in ["anna", "boris"] {
        let scene = Scene::on(stores::Kind::Sqlite).await;
        let calendar = scene.shared(Rights::Read).await;
        scene.calendars.forget(visitor(gone).id).await.unwrap();
        scene.follow().await;
        let boris = visitor("boris").id;
        assert!(scene.calendars.offered(boris).await.unwrap().is_empty());
        if gone == "boris" {
            let shares = scene.calendars.shares(calendar.owner, calendar.id).await;
            assert!(shares.unwrap().is_empty());
        }
    }
}
