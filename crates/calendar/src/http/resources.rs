//! Rooms and things over HTTP.

use axum::extract::State;
use front::{Access, Body, InPath, Listing, Paging, PagingIn, Problem, Query, Role, Routes, routes};
use http::StatusCode;
use kernel::{Id, Moment, Page, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::OWN;
use super::agenda::instant;
use crate::finding::{check_days, check_seats};
use crate::resources::{Place, Resource, Sort};
use crate::service::Calendars;

/// Rooms are the house's.
pub(crate) const ADMIN: Access = Access::role(&[Role::on("admin", "house")]);

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes
        .api(OWN, routes!(list_resources))
        .api(ADMIN, routes!(put_resource, end_resource))
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ResourceSort {
    Room,
    /// A projector, a van.
    Thing,
}

/// Somebody whom one invites, and who comes if they are free.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResourceOut {
    #[schema(format = "uuid")]
    person: String,
    sort: ResourceSort,
    name: String,
    place: String,
    /// How many people find a place in it.
    seats: i64,
    /// Whether it is free for all of the time that was asked about. Absent: none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    free: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResourceIn {
    sort: ResourceSort,
    /// Where it is.
    #[serde(default)]
    #[schema(max_length = 200)]
    place: String,
    /// How many people find a place in it.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000)]
    seats: i64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResourcesIn {
    /// Only those with so many seats.
    #[param(minimum = 0, maximum = 100_000)]
    pub(crate) seats: Option<i64>,
    /// With `to`: says of each whether it is free from then (RFC 3339).
    #[param(format = DateTime)]
    pub(crate) from: Option<String>,
    /// Until then.
    #[param(format = DateTime)]
    pub(crate) to: Option<String>,
}

impl ResourcesIn {
    /// Some of them, and of each whether it is free, if that was asked.
    pub(crate) async fn listed(
        &self,
        calendars: &Calendars,
        paging: &Paging,
    ) -> Result<(Page<Resource>, Option<Vec<bool>>), Problem> {
        let after = paging.after.as_ref().map(Place::of).transpose();
        let after = after.map_err(front::bad_cursor)?;
        let range = range(self)?;
        let seats = self.seats.unwrap_or_default();
        check_seats("seats", seats)?;
        let page = calendars.resources(after, seats, paging.size).await?;
        let free = match range {
            Some(range) => Some(calendars.free_of(&page.items, range).await?),
            None => None,
        };
        Ok((page, free))
    }
}

pub(crate) fn resource_out(resource: Resource) -> ResourceOut {
    ResourceOut {
        person: resource.person.to_string(),
        sort: match resource.sort {
            Sort::Room => ResourceSort::Room,
            Sort::Thing => ResourceSort::Thing,
        },
        name: resource.name,
        place: resource.place,
        seats: resource.seats,
        free: None,
    }
}

/// Rooms and things, by name
#[utoipa::path(get, path = "/api/v1/calendar/resources", operation_id = "list_calendar_resources",
    params(PagingIn, ResourcesIn), responses((status = OK, body = Listing<ResourceOut>)))]
async fn list_resources(
    State(calendars): State<Calendars>,
    paging: Paging,
    Query(wanted): Query<ResourcesIn>,
) -> Result<Body<Listing<ResourceOut>>, Problem> {
    let (page, free) = wanted.listed(&calendars, &paging).await?;
    let mut listed = Listing::of(page, resource_out);
    for (one, free) in listed.items.iter_mut().zip(free.into_iter().flatten()) {
        one.free = Some(free);
    }
    Ok(Body(listed))
}

fn range(wanted: &ResourcesIn) -> Result<Option<(Moment, Moment)>, Problem> {
    let (from, to) = match (&wanted.from, &wanted.to) {
        (None, None) => return Ok(None),
        (Some(from), Some(to)) => (from, to),
        (Some(_), None) => return Err(Problem::invalid("to", "missing", "must be given with `from`")),
        (None, Some(_)) => return Err(Problem::invalid("from", "missing", "must be given with `to`")),
    };
    let range = (instant("from", from)?, instant("to", to)?);
    check_days(range.0, range.1)?;
    Ok(Some(range))
}

/// Makes somebody of the registry a room or a thing
///
/// From then on it answers invitations by itself: it comes if it is free. It gets no letters, so nobody is reminded of what it takes
/// part in.
#[utoipa::path(put, path = "/api/v1/calendar/resources/{person}", operation_id = "put_calendar_resource",
    request_body = ResourceIn,
    params(("person" = String, Path, format = "uuid", description = "Who it is in the registry")),
    responses((status = OK, body = ResourceOut)))]
async fn put_resource(
    State(calendars): State<Calendars>,
    InPath(person): InPath<Id>,
    Body(given): Body<ResourceIn>,
) -> Result<Body<ResourceOut>, Problem> {
    let sort = match given.sort {
        ResourceSort::Room => Sort::Room,
        ResourceSort::Thing => Sort::Thing,
    };
    let about = (sort, given.place, given.seats);
    let made = calendars.make_resource(PersonId(person), about).await?;
    Ok(Body(resource_out(made)))
}

/// Makes a room or a thing somebody who answers by themselves
#[utoipa::path(delete, path = "/api/v1/calendar/resources/{person}", operation_id = "end_calendar_resource",
    params(("person" = String, Path, format = "uuid", description = "Who it is in the registry")),
    responses((status = NO_CONTENT)))]
async fn end_resource(
    State(calendars): State<Calendars>,
    InPath(person): InPath<Id>,
) -> Result<StatusCode, Problem> {
    calendars.end_resource(PersonId(person)).await?;
    Ok(StatusCode::NO_CONTENT)
}
