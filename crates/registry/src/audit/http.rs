//! The audit trail over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use front::{Access, Caller, InPath, Listing, Paging, PagingIn, Problem, Query, Routes, routes};
use kernel::{Id, Moment, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::types::{Act, Entry, Filter};
use crate::grants::types::Doer;
use crate::grants::{ADMIN, AUDITOR};
use crate::service::Registry;

pub const READ: &str = "audit:read";

pub fn routes() -> Routes<Arc<Registry>> {
    Routes::new("registry")
        .api(Access::role(&[ADMIN, AUDITOR]).or_key(READ), routes!(list_audit))
        .api(Access::SIGNED_IN, routes!(list_person_audit))
}

/// One act.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryOut {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = DateTime)]
    at: String,
    /// One of a closed list, such as `person.blocked`.
    act: &'static str,
    by: ActorOut,
    /// The person, session or key that was acted on.
    #[schema(format = "uuid")]
    on: String,
    request_id: String,
    /// Ids, codes and the names of fields; never personal values.
    details: BTreeMap<String, String>,
}

/// Who acted.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActorOut {
    /// `person`, `key` (a service), `house` (the operator) or `nobody` (who did not sign in).
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    id: Option<String>,
}

impl From<Entry> for EntryOut {
    fn from(entry: Entry) -> EntryOut {
        let actor = entry.by.actor;
        EntryOut {
            id: entry.id.to_string(),
            at: entry.at.to_string(),
            act: entry.act.code(),
            by: ActorOut {
                kind: actor.kind(),
                id: actor.id().map(|id| id.to_string()),
            },
            on: entry.on.to_string(),
            request_id: entry.by.request,
            details: entry.details.0.into_iter().collect(),
        }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FilterIn {
    /// Only acts on this person, session or key.
    #[param(format = "uuid")]
    on: Option<String>,
    /// Only acts by this person or key.
    #[param(format = "uuid")]
    by: Option<String>,
    /// Only this act, such as `person.blocked`.
    act: Option<String>,
    /// Only acts at this instant or later.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only acts before this instant.
    #[param(format = DateTime)]
    until: Option<String>,
}

impl FilterIn {
    fn check(&self) -> Result<Filter, Problem> {
        Ok(Filter {
            on: parsed("on", self.on.as_deref(), |text| text.parse::<Id>().ok())?,
            by: parsed("by", self.by.as_deref(), |text| text.parse::<Id>().ok())?,
            act: parsed("act", self.act.as_deref(), Act::parse)?,
            from: parsed("from", self.from.as_deref(), |text| text.parse::<Moment>().ok())?,
            until: parsed("until", self.until.as_deref(), |text| text.parse::<Moment>().ok())?,
        })
    }
}

fn parsed<T>(
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    match text {
        None => Ok(None),
        Some(text) => parse(text).map(Some).ok_or_else(|| {
            let message = match field {
                "act" => "is not an act that is written down",
                "from" | "until" => "must be an instant such as 2026-11-21T10:00:00Z",
                _ => "must be an id",
            };
            Problem::new(front::Code::Malformed).field(field, "parameter", message)
        }),
    }
}

/// What was done in the house, newest first
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", params(PagingIn, FilterIn),
    responses((status = OK, body = Listing<EntryOut>)))]
async fn list_audit(
    State(registry): State<Arc<Registry>>,
    paging: Paging,
    Query(filter): Query<FilterIn>,
) -> Result<Listing<EntryOut>, Problem> {
    let page = registry
        .audit(&filter.check()?, paging.after.as_ref(), paging.size)
        .await?;
    Ok(Listing::of(page, EntryOut::from))
}

/// What was done on one person, newest first: oneself, or as an administrator or auditor anybody
#[utoipa::path(get, path = "/api/v1/people/{id}/audit", operation_id = "list_person_audit",
    params(("id" = String, Path, format = "uuid", description = "The person"), PagingIn),
    responses((status = OK, body = Listing<EntryOut>)))]
async fn list_person_audit(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
    paging: Paging,
) -> Result<Listing<EntryOut>, Problem> {
    let page = registry
        .audit_of(&Doer::from(&caller), id, paging.after.as_ref(), paging.size)
        .await?;
    Ok(Listing::of(page, EntryOut::from))
}
