//! The pages of segments: for analysts who look, and for administrators who change.
//!
//! As everywhere in the house, a page calls the service and shows what it says, works without script, and asks on a
//! page of its own before an act that takes people out. A form that is refused comes back as it was typed.

mod about;
mod days;
mod draws;
mod list;
mod members;
mod notation;
mod overlap;
mod person;
mod rule;
mod said;
mod segment;
mod sure;

use std::collections::HashMap;

use axum::response::{IntoResponse, Response};
use front::frame::{Frame, NavItem, Words};
use front::{Access, Caller, Role, Routes};
use http::{Method, StatusCode};
use kernel::Moment;

use crate::service::Segments;
use crate::types::{Reason, Segment};

/// What the pages say.
static WORDS: Words = Words::new(
    include_str!("../../locales/en.ftl"),
    include_str!("../../locales/ru.ftl"),
    Some(&front::frame::WORDS),
);

const ADMIN: Role = Role::on("admin", "house");
const ANALYST: Role = Role::on("analyst", "house");
const CHANGES: Access = Access::role(&[ADMIN]);
const LOOKS: Access = Access::role(&[ADMIN, ANALYST]);

/// Where the header leads to.
pub const NAV: NavItem = NavItem {
    href: "/segments",
    words: &WORDS,
    key: "segments-title",
    access: LOOKS,
};

pub(crate) fn routes() -> Routes<Segments> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    let routes = Routes::new("segments")
        .page(LOOKS, GET, "/segments", list::list)
        .page(CHANGES, GET, "/new-segment", about::new)
        .page(CHANGES, POST, "/new-segment", about::create)
        .page(LOOKS, GET, "/segments/{key}", segment::show)
        .page(CHANGES, GET, "/segments/{key}/about", about::edit)
        .page(CHANGES, POST, "/segments/{key}/about", about::change)
        .page(CHANGES, GET, "/segments/{key}/rule", rule::edit)
        .page(CHANGES, POST, "/segments/{key}/rule", rule::change)
        .page(LOOKS, GET, "/segments/{key}/overlap", overlap::show)
        .page(LOOKS, GET, "/segments/{key}/people", members::list)
        .page(CHANGES, POST, "/segments/{key}/people", members::put)
        .page(CHANGES, GET, "/segments/{key}/draws", draws::ask)
        .page(CHANGES, POST, "/segments/{key}/draws", draws::draw)
        .page(LOOKS, GET, "/people/{id}/segments", person::show)
        .page(CHANGES, POST, "/people/{id}/segments", person::put);
    routes
        .page(CHANGES, GET, "/segments/{key}/archive", sure::ask_to_archive)
        .page(CHANGES, POST, "/segments/{key}/archive", sure::archive)
        .page(CHANGES, GET, "/segments/{key}/end-rollout", sure::ask_to_end)
        .page(CHANGES, POST, "/segments/{key}/end-rollout", sure::end)
        .page(CHANGES, GET, "/segments/{key}/retune", sure::ask_to_retune)
        .page(CHANGES, POST, "/segments/{key}/retune", sure::retune)
        .page(
            CHANGES,
            GET,
            "/segments/{key}/versions/{version}",
            sure::ask_to_return,
        )
        .page(
            CHANGES,
            POST,
            "/segments/{key}/versions/{version}",
            sure::return_to,
        )
        .page(
            CHANGES,
            GET,
            "/segments/{key}/draws/{number}/end",
            sure::ask_to_end_draw,
        )
        .page(
            CHANGES,
            POST,
            "/segments/{key}/draws/{number}/end",
            sure::end_draw,
        )
}

/// The fields of a form or a query as they were typed.
type Typed = HashMap<String, String>;

/// One of them, without the spaces around it; empty when it is missing.
fn typed_in<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.get(name).map(|value| value.trim()).unwrap_or_default()
}

/// What is wrong with which field, in the reader's language.
type Faults = HashMap<&'static str, String>;

fn may_change(caller: &Caller) -> bool {
    CHANGES.check(&caller.who).is_ok()
}

/// A segment that can still be changed.
fn living(segments: &Segments, key: &str) -> Result<Segment, Reason> {
    let segment = segments.segment(key)?;
    match segment.archived {
        None => Ok(segment),
        Some(_) => Err(Reason::Archived(segment.key)),
    }
}

fn page_of(key: &str) -> String {
    format!("/segments/{key}")
}

/// A form that is shown again.
fn refused(page: Response) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// The version that a form was filled in for. One without it fits no version.
fn version_in(typed: &Typed) -> i64 {
    typed_in(typed, "version").parse().unwrap_or_default()
}

/// When something ends, if a field says so, or what is wrong with the field.
fn until_in(frame: &Frame, typed: &Typed, segments: &Segments) -> Result<Option<Moment>, String> {
    let text = typed_in(typed, "until");
    if text.is_empty() {
        return Ok(None);
    }
    match notation::instant(text, frame.tongue().zone()) {
        None => Err(frame.say("wrong-instant").to_string()),
        Some(until) if !segments.is_to_come(until) => Err(frame.say("wrong-past").to_string()),
        until => Ok(until),
    }
}
