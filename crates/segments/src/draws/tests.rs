//! A draw is exact, visible all at once and on every instance, drawn once however often it is asked for, and nothing at
//! all when it is cut off.

use kernel::PersonId;
use testkit::stores::{KINDS, Kind};

use super::{Wanted, rows};
use crate::catalog;
use crate::rules::why::Why;
use crate::service::{Refused, Segments};
use crate::testing::{Scene, keys};
use crate::types::{Actor, Condition, DrawState, Reason, Rollout, Share, Test, Value};

fn wanted(percent: &str) -> Wanted {
    Wanted {
        share: Share::parse_percent(percent).unwrap(),
        among: Rollout::plain("", Share::EVERYBODY),
        until: None,
        request: None,
    }
}

fn on_plan(plan: &str) -> Condition {
    Condition::Attribute {
        name: "plan".to_owned(),
        test: Test::OneOf(vec![Value::Text(plan.to_owned())]),
    }
}

async fn town(scene: &Scene) -> Vec<PersonId> {
    let mut people = Vec::new();
    for number in 0..40 {
        let plan = if number < 30 { "gold" } else { "tin" };
        people.push(scene.person(number, plan).await);
    }
    people
}

fn members(segments: &Segments, people: &[PersonId]) -> Vec<PersonId> {
    let is_in = |person: &PersonId| keys(segments, *person).is_some_and(|keys| !keys.is_empty());
    people.iter().copied().filter(is_in).collect()
}

#[tokio::test]
async fn exactly_the_share_of_those_who_match_is_drawn_and_other_instances_draw_the_same() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let people = town(&scene).await;
        scene.segment("PRIZE", None).await;
        let gold = Wanted {
            among: Rollout {
                conditions: vec![on_plan("gold")],
                ..Rollout::plain("", Share::EVERYBODY)
            },
            ..wanted("25")
        };
        let drawn = scene.segments.draw("PRIZE", gold, Actor::House).await.unwrap();
        // 7.5 of 30, rounded.
        assert_eq!((drawn.matching, drawn.drawn), (30, 8), "{kind:?}");
        let inside = members(&scene.segments, &people);
        assert_eq!(inside.len(), 8);
        assert!(inside.iter().all(|person| people[..30].contains(person)));
        assert!(matches!(
            scene.segments.why(inside[0], "PRIZE").unwrap(),
            Why::Drawn { .. }
        ));
        let (other, _) = scene.another().await;
        assert_eq!(members(&other, &people), inside);
    }
}

#[tokio::test]
async fn a_draw_asked_for_again_is_not_drawn_again() {
    let scene = Scene::on(Kind::Sqlite).await;
    let people = town(&scene).await;
    scene.segment("PRIZE", None).await;
    let named = |percent| Wanted {
        request: Some("spring".to_owned()),
        ..wanted(percent)
    };
    let first = scene
        .segments
        .draw("PRIZE", named("50"), Actor::House)
        .await
        .unwrap();
    let inside = members(&scene.segments, &people);
    let again = scene
        .segments
        .draw("PRIZE", named("50"), Actor::House)
        .await
        .unwrap();
    assert_eq!(first, again);
    assert_eq!(members(&scene.segments, &people), inside);
    let other = scene.segments.draw("PRIZE", named("60"), Actor::House).await;
    assert!(matches!(other, Err(Refused::Reason(Reason::OtherRequest))));
}

#[tokio::test]
async fn who_is_shielded_is_not_drawn_and_who_is_drawn_can_be_taken_out() {
    let scene = Scene::on(Kind::Sqlite).await;
    let people = town(&scene).await;
    scene.segment("PRIZE", None).await;
    let out = ["PRIZE".to_owned()];
    scene
        .segments
        .put(people[0], &[], &out, Actor::House)
        .await
        .unwrap();
    let drawn = scene
        .segments
        .draw("PRIZE", wanted("100"), Actor::House)
        .await
        .unwrap();
    assert_eq!((drawn.matching, drawn.drawn), (39, 39));
    scene
        .segments
        .put(people[1], &[], &out, Actor::House)
        .await
        .unwrap();
    assert_eq!(members(&scene.segments, &people), people[2..]);
    let until = scene.store.clock.now().plus_seconds(60);
    let fleeting = Wanted {
        until: Some(until),
        ..wanted("100")
    };
    scene.segment("TODAY", None).await;
    scene
        .segments
        .draw("TODAY", fleeting, Actor::House)
        .await
        .unwrap();
    assert_eq!(members(&scene.segments, &people).len(), 40);
    scene.store.clock.advance_seconds(60);
    assert_eq!(members(&scene.segments, &people), people[2..]);
    let number = drawn.number;
    scene.segments.end_draw("PRIZE", number).await.unwrap();
    assert!(members(&scene.segments, &people).is_empty());
    let none = scene.segments.end_draw("TODAY", number).await;
    assert!(matches!(none, Err(Refused::Reason(Reason::NoDraw(_)))));
}

