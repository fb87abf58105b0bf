//! Reminders on real stores: of what one is reminded when, and that it is once.

use bell::Bell;
use kernel::{Id, Language, Moment, PersonId};
use post::letters::Letter;
use post::{Content, NotWritten, Recipient, Wanted, Write as _};
use store::StoreError;
use testkit::stores::{self, KINDS, Kind, START, TestStore};

use super::types::Reminders;
use crate::letters::reminder::{REMINDER, Writer};
use crate::rules::spans::Span;
use crate::service::{Calendars, Visitor};
use crate::types::{AboutChange, Calendar, Expected, Name};

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// By then whatever is due at a full minute has rung.
const SPREAD_SECONDS: i64 = 6;
/// Minutes of a day.
const M_DAY: i64 = 24 * 60;

struct Scene {
    store: TestStore,
    calendars: Calendars,
    bell: Bell,
    calendar: Calendar,
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
        let calendar = calendars.home(&anna).await.unwrap().remove(0);
        let bell = Bell::new(store.store.clone(), store.clock.clone());
        let bell = calendars.hearing(calendars.later(bell));
        Scene {
            store,
            calendars,
            bell,
            calendar,
        }
    }

    async fn put(&self, uid: &str, lines: &str) {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n{}\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n",
            lines.trim().replace('\n', "\r\n")
        );
        let put = self.calendars.put(
            self.calendar.owner,
            self.calendar.id,
            name(uid),
            text,
            Expected::Anything,
        );
        put.await.unwrap();
    }

    async fn remove(&self, uid: &str) {
        let (owner, calendar) = (self.calendar.owner, self.calendar.id);
        let removed = self
            .calendars
            .remove(owner, calendar, name(uid), Expected::Anything);
        removed.await.unwrap();
    }

    /// Does what is due after so many seconds.
    async fn after(&self, seconds: i64) {
        self.store.clock.advance_seconds(seconds);
        self.bell.catch_up().await.unwrap();
    }

    /// Does what is due at these minutes of the test, when there may be something, as a house does that is always open.
    async fn at(&self, minutes: &[i64]) {
        for minute in minutes {
            let then = START.plus_seconds(minute * MINUTE + SPREAD_SECONDS);
            let ahead = then.micros_since(self.store.clock.now()) / 1_000_000;
            self.after(ahead).await;
        }
    }

    /// Seconds from the start of the test at which letters were asked for, and how late their events may be told.
    async fn asked(&self) -> Vec<i64> {
        let letters = self.letters().await.into_iter();
        let mut asked: Vec<i64> = letters
            .map(|letter| letter.asked.micros_since(START) / 1_000_000)
            .collect();
        asked.sort_unstable();
        asked
    }

    async fn letters(&self) -> Vec<Letter> {
        let owner = self.calendar.owner;
        let shard = self.store.shard_of(owner);
        let held = shard.read::<_, StoreError>(move |tx| post::held(tx, owner.0, 1_000));
        let letters = held.await.unwrap().letters;
        assert!(letters.iter().all(|letter| letter.kind == REMINDER.code));
        letters
    }

    async fn timers(&self) -> usize {
        let owner = self.calendar.owner;
        let objects = self
            .calendars
            .objects(owner, self.calendar.id, None, 1_000)
            .await
            .unwrap();
        let shard = self.store.shard_of(owner);
        let count = shard.read::<_, StoreError>(move |tx| {
            let mut count = 0;
            for object in &objects {
                count += usize::from(super::planned(tx, owner, object.id)?.is_some());
            }
            Ok(count)
        });
        count.await.unwrap()
    }

    async fn change(&self, change: AboutChange) {
        let (owner, id) = (self.calendar.owner, self.calendar.id);
        self.calendars.change(owner, id, None, change).await.unwrap();
        self.bell.catch_up().await.unwrap();
    }

    async fn written(&self, letter: &Letter) -> Result<Content, NotWritten> {
        let wanted = Wanted {
            letter: letter.id,
            kind: &REMINDER,
            key: letter.key.clone(),
            data: told(letter),
            asked: letter.asked,
            not_before: letter.not_before,
            wanted_until: letter.wanted_until,
            now: self.store.clock.now(),
            only_shown: false,
        };
        let to = Recipient {
            person: Some(self.calendar.owner),
            email: "anna@house.example".to_owned(),
            name: "Anna".to_owned(),
            language: Language::English,
            zone: "Europe/Berlin".to_owned(),
        };
        Writer(self.calendars.clone()).write(&wanted, &to).await
    }
}

