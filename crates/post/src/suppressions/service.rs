//! Use cases of suppressions.

use std::collections::HashMap;

use front::Routes;
use kernel::{Clock, Cursor, Id, Moment, Page, PageSize};
use store::{Store, StoreError, Tx};

use super::rows;
use super::rules::{self, Follows};
use super::types::{Act, Address, Happened, Incident, New, Reason, Refused, Scope, Suppression, words};
use crate::Lane;

/// The list of whom letters do not go to. Cheap to clone.
#[derive(Clone)]
pub struct Suppressions {
    store: Store,
    clock: Clock,
}

/// A letter that is about to be handed over: what entries are held against.
#[derive(Clone, Copy, Debug)]
pub struct Going<'a> {
    pub address: &'a Address,
    pub lane: Lane,
    /// None for what its reader asked for directly.
    pub stream: Option<&'a str>,
}

impl Suppressions {
    pub fn new(store: Store, clock: Clock) -> Suppressions {
        Suppressions { store, clock }
    }

    /// All routes of the list, with their state.
    pub fn routes(&self) -> Routes {
        super::http::routes().with_state(self.clone())
    }

    /// What stops each of these letters, in their order; `None` for those that may go. One read on each server however
    /// many there are. What was heard a moment later counts for the next letter.
    pub async fn asked(&self, letters: &[Going<'_>]) -> Result<Vec<Option<Suppression>>, StoreError> {
        let mut ids: Vec<Id> = letters.iter().map(|letter| letter.address.id()).collect();
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<Vec<Suppression>> = self.store.read_each(move |tx| among(tx, &ids)).await?;
        let mut entries: HashMap<Id, Vec<&Suppression>> = HashMap::new();
        for entry in found.iter().flatten() {
            entries.entry(entry.address.id()).or_default().push(entry);
        }
        let stopping = |letter: &Going<'_>| {
            let of_address = entries.get(&letter.address.id())?;
            let stopping = of_address
                .iter()
                .find(|entry| rules::stops(&entry.scope, letter.lane, letter.stream));
            stopping.map(|entry| (*entry).clone())
        };
        Ok(letters.iter().map(stopping).collect())
    }

    /// Forgets an address whose bearer is deleted: what does not go there is known by its hash from now on.
    pub async fn forget_email(store: &Store, email: &str) -> Result<(), StoreError> {
        let Ok(address) = Address::parse(email) else {
            return Ok(());
        };
        let id = address.id();
        store
            .shard_of(id)
            .write(move |tx| rows::forget_email(tx, id))
            .await
    }

    /// All entries of one address, by its id.
    pub async fn of(&self, address: Id) -> Result<Vec<Suppression>, StoreError> {
        self.store
            .shard_of(address)
            .read(move |tx| rows::of(tx, address))
            .await
    }

    /// Stops what goes to an address. `None` when that was stopped already: the first reason stays.
    pub async fn stop(&self, new: New) -> Result<Option<Suppression>, StoreError> {
        let entry = entry_of(new, self.clock.now());
        let id = entry.address.id();
        let line = line_of(&entry, Act::Begun, entry.since);
        let written = entry.clone();
        let added = self
            .store
            .shard_of(id)
            .write(move |tx| begin(tx, &written, &line))
            .await?;
        Ok(added.then_some(entry))
    }

    /// Takes in what was heard of a letter: what follows for its address is on disk when this returns. The same thing
    /// heard twice changes nothing more.
    pub async fn hear(&self, incident: Incident) -> Result<(), StoreError> {
        let Incident {
            address,
            letter,
            stream,
            heard,
            source,
            words,
        } = incident;
        let new = |scope, reason| New {
            address: address.clone(),
            scope,
            reason,
            source: source.clone(),
            words: words.clone(),
        };
        match rules::follows(heard, stream.as_deref()) {
            Follows::Nothing => {}
            Follows::Stopped { scopes, reason } => {
                for scope in scopes {
                    self.stop(new(scope, reason)).await?;
                }
            }
            Follows::Counted => {
                self.count(new(Scope::Everything, Reason::SoftBounces), letter)
                    .await?;
            }
        }
        Ok(())
    }

