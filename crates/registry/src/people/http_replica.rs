//! The replica over HTTP: for services that feed people without a message broker.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use front::{Body, Caller, FieldError, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::replica::{Fact, Taken};
use super::report::{Head, Row, check_size};
use super::types::Replicated;
use super::wire::{AboutIn, ScalarIn};
use crate::audit::By;
use crate::service::Registry;

/// One person as the source knows them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicaIn {
    #[schema(format = "uuid")]
    id: String,
    /// Grows with each change at the source. Of two rows about one person the higher version counts, in whatever
    /// order they come.
    version: i64,
    /// The source no longer has the person. Nothing else is read then.
    #[serde(default)]
    gone: bool,
    /// The source keeps the person out.
    #[serde(default)]
    blocked: bool,
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    #[schema(max_length = 200)]
    name: Option<String>,
    /// `en` or `ru`; `en` if not given.
    #[schema(pattern = "^(en|ru)$")]
    language: Option<String>,
    /// Of the IANA database; `UTC` if not given.
    #[schema(max_length = 64)]
    zone: Option<String>,
    /// Plain values under names: texts, numbers, true and false.
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    attributes: Option<BTreeMap<String, ScalarIn>>,
}

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeOut {
    Created,
    Changed,
    /// It was known already.
    Unchanged,
    /// A later version is known already.
    Late,
    Retired,
    /// The person is governed here, so the source does not reach them.
    GovernedHere,
    /// The house would be left without an administrator.
    LastAdmin,
    /// The row was not accepted; `errors` says why.
    Invalid,
}

impl From<Replicated> for OutcomeOut {
    fn from(outcome: Replicated) -> OutcomeOut {
        match outcome {
            Replicated::Created => OutcomeOut::Created,
            Replicated::Changed => OutcomeOut::Changed,
            Replicated::Unchanged => OutcomeOut::Unchanged,
            Replicated::Late => OutcomeOut::Late,
            Replicated::Retired => OutcomeOut::Retired,
            Replicated::GovernedHere => OutcomeOut::GovernedHere,
            Replicated::LastAdmin => OutcomeOut::LastAdmin,
        }
    }
}

/// The answer to one row.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplicatedOut {
    /// As it was sent.
    id: String,
    outcome: OutcomeOut,
    /// The address belongs to somebody else, so the person is kept without it.
    email_taken: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<BTreeMap<String, String>>)]
    errors: Vec<FieldError>,
}

/// The answers in the order of the rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplicaOut {
    rows: Vec<ReplicatedOut>,
}

/// Takes in people as another system knows them
///
/// At most 1,000 rows. The batch may be sent again: a row that is known changes nothing. A row that is not accepted
/// does not stop the others.
#[utoipa::path(put, path = "/api/v1/replica/people", operation_id = "replicate_people", request_body = Vec<ReplicaIn>,
    responses((status = OK, body = ReplicaOut)))]
pub(super) async fn replicate_people(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    Body(rows): Body<Vec<ReplicaIn>>,
) -> Result<axum::Json<ReplicaOut>, Problem> {
    check_size(rows.len(), "")?;
    let rows = rows.into_iter().map(ReplicaIn::read).collect();
    let answers = registry.take_rows(&By::from(&caller), rows).await?;
    Ok(axum::Json(ReplicaOut {
        rows: answers.into_iter().map(ReplicatedOut::from).collect(),
    }))
}

impl From<Row<Taken>> for ReplicatedOut {
    fn from(row: Row<Taken>) -> ReplicatedOut {
        match row.said {
            Ok(taken) => ReplicatedOut {
                id: row.id,
                outcome: taken.outcome.into(),
                email_taken: taken.email_taken,
                errors: Vec::new(),
            },
            Err(problem) => ReplicatedOut {
                id: row.id,
                outcome: OutcomeOut::Invalid,
                email_taken: false,
                errors: problem.errors().to_vec(),
            },
        }
    }
}

impl ReplicaIn {
    fn read(self) -> Row<Fact> {
        let head = Head {
            id: &self.id,
            version: self.version,
            gone: self.gone,
            blocked: self.blocked,
        };
        let said = head.fact(|_| AboutIn {
            email: self.email.as_deref(),
            name: self.name.as_deref().unwrap_or_default(),
            name_required: false,
            language: self.language.as_deref(),
            zone: self.zone.as_deref(),
            attributes: self.attributes,
        });
        Row { id: self.id, said }
    }
}
