//! What calendar programs are promised of what somebody follows: everything once, and later what came and went.

use kernel::{Id, Language, PersonId, Text};
use testkit::stores::{self, KINDS};

use super::reading::Picked;
use super::types::Source;
use crate::service::Visitor;
use crate::tests::{Scene, visitor};
use crate::types::{Calendar, Color, Expected, Name};

fn event(uid: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\n\
         DTSTART:20261124T090000Z\r\nDURATION:PT1H\r\nSUMMARY:{uid}\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\n\
         TRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

impl Scene {
    async fn follows(&self, who: &Visitor, source: &str) -> Id {
        let (source, title) = (Source::parse(source).unwrap(), Text::new("", 10).unwrap());
        let followed = self.calendars.subscribe(who.id, source, title, Color::BLUE);
        followed.await.unwrap().id()
    }

    /// What Anna published, got anew.
    async fn gets(&self, bell: &bell::Bell) {
        self.store.clock.advance_seconds(3_600);
        bell.catch_up().await.unwrap();
        self.calendars.fetch_due().await.unwrap();
    }

    /// Names of what came, names of what went, how far that is, and whether it is all.
    async fn heard(
        &self,
        who: PersonId,
        id: Id,
        since: (i64, i64),
        count: usize,
    ) -> Option<(Vec<String>, Vec<String>, i64, bool)> {
        let followed = self.calendars.subscription(who, id).await.unwrap();
        let heard = self
            .calendars
            .followed_changes(&followed, Language::English, since, count);
        let heard = heard.await.unwrap()?;
        let (gone, there): (Vec<_>, Vec<_>) = heard.items.into_iter().partition(|one| one.is_gone);
        let names = |all: Vec<crate::types::Heard>| all.into_iter().map(|one| one.name.to_string()).collect();
        Some((names(there), names(gone), heard.until, heard.is_all))
    }

    async fn write(&self, calendar: &Calendar, uid: &str) {
        let (name, text) = (format!("{uid}.ics"), event(uid));
        let put = self.put(calendar, &name, &text, Expected::Nothing);
        put.await.unwrap();
    }
}

#[tokio::test]
async fn what_came_and_what_went_elsewhere_is_told_once_and_by_number() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let bell = bell::Bell::new(scene.store.store.clone(), scene.store.clock.clone());
        let bell = scene.calendars.later(scene.calendars.hearing(bell));
        let (anna, boris) = (visitor("anna"), visitor("boris"));
        let own = scene.first(&anna).await;
        for uid in ["a", "b", "c"] {
            scene.write(&own, uid).await;
        }
        let link = scene
            .calendars
            .publish(anna.id, own.id, None, false)
            .await
            .unwrap();
        let address = scene.calendars.link_to(&link.path(anna.id));
        let id = scene.follows(&boris, &address).await;
        scene.gets(&bell).await;

        let (first, gone, until, is_all) = scene.heard(boris.id, id, (0, 3), 2).await.unwrap();
        assert_eq!(
            (first.len(), gone.len(), until, is_all),
            (2, 0, 2, false),
            "{kind:?}"
        );
        let (rest, _, until, is_all) = scene.heard(boris.id, id, (until, 3), 2).await.unwrap();
        assert_eq!((rest.len(), until, is_all), (1, 3, true), "{kind:?}");
        let (nothing, ..) = scene.heard(boris.id, id, (until, until), 9).await.unwrap();
        assert_eq!(nothing, Vec::<String>::new(), "{kind:?}");

        scene.write(&own, "d").await;
        let name = Name::parse("a.ics").unwrap();
        let removed = scene.calendars.remove(anna.id, own.id, name, Expected::Anything);
        removed.await.unwrap();
        scene.gets(&bell).await;
        let (came, went, last, _) = scene.heard(boris.id, id, (until, until), 9).await.unwrap();
        assert_eq!((came.len(), went.len(), last), (1, 1, 5), "{kind:?}");
        assert!(first.contains(&went[0]) || rest.contains(&went[0]), "{kind:?}");
        let (all, none, ..) = scene.heard(boris.id, id, (0, last), 9).await.unwrap();
        assert_eq!(
            (all.len(), none.len()),
            (3, 0),
            "{kind:?}: whoever begins now hears of no deletion"
        );
        assert_eq!(
            scene.heard(boris.id, id, (9, 9), 9).await,
            None,
            "{kind:?}: no such number"
        );

        let followed = scene.calendars.subscription(boris.id, id).await.unwrap();
        let named = [Name::parse(&came[0]).unwrap()];
        let found = scene
            .calendars
            .followed_objects(&followed, Language::English, Picked::Named(&named));
        let found = found.await.unwrap();
        assert!(found[0].text.contains("SUMMARY:d") && !found[0].text.contains("VALARM"));
        let after = scene.calendars.followed_objects(
            &followed,
            Language::English,
            Picked::After(Some(&found[0].name), 9),
        );
        let after = after.await.unwrap();
        assert!(after.iter().all(|one| one.name > found[0].name), "{kind:?}");
    }
}

