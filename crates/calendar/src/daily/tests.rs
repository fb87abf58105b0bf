//! The daily letter: when it is asked for, and what it says.

use bell::Bell;
use jiff::civil::time;
use kernel::{Id, Language, Moment, PersonId, Text};
use post::letters::Letter;
use post::{Content, NotWritten, Recipient, Wanted, Write as _};
use store::StoreError;
use testkit::stores::{self, KINDS, Kind, TestStore};

use super::Daily;
use crate::letters::daily::{DAILY, Writer};
use crate::rules::inviting::Whose;
use crate::service::{Calendars, Visitor};
use crate::settings::SettingsChange;
use crate::subscriptions::types::{Source, SubscriptionChange};
use crate::types::{Color, Expected, Name};

const DAY: i64 = 86_400;

struct Scene {
    store: TestStore,
    calendars: Calendars,
    bell: Bell,
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
        let bell = Bell::new(store.store.clone(), store.clock.clone());
        let bell = calendars.later(calendars.hearing(bell));
        Scene {
            store,
            calendars,
            bell,
            anna,
        }
    }

    async fn at_seven(&self) {
        let daily = Daily::new(time(7, 0, 0, 0), "Europe/Berlin");
        self.calendars.set_daily(self.anna.id, daily).await.unwrap();
    }

    /// Does what is due at an instant.
    async fn at(&self, instant: &str) {
        let then: Moment = instant.parse().unwrap();
        let ahead = then.micros_since(self.store.clock.now()) / 1_000_000;
        self.store.clock.advance_seconds(ahead);
        self.bell.catch_up().await.unwrap();
    }

    /// Around seven o'clock of days of November, in Berlin.
    async fn mornings(&self, days: std::ops::RangeInclusive<u32>) {
        for day in days {
            self.at(&format!("2026-11-{day}T05:59:00Z")).await;
            self.at(&format!("2026-11-{day}T06:01:10Z")).await;
        }
    }

    /// The oldest first.
    async fn letters(&self) -> Vec<Letter> {
        let owner = self.anna.id.0;
        let shard = self.store.shard_of(owner);
        let held = shard.read::<_, StoreError>(move |tx| post::held(tx, owner, 100));
        let mut letters = held.await.unwrap().letters;
        letters.reverse();
        letters
    }

    async fn put(&self, uid: &str, lines: &str) {
        self.put_for(&self.anna, uid, lines).await;
    }

    async fn put_for(&self, owner: &Visitor, uid: &str, lines: &str) {
        let calendar = self.calendars.home(owner).await.unwrap().remove(0);
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n{}\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n",
            lines.replace('\n', "\r\n")
        );
        let name = Name::parse(&format!("{uid}.ics")).unwrap();
        let put = self
            .calendars
            .put(calendar.owner, calendar.id, name, text, Expected::Anything);
        put.await.unwrap();
    }

    async fn written(&self, letter: &Letter) -> Result<Content, NotWritten> {
        let wanted = Wanted {
            letter: letter.id,
            kind: &DAILY,
            key: letter.key.clone(),
            data: format!(
                r#"{{"day":"{}","zone":"Europe/Berlin"}}"#,
                String::from_utf8_lossy(&letter.key)
            ),
            asked: letter.asked,
            not_before: letter.not_before,
            wanted_until: letter.wanted_until,
            now: self.store.clock.now(),
            only_shown: false,
        };
        let to = Recipient {
            person: Some(self.anna.id),
            email: "anna@house.example".to_owned(),
            name: "Anna".to_owned(),
            language: Language::English,
            zone: "Asia/Tokyo".to_owned(),
        };
        Writer(self.calendars.clone()).write(&wanted, &to).await
    }
}

#[tokio::test]
async fn whoever_asks_for_it_gets_a_letter_each_day_at_that_time_until_they_do_not() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        assert_eq!(scene.calendars.daily(scene.anna.id).await.unwrap(), None);
        scene.at_seven().await;
        scene.at_seven().await;
        scene.mornings(19..=21).await;
        let letters = scene.letters().await;
        assert_eq!(letters.len(), 3, "{kind:?}");
        let first: Moment = "2026-11-19T06:00:00Z".parse().unwrap();
        for letter in &letters {
            let late = letter.asked.micros_since(first).rem_euclid(DAY * 1_000_000);
            assert!(late <= 2 * 60 * 1_000_000, "{kind:?}: {}", letter.asked);
        }
        scene.calendars.set_daily(scene.anna.id, None).await.unwrap();
        scene.mornings(22..=23).await;
        assert_eq!(scene.letters().await.len(), 3, "{kind:?}");
    }
}

