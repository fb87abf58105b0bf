//! Calendars themselves over HTTP.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Body, Caller, ETag, IfMatch, InPath, Problem, Routes, routes};
use http::StatusCode;
use ical::Kind;
use kernel::{Id, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::agenda::instant;
use super::{OWN, color, managed_by, visitor};
use crate::reminders::types::Reminders;
use crate::service::{Calendars, Draft, Visitor};
use crate::sharing::{Held, Rights};
use crate::types::{About, AboutChange, Color, DESCRIPTION_CHARS_MAX, Kinds, TITLE_CHARS_MAX};

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes
        .api(OWN, routes!(list_calendars, create_calendar))
        .api(OWN, routes!(get_calendar, change_calendar, delete_calendar))
        .api(OWN, routes!(restore_calendar))
        .api(OWN, routes!(return_calendar))
}

/// A calendar.
#[derive(Serialize, ToSchema)]
struct CalendarOut {
    #[schema(format = "uuid")]
    id: String,
    /// The last part of its address for calendar programs, with its owner.
    name: String,
    #[schema(format = "uuid")]
    owner: String,
    /// What one may do: `own`, or of what others share `busy`, `read`, `edit`, `manage`.
    rights: &'static str,
    title: String,
    description: String,
    #[schema(example = "#1e88e5")]
    color: String,
    /// Where its days begin, for events that name no zone.
    zone: String,
    /// Whether what lies in it makes its owner busy.
    busy: bool,
    position: i64,
    /// Minutes before the start of an event that a letter reminds of it, for events that say nothing of alarms themselves.
    #[schema(example = json!([10, 0]))]
    reminders: Vec<u32>,
    /// What it takes: `event`, `task`, `journal`.
    kinds: Vec<&'static str>,
    /// Grows by one with each change of the calendar itself; the ETag is made of it.
    version: i64,
    /// Grows by one with each change of what lies in it.
    changes: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    changed_at: String,
}

