//! The export over HTTP.

use std::sync::Arc;

use axum::extract::State;
use front::{Caller, InPath, Problem};
use kernel::PersonId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Export;
use crate::audit::http::EntryOut;
use crate::grants::http::GrantOut;
use crate::grants::types::Doer;
use crate::people::wire::PersonOut;
use crate::service::Registry;

/// Everything that is held about one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportOut {
    #[schema(format = DateTime)]
    exported_at: String,
    person: PersonOut,
    grants: Vec<GrantOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    password_set_at: Option<String>,
    sessions: Vec<HeldSessionOut>,
    app_passwords: Vec<HeldAppPasswordOut>,
    links: Vec<HeldLinkOut>,
    /// What was done on them, newest first; at most 10,000 entries.
    audit: Vec<EntryOut>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldSessionOut {
    #[schema(format = "uuid")]
    id: String,
    device: String,
    address: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldAppPasswordOut {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    #[schema(format = DateTime)]
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldLinkOut {
    /// `invitation` or `reset`.
    purpose: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Takes out everything that is held about somebody: oneself, or as one who administers people others
#[utoipa::path(get, path = "/api/v1/people/{id}/export", operation_id = "export_person",
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = OK, body = ExportOut)))]
pub(crate) async fn export_person(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
) -> Result<axum::Json<ExportOut>, Problem> {
    Ok(axum::Json(ExportOut::from(
        registry.export_person(&Doer::from(&caller), id).await?,
    )))
}

impl From<Export> for ExportOut {
    fn from(export: Export) -> ExportOut {
        ExportOut {
            exported_at: export.at.to_string(),
            person: PersonOut::from(&export.person),
            grants: export.grants.into_iter().map(GrantOut::from).collect(),
            password_set_at: export
                .account
                .and_then(|a| a.password_set_at)
                .map(|at| at.to_string()),
            sessions: export
                .sessions
                .into_iter()
                .map(|session| HeldSessionOut {
                    id: session.id.to_string(),
                    device: session.device,
                    address: session.address,
                    created_at: session.created.to_string(),
                    last_seen_at: session.last_seen.to_string(),
                })
                .collect(),
            app_passwords: export
                .app_passwords
                .into_iter()
                .map(|held| HeldAppPasswordOut {
                    id: held.id.to_string(),
                    name: held.name.into_string(),
                    created_at: held.created.to_string(),
                })
                .collect(),
            links: export
                .links
                .into_iter()
                .map(|link| HeldLinkOut {
                    purpose: link.purpose.as_str(),
                    created_at: link.created.to_string(),
                    expires_at: link.expires.to_string(),
                })
                .collect(),
            audit: export.audit.into_iter().map(EntryOut::from).collect(),
        }
    }
}