#[tokio::test]
async fn after_an_outage_there_is_a_letter_about_today_and_none_about_days_that_are_over() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.at_seven().await;
        scene.at("2026-11-22T09:00:00Z").await;
        scene.mornings(23..=24).await;
        let letters = scene.letters().await;
        let days: Vec<&[u8]> = letters.iter().map(|letter| &letter.key[..]).collect();
        let expected: [&[u8]; 3] = [b"2026-11-22", b"2026-11-23", b"2026-11-24"];
        assert_eq!(days, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn the_letter_says_what_the_day_brings_in_order_and_by_the_clocks_that_were_chosen() {
    let scene = Scene::on(Kind::Sqlite).await;
    for (uid, lines) in [
        (
            "noon",
            "SUMMARY:Lunch\nDTSTART;TZID=Europe/Berlin:20261123T120000\nDURATION:PT1H\nLOCATION:Canteen",
        ),
        ("whole", "SUMMARY:Open day\nDTSTART;VALUE=DATE:20261123"),
        (
            "night",
            "SUMMARY:Night train\nDTSTART;TZID=Europe/Berlin:20261122T220000\nDURATION:PT9H",
        ),
        (
            "weekly",
            "SUMMARY:Rounds\nDTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=WEEKLY",
        ),
        (
            "off",
            "SUMMARY:Nothing\nDTSTART:20261123T100000Z\nSTATUS:CANCELLED",
        ),
        (
            "no",
            "SUMMARY:Not me\nDTSTART:20261123T100000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:anna@house.example",
        ),
        (
            "tomorrow",
            "SUMMARY:Tomorrow\nDTSTART;TZID=Europe/Berlin:20261124T000000\nDURATION:PT1H",
        ),
    ] {
        scene.put(uid, lines).await;
    }
    scene.at_seven().await;
    scene.at("2026-11-23T06:30:00Z").await;
    let letters = scene.letters().await;
    let letter = letters.iter().find(|letter| letter.kind == DAILY.code).unwrap();
    let content = scene.written(letter).await.unwrap();
    assert_eq!(content.subject, "Monday, 23 November: 4 events");
    let lines: Vec<&str> = content
        .text
        .lines()
        .filter(|line| line.starts_with("- "))
        .collect();
    let expected = [
        "- Until 07:00: Night train",
        "- All day: Open day",
        "- 09:00 Rounds",
        "- 12:00–13:00 Lunch, Canteen",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn what_is_followed_stands_in_the_letter_unless_its_reader_does_not_want_it() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        // What somebody else published comes without asking anybody.
        let boris = Visitor {
            id: PersonId(Id::named("person", "boris")),
            ..scene.anna.clone()
        };
        let bins =
            "SUMMARY:Blue bin\nDTSTART;TZID=Europe/Berlin:20261123T083000\nRRULE:FREQ=DAILY\nLOCATION:Gate";
        scene.put_for(&boris, "bins", bins).await;
        let of_boris = scene.calendars.home(&boris).await.unwrap().remove(0);
        let link = scene.calendars.publish(boris.id, of_boris.id, None, false);
        let address = scene.calendars.link_to(&link.await.unwrap().path(boris.id));
        let follow = async |source: &str| {
            let (source, title) = (Source::parse(source).unwrap(), Text::new("", 10).unwrap());
            let followed = scene
                .calendars
                .subscribe(scene.anna.id, source, title, Color::BLUE);
            followed.await.unwrap().id()
        };
        let bins = follow(&address).await;
        follow("holidays:de").await;
        scene.at_seven().await;
        scene.at("2026-12-25T06:30:00Z").await;
        scene.calendars.fetch_due().await.unwrap();
        let letters = scene.letters().await;
        let letter = letters.last().unwrap();
        assert_eq!(letter.key, b"2026-12-25", "{kind:?}");
        let text = scene.written(letter).await.unwrap().text;
        assert!(text.contains("Public holiday: Christmas Day"), "{kind:?}: {text}");
        assert!(text.contains("- 08:30 Blue bin, Gate"), "{kind:?}: {text}");
        let quiet = SubscriptionChange {
            daily: Some(false),
            ..SubscriptionChange::default()
        };
        let changed = scene
            .calendars
            .change_subscription(scene.anna.id, bins, None, quiet);
        changed.await.unwrap();
        let free = scene.written(letter).await;
        let why = NotWritten::Unwanted("the day is free".to_owned());
        assert_eq!(free, Err(why), "{kind:?}: a holiday alone brings no letter");
    }
}

#[tokio::test]
async fn a_free_day_brings_no_letter() {
    let scene = Scene::on(Kind::Sqlite).await;
    scene.at_seven().await;
    scene.mornings(19..=19).await;
    let letters = scene.letters().await;
    let written = scene.written(&letters[0]).await;
    assert_eq!(written, Err(NotWritten::Unwanted("the day is free".to_owned())));
}

#[tokio::test]
async fn what_a_change_of_settings_does_not_speak_of_stays() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.at_seven().await;
        let known = SettingsChange {
            whose: Some(Whose::Known),
            ..SettingsChange::default()
        };
        let settings = scene
            .calendars
            .change_settings(scene.anna.id, known)
            .await
            .unwrap();
        assert!(settings.daily.is_some(), "{kind:?}: the letter stays");
        let no_letter = SettingsChange {
            daily: Some(None),
            ..SettingsChange::default()
        };
        let settings = scene
            .calendars
            .change_settings(scene.anna.id, no_letter)
            .await
            .unwrap();
        assert_eq!(
            (&settings.daily, settings.whose),
            (&None, Whose::Known),
            "{kind:?}"
        );
        assert_eq!(
            scene.calendars.settings(scene.anna.id).await.unwrap(),
            settings,
            "{kind:?}"
        );
    }
}
