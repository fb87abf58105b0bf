//! Calendars on real stores: what somebody who reads them is promised, and somebody who writes.

use std::sync::Arc;

use dial::outside::Outside;
use futures_util::future::BoxFuture;
use kernel::{Id, Language, PersonId, Secret, Text};
use store::StoreError;
use testkit::stores::{self, KINDS, Kind, TestStore};

use crate::objects::Mark;
use crate::people::{Card, People};
use crate::reminders::types::Reminders;
use crate::service::{Address, Calendars, Draft, Refused, Visitor};
use crate::types::{About, AboutChange, Calendar, Color, Expected, Kinds, Name, Reason};

/// Whoever is named has an address by that name.
pub(crate) struct Everybody;

pub(crate) const NAMES: [&str; 3] = ["anna", "boris", "chen"];

impl People for Everybody {
    fn cards<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Card>>, StoreError>> {
        let card = |person: &PersonId| {
            let name = NAMES.into_iter().find(|name| visitor(name).id == *person)?;
            Some(Card {
                name: name.to_owned(),
                email: Some(format!("{name}@town.example")),
                former: Vec::new(),
                language: Language::English,
                zone: "Europe/Berlin".to_owned(),
            })
        };
        let cards = people.iter().map(card).collect();
        Box::pin(async { Ok(cards) })
    }

    fn bearers<'a>(
        &'a self,
        emails: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<PersonId>>, StoreError>> {
        let bearer = |email: &String| {
            let name = email.strip_suffix("@town.example")?;
            NAMES.contains(&name).then(|| visitor(name).id)
        };
        let bearers = emails.iter().map(bearer).collect();
        Box::pin(async { Ok(bearers) })
    }

    fn group(&self, _: Id) -> BoxFuture<'_, Result<Option<String>, String>> {
        Box::pin(async { Ok(None) })
    }

    fn groups<'a>(&'a self, _: &'a [Id]) -> BoxFuture<'a, Result<Vec<(Id, String)>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn people_of_group(&self, _: Id) -> BoxFuture<'_, Result<Vec<PersonId>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn is_in_group(&self, _: Id, _: PersonId) -> BoxFuture<'_, Result<bool, String>> {
        Box::pin(async { Ok(false) })
    }

    fn groups_of(&self, _: PersonId) -> BoxFuture<'_, Result<Vec<(Id, String)>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

pub(crate) fn address() -> Address {
    Address {
        base: "https://townhall.example".to_owned(),
        secret: Secret::new("s".repeat(32)),
    }
}

/// Calendars among them.
pub(crate) fn calendars(store: &TestStore) -> Calendars {
    calendars_among(store, Arc::new(Everybody))
}

pub(crate) fn calendars_among(store: &TestStore, people: Arc<dyn People>) -> Calendars {
    // Calendars elsewhere are served by the tests themselves.
    let outside = Outside::new(true).unwrap();
    Calendars::new(
        store.store.clone(),
        store.clock.clone(),
        people,
        address(),
        outside,
    )
}

pub(crate) struct Scene {
    pub store: TestStore,
    pub calendars: Calendars,
}

impl Scene {
    pub async fn on(kind: Kind) -> Scene {
        let store = stores::open(kind).await.unwrap();
        let calendars = calendars(&store);
        Scene { store, calendars }
    }

    pub async fn first(&self, visitor: &Visitor) -> Calendar {
        self.calendars.home(visitor).await.unwrap().remove(0)
    }

    pub async fn put(
        &self,
        calendar: &Calendar,
        name: &str,
        text: &str,
        expected: Expected,
    ) -> Result<i64, Reason> {
        let name = Name::parse(name).unwrap();
        let put = self
            .calendars
            .put(calendar.owner, calendar.id, name, text.to_owned(), expected);
        match put.await {
            Ok(put) => Ok(put.stored.change),
            Err(Refused::Reason(reason)) => Err(reason),
            Err(Refused::Store(error)) => panic!("{error}"),
        }
    }

    async fn names_near(&self, calendar: &Calendar, from: i64, to: i64) -> Vec<String> {
        let (from, to) = (stores::START.plus_seconds(from), stores::START.plus_seconds(to));
        let near = self.calendars.near(calendar.owner, calendar.id, (from, to));
        near.await
            .unwrap()
            .iter()
            .map(|(one, _)| one.name.to_string())
            .collect()
    }
}

pub(crate) fn visitor(name: &str) -> Visitor {
    Visitor {
        id: PersonId(Id::named("person", name)),
        language: Language::English,
        zone: "Europe/Berlin".to_owned(),
    }
}

