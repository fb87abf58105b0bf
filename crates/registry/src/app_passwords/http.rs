//! App passwords over HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Access, Body, Caller, Code, InPath, Listing, Problem, Routes, routes};
use http::{HeaderValue, StatusCode, header};
use kernel::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AppPassword, Refused};
use crate::audit::By;
use crate::{Registry, problems};

pub fn routes() -> Routes<Arc<Registry>> {
    Routes::new("registry")
        .api(Access::SIGNED_IN, routes!(my_app_passwords, make_app_password))
        .api(Access::SIGNED_IN, routes!(remove_app_password))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AppPasswordIn {
    /// Which client it is for.
    #[schema(min_length = 1, max_length = 80, example = "Calendar on my telephone")]
    name: String,
}

/// A password for one client.
#[derive(Serialize, ToSchema)]
struct AppPasswordOut {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// To the hour. Absent while it was never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// For HTTP Basic, with the e-mail as the user name. It is shown once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

impl From<AppPassword> for AppPasswordOut {
    fn from(known: AppPassword) -> AppPasswordOut {
        AppPasswordOut {
            id: known.id.to_string(),
            name: known.name.into_string(),
            created_at: known.created.to_string(),
            last_used_at: known.last_used.map(|at| at.to_string()),
            password: None,
        }
    }
}

/// One's own app passwords, the oldest first
#[utoipa::path(get, path = "/api/v1/me/app-passwords", operation_id = "my_app_passwords",
    responses((status = OK, body = Listing<AppPasswordOut>)))]
async fn my_app_passwords(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
) -> Result<Listing<AppPasswordOut>, Problem> {
    let known = registry
        .app_passwords(caller.person()?.id)
        .await
        .map_err(refused)?;
    Ok(Listing {
        items: known.into_iter().map(AppPasswordOut::from).collect(),
        next: None,
    })
}

/// Makes an app password, for a client that can do nothing better than HTTP Basic
#[utoipa::path(post, path = "/api/v1/me/app-passwords", operation_id = "make_app_password",
    request_body = AppPasswordIn, responses((status = CREATED, body = AppPasswordOut)))]
async fn make_app_password(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    Body(given): Body<AppPasswordIn>,
) -> Result<Response, Problem> {
    let me = caller.person()?.id;
    let (made, secret) = registry
        .make_app_password(me, &given.name, &By::from(&caller))
        .await
        .map_err(refused)?;
    let out = AppPasswordOut {
        password: Some(secret.reveal().to_owned()),
        ..AppPasswordOut::from(made)
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, no_store, axum::Json(out)).into_response())
}

/// Takes an app password away
#[utoipa::path(delete, path = "/api/v1/me/app-passwords/{id}", operation_id = "remove_app_password",
    params(("id" = String, Path, format = "uuid", description = "The app password")),
    responses((status = NO_CONTENT, description = "It is good no more")))]
async fn remove_app_password(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<StatusCode, Problem> {
    let me = caller.person()?.id;
    registry
        .remove_app_password(me, id, &By::from(&caller))
        .await
        .map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn refused(why: Refused) -> Problem {
    match why {
        Refused::Name(why) => Problem::invalid("name", "name", why.to_string()),
        Refused::TooManyOfThem => Problem::conflict(format!("{why}.")),
        Refused::WrongCredentials => Problem::new(Code::CredentialsInvalid),
        Refused::TooMany { seconds } => Problem::new(Code::TooManyRequests).retry_after(seconds),
        Refused::NotFound => Problem::not_found(),
        Refused::Store(error) => problems::of_store(error),
    }
}
