//! What whoever follows a calendar elsewhere is promised, on real stores and with a real server elsewhere.

mod getting;
mod owning;

use std::sync::Arc;

use bell::Bell;
use dial::outside::Outside;
use ical::zones::Zone;
use kernel::{Id, Language, Moment, Text};
use parking_lot::Mutex;
use store::StoreError;
use testkit::stores::{self, KINDS, Kind, TestStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::rows;
use super::types::{Followed, Source, State, SubscriptionChange, What};
use crate::service::{Calendars, Refused, Visitor};
use crate::tests::{Everybody, NAMES, visitor};
use crate::types::{Color, Expected, Name, Reason};

/// A calendar elsewhere: it answers what it is told to, and remembers what it was asked.
struct Elsewhere {
    port: u16,
    answer: Arc<Mutex<String>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    async fn open() -> Elsewhere {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let elsewhere = Elsewhere {
            port: listener.local_addr().unwrap().port(),
            answer: Arc::default(),
            asked: Arc::default(),
        };
        let (answer, asked) = (Arc::clone(&elsewhere.answer), Arc::clone(&elsewhere.asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                let mut piece = [0; 4096];
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    let count = stream.read(&mut piece).await.unwrap_or(0);
                    if count == 0 {
                        break;
                    }
                    head.extend_from_slice(&piece[..count]);
                }
                asked.lock().push(String::from_utf8_lossy(&head).to_lowercase());
                let answer = answer.lock().clone();
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        elsewhere
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}/a.ics", self.port)
    }

    fn answers(&self, head: &str, body: &str) {
        *self.answer.lock() = format!(
            "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
    }

    fn has(&self, events: &[(&str, &str)]) {
        self.answers("200 OK\r\netag: \"1\"", &calendar("Bins", events));
    }

    fn asked(&self) -> usize {
        self.asked.lock().len()
    }
}

/// Daily events with these UIDs and titles, each an hour from the beginning of the test.
fn calendar(name: &str, events: &[(&str, &str)]) -> String {
    let starts = stores::START.plus_seconds(3_600).to_timestamp();
    let starts = starts.strftime("%Y%m%dT%H%M%SZ").to_string();
    let events = events.iter().map(|(uid, title)| {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:{starts}\r\nDURATION:PT1H\r\n\
             RRULE:FREQ=DAILY\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
        )
    });
    let events: String = events.collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nX-WR-CALNAME:{name}\r\n{events}END:VCALENDAR\r\n"
    )
}

struct Scene {
    store: TestStore,
    calendars: Calendars,
    bell: Bell,
    elsewhere: Elsewhere,
}

impl Scene {
    async fn on(kind: Kind, asks_neighbours: bool) -> Scene {
        let store = stores::open(kind).await.unwrap();
        let outside = Outside::new(asks_neighbours).unwrap();
        let calendars = Calendars::new(
            store.store.clone(),
            store.clock.clone(),
            Arc::new(Everybody),
            crate::tests::address(),
            outside,
        );
        let bell = Bell::new(store.store.clone(), store.clock.clone());
        Scene {
            bell: calendars.later(calendars.hearing(bell)),
            store,
            calendars,
            elsewhere: Elsewhere::open().await,
        }
    }

    async fn subscribes(&self, who: &Visitor, source: &str) -> Result<Followed, Reason> {
        let source = Source::parse(source)?;
        let title = Text::new("", 10).unwrap();
        match self.calendars.subscribe(who.id, source, title, Color::BLUE).await {
            Ok(followed) => Ok(followed),
            Err(Refused::Reason(reason)) => Err(reason),
            Err(Refused::Store(error)) => panic!("{error}"),
        }
    }

    /// Follows the calendar elsewhere.
    async fn follows(&self, who: &Visitor) -> Id {
        self.subscribes(who, &self.elsewhere.address())
            .await
            .unwrap()
            .id()
    }

    /// Follows an address, which was not asked for yet.
    async fn waits_for(&self, who: &Visitor, address: &str) -> Id {
        self.subscribes(who, address).await.unwrap();
        let feed = Source::Address(address.to_owned()).feed().unwrap();
        self.calendars.follow(who.id, feed).await.unwrap();
        feed
    }

