//! Roles over HTTP.

use std::sync::Arc;

use axum::extract::State;
use front::{Access, Body, Caller, InPath, InPath2, Problem, Routes, routes};
use http::StatusCode;
use kernel::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ADMIN;
use super::types::{Doer, Given, HOUSE, NamedRole};
use crate::people::http::READ;
use crate::service::Registry;

pub fn routes() -> Routes<Arc<Registry>> {
    Routes::new("registry")
        .api(Access::SIGNED_IN.or_key(READ), routes!(list_grants))
        .api(Access::role(&[ADMIN]), routes!(add_grant))
        .api(Access::role(&[ADMIN]), routes!(remove_grant))
}

/// A relation to a scope: `admin` on `house`.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantOut {
    pub relation: String,
    pub scope: String,
    #[schema(format = DateTime)]
    pub granted_at: String,
}

impl From<Given> for GrantOut {
    fn from(given: Given) -> GrantOut {
        GrantOut {
            relation: given.relation,
            scope: given.scope,
            granted_at: given.at.to_string(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct GrantsOut {
    grants: Vec<GrantOut>,
}

/// A role to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GrantIn {
    /// `admin`, `registrar`, `auditor` or `analyst`.
    #[schema(pattern = "^(admin|registrar|auditor|analyst)$")]
    relation: String,
    /// What it is to: `house`, which is also meant when nothing is said.
    #[serde(default = "house")]
    #[schema(pattern = "^house$")]
    scope: String,
}

fn house() -> String {
    HOUSE.to_owned()
}

/// The roles that somebody holds
#[utoipa::path(get, path = "/api/v1/people/{id}/grants", operation_id = "list_grants",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = OK, body = GrantsOut)))]
async fn list_grants(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<axum::Json<GrantsOut>, Problem> {
    let given = registry.grants(&Doer::from(&caller), id).await?;
    Ok(axum::Json(GrantsOut {
        grants: given.into_iter().map(GrantOut::from).collect(),
    }))
}

/// Gives somebody a role
#[utoipa::path(post, path = "/api/v1/people/{id}/grants", operation_id = "add_grant", request_body = GrantIn,
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = NO_CONTENT, description = "They hold it, whether or not they did before")))]
async fn add_grant(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
    Body(body): Body<GrantIn>,
) -> Result<StatusCode, Problem> {
    registry
        .grant(&Doer::from(&caller), id, &body.relation, &body.scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a role away
///
/// The last administrator of the house keeps theirs.
#[utoipa::path(delete, path = "/api/v1/people/{id}/grants/{role}", operation_id = "remove_grant",
    params(("id" = String, Path, format = "uuid", description = "The person"),
        ("role" = String, Path, description = "The relation and its scope: `auditor@house`")),
    responses((status = NO_CONTENT, description = "They do not hold it, whether or not they did before")))]
async fn remove_grant(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath2(id, role): InPath2<PersonId, NamedRole>,
) -> Result<StatusCode, Problem> {
    registry
        .revoke_grant(&Doer::from(&caller), id, &role.relation, &role.scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
