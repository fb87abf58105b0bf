//! Definitions: what can be saved, by whom it is seen, and what archiving leaves, on each kind of store.

use testkit::stores::{KINDS, Kind};

use super::Edit;
use crate::service::Refused;
use crate::testing::{Scene, draft, keys};
use crate::types::{Actor, Definition, Reason, Rollout, Share};

fn share(percent: &str) -> Share {
    Share::parse_percent(percent).unwrap()
}

fn everybody() -> Option<Rollout> {
    Some(Rollout::plain("everybody", Share::EVERYBODY))
}

fn reason(refused: Refused) -> Reason {
    match refused {
        Refused::Reason(reason) => reason,
        Refused::Store(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_segment_is_made_changed_and_archived_on_every_store() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let segments = &scene.segments;
        let anna = scene.person(1, "gold").await;
        scene.segment("VOICE", everybody()).await;
        assert_eq!(keys(segments, anna).unwrap(), ["VOICE"], "{kind:?}");
        let again = segments.create(draft("VOICE", None), Actor::House).await;
        assert!(matches!(reason(again.unwrap_err()), Reason::KeyTaken(_)));
        let nobody = Edit {
            definition: Some(Definition::default()),
            ..Edit::default()
        };
        let stale = segments
            .change("VOICE", Some(7), nobody.clone(), Actor::House)
            .await;
        assert_eq!(reason(stale.unwrap_err()), Reason::Stale);
        let changed = segments
            .change("VOICE", Some(1), nobody, Actor::House)
            .await
            .unwrap();
        assert_eq!(changed.version, 2);
        assert!(keys(segments, anna).unwrap().is_empty());
        scene.add(anna, "VOICE", None).await;
        assert_eq!(keys(segments, anna).unwrap(), ["VOICE"]);
        segments.archive("VOICE", Some(2), Actor::House).await.unwrap();
        assert!(
            keys(segments, anna).unwrap().is_empty(),
            "from everybody at that instant"
        );
        let key = segments.create(draft("VOICE", None), Actor::House).await;
        assert!(
            matches!(reason(key.unwrap_err()), Reason::KeyTaken(_)),
            "history names it"
        );
        let late = segments
            .put(anna, &[("VOICE".to_owned(), None)], &[], Actor::House)
            .await;
        assert!(matches!(reason(late.unwrap_err()), Reason::Archived(_)));
        assert!(segments.segments(false).is_empty());
        assert_eq!(segments.segments(true).len(), 1);
    }
}

#[tokio::test]
async fn what_one_instance_changes_the_other_answers() {
    for kind in [Kind::Sqlite, Kind::TwoPostgres] {
        let scene = Scene::on(kind).await;
        let (other, followers) = scene.another().await;
        let (closing, closed) = tokio::sync::watch::channel(false);
        let following = tokio::spawn(other.clone().follow(followers, closed));
        let anna = scene.person(1, "gold").await;
        scene.segment("VOICE", None).await;
        scene.add(anna, "VOICE", None).await;
        let seen = async |wanted: Option<Vec<String>>| {
            while keys(&other, anna) != wanted {
                tokio::task::yield_now().await;
            }
        };
        let patience = std::time::Duration::from_secs(60);
        let here = Some(vec!["VOICE".to_owned()]);
        tokio::time::timeout(patience, seen(here)).await.unwrap();
        scene.delete(anna).await;
        tokio::time::timeout(patience, seen(None)).await.unwrap();
        closing.send_replace(true);
        following.await.unwrap();
    }
}

#[tokio::test]
async fn an_exact_share_takes_exactly_so_many_of_those_it_applies_to() {
    let scene = Scene::on(Kind::Sqlite).await;
    for number in 0..100 {
        let plan = if number % 2 == 0 { "gold" } else { "tin" };
        scene.person(number, plan).await;
    }
    let gold = crate::types::Condition::Attribute {
        name: "plan".to_owned(),
        test: crate::types::Test::OneOf(vec![crate::types::Value::Text("gold".to_owned())]),
    };
    let rollout = Rollout {
        conditions: vec![gold],
        ..Rollout::plain("exact", share("30"))
    };
    let mut wanted = draft("EXACT", Some(rollout));
    wanted.definition = scene.segments.made_exact(None, wanted.definition);
    scene.segments.create(wanted, Actor::House).await.unwrap();
    let people = (0..100).map(crate::testing::person);
    let inside = people.filter(|person| !keys(&scene.segments, *person).unwrap().is_empty());
    assert_eq!(inside.count(), 15);
}

#[tokio::test]
async fn a_rule_that_would_ask_itself_is_refused_and_nothing_is_changed() {
    let scene = Scene::on(Kind::Sqlite).await;
    scene.segment("A", None).await;
    let a = scene.segments.segment("A").unwrap().number;
    let asks_a = Rollout {
        include: vec![a],
        ..Rollout::plain("b", Share::EVERYBODY)
    };
    scene.segment("B", Some(asks_a)).await;
    let b = scene.segments.segment("B").unwrap().number;
    let asks_b = Edit {
        definition: Some(Definition {
            rollout: Some(Rollout {
                exclude: vec![b],
                ..Rollout::plain("a", Share::EVERYBODY)
            }),
            variants: Vec::new(),
        }),
        ..Edit::default()
    };
    let circle = scene.segments.change("A", None, asks_b, Actor::House).await;
    assert!(matches!(reason(circle.unwrap_err()), Reason::Cycle(..)));
    assert_eq!(scene.segments.segment("A").unwrap().version, 1);
}
