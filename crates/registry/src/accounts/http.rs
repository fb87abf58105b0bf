//! One's own password, and the unlocking of somebody's account, over HTTP.

use std::sync::Arc;

use axum::extract::State;
use front::{Access, Body, Caller, Code, InPath, Problem, Routes, routes};
use http::StatusCode;
use kernel::PersonId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::NotChanged;
use crate::audit::By;
use crate::grants::types::Doer;
use crate::grants::{ADMIN, REGISTRAR};
use crate::{Registry, problems};

pub fn routes() -> Routes<Arc<Registry>> {
    Routes::new("registry")
        .api(Access::SIGNED_IN, routes!(change_my_password))
        .api(Access::role(&[ADMIN, REGISTRAR]), routes!(unlock_person))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordIn {
    #[schema(value_type = String, format = Password, max_length = 128)]
    current: String,
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    new: String,
}

/// Changes one's own password, and ends all other sessions
#[utoipa::path(put, path = "/api/v1/me/password", operation_id = "change_my_password", request_body = PasswordIn,
    responses((status = NO_CONTENT, description = "The new password is good, and other sessions are over")))]
async fn change_my_password(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    Body(typed): Body<PasswordIn>,
) -> Result<StatusCode, Problem> {
    let me = caller.person()?;
    let by = By::from(&caller);
    registry
        .change_password(me.id, me.session, &typed.current, &typed.new, &by)
        .await
        .map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets somebody's wrong passwords, so that they can try again at once
#[utoipa::path(post, path = "/api/v1/people/{id}/unlock", operation_id = "unlock_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = NO_CONTENT, description = "The account is not locked")))]
async fn unlock_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<StatusCode, Problem> {
    registry.unlock_person(&Doer::from(&caller), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a password that was not changed is told, here and on the page.
pub(crate) fn refused(why: NotChanged) -> Problem {
    match why {
        NotChanged::WrongPassword => Problem::invalid("current", "wrong_password", why.to_string()),
        NotChanged::Weak(weak) => Problem::invalid("new", weak.code(), weak.to_string()),
        NotChanged::Same => Problem::invalid("new", "same", why.to_string()),
        NotChanged::Locked { seconds } => Problem::new(Code::TooManyRequests).retry_after(seconds),
        NotChanged::Busy => Problem::new(Code::Overloaded).retry_after(2),
        NotChanged::NoPassword => Problem::conflict("The account has no password. Ask for a reset link."),
        NotChanged::Store(error) => problems::of_store(error),
    }
}