impl From<&Held> for CalendarOut {
    fn from(held: &Held) -> CalendarOut {
        let calendar = &held.calendar;
        let about = &calendar.about;
        CalendarOut {
            id: calendar.id.to_string(),
            name: calendar.name.to_string(),
            owner: calendar.owner.to_string(),
            rights: held.rights.word(),
            title: about.title.to_string(),
            description: about.description.to_string(),
            color: about.color.to_string(),
            zone: about.zone.clone(),
            busy: about.busy,
            position: about.position,
            reminders: about.reminders.minutes().to_vec(),
            kinds: calendar.kinds.iter().map(word).collect(),
            version: calendar.version,
            changes: calendar.changes,
            created_at: calendar.created.to_string(),
            changed_at: calendar.changed.to_string(),
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Event | Kind::FreeBusy => "event",
        Kind::Todo => "task",
        Kind::Journal => "journal",
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarIn {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) title: String,
    #[schema(max_length = 2000)]
    #[serde(default)]
    pub(crate) description: String,
    #[schema(example = "#1e88e5")]
    pub(crate) color: Option<String>,
    /// Of the IANA database. Absent: the caller's own.
    pub(crate) zone: Option<String>,
    /// Whether what lies in it makes its owner busy.
    #[serde(default = "yes")]
    pub(crate) busy: bool,
    #[serde(default)]
    pub(crate) position: i64,
    /// Minutes before the start of an event that a letter reminds of it, for events that say nothing of alarms themselves.
    /// Absent: ten minutes before, and at the start. Empty: no letter.
    #[schema(max_items = 5, example = json!([10, 0]))]
    pub(crate) reminders: Option<Vec<u32>>,
    /// What it takes: `event`, `task`, `journal`. Absent: events and tasks.
    #[schema(max_items = 3)]
    pub(crate) kinds: Option<Vec<String>>,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarChangeIn {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) title: Option<String>,
    #[schema(max_length = 2000)]
    pub(crate) description: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) zone: Option<String>,
    pub(crate) busy: Option<bool>,
    pub(crate) position: Option<i64>,
    /// Empty: no letter.
    #[schema(max_items = 5, example = json!([10, 0]))]
    pub(crate) reminders: Option<Vec<u32>>,
}

impl CalendarIn {
    pub(crate) fn draft(self, visitor: &Visitor) -> Result<Draft, Problem> {
        Ok(Draft {
            name: None,
            about: About {
                title: title(&self.title)?,
                description: description(&self.description)?,
                color: self.color.as_deref().map_or(Ok(Color::BLUE), color)?,
                zone: zone(self.zone.as_deref().unwrap_or(&visitor.zone))?,
                busy: self.busy,
                position: self.position,
                extra: String::new(),
                reminders: self
                    .reminders
                    .as_deref()
                    .map_or_else(|| Ok(Reminders::default()), reminders)?,
            },
            kinds: self.kinds.as_deref().map_or(Ok(Kinds::EVENTS_AND_TASKS), kinds)?,
        })
    }
}

impl CalendarChangeIn {
    /// Changes a calendar of the version that was read.
    pub(crate) async fn put(
        self,
        calendars: &Calendars,
        caller: &Caller,
        id: Id,
        read: &IfMatch,
    ) -> Result<Held, Problem> {
        let person = caller.person()?.id;
        let held = calendars.reach(person, id, Rights::Manage).await?;
        let before = &held.calendar;
        read.check(ETag::of(before.version))?;
        let change = AboutChange {
            title: self.title.as_deref().map(title).transpose()?,
            description: self.description.as_deref().map(description).transpose()?,
            color: self.color.as_deref().map(color).transpose()?,
            zone: self.zone.as_deref().map(zone).transpose()?,
            busy: self.busy,
            position: self.position,
            extra: None,
            reminders: self.reminders.as_deref().map(reminders).transpose()?,
        };
        let changed = calendars.manage(person, id, Some(before.version), change);
        Ok(changed.await?)
    }
}

/// Puts a calendar of the version that was read into the bin.
pub(crate) async fn bin(
    calendars: &Calendars,
    caller: &Caller,
    id: Id,
    read: &IfMatch,
) -> Result<(), Problem> {
    let owner = caller.person()?.id;
    let before = calendars.reach(owner, id, Rights::Own).await?.calendar;
    read.check(ETag::of(before.version))?;
    Ok(calendars.delete(owner, id, Some(before.version)).await?)
}

fn title(given: &str) -> Result<Text, Problem> {
    Text::required(given, TITLE_CHARS_MAX).map_err(|bad| Problem::invalid("title", "text", bad.to_string()))
}

fn description(given: &str) -> Result<Text, Problem> {
    let text = Text::new(given, DESCRIPTION_CHARS_MAX);
    text.map_err(|bad| Problem::invalid("description", "text", bad.to_string()))
}

fn zone(given: &str) -> Result<String, Problem> {
    super::zone(given).map(|(_, name)| name)
}

fn reminders(given: &[u32]) -> Result<Reminders, Problem> {
    Reminders::new(given).map_err(|bad| Problem::invalid("reminders", "reminders", bad.to_string()))
}

fn kinds(given: &[String]) -> Result<Kinds, Problem> {
    let read = given.iter().map(|kind| match kind.as_str() {
        "event" => Some(Kind::Event),
        "task" => Some(Kind::Todo),
        "journal" => Some(Kind::Journal),
        _ => None,
    });
    let read: Option<Vec<Kind>> = read.collect();
    let kinds = read.and_then(|kinds| Kinds::of(&kinds));
    kinds.ok_or_else(|| Problem::invalid("kinds", "kind", "must be some of event, task and journal"))
}

/// One's own calendars in their order, and those of others that one took
///
/// Whoever comes for the first time gets one.
#[utoipa::path(get, path = "/api/v1/calendars", operation_id = "list_calendars",
    responses((status = OK, body = CalendarsOut)))]
