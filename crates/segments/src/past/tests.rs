//! The past is answered as it was answered then, and the steps between two instants lead from the one to the other.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Moment, PersonId};
use testkit::stores::{KINDS, Kind};

use crate::days::DaysWanted;
use crate::draws::Wanted;
use crate::rules::why::Why;
use crate::service::Refused;
use crate::testing::{Scene, keys};
use crate::types::{Actor, Condition, Reason, Rollout, Share, Step, Test, Value};
use crate::{Edit, types::Definition};

fn share(percent: &str) -> Share {
    Share::parse_percent(percent).unwrap()
}

/// What everybody was in, at an instant.
type Snapshot = (Moment, Vec<Option<Vec<String>>>);

struct Diary<'a> {
    scene: &'a Scene,
    people: Vec<PersonId>,
    snapshots: Vec<Snapshot>,
}

impl Diary<'_> {
    fn note(&mut self) {
        let at = self.scene.store.clock.now();
        let all = self
            .people
            .iter()
            .map(|person| keys(&self.scene.segments, *person));
        self.snapshots.push((at, all.collect()));
        self.scene.store.clock.advance_seconds(3_600);
    }
}

fn definition(percent: &str, conditions: Vec<Condition>, steps: Vec<Step>) -> Definition {
    Definition {
        rollout: Some(Rollout {
            conditions,
            steps,
            ..Rollout::plain("VOICE", share(percent))
        }),
        variants: Vec::new(),
    }
}

/// A year of a small town.
async fn lived(scene: &Scene) -> Diary<'_> {
    let mut people = Vec::new();
    for number in 0..20 {
        people.push(
            scene
                .person(number, if number % 2 == 0 { "gold" } else { "tin" })
                .await,
        );
    }
    let mut diary = Diary {
        scene,
        people,
        snapshots: Vec::new(),
    };
    diary.note();
    scene
        .segment("VOICE", Some(Rollout::plain("VOICE", share("20"))))
        .await;
    scene.segment("PRIZE", None).await;
    diary.note();
    let until = scene.store.clock.now().plus_seconds(5_000);
    scene.add(diary.people[0], "PRIZE", Some(until)).await;
    scene.add(diary.people[1], "PRIZE", None).await;
    diary.note();
    let out = ["VOICE".to_owned()];
    for person in &diary.people[4..8] {
        scene
            .segments
            .put(*person, &[], &out, Actor::House)
            .await
            .unwrap();
    }
    diary.note();
    changed_and_drawn(scene, &mut diary).await;
    diary
}

/// The second half of the year: a rule with a step, a draw, somebody who goes and comes back, and an archiving.
async fn changed_and_drawn(scene: &Scene, diary: &mut Diary<'_>) {
    scene.segments.end_what_is_over().await.unwrap();
    let at = scene.store.clock.now().plus_seconds(4_000);
    let plan = Condition::Attribute {
        name: "plan".to_owned(),
        test: Test::OneOf(vec![Value::Text("gold".to_owned())]),
    };
    let steps = vec![Step {
        at,
        share: share("90"),
    }];
    let edit = Edit {
        definition: Some(definition("50", vec![plan], steps)),
        ..Edit::default()
    };
    scene
        .segments
        .change("VOICE", None, edit, Actor::House)
        .await
        .unwrap();
    diary.note();
    diary.note();
    diary.note();
    scene.person(1, "gold").await;
    diary.note();
    let wanted = Wanted {
        share: share("50"),
        among: Rollout::plain("", Share::EVERYBODY),
        until: None,
        request: None,
    };
    let drawn = scene.segments.draw("PRIZE", wanted, Actor::House).await.unwrap();
    diary.note();
    let inside = diary.people.iter().position(|person| {
        keys(&scene.segments, *person)
            .unwrap()
            .contains(&"PRIZE".to_owned())
    });
    let gone = diary.people[inside.unwrap()];
    scene.delete(gone).await;
    diary.note();
    scene.segments.end_draw("PRIZE", drawn.number).await.unwrap();
    diary.note();
    scene
        .person(u64::try_from(inside.unwrap()).unwrap(), "gold")
        .await;
    diary.note();
    scene.segments.archive("VOICE", None, Actor::House).await.unwrap();
    diary.note();
}

fn sorted(memberships: Option<Vec<crate::Membership>>) -> Option<Vec<String>> {
    let mut keys: Vec<String> = memberships?.iter().map(|one| one.segment.to_string()).collect();
    keys.sort();
    Some(keys)
}

