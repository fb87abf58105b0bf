//! What lies in calendars over HTTP, as iCalendar texts, and what changed since somebody looked.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use front::{Body, Caller, Code, ETag, InPath, InPath2, Problem, Query, Routes, bytes, routes};
use http::{HeaderMap, StatusCode, header};
use kernel::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{OWN, written_by};
use crate::objects::{Changes, Mark};
use crate::service::Calendars;
use crate::sharing::{Rights, readable};
use crate::types::{Expected, Heard, Name, Stored};

const ICALENDAR: &str = "text/calendar";
/// Changes of one answer.
const CHANGES_MAX: usize = 1_000;

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes.api(OWN, routes!(list_calendar_changes)).api(
        OWN,
        routes!(get_calendar_object, put_calendar_object, delete_calendar_object),
    )
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesIn {
    /// `until` of the answer that was read last. Absent: from the beginning.
    #[param(minimum = 0)]
    pub(crate) after: Option<i64>,
    /// `began` of that answer: without it, a first reading of several answers that lasts while deletions are forgotten ends with 410.
    #[param(minimum = 0)]
    pub(crate) began: Option<i64>,
    /// At most so many: 1 to 1,000.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<usize>,
}

impl ChangesIn {
    pub(crate) async fn heard(
        &self,
        calendars: &Calendars,
        caller: &Caller,
        id: Id,
    ) -> Result<Changes, Problem> {
        let limit = self.limit.unwrap_or(CHANGES_MAX);
        if !(1..=CHANGES_MAX).contains(&limit) {
            let what = format!("must be a number from 1 to {CHANGES_MAX}");
            return Err(Problem::invalid("limit", "bounds", what));
        }
        let after = self.after.unwrap_or(0);
        for (field, number) in [("after", after), ("began", self.began.unwrap_or(0))] {
            if number < 0 {
                return Err(Problem::invalid(field, "bounds", "must not be negative"));
            }
        }
        let reach = calendars.reach(caller.person()?.id, id, Rights::Read);
        let held = reach.await?;
        let owner = held.calendar.owner;
        let mark = Mark {
            after,
            began: self.began.or((after > 0).then_some(after)),
        };
        let found = calendars
            .changes_for(held.rights, (owner, id), mark, limit)
            .await?;
        found.ok_or_else(|| {
            Problem::new(Code::Gone).detail(
                "What was deleted since then is no longer known. Read everything anew, without `after`.",
            )
        })
    }
}

/// What became of an object.
#[derive(Serialize, ToSchema)]
struct ChangeOut {
    name: String,
    /// The ETag of the object is made of it, and of whether one may write.
    change: i64,
    /// It is not in the calendar any more.
    deleted: bool,
}

impl From<Heard> for ChangeOut {
    fn from(heard: Heard) -> ChangeOut {
        ChangeOut {
            name: heard.name.to_string(),
            change: heard.change,
            deleted: heard.is_gone,
        }
    }
}

/// What happened, each object once, in the order of its last change.
#[derive(Serialize, ToSchema)]
struct ChangesOut {
    items: Vec<ChangeOut>,
    /// Ask for what comes after this the next time.
    until: i64,
    /// Give it back with that.
    began: i64,
    /// Whether there is more to be read at once.
    more: bool,
}

/// What happened in a calendar since one looked
///
/// 410 when that is too long ago: then read everything anew, without `after`. Do so, too, when what one may do with the
/// calendar is another thing now: whoever may only read is given less of what is private.
#[utoipa::path(get, path = "/api/v1/calendars/{id}/changes", operation_id = "list_calendar_changes",
    params(("id" = String, Path, format = "uuid", description = "The calendar"), ChangesIn),
    responses((status = OK, body = ChangesOut),
        (status = GONE, description = "It was too long ago: read everything anew")))]
async fn list_calendar_changes(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Query(asked): Query<ChangesIn>,
) -> Result<Body<ChangesOut>, Problem> {
    let changes = asked.heard(&calendars, &caller, id).await?;
    Ok(Body(ChangesOut {
        began: changes.began_for_next(),
        items: changes.items.into_iter().map(ChangeOut::from).collect(),
        until: changes.until,
        more: !changes.is_all,
    }))
}

