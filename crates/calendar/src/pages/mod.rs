//! The pages of calendars: looking at them, changing what lies in them, and the calendars themselves.
//!
//! Everything works by links and forms; the script only adds dragging, keys and a clock. What is dragged is sent as a form
//! that says how far, so the service decides what that means for an event in another zone.

mod answer;
mod directory;
mod event;
mod followed;
mod form;
mod invitations;
mod look;
mod moving;
mod own;
pub(crate) mod published;
mod reminding;
mod repeating;
mod returning;
mod rooms;
mod settings;
mod sharing;
mod shown;
mod telling;
mod times;
mod view;

use std::collections::HashMap;

use axum::response::{IntoResponse, Response};
use front::frame::{Frame, NavItem, done as back_to, encoded};
use front::{Access, Caller, Problem, Routes};
use http::{HeaderMap, Method, StatusCode};
use ical::Answer;
use ical::zones::Zone;
use jiff::civil::{Date, DateTime};
use kernel::Id;

use crate::http::{OWN, visitor};
use crate::service::{Calendars, Refused, Visitor};
use crate::types::{Calendar, Reason};
use crate::words::WORDS;

pub use look::ASSET_ROUTE;

/// Where the header leads to.
pub const NAV: NavItem = NavItem {
    href: "/calendar",
    words: &WORDS,
    key: "calendar-title",
    access: OWN,
};

/// The calendars that are not shown on this device. There is no secret in it.
const HIDDEN: &str = "townhall_calendars_hidden";
/// As long as browsers keep a choice.
const HIDDEN_SECONDS: i64 = 400 * 24 * 3600;

pub(crate) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    look::routes(routes)
        .page(OWN, GET, "/calendar", view::view)
        .page(OWN, POST, "/calendar/shown", view::choose)
        .page(OWN, POST, "/calendar/quick", moving::quick)
        .page(OWN, POST, "/calendar/move", moving::drag)
        .page(OWN, POST, "/calendar/undo", moving::undo)
        .page(OWN, GET, "/calendar/new", event::new)
        .page(OWN, POST, "/calendar/new", event::create)
        .page(OWN, GET, "/calendar/events/{id}/{event}", event::show)
        .page(OWN, POST, "/calendar/events/{id}/{event}", event::change)
        .page(OWN, POST, "/calendar/events/{id}/{event}/answer", moving::answer)
        .page(OWN, POST, "/calendar/events/{id}/{event}/tick", moving::tick)
        .page(OWN, GET, "/calendar/times", times::find)
        .page(OWN, POST, "/calendar/times", times::ask)
        .page(OWN, GET, "/calendar/rooms", rooms::list)
        .page(rooms::ADMIN, POST, "/calendar/rooms", rooms::change)
        .page(OWN, GET, "/calendar/invitations", invitations::list)
        .page(OWN, POST, "/calendar/invitations", invitations::choose)
        .page(OWN, POST, "/calendar/invitations/{id}", invitations::answer)
        .page(OWN, GET, "/calendar/own", own::list)
        .page(OWN, POST, "/calendar/own", own::create)
        .page(OWN, GET, "/calendar/own/{id}", own::edit)
        .page(OWN, POST, "/calendar/own/{id}", own::change)
        .page(OWN, POST, "/calendar/own/{id}/restore", own::restore)
        .page(OWN, GET, "/calendar/own/{id}/return", returning::ask)
        .page(OWN, POST, "/calendar/own/{id}/return", returning::put_back)
        .page(OWN, GET, "/calendar/own/{id}/deleted", returning::deleted)
        .page(OWN, GET, "/calendar/settings", settings::show)
        .page(OWN, POST, "/calendar/settings", settings::change)
        .page(OWN, POST, "/calendar/own/{id}/shares", sharing::share)
        .page(OWN, POST, "/calendar/own/{id}/link", sharing::link)
        .page(OWN, POST, "/calendar/own/{id}/name", directory::name)
        .page(Access::GREETED, GET, "/calendar/public", directory::list)
        .page(rooms::ADMIN, POST, "/calendar/public", directory::take_down)
        .page(OWN, POST, "/calendar/offers/{id}", sharing::answer)
        .page(Access::PUBLIC, GET, "/calendar/answer/{token}", answer::show)
        .page(Access::PUBLIC, POST, "/calendar/answer/{token}", answer::answer)
        .page(OWN, POST, "/calendar/subscriptions", followed::create)
        .page(OWN, GET, "/calendar/subscriptions/{id}", followed::edit)
        .page(OWN, POST, "/calendar/subscriptions/{id}", followed::change)
        .page(OWN, GET, "/calendar/subscriptions/{id}/{entry}", followed::entry)
}

