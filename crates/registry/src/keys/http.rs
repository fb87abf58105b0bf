//! API keys over HTTP. Administrators only: a key is as good as what it opens.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Access, Body, Caller, Code, InPath, Listing, Paging, PagingIn, Problem, Routes, routes};
use http::{HeaderValue, StatusCode, header};
use kernel::{Id, Moment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::service::NewKey;
use super::{ApiKey, Refused};
use crate::audit::By;
use crate::grants::ADMIN;
use crate::{Registry, problems};

pub fn routes() -> Routes<Arc<Registry>> {
    let admin = Access::role(&[ADMIN]);
    Routes::new("registry")
        .api(admin, routes!(list_keys, make_key))
        .api(admin, routes!(get_key, revoke_key))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyIn {
    /// Which service it is for.
    #[schema(min_length = 1, max_length = 80, example = "loader of pupils")]
    name: String,
    /// What it opens: each route says in `x-access` which scope it takes.
    #[schema(min_items = 1, max_items = 32, example = json!(["people:read"]))]
    scopes: Vec<String>,
    /// When it stops by itself (RFC 3339). Absent: never.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// A key of a service.
#[derive(Serialize, ToSchema)]
struct KeyOut {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    scopes: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// To the hour. Absent while it was never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    /// For `X-Api-Key`. It is shown once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl From<ApiKey> for KeyOut {
    fn from(key: ApiKey) -> KeyOut {
        let text = |at: Option<Moment>| at.map(|at| at.to_string());
        KeyOut {
            id: key.id.to_string(),
            name: key.name.into_string(),
            scopes: key.scopes.words().to_vec(),
            created_at: key.created.to_string(),
            expires_at: text(key.expires),
            last_used_at: text(key.last_used),
            revoked_at: text(key.revoked),
            key: None,
        }
    }
}

/// All API keys, the oldest first
#[utoipa::path(get, path = "/api/v1/keys", operation_id = "list_keys", params(PagingIn),
    responses((status = OK, body = Listing<KeyOut>)))]
async fn list_keys(
    State(registry): State<Arc<Registry>>,
    paging: Paging,
) -> Result<Listing<KeyOut>, Problem> {
    let page = registry
        .keys(paging.after.as_ref(), paging.size)
        .await
        .map_err(refused)?;
    Ok(Listing::of(page, KeyOut::from))
}

/// Makes an API key for a service
#[utoipa::path(post, path = "/api/v1/keys", operation_id = "make_key", request_body = KeyIn,
    responses((status = CREATED, body = KeyOut)))]
async fn make_key(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    Body(given): Body<KeyIn>,
) -> Result<Response, Problem> {
    let expires = given
        .expires_at
        .as_deref()
        .map(str::parse::<Moment>)
        .transpose()
        .map_err(|_| {
            Problem::invalid(
                "expires_at",
                "instant",
                "must be an instant such as 2027-01-31T12:00:00Z",
            )
        })?;
    let new = NewKey {
        name: given.name,
        scopes: given.scopes,
        expires,
    };
    let (key, secret) = registry
        .make_key(new, &By::from(&caller))
        .await
        .map_err(refused)?;
    let out = KeyOut {
        key: Some(secret.reveal().to_owned()),
        ..KeyOut::from(key)
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, no_store, axum::Json(out)).into_response())
}

/// One API key
#[utoipa::path(get, path = "/api/v1/keys/{id}", operation_id = "get_key",
    params(("id" = String, Path, format = "uuid", description = "The key")),
    responses((status = OK, body = KeyOut)))]
async fn get_key(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
) -> Result<Body<KeyOut>, Problem> {
    Ok(Body(KeyOut::from(registry.key(id).await.map_err(refused)?)))
}

/// Revokes an API key
#[utoipa::path(delete, path = "/api/v1/keys/{id}", operation_id = "revoke_key",
    params(("id" = String, Path, format = "uuid", description = "The key")),
    responses((status = NO_CONTENT, description = "It is good no more")))]
async fn revoke_key(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<StatusCode, Problem> {
    registry
        .revoke_key(id, &By::from(&caller))
        .await
        .map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn refused(why: Refused) -> Problem {
    match why {
        Refused::Name(why) => Problem::invalid("name", "name", why.to_string()),
        Refused::Scopes => Problem::invalid("scopes", "scopes", why.to_string()),
        Refused::Expiry => Problem::invalid("expires_at", "past", why.to_string()),
        Refused::NotFound => Problem::not_found(),
        Refused::Unknown | Refused::Expired | Refused::Revoked => {
            Problem::new(Code::TokenInvalid).detail(format!("The API key was not accepted: {why}."))
        }
        Refused::BadCursor(error) => front::bad_cursor(error),
        Refused::Store(error) => problems::of_store(error),
    }
}