#[tokio::test]
async fn who_was_deleted_and_comes_again_is_not_in_by_an_earlier_draw() {
    let scene = Scene::on(Kind::Sqlite).await;
    let people = town(&scene).await;
    scene.segment("PRIZE", None).await;
    scene
        .segments
        .draw("PRIZE", wanted("100"), Actor::House)
        .await
        .unwrap();
    scene.store.clock.advance_seconds(1);
    scene.delete(people[0]).await;
    assert_eq!(keys(&scene.segments, people[0]), None);
    scene.store.clock.advance_seconds(1);
    scene.person(0, "gold").await;
    let (other, _) = scene.another().await;
    for segments in [&scene.segments, &other] {
        assert_eq!(keys(segments, people[0]), Some(Vec::new()));
        assert_eq!(members(segments, &people), people[1..]);
    }
}

#[tokio::test]
async fn a_draw_that_was_cut_off_draws_nobody_and_is_cleared_away() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let people = town(&scene).await;
        scene.segment("PRIZE", None).await;
        let named = Wanted {
            request: Some("spring".to_owned()),
            ..wanted("50")
        };
        let drawn = scene
            .segments
            .draw("PRIZE", named.clone(), Actor::House)
            .await
            .unwrap();
        // As a killed process leaves it.
        let cut_off = crate::types::Draw {
            state: DrawState::Drawing,
            visible: None,
            ..drawn.clone()
        };
        let everywhere = scene
            .store
            .store
            .write_everywhere::<_, store::StoreError>(move |tx| rows::save(tx, &cut_off));
        everywhere.await.unwrap();
        let (other, _) = scene.another().await;
        assert!(members(&other, &people).is_empty());
        let asked = other.draw("PRIZE", named.clone(), Actor::House).await;
        assert!(matches!(asked, Err(Refused::Reason(Reason::StillDrawing))));
        assert_eq!(other.clear_draws().await.unwrap(), 0, "it may still be at work");
        scene.store.clock.advance_seconds(3_600);
        assert_eq!(other.clear_draws().await.unwrap(), 1);
        let asked = other.draw("PRIZE", named, Actor::House).await;
        assert!(matches!(asked, Err(Refused::Reason(Reason::DrawFailed))));
        let left = scene.store.store.read_each::<_, store::StoreError>(move |tx| {
            rows::kept(tx, drawn.number, kernel::Id::from_bytes([0; 16]), 100)
        });
        assert!(left.await.unwrap().iter().all(Vec::is_empty), "{kind:?}");
        let known = scene
            .store
            .store
            .read_each::<_, store::StoreError>(catalog::rows::all);
        assert_eq!(known.await.unwrap()[0].len(), 1);
    }
}

#[tokio::test]
async fn who_is_held_out_is_in_by_hand_only() {
    let scene = Scene::on(Kind::Sqlite).await;
    let people = town(&scene).await;
    scene
        .segment("ALL", Some(Rollout::plain("ALL", Share::EVERYBODY)))
        .await;
    let everybody = members(&scene.segments, &people).len();
    let name = crate::types::Key::parse("WINTER").unwrap();
    let half = Share::parse_percent("50").unwrap();
    scene.segments.hold_out(name.clone(), half, None).await.unwrap();
    let left = members(&scene.segments, &people);
    assert!(everybody == 40 && left.len() < 40 && !left.is_empty());
    let held = people.iter().find(|person| !left.contains(person)).unwrap();
    assert!(matches!(
        scene.segments.why(*held, "ALL").unwrap(),
        Why::HeldOut { .. }
    ));
    scene.segment("PRIZE", None).await;
    let drawn = scene
        .segments
        .draw("PRIZE", wanted("100"), Actor::House)
        .await
        .unwrap();
    assert_eq!(drawn.matching, u64::try_from(left.len()).unwrap());
    scene.add(*held, "PRIZE", None).await;
    assert_eq!(keys(&scene.segments, *held).unwrap(), ["PRIZE"]);
    let taken = scene.segments.hold_out(name, half, None).await;
    assert!(matches!(taken, Err(Refused::Reason(Reason::HoldoutTaken(_)))));
    scene.segments.end_holdout("WINTER").await.unwrap();
    assert_eq!(members(&scene.segments, &people).len(), 40);
}
