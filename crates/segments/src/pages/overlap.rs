//! What a segment has in common with others.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Area, Frame, shown};
use front::{InPath, Problem, Query};

use super::notation::{self, Fault};
use super::{Typed, WORDS, refused, said};
use crate::numbers::{OVERLAPPING_MAX, Overlap};
use crate::service::Segments;
use crate::types::Key;

#[derive(Template)]
#[template(path = "overlap.html")]
struct OverlapPage {
    frame: Frame,
    key: String,
    with: Area,
    found: Option<Found>,
}

struct Found {
    all: String,
    any: String,
    pairs: Vec<Pair>,
}

struct Pair {
    one: Key,
    other: Key,
    both: String,
    parts: String,
}

pub async fn show(
    State(segments): State<Segments>,
    frame: Frame,
    InPath(key): InPath<String>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let segment = segments.segment(&key)?;
    let text = typed.get("with").map(String::as_str).unwrap_or_default();
    let others = notation::lines(text, |line| {
        let known = segments.segment(line).map_err(|_| "wrong-no-segment")?;
        Ok(known.key)
    });
    let (found, wrong) = match others {
        Err(Fault { line, wrong }) => (None, Some(super::rule::at_line(&frame, line, wrong))),
        Ok(mut others) => {
            others.retain(|other| *other != segment.key);
            others.sort();
            others.dedup();
            match others.len() {
                0 => (None, None),
                count if count >= OVERLAPPING_MAX => {
                    let wrong = frame.say("wrong-overlap").with("max", OVERLAPPING_MAX - 1);
                    (None, Some(wrong.to_string()))
                }
                _ => {
                    let keys = [segment.key].into_iter().chain(others);
                    let keys: Vec<String> = keys.map(|key| key.to_string()).collect();
                    (Some(found(&frame, &segments.overlap(&keys).await?)), None)
                }
            }
        }
    };
    let is_wrong = wrong.is_some();
    let page = shown(&OverlapPage {
        key,
        with: Area::new("with", frame.say("overlap-with"), 4)
            .holding(text)
            .hint(frame.say("overlap-hint"))
            .wrong(wrong),
        found,
        frame,
    });
    Ok(if is_wrong { refused(page) } else { page })
}

fn found(frame: &Frame, overlap: &Overlap) -> Found {
    let members = |key: &Key| {
        let each = overlap.each.iter().find(|(one, _)| one == key);
        each.map_or(0, |(_, count)| *count)
    };
    let pair = |(one, other, both): &(Key, Key, u64)| Pair {
        both: said::people(frame, *both),
        parts: frame
            .say("overlap-parts")
            .with("one", one.as_str())
            .with("other", other.as_str())
            .with("ofone", said::part(frame, *both, members(one)))
            .with("ofother", said::part(frame, *both, members(other)))
            .to_string(),
        one: one.clone(),
        other: other.clone(),
    };
    Found {
        all: said::people(frame, overlap.all),
        any: said::people(frame, overlap.any),
        pairs: overlap.pairs.iter().map(pair).collect(),
    }
}
