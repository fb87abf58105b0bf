//! Public calendars over HTTP: named by their owners, found by anybody, taken down by administrators.

use axum::extract::State;
use front::{Access, Body, Caller, InPath, Listing, Paging, PagingIn, Problem, Query, Routes, routes};
use http::StatusCode;
use kernel::{Id, Page, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::publishing::{CalendarLinkOut, ShowsWord};
use super::resources::ADMIN;
use super::{OWN, managed_by};
use crate::directory::{Listed, PublicName, behind};
use crate::publishing::Link;
use crate::service::Calendars;

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes
        .api(OWN, routes!(make_calendar_public, make_calendar_unlisted))
        .api(Access::PUBLIC, routes!(list_public_calendars))
        .api(ADMIN, routes!(take_down_public_calendar))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarNameIn {
    /// What stands in its address: letters a to z, digits, and hyphens between them.
    #[schema(min_length = 3, max_length = 60, pattern = "^[a-z0-9][a-z0-9-]*[a-z0-9]$")]
    pub(crate) name: String,
}

impl CalendarNameIn {
    pub(crate) async fn give(
        &self,
        calendars: &Calendars,
        caller: &Caller,
        id: Id,
    ) -> Result<(Link, PersonId), Problem> {
        let owner = managed_by(calendars, caller, id).await?;
        let name = PublicName::parse(&self.name);
        let name = name.map_err(|bad| Problem::invalid("name", "name", bad.to_string()))?;
        let link = calendars.make_public(owner, id, name).await?;
        Ok((link, owner))
    }
}

/// A calendar that anybody may find.
#[derive(Serialize, ToSchema)]
struct PublicCalendarOut {
    name: String,
    title: String,
    description: String,
    color: String,
    /// Of the IANA database: by whose clock its page shows it.
    zone: String,
    shows: ShowsWord,
    /// The calendar for programs, below the address of the house.
    path: String,
    /// The same as a page.
    page: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicCalendarsIn {
    /// Only those with this in their name or title.
    #[serde(default)]
    #[param(max_length = 100)]
    pub(crate) words: String,
}

impl PublicCalendarsIn {
    pub(crate) async fn listed(
        &self,
        calendars: &Calendars,
        paging: &Paging,
    ) -> Result<Page<Listed>, Problem> {
        let after = paging.after.as_ref().map(behind).transpose();
        let after = after.map_err(front::bad_cursor)?;
        Ok(calendars.all_public(after, &self.words, paging.size).await?)
    }
}

fn public_out(listed: Listed) -> PublicCalendarOut {
    let about = listed.calendar.about;
    PublicCalendarOut {
        path: listed.name.path(),
        page: listed.name.page(),
        name: listed.name.to_string(),
        title: about.title.to_string(),
        description: about.description.to_string(),
        color: about.color.to_string(),
        zone: about.zone,
        shows: ShowsWord::of(listed.shows),
    }
}

/// Public calendars, by name
#[utoipa::path(get, path = "/api/v1/calendar/public", operation_id = "list_public_calendars",
    params(PagingIn, PublicCalendarsIn), responses((status = OK, body = Listing<PublicCalendarOut>)))]
async fn list_public_calendars(
    State(calendars): State<Calendars>,
    paging: Paging,
    Query(wanted): Query<PublicCalendarsIn>,
) -> Result<Body<Listing<PublicCalendarOut>>, Problem> {
    let page = wanted.listed(&calendars, &paging).await?;
    Ok(Body(Listing::of(page, public_out)))
}

/// Gives a published calendar a name by which anybody may find it
#[utoipa::path(put, path = "/api/v1/calendars/{id}/link/name", operation_id = "make_calendar_public",
    request_body = CalendarNameIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarLinkOut)))]
async fn make_calendar_public(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<CalendarNameIn>,
) -> Result<Body<CalendarLinkOut>, Problem> {
    let (link, owner) = given.give(&calendars, &caller, id).await?;
    Ok(Body(CalendarLinkOut::of(&link, owner)))
}

/// Takes the name of a calendar: its link stays
#[utoipa::path(delete, path = "/api/v1/calendars/{id}/link/name", operation_id = "make_calendar_unlisted",
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarLinkOut)))]
async fn make_calendar_unlisted(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Body<CalendarLinkOut>, Problem> {
    let owner = managed_by(&calendars, &caller, id).await?;
    let link = calendars.make_unlisted(owner, id).await?;
    Ok(Body(CalendarLinkOut::of(&link, owner)))
}

/// Takes a name from the calendar that has it
#[utoipa::path(delete, path = "/api/v1/calendar/public/{name}", operation_id = "take_down_public_calendar",
    params(("name" = String, Path, description = "The name")),
    responses((status = NO_CONTENT)))]
async fn take_down_public_calendar(
    State(calendars): State<Calendars>,
    InPath(name): InPath<String>,
) -> Result<StatusCode, Problem> {
    let name = PublicName::parse(&name).map_err(|_| Problem::not_found())?;
    calendars.take_down(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
