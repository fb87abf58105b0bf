//! What is forgotten, and that nobody is misled by it.

use kernel::{Id, Language, PersonId};
use store::StoreError;
use testkit::stores::{self, KINDS, Kind, TestStore};

use super::KNOWN_SECONDS;
use crate::objects::Mark;
use crate::publishing::Shows;
use crate::service::{BIN_SECONDS, Calendars, Visitor};
use crate::types::{Calendar, Expected, Name};

/// What somebody else asks Anna to.
const ASKED: &str = "Two\r\nORGANIZER:mailto:eve@elsewhere.example\r\n\
    ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:anna@town.example";

struct Scene {
    store: TestStore,
    calendars: Calendars,
    anna: Visitor,
}

impl Scene {
    async fn on(kind: Kind) -> Scene {
        let store = stores::open(kind).await.unwrap();
        let calendars = crate::tests::calendars(&store);
        let anna = Visitor {
            id: PersonId(Id::named("person", "anna")),
            language: Language::English,
            zone: "Europe/Berlin".to_owned(),
        };
        Scene {
            store,
            calendars,
            anna,
        }
    }

    async fn first(&self) -> Calendar {
        self.calendars.home(&self.anna).await.unwrap().remove(0)
    }

    async fn put(&self, calendar: &Calendar, uid: &str, title: &str) {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:{title}\r\n\
             DTSTART:20300101T100000Z\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let put = self
            .calendars
            .put(calendar.owner, calendar.id, name(uid), text, Expected::Anything);
        put.await.unwrap();
    }

    async fn remove(&self, calendar: &Calendar, uid: &str) {
        let removed = self
            .calendars
            .remove(calendar.owner, calendar.id, name(uid), Expected::Anything);
        removed.await.unwrap();
    }

    async fn after(&self, seconds: i64) {
        self.store.clock.advance_seconds(seconds);
        self.calendars.forget_old().await.unwrap();
    }

    /// Rows of somebody's, by table; timers among them.
    async fn rows(&self) -> Vec<(&'static str, i64)> {
        let owner = self.anna.id;
        let shard = self.store.shard_of(owner);
        let counted = shard.read::<_, StoreError>(move |tx| super::rows::counted(tx, owner));
        counted.await.unwrap()
    }
}

fn name(uid: &str) -> Name {
    Name::parse(&format!("{uid}.ics")).unwrap()
}

#[tokio::test]
async fn what_lay_in_the_bin_for_a_month_is_gone_with_all_that_was_in_it() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first().await;
        for at in 0..120 {
            scene.put(&calendar, &format!("a{at}"), "One").await;
        }
        scene.put(&calendar, "a0", "Other").await;
        scene.put(&calendar, "a2", ASKED).await;
        scene.remove(&calendar, "a1").await;
        let link = scene
            .calendars
            .publish(calendar.owner, calendar.id, Some(Shows::Busy), false);
        link.await.unwrap();
        scene
            .calendars
            .delete(calendar.owner, calendar.id, None)
            .await
            .unwrap();
        scene.after(BIN_SECONDS - 1).await;
        assert!(scene.rows().await.iter().all(|(_, count)| *count > 0), "{kind:?}");
        scene.after(1).await;
        let left: Vec<_> = scene
            .rows()
            .await
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(left, [], "{kind:?}");
        assert_eq!(
            scene.calendars.home(&scene.anna).await.unwrap(),
            [],
            "{kind:?}: whoever deleted all of theirs gets no new one by looking"
        );
    }
}

#[tokio::test]
async fn calendars_that_are_not_in_the_bin_for_so_long_are_left_alone() {
    let scene = Scene::on(Kind::Sqlite).await;
    let calendar = scene.first().await;
    scene.put(&calendar, "a", "One").await;
    scene.after(10 * KNOWN_SECONDS).await;
    assert_eq!(scene.calendars.home(&scene.anna).await.unwrap().len(), 1);
    let near = scene
        .calendars
        .objects(calendar.owner, calendar.id, None, 10)
        .await
        .unwrap();
    assert_eq!(near.len(), 1);
}

