//! All segments, with who is in them now; and the way to what somebody is in.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use front::frame::{Choice, Field, Frame, encoded, shown};
use front::{Caller, Problem, Query};
use kernel::{Moment, PersonId};

use super::said::{self, Standing};
use super::{Typed, WORDS, may_change, refused, typed_in};
use crate::numbers::Numbers;
use crate::service::Segments;
use crate::types::Segment;

/// Segments of one page.
const ROWS: usize = 50;
/// What the list is looked through by; a page of it keeps all of it.
const ARCHIVED: &str = "archived";

#[derive(Template)]
#[template(path = "segments.html")]
struct ListPage {
    frame: Frame,
    search: Field,
    which: Choice,
    may_change: bool,
    filtered: bool,
    /// How many segments fit, and how many people there are.
    counted: String,
    rows: Vec<Row>,
    next: Option<String>,
    person: Field,
}

struct Row {
    href: String,
    key: String,
    title: String,
    owner: String,
    archived: bool,
    standing: Option<Standing>,
    next: Option<String>,
}

pub async fn list(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let (wanted, wrong) = match person_in(&frame, &segments, &typed) {
        Ok(Some(person)) => return Ok(Redirect::to(&format!("/people/{person}/segments")).into_response()),
        Ok(None) => (typed, None),
        Err(wrong) => (typed, Some(wrong)),
    };
    let is_wrong = wrong.is_some();
    let page = shown(&list_page(&segments, &caller, frame, &wanted, wrong).await?);
    Ok(if is_wrong { refused(page) } else { page })
}

/// Whose segments are asked for.
fn person_in(frame: &Frame, segments: &Segments, typed: &Typed) -> Result<Option<PersonId>, String> {
    let text = typed_in(typed, "person");
    if text.is_empty() {
        return Ok(None);
    }
    let person = text.parse().map_err(|_| frame.say("wrong-person").to_string())?;
    if segments.knows(person) {
        Ok(Some(person))
    } else {
        Err(frame.say("wrong-nobody").to_string())
    }
}

async fn list_page(
    segments: &Segments,
    caller: &Caller,
    frame: Frame,
    typed: &Typed,
    wrong: Option<String>,
) -> Result<ListPage, Problem> {
    let search = typed_in(typed, "search");
    let archived = typed_in(typed, "which") == ARCHIVED;
    let fits = |segment: &Segment| segment.archived.is_some() == archived && says(segment, search);
    let found: Vec<Segment> = segments.segments(archived).into_iter().filter(fits).collect();
    let after = typed_in(typed, "after");
    let from = found.partition_point(|segment| !after.is_empty() && segment.key.as_str() <= after);
    let page = &found[from..];
    let (people, numbers) = segments.numbers().await?;
    let row = |segment: &Segment| {
        let numbers = numbers.get(&segment.key).copied().unwrap_or_default();
        row(&frame, segment, people, numbers, segments.now())
    };
    let options = [("", "which-active"), (ARCHIVED, "which-archived")];
    let options = options.map(|(value, key)| (value.to_owned(), frame.say(key).to_string()));
    let last = page.get(ROWS - 1).filter(|_| page.len() > ROWS);
    let next = last.map(|last| {
        let which = if archived { ARCHIVED } else { "" };
        format!(
            "/segments?search={}&which={which}&after={}",
            encoded(search),
            last.key
        )
    });
    Ok(ListPage {
        search: Field::text("search", frame.say("segments-search"))
            .holding(search)
            .optional(),
        which: Choice::new(
            "which",
            frame.say("segments-which"),
            options,
            typed_in(typed, "which"),
        ),
        may_change: may_change(caller),
        filtered: archived || !search.is_empty() || !after.is_empty(),
        counted: frame
            .say("segments-count")
            .with("count", found.len())
            .with("people", said::people(&frame, people))
            .to_string(),
        rows: page.iter().take(ROWS).map(row).collect(),
        next,
        person: Field::text("person", frame.say("person-id"))
            .holding(typed_in(typed, "person"))
            .hint(frame.say("person-id-hint"))
            .wrong(wrong),
        frame,
    })
}

/// Whether a segment says a text anywhere, in capitals or not.
fn says(segment: &Segment, text: &str) -> bool {
    let text = text.to_lowercase();
    let parts = [
        segment.key.as_str(),
        &segment.title,
        &segment.description,
        &segment.owner,
    ];
    parts.iter().any(|part| part.to_lowercase().contains(&text))
}

fn row(frame: &Frame, segment: &Segment, people: u64, numbers: Numbers, at: Moment) -> Row {
    let rollout = segment.definition.rollout.as_ref();
    let step = rollout.and_then(|rollout| said::next_step(rollout, at));
    Row {
        href: super::page_of(segment.key.as_str()),
        key: segment.key.to_string(),
        title: segment.title.to_string(),
        owner: segment.owner.to_string(),
        archived: segment.archived.is_some(),
        standing: segment
            .archived
            .is_none()
            .then(|| said::standing(frame, people, numbers)),
        next: step.map(|step| {
            frame
                .say("step-next")
                .with("at", said::instant(frame, step.at))
                .with("share", said::share(frame, step.share))
                .to_string()
        }),
    }
}
