//! What an operator sees of the bell: what is due, what is late, what is parked and why; and lets it be tried again.

mod http;
mod pages;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use front::Routes;
use kernel::{BadCursor, Clock, Cursor, Id, Moment, Page, PageSize};
use store::{Store, StoreError};

use crate::hearing;
use crate::kind::Kind;

pub use pages::{NAV, WORDS};

/// What was due longer ago than this has been kept waiting.
const LATE_SECONDS: i64 = 1;
/// Counting stops here: whoever reads it wants to know whether there are many, and the house has other work.
pub const COUNT_MAX: u32 = 10_000;

#[derive(Clone)]
pub struct Desk {
    store: Store,
    clock: Clock,
    kinds: Arc<[&'static Kind]>,
    /// Kinds of changes that are heard in this program. What is announced for services that do not run here waits for
    /// them in the outbox, and is not late.
    heard: Arc<BTreeSet<String>>,
}

/// How the timers of one kind are doing. Counts end at [`COUNT_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindState {
    pub kind: &'static str,
    pub waiting: u32,
    pub due: u32,
    pub late: u32,
    pub parked: u32,
    /// When the first of those that are not parked rings or should have rung.
    pub first: Option<Moment>,
}

/// How the changes of the outbox are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangesState {
    pub waiting: u32,
    pub parked: u32,
}

