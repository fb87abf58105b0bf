//! What putting a calendar back promises, on real stores.

use testkit::stores::KINDS;

use super::Returned;
use crate::finding::tests::event;
use crate::objects::Mark;
use crate::service::Refused;
use crate::tests::{Scene, visitor};
use crate::types::{Expected, Name, Reason};

#[tokio::test]
async fn a_calendar_is_as_it_was_and_that_can_be_put_back_too() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let (owner, id) = (calendar.owner, calendar.id);
        let text =
            |uid: &str, hour: u8| event(uid, &format!("DTSTART:20261124T{hour:02}0000Z\nDURATION:PT1H"));
        for name in ["kept", "moved", "gone"] {
            let (file, text) = (format!("{name}.ics"), text(name, 9));
            scene
                .put(&calendar, &file, &text, Expected::Nothing)
                .await
                .unwrap();
        }
        scene.store.clock.advance_seconds(60);
        let then = scene.store.clock.now();
        scene.store.clock.advance_seconds(60);
        scene
            .put(&calendar, "moved.ics", &text("moved", 15), Expected::Something)
            .await
            .unwrap();
        let gone = Name::parse("gone.ics").unwrap();
        scene
            .calendars
            .remove(owner, id, gone, Expected::Anything)
            .await
            .unwrap();
        // The same UID came again under another name.
        scene
            .put(&calendar, "new.ics", &text("gone", 12), Expected::Nothing)
            .await
            .unwrap();
        scene.store.clock.advance_seconds(60);
        let changed = scene.store.clock.now();
        let all = async || {
            let found = scene.calendars.objects(owner, id, None, 100).await.unwrap();
            let found = found.into_iter().map(|one| (one.name.to_string(), one.text));
            found.collect::<Vec<_>>()
        };
        let before = all().await;
        let expected = Returned {
            put_back: 2,
            taken_out: 1,
        };
        let told = scene
            .calendars
            .return_calendar(owner, id, then, true)
            .await
            .unwrap();
        assert_eq!(
            (told, all().await),
            (expected, before.clone()),
            "a look changes nothing"
        );
        let mark = scene
            .calendars
            .changes(owner, id, Mark::default(), 100)
            .await
            .unwrap()
            .unwrap();
        scene.store.clock.advance_seconds(60);
        let told = scene
            .calendars
            .return_calendar(owner, id, then, false)
            .await
            .unwrap();
        assert_eq!(told, expected, "{kind:?}");
        let names: Vec<String> = all().await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["gone.ics", "kept.ics", "moved.ics"]);
        assert!(all().await.iter().all(|(_, text)| text.contains("T090000Z")));
        let read = Mark {
            after: mark.until,
            began: Some(mark.began),
        };
        let heard = scene
            .calendars
            .changes(owner, id, read, 100)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(heard.items.len(), 3, "whoever follows it hears of each");
        scene.store.clock.advance_seconds(60);
        scene
            .calendars
            .return_calendar(owner, id, changed, false)
            .await
            .unwrap();
        assert_eq!(all().await, before, "{kind:?}");
    }
}

#[tokio::test]
async fn what_is_too_long_ago_or_to_come_is_refused() {
    let scene = Scene::on(KINDS[0]).await;
    let calendar = scene.first(&visitor("anna")).await;
    let now = scene.store.clock.now();
    for at in [now.plus_seconds(1), now.plus_seconds(-200 * 86_400)] {
        let refused = scene
            .calendars
            .return_calendar(calendar.owner, calendar.id, at, false);
        let refused = refused.await;
        assert!(
            matches!(&refused, Err(Refused::Reason(Reason::Field { field, .. })) if field == "at"),
            "{refused:?}"
        );
    }
}