/// What the letter was told: it is not shown with it, and follows from its key.
fn told(letter: &Letter) -> String {
    let object: [u8; 16] = letter.key[..16].try_into().unwrap();
    let starts = i64::from_be_bytes(letter.key[16..24].try_into().unwrap());
    format!(r#"{{"object":"{}","starts":{starts}}}"#, Id::from_bytes(object))
}

fn name(uid: &str) -> Name {
    Name::parse(&format!("{uid}.ics")).unwrap()
}

/// So many seconds from the start of the test, for half an hour.
fn times(after: i64) -> String {
    format!("SUMMARY:Rounds\nDTSTART:{}\nDURATION:PT30M", utc(after))
}

fn utc(after: i64) -> String {
    let start = START.plus_seconds(after).to_timestamp();
    start.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn mail(trigger: &str) -> String {
    format!("BEGIN:VALARM\nACTION:EMAIL\n{trigger}\nEND:VALARM")
}

#[tokio::test]
async fn a_calendar_reminds_some_minutes_before_and_at_the_start_and_once_each() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.put("a", &times(HOUR)).await;
        scene.at(&[49, 50, 55, 60, 65, 120]).await;
        let asked = scene.asked().await;
        assert_eq!(asked.len(), 2, "{kind:?}: {asked:?}");
        for (asked, due) in asked.iter().zip([HOUR - 10 * MINUTE, HOUR]) {
            assert!((due..=due + MINUTE).contains(asked), "{kind:?}: {asked} of {due}");
        }
        assert_eq!(scene.timers().await, 0, "nothing is left to come");
    }
}

#[tokio::test]
async fn only_the_next_reminder_of_a_series_is_a_timer_and_past_events_have_none() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene
            .put("series", &format!("{}\nRRULE:FREQ=DAILY", times(HOUR)))
            .await;
        for past in ["b", "c", "d"] {
            scene.put(past, &times(-9 * DAY)).await;
        }
        assert_eq!(scene.timers().await, 1);
        for day in 0..3 {
            scene.at(&[day * M_DAY + 50, day * M_DAY + 60]).await;
        }
        assert_eq!(scene.asked().await.len(), 6, "{kind:?}");
        assert_eq!(scene.timers().await, 1);
    }
}