async fn list_calendars(
    State(calendars): State<Calendars>,
    caller: Caller,
) -> Result<Body<CalendarsOut>, Problem> {
    let all = calendars.held(&visitor(&caller)?).await?;
    Ok(Body(CalendarsOut {
        items: all.iter().map(CalendarOut::from).collect(),
    }))
}

/// All calendars. There are never so many that they would need pages.
#[derive(Serialize, ToSchema)]
struct CalendarsOut {
    items: Vec<CalendarOut>,
}

/// Makes a calendar
#[utoipa::path(post, path = "/api/v1/calendars", operation_id = "create_calendar", request_body = CalendarIn,
    responses((status = CREATED, body = CalendarOut, headers(("ETag" = String, description = "The version")))))]
async fn create_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    Body(given): Body<CalendarIn>,
) -> Result<Response, Problem> {
    let visitor = visitor(&caller)?;
    let made = calendars.create(visitor.id, given.draft(&visitor)?).await?;
    Ok((StatusCode::CREATED, shown(&Held::own(made))).into_response())
}

/// One of one's calendars, or of those that others share
#[utoipa::path(get, path = "/api/v1/calendars/{id}", operation_id = "get_calendar",
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarOut, headers(("ETag" = String, description = "The version")))))]
async fn get_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let held = calendars.reach(caller.person()?.id, id, Rights::Busy).await?;
    Ok(shown(&held))
}

/// Changes a calendar
///
/// Of another one's, `color` is for one's own eyes, and `position` is not changed.
#[utoipa::path(patch, path = "/api/v1/calendars/{id}", operation_id = "change_calendar",
    request_body = CalendarChangeIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = CalendarOut, headers(("ETag" = String, description = "The version")))))]
async fn change_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    if_match: IfMatch,
    Body(given): Body<CalendarChangeIn>,
) -> Result<Response, Problem> {
    Ok(shown(&given.put(&calendars, &caller, id, &if_match).await?))
}

/// Puts a calendar into the bin, with all that lies in it
///
/// For thirty days it can be restored. Only its owner can do that.
#[utoipa::path(delete, path = "/api/v1/calendars/{id}", operation_id = "delete_calendar",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = NO_CONTENT)))]
async fn delete_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    bin(&calendars, &caller, id, &if_match).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a calendar out of the bin
///
/// One that is not in the bin is told as it is.
#[utoipa::path(post, path = "/api/v1/calendars/{id}/restore", operation_id = "restore_calendar",
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarOut, headers(("ETag" = String, description = "The version")))))]
async fn restore_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let restored = calendars.restore(caller.person()?.id, id).await?;
    Ok(shown(&Held::own(restored)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CalendarReturnIn {
    /// An instant of the last 180 days (RFC 3339).
    #[schema(format = DateTime)]
    at: String,
    /// Only says what it would do.
    #[serde(default)]
    preview: bool,
}

/// What a return does, or would do.
#[derive(Serialize, ToSchema)]
struct CalendarReturnOut {
    /// Events that are as they were then.
    put_back: usize,
    /// Events that were not there then.
    taken_out: usize,
    /// Invitations of others that were otherwise then, or not there: they stay as they are.
    left_out: usize,
}

/// Puts all that lies in a calendar back as it was at an instant
///
/// In one step or not at all, 2,000 changed events at the most. Whoever takes part in what changes is told. What others organize
/// stays as it is, and so do the answers of guests.
#[utoipa::path(post, path = "/api/v1/calendars/{id}/return", operation_id = "return_calendar",
    request_body = CalendarReturnIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarReturnOut)))]
async fn return_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<CalendarReturnIn>,
) -> Result<Body<CalendarReturnOut>, Problem> {
    let owner = managed_by(&calendars, &caller, id).await?;
    let at = instant("at", &given.at)?;
    let returned = calendars.return_calendar(owner, id, at, given.preview).await?;
    Ok(Body(CalendarReturnOut {
        put_back: returned.put_back,
        taken_out: returned.taken_out,
        left_out: returned.left_out,
    }))
}

fn shown(held: &Held) -> Response {
    (ETag::of(held.calendar.version), Body(CalendarOut::from(held))).into_response()
}
