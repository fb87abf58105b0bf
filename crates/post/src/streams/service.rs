//! Stopping streams and starting them again, by a link or by oneself.

use std::collections::BTreeSet;

use kernel::{Clock, Id, PersonId};
use store::{Store, StoreError};

use super::links::{StopLinks, Stopping};
use super::rows;
use super::types::{QuietHours, Stream};

/// What readers stopped, as one value for pages.
pub struct Streams {
    store: Store,
    clock: Clock,
    links: StopLinks,
    all: Vec<Stream>,
}

/// What somebody wants of letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Names of streams.
    pub stopped: BTreeSet<String>,
    pub quiet: Option<QuietHours>,
}

impl Streams {
    /// `all` are the streams of every service of the house.
    pub fn new(store: Store, clock: Clock, links: StopLinks, all: Vec<Stream>) -> Streams {
        Streams {
            store,
            clock,
            links,
            all,
        }
    }

    /// All streams of the house, in the order in which a page shows them.
    pub fn all(&self) -> &[Stream] {
        &self.all
    }

    /// What a link stops, and whether that is stopped already. `None` when the link is none of ours.
    pub async fn by_link(&self, token: &str) -> Result<Option<(Stopping, bool)>, StoreError> {
        let Some(stopping) = self.links.read(token) else {
            return Ok(None);
        };
        let (owner, stream) = (stopping.owner, stopping.stream.clone());
        let is_stopped = self
            .store
            .shard_of(owner)
            .read(move |tx| rows::is_stopped(tx, owner, &stream))
            .await?;
        Ok(Some((stopping, is_stopped)))
    }

    /// Stops what the link was made for, or takes that back.
    pub async fn stop_by_link(&self, stopping: &Stopping, stop: bool) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (owner, stream) = (stopping.owner, stopping.stream.clone());
        self.store
            .shard_of(owner)
            .write(move |tx| {
                if stop {
                    rows::stop(tx, owner, &stream, now)
                } else {
                    rows::start(tx, owner, &stream)
                }
            })
            .await
    }

    pub async fn wishes(&self, person: PersonId) -> Result<Wishes, StoreError> {
        let owner = Id::from(person);
        self.store
            .shard_of(owner)
            .read(move |tx| {
                Ok(Wishes {
                    stopped: rows::stopped(tx, owner)?.into_iter().collect(),
                    quiet: rows::quiet_hours(tx, owner)?,
                })
            })
            .await
    }

    /// Keeps what a person wants of the streams that there are. What they stopped of streams that are no more stays.
    pub async fn wish(&self, person: PersonId, wishes: Wishes) -> Result<(), StoreError> {
        let (owner, now) = (Id::from(person), self.clock.now());
        let names: Vec<&'static str> = self.all.iter().map(|stream| stream.name).collect();
        self.store
            .shard_of(owner)
            .write(move |tx| {
                for name in &names {
                    if wishes.stopped.contains(*name) {
                        rows::stop(tx, owner, name, now)?;
                    } else {
                        rows::start(tx, owner, name)?;
                    }
                }
                rows::set_quiet_hours(tx, owner, wishes.quiet)
            })
            .await
    }
}