#[tokio::test]
async fn any_instant_is_answered_as_it_was_answered_then() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let diary = lived(&scene).await;
        for (at, all) in &diary.snapshots {
            for (person, then) in diary.people.iter().zip(all) {
                let now = scene.segments.of_person_at(*person, *at).await.unwrap();
                assert_eq!(&sorted(now), then, "{kind:?} {person} at {at}");
            }
        }
        let (first, _) = diary.snapshots[0];
        let early = first.plus_seconds(-86_400 * 365);
        assert_eq!(
            scene.segments.of_person_at(diary.people[0], early).await.unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn every_joining_and_leaving_leads_from_one_instant_to_the_next() {
    let scene = Scene::on(Kind::Sqlite).await;
    let diary = lived(&scene).await;
    let (from, _) = diary.snapshots[0];
    let to = scene.store.clock.now();
    let versions = scene.segments.versions(to).await.unwrap();
    let books = versions.books(from, to);
    let shelf = scene.segments.shelf_now();
    for (place, person) in diary.people.iter().enumerate() {
        let life = scene.segments.life(*person).await.unwrap().unwrap();
        let steps = books.steps(&life, from, to);
        let mut inside = BTreeSet::new();
        let mut next = steps.iter().peekable();
        for (at, all) in &diary.snapshots {
            while let Some(step) = next.next_if(|step| step.at <= *at) {
                let key = shelf.key_of(step.segment).to_string();
                let is_news = if step.joined {
                    inside.insert(key)
                } else {
                    inside.remove(&key)
                };
                assert!(is_news, "{person}: {step:?}");
            }
            let then: BTreeSet<String> = all[place].clone().unwrap_or_default().into_iter().collect();
            assert_eq!(inside, then, "{person} at {at}");
        }
    }
}

#[tokio::test]
async fn why_is_told_of_the_past_too() {
    let scene = Scene::on(Kind::Sqlite).await;
    let diary = lived(&scene).await;
    let (at, _) = diary.snapshots[2];
    let why = scene.segments.why_at(diary.people[1], "PRIZE", at).await.unwrap();
    assert_eq!(why, Why::ByHand { until: None });
    let (at, _) = diary.snapshots[1];
    let why = scene.segments.why_at(diary.people[1], "PRIZE", at).await.unwrap();
    assert_eq!(why, Why::NoRollout);
    let (at, _) = diary.snapshots[0];
    let why = scene.segments.why_at(diary.people[1], "PRIZE", at).await.unwrap();
    assert_eq!(why, Why::NoSegment);
}

#[tokio::test]
async fn days_count_what_everybodys_history_tells() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let diary = lived(&scene).await;
        let (from, _) = diary.snapshots[0];
        let to = scene.store.clock.now();
        let moscow = jiff::tz::TimeZone::get("Europe/Moscow").unwrap();
        let wanted = DaysWanted {
            zone: "Europe/Moscow".to_owned(),
            ..DaysWanted::default()
        };
        let (another, _) = scene.another().await;
        for key in ["VOICE", "PRIZE"] {
            let mut told = BTreeMap::new();
            for person in &diary.people {
                let early = from.plus_seconds(-86_400);
                for step in scene.segments.steps(*person, early, to).await.unwrap() {
                    if step.segment.as_str() == key {
                        let date = step.at.to_timestamp().to_zoned(moscow.clone()).date();
                        let (joined, left) = told.entry(date).or_insert((0_u64, 0_u64));
                        *(if step.joined { joined } else { left }) += 1;
                    }
                }
            }
            for (instance, segments) in [("the first", &scene.segments), ("another", &another)] {
                let days = segments.days(key, &wanted).await.unwrap();
                assert_eq!(days.len(), 31);
                let counted = days.iter().filter(|day| day.joined + day.left > 0);
                let counted: BTreeMap<_, _> = counted.map(|day| (day.date, (day.joined, day.left))).collect();
                assert_eq!(counted, told, "{kind:?} {key} as {instance} counts");
            }
        }
    }
}

#[tokio::test]
async fn days_are_asked_for_in_order_and_not_too_many() {
    let scene = Scene::on(Kind::Sqlite).await;
    scene.segment("A", None).await;
    let ask = |first: Option<&str>, last: Option<&str>, zone: &str| DaysWanted {
        first: first.map(str::to_owned),
        last: last.map(str::to_owned),
        zone: zone.to_owned(),
    };
    let today = scene
        .store
        .clock
        .now()
        .to_timestamp()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let today = today.to_string();
    for (wanted, field) in [
        (ask(Some("yesterday"), None, "UTC"), "first"),
        (ask(Some("2001-01-01"), None, "UTC"), "first"),
        (ask(Some("2999-01-01"), None, "UTC"), "first"),
        (ask(None, Some("2001-02-30"), "UTC"), "last"),
        (ask(None, None, "Nowhere"), "zone"),
    ] {
        let refused = scene.segments.days("A", &wanted).await.unwrap_err();
        assert!(
            matches!(&refused, Refused::Reason(Reason::Field { field: told, .. }) if told == field),
            "{refused:?}"
        );
    }
    let one = scene
        .segments
        .days("A", &ask(Some(&today), Some("2999-01-01"), "UTC"))
        .await;
    assert_eq!(one.unwrap().len(), 1, "no day of the future");
}
