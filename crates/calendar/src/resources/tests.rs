//! What rooms promise, on real stores. Chen is a room here.

use bell::Bell;
use ical::{Answer, Participant};
use kernel::{PageSize, PersonId};
use post::To;
use testkit::stores::KINDS;

use super::{Place, Resource, Sort};
use crate::events::{Changed, Look};
use crate::finding::tests::{at, event};
use crate::rows;
use crate::rules::edits::times::{Spot, TimesWish};
use crate::rules::edits::wish::Wish;
use crate::rules::edits::{Aim, Which};
use crate::service::Refused;
use crate::tests::{Scene, visitor};
use crate::types::{Calendar, Expected, Reason, Stored};

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

    /// Somebody's copy of an event.
    async fn held(&self, by: &str, uid: &str) -> Stored {
        let (person, uid) = (visitor(by).id, uid.to_owned());
        let shard = self.store.store.shard_of(person);
        let copy = shard.read::<_, store::StoreError>(move |tx| rows::copy_of(tx, person, &uid));
        copy.await.unwrap().unwrap()
    }

    /// Moves an instance of a series, or it and the following ones.
    async fn moves(&self, by: &str, uid: &str, (which, instance): (Which, &str), to: &str) -> Changed {
        let event = self.held(by, uid).await;
        let aim = Aim {
            which,
            instance: Some(instance.parse().unwrap()),
        };
        let look = Look {
            calendar: event.calendar,
            event: event.id,
            change: None,
            aim,
        };
        let times = TimesWish {
            starts: Some(Spot::Local(to.parse().unwrap())),
            ..TimesWish::default()
        };
        let wish = Wish {
            times,
            ..Wish::default()
        };
        let changed = self.calendars.change_event(visitor(by).id, look, &wish).await;
        self.post().await;
        changed.unwrap()
    }

    /// What the room answered, as the copy of whoever invited it says: to all, and to single instances.
    async fn answered(&self, by: &str, uid: &str) -> Vec<(Option<String>, Answer)> {
        let copy = self.held(by, uid).await;
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
        assert!(matches!(nobody.await, Err(Refused::Reason(Reason::NoPerson))));
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

const NINE_EACH_WEEK: &str = "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY";

#[tokio::test]
async fn a_room_looks_again_when_what_it_came_to_is_moved_in_part() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.with_room().await;
        scene.book("anna", "weekly", NINE_EACH_WEEK).await;
        scene
            .book("boris", "wall", "DTSTART:20261201T140000Z\nDURATION:PT1H")
            .await;
        let one = (Which::This, "2026-12-01T09:00:00");
        scene.moves("anna", "weekly", one, "2026-12-01T14:30:00").await;
        let no_december = [
            (None, Answer::Accepted),
            (Some("20261201T090000Z".to_owned()), Answer::Declined),
        ];
        assert_eq!(scene.answered("anna", "weekly").await, no_december, "{kind:?}");
        scene.moves("anna", "weekly", one, "2026-12-01T15:00:00").await;
        let everywhere = [
            (None, Answer::Accepted),
            (Some("20261201T090000Z".to_owned()), Answer::Accepted),
        ];
        assert_eq!(scene.answered("anna", "weekly").await, everywhere, "{kind:?}");
        scene
            .book("boris", "later", "DTSTART:20261215T160000Z\nDURATION:PT1H")
            .await;
        let following = (Which::Following, "2026-12-08T09:00:00");
        let changed = scene
            .moves("anna", "weekly", following, "2026-12-08T16:00:00")
            .await;
        let split = changed.split.unwrap().uid;
        let but_one = [
            (None, Answer::Accepted),
            (Some("20261215T160000Z".to_owned()), Answer::Declined),
        ];
        assert_eq!(scene.answered("anna", &split).await, but_one, "{kind:?}");
    }
}

#[tokio::test]
async fn a_room_answers_by_itself_whatever_others_write_for_it() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.with_room().await;
        let nine = "DTSTART:20261124T090000Z\nDURATION:PT1H";
        let calendar = scene.book("anna", "first", nine).await;
        let first = scene.held("anna", "first").await;
        let twin = scene
            .calendars
            .duplicate_event(calendar.owner, (calendar.id, first.id));
        let twin = twin.await.unwrap().uid;
        scene.post().await;
        assert_eq!(
            scene.answered("anna", &twin).await,
            [(None, Answer::Declined)],
            "{kind:?}"
        );
        let boris = scene.first(&visitor("boris")).await;
        for (uid, more) in [("certain", ""), ("free", "\nTRANSP:TRANSPARENT")] {
            let text = invitation("boris", uid, &format!("{nine}{more}"));
            let text = text.replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED");
            let name = format!("{uid}.ics");
            let put = scene.put(&boris, &name, &text, Expected::Nothing);
            put.await.unwrap();
            scene.post().await;
            assert_eq!(
                scene.answered("boris", uid).await,
                [(None, Answer::Declined)],
                "{kind:?}"
            );
        }
        let free = "DTSTART:20261125T090000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT";
        scene.book("anna", "open", free).await;
        let other = "DTSTART:20261125T090000Z\nDURATION:PT1H";
        scene.book("boris", "closed", other).await;
        assert_eq!(
            scene.answered("boris", "closed").await,
            [(None, Answer::Declined)],
            "whoever is there is there, free or not"
        );
    }
}

