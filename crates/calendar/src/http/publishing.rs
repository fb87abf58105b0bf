//! Links to calendars, over HTTP: made by their owners, and followed by whoever has them.

use axum::body::to_bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::Frame;
use front::{Access, Body, Caller, InPath, InPath2, Problem, Query, Routes, routes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use kernel::{Id, PersonId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{OWN, managed_by};
use crate::directory::PublicName;
use crate::pages::Typed;
use crate::pages::published::{Visit, show};
use crate::publishing::{Entrance, Link, Shows, tag};
use crate::service::Calendars;

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
/// A month of a calendar with more in each day than anybody reads is well below.
const PAGE_BYTES_MAX: usize = 32 << 20;

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
            Access::GREETED,
            Method::GET,
            "/calendar/public/{person}/{file}",
            linked,
        )
        .page(Access::GREETED, Method::GET, "/calendar/public/{file}", named)
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShowsWord {
    /// Everything but what is private, who takes part and alarms.
    Everything,
    /// When its owner is busy.
    Busy,
}

impl ShowsWord {
    pub(super) fn of(shows: Shows) -> ShowsWord {
        match shows {
            Shows::Everything => ShowsWord::Everything,
            Shows::Busy => ShowsWord::Busy,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CalendarLinkIn {
    shows: ShowsWord,
}

/// The link of a calendar.
#[derive(Serialize, ToSchema)]
pub(super) struct CalendarLinkOut {
    /// The calendar for programs, below the address of the house. Whoever knows it may look.
    path: String,
    /// The same as a page.
    page: String,
    shows: ShowsWord,
    #[schema(format = "date-time")]
    made_at: String,
    /// The name by which anybody may find it. Absent: it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl CalendarLinkOut {
    pub(super) fn of(link: &Link, owner: PersonId) -> CalendarLinkOut {
        CalendarLinkOut {
            path: link.path(owner),
            page: link.page(owner),
            shows: ShowsWord::of(link.shows),
            made_at: link.made.to_string(),
            name: link.public.as_ref().map(ToString::to_string),
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

/// Withdraws the link of a calendar, and its name
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

/// What a link leads to: a page, and for calendar programs a text.
async fn linked(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath2(person, file): InPath2<Id, String>,
    Query(typed): Query<Typed>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (token, is_file) = opened(&file);
    let visit = Visit {
        by: &Entrance::Link(PersonId(person), token.to_owned()),
        caller: &caller,
        typed: &typed,
    };
    let mut response = published(&calendars, frame, visit, is_file, &headers).await?;
    // Whoever has the link may look; those who search the web shall not find it.
    let said = HeaderValue::from_static("noindex, nofollow");
    response.headers_mut().insert(X_ROBOTS_TAG, said);
    Ok(response)
}

/// What a name leads to.
async fn named(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(file): InPath<String>,
    Query(typed): Query<Typed>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (name, is_file) = opened(&file);
    let name = PublicName::parse(name).map_err(|_| Problem::not_found())?;
    let visit = Visit {
        by: &Entrance::Name(name),
        caller: &caller,
        typed: &typed,
    };
    published(&calendars, frame, visit, is_file, &headers).await
}

/// What the last part of an address names, and whether calendar programs ask.
fn opened(file: &str) -> (&str, bool) {
    match file.strip_suffix(".ics") {
        Some(name) => (name, true),
        None => (file, false),
    }
}

async fn published(
    calendars: &Calendars,
    frame: Frame,
    visit: Visit<'_>,
    is_file: bool,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let mut response = match is_file {
        true => text(calendars, visit.by, headers).await?,
        false => tagged(show(calendars, frame, visit).await?, headers).await?,
    };
    let kept = HeaderValue::from_static("private, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    Ok(response)
}

async fn text(calendars: &Calendars, by: &Entrance, headers: &HeaderMap) -> Result<Response, Problem> {
    let (calendar, shows) = calendars.published(by).await?;
    let tag = tag(&calendar, shows);
    let mut response = match is_known(headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => calendars.published_text(&calendar, shows).await?.into_response(),
    };
    let said = response.headers_mut();
    said.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/calendar; charset=utf-8"),
    );
    said.insert(header::ETAG, tag_value(&tag)?);
    Ok(response)
}

/// A page that is sent only if it is another one than its reader has: it is told by what it says, which is different for each
/// language, zone and day.
async fn tagged(page: Response, headers: &HeaderMap) -> Result<Response, Problem> {
    let (head, body) = page.into_parts();
    let bytes = to_bytes(body, PAGE_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| Problem::internal("a page is too long"))?;
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    let hash = hash.split_at(8).0.iter();
    let hash: String = hash.map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    let mut response = match head.status == StatusCode::OK && is_known(headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::from_parts(head, bytes.into()),
    };
    let said = response.headers_mut();
    said.insert(header::ETAG, tag_value(&tag)?);
    said.insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    Ok(response)
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok());
    tags.is_some_and(|tags| {
        let mut tags = tags.split(',').map(|one| one.trim().trim_start_matches("W/"));
        tags.any(|one| one == tag)
    })
}

fn tag_value(tag: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::try_from(tag).map_err(|_| Problem::internal("a tag is no header"))
}
