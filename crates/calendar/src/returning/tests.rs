//! What putting a calendar back promises, on real stores.

use ical::Answer;
use kernel::Moment;
use testkit::stores::KINDS;

use super::Returned;
use crate::finding::tests::event;
use crate::objects::Mark;
use crate::scheduling::tests::meeting;
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
            left_out: 0,
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

const BORIS_WAITS: &str = "PARTSTAT=NEEDS-ACTION:mailto:boris@town.example";
const BORIS_COMES: &str = "PARTSTAT=ACCEPTED:mailto:boris@town.example";

#[tokio::test]
async fn what_guests_answered_since_is_theirs_and_stays() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("anna")).await;
        let text = meeting(0, "20261124T090000Z", "RRULE:FREQ=DAILY;COUNT=3\r\n");
        scene.writes(&calendar, "m", &text).await;
        scene.post().await;
        let then = scene.tick();
        scene.rewrite("boris", BORIS_WAITS, BORIS_COMES).await;
        assert_eq!(
            scene.returns(&calendar, then, true).await,
            Returned::default(),
            "{kind:?}"
        );
        // One of the three he does not come to.
        let copy = scene.copy_of("boris").await.unwrap();
        let declines = copy.text.replace(
            "RRULE:FREQ=DAILY;COUNT=3\r\n",
            "RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20261125T090000Z\r\n",
        );
        scene.store.clock.advance_seconds(60);
        let written = scene.calendars.put(
            visitor("boris").id,
            copy.calendar,
            copy.name,
            declines,
            Expected::Exactly(copy.change),
        );
        written.await.unwrap();
        scene.post().await;
        assert_eq!(
            scene.returns(&calendar, then, true).await,
            Returned::default(),
            "{kind:?}"
        );
        let answered = scene.copy_of("anna").await.unwrap();
        assert!(answered.text.contains("RECURRENCE-ID:20261125T090000Z"));
        scene.store.clock.advance_seconds(60);
        scene.rewrite("anna", "SUMMARY:Plans", "SUMMARY:Oops").await;
        let back = Returned {
            put_back: 1,
            ..Returned::default()
        };
        assert_eq!(scene.returns(&calendar, then, false).await, back, "{kind:?}");
        scene.post().await;
        let says = |text: &str| {
            let lines = text.replace("\r\n ", "");
            let of = |line: &&str| line.starts_with("SUMMARY") || line.contains("boris@town.example");
            let answers = lines.lines().filter(of).map(|line| {
                let answer = line.split(';').find_map(|param| param.strip_prefix("PARTSTAT="));
                answer
                    .map_or(line, |answer| answer.split([':', ';']).next().unwrap())
                    .to_owned()
            });
            answers.collect::<Vec<_>>()
        };
        let copy = scene.copy_of("anna").await.unwrap();
        assert_eq!(
            says(&copy.text),
            ["SUMMARY:Plans", "ACCEPTED", "SUMMARY:Plans", "DECLINED"],
            "{}",
            copy.text
        );
        // One event that is put back keeps them as well.
        let place = (calendar.id, copy.id);
        let changed = scene.calendars.history(calendar.owner, place).await.unwrap().1;
        let first = changed.last().unwrap().change;
        let returned = scene.calendars.return_event(calendar.owner, place, None, first);
        let returned = returned.await.unwrap();
        assert_eq!(says(&returned.text), says(&copy.text), "{kind:?}");
    }
}

#[tokio::test]
async fn what_was_called_off_and_is_put_back_invites_anew() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.invite().await;
        scene.rewrite("boris", BORIS_WAITS, BORIS_COMES).await;
        let event = scene.copy_of("anna").await.unwrap();
        let (then, name) = (scene.tick(), Name::parse("m.ics").unwrap());
        let removed = scene
            .calendars
            .remove(calendar.owner, calendar.id, name.clone(), Expected::Anything);
        removed.await.unwrap();
        scene.post().await;
        assert!(
            scene
                .copy_of("boris")
                .await
                .unwrap()
                .text
                .contains("STATUS:CANCELLED")
        );
        let place = (calendar.id, event.id);
        let returned = scene
            .calendars
            .return_event(calendar.owner, place, None, event.change);
        returned.await.unwrap();
        let takes_place = async |what: &str| {
            scene.post().await;
            let copy = scene.copy_of("boris").await.unwrap().text;
            assert!(!copy.contains("STATUS:CANCELLED"), "{kind:?} {what}: {copy}");
            assert!(copy.contains(BORIS_WAITS), "{kind:?} {what}: {copy}");
            assert_eq!(scene.answers("anna").await[1].1, Answer::NeedsAction, "{what}");
            scene.store.clock.advance_seconds(60);
            scene.rewrite("boris", BORIS_WAITS, BORIS_COMES).await;
            assert_eq!(scene.answers("anna").await[1].1, Answer::Accepted, "{what}");
        };
        takes_place("one event").await;
        let gone = async || {
            let removed =
                scene
                    .calendars
                    .remove(calendar.owner, calendar.id, name.clone(), Expected::Anything);
            removed.await.unwrap();
            scene.post().await;
        };
        gone().await;
        let all = scene.returns(&calendar, then, false).await;
        assert_eq!((all.put_back, all.taken_out), (1, 0));
        takes_place("the whole calendar").await;
        gone().await;
        scene
            .writes(&calendar, "other", &meeting(0, "20261124T090000Z", ""))
            .await;
        takes_place("the same event under another name").await;
    }
}

#[tokio::test]
async fn what_others_organize_stays_as_it_is() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.first(&visitor("boris")).await;
        let before = scene.tick();
        scene.invite().await;
        scene.rewrite("boris", BORIS_WAITS, BORIS_COMES).await;
        let invited = scene.tick();
        scene
            .rewrite("anna", "20261124T090000Z", "20261125T090000Z")
            .await;
        scene.store.clock.advance_seconds(60);
        scene.rewrite("boris", BORIS_WAITS, BORIS_COMES).await;
        let (own, left) = (scene.copy_of("boris").await, scene.copy_of("anna").await);
        let expected = Returned {
            left_out: 1,
            ..Returned::default()
        };
        for at in [before, invited] {
            for is_preview in [true, false] {
                assert_eq!(
                    scene.returns(&calendar, at, is_preview).await,
                    expected,
                    "{kind:?}"
                );
            }
            scene.post().await;
        }
        assert_eq!(
            (scene.copy_of("boris").await, scene.copy_of("anna").await),
            (own, left)
        );
    }
}