/// A reader who has read so far.
fn mark(after: i64) -> Mark {
    Mark {
        after,
        began: (after > 0).then_some(after),
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn draft(called: Option<&str>) -> Draft {
    Draft {
        name: called.map(name),
        about: About {
            title: Text::new("Work", 100).unwrap(),
            description: Text::new("", 100).unwrap(),
            color: Color::parse("#aa0044ff").unwrap(),
            zone: "Europe/Moscow".to_owned(),
            busy: true,
            position: 3,
            extra: String::new(),
            reminders: Reminders::default(),
        },
        kinds: Kinds::EVENTS_AND_TASKS,
    }
}

/// An event some seconds from the beginning of the test, for an hour.
fn event(uid: &str, after: i64, rest: &str) -> String {
    let start = stores::START.plus_seconds(after).to_timestamp();
    let start = start.strftime("%Y%m%dT%H%M%SZ");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:{start}\r\n\
         DURATION:PT1H\r\n{rest}X-NOBODY-KNOWS;A=b:c\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[tokio::test]
async fn whoever_comes_for_the_first_time_gets_one_calendar_and_never_another() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let anna = visitor("anna");
        let (one, other) = tokio::join!(scene.calendars.home(&anna), scene.calendars.home(&anna));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one, other, "{kind:?}: two windows");
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].about.zone, "Europe/Berlin");
        scene.calendars.delete(anna.id, one[0].id, None).await.unwrap();
        assert_eq!(scene.calendars.home(&anna).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_was_put_comes_back_as_it_was_written() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let text = event("a@b", 0, "SUMMARY:Größe 🦀\r\n");
        scene
            .put(&calendar, "a.ics", &text, Expected::Nothing)
            .await
            .unwrap();
        let asked = vec![name("a.ics"), name("b.ics")];
        let found = scene
            .calendars
            .named(calendar.owner, calendar.id, asked)
            .await
            .unwrap();
        assert_eq!(found[0].as_ref().unwrap().text, text);
        assert_eq!(found[0].as_ref().unwrap().uid, "a@b");
        assert_eq!(found[1], None);
    }
}

#[tokio::test]
async fn what_no_line_may_have_is_left_out_and_the_writer_hears_of_it() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let clean = event("a@b", 0, "SUMMARY:Größe\tL\r\n");
        let odd = clean.replace("L\r\n", "\0L\u{1}\r\n");
        for (text, as_given) in [(odd, false), (clean.clone(), true)] {
            let put = scene.calendars.put(
                calendar.owner,
                calendar.id,
                name("a.ics"),
                text,
                Expected::Anything,
            );
            let put = put.await.unwrap();
            assert_eq!((put.stored.text, put.as_given), (clean.clone(), as_given));
        }
    }
}

#[tokio::test]
async fn a_writer_who_has_not_seen_the_last_change_changes_nothing() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let put = |text: String, expected| {
            let (scene, calendar) = (&scene, &calendar);
            async move { scene.put(calendar, "a.ics", &text, expected).await }
        };
        assert_eq!(
            put(event("a", 0, ""), Expected::Something).await,
            Err(Reason::Stale)
        );
        let first = put(event("a", 0, ""), Expected::Nothing).await.unwrap();
        assert_eq!(
            put(event("a", 60, ""), Expected::Nothing).await,
            Err(Reason::Stale)
        );
        let second = put(event("a", 60, ""), Expected::Exactly(first)).await.unwrap();
        assert_eq!(
            put(event("a", 90, ""), Expected::Exactly(first)).await,
            Err(Reason::Stale)
        );
        let removed = |expected| {
            scene
                .calendars
                .remove(calendar.owner, calendar.id, name("a.ics"), expected)
        };
        assert!(removed(Expected::Exactly(first)).await.is_err());
        removed(Expected::Exactly(second)).await.unwrap();
        assert!(removed(Expected::Anything).await.is_err(), "it is gone");
    }
}

#[tokio::test]
async fn one_uid_is_in_a_calendar_once_and_may_come_again() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let put = |called: &'static str| {
            let (scene, calendar) = (&scene, &calendar);
            async move {
                scene
                    .put(calendar, called, &event("a", 0, ""), Expected::Anything)
                    .await
            }
        };
        put("a.ics").await.unwrap();
        assert_eq!(put("b.ics").await, Err(Reason::UidTaken(name("a.ics"))));
        let remove = scene
            .calendars
            .remove(calendar.owner, calendar.id, name("a.ics"), Expected::Anything);
        remove.await.unwrap();
        put("b.ics").await.unwrap();
        assert_eq!(put("a.ics").await, Err(Reason::UidTaken(name("b.ics"))));
    }
}

