//! Numbers are those that asking everybody one by one would give.

use kernel::PersonId;
use testkit::stores::Kind;

use crate::draws::Wanted;
use crate::testing::{Scene, keys};
use crate::types::{Actor, Definition, Key, Rollout, Share};

fn share(percent: &str) -> Share {
    Share::parse_percent(percent).unwrap()
}

async fn town(scene: &Scene) -> Vec<PersonId> {
    let mut people = Vec::new();
    for number in 0..60 {
        people.push(scene.person(number, "gold").await);
    }
    scene.segment("A", Some(Rollout::plain("A", share("50")))).await;
    scene.segment("B", Some(Rollout::plain("B", share("50")))).await;
    scene.add(people[0], "A", None).await;
    people
}

fn count(scene: &Scene, people: &[PersonId], all: &[&str]) -> u64 {
    let is_in = |person: &&PersonId| {
        let keys = keys(&scene.segments, **person).unwrap();
        all.iter().all(|key| keys.contains(&(*key).to_owned()))
    };
    u64::try_from(people.iter().filter(is_in).count()).unwrap()
}

#[tokio::test]
async fn members_are_counted_by_what_they_are_in_by() {
    let scene = Scene::on(Kind::Sqlite).await;
    let people = town(&scene).await;
    let everybody = Wanted {
        share: Share::EVERYBODY,
        among: Rollout::plain("", Share::EVERYBODY),
        until: None,
        request: None,
    };
    let (_, before) = scene.segments.numbers().await.unwrap();
    let a = Key::parse("A").unwrap();
    assert_eq!(before[&a].by_hand, 1);
    assert_eq!(before[&a].members(), count(&scene, &people, &["A"]));
    scene.segments.draw("A", everybody, Actor::House).await.unwrap();
    let (all, after) = scene.segments.numbers().await.unwrap();
    assert_eq!(
        (all, after[&a].by_hand, after[&a].by_draw, after[&a].by_rollout),
        (60, 1, 59, 0)
    );
}

#[tokio::test]
async fn a_preview_tells_what_saving_then_does() {
    let scene = Scene::on(Kind::Sqlite).await;
    let people = town(&scene).await;
    let before = count(&scene, &people, &["B"]);
    let more = Definition {
        rollout: Some(Rollout::plain("B", share("80"))),
        variants: Vec::new(),
    };
    let told = scene.segments.preview("B", more.clone()).await.unwrap();
    assert_eq!(
        count(&scene, &people, &["B"]),
        before,
        "a preview changes nothing"
    );
    let edit = crate::Edit {
        definition: Some(more),
        ..crate::Edit::default()
    };
    scene
        .segments
        .change("B", None, edit, Actor::House)
        .await
        .unwrap();
    let after = count(&scene, &people, &["B"]);
    assert_eq!(
        (told.members, told.adds, told.removes),
        (after, after - before, 0)
    );
}

#[tokio::test]
async fn what_segments_have_in_common_is_counted() {
    let scene = Scene::on(Kind::Sqlite).await;
    let people = town(&scene).await;
    let keys = ["A".to_owned(), "B".to_owned()];
    let told = scene.segments.overlap(&keys).await.unwrap();
    let (a, b) = (count(&scene, &people, &["A"]), count(&scene, &people, &["B"]));
    let both = count(&scene, &people, &["A", "B"]);
    assert_eq!(
        told.each.iter().map(|(_, count)| *count).collect::<Vec<_>>(),
        [a, b]
    );
    assert_eq!((told.all, told.any, told.pairs[0].2), (both, a + b - both, both));
}

#[tokio::test]
async fn people_of_a_segment_are_listed_page_by_page_each_once() {
    let scene = Scene::on(Kind::Sqlite).await;
    let people = town(&scene).await;
    let mut listed = Vec::new();
    loop {
        let page = scene
            .segments
            .people_of("A", listed.last().copied(), 7)
            .await
            .unwrap();
        let is_last = page.len() < 7;
        listed.extend(page);
        if is_last {
            break;
        }
    }
    let mut expected: Vec<PersonId> = people;
    expected.retain(|person| keys(&scene.segments, *person).unwrap().contains(&"A".to_owned()));
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}