/// The first of the changes of one kind that wait to be heard here, parked ones too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unheard {
    pub kind: String,
    /// A change is numbered by the instant at which it was made.
    pub since: Moment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedTimer {
    pub owner: Id,
    pub name: Id,
    pub kind: &'static str,
    /// As text where it is text.
    pub key: String,
    pub due: Moment,
    pub attempts: u32,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedChange {
    pub owner: Id,
    pub number: i64,
    pub kind: String,
    pub key: String,
    pub since: Moment,
    pub attempts: u32,
    pub reason: String,
    /// Later changes of the same owner, which wait for this one.
    pub behind: u32,
}

/// Why a list could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    #[error(transparent)]
    BadCursor(#[from] BadCursor),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    pub(crate) fn new(
        store: Store,
        clock: Clock,
        kinds: Arc<[&'static Kind]>,
        heard: BTreeSet<String>,
    ) -> Desk {
        Desk {
            store,
            clock,
            kinds,
            heard: Arc::new(heard),
        }
    }

    /// Routes and pages, with their state.
    pub fn routes(&self) -> Routes {
        http::routes().merge(pages::routes()).with_state(self.clone())
    }

    /// The kinds that ring in this program, each with its counts.
    pub async fn kinds(&self) -> Result<Vec<KindState>, StoreError> {
        let mut states = Vec::new();
        for kind in self.kinds.iter() {
            let (code, now) = (kind.code, self.clock.now());
            let late = now.plus_seconds(-LATE_SECONDS);
            let counts = self
                .store
                .read_each(move |tx| rows::counts(tx, code, now, late))
                .await?;
            let sum = |of: fn(&rows::Counts) -> u32| counts.iter().map(of).sum::<u32>().min(COUNT_MAX);
            states.push(KindState {
                kind: kind.name,
                waiting: sum(|counts| counts.waiting),
                due: sum(|counts| counts.due),
                late: sum(|counts| counts.late),
                parked: sum(|counts| counts.parked),
                first: counts.iter().filter_map(|counts| counts.first).min(),
            });
        }
        Ok(states)
    }

    pub async fn changes(&self) -> Result<ChangesState, StoreError> {
        let counts = self.store.read_each(rows::changes).await?;
        let sum = |of: fn(&(u32, u32)) -> u32| counts.iter().map(of).sum::<u32>().min(COUNT_MAX);
        Ok(ChangesState {
            waiting: sum(|(waiting, _)| *waiting),
            parked: sum(|(_, parked)| *parked),
        })
    }

    /// Whether any change is heard in this program.
    pub fn hears(&self) -> bool {
        !self.heard.is_empty()
    }

    /// The first change that was not heard yet, of each kind that is heard here, by kind.
    pub async fn unheard(&self) -> Result<Vec<Unheard>, StoreError> {
        if !self.hears() {
            // It would look at all that is kept for others.
            return Ok(Vec::new());
        }
        let found = self.store.read_each(rows::unheard).await?;
        let mut found: Vec<Unheard> = found.into_iter().flatten().collect();
        found.retain(|first| self.heard.contains(&first.kind));
        found.sort_by(|one, other| (&one.kind, one.since).cmp(&(&other.kind, other.since)));
        found.dedup_by(|later, first| later.kind == first.kind);
        Ok(found)
    }

    pub async fn parked_timers(
        &self,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<ParkedTimer>, Unread> {
        let (after, count) = (
            after.map_or(Ok(NOBODY), |cursor| id_of(cursor.key()))?,
            size.rows_and_one(),
        );
        let found = self
            .store
            .read_each(move |tx| rows::parked_timers(tx, after, count))
            .await?;
        let mut found: Vec<rows::RowOfTimer> = found.into_iter().flatten().collect();
        found.sort_by_key(|row| row.name);
        // While a range of virtual shards moves, two servers may both show a row.
        found.dedup_by_key(|row| row.name);
        let page = Page::cut(found, size, |row| row.name.as_bytes().to_vec());
        Ok(page.map(|row| ParkedTimer {
            kind: self.name_of(row.kind),
            owner: row.owner,
            name: row.name,
            key: row.key.escape_ascii().to_string(),
            due: row.due,
            attempts: row.attempts,
            reason: row.reason,
        }))
    }

    pub async fn parked_changes(
        &self,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<ParkedChange>, Unread> {
        let (after, count) = (
            after.map_or(Ok((NOBODY, i64::MIN)), |cursor| change_of(cursor.key()))?,
            size.rows_and_one(),
        );
        let found = self
            .store
            .read_each(move |tx| rows::parked_changes(tx, after, count))
            .await?;
        let mut found: Vec<ParkedChange> = found.into_iter().flatten().collect();
        found.sort_by_key(|change| (change.owner, change.number));
        found.dedup_by_key(|change| (change.owner, change.number));
        let key = |change: &ParkedChange| {
            let mut key = change.owner.as_bytes().to_vec();
            key.extend(change.number.to_be_bytes());
            key
        };
        Ok(Page::cut(found, size, key))
    }

    /// Rings a parked timer again, now and with all its attempts. False when it is not parked.
    pub async fn retry_timer(&self, owner: Id, name: Id) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let retried = self
            .store
            .shard_of(owner)
            .write(move |tx| rows::retry_timer(tx, owner, name, now))
            .await?;
        if retried {
            tracing::info!(%owner, %name, "a parked timer is tried again");
        }
        Ok(retried)
    }

    /// Tells a parked change again, and those after it. False when it is not parked.
    pub async fn retry_change(&self, owner: Id, number: i64) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let retried = self
            .store
            .shard_of(owner)
            .write(move |tx| hearing::rows::unpark(tx, owner, number, now))
            .await?;
        if retried {
            tracing::info!(%owner, number, "a parked change is told again");
        }
        Ok(retried)
    }

    pub(crate) async fn measure(&self) -> Result<(), StoreError> {
        let (kinds, changes, unheard) = (self.kinds().await?, self.changes().await?, self.unheard().await?);
        let now = self.clock.now();
        crate::meter::waiting(&kinds, &changes, now);
        for kind in self.heard.iter() {
            let first = unheard.iter().find(|first| first.kind == *kind);
            crate::meter::unheard(kind, first.map(|first| first.since), now);
        }
        Ok(())
    }

    fn name_of(&self, code: i64) -> &'static str {
        let known = self.kinds.iter().find(|kind| kind.code == code);
        known.map_or("unknown", |kind| kind.name)
    }
}

const NOBODY: Id = Id::from_bytes([0; 16]);

fn id_of(key: &[u8]) -> Result<Id, BadCursor> {
    key.try_into().map(Id::from_bytes).map_err(|_| BadCursor)
}

fn change_of(key: &[u8]) -> Result<(Id, i64), BadCursor> {
    let (owner, number) = key.split_at_checked(16).ok_or(BadCursor)?;
    let number = number.try_into().map_err(|_| BadCursor)?;
    Ok((id_of(owner)?, i64::from_be_bytes(number)))
}