/// An event or task with everything of its UID, as iCalendar
///
/// Whoever may only read gets what is private without its words, and an ETag that fits no change: raised to more, read it anew.
#[utoipa::path(get, path = "/api/v1/calendars/{id}/objects/{name}", operation_id = "get_calendar_object",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("name" = String, Path, description = "The object")),
    responses((status = OK, content((String = "text/calendar")),
        headers(("ETag" = String, description = "The version")))))]
async fn get_calendar_object(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, name): InPath2<Id, String>,
) -> Result<Response, Problem> {
    let (found, rights) = found(&calendars, &caller, (id, &name)).await?;
    Ok(as_text(found, rights))
}

/// Puts an event or task into a calendar, or another version in its place
///
/// Everything of one UID is one object. It comes back byte for byte. `If-Match` names the version that was read;
/// `If-None-Match: *` says that there is none; without either whatever is there is replaced.
#[utoipa::path(put, path = "/api/v1/calendars/{id}/objects/{name}", operation_id = "put_calendar_object",
    request_body(content((String = "text/calendar"))),
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("name" = String, Path, description = "The object: most end with .ics"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is none")),
    responses((status = CREATED, description = "It is new", headers(("ETag" = String, description = "The version"))),
        (status = NO_CONTENT, description = "It was replaced", headers(("ETag" = String, description = "The version")))))]
async fn put_calendar_object(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, name): InPath2<Id, String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let expected = expected(&headers)?;
    let name = new_name(&name)?;
    let text = bytes(request, ICALENDAR).await?;
    let text =
        String::from_utf8(text.into()).map_err(|_| Problem::invalid("ical", "utf8", "must be UTF-8"))?;
    let owner = written_by(&calendars, &caller, id).await?;
    let put = calendars.put(owner, id, name, text, expected).await?;
    let status = if put.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::NO_CONTENT
    };
    Ok((status, ETag::of(put.stored.change), ()).into_response())
}

/// Takes an event or task out of a calendar
#[utoipa::path(delete, path = "/api/v1/calendars/{id}/objects/{name}", operation_id = "delete_calendar_object",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("name" = String, Path, description = "The object"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = NO_CONTENT)))]
async fn delete_calendar_object(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, name): InPath2<Id, String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let expected = expected(&headers)?;
    let owner = written_by(&calendars, &caller, id).await?;
    calendars.remove(owner, id, named(&name)?, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What lies in a calendar by its name, as the caller may read it.
pub(crate) async fn found(
    calendars: &Calendars,
    caller: &Caller,
    (id, name): (Id, &str),
) -> Result<(Stored, Rights), Problem> {
    let name = named(name)?;
    let held = calendars.reach(caller.person()?.id, id, Rights::Read).await?;
    let found = calendars.named(held.calendar.owner, id, vec![name]).await?;
    let found = found.into_iter().next().flatten();
    let stored = found.ok_or_else(|| Problem::not_found().detail("There is no such event."))?;
    let seen = readable(stored, held.rights);
    let seen = seen.ok_or_else(|| Problem::not_found().detail("There is no such event."))?;
    Ok((seen, held.rights))
}

/// What somebody wants to call what they put.
pub(crate) fn new_name(name: &str) -> Result<Name, Problem> {
    Name::parse(name).map_err(|bad| Problem::invalid("name", "name", bad.to_string()))
}

/// A name that cannot be is one that is not there.
pub(crate) fn named(name: &str) -> Result<Name, Problem> {
    Name::parse(name).map_err(|_| Problem::not_found())
}

/// What the headers say that the writer believes.
fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    let header = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    match (header(header::IF_MATCH), header(header::IF_NONE_MATCH)) {
        (None, None) => Ok(Expected::Anything),
        (None, Some("*")) => Ok(Expected::Nothing),
        (Some("*"), None) => Ok(Expected::Something),
        // A tag that we never gave is that of no version.
        (Some(tag), None) => Ok(Expected::Exactly(ETag::read(tag).map_or(-1, ETag::version))),
        _ => {
            let what = "must be `*`, and stand without If-Match";
            Err(Problem::invalid("If-None-Match", "precondition", what))
        }
    }
}

/// What is given to whoever may only read can be less than what is there. Its tag is none of ours: raised to more, they write
/// nothing over what they never saw.
fn as_text(stored: Stored, rights: Rights) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")];
    if rights < Rights::Edit {
        let tag = [(header::ETAG, format!("\"v{}-r\"", stored.change))];
        return (tag, kind, stored.text).into_response();
    }
    (ETag::of(stored.change), kind, stored.text).into_response()
}