#[tokio::test]
async fn what_was_moved_cancelled_or_deleted_reminds_as_it_is_now_or_of_nothing() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        for uid in ["moved", "cancelled", "deleted"] {
            scene.put(uid, &times(HOUR)).await;
        }
        scene.put("moved", &times(3 * HOUR)).await;
        scene
            .put("cancelled", &format!("{}\nSTATUS:CANCELLED", times(HOUR)))
            .await;
        scene.remove("deleted").await;
        scene.at(&[50, 60]).await;
        assert_eq!(scene.asked().await, [] as [i64; 0], "{kind:?}");
        scene.at(&[170, 180]).await;
        assert_eq!(scene.asked().await.len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn an_instance_that_was_called_off_rings_nothing_and_one_that_was_moved_rings_where_it_is() {
    let scene = Scene::on(Kind::Sqlite).await;
    let series = format!(
        "{}\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:{}\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:{}\n{}",
        times(HOUR),
        utc(HOUR),
        utc(HOUR + DAY),
        times(HOUR + DAY + 30 * MINUTE),
    );
    scene.put("a", &series).await;
    for day in 0..4 {
        scene
            .at(&[50, 60, 80, 90].map(|minute| day * M_DAY + minute))
            .await;
    }
    let expected = [
        DAY + HOUR + 20 * MINUTE,
        DAY + HOUR + 30 * MINUTE,
        2 * DAY + HOUR - 10 * MINUTE,
        2 * DAY + HOUR,
    ];
    let asked = scene.asked().await;
    let late: Vec<i64> = asked.iter().zip(expected).map(|(at, due)| at - due).collect();
    assert!(
        asked.len() == 4 && late.iter().all(|late| (0..=5 * MINUTE).contains(late)),
        "{asked:?}"
    );
}

#[tokio::test]
async fn alarms_of_an_event_count_if_they_are_letters_and_then_the_calendar_is_silent() {
    let scene = Scene::on(Kind::Sqlite).await;
    let shown = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM";
    let none = "BEGIN:VALARM\nACTION:NONE\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\nEND:VALARM";
    scene.put("shown", &format!("{}\n{shown}", times(HOUR))).await;
    scene.put("none", &format!("{}\n{none}", times(HOUR))).await;
    assert_eq!(scene.timers().await, 0);
    let repeated = mail("TRIGGER;RELATED=END:PT0S\nREPEAT:2\nDURATION:PT10M");
    scene
        .put("mail", &format!("{}\n{shown}\n{repeated}", times(HOUR)))
        .await;
    let absolute = mail(&format!("TRIGGER;VALUE=DATE-TIME:{}", utc(5 * MINUTE)));
    scene.put("fixed", &format!("{}\n{absolute}", times(DAY))).await;
    scene.at(&[5, 50, 55, 60, 90, 100, 110, 120]).await;
    let asked: Vec<i64> = scene.asked().await.iter().map(|at| at / MINUTE).collect();
    let near = |due: i64| asked.iter().filter(|at| (due..=due + 1).contains(*at)).count();
    assert_eq!(asked.len(), 4, "{asked:?}");
    for due in [5, 90, 100, 110] {
        assert_eq!(near(due), 1, "{due}: {asked:?}");
    }
}

#[tokio::test]
async fn whole_days_are_announced_the_morning_before_by_the_clocks_of_the_calendar() {
    let scene = Scene::on(Kind::Sqlite).await;
    scene.put("a", "SUMMARY:Fair\nDTSTART;VALUE=DATE:20261121").await;
    scene.at(&[2_690, 2_694]).await;
    let letters = scene.letters().await;
    assert_eq!(letters.len(), 1);
    let due: Moment = "2026-11-20T08:00:00Z".parse().unwrap();
    let late = letters[0].asked.micros_since(due) / 1_000_000;
    assert!((0..=10 * MINUTE).contains(&late), "{late}");
    assert_eq!(
        letters[0].wanted_until.to_string(),
        "2026-11-21T23:00:00Z",
        "until the day is over in Berlin"
    );
}

#[tokio::test]
async fn after_an_outage_one_is_reminded_of_what_still_goes_on_and_once() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.put("over", &times(HOUR)).await;
        scene
            .put("goes_on", &format!("DTSTART:{}\nDURATION:P2D", utc(HOUR)))
            .await;
        scene
            .put("series", &format!("{}\nRRULE:FREQ=HOURLY", times(HOUR)))
            .await;
        scene.after(20 * HOUR + 15 * MINUTE).await;
        scene.after(0).await;
        let letters = scene.letters().await;
        assert_eq!(
            letters.len(),
            2,
            "{kind:?}: of what goes on, and of the instance that goes on"
        );
    }
}

#[tokio::test]
async fn a_reminder_that_is_overdue_is_not_lost_when_its_event_is_written_over() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.put("a", &times(HOUR)).await;
        scene.store.clock.advance_seconds(HOUR - 5 * MINUTE);
        scene.put("a", &format!("{}\nLOCATION:Room 5", times(HOUR))).await;
        scene.after(0).await;
        assert_eq!(scene.asked().await.len(), 1, "{kind:?}: ten minutes before");
        scene.put("a", &format!("{}\nLOCATION:Room 6", times(HOUR))).await;
        scene.after(0).await;
        assert_eq!(scene.asked().await.len(), 1, "{kind:?}: not again");
        scene.after(6 * MINUTE).await;
        assert_eq!(scene.asked().await.len(), 2, "{kind:?}: at the start");
    }
}

#[tokio::test]
async fn what_lies_in_the_bin_is_silent_and_reminds_again_when_it_is_taken_out() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene
            .put("a", &format!("{}\nRRULE:FREQ=DAILY", times(HOUR)))
            .await;
        let (owner, id) = (scene.calendar.owner, scene.calendar.id);
        scene.calendars.delete(owner, id, None).await.unwrap();
        scene.at(&[50, 60, M_DAY + 50, M_DAY + 60]).await;
        assert_eq!(scene.asked().await.len(), 0, "{kind:?}");
        scene.calendars.restore(owner, id).await.unwrap();
        scene.at(&[2 * M_DAY + 50, 2 * M_DAY + 60]).await;
        assert_eq!(scene.asked().await.len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn how_a_calendar_reminds_can_be_changed_and_where_it_is_too() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        for at in 0..5 {
            scene.put(&format!("a{at}"), &times(DAY)).await;
        }
        scene.put("day", "DTSTART;VALUE=DATE:20261120").await;
        let reminders = |minutes: &[u32]| AboutChange {
            reminders: Some(Reminders::new(minutes).unwrap()),
            ..AboutChange::default()
        };
        scene.change(reminders(&[])).await;
        assert_eq!(scene.timers().await, 0, "{kind:?}");
        scene.change(reminders(&[60])).await;
        assert_eq!(scene.timers().await, 6, "{kind:?}");
        scene
            .change(AboutChange {
                zone: Some("America/New_York".to_owned()),
                ..AboutChange::default()
            })
            .await;
        scene.at(&[M_DAY - 60, M_DAY - 10, M_DAY, 1_614, 2_000]).await;
        let mut asked = scene.asked().await;
        let whole = START.plus_seconds(asked.pop().unwrap());
        let due: Moment = "2026-11-19T14:00:00Z".parse().unwrap();
        assert!(
            (0..=600).contains(&(whole.micros_since(due) / 1_000_000)),
            "{whole}"
        );
        assert_eq!(asked.len(), 5, "{kind:?}");
        let hour_before = |at: &i64| (DAY - HOUR..=DAY - HOUR + 10 * MINUTE).contains(at);
        assert!(asked.iter().all(hour_before), "{asked:?}");
    }
}

