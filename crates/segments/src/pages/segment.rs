//! One segment: its numbers, its rule in words, its draws, and the versions it had.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Frame, When, shown};
use front::{Caller, InPath, Problem};

use super::days::{self, Days};
use super::said::{self, Doer, Standing};
use super::{WORDS, may_change};
use crate::catalog::Made;
use crate::service::{Segments, Shelf};
use crate::types::{Draw, DrawState, Segment};

#[derive(Template)]
#[template(path = "segment.html")]
struct SegmentPage {
    frame: Frame,
    key: String,
    title: String,
    owner: String,
    description: String,
    archived: Option<When>,
    /// An administrator reads about a segment that is not archived.
    may_change: bool,
    standing: Option<Standing>,
    days: Option<Days>,
    rule: Vec<String>,
    has_rollout: bool,
    is_exact: bool,
    draws: Vec<DrawRow>,
    versions: Vec<VersionRow>,
}

struct DrawRow {
    number: u16,
    said: String,
    among: Vec<String>,
    seed: String,
    at: When,
    by: Doer,
    /// Until when, or since when no more.
    until: Option<(String, When)>,
    state: Option<String>,
    lasts: bool,
}

struct VersionRow {
    version: i64,
    at: When,
    by: Doer,
    rule: String,
    is_current: bool,
    /// It can be returned to.
    differs: bool,
}

pub async fn show(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(key): InPath<String>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let segment = segments.segment(&key)?;
    let (people, numbers) = segments.numbers().await?;
    let made = segments.made(&key).await?;
    let shelf = segments.shelf_now();
    let may_change = may_change(&caller);
    let living = segment.archived.is_none();
    let numbers = numbers.get(&segment.key).copied().unwrap_or_default();
    let rollout = segment.definition.rollout.as_ref();
    let draws = segments.draws(&key)?;
    let rows = draws
        .iter()
        .map(|draw| draw_row(&frame, draw, &segments, may_change));
    let versions = made
        .iter()
        .map(|made| version_row(&frame, made, &segment, &segments, may_change));
    Ok(shown(&SegmentPage {
        title: segment.title.to_string(),
        owner: segment.owner.to_string(),
        description: segment.description.to_string(),
        archived: segment.archived.map(|at| frame.when(at)),
        may_change: may_change && living,
        days: days::days(&frame, &segments, &key).await?,
        standing: living.then(|| said::standing(&frame, people, numbers)),
        rule: said::rule(&frame, &segment, &segment.definition, &shelf, segments.now()),
        has_rollout: rollout.is_some(),
        is_exact: rollout.is_some_and(|rollout| rollout.exact.is_some()),
        draws: rows.collect(),
        versions: versions.collect(),
        key,
        frame,
    }))
}

fn draw_row(frame: &Frame, draw: &Draw, segments: &Segments, may_change: bool) -> DrawRow {
    let shelf: &Shelf = &segments.shelf_now();
    let lasts = draw.until.is_none_or(|until| segments.is_to_come(until));
    let until = draw.until.map(|until| {
        let key = if lasts { "draw-until" } else { "draw-ended" };
        (frame.say(key).to_string(), frame.when(until))
    });
    let state = match draw.state {
        DrawState::Drawing => Some("draw-drawing"),
        DrawState::Failed => Some("draw-failed"),
        DrawState::Visible if !lasts => Some("draw-over"),
        DrawState::Visible => None,
    };
    let line = frame
        .say("draw-said")
        .with("number", draw.number.get())
        .with("share", said::share(frame, draw.wanted.share))
        .with("matching", said::grouped(frame, draw.matching))
        .with("drawn", said::people(frame, draw.drawn));
    DrawRow {
        number: draw.number.get(),
        said: line.to_string(),
        among: said::among(frame, &draw.wanted, shelf),
        seed: draw.wanted.salt.clone(),
        at: frame.when(draw.visible.unwrap_or(draw.begun)),
        by: said::doer(frame, draw.by, may_change),
        until,
        state: state.map(|key| frame.say(key).to_string()),
        lasts: lasts && draw.state == DrawState::Visible,
    }
}

fn version_row(
    frame: &Frame,
    made: &Made,
    segment: &Segment,
    segments: &Segments,
    may_change: bool,
) -> VersionRow {
    let shelf = segments.shelf_now();
    let rule = if made.archived {
        vec![frame.say("segment-archived").to_string()]
    } else {
        said::rule(frame, segment, &made.definition, &shelf, segments.now())
    };
    VersionRow {
        version: made.version,
        at: frame.when(made.at),
        by: said::doer(frame, made.by, may_change),
        rule: rule.join(" · "),
        is_current: made.version == segment.version,
        differs: !made.archived && made.definition != segment.definition,
    }
}
