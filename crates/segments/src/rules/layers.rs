//! Layers: one ground that several segments are cut from, so that nobody is in two of them.
//!
//! A segment's part is a list of spans of the layer's points, taken one after another: a larger share takes in more of
//! the same list, so whoever is in stays in. What a segment was given is its own until it asks for less.

use crate::types::{Definition, Ground, Key, Number, Reason, Rollout, Segment, Share, Span};

/// Points there are.
const ALL: u128 = 1 << 64;

/// How far into a list of spans a point lies; `None` when it lies in none.
pub fn position(point: u64, spans: &[Span]) -> Option<u64> {
    let mut before: u128 = 0;
    for span in spans {
        let (from, to) = ends(*span);
        let at = u128::from(point);
        if from <= at && at < to {
            return u64::try_from(before + at - from).ok();
        }
        before += to - from;
    }
    None
}

fn ends(span: Span) -> (u128, u128) {
    (u128::from(span.from), span.to.map_or(ALL, u128::from))
}

fn length(spans: &[Span]) -> u128 {
    let lengths = spans.iter().map(|span| {
        let (from, to) = ends(*span);
        to - from
    });
    lengths.sum()
}

fn span(from: u128, to: u128) -> Option<Span> {
    Some(Span {
        from: u64::try_from(from).ok()?,
        to: u64::try_from(to).ok(),
    })
}

/// The definition with the spans that its layer gives it: its own of before as far as they reach, and then what is free.
pub fn allotted(number: Number, definition: Definition, segments: &[Segment]) -> Result<Definition, Reason> {
    let Some(rollout) = &definition.rollout else {
        return Ok(definition);
    };
    let Ground::Layer { name, .. } = &rollout.ground else {
        return Ok(definition);
    };
    let needed = needed(rollout);
    let mut spans = cut(spans_of(number, name, segments), needed);
    let mut missing = needed - length(&spans);
    for gap in gaps(name, segments) {
        let (from, to) = ends(gap);
        let taken = missing.min(to - from);
        spans.extend((taken > 0).then(|| span(from, from + taken)).flatten());
        missing -= taken;
    }
    if missing > 0 {
        let free = needed - missing;
        return Err(Reason::Field {
            field: "rollout.layer".to_owned(),
            problem: format!("has only {} % left for this segment", percent(free)),
        });
    }
    let name = name.clone();
    let rollout = definition.rollout.map(|rollout| Rollout {
        ground: Ground::Layer { name, spans },
        ..rollout
    });
    Ok(Definition {
        rollout,
        ..definition
    })
}

/// The most that a rollout takes at any time.
fn needed(rollout: &Rollout) -> u128 {
    let steps = rollout.steps.iter().map(|step| step.share);
    let most = steps.chain([rollout.share]).max().unwrap_or(Share::NOBODY);
    most.threshold().map_or(ALL, u128::from)
}

fn spans_of(number: Number, layer: &Key, segments: &[Segment]) -> Vec<Span> {
    let own = segments.iter().find(|segment| segment.number == number);
    own.and_then(|segment| in_layer(segment, layer))
        .map_or_else(Vec::new, <[Span]>::to_vec)
}

/// What a living segment has of a layer.
fn in_layer<'a>(segment: &'a Segment, layer: &Key) -> Option<&'a [Span]> {
    let rollout = segment.definition.rollout.as_ref()?;
    match &rollout.ground {
        Ground::Layer { name, spans } if name == layer && segment.archived.is_none() => Some(spans),
        _ => None,
    }
}

fn cut(spans: Vec<Span>, mut needed: u128) -> Vec<Span> {
    let mut kept = Vec::new();
    for one in spans {
        let (from, to) = ends(one);
        let taken = needed.min(to - from);
        kept.extend((taken > 0).then(|| span(from, from + taken)).flatten());
        needed -= taken;
    }
    kept
}

/// What nobody has of a layer.
fn gaps(layer: &Key, segments: &[Segment]) -> Vec<Span> {
    let parts = segments.iter().filter_map(|segment| in_layer(segment, layer));
    let mut taken: Vec<(u128, u128)> = parts.flatten().map(|one| ends(*one)).collect();
    taken.sort_unstable();
    let mut gaps = Vec::new();
    let mut free_from = 0;
    for (from, to) in taken.into_iter().chain([(ALL, ALL)]) {
        if free_from < from {
            gaps.extend(span(free_from, from));
        }
        free_from = free_from.max(to);
    }
    gaps
}

/// Rounded down: what is said to be left can be had.
fn percent(points: u128) -> Share {
    let parts = points * u128::from(Share::EVERYBODY.parts()) / ALL;
    let parts = u32::try_from(parts).ok();
    parts.and_then(Share::of_parts).unwrap_or(Share::NOBODY)
}
