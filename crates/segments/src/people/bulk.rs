//! Many people of one segment: rows from a [`Pile`] are done some thousands at a time, and each is told when it is.

use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kernel::PersonId;
use store::StoreError;

use super::pile::{Pile, Turned};
use super::types::{Outcome, PutRow};
use crate::service::{Refused, Segments, blocking};
use crate::types::{Actor, Key, Reason};

/// People who are written at the same time, so that they share commits.
const PUT_AT_ONCE: usize = 256;
/// Rows that are done before their outcomes are told.
const TOGETHER: usize = 2_048;

/// How many rows came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub added: u64,
    pub removed: u64,
    pub unchanged: u64,
}

/// A segment that many people are to be put into, or taken out of.
pub struct ToPut {
    segments: Segments,
    key: Key,
    by: Actor,
}

impl ToPut {
    pub fn over(self, pile: Pile) -> Result<Doing, Refused> {
        Ok(Doing {
            with: self,
            rows: Some(pile.turned().map_err(|error| lost(&error))?),
            totals: Totals::default(),
            is_told: false,
        })
    }
}

/// Rows that are being done. Dropped, it stops; what was done is done, and the rest can be asked for again.
pub struct Doing {
    with: ToPut,
    rows: Option<Turned>,
    totals: Totals,
    is_told: bool,
}

impl Doing {
    /// Does the next rows and says what became of each, in their order; none when all are done.
    pub async fn next(&mut self) -> Result<Vec<(PutRow, Outcome)>, Refused> {
        let Some(mut rows) = self.rows.take() else {
            return Ok(Vec::new());
        };
        let take = move || rows.take(TOGETHER).map(|taken| (taken, rows));
        let taken = blocking("a change of many people", take).await?;
        let (next, rows) = taken.map_err(|error| lost(&error))?;
        if next.is_empty() {
            return Ok(Vec::new());
        }
        let ToPut { segments, key, by } = &self.with;
        let outcomes = segments.put_rows(key.as_str(), &next, *by).await?;
        self.rows = Some(rows);
        for outcome in &outcomes {
            *match outcome {
                Outcome::Added => &mut self.totals.added,
                Outcome::Removed => &mut self.totals.removed,
                Outcome::Unchanged => &mut self.totals.unchanged,
            } += 1;
        }
        Ok(next.into_iter().zip(outcomes).collect())
    }

    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Whether the totals were told.
    pub fn is_told(&self) -> bool {
        self.is_told
    }

    pub fn has_told(&mut self) {
        self.is_told = true;
    }
}

fn lost(error: &std::io::Error) -> StoreError {
    StoreError::broken(format!("the rows that were laid by cannot be read: {error}"))
}

impl Segments {
    /// Many people are about to be put into a segment, if it is one that can be changed.
    pub fn to_put(&self, key: &str, by: Actor) -> Result<ToPut, Reason> {
        let segment = self.segment(key)?;
        match segment.archived {
            Some(_) => Err(Reason::Archived(segment.key)),
            None => Ok(ToPut {
                segments: self.clone(),
                key: segment.key,
                by,
            }),
        }
    }

    /// Each is a change of its own; who is named twice is changed twice, in that order.
    async fn put_rows(&self, key: &str, rows: &[PutRow], by: Actor) -> Result<Vec<Outcome>, Refused> {
        let mut turns: HashMap<PersonId, Vec<(usize, PutRow)>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            turns.entry(row.person).or_default().push((at, *row));
        }
        let changes = turns.into_values().map(|turns| async move {
            let mut outcomes = Vec::with_capacity(turns.len());
            for (at, row) in turns {
                outcomes.push((at, self.put_row(key, row, by).await?));
            }
            Ok::<_, Refused>(outcomes)
        });
        let outcomes: Vec<Vec<(usize, Outcome)>> = stream::iter(changes)
            .buffer_unordered(PUT_AT_ONCE)
            .try_collect()
            .await?;
        let mut outcomes: Vec<(usize, Outcome)> = outcomes.into_iter().flatten().collect();
        outcomes.sort_unstable_by_key(|(at, _)| *at);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }

    async fn put_row(&self, key: &str, row: PutRow, by: Actor) -> Result<Outcome, Refused> {
        let named = key.to_owned();
        let put = if row.add {
            self.put(row.person, &[(named, row.until)], &[], by).await
        } else {
            self.put(row.person, &[], &[named], by).await
        };
        let changed = match put {
            // Gone, or over, since the rows were checked: there is nothing to be in any more.
            Err(Refused::Reason(Reason::NoPerson | Reason::EndsInThePast)) => return Ok(Outcome::Unchanged),
            changed => changed?,
        };
        Ok(match (changed.added.is_empty(), changed.removed.is_empty()) {
            (false, _) => Outcome::Added,
            (_, false) => Outcome::Removed,
            _ => Outcome::Unchanged,
        })
    }
}
