//! Segments of one layer share nobody, each keeps its people when it grows, and what is left is told exactly.

use proptest::prelude::*;

use super::{key, number, segment};
use crate::rules::layers::{allotted, position};
use crate::types::{Definition, Ground, Reason, Rollout, Segment, Share, Span};

fn wanted(parts: u32) -> Definition {
    Definition {
        rollout: Some(Rollout {
            ground: Ground::Layer {
                name: key("CHECKOUT"),
                spans: Vec::new(),
            },
            ..Rollout::plain("x", Share::of_parts(parts).unwrap())
        }),
        variants: Vec::new(),
    }
}

fn spans(definition: &Definition) -> &[Span] {
    match &definition.rollout.as_ref().unwrap().ground {
        Ground::Layer { spans, .. } => spans,
        Ground::Own => panic!("not in a layer"),
    }
}

#[test]
fn a_full_layer_says_how_much_is_left() {
    let mut first = segment(0, None);
    first.definition = allotted(number(0), wanted(700_000_000), &[]).unwrap();
    let refused = allotted(number(1), wanted(300_000_001), std::slice::from_ref(&first));
    let Err(Reason::Field { field, problem }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(field, "rollout.layer");
    assert!(problem.contains("30 %"), "{problem}");
    allotted(number(1), wanted(300_000_000), std::slice::from_ref(&first)).unwrap();
    // Archived it takes nothing.
    first.archived = Some(super::AT);
    allotted(number(1), wanted(1_000_000_000), &[first]).unwrap();
}

proptest! {
    #[test]
    fn segments_of_one_layer_share_nobody_and_keep_their_people_when_they_grow(
        wishes in proptest::collection::vec((0_u16..4, 0_u32..600_000_000), 1..30),
        points in proptest::collection::vec(any::<u64>(), 200),
    ) {
        let mut segments: Vec<Segment> = (0..4).map(|at| segment(at, None)).collect();
        for (at, parts) in wishes {
            let before = segments[usize::from(at)].definition.clone();
            let Ok(after) = allotted(number(at), wanted(parts), &segments) else {
                continue;
            };
            let had = before.rollout.as_ref().map_or(0, |rollout| rollout.share.parts());
            if had <= parts && before.rollout.is_some() {
                let stays = |point: &u64| {
                    position(*point, spans(&before)).is_none_or(|was| position(*point, spans(&after)) == Some(was))
                };
                prop_assert!(points.iter().all(stays));
            }
            segments[usize::from(at)].definition = after;
            for point in &points {
                let holders = segments.iter().filter(|segment| {
                    segment.definition.rollout.is_some() && position(*point, spans(&segment.definition)).is_some()
                });
                prop_assert!(holders.count() <= 1);
            }
        }
    }
}