#[tokio::test]
async fn a_reader_hears_of_each_change_once_however_few_they_take_at_a_time() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        for at in 0..7 {
            let text = event(&format!("uid{at}"), at * 86_400, "");
            scene
                .put(&calendar, &format!("{at}.ics"), &text, Expected::Anything)
                .await
                .unwrap();
        }
        let changes = |after, count| {
            let calendars = &scene.calendars;
            calendars.changes(calendar.owner, calendar.id, mark(after), count)
        };
        let mut heard = Vec::new();
        let mut after = 0;
        loop {
            let page = changes(after, 3).await.unwrap().unwrap();
            heard.extend(page.items.iter().map(|one| one.name.to_string()));
            after = page.until;
            if page.is_all {
                break;
            }
        }
        assert_eq!(
            heard,
            ["0.ics", "1.ics", "2.ics", "3.ics", "4.ics", "5.ics", "6.ics"]
        );
        scene
            .put(&calendar, "2.ics", &event("uid2", 5, ""), Expected::Something)
            .await
            .unwrap();
        let remove = scene
            .calendars
            .remove(calendar.owner, calendar.id, name("5.ics"), Expected::Something);
        remove.await.unwrap();
        let page = changes(after, 100).await.unwrap().unwrap();
        let told: Vec<_> = page
            .items
            .iter()
            .map(|one| (one.name.as_str(), one.is_gone))
            .collect();
        assert_eq!(told, [("2.ics", false), ("5.ics", true)]);
        assert_eq!(changes(page.until, 100).await.unwrap().unwrap().items, []);
        assert_eq!(
            changes(page.until + 1, 100).await.unwrap(),
            None,
            "nobody was ever told this number"
        );
    }
}

#[tokio::test]
async fn a_range_names_what_lies_in_it_and_not_the_whole_calendar() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        const DAY: i64 = 86_400;
        for (called, text) in [
            ("past.ics", event("past", -30 * DAY, "")),
            ("soon.ics", event("soon", 2 * DAY, "")),
            ("weekly.ics", event("weekly", -400 * DAY, "RRULE:FREQ=WEEKLY\r\n")),
            ("yearly.ics", event("yearly", -360 * DAY, "RRULE:FREQ=YEARLY\r\n")),
            (
                "ended.ics",
                event("ended", -400 * DAY, "RRULE:FREQ=DAILY;COUNT=20\r\n"),
            ),
        ] {
            scene
                .put(&calendar, called, &text, Expected::Nothing)
                .await
                .unwrap();
        }
        assert_eq!(
            scene.names_near(&calendar, 0, 3 * DAY).await,
            ["soon.ics", "weekly.ics"]
        );
        let range = (stores::START, stores::START.plus_seconds(3 * DAY));
        let near = scene.calendars.near(calendar.owner, calendar.id, range).await;
        let surely = near.unwrap().into_iter().map(|(one, lies)| (one.uid, lies));
        assert_eq!(
            surely.collect::<Vec<_>>(),
            [("soon".to_owned(), true), ("weekly".to_owned(), false)]
        );
        assert_eq!(
            scene.names_near(&calendar, 4 * DAY, 6 * DAY).await,
            ["weekly.ics", "yearly.ics"]
        );
        assert_eq!(
            scene.names_near(&calendar, -390 * DAY, -389 * DAY).await,
            ["ended.ics", "weekly.ics"]
        );
        assert!(
            scene
                .names_near(&calendar, 9_000 * DAY, 9_007 * DAY)
                .await
                .contains(&"weekly.ics".to_owned())
        );
        let remove =
            scene
                .calendars
                .remove(calendar.owner, calendar.id, name("soon.ics"), Expected::Anything);
        remove.await.unwrap();
        assert_eq!(scene.names_near(&calendar, 0, 3 * DAY).await, ["weekly.ics"]);
    }
}