#[tokio::test]
async fn other_rules_of_zones_have_reminders_worked_out_again() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        for at in 0..3 {
            scene.put(&format!("a{at}"), &times(DAY)).await;
        }
        let owner = scene.calendar.owner;
        let objects = scene
            .calendars
            .objects(owner, scene.calendar.id, None, 10)
            .await
            .unwrap();
        // As if other rules had put it to another instant.
        let shard = scene.store.shard_of(owner);
        let moved = shard.write::<_, StoreError>(move |tx| {
            let wrong = START.plus_seconds(9 * DAY);
            for object in &objects {
                super::set(tx, owner, object.id, (wrong, wrong))?;
                let there = Span {
                    starts: wrong,
                    ends: wrong,
                    exact: true,
                };
                crate::rows::save_spans(tx, owner, object.calendar, object.id, &[there])?;
            }
            super::rows::follow_rules(tx, objects[0].calendar, 1)
        });
        moved.await.unwrap();
        scene.calendars.follow_zone_rules().await.unwrap();
        let day = (START.plus_seconds(DAY - HOUR), START.plus_seconds(DAY + HOUR));
        let near = scene.calendars.near(owner, scene.calendar.id, day);
        assert_eq!(
            near.await.unwrap().len(),
            3,
            "{kind:?}: they are found where they are"
        );
        scene.at(&[M_DAY - 10, M_DAY, M_DAY + 60]).await;
        assert_eq!(scene.asked().await.len(), 6, "{kind:?}");
    }
}

#[tokio::test]
async fn a_letter_says_what_is_so_when_it_is_written_and_what_became_wrong_is_not_sent() {
    let scene = Scene::on(Kind::Sqlite).await;
    scene.put("a", &times(HOUR)).await;
    scene.after(HOUR - 9 * MINUTE).await;
    let letter = scene.letters().await.remove(0);
    let content = scene.written(&letter).await.unwrap();
    assert_eq!(content.subject, "Reminder: Rounds");
    assert!(
        content.text.contains("It begins in 9 minutes."),
        "{}",
        content.text
    );

    scene
        .put("a", &times(HOUR).replace("Rounds", "Other rounds"))
        .await;
    let content = scene.written(&letter).await.unwrap();
    assert_eq!(content.subject, "Reminder: Other rounds");

    for (lines, why) in [
        (times(2 * HOUR), "it was moved"),
        (format!("{}\nSTATUS:CANCELLED", times(HOUR)), "it was cancelled"),
        (
            format!(
                "{}\nATTENDEE;PARTSTAT=DECLINED:mailto:Anna@house.example",
                times(HOUR)
            ),
            "its reader declined it",
        ),
    ] {
        scene.put("a", &lines).await;
        let written = scene.written(&letter).await;
        assert_eq!(written, Err(NotWritten::Unwanted(why.to_owned())));
    }
    scene.remove("a").await;
    let written = scene.written(&letter).await;
    assert_eq!(written, Err(NotWritten::Unwanted("it was deleted".to_owned())));
}

#[tokio::test]
async fn whoever_is_forgotten_is_reminded_of_nothing() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        scene.put("a", &times(HOUR)).await;
        let owner = scene.calendar.owner;
        let objects = scene.calendars.objects(owner, scene.calendar.id, None, 10);
        let object = objects.await.unwrap()[0].id;
        scene.calendars.forget(owner).await.unwrap();
        let shard = scene.store.shard_of(owner);
        let planned = shard.read::<_, StoreError>(move |tx| super::planned(tx, owner, object));
        assert_eq!(planned.await.unwrap(), None, "{kind:?}: no timer is left");
    }
}
