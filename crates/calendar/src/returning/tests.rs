//! What putting a calendar back promises, on real stores.

use kernel::Moment;
use testkit::stores::KINDS;

use super::Returned;
use crate::finding::tests::event;
use crate::objects::Mark;
use crate::service::Refused;
use crate::tests::{Scene, visitor};
use crate::types::{Calendar, Expected, Name, Reason};

fn text(uid: &str, hour: u8) -> String {
    event(uid, &format!("DTSTART:20261124T{hour:02}0000Z\nDURATION:PT1H"))
}

impl Scene {
    /// The instant of now; whatever is done next is later.
    fn tick(&self) -> Moment {
        self.store.clock.advance_seconds(60);
        let at = self.store.clock.now();
        self.store.clock.advance_seconds(60);
        at
    }

    async fn writes(&self, calendar: &Calendar, name: &str, text: &str) {
        let file = format!("{name}.ics");
        let put = self.put(calendar, &file, text, Expected::Anything);
        put.await.unwrap();
    }

    async fn all(&self, calendar: &Calendar) -> Vec<(String, String)> {
        let found = self
            .calendars
            .objects(calendar.owner, calendar.id, None, 100)
            .await;
        let found = found.unwrap().into_iter();
        found.map(|one| (one.name.to_string(), one.text)).collect()
    }

    async fn returns(&self, calendar: &Calendar, at: Moment, is_preview: bool) -> Returned {
        let returned = self
            .calendars
            .return_calendar(calendar.owner, calendar.id, at, is_preview);
        returned.await.unwrap()
    }

    /// A calendar with three events, of which one is moved and one is deleted and comes again under another name; when it had
    /// the three, and when that was over.
    async fn changed(&self) -> (Calendar, Moment, Moment) {
        let calendar = self.first(&visitor("anna")).await;
        for name in ["kept", "moved", "gone"] {
            self.writes(&calendar, name, &text(name, 9)).await;
        }
        let then = self.tick();
        self.writes(&calendar, "moved", &text("moved", 15)).await;
        let gone = Name::parse("gone.ics").unwrap();
        let removed = self
            .calendars
            .remove(calendar.owner, calendar.id, gone, Expected::Anything);
        removed.await.unwrap();
        self.writes(&calendar, "new", &text("gone", 12)).await;
        let over = self.tick();
        (calendar, then, over)
    }
}

#[tokio::test]
async fn a_calendar_is_as_it_was_and_that_can_be_put_back_too() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let (calendar, then, over) = scene.changed().await;
        let before = scene.all(&calendar).await;
        let expected = Returned {
            put_back: 2,
            taken_out: 1,
        };
        assert_eq!(scene.returns(&calendar, then, true).await, expected, "{kind:?}");
        assert_eq!(scene.all(&calendar).await, before, "a look changes nothing");
        assert_eq!(scene.returns(&calendar, then, false).await, expected, "{kind:?}");
        let (names, texts): (Vec<_>, Vec<_>) = scene.all(&calendar).await.into_iter().unzip();
        assert_eq!(names, ["gone.ics", "kept.ics", "moved.ics"]);
        assert!(texts.iter().all(|text| text.contains("T090000Z")), "{texts:?}");
        scene.tick();
        scene.returns(&calendar, over, false).await;
        assert_eq!(scene.all(&calendar).await, before, "{kind:?}");
    }
}

#[tokio::test]
async fn whoever_follows_a_calendar_hears_of_each_event_that_was_put_back() {
    let scene = Scene::on(KINDS[0]).await;
    let (calendar, then, _) = scene.changed().await;
    let (owner, id) = (calendar.owner, calendar.id);
    let changes = async |mark| {
        scene
            .calendars
            .changes(owner, id, mark, 100)
            .await
            .unwrap()
            .unwrap()
    };
    let read = changes(Mark::default()).await;
    scene.returns(&calendar, then, false).await;
    let mark = Mark {
        after: read.until,
        began: Some(read.began),
    };
    assert_eq!(changes(mark).await.items.len(), 3);
}

#[tokio::test]
async fn what_is_too_long_ago_or_to_come_is_refused() {
    let scene = Scene::on(KINDS[0]).await;
    let calendar = scene.first(&visitor("anna")).await;
    let now = scene.store.clock.now();
    for at in [now.plus_seconds(1), now.plus_seconds(-200 * 86_400)] {
        let refused = scene
            .calendars
            .return_calendar(calendar.owner, calendar.id, at, false)
            .await;
        assert!(
            matches!(&refused, Err(Refused::Reason(Reason::Field { field, .. })) if field == "at"),
            "{refused:?}"
        );
    }
}
