//! People over HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{
    Access, Body, Caller, ETag, IfMatch, InPath, Listing, Paging, PagingIn, Problem, Query, Routes, routes,
};
use http::{HeaderValue, StatusCode, header};
use kernel::PersonId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::list::Search;
use super::service::{NewPerson, Start};
use super::types::Person;
use super::wire::{PersonChangeIn, PersonIn, PersonOut, RoleOut, StateOut};
use super::{export, http_replica};
use crate::grants::types::Doer;
use crate::grants::{ADMIN, AUDITOR, REGISTRAR};
use crate::service::Registry;

pub const READ: &str = "people:read";
pub const WRITE: &str = "people:write";
pub const REPLICATE: &str = "people:replicate";

const ADMINISTERS: Access = Access::role(&[ADMIN, REGISTRAR]).or_key(WRITE);

pub fn routes() -> Routes<Arc<Registry>> {
    Routes::new("registry")
        .api(
            Access::role(&[ADMIN, REGISTRAR, AUDITOR]).or_key(READ),
            routes!(list_people),
        )
        .api(ADMINISTERS, routes!(create_person))
        .api(Access::SIGNED_IN, routes!(get_me))
        .api(Access::SIGNED_IN, routes!(change_me))
        .api(Access::SIGNED_IN.or_key(READ), routes!(get_person))
        .api(Access::SIGNED_IN.or_key(WRITE), routes!(change_person))
        .api(ADMINISTERS, routes!(delete_person))
        .api(ADMINISTERS, routes!(block_person))
        .api(ADMINISTERS, routes!(unblock_person))
        .api(Access::SIGNED_IN, routes!(export::http::export_person))
        .api(Access::key(REPLICATE), routes!(http_replica::replicate_people))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListIn {
    /// Only people in this state. Deleted ones are listed only when asked for.
    state: Option<StateOut>,
    /// The beginning of a name or of an e-mail address.
    search: Option<String>,
    /// Only people who hold this role on the house.
    #[param(inline)]
    role: Option<RoleOut>,
}

/// The people of the house, by name
#[utoipa::path(get, path = "/api/v1/people", operation_id = "list_people", params(PagingIn, ListIn),
    responses((status = OK, body = Listing<PersonOut>)))]
async fn list_people(
    State(registry): State<Arc<Registry>>,
    paging: Paging,
    Query(wanted): Query<ListIn>,
) -> Result<Listing<PersonOut>, Problem> {
    let search = Search {
        state: wanted.state.map(Into::into),
        text: wanted.search,
        role: wanted.role.map(Into::into),
    };
    let page = registry
        .people(&search, paging.after.as_ref(), paging.size)
        .await?;
    Ok(Listing::of(page, |person| PersonOut::from(&person)))
}

/// Adds somebody, who is invited by a link later
#[utoipa::path(post, path = "/api/v1/people", operation_id = "create_person", request_body = PersonIn,
    responses((status = CREATED, body = PersonOut,
        headers(("ETag" = String, description = "The version"), ("Location" = String)))))]
async fn create_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    Body(body): Body<PersonIn>,
) -> Result<Response, Problem> {
    let (id, about) = body.check()?;
    let new = NewPerson {
        id,
        about,
        start: Start::Invited,
    };
    let person = registry.create_person(&Doer::from(&caller), new).await?;
    let place = HeaderValue::try_from(format!("/api/v1/people/{}", person.id)).map_err(Problem::internal)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], shown(&person)).into_response())
}

/// Whoever is signed in
#[utoipa::path(get, path = "/api/v1/me", operation_id = "get_me",
    responses((status = OK, body = PersonOut, headers(("ETag" = String, description = "The version")))))]
async fn get_me(State(registry): State<Arc<Registry>>, caller: Caller) -> Result<Response, Problem> {
    let id = caller.person()?.id;
    Ok(shown(&registry.person(&Doer::from(&caller), id).await?))
}

/// Changes one's own name, language or zone
#[utoipa::path(patch, path = "/api/v1/me", operation_id = "change_me", request_body = PersonChangeIn,
    params(("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = PersonOut, headers(("ETag" = String, description = "The version")))))]
async fn change_me(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    if_match: IfMatch,
    Body(body): Body<PersonChangeIn>,
) -> Result<Response, Problem> {
    let id = caller.person()?.id;
    let person = registry
        .change_person(&Doer::from(&caller), id, body.check()?, Some(if_match))
        .await?;
    Ok(shown(&person))
}

/// One person: oneself, or as one who administers people anybody
#[utoipa::path(get, path = "/api/v1/people/{id}", operation_id = "get_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = OK, body = PersonOut, headers(("ETag" = String, description = "The version")))))]
async fn get_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<Response, Problem> {
    Ok(shown(&registry.person(&Doer::from(&caller), id).await?))
}

/// Changes what is known about somebody
#[utoipa::path(patch, path = "/api/v1/people/{id}", operation_id = "change_person", request_body = PersonChangeIn,
    params(("id" = String, Path, format = "uuid", description = "The person"),
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = PersonOut, headers(("ETag" = String, description = "The version")))))]
async fn change_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
    if_match: IfMatch,
    Body(body): Body<PersonChangeIn>,
) -> Result<Response, Problem> {
    let person = registry
        .change_person(&Doer::from(&caller), id, body.check()?, Some(if_match))
        .await?;
    Ok(shown(&person))
}

/// Keeps somebody out, and ends their sessions
#[utoipa::path(post, path = "/api/v1/people/{id}/block", operation_id = "block_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = OK, body = PersonOut, headers(("ETag" = String, description = "The version")))))]
async fn block_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<Response, Problem> {
    Ok(shown(&registry.block_person(&Doer::from(&caller), id).await?))
}

/// Lets somebody in again
#[utoipa::path(post, path = "/api/v1/people/{id}/unblock", operation_id = "unblock_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = OK, body = PersonOut, headers(("ETag" = String, description = "The version")))))]
async fn unblock_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<Response, Problem> {
    Ok(shown(&registry.unblock_person(&Doer::from(&caller), id).await?))
}

/// Forgets everything about somebody but their id
#[utoipa::path(delete, path = "/api/v1/people/{id}", operation_id = "delete_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = NO_CONTENT, description = "Nothing is left but the id")))]
async fn delete_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<StatusCode, Problem> {
    registry.delete_person(&Doer::from(&caller), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A person with their version as the ETag.
fn shown(person: &Person) -> Response {
    (ETag::of(person.version), axum::Json(PersonOut::from(person))).into_response()
}
