//! The segments of a person: in or out of each active one and why, and every joining and leaving of the last month.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, When, done, shown};
use front::{Caller, Form, InPath, Problem};
use kernel::{Moment, PersonId};

use super::members::{takes_out, told, until_field};
use super::said::{self, Doer};
use super::{Faults, Typed, WORDS, may_change, refused, typed_in, until_in};
use crate::http::actor;
use crate::past::Step;
use crate::people::Line;
use crate::rules::change::What;
use crate::rules::why::Why;
use crate::service::{Segments, Shelf};
use crate::types::{Key, Reason, Segment};

/// How far back a page tells.
const SPAN_SECONDS: i64 = 31 * 86_400;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    id: String,
    may_change: bool,
    inside: Vec<Row>,
    outside: Vec<Row>,
    story: Vec<StepRow>,
    segment: Field,
    until: Field,
    /// Keys that the field suggests.
    keys: Vec<String>,
}

/// A segment, and why somebody is in it or not.
struct Row {
    key: String,
    title: String,
    variant: Option<String>,
    why: String,
    /// When and by whom it was done, if it was done by hand.
    done: Option<(When, Doer)>,
}

struct StepRow {
    key: String,
    joined: bool,
    cause: String,
    at: When,
    by: Option<Doer>,
}

pub async fn show(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<PersonId>,
) -> Result<Response, Problem> {
    let page = person_page(&segments, &caller, frame, id, &Typed::new(), Faults::new()).await?;
    Ok(shown(&page))
}

async fn person_page(
    segments: &Segments,
    caller: &Caller,
    frame: Frame,
    id: PersonId,
    typed: &Typed,
    mut faults: Faults,
) -> Result<PersonPage, Problem> {
    let frame = frame.over(&WORDS);
    let may_change = may_change(caller);
    let (inside, outside) = rows(segments, &frame, id, may_change).await?;
    let to = segments.now();
    let mut steps = segments.steps(id, to.plus_seconds(-SPAN_SECONDS), to).await?;
    steps.reverse();
    let active = segments.segments(false);
    Ok(PersonPage {
        id: id.to_string(),
        may_change,
        inside,
        outside,
        story: steps
            .iter()
            .map(|step| step_row(&frame, step, may_change))
            .collect(),
        segment: Field::text("segment", frame.say("segment-one"))
            .holding(typed_in(typed, "segment"))
            .wrong(faults.remove("segment"))
            .suggesting("keys"),
        until: until_field(&frame, typed, faults.remove("until")),
        keys: active.iter().map(|segment| segment.key.to_string()).collect(),
        frame,
    })
}

/// Every active segment: those that the person is in, and the others.
async fn rows(
    segments: &Segments,
    frame: &Frame,
    id: PersonId,
    may_change: bool,
) -> Result<(Vec<Row>, Vec<Row>), Problem> {
    let memberships = segments.of_person(id);
    let memberships = memberships.ok_or(Reason::NoPerson)?;
    let variant = |key: &Key| {
        let membership = memberships.iter().find(|one| one.segment == *key)?;
        membership.variant.as_ref().map(Key::to_string)
    };
    let history = segments.history(id).await?;
    let shelf = segments.shelf_now();
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for segment in segments.segments(false) {
        let why = segments.why(id, segment.key.as_str())?;
        let row = Row {
            key: segment.key.to_string(),
            title: segment.title.to_string(),
            variant: variant(&segment.key),
            why: because(frame, &why, &shelf),
            done: by_hand(frame, &why, &segment, &history, may_change),
        };
        if why.is_in() {
            inside.push(row);
        } else {
            outside.push(row);
        }
    }
    Ok((inside, outside))
}

/// What decided, in words.
fn because(frame: &Frame, why: &Why, shelf: &Shelf) -> String {
    let at = |moment: Moment| said::instant(frame, moment);
    let said = match why {
        Why::ByHand { until: None } => frame.say("why-by-hand"),
        Why::ByHand { until: Some(until) } => frame.say("why-by-hand-until").with("until", at(*until)),
        Why::Drawn {
            draw,
            at: since,
            until,
        } => match until {
            None => frame.say("why-drawn"),
            Some(until) => frame.say("why-drawn-until").with("until", at(*until)),
        }
        .with("draw", draw.get())
        .with("since", at(*since)),
        Why::Rolled { stand, version } => {
            let (point, of) = stand.in_ten_thousandths();
            let said = frame.say("why-rollout").with("version", *version);
            said.with("point", point.to_string()).with("of", of.to_string())
        }
        Why::Beyond { stand } => {
            let (point, of) = stand.in_ten_thousandths();
            let said = frame.say("why-beyond").with("point", point.to_string());
            said.with("of", of.to_string())
        }
        Why::NoSegment => frame.say("why-no-segment"),
        Why::Shielded => frame.say("why-shielded"),
        Why::HeldOut { holdout } => frame.say("why-held-out").with("name", holdout.as_str()),
        Why::NoRollout => frame.say("why-no-rollout"),
        Why::False { condition } => frame
            .say("why-condition")
            .with("condition", said::condition(frame, condition)),
        Why::NotIn(number) => frame
            .say("why-not-in")
            .with("key", shelf.key_of(*number).as_str()),
        Why::ExcludedBy(number) => frame
            .say("why-excluded")
            .with("key", shelf.key_of(*number).as_str()),
    };
    said.to_string()
}

/// Who put somebody in or took them out, when that is what decides.
fn by_hand(
    frame: &Frame,
    why: &Why,
    segment: &Segment,
    history: &[Line],
    may_change: bool,
) -> Option<(When, Doer)> {
    let wanted = match why {
        Why::ByHand { .. } => What::Added,
        Why::Shielded => What::Removed,
        _ => return None,
    };
    let line = history
        .iter()
        .find(|line| line.segment == segment.key && line.what == wanted)?;
    Some((frame.when(line.at), said::doer(frame, line.by, may_change)))
}

fn step_row(frame: &Frame, step: &Step, may_change: bool) -> StepRow {
    StepRow {
        key: step.segment.to_string(),
        joined: step.joined,
        cause: frame
            .say_of("cause", step.cause)
            .unwrap_or_else(|| step.cause.to_owned()),
        at: frame.when(step.at),
        by: step.by.map(|by| said::doer(frame, by, may_change)),
    }
}

pub async fn put(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<PersonId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    if !segments.knows(id) {
        return Err(Reason::NoPerson.into());
    }
    let words = frame.clone().over(&WORDS);
    let mut faults = Faults::new();
    let until = until_in(&words, &typed, &segments);
    let asked = segments.segment(typed_in(&typed, "segment"));
    let wrong = match &asked {
        Err(_) => Some("wrong-no-segment"),
        Ok(segment) if segment.archived.is_some() => Some("wrong-archived"),
        Ok(_) => None,
    };
    faults.extend(wrong.map(|key| ("segment", words.say(key).to_string())));
    match (asked, until, faults.is_empty()) {
        (Ok(segment), Ok(until), true) => {
            let key = segment.key.to_string();
            let changed = if takes_out(&typed) {
                segments.put(id, &[], &[key], actor(&caller)).await?
            } else {
                segments.put(id, &[(key, until)], &[], actor(&caller)).await?
            };
            Ok(done(&format!("/people/{id}/segments"), told(&changed)))
        }
        (_, until, _) => {
            faults.extend(until.err().map(|wrong| ("until", wrong)));
            let page = person_page(&segments, &caller, frame, id, &typed, faults).await?;
            Ok(refused(shown(&page)))
        }
    }
}
