//! A report says what the history of each person says, and its file is behind a link.

use futures_util::TryStreamExt;
use testkit::stores::{KINDS, Kind};

use super::{ReportState, ReportWanted};
use crate::draws::Wanted;
use crate::service::Refused;
use crate::testing::{Scene, person};
use crate::types::{Actor, Reason, Rollout, Share};

fn wanted(month: &str) -> ReportWanted {
    ReportWanted {
        month: month.to_owned(),
        zone: "Europe/Moscow".to_owned(),
        person: None,
        segment: None,
    }
}

/// The month in which the clock of a test stands.
fn this_month(scene: &Scene) -> String {
    scene.store.clock.now().to_string()[..7].to_owned()
}

async fn read(scene: &Scene, wanted: ReportWanted) -> Vec<String> {
    let asked = scene.segments.ask_report(wanted, Actor::House).await.unwrap();
    assert_eq!(asked.state, ReportState::Making);
    assert!(scene.segments.make_report().await.unwrap());
    let made = scene.segments.report(asked.id).await.unwrap();
    assert_eq!(made.state, ReportState::Made);
    assert!(scene.segments.report_link(&made).is_some());
    let name = made.file.clone().unwrap().parse().unwrap();
    let got = scene
        .segments
        .0
        .archive
        .get(&name, archive::WHOLE)
        .await
        .unwrap()
        .unwrap();
    let pieces: Vec<bytes::Bytes> = got.body.try_collect().await.unwrap();
    let text = String::from_utf8(pieces.concat()).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    assert_eq!(lines.next().unwrap(), "person;segment;operation;date and time");
    let mut lines: Vec<String> = lines.collect();
    assert_eq!(u64::try_from(lines.len()).unwrap(), made.lines);
    lines.sort();
    lines
}

#[tokio::test]
async fn everything_that_happened_in_a_month_is_in_its_report() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        for number in 0..30 {
            scene.person(number, "gold").await;
        }
        scene
            .segment(
                "VOICE",
                Some(Rollout::plain("VOICE", Share::parse_percent("40").unwrap())),
            )
            .await;
        scene.segment("SALE", None).await;
        scene.store.clock.advance_seconds(10);
        let until = scene.store.clock.now().plus_seconds(60);
        scene.add(person(3), "SALE", Some(until)).await;
        scene.store.clock.advance_seconds(100);
        scene.segments.end_what_is_over().await.unwrap();
        scene.store.clock.advance_seconds(1);
        scene.segments.archive("VOICE", None, Actor::House).await.unwrap();
        scene.store.clock.advance_seconds(1);
        let month = this_month(&scene);
        let everything = read(&scene, wanted(&month)).await;
        let from = scene.store.clock.now().plus_seconds(-86_400);
        let mut lines = 0;
        for number in 0..30 {
            let steps = scene
                .segments
                .steps(person(number), from, scene.store.clock.now())
                .await
                .unwrap();
            lines += steps.len();
            for step in steps {
                let operation = if step.joined { "joined" } else { "left" };
                let begins = format!("{};{};{operation};", person(number), step.segment);
                assert!(
                    everything.iter().any(|line| line.starts_with(&begins)),
                    "{begins}"
                );
            }
        }
        assert_eq!(lines, everything.len(), "{kind:?}");
        assert!(
            everything.iter().all(|line| line.ends_with("+03:00")),
            "{everything:?}"
        );
        let of_sale = ReportWanted {
            segment: Some("SALE".to_owned()),
            ..wanted(&month)
        };
        assert_eq!(read(&scene, of_sale).await.len(), 2);
        let of_one = ReportWanted {
            person: Some(person(3)),
            ..wanted(&month)
        };
        assert!(read(&scene, of_one).await.len() >= 2);
    }
}

#[tokio::test]
async fn a_report_has_what_its_maker_has_not_heard_of_yet() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        for number in 0..30 {
            scene.person(number, "gold").await;
        }
        let (deaf, _) = scene.another().await;
        scene.segment("LAST", None).await;
        let half = Wanted {
            share: Share::parse_percent("50").unwrap(),
            among: Rollout::plain("", Share::EVERYBODY),
            until: None,
            request: None,
        };
        let drawn = scene.segments.draw("LAST", half, Actor::House).await.unwrap();
        scene.store.clock.advance_seconds(1);
        let of_last = ReportWanted {
            segment: Some("LAST".to_owned()),
            ..wanted(&this_month(&scene))
        };
        let asked = scene.segments.ask_report(of_last, Actor::House).await.unwrap();
        assert!(deaf.segment("LAST").is_err(), "nobody told it");
        assert!(deaf.make_report().await.unwrap());
        let made = scene.segments.report(asked.id).await.unwrap();
        assert_eq!(made.lines, drawn.drawn, "{kind:?}");
        assert!(made.file.unwrap().contains("LAST"), "by its key");
        assert_eq!(
            deaf.steps(person(3), made.from, scene.store.clock.now())
                .await
                .unwrap(),
            scene
                .segments
                .steps(person(3), made.from, scene.store.clock.now())
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn what_cannot_be_reported_is_refused_by_its_field() {
    let scene = Scene::on(Kind::Sqlite).await;
    for (asked, named) in [
        (wanted("2026-13"), "month"),
        (wanted("26-1"), "month"),
        (wanted("2999-01"), "month"),
        (
            ReportWanted {
                zone: "Mars/Olympus".to_owned(),
                ..wanted("2026-01")
            },
            "zone",
        ),
    ] {
        let refused = scene.segments.ask_report(asked, Actor::House).await;
        let Err(Refused::Reason(Reason::Field { field, .. })) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(field, named);
    }
    assert!(
        !scene.segments.make_report().await.unwrap(),
        "nothing was left behind"
    );
}
