//! Single events that were deleted and can be put back.

use kernel::{Id, Moment, PersonId};

use super::rows;
use crate::rows::{copy_of, past};
use crate::rules::edits::seen;
use crate::service::{BIN_SECONDS, Calendars, Refused, live};

/// Events that are listed.
const LISTED_MAX: i64 = 100;

/// A deleted event, as it was last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub event: Id,
    pub title: String,
    pub deleted: Moment,
    /// The change that it is put back to.
    pub change: i64,
}

impl Calendars {
    /// What was deleted from a calendar lately, the last one first. What lies in another calendar of its owner was moved there.
    pub async fn deleted_events(&self, owner: PersonId, calendar: Id) -> Result<Vec<Deleted>, Refused> {
        let since = self.now().plus_seconds(-BIN_SECONDS);
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let mut found = Vec::new();
            for gone in rows::gone(tx, calendar, since, LISTED_MAX)? {
                if copy_of(tx, owner, &gone.uid)?.is_some() {
                    continue;
                }
                let last = past(tx, owner, gone.object, 1)?.into_iter().next();
                found.extend(last.map(|last| (gone, last)));
            }
            Ok(found)
        });
        let found = found.await?;
        let deleted = found.into_iter().map(|(gone, last)| Deleted {
            event: gone.object,
            title: seen(&last.text, None).map(|seen| seen.title).unwrap_or_default(),
            deleted: gone.deleted,
            change: last.change,
        });
        Ok(deleted.collect())
    }
}

#[cfg(test)]
mod tests {
    use testkit::stores::KINDS;

    use crate::events::Look;
    use crate::rules::edits::Aim;
    use crate::tests::{Scene, visitor};

    #[tokio::test]
    async fn a_deleted_event_is_listed_until_it_is_put_back_or_too_old() {
        for kind in KINDS {
            let scene = Scene::on(kind).await;
            let calendar = scene.invite().await;
            let anna = visitor("anna").id;
            let listed = async || scene.calendars.deleted_events(anna, calendar.id).await.unwrap();
            assert_eq!(listed().await, []);
            let copy = scene.copy_of("anna").await.unwrap();
            let look = Look {
                calendar: calendar.id,
                event: copy.id,
                change: None,
                aim: Aim::ALL,
            };
            scene.calendars.delete_event(anna, look).await.unwrap();
            let gone = listed().await;
            assert_eq!(
                (gone.len(), gone[0].title.as_str(), gone[0].event),
                (1, "Plans", copy.id)
            );
            let place = (calendar.id, copy.id);
            let back = scene
                .calendars
                .return_event(anna, place, None, gone[0].change)
                .await
                .unwrap();
            // Its guests are asked anew, so it has a later number than when it was called off.
            assert!(back.text.contains("SUMMARY:Plans\r\n"), "{}", back.text);
            assert!(back.text.contains("SEQUENCE:2\r\n"), "{}", back.text);
            assert_eq!(listed().await, []);
            scene.calendars.delete_event(anna, look).await.unwrap();
            scene.store.clock.advance_seconds(31 * 86_400);
            assert_eq!(listed().await, [], "it is too old");
        }
    }
}
