//! What checking promises, on real stores.

use testkit::stores::KINDS;

use super::Rounds;
use crate::finding::tests::{event, is_busy};
use crate::rows;
use crate::tests::{Scene, visitor};
use crate::types::Expected;

#[tokio::test]
async fn what_is_not_found_any_more_is_counted_and_mended_once() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        for (name, lines) in [
            (
                "weekly",
                "DTSTART;TZID=Europe/Berlin:20250106T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
            ),
            (
                "floating",
                "DTSTART:20250106T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=-1FR",
            ),
            ("days", "DTSTART;VALUE=DATE:20250106\nRRULE:FREQ=YEARLY"),
            ("once", "DTSTART:20261123T090000Z\nDURATION:PT1H"),
        ] {
            scene
                .put(
                    &calendar,
                    &format!("{name}.ics"),
                    &event(name, lines),
                    Expected::Nothing,
                )
                .await
                .unwrap();
        }
        let rounds = Rounds::default();
        // The first round begins anywhere, the second at the beginning.
        for _ in 0..2 {
            assert_eq!(scene.calendars.check_some(&rounds).await.unwrap(), 0, "{kind:?}");
        }
        let owner = calendar.owner;
        let shard = scene.store.store.shard_of(owner);
        let broken = shard.write::<_, store::StoreError>(move |tx| {
            let weekly = rows::copy_of(tx, owner, "weekly")?.unwrap();
            rows::save_spans(tx, owner, weekly.calendar, weekly.id, &[])
        });
        broken.await.unwrap();
        // A Monday at nine in Berlin: who looks meanwhile takes her for free.
        assert!(!is_busy(&scene.calendars, "anna", "2026-11-30T08:00:00Z").await);
        assert_eq!(scene.calendars.check_some(&rounds).await.unwrap(), 1, "{kind:?}");
        assert!(
            is_busy(&scene.calendars, "anna", "2026-11-30T08:00:00Z").await,
            "{kind:?}"
        );
        assert_eq!(
            scene.calendars.check_some(&rounds).await.unwrap(),
            0,
            "it is found again"
        );
    }
}
