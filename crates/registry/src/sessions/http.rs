//! Sessions over HTTP: one's own, and as one who administers people those of others.

use std::sync::Arc;

use axum::extract::State;
use front::{Access, Body, Caller, InPath, Listing, Problem, Routes, routes};
use http::StatusCode;
use kernel::{Id, PersonId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ended, Session, Surface};
use crate::audit::By;
use crate::grants::types::Doer;
use crate::grants::{ADMIN, REGISTRAR};
use crate::{Registry, problems};

pub fn routes() -> Routes<Arc<Registry>> {
    let administers = Access::role(&[ADMIN, REGISTRAR]);
    Routes::new("registry")
        .api(Access::SIGNED_IN, routes!(my_sessions, end_my_other_sessions))
        .api(Access::SIGNED_IN, routes!(end_my_session))
        .api(administers, routes!(sessions_of_person, end_sessions_of_person))
}

/// A device that is signed in.
#[derive(Serialize, ToSchema)]
struct SessionOut {
    #[schema(format = "uuid")]
    id: String,
    /// `Firefox on Linux`; empty when the client did not say.
    device: String,
    /// The address that it was last seen from.
    address: String,
    /// `browser` or `api`.
    surface: &'static str,
    /// The one that this request belongs to.
    current: bool,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last got a new access token.
    #[schema(format = DateTime)]
    last_seen_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl SessionOut {
    fn of(session: Session, current: Option<Id>) -> SessionOut {
        SessionOut {
            id: session.id.to_string(),
            device: session.device,
            address: session.address,
            surface: match session.surface {
                Surface::Api => "api",
                Surface::Browser => "browser",
            },
            current: current == Some(session.id),
            created_at: session.created.to_string(),
            last_seen_at: session.last_seen.to_string(),
            expires_at: session.expires.to_string(),
        }
    }
}

fn listing(sessions: Vec<Session>, current: Option<Id>) -> Listing<SessionOut> {
    let items = sessions
        .into_iter()
        .map(|session| SessionOut::of(session, current))
        .collect();
    Listing { items, next: None }
}

/// How many were ended.
#[derive(Serialize, ToSchema)]
struct EndedOut {
    ended: usize,
}

/// One's own sessions, the last used first
#[utoipa::path(get, path = "/api/v1/me/sessions", operation_id = "my_sessions",
    responses((status = OK, body = Listing<SessionOut>)))]
async fn my_sessions(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
) -> Result<Listing<SessionOut>, Problem> {
    let me = caller.person()?;
    let sessions = registry.sessions(me.id).await.map_err(problems::of_store)?;
    Ok(listing(sessions, Some(me.session)))
}

/// Ends all of one's own sessions but this one
#[utoipa::path(delete, path = "/api/v1/me/sessions", operation_id = "end_my_other_sessions",
    responses((status = OK, body = EndedOut)))]
async fn end_my_other_sessions(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
) -> Result<Body<EndedOut>, Problem> {
    let me = caller.person()?;
    let ended = registry
        .end_sessions(me.id, Some(me.session), &By::from(&caller))
        .await;
    Ok(Body(EndedOut { ended: ended? }))
}

/// Ends one of one's own sessions
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", operation_id = "end_my_session",
    params(("id" = String, Path, format = "uuid", description = "The session")),
    responses((status = NO_CONTENT, description = "The session and its tokens are over")))]
async fn end_my_session(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<StatusCode, Problem> {
    let me = caller.person()?;
    let ended = registry
        .end_session(me.id, id, Ended::Revoked, &By::from(&caller))
        .await;
    if ended.map_err(problems::of_store)? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

/// Somebody's sessions, the last used first
#[utoipa::path(get, path = "/api/v1/people/{id}/sessions", operation_id = "sessions_of_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = OK, body = Listing<SessionOut>)))]
async fn sessions_of_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<Listing<SessionOut>, Problem> {
    Ok(listing(
        registry.sessions_of(&Doer::from(&caller), id).await?,
        None,
    ))
}

/// Ends all of somebody's sessions
#[utoipa::path(delete, path = "/api/v1/people/{id}/sessions", operation_id = "end_sessions_of_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = OK, body = EndedOut)))]
async fn end_sessions_of_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<Body<EndedOut>, Problem> {
    let ended = registry.end_sessions_of(&Doer::from(&caller), id).await?;
    Ok(Body(EndedOut { ended }))
}