    /// Ends to follow it and begins again, three times.
    async fn comes_back(&self, who: &Visitor, mut id: Id) -> Id {
        for _ in 0..3 {
            self.calendars.unsubscribe(who.id, id).await.unwrap();
            self.after(1).await;
            id = self.follows(who).await;
            self.after(1).await;
        }
        id
    }

    /// Time goes by, and what is due is done.
    async fn after(&self, seconds: i64) {
        self.store.clock.advance_seconds(seconds);
        // What was heard may make something due.
        self.bell.catch_up().await.unwrap();
        self.calendars.fetch_due().await.unwrap();
    }

    async fn state(&self, who: &Visitor, id: Id) -> (State, Option<What>) {
        let followed = self.calendars.subscription(who.id, id).await.unwrap();
        let failing = followed.feed.as_ref().and_then(|feed| feed.failing.clone());
        (followed.state(), failing.map(|failing| failing.trouble.what))
    }

    /// What somebody sees of all that they follow on the first day.
    async fn sees(&self, who: &Visitor, search: &str) -> Vec<String> {
        let followed = self.calendars.subscriptions(who.id).await.unwrap();
        let followed: Vec<&Followed> = followed.iter().collect();
        let range = (stores::START, stores::START.plus_seconds(86_400));
        let mut shown = Vec::new();
        self.calendars
            .add_followed(&mut shown, who, &followed, range, &Zone::UTC, search)
            .await
            .unwrap();
        shown.into_iter().map(|one| one.title).collect()
    }

