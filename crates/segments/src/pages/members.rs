//! The people of a segment, page by page; somebody is put in or taken out by their id.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, done, shown};
use front::{Caller, Form, InPath, Problem, Query};
use kernel::PersonId;

use super::{Faults, Typed, WORDS, living, may_change, refused, typed_in, until_in};
use crate::http::actor;
use crate::people::Changed;
use crate::service::Segments;

/// People of one page.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage {
    frame: Frame,
    key: String,
    title: String,
    may_change: bool,
    people: Vec<String>,
    later: bool,
    next: Option<String>,
    person: Field,
    until: Field,
}

pub async fn list(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(key): InPath<String>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let page = members_page(&segments, &caller, frame, &key, &typed, Faults::new()).await?;
    Ok(shown(&page))
}

async fn members_page(
    segments: &Segments,
    caller: &Caller,
    frame: Frame,
    key: &str,
    typed: &Typed,
    mut faults: Faults,
) -> Result<MembersPage, Problem> {
    let frame = frame.over(&WORDS);
    let segment = segments.segment(key)?;
    let after: Option<PersonId> = typed_in(typed, "after").parse().ok();
    let mut people = segments.people_of(key, after, ROWS + 1).await?;
    let more = people.len() > ROWS;
    people.truncate(ROWS);
    let last = people.last().filter(|_| more);
    Ok(MembersPage {
        key: key.to_owned(),
        title: segment.title.to_string(),
        may_change: may_change(caller) && segment.archived.is_none(),
        later: after.is_some(),
        next: last.map(|last| format!("/segments/{key}/people?after={last}")),
        people: people.iter().map(ToString::to_string).collect(),
        person: Field::text("person", frame.say("person-id"))
            .holding(typed_in(typed, "person"))
            .wrong(faults.remove("person")),
        until: until_field(&frame, typed, faults.remove("until")),
        frame,
    })
}

/// When a membership ends by itself.
pub fn until_field(frame: &Frame, typed: &Typed, wrong: Option<String>) -> Field {
    Field::text("until", frame.say("put-until"))
        .holding(typed_in(typed, "until"))
        .hint(frame.say("until-hint"))
        .wrong(wrong)
        .optional()
}

pub async fn put(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(key): InPath<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let words = frame.clone().over(&WORDS);
    let mut faults = Faults::new();
    let until = until_in(&words, &typed, &segments);
    let person = typed_in(&typed, "person").parse::<PersonId>();
    match &person {
        Err(_) => {
            faults.insert("person", words.say("wrong-person").to_string());
        }
        Ok(person) if !segments.knows(*person) => {
            faults.insert("person", words.say("wrong-nobody").to_string());
        }
        Ok(_) => {}
    }
    match (person, until, faults.is_empty()) {
        (Ok(person), Ok(until), true) => {
            let asked = (segment.key.to_string(), until);
            let changed = if takes_out(&typed) {
                segments.put(person, &[], &[asked.0], actor(&caller)).await?
            } else {
                segments.put(person, &[asked], &[], actor(&caller)).await?
            };
            Ok(done(&format!("/segments/{key}/people"), told(&changed)))
        }
        (_, until, _) => {
            faults.extend(until.err().map(|wrong| ("until", wrong)));
            let page = members_page(&segments, &caller, frame, &key, &typed, faults).await?;
            Ok(refused(shown(&page)))
        }
    }
}

/// Which of the two buttons was pressed.
pub fn takes_out(typed: &Typed) -> bool {
    typed_in(typed, "act") == "remove"
}

/// What became of one change, as the key of its words.
pub fn told(changed: &Changed) -> &'static str {
    match (changed.added.is_empty(), changed.removed.is_empty()) {
        (false, _) => "done-put-in",
        (_, false) => "done-taken-out",
        _ => "done-unchanged",
    }
}