#[tokio::test]
async fn eight_writers_on_one_calendar_are_all_heard() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let writers = (0..8).map(|writer| {
            let (calendars, calendar) = (scene.calendars.clone(), calendar.clone());
            tokio::spawn(async move {
                for at in 0..5 {
                    let uid = format!("{writer}-{at}");
                    let (owner, text) = (calendar.owner, event(&uid, at * 100, ""));
                    let called = name(&format!("{uid}.ics"));
                    let put = calendars.put(owner, calendar.id, called, text, Expected::Nothing);
                    put.await.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let heard = scene
            .calendars
            .changes(calendar.owner, calendar.id, Mark::default(), 100)
            .await;
        let heard = heard.unwrap().unwrap();
        let numbers: Vec<i64> = heard.items.iter().map(|one| one.change).collect();
        assert_eq!(numbers, (1..=40).collect::<Vec<_>>(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_calendar_of_somebody_else_is_one_that_is_not_there() {
    let scene = Scene::on(Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let text = event("a", 0, "");
    scene
        .put(&calendar, "a.ics", &text, Expected::Nothing)
        .await
        .unwrap();
    let boris = visitor("boris").id;
    let calendars = &scene.calendars;
    assert!(calendars.calendar(boris, calendar.id).await.is_err());
    assert!(calendars.delete(boris, calendar.id, None).await.is_err());
    let put = calendars.put(
        boris,
        calendar.id,
        name("b.ics"),
        event("b", 0, ""),
        Expected::Anything,
    );
    assert!(put.await.is_err());
    let removed = calendars.remove(boris, calendar.id, name("a.ics"), Expected::Anything);
    assert!(removed.await.is_err());
    let named = calendars.named(boris, calendar.id, vec![name("a.ics")]);
    assert!(named.await.is_err());
    let stored = calendars
        .named(calendar.owner, calendar.id, vec![name("a.ics")])
        .await
        .unwrap();
    let id = stored[0].as_ref().unwrap().id;
    assert!(calendars.object(boris, id).await.is_err());
    assert_eq!(calendars.object(calendar.owner, id).await.unwrap().text, text);
}

#[tokio::test]
async fn a_deleted_calendar_can_be_put_back_for_a_month() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let anna = visitor("anna").id;
        let made = scene.calendars.create(anna, draft(Some("work"))).await.unwrap();
        scene
            .put(&made, "a.ics", &event("a", 0, ""), Expected::Nothing)
            .await
            .unwrap();
        scene
            .calendars
            .delete(anna, made.id, Some(made.version))
            .await
            .unwrap();
        assert!(scene.calendars.calendar(anna, made.id).await.is_err());
        let other = scene.calendars.create(anna, draft(Some("work"))).await.unwrap();
        let restored = scene.calendars.restore(anna, made.id).await.unwrap();
        assert_ne!(
            restored.name, other.name,
            "the address belongs to another one now"
        );
        assert_eq!(scene.names_near(&restored, -10, 10).await, ["a.ics"]);
        scene.calendars.delete(anna, made.id, None).await.unwrap();
        scene.store.clock.advance_seconds(30 * 86_400);
        assert!(scene.calendars.restore(anna, made.id).await.is_err());
    }
}

#[tokio::test]
async fn an_edit_of_a_calendar_names_the_version_that_it_saw() {
    let scene = Scene::on(Kind::Sqlite).await;
    let anna = visitor("anna").id;
    let made = scene.calendars.create(anna, draft(None)).await.unwrap();
    let change = AboutChange {
        color: Some(Color::parse("#000001").unwrap()),
        ..AboutChange::default()
    };
    let changed = scene
        .calendars
        .change(anna, made.id, Some(1), change.clone())
        .await
        .unwrap();
    assert_eq!(changed.about.color.to_string(), "#000001");
    assert_eq!(changed.about.title, made.about.title, "the rest stays");
    let again = scene.calendars.change(anna, made.id, Some(1), change).await;
    assert!(matches!(again, Err(Refused::Reason(Reason::Stale))));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_line_and_leaves_nothing() {
    let scene = Scene::on(Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let text = event("a", 0, "RRULE:FREQ=MONTHLY;BYMONTHDAY=77\r\n");
    let refused = scene
        .put(&calendar, "a.ics", &text, Expected::Anything)
        .await
        .unwrap_err();
    assert!(refused.to_string().starts_with("line 8: RRULE"), "{refused}");
    let journal = text
        .replace("VEVENT", "VJOURNAL")
        .replace("BYMONTHDAY=77", "BYMONTHDAY=7");
    let refused = scene
        .put(&calendar, "a.ics", &journal, Expected::Anything)
        .await
        .unwrap_err();
    assert_eq!(refused, Reason::KindNotTaken(ical::Kind::Journal));
    let calendar = scene.first(&visitor("anna")).await;
    assert_eq!(calendar.changes, 0);
}