    /// Rows of subscriptions, calendars elsewhere, followers, entries, spans and deletions, on all servers.
    async fn rows(&self) -> Vec<i64> {
        let mut all = vec![0; 6];
        for shard in self.store.everywhere() {
            let counts = shard.read::<_, StoreError>(rows::counted).await.unwrap();
            all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        all
    }

    async fn written(&self) -> Vec<(String, Moment)> {
        let mut all = Vec::new();
        for shard in self.store.everywhere() {
            all.extend(shard.read::<_, StoreError>(rows::written).await.unwrap());
        }
        all
    }
}

#[tokio::test]
async fn what_many_follow_is_got_and_kept_once_and_forgotten_with_the_last_of_them() {
    for kind in KINDS {
        let scene = Scene::on(kind, true).await;
        scene.elsewhere.has(&[("a", "Green bin"), ("b", "Blue bin")]);
        let people = NAMES.map(visitor);
        let mut ids = Vec::new();
        for who in &people {
            let id = scene.follows(who).await;
            assert_eq!(scene.state(who, id).await.0, State::Waiting, "{kind:?}");
            ids.push(id);
        }
        scene.after(1).await;
        assert_eq!(scene.elsewhere.asked(), 1, "{kind:?}");
        for (who, id) in people.iter().zip(&ids) {
            assert_eq!(scene.sees(who, "").await, ["Blue bin", "Green bin"], "{kind:?}");
            assert_eq!(scene.sees(who, "green").await, ["Green bin"], "{kind:?}");
            assert_eq!(scene.state(who, *id).await.0, State::Fresh, "{kind:?}");
        }
        assert_eq!(scene.rows().await, [3, 1, 3, 2, 2, 0], "{kind:?}");
        let title = scene.calendars.subscription(people[0].id, ids[0]).await.unwrap();
        assert_eq!(title.title(Language::English), "Bins");

        scene.calendars.unsubscribe(people[0].id, ids[0]).await.unwrap();
        scene.calendars.forget(people[1].id).await.unwrap();
        scene.after(1).await;
        assert_eq!(scene.sees(&people[0], "").await, Vec::<String>::new());
        assert_eq!(scene.rows().await, [1, 1, 1, 2, 2, 0], "{kind:?}");
        scene.calendars.unsubscribe(people[2].id, ids[2]).await.unwrap();
        scene.after(1).await;
        assert_eq!(
            scene.rows().await,
            [0, 1, 0, 2, 2, 0],
            "{kind:?}: for a moment it stays"
        );
        scene.after(300).await;
        assert_eq!(scene.rows().await, [0; 6], "{kind:?}");
        scene.after(86_400).await;
        assert_eq!(scene.elsewhere.asked(), 1, "{kind:?}: nobody follows it");
    }
}

#[tokio::test]
async fn a_calendar_elsewhere_is_asked_for_as_often_as_it_wants_and_what_is_not_new_is_not_written() {
    for kind in KINDS {
        let scene = Scene::on(kind, true).await;
        let anna = visitor("anna");
        scene.elsewhere.has(&[("a", "A"), ("b", "B"), ("c", "C")]);
        scene.follows(&anna).await;
        scene.after(1).await;
        let first = scene.written().await;
        scene.after(12 * 3_600 - 1).await;
        assert_eq!(
            scene.elsewhere.asked(),
            1,
            "{kind:?}: twelve hours, if it says nothing"
        );

        // The same once more, with new stamps and one thing that is new, one that changed, one that is gone.
        let text = calendar("Bins", &[("d", "D"), ("b", "Other"), ("a", "A")]);
        scene
            .elsewhere
            .answers("200 OK", &text.replace("DTSTAMP:20261101T", "DTSTAMP:20261122T"));
        scene.after(1).await;
        assert!(
            scene.elsewhere.asked.lock()[1].contains("if-none-match: \"1\""),
            "{kind:?}"
        );
        let second = scene.written().await;
        let mut titles = scene.sees(&anna, "").await;
        titles.sort();
        assert_eq!(titles, ["A", "D", "Other"], "{kind:?}");
        assert_eq!(
            second.iter().find(|(uid, _)| uid == "a"),
            first.iter().find(|(uid, _)| uid == "a")
        );
        assert!(
            second.iter().filter(|row| !first.contains(row)).count() == 2,
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn whoever_ends_and_begins_again_finds_what_was_got_and_nobody_is_asked_once_more() {
    for kind in KINDS {
        let scene = Scene::on(kind, true).await;
        let anna = visitor("anna");
        scene.elsewhere.has(&[("a", "A")]);
        let id = scene.follows(&anna).await;
        scene.after(1).await;
        let id = scene.comes_back(&anna, id).await;
        assert_eq!(scene.state(&anna, id).await.0, State::Fresh, "{kind:?}");
        scene.after(600).await;
        assert_eq!(
            (scene.elsewhere.asked(), scene.sees(&anna, "").await),
            (1, vec!["A".to_owned()])
        );
        scene.after(12 * 3_600).await;
        assert_eq!(scene.elsewhere.asked(), 2, "{kind:?}: it is asked for as before");

        // Of a server that fails, the same.
        scene.elsewhere.answers("500 Oh", "");
        scene.after(12 * 3_600).await;
        let id = scene.comes_back(&anna, id).await;
        assert_eq!(scene.elsewhere.asked(), 3, "{kind:?}");
        assert_eq!(scene.state(&anna, id).await, (State::Failing, Some(What::Status)));
    }
}

#[tokio::test]
async fn a_calendar_of_this_house_is_read_here_by_its_link() {
    for kind in KINDS {
        let scene = Scene::on(kind, false).await;
        let (anna, boris) = (visitor("anna"), visitor("boris"));
        let own = scene.calendars.home(&anna).await.unwrap().remove(0);
        let name = Name::parse("a.ics").unwrap();
        let put = scene.calendars.put(
            anna.id,
            own.id,
            name,
            calendar("Bins", &[("a", "A")]),
            Expected::Anything,
        );
        put.await.unwrap();
        let link = scene
            .calendars
            .publish(anna.id, own.id, None, false)
            .await
            .unwrap();
        let address = scene.calendars.link_to(&link.path(anna.id));
        let id = scene.subscribes(&boris, &address).await.unwrap().id();
        scene.after(1).await;
        assert_eq!(scene.sees(&boris, "").await, ["A"], "{kind:?}");
        let entries = scene.written().await;
        scene.after(3_600).await;
        assert_eq!(
            (scene.state(&boris, id).await.0, scene.written().await),
            (State::Fresh, entries)
        );
        scene.calendars.withdraw(anna.id, own.id).await.unwrap();
        scene.after(3_600).await;
        let state = scene.state(&boris, id).await;
        assert_eq!(state, (State::Failing, Some(What::Gone)), "{kind:?}");
        assert_eq!(scene.elsewhere.asked(), 0);
    }
}

#[tokio::test]
async fn what_the_server_says_to_be_the_same_is_the_same() {
    let scene = Scene::on(Kind::Sqlite, true).await;
    let anna = visitor("anna");
    scene.elsewhere.has(&[("a", "A")]);
    let id = scene.follows(&anna).await;
    scene.after(1).await;
    let before = scene.written().await;
    scene.elsewhere.answers("304 Not Modified", "");
    scene.after(12 * 3_600).await;
    assert_eq!((scene.elsewhere.asked(), scene.written().await), (2, before));
    let feed = scene
        .calendars
        .subscription(anna.id, id)
        .await
        .unwrap()
        .feed
        .unwrap();
    assert_eq!((feed.etag.as_deref(), feed.entries), (Some("\"1\""), 1));
    assert_eq!(feed.fetched, Some(scene.store.clock.now()));
}

#[tokio::test]
async fn whoever_cannot_answer_is_left_alone_longer_and_longer_and_what_was_got_stays() {
    let scene = Scene::on(Kind::Sqlite, true).await;
    let anna = visitor("anna");
    scene.elsewhere.has(&[("a", "A")]);
    let id = scene.follows(&anna).await;
    scene.after(1).await;
    scene.elsewhere.answers("500 Oh", "");
    scene.after(12 * 3_600).await;
    assert_eq!(scene.state(&anna, id).await, (State::Failing, Some(What::Status)));
    let since = scene
        .calendars
        .subscription(anna.id, id)
        .await
        .unwrap()
        .feed
        .unwrap()
        .failing
        .unwrap()
        .since;
    assert_eq!(scene.sees(&anna, "").await, ["A"], "what was got before");
    let before = scene.elsewhere.asked();
    for _ in 0..4 * 24 * 7 {
        scene.store.clock.advance_seconds(15 * 60);
        scene.calendars.fetch_due().await.unwrap();
    }
    let asked = scene.elsewhere.asked() - before;
    assert!((10..=14).contains(&asked), "asked {asked} times in a week");
    let failing = scene
        .calendars
        .subscription(anna.id, id)
        .await
        .unwrap()
        .feed
        .unwrap()
        .failing
        .unwrap();
    assert_eq!(failing.since, since, "since the first time");
    scene.elsewhere.has(&[("b", "B")]);
    scene.after(86_400).await;
    assert_eq!(scene.state(&anna, id).await, (State::Fresh, None));
    assert_eq!(scene.sees(&anna, "").await, ["B"]);
}

#[tokio::test]
async fn each_way_of_failing_has_its_name() {
    let scene = Scene::on(Kind::Sqlite, true).await;
    let anna = visitor("anna");
    let id = scene.follows(&anna).await;
    for (head, body, what) in [
        (
            "200 OK\r\ncontent-type: text/html",
            "<html>Sign in</html>",
            What::Page,
        ),
        ("200 OK", "BEGIN:VCALENDAR", What::Unreadable),
        ("302 Found\r\nlocation: /a.ics", "", What::Redirects),
        ("401 Who", "", What::Status),
        ("200 OK\r\ncontent-encoding: gzip", "x", What::Unreadable),
        ("410 Gone", "", What::Gone),
    ] {
        scene.elsewhere.answers(head, body);
        scene.after(86_400).await;
        assert_eq!(
            scene.state(&anna, id).await,
            (State::Failing, Some(what)),
            "{head}"
        );
    }
    scene.elsewhere.answers("200 OK", &calendar("Bins", &[]));
    scene.after(86_400).await;
    scene.elsewhere.answers("429 Slow\r\nretry-after: 7200", "");
    scene.after(12 * 3_600).await;
    let before = scene.elsewhere.asked();
    scene.after(7_199).await;
    assert_eq!(
        scene.elsewhere.asked(),
        before,
        "not before it wants to be asked again"
    );
    scene.after(1).await;
    assert_eq!(scene.elsewhere.asked(), before + 1);
}

#[tokio::test]
async fn machines_of_the_own_network_are_not_asked_for_anybody() {
    let scene = Scene::on(Kind::Sqlite, false).await;
    let anna = visitor("anna");
    scene.elsewhere.has(&[("a", "A")]);
    let id = scene.follows(&anna).await;
    scene.after(1).await;
    assert_eq!(
        scene.state(&anna, id).await,
        (State::Failing, Some(What::Private))
    );
    assert_eq!(scene.elsewhere.asked(), 0);
}

#[tokio::test]
async fn whoever_wants_it_anew_gets_it_at_once_but_not_twice_in_five_minutes() {
    let scene = Scene::on(Kind::Sqlite, true).await;
    let anna = visitor("anna");
    scene.elsewhere.has(&[("a", "A")]);
    let id = scene.follows(&anna).await;
    scene.after(1).await;
    for _ in 0..3 {
        scene.calendars.fetch_anew(anna.id, id).await.unwrap();
        scene.after(1).await;
    }
    assert_eq!(scene.elsewhere.asked(), 1, "it was asked a moment ago");
    scene.after(300).await;
    assert_eq!(scene.elsewhere.asked(), 2, "and is asked when that is over");
    scene.after(400).await;
    assert_eq!(scene.elsewhere.asked(), 2);
    scene.calendars.fetch_anew(anna.id, id).await.unwrap();
    scene.after(0).await;
    assert_eq!(scene.elsewhere.asked(), 3);
    let boris = visitor("boris");
    let foreign = scene.calendars.fetch_anew(boris.id, id).await;
    assert!(matches!(foreign, Err(Refused::Reason(Reason::NoSubscription))));
}

#[tokio::test]
async fn a_process_that_dies_over_an_answer_does_not_ask_again_at_once() {
    let scene = Scene::on(Kind::Sqlite, true).await;
    let anna = visitor("anna");
    scene.elsewhere.has(&[("a", "A")]);
    scene.follows(&anna).await;
    // Who follows is heard, and it is asked for by somebody who is never heard of again.
    let feed = Source::Address(scene.elsewhere.address()).feed().unwrap();
    scene.calendars.follow(anna.id, feed).await.unwrap();
    assert!(scene.calendars.claim(feed).await.unwrap().is_some());
    assert!(scene.calendars.claim(feed).await.unwrap().is_none());
    scene.after(14 * 60).await;
    assert_eq!(scene.elsewhere.asked(), 0);
    scene.after(60).await;
    assert_eq!(
        (scene.elsewhere.asked(), scene.sees(&anna, "").await.len()),
        (1, 1)
    );
}

#[tokio::test]
async fn holidays_are_followed_without_asking_anybody() {
    for kind in KINDS {
        let scene = Scene::on(kind, true).await;
        let anna = visitor("anna");
        let id = scene.subscribes(&anna, "holidays:de").await.unwrap().id();
        let followed = scene.calendars.subscription(anna.id, id).await.unwrap();
        assert_eq!(followed.title(Language::Russian), "Праздники: Германия");
        assert_eq!(followed.state(), State::BuiltIn);
        let day = |text: &str| -> Moment { text.parse().unwrap() };
        let range = (day("2026-12-25T00:00:00Z"), day("2026-12-26T00:00:00Z"));
        let mut shown = Vec::new();
        scene
            .calendars
            .add_followed(
                &mut shown,
                &anna,
                &[&followed],
                range,
                &Zone::UTC,
                "christmas day",
            )
            .await
            .unwrap();
        assert_eq!(shown.len(), 1, "{shown:?}");
        let told = scene
            .calendars
            .followed_entry(
                &anna,
                &followed,
                shown[0].object,
                (None, "2026-12-25".parse().ok()),
            )
            .await
            .unwrap();
        assert_eq!(told.title, "Christmas Day");
        let anew = scene.calendars.fetch_anew(anna.id, id).await;
        assert!(matches!(anew, Err(Refused::Reason(Reason::NothingToFetch))));
        scene.after(1).await;
        assert_eq!(scene.rows().await, [1, 0, 0, 0, 0, 0], "{kind:?}");
    }
}