    /// Counts a letter that came back for a passing reason, and stops everything when there were too many.
    async fn count(&self, new: New, letter: Id) -> Result<(), StoreError> {
        const DAY_SECONDS: i64 = 24 * 60 * 60;
        let now = self.clock.now();
        let old = now.plus_seconds(-rules::SOFT_BOUNCE_DAYS * DAY_SECONDS);
        let entry = entry_of(new, now);
        let line = line_of(&entry, Act::Begun, now);
        let id = entry.address.id();
        let counted = move |tx: &mut Tx<'_>| {
            rows::came_back(tx, id, letter, now)?;
            if rules::after_soft_bounces(rows::came_back_since(tx, id, old)?) {
                begin(tx, &entry, &line)?;
                rows::forget_soft_bounces(tx, id)?;
            }
            Ok(())
        };
        self.store.shard_of(id).write::<_, StoreError>(counted).await
    }

    /// Lets letters go again: all that was stopped, or one scope. `by` is who says so, `why` a note of theirs.
    pub async fn clear(&self, address: Id, scope: Option<Scope>, by: &str, why: &str) -> Result<(), Refused> {
        let now = self.clock.now();
        let (by, why) = (by.to_owned(), words(why));
        let clear = move |tx: &mut Tx<'_>| {
            let mut entries = rows::of(tx, address)?;
            entries.retain(|entry| scope.as_ref().is_none_or(|scope| entry.scope == *scope));
            if entries.is_empty() {
                return Err(Refused::NotFound);
            }
            for entry in entries {
                rows::remove(tx, &entry)?;
                // The entry's own id is free again, and the same each time this runs.
                let line = Happened {
                    id: entry.id,
                    source: by.clone(),
                    words: why.clone(),
                    ..line_of(&entry, Act::Cleared, now)
                };
                rows::tell(tx, &line)?;
            }
            rows::forget_soft_bounces(tx, address)?;
            Ok(())
        };
        self.store.shard_of(address).write(clear).await
    }

    /// All entries, the newest first; or those of one address, all on one page.
    pub async fn list(
        &self,
        of: Option<&Address>,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<Suppression>, Refused> {
        if let Some(address) = of {
            let items = self.of(address.id()).await?;
            return Ok(Page { items, next: None });
        }
        let (before, rows) = (before(after)?, size.rows_and_one());
        let answers: Vec<Vec<Suppression>> = self
            .store
            .read_each::<_, StoreError>(move |tx| rows::newest(tx, before, rows))
            .await?;
        let mut found: Vec<Suppression> = answers.into_iter().flatten().collect();
        found.sort_by_key(|entry| std::cmp::Reverse((entry.since, entry.id)));
        // While a range of virtual shards moves, two servers may both show a row.
        found.dedup_by_key(|entry| entry.id);
        Ok(Page::cut(found, size, |entry| key(entry.since, entry.id)))
    }

    /// What happened to entries, the newest first; of all, or of one address by its id.
    pub async fn story(
        &self,
        of: Option<Id>,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<Happened>, Refused> {
        let (before, rows) = (before(after)?, size.rows_and_one());
        let answers: Vec<Vec<Happened>> = match of {
            Some(address) => {
                let shard = self.store.shard_of(address);
                let read = shard.read::<_, StoreError>(move |tx| rows::story(tx, of, before, rows));
                vec![read.await?]
            }
            None => {
                self.store
                    .read_each::<_, StoreError>(move |tx| rows::story(tx, None, before, rows))
                    .await?
            }
        };
        let mut found: Vec<Happened> = answers.into_iter().flatten().collect();
        found.sort_by_key(|line| std::cmp::Reverse((line.at, line.id)));
        found.dedup_by_key(|line| line.id);
        Ok(Page::cut(found, size, |line| key(line.at, line.id)))
    }
}

/// The entries of many addresses on one server.
fn among(tx: &mut Tx<'_>, addresses: &[Id]) -> Result<Vec<Suppression>, StoreError> {
    let mut found = Vec::new();
    for chunk in addresses.chunks(rows::ADDRESSES_AT_ONCE) {
        let at = |index: usize| chunk.get(index).copied().unwrap_or(chunk[0]);
        found.extend(rows::of_addresses(tx, &std::array::from_fn(at))?);
    }
    Ok(found)
}

fn begin(tx: &mut Tx<'_>, entry: &Suppression, line: &Happened) -> Result<bool, StoreError> {
    let added = rows::add(tx, entry)?;
    if added {
        rows::tell(tx, line)?;
    }
    Ok(added)
}

fn entry_of(new: New, now: Moment) -> Suppression {
    Suppression {
        id: Id::beside(new.address.id(), now),
        address: new.address,
        scope: new.scope,
        reason: new.reason,
        since: now,
        source: new.source,
        words: words(&new.words),
    }
}

fn line_of(entry: &Suppression, act: Act, at: Moment) -> Happened {
    Happened {
        id: Id::beside(entry.id, at),
        at,
        act,
        address: entry.address.clone(),
        scope: entry.scope.clone(),
        reason: entry.reason,
        source: entry.source.clone(),
        words: entry.words.clone(),
    }
}

fn key(at: Moment, id: Id) -> Vec<u8> {
    let mut key = at.as_micros().to_be_bytes().to_vec();
    key.extend_from_slice(id.as_bytes());
    key
}

/// Where a page starts, newest first.
fn before(after: Option<&Cursor>) -> Result<(Moment, Id), kernel::BadCursor> {
    let Some(cursor) = after else {
        return Ok((Moment::from_micros(i64::MAX), Id::from_bytes([0xff; 16])));
    };
    let (at, id) = cursor.key().split_first_chunk::<8>().ok_or(kernel::BadCursor)?;
    let id: [u8; 16] = id.try_into().map_err(|_| kernel::BadCursor)?;
    Ok((Moment::from_micros(i64::from_be_bytes(*at)), Id::from_bytes(id)))
}
