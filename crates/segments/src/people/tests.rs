//! Memberships by hand: all or none, each in the history, ending by themselves, on each kind of store.

mod races;

use testkit::stores::{KINDS, Kind};

use crate::rules::change::What;
use crate::rules::why::Why;
use crate::service::Refused;
use crate::testing::{Scene, keys, person};
use crate::types::{Actor, Reason, Rollout, Share};

fn what(lines: &[crate::people::Line]) -> Vec<(String, What)> {
    lines
        .iter()
        .map(|line| (line.segment.to_string(), line.what))
        .collect()
}

#[tokio::test]
async fn several_segments_are_added_and_removed_at_once_all_or_none() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let anna = scene.person(1, "gold").await;
        for key in ["A", "B", "C"] {
            scene.segment(key, None).await;
        }
        let named = |keys: &[&str]| {
            keys.iter()
                .map(|key| ((*key).to_owned(), None))
                .collect::<Vec<_>>()
        };
        let bare = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let put = async |add: &[&str], remove: &[&str]| {
            let (add, remove) = (named(add), bare(remove));
            scene.segments.put(anna, &add, &remove, Actor::House).await
        };
        let changed = put(&["A", "B"], &["C"]).await.unwrap();
        assert_eq!((changed.added.len(), changed.removed.len()), (2, 1));
        assert_eq!(keys(&scene.segments, anna).unwrap(), ["A", "B"]);
        let again = put(&["A", "B"], &["C"]).await.unwrap();
        assert_eq!(again.unchanged.len(), 3, "asking twice changes nothing");
        for (add, remove) in [
            (vec!["A", "X"], vec!["B"]),
            (vec!["C"], vec!["C"]),
            (vec!["C"], vec!["Y"]),
        ] {
            let refused = put(&add, &remove).await;
            assert!(matches!(refused, Err(Refused::Reason(_))), "{add:?} {remove:?}");
            assert_eq!(
                keys(&scene.segments, anna).unwrap(),
                ["A", "B"],
                "nothing is half-done"
            );
        }
        let stranger = scene
            .segments
            .put(person(99), &named(&["A"]), &[], Actor::House)
            .await;
        assert!(matches!(stranger, Err(Refused::Reason(Reason::NoPerson))));
        let lines = scene.segments.history(anna).await.unwrap();
        assert_eq!(lines.len(), 3);
        let fresh = scene.another().await.0;
        assert_eq!(keys(&fresh, anna), keys(&scene.segments, anna), "it is on disk");
    }
}

#[tokio::test]
async fn a_membership_ends_by_itself_and_leaves_a_line_at_its_own_instant() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let anna = scene.person(1, "gold").await;
        scene.segment("SALE", None).await;
        let until = scene.store.clock.now().plus_seconds(3_600);
        scene.add(anna, "SALE", Some(until)).await;
        scene.store.clock.advance_seconds(3_599);
        assert_eq!(keys(&scene.segments, anna).unwrap(), ["SALE"]);
        assert_eq!(scene.segments.end_what_is_over().await.unwrap(), 0);
        scene.store.clock.advance_seconds(1);
        assert!(
            keys(&scene.segments, anna).unwrap().is_empty(),
            "before anybody wrote it down"
        );
        scene.store.clock.advance_seconds(100);
        assert_eq!(scene.segments.end_what_is_over().await.unwrap(), 1);
        let lines = scene.segments.history(anna).await.unwrap();
        assert_eq!(
            what(&lines),
            [("SALE".to_owned(), What::Ended), ("SALE".to_owned(), What::Added)]
        );
        assert_eq!((lines[0].at, lines[0].by), (until, Actor::House));
    }
}

#[tokio::test]
async fn a_deleted_person_leaves_everything_and_is_unknown() {
    let scene = Scene::on(Kind::Sqlite).await;
    let anna = scene.person(1, "gold").await;
    scene.segment("A", None).await;
    scene.add(anna, "A", None).await;
    scene.delete(anna).await;
    assert_eq!(keys(&scene.segments, anna), None, "not: in no segment");
    let lines = scene.segments.history(anna).await.unwrap();
    assert_eq!(lines[0].what, What::Gone);
    let back = scene.person(1, "gold").await;
    assert!(keys(&scene.segments, back).unwrap().is_empty());
}

#[tokio::test]
async fn a_rollout_follows_what_is_known_of_a_person() {
    let scene = Scene::on(Kind::Sqlite).await;
    let gold = crate::types::Condition::Attribute {
        name: "plan".to_owned(),
        test: crate::types::Test::OneOf(vec![crate::types::Value::Text("gold".to_owned())]),
    };
    let rollout = Rollout {
        conditions: vec![gold],
        ..Rollout::plain("gold", Share::EVERYBODY)
    };
    scene.segment("GOLD", Some(rollout)).await;
    let anna = scene.person(1, "gold").await;
    assert_eq!(keys(&scene.segments, anna).unwrap(), ["GOLD"]);
    assert!(matches!(
        scene.segments.why(anna, "GOLD").unwrap(),
        Why::Rolled { version: 1, .. }
    ));
    scene.person(1, "tin").await;
    assert!(keys(&scene.segments, anna).unwrap().is_empty());
    assert!(matches!(
        scene.segments.why(anna, "GOLD").unwrap(),
        Why::False { .. }
    ));
    let shielded = ["GOLD".to_owned()];
    scene
        .segments
        .put(anna, &[], &shielded, Actor::House)
        .await
        .unwrap();
    scene.person(1, "gold").await;
    assert_eq!(scene.segments.why(anna, "GOLD").unwrap(), Why::Shielded);
    assert_eq!(
        scene.segments.why(anna, "NONE").unwrap_err(),
        Reason::NoSegment("NONE".to_owned())
    );
    assert_eq!(
        scene.segments.why(person(5), "GOLD").unwrap_err(),
        Reason::NoPerson
    );
}
