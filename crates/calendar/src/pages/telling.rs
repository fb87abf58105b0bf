//! Before people are written to: who they are, and what they get.
//!
//! It is asked once for the same people, and not where nobody is written to; whoever invites somebody to a new event has just
//! named them.

use askama::Template;
use axum::response::Response;
use front::frame::{Frame, shown};
use kernel::Id;

use super::{Typed, typed_in};
use crate::scheduling::Reached;

/// What is about to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Save,
    Move,
    Delete,
}

#[derive(Template)]
#[template(path = "event_tells.html")]
struct TellsPage {
    frame: Frame,
    /// Who they are, and what they get how.
    people: Vec<(String, String)>,
    /// All that was typed, to be sent once more.
    fields: Vec<(String, String)>,
    action: String,
    button: String,
    is_danger: bool,
    back: String,
}

/// Where the form goes, and where one comes back to without it.
pub(super) struct Way {
    pub action: String,
    pub back: String,
}

/// The page that asks; `None` where nothing is to be asked.
pub(super) fn asks(
    frame: &Frame,
    reached: &[Reached],
    doing: Doing,
    typed: &Typed,
    way: Way,
) -> Option<Response> {
    let key = key(reached);
    if reached.is_empty() || typed_in(typed, "told") == key {
        return None;
    }
    let people = reached.iter().map(|one| person(frame, one));
    let mut fields: Vec<(String, String)> = typed
        .iter()
        .filter(|(name, _)| *name != "told")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    fields.push(("told".to_owned(), key));
    fields.sort();
    let button = match doing {
        Doing::Save => frame.say("tells-save"),
        Doing::Move => frame.say("tells-move"),
        Doing::Delete => frame.say("tells-delete"),
    };
    Some(shown(&TellsPage {
        people: people.collect(),
        fields,
        button: button.with("count", reached.len()).to_string(),
        is_danger: doing == Doing::Delete,
        action: way.action,
        back: way.back,
        frame: frame.clone(),
    }))
}

/// Who somebody is, and what they get how.
pub(super) fn person(frame: &Frame, one: &Reached) -> (String, String) {
    let called = one.name.clone().unwrap_or_else(|| plain(&one.address));
    let what = frame.say_of("tells-what", one.sent.word()).unwrap_or_default();
    let by = frame.say_of("tells-by", one.means.word()).unwrap_or_default();
    (called, format!("{what} · {by}"))
}

fn plain(address: &str) -> String {
    ical::mailbox(address).unwrap_or(address).to_owned()
}

/// The same for the same people who get the same: whoever was asked about others is asked again.
fn key(reached: &[Reached]) -> String {
    let mut all: Vec<String> = reached
        .iter()
        .map(|one| format!("{} {}", one.sent.word(), one.address))
        .collect();
    all.sort();
    Id::named("calendar.told", &all.join("\n")).to_string()
}