/// The fields of a form or a query as they were typed.
pub(crate) type Typed = HashMap<String, String>;

/// One of them, without the spaces around it; empty when it is missing.
fn typed_in<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.get(name).map(|value| value.trim()).unwrap_or_default()
}

/// What is wrong with which field, in the reader's language.
type Faults = HashMap<String, String>;

/// Somebody who looks at their calendars.
struct Guest {
    visitor: Visitor,
    zone: Zone,
    zone_name: String,
    /// What their clock shows.
    at: DateTime,
}

impl Guest {
    fn of(calendars: &Calendars, caller: &Caller) -> Result<Guest, Problem> {
        let visitor = visitor(caller)?;
        let zone = Zone::iana(&visitor.zone).unwrap_or(Zone::UTC);
        let at = zone.local_at(calendars.now().to_timestamp());
        let zone_name = zone.id().unwrap_or("UTC").to_owned();
        Ok(Guest {
            visitor,
            zone,
            zone_name,
            at,
        })
    }

    fn today(&self) -> Date {
        self.at.date()
    }
}

/// A form that is shown again.
fn refused(page: Response) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// An event as it was after a change: what one step back leads to.
struct Step {
    calendar: Id,
    event: Id,
    change: i64,
}

/// Back to the calendar at a day, with what was done (by the key of its words) and the step that undoes it.
fn to_day(typed: &Typed, date: Date, done: &str, undo: Option<Step>) -> Response {
    let view = typed_in(typed, "view");
    let view = if view.is_empty() { "week" } else { view };
    let undo = undo.map(|step| format!("&undo={}.{}.{}", step.calendar, step.event, step.change));
    let undo = undo.unwrap_or_default();
    let page = format!("/calendar?view={}&date={date}{undo}", encoded(view));
    back_to(&page, done)
}

/// What is wrong, by its field, in the reader's language; what is no field's fault is a problem of its own.
fn fault(frame: &Frame, why: Refused) -> Result<Faults, Problem> {
    let Refused::Reason(Reason::Field { field, problem }) = why else {
        return Err(why.into());
    };
    let said = frame.say_of("wrong", &field).unwrap_or(problem);
    Ok(Faults::from([(field, said)]))
}

/// The end of an id, which is enough to tell one person's calendars apart.
fn short(id: Id) -> String {
    let text = id.to_string();
    text.get(text.len().saturating_sub(12)..)
        .unwrap_or_default()
        .to_owned()
}

fn is_hidden(headers: &HeaderMap, calendar: &Calendar) -> bool {
    hides(headers, calendar.id)
}

/// Whether a calendar, or something that is followed, is not shown on this device.
fn hides(headers: &HeaderMap, id: Id) -> bool {
    let hidden = front::cookies::get(headers, HIDDEN).unwrap_or_default();
    hidden.split('.').any(|one| one == short(id))
}

/// What a button answers to an invitation, and the key of what is said then.
fn answered(word: &str) -> Option<(Answer, &'static str)> {
    match word {
        "accepted" => Some((Answer::Accepted, "done-answer-yes")),
        "tentative" => Some((Answer::Tentative, "done-answer-maybe")),
        "declined" => Some((Answer::Declined, "done-answer-no")),
        _ => None,
    }
}

/// A word of a form that none of its buttons sends: what it asks for is not guessed.
fn unknown(field: &'static str, known: &str) -> Problem {
    Problem::invalid(field, "word", format!("must be {known}"))
}

/// The number of a form's field; one that is none fits nothing.
fn number(typed: &Typed, name: &str) -> i64 {
    typed_in(typed, name).parse().unwrap_or_default()
}

fn id(typed: &Typed, name: &str) -> Result<Id, Problem> {
    typed_in(typed, name).parse().map_err(|_| Problem::not_found())
}