#[tokio::test]
async fn what_is_put_back_asks_its_room_anew() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.with_room().await;
        let without = NINE_EACH_WEEK.to_owned() + "\nEXDATE:20261208T090000Z";
        let calendar = scene.book("anna", "weekly", &without).await;
        let nine = "DTSTART:20261208T090000Z\nDURATION:PT1H";
        scene.book("boris", "instead", nine).await;
        let with = invitation("anna", "weekly", NINE_EACH_WEEK);
        let put = scene.put(&calendar, "weekly.ics", &with, Expected::Something);
        put.await.unwrap();
        scene.post().await;
        let but_one = [
            (None, Answer::Accepted),
            (Some("20261208T090000Z".to_owned()), Answer::Declined),
        ];
        assert_eq!(scene.answered("anna", "weekly").await, but_one, "{kind:?}");
        let once = "DTSTART:20261209T090000Z\nDURATION:PT1H";
        scene.book("anna", "once", once).await;
        let event = scene.held("anna", "once").await;
        let removed = scene
            .calendars
            .remove(calendar.owner, calendar.id, event.name, Expected::Anything);
        removed.await.unwrap();
        scene.post().await;
        scene.book("boris", "meanwhile", once).await;
        let place = (calendar.id, event.id);
        let returned = scene
            .calendars
            .return_event(calendar.owner, place, None, event.change);
        returned.await.unwrap();
        scene.post().await;
        assert_eq!(
            scene.answered("anna", "once").await,
            [(None, Answer::Declined)],
            "{kind:?}"
        );
        assert_eq!(
            scene.answered("boris", "meanwhile").await,
            [(None, Answer::Accepted)]
        );
    }
}

#[tokio::test]
async fn a_room_looks_as_far_ahead_as_it_is_wanted_and_comes_to_nothing_that_it_cannot_look_at() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.with_room().await;
        let far = "DTSTART:20311209T090000Z\nDURATION:PT1H";
        scene.book("anna", "first", far).await;
        scene.book("boris", "second", far).await;
        let weekly = far.to_owned() + "\nRRULE:FREQ=WEEKLY";
        scene.book("boris", "weekly", &weekly).await;
        assert_eq!(
            scene.answered("boris", "second").await,
            [(None, Answer::Declined)],
            "{kind:?}"
        );
        let but_one = [
            (None, Answer::Accepted),
            (Some("20311209T090000Z".to_owned()), Answer::Declined),
        ];
        assert_eq!(scene.answered("boris", "weekly").await, but_one, "{kind:?}");
        let dense = "DTSTART:20261124T090000Z\nDURATION:PT1M\nRRULE:FREQ=MINUTELY";
        scene.book("anna", "dense", dense).await;
        assert_eq!(scene.answered("anna", "dense").await, [(None, Answer::Declined)]);
        let soon = "DTSTART:20261124T090000Z\nDURATION:PT1H";
        scene.book("anna", "soon", soon).await;
        assert_eq!(
            scene.answered("anna", "soon").await,
            [(None, Answer::Accepted)],
            "what it does not come to takes it away from nobody"
        );
    }
}

#[tokio::test]
async fn nobody_is_reminded_of_what_a_room_takes_part_in() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let room = scene.with_room().await;
        let bell = Bell::new(scene.store.store.clone(), scene.store.clock.clone());
        let bell = scene.calendars.hearing(scene.calendars.later(bell));
        let letters = async || scene.letters(&To::Person(room)).await.len();
        let now = scene.store.clock.now();
        let in_hours = |hours: i64| {
            let starts = now.plus_seconds(hours * 3_600).to_timestamp();
            format!("DTSTART:{}\nDURATION:PT1H", starts.strftime("%Y%m%dT%H%M%SZ"))
        };
        scene.book("anna", "first", &in_hours(1)).await;
        scene.store.clock.advance_seconds(3_600 + 30);
        bell.catch_up().await.unwrap();
        assert_eq!(letters().await, 0, "{kind:?}");
        scene.calendars.end_resource(room).await.unwrap();
        scene.book("anna", "second", &in_hours(4)).await;
        let before = letters().await;
        scene.store.clock.advance_seconds(3 * 3_600);
        bell.catch_up().await.unwrap();
        assert!(letters().await > before, "somebody like others again: {kind:?}");
    }
}
