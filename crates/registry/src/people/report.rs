//! A batch of the replica, row by row and whatever wire it came over: a row that is not accepted does not stop the
//! others, and each is answered in its place.

use std::sync::Arc;

use front::Problem;
use kernel::PersonId;

use super::limits::REPLICA_ROWS_MAX;
use super::replica::{Fact, Taken};
use super::types::ReplicaRow;
use super::wire::{AboutIn, Faults};
use crate::audit::By;
use crate::failure::Failure;
use crate::service::Registry;

/// What stands beside the person's own data in a row.
pub(super) struct Head<'a> {
    pub id: &'a str,
    pub version: i64,
    pub gone: bool,
    pub blocked: bool,
}

/// A row by its id as it was sent, and what it says or what became of it, or all that is wrong with it.
pub(super) struct Row<T> {
    pub id: String,
    pub said: Result<T, Problem>,
}

impl Head<'_> {
    /// Of somebody who is gone nothing else is read.
    pub fn fact<'a>(&self, about: impl FnOnce(&mut Faults) -> AboutIn<'a>) -> Result<Fact, Problem> {
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
        let about = about(&mut faults).check(&mut faults);
        let row = id.zip(about).map(|(id, about)| ReplicaRow {
            id,
            blocked: self.blocked,
            about,
            source_version: self.version,
        });
        faults.or(row.map(Fact::Known))
    }
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

impl Registry {
    /// Takes in the rows that are accepted; the answers come in the order of the rows.
    pub(super) async fn take_rows(
        self: &Arc<Self>,
        by: &By,
        rows: Vec<Row<Fact>>,
    ) -> Result<Vec<Row<Taken>>, Failure> {
        let facts = rows.iter().filter_map(|row| row.said.as_ref().ok().cloned());
        let mut taken = self.take_facts(by, facts.collect()).await?.into_iter();
        let answer = |row: Row<Fact>| {
            let said = match row.said {
                Ok(_) => Ok(taken.next()?),
                Err(problem) => Err(problem),
            };
            Some(Row { id: row.id, said })
        };
        Ok(rows.into_iter().filter_map(answer).collect())
    }
}
