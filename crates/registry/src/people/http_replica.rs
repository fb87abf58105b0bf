//! The replica over HTTP: for services that feed people without a message broker.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use front::{Body, Caller, FieldError, Problem};
use kernel::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits::REPLICA_ROWS_MAX;
use super::replica::{Fact, Taken};
use super::types::{ReplicaRow, Replicated};
use super::wire::{AboutIn, Faults, ScalarIn};
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
    let mut facts = Vec::new();
    let mut answers = Vec::new();
    for row in rows {
        let id = row.id.clone();
        let errors = match row.check() {
            Ok(fact) => {
                facts.push(fact);
                None
            }
            Err(problem) => Some(problem.errors().to_vec()),
        };
        answers.push((id, errors));
    }
    let mut taken = registry.take_facts(&By::from(&caller), facts).await?.into_iter();
    let rows = answers.into_iter().filter_map(|(id, errors)| match errors {
        Some(errors) => Some(ReplicatedOut {
            id,
            outcome: OutcomeOut::Invalid,
            email_taken: false,
            errors,
        }),
        None => taken.next().map(
            |Taken {
                 outcome, email_taken, ..
             }| ReplicatedOut {
                id,
                outcome: outcome.into(),
                email_taken,
                errors: Vec::new(),
            },
        ),
    });
    Ok(axum::Json(ReplicaOut { rows: rows.collect() }))
}

/// Whether a batch is of a size that is taken.
pub(super) fn check_size(rows: usize, field: &str) -> Result<(), Problem> {
    if rows <= REPLICA_ROWS_MAX {
        return Ok(());
    }
    metrics::counter!("townhall_limit_reached_total", "limit" => "replica_rows").increment(1);
    let message = format!("must have at most {REPLICA_ROWS_MAX} rows; send the rest in another batch");
    Err(Problem::invalid(field, "too_long", message))
}

impl ReplicaIn {
    fn check(self) -> Result<Fact, Problem> {
        let mut faults = Faults::default();
        let id = self
            .id
            .parse::<PersonId>()
            .map_err(|bad| faults.add("id", "id", bad.to_string()))
            .ok();
        if self.version < 0 {
            faults.add("version", "number", "must not be negative");
        }
        if self.gone {
            return faults.or(id.map(|id| Fact::Gone {
                id,
                source_version: self.version,
            }));
        }
        let about = AboutIn {
            email: self.email.as_deref(),
            name: self.name.as_deref().unwrap_or_default(),
            name_required: false,
            language: self.language.as_deref(),
            zone: self.zone.as_deref(),
            attributes: self.attributes,
        };
        let about = about.check(&mut faults);
        let (blocked, source_version) = (self.blocked, self.version);
        let row = id.zip(about).map(|(id, about)| ReplicaRow {
            id,
            blocked,
            about,
            source_version,
        });
        faults.or(row.map(Fact::Known))
    }
}
