//! What rooms promise, on real stores. Chen is a room here.

use ical::{Answer, Participant};
use kernel::{PageSize, PersonId};
use post::To;
use testkit::stores::KINDS;

use super::{Place, Resource, Sort};
use crate::finding::tests::{at, event};
use crate::rows;
use crate::service::Refused;
use crate::tests::{Scene, visitor};
use crate::types::{Calendar, Expected, Reason};

const ROOM: &str = "chen";

fn invitation(by: &str, uid: &str, when: &str) -> String {
    let people = format!(
        "{when}\nORGANIZER:mailto:{by}@town.example\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{by}@town.example\n\
         ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{ROOM}@town.example"
    );
    event(uid, &people)
}

impl Scene {
    async fn with_room(&self) -> PersonId {
        let room = visitor(ROOM).id;
        let made = self
            .calendars
            .make_resource(room, (Sort::Room, "First floor".to_owned(), 12));
        made.await.unwrap();
        room
    }

    async fn listed(&self, seats: i64) -> Vec<Resource> {
        let page = self.calendars.resources(None, seats, PageSize::clamped(None));
        page.await.unwrap().items
    }

    async fn book(&self, by: &str, uid: &str, when: &str) -> Calendar {
        let calendar = self.first(&visitor(by)).await;
        let text = invitation(by, uid, when);
        self.put(&calendar, &format!("{uid}.ics"), &text, Expected::Nothing)
            .await
            .unwrap();
        self.post().await;
        calendar
    }

    /// What the room answered, as the copy of whoever invited it says: to all, and to single instances.
    async fn answered(&self, by: &str, uid: &'static str) -> Vec<(Option<String>, Answer)> {
        let person = visitor(by).id;
        let shard = self.store.store.shard_of(person);
        let copy = shard.read::<_, store::StoreError>(move |tx| rows::copy_of(tx, person, uid));
        let copy = copy.await.unwrap().unwrap();
        let tree = ical::parse(copy.text.as_bytes()).unwrap();
        let entries = tree.components.iter().filter(|one| one.is("VEVENT"));
        let answers = entries.map(|entry| {
            let id = entry.value("RECURRENCE-ID").map(str::to_owned);
            let room = entry.all("ATTENDEE").map(Participant::read);
            let mut room = room.filter(|one| one.mailbox() == Some("chen@town.example"));
            (id, room.next().unwrap().answer)
        });
        answers.collect()
    }
}

#[tokio::test]
async fn a_room_comes_to_whoever_was_first_and_to_nobody_else_then() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let room = scene.with_room().await;
        scene
            .book("anna", "first", "DTSTART:20261124T090000Z\nDURATION:PT1H")
            .await;
        scene
            .book("boris", "second", "DTSTART:20261124T093000Z\nDURATION:PT1H")
            .await;
        scene
            .book("boris", "third", "DTSTART:20261124T100000Z\nDURATION:PT1H")
            .await;
        assert_eq!(
            scene.answered("anna", "first").await,
            [(None, Answer::Accepted)],
            "{kind:?}"
        );
        assert_eq!(
            scene.answered("boris", "second").await,
            [(None, Answer::Declined)]
        );
        assert_eq!(scene.answered("boris", "third").await, [(None, Answer::Accepted)]);
        let owner = To::Person(room).owner();
        let shard = scene.store.store.shard_of(owner);
        let letters = shard.read::<_, store::StoreError>(move |tx| post::held(tx, owner, 100));
        assert_eq!(
            letters.await.unwrap().letters.len(),
            0,
            "nobody reads letters to a room"
        );
        let all = scene.listed(0).await;
        let range = (at("2026-11-24T10:30:00Z"), at("2026-11-24T10:45:00Z"));
        assert_eq!(scene.calendars.free_of(&all, range).await.unwrap(), [false]);
        let range = (at("2026-11-24T11:00:00Z"), at("2026-11-24T12:00:00Z"));
        assert_eq!(scene.calendars.free_of(&all, range).await.unwrap(), [true]);
    }
}

#[tokio::test]
async fn a_meeting_that_moves_or_goes_asks_its_room_anew() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.with_room().await;
        let calendar = scene
            .book("anna", "first", "DTSTART:20261124T090000Z\nDURATION:PT1H")
            .await;
        scene
            .book("boris", "second", "DTSTART:20261124T110000Z\nDURATION:PT1H")
            .await;
        let moved = invitation(
            "anna",
            "first",
            "DTSTART:20261124T103000Z\nDURATION:PT1H\nSEQUENCE:1",
        );
        scene
            .put(&calendar, "first.ics", &moved, Expected::Something)
            .await
            .unwrap();
        scene.post().await;
        assert_eq!(
            scene.answered("anna", "first").await,
            [(None, Answer::Declined)],
            "{kind:?}"
        );
        let away = crate::types::Name::parse("second.ics").unwrap();
        let boris = scene.first(&visitor("boris")).await;
        scene
            .calendars
            .remove(boris.owner, boris.id, away, Expected::Anything)
            .await
            .unwrap();
        scene.post().await;
        scene
            .book("anna", "later", "DTSTART:20261124T110000Z\nDURATION:PT1H")
            .await;
        assert_eq!(
            scene.answered("anna", "later").await,
            [(None, Answer::Accepted)],
            "it is free again"
        );
    }
}

#[tokio::test]
async fn a_room_comes_to_a_series_but_for_the_days_when_it_is_elsewhere() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.with_room().await;
        scene
            .book("boris", "once", "DTSTART:20261208T090000Z\nDURATION:PT1H")
            .await;
        let weekly = "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY";
        scene.book("anna", "weekly", weekly).await;
        let expected = [
            (None, Answer::Accepted),
            (Some("20261208T090000Z".to_owned()), Answer::Declined),
        ];
        assert_eq!(scene.answered("anna", "weekly").await, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn rooms_are_listed_by_name_and_ended() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let room = scene.with_room().await;
        let van = visitor("boris").id;
        let made = scene
            .calendars
            .make_resource(van, (Sort::Thing, String::new(), 3));
        made.await.unwrap();
        let all = scene.listed(0).await;
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["boris", "chen"]);
        let first = PageSize::clamped(Some(1));
        let page = scene.calendars.resources(None, 0, first).await.unwrap();
        assert_eq!(page.items, all[..1]);
        let behind = page.next.as_ref().map(|next| Place::of(next).unwrap());
        let page = scene.calendars.resources(behind, 0, first).await.unwrap();
        assert_eq!((&page.items[..], page.next), (&all[1..], None));
        assert_eq!(scene.listed(4).await, all[1..], "the van has three seats");
        scene.calendars.end_resource(room).await.unwrap();
        assert!(scene.calendars.resource(room).await.unwrap().is_none());
        let again = scene.calendars.end_resource(room).await;
        assert!(matches!(again, Err(Refused::Reason(Reason::NoResource))));
        let nobody = scene
            .calendars
            .make_resource(visitor("nobody").id, (Sort::Room, String::new(), 1));
        assert!(matches!(nobody.await, Err(Refused::Reason(Reason::NoResource))));
        scene
            .book("anna", "first", "DTSTART:20261124T090000Z\nDURATION:PT1H")
            .await;
        assert_eq!(
            scene.answered("anna", "first").await,
            [(None, Answer::NeedsAction)],
            "a person decides"
        );
    }
}
