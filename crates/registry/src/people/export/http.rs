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
    /// Addresses that they bore before, the last one first.
    former_emails: Vec<String>,
    grants: Vec<GrantOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    password_set_at: Option<String>,
    sessions: Vec<HeldSessionOut>,
    app_passwords: Vec<HeldAppPasswordOut>,
    /// The ids of the groups that they are in.
    groups: Vec<String>,
    links: Vec<HeldLinkOut>,
    /// Streams of letters that they stopped.
    stopped_streams: Vec<HeldStreamOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_hours: Option<HeldHoursOut>,
    /// Letters to them, newest first; at most 10,000.
    letters: Vec<HeldLetterOut>,
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

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldStreamOut {
    stream: String,
    #[schema(format = DateTime)]
    stopped_at: String,
}

/// By the clock where they live.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldHoursOut {
    /// `22:00`
    from: String,
    until: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldLetterOut {
    /// Such as `registry.invitation`.
    kind: String,
    #[schema(format = DateTime)]
    asked_at: String,
    /// Where it is on its way: `waiting`, `handed_over`, `delivered` and others.
    state: &'static str,
    /// When it came there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
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
    let export = registry.export_person(&Doer::from(&caller), id).await?;
    Ok(axum::Json(ExportOut::new(export, &registry)))
}

/// The letters of an export, with the names of their kinds.
fn letters(held: &post::Holding, registry: &Registry) -> Vec<HeldLetterOut> {
    let letter = |letter: &post::letters::Letter| HeldLetterOut {
        kind: registry.kind_of_letter(letter.kind),
        asked_at: letter.asked.to_string(),
        state: letter.state.name(),
        since: letter.story.last().map(|step| step.at.to_string()),
    };
    held.letters.iter().map(letter).collect()
}

impl ExportOut {
    pub(crate) fn new(export: Export, registry: &Registry) -> ExportOut {
        let clock = post::streams::clock;
        ExportOut {
            letters: letters(&export.post, registry),
            quiet_hours: export.post.quiet.map(|quiet| HeldHoursOut {
                from: clock(quiet.from()),
                until: clock(quiet.until()),
            }),
            stopped_streams: export
                .post
                .stopped
                .into_iter()
                .map(|(stream, since)| HeldStreamOut {
                    stream,
                    stopped_at: since.to_string(),
                })
                .collect(),
            exported_at: export.at.to_string(),
            person: PersonOut::from(&export.person),
            former_emails: export
                .person
                .former_emails
                .iter()
                .map(ToString::to_string)
                .collect(),
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
            groups: export.groups.iter().map(ToString::to_string).collect(),
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
