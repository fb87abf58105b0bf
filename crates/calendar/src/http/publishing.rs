//! Links to calendars, over HTTP: made by their owners, and followed by whoever has them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Access, Body, Caller, InPath, InPath2, Problem, Routes, routes};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kernel::{Id, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OWN, managed_by};
use crate::publishing::{Link, Shows};
use crate::service::Calendars;
use crate::types::Calendar;

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes
        .api(
            OWN,
            routes!(
                get_calendar_link,
                publish_calendar,
                renew_calendar_link,
                withdraw_calendar_link
            ),
        )
        .page(
            Access::PUBLIC,
            Method::GET,
            "/calendar/public/{person}/{file}",
            published,
        )
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShowsWord {
    /// Everything but what is private, who takes part and alarms.
    Everything,
    /// When its owner is busy.
    Busy,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CalendarLinkIn {
    shows: ShowsWord,
}

/// The link of a calendar.
#[derive(Serialize, ToSchema)]
struct CalendarLinkOut {
    /// Below the address of the house. Whoever knows it may look.
    path: String,
    shows: ShowsWord,
    #[schema(format = "date-time")]
    made_at: String,
}

impl CalendarLinkOut {
    fn of(link: &Link, owner: PersonId) -> CalendarLinkOut {
        CalendarLinkOut {
            path: link.path(owner),
            shows: match link.shows {
                Shows::Everything => ShowsWord::Everything,
                Shows::Busy => ShowsWord::Busy,
            },
            made_at: link.made.to_string(),
        }
    }
}

/// The link by which others look at a calendar
#[utoipa::path(get, path = "/api/v1/calendars/{id}/link", operation_id = "get_calendar_link",
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarLinkOut)))]
async fn get_calendar_link(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Body<CalendarLinkOut>, Problem> {
    let owner = managed_by(&calendars, &caller, id).await?;
    let link = calendars.link(owner, id).await?;
    let link = link.ok_or_else(|| Problem::not_found().detail("The calendar is not published."))?;
    Ok(Body(CalendarLinkOut::of(&link, owner)))
}

/// Publishes a calendar, or changes what its link shows
#[utoipa::path(put, path = "/api/v1/calendars/{id}/link", operation_id = "publish_calendar", request_body = CalendarLinkIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarLinkOut)))]
async fn publish_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<CalendarLinkIn>,
) -> Result<Body<CalendarLinkOut>, Problem> {
    let owner = managed_by(&calendars, &caller, id).await?;
    let shows = match given.shows {
        ShowsWord::Everything => Shows::Everything,
        ShowsWord::Busy => Shows::Busy,
    };
    let link = calendars.publish(owner, id, Some(shows), false).await?;
    Ok(Body(CalendarLinkOut::of(&link, owner)))
}

/// Gives a published calendar another link; the one of before leads nowhere
#[utoipa::path(post, path = "/api/v1/calendars/{id}/link", operation_id = "renew_calendar_link",
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarLinkOut)))]
async fn renew_calendar_link(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Body<CalendarLinkOut>, Problem> {
    let owner = managed_by(&calendars, &caller, id).await?;
    let link = calendars.publish(owner, id, None, true).await?;
    Ok(Body(CalendarLinkOut::of(&link, owner)))
}

/// Withdraws the link of a calendar
#[utoipa::path(delete, path = "/api/v1/calendars/{id}/link", operation_id = "withdraw_calendar_link",
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = NO_CONTENT)))]
async fn withdraw_calendar_link(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<StatusCode, Problem> {
    let owner = managed_by(&calendars, &caller, id).await?;
    calendars.withdraw(owner, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a link leads to, for calendar programs.
async fn published(
    State(calendars): State<Calendars>,
    InPath2(person, file): InPath2<Id, String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token = file.strip_suffix(".ics").ok_or_else(Problem::not_found)?;
    let (calendar, shows) = calendars.published(PersonId(person), token).await?;
    let tag = tag(&calendar, shows);
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| {
            let mut tags = tags.split(',').map(|one| one.trim().trim_start_matches("W/"));
            tags.any(|one| one == tag)
        });
    let mut response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => calendars.published_text(&calendar, shows).await?.into_response(),
    };
    let said = response.headers_mut();
    said.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/calendar; charset=utf-8"),
    );
    said.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=300"),
    );
    if let Ok(tag) = HeaderValue::try_from(tag) {
        said.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// What it shows is the same while this is.
fn tag(calendar: &Calendar, shows: Shows) -> String {
    let busy = if shows == Shows::Busy { "b" } else { "" };
    format!("\"{}-{}{busy}\"", calendar.changes, calendar.version)
}
