//! Links over HTTP.

use std::sync::Arc;

use axum::extract::State;
use front::{Access, Body, Caller, InPath, Problem, Routes, routes};
use http::StatusCode;
use kernel::{PersonId, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::service::{Issued, LinkView};
use super::types::LinkToken;
use crate::grants::types::Doer;
use crate::grants::{ADMIN, REGISTRAR};
use crate::people::wire::email;
use crate::service::Registry;

pub fn routes() -> Routes<Arc<Registry>> {
    let administers = Access::role(&[ADMIN, REGISTRAR]);
    Routes::new("registry")
        .api(administers, routes!(invite_person))
        .api(administers, routes!(reset_person))
        .api(Access::PUBLIC, routes!(open_link))
        .api(Access::PUBLIC, routes!(accept_link))
        .api(Access::PUBLIC, routes!(ask_for_reset))
}

/// A link that was made.
#[derive(Debug, Serialize, ToSchema)]
struct IssuedOut {
    /// `invitation` or `reset`.
    purpose: &'static str,
    /// The address to pass on, as long as nobody carries letters. It is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    link: Option<String>,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<Issued> for IssuedOut {
    fn from(issued: Issued) -> IssuedOut {
        IssuedOut {
            purpose: issued.purpose.as_str(),
            link: issued.address.as_ref().map(Secret::reveal).map(str::to_owned),
            expires_at: issued.expires.to_string(),
        }
    }
}

/// What a link is for, and whose it is.
#[derive(Debug, Serialize, ToSchema)]
struct LinkOut {
    /// `invitation` or `reset`.
    purpose: &'static str,
    email: String,
    name: String,
    language: &'static str,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<LinkView> for LinkOut {
    fn from(view: LinkView) -> LinkOut {
        LinkOut {
            purpose: view.purpose.as_str(),
            email: view.email.to_string(),
            name: view.name,
            language: view.language.code(),
            expires_at: view.expires.to_string(),
        }
    }
}

/// The password to set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptIn {
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    password: String,
}

/// Whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetIn {
    #[schema(format = "email", max_length = 254)]
    email: String,
}

/// Makes a link by which somebody who was invited sets their first password
///
/// An earlier invitation of theirs stops working.
#[utoipa::path(post, path = "/api/v1/people/{id}/invitation", operation_id = "invite_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = CREATED, body = IssuedOut)))]
async fn invite_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<(StatusCode, axum::Json<IssuedOut>), Problem> {
    let issued = registry.invite(&Doer::from(&caller), id).await?;
    Ok((StatusCode::CREATED, axum::Json(issued.into())))
}

/// Makes a link by which somebody sets another password
///
/// An earlier one of theirs stops working.
#[utoipa::path(post, path = "/api/v1/people/{id}/reset", operation_id = "reset_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = CREATED, body = IssuedOut)))]
async fn reset_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<(StatusCode, axum::Json<IssuedOut>), Problem> {
    let issued = registry.issue_reset(&Doer::from(&caller), id).await?;
    Ok((StatusCode::CREATED, axum::Json(issued.into())))
}

/// What a link is for, before it is used
#[utoipa::path(get, path = "/api/v1/links/{token}", operation_id = "open_link",
    params(("token" = String, Path, description = "The last part of the link's address")),
    responses((status = OK, body = LinkOut), (status = GONE, description = "It was used, has expired or was replaced")))]
async fn open_link(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(token): InPath<LinkToken>,
) -> Result<axum::Json<LinkOut>, Problem> {
    registry.pace_links(&caller)?;
    Ok(axum::Json(registry.open_link(&token).await?.into()))
}

/// Sets the password, and uses the link up
#[utoipa::path(post, path = "/api/v1/links/{token}/accept", operation_id = "accept_link", request_body = AcceptIn,
    params(("token" = String, Path, description = "The last part of the link's address")),
    responses((status = NO_CONTENT, description = "The password is set: sign in with it"),
        (status = GONE, description = "It was used, has expired or was replaced")))]
async fn accept_link(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(token): InPath<LinkToken>,
    Body(body): Body<AcceptIn>,
) -> Result<StatusCode, Problem> {
    registry.pace_links(&caller)?;
    registry.accept_link(&caller, &token, &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a new password
///
/// The answer is the same whether or not anybody has the address.
#[utoipa::path(post, path = "/api/v1/resets", operation_id = "ask_for_reset", request_body = ResetIn,
    responses((status = ACCEPTED, description = "If somebody has this address, they or an administrator hear of it")))]
async fn ask_for_reset(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    Body(body): Body<ResetIn>,
) -> Result<StatusCode, Problem> {
    let address = email(&body.email).map_err(|(code, message)| Problem::invalid("email", code, message))?;
    registry.take_reset_request(&caller, address)?;
    Ok(StatusCode::ACCEPTED)
}