#[tokio::test]
async fn whoever_has_not_heard_of_a_deletion_that_is_forgotten_begins_anew() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first().await;
        for uid in ["a", "b", "c"] {
            scene.put(&calendar, uid, "One").await;
        }
        let read = |after: i64| {
            let mark = Mark {
                after,
                began: Some(after),
            };
            scene.calendars.changes(calendar.owner, calendar.id, mark, 100)
        };
        scene.remove(&calendar, "a").await;
        scene.after(KNOWN_SECONDS - 1).await;
        let heard = read(3).await.unwrap().unwrap();
        assert!(heard.items.len() == 1 && heard.items[0].is_gone, "{kind:?}");
        scene.after(1).await;
        assert_eq!(read(3).await.unwrap(), None, "{kind:?}: begin anew");
        let heard = read(4).await.unwrap().unwrap();
        assert_eq!(heard.items, [], "{kind:?}: whoever heard of it reads on");
        let anew = scene
            .calendars
            .changes(calendar.owner, calendar.id, Mark::default(), 100)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(anew.items.len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_first_reading_of_several_answers_ends_also_where_deletions_are_forgotten() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first().await;
        for uid in ["a", "b", "c", "d", "e"] {
            scene.put(&calendar, uid, "One").await;
        }
        scene.remove(&calendar, "d").await;
        scene.after(KNOWN_SECONDS).await;
        scene.put(&calendar, "f", "One").await;
        let (mut mark, mut heard) = (Mark::default(), Vec::new());
        loop {
            let page = scene.calendars.changes(calendar.owner, calendar.id, mark, 2);
            let page = page.await.unwrap().unwrap();
            heard.extend(page.items.iter().map(|one| (one.name.to_string(), one.is_gone)));
            mark = Mark {
                after: page.until,
                began: Some(page.began_for_next()),
            };
            if page.is_all {
                break;
            }
        }
        let all = ["a.ics", "b.ics", "c.ics", "e.ics", "f.ics"].map(|name| (name.to_owned(), false));
        assert_eq!(heard, all, "{kind:?}");
        let read = Mark {
            after: 7,
            began: Some(7),
        };
        assert_eq!(mark, read, "{kind:?}: from now on deletions are told");
    }
}

#[tokio::test]
async fn how_an_event_was_is_kept_for_half_a_year() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first().await;
        scene.put(&calendar, "a", "One").await;
        scene.put(&calendar, "a", "Two").await;
        scene.after(KNOWN_SECONDS / 2).await;
        scene.put(&calendar, "a", "Three").await;
        let history = async || {
            let rows = scene.rows().await;
            rows.iter().find(|(table, _)| *table == "history").unwrap().1
        };
        assert_eq!(history().await, 2, "{kind:?}");
        scene.after(KNOWN_SECONDS / 2).await;
        assert_eq!(history().await, 1, "{kind:?}");
    }
}

#[tokio::test]
async fn messages_in_inboxes_are_kept_for_half_a_year() {
    for kind in KINDS {
        let scene = crate::tests::Scene::on(kind).await;
        scene.invite().await;
        let boris = crate::tests::visitor("boris");
        let (inbox, _) = scene.calendars.inbox(&boris).await.unwrap();
        let after = async |seconds: i64| {
            scene.store.clock.advance_seconds(seconds);
            scene.calendars.forget_old().await.unwrap();
        };
        after(KNOWN_SECONDS - 1).await;
        assert_eq!(scene.messages("boris").await, 1, "{kind:?}");
        after(1).await;
        assert_eq!(scene.messages("boris").await, 0, "{kind:?}");
        assert!(
            scene.copy_of("boris").await.is_some(),
            "{kind:?}: what it was about stays"
        );
        let mark = Mark {
            after: 1,
            began: Some(1),
        };
        let heard = scene
            .calendars
            .changes(inbox.owner, inbox.id, mark, 10)
            .await
            .unwrap()
            .unwrap();
        assert!(
            heard.items.len() == 1 && heard.items[0].is_gone,
            "{kind:?}: programs hear of it"
        );
    }
}