#[tokio::test]
async fn the_number_of_holidays_counts_for_as_long_as_they_say_the_same() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let boris = visitor("boris");
        let id = scene.follows(&boris, "holidays:ru").await;
        let followed = scene.calendars.subscription(boris.id, id).await.unwrap();
        let number = scene.calendars.followed_number(&followed, Language::English);
        let (all, ..) = scene.heard(boris.id, id, (0, number), 1_000).await.unwrap();
        let (mut told, mut after) = (Vec::new(), 0);
        loop {
            let (some, _, until, is_all) = scene.heard(boris.id, id, (after, number), 7).await.unwrap();
            told.extend(some);
            after = until;
            if is_all {
                break;
            }
        }
        assert_eq!(
            (told, after),
            (all, number),
            "{kind:?}: a limit leaves nobody out"
        );
        let (nothing, ..) = scene.heard(boris.id, id, (number, number), 9).await.unwrap();
        assert_eq!(nothing, Vec::<String>::new(), "{kind:?}");
        let russian = scene.calendars.followed_number(&followed, Language::Russian);
        assert_ne!(russian, number, "{kind:?}: they are called otherwise");
        scene.store.clock.advance_seconds(366 * 86_400);
        assert_eq!(
            scene.heard(boris.id, id, (number, number), 9).await,
            None,
            "{kind:?}: other years"
        );
    }
}

#[tokio::test]
async fn what_is_followed_is_read_page_by_page_and_as_long_as_it_says() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let bell = bell::Bell::new(scene.store.store.clone(), scene.store.clock.clone());
        let bell = scene.calendars.later(scene.calendars.hearing(bell));
        let (anna, boris) = (visitor("anna"), visitor("boris"));
        let own = scene.first(&anna).await;
        for uid in ["a", "b", "c", "d", "e"] {
            scene.write(&own, uid).await;
        }
        // Many times, of which none counts for more than one entry.
        let daily = event("f").replace("SUMMARY", "RRULE:FREQ=MONTHLY;COUNT=40\r\nSUMMARY");
        let daily = daily.replace("VALARM", "X-SOMETHING");
        scene.put(&own, "f.ics", &daily, Expected::Nothing).await.unwrap();
        let link = scene.calendars.publish(anna.id, own.id, None, false);
        let address = scene.calendars.link_to(&link.await.unwrap().path(anna.id));
        let id = scene.follows(&boris, &address).await;
        scene.gets(&bell).await;
        let followed = scene.calendars.subscription(boris.id, id).await.unwrap();

        let all = scene
            .calendars
            .followed_objects(&followed, Language::English, Picked::After(None, 100));
        let all = all.await.unwrap();
        assert_eq!(all.len(), 6, "{kind:?}");
        let range = (stores::START, stores::START.plus_seconds(3 * 365 * 86_400));
        let (mut near, mut outlines) = (Vec::new(), Vec::new());
        let mut after: Option<Name> = None;
        loop {
            let picked = Picked::Around {
                range,
                kind: Some(ical::Kind::Event),
                after: after.as_ref(),
                count: 2,
            };
            let page = scene
                .calendars
                .followed_objects(&followed, Language::English, picked);
            let page = page.await.unwrap();
            let sized = scene
                .calendars
                .followed_outlines(&followed, Language::English, after.as_ref(), 2);
            outlines.extend(sized.await.unwrap());
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 2, "{kind:?}");
            after = Some(last.name.clone());
            near.extend(page);
        }
        assert_eq!(near, all, "{kind:?}: each once, in their order");
        let sizes = all.iter().map(|one| (one.name.clone(), one.text.len()));
        let said = outlines.iter().map(|(one, bytes)| (one.name.clone(), *bytes));
        assert_eq!(
            said.collect::<Vec<_>>(),
            sizes.collect::<Vec<_>>(),
            "{kind:?}: as long as they are read"
        );
        let tasks = Picked::Around {
            range,
            kind: Some(ical::Kind::Todo),
            after: None,
            count: 9,
        };
        let tasks = scene
            .calendars
            .followed_objects(&followed, Language::English, tasks);
        assert_eq!(tasks.await.unwrap(), [], "{kind:?}");
    }
}

#[tokio::test]
async fn an_entry_that_two_askers_delete_goes_once() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let bell = bell::Bell::new(scene.store.store.clone(), scene.store.clock.clone());
        let bell = scene.calendars.later(scene.calendars.hearing(bell));
        let (anna, boris) = (visitor("anna"), visitor("boris"));
        let own = scene.first(&anna).await;
        scene.write(&own, "a").await;
        let link = scene.calendars.publish(anna.id, own.id, None, false);
        let address = scene.calendars.link_to(&link.await.unwrap().path(anna.id));
        let id = scene.follows(&boris, &address).await;
        scene.gets(&bell).await;
        let followed = scene.calendars.subscription(boris.id, id).await.unwrap();
        let feed = followed.feed.as_ref().unwrap().id;
        let all = scene
            .calendars
            .followed_objects(&followed, Language::English, Picked::After(None, 9));
        let entry = all.await.unwrap()[0].id;
        let shard = scene.store.store.shard_of(feed);
        for _ in 0..2 {
            let deleted = shard.write(move |tx| super::fetching::delete(tx, feed, &[entry]));
            deleted.await.unwrap();
        }
        let (came, went, ..) = scene.heard(boris.id, id, (1, 1), 9).await.unwrap();
        assert_eq!((came.len(), went.len()), (0, 1), "{kind:?}");
    }
}
