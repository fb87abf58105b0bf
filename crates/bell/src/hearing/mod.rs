//! The relay: brings changes of the outbox to those who must hear of them, at least once, and one owner's in the order
//! of their commits.
//!
//! While a change of an owner waits for another attempt, or is parked, those after it wait too; other owners' do not.
//! Kinds that nobody hears in this process are left for processes that know them, and so is what lies behind them.
//! All receivers of a kind are in one process: a change is forgotten when all that are known there have heard it.
//! Receivers that can are told many owners' changes in one call (see [`together`]).

pub(crate) mod rows;
#[cfg(test)]
mod tests;
mod together;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use kernel::{Clock, Id};
use store::outbox::{self, Change};
use store::{StoreError, Tx};

use crate::Failed;
use crate::meter::ChangeMeter;
use crate::rules::{self, Next};
use crate::shift::{Again, Held, Work};

/// Changes that are read at once.
const BATCH: u16 = 200;
/// Pages that are read in search of kinds that are known here, when others stand before them.
const PAGES_MAX: u32 = 20;
/// Owners whose changes are delivered at the same time.
const OWNERS_AT_ONCE: usize = 16;
/// A receiver that has not ended by then is taken for one that failed.
const HEARING: Duration = Duration::from_secs(30);
/// About six hours with growing pauses; then a person decides.
const ATTEMPTS_MAX: u32 = 12;

/// Takes in changes of one kind.
pub trait Hear: Send + Sync + 'static {
    /// May come more than once for the same change, and must end in the same state then.
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>>;

    /// How many changes [`hear_many`](Hear::hear_many) takes at most. Changes of a kind are told together when all who
    /// hear it take more than one.
    fn many_max(&self) -> usize {
        1
    }

    /// Takes in changes of many owners, and of one owner in order, perhaps in one transaction. When this fails each of
    /// them is told alone, so it may have kept some.
    fn hear_many<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), Failed>> {
        async move {
            for change in changes {
                self.hear(change).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

pub(crate) type Receivers = HashMap<&'static str, Vec<Arc<dyn Hear>>>;

pub(crate) struct Relay {
    receivers: Receivers,
    clock: Clock,
    meters: HashMap<&'static str, ChangeMeter>,
}

/// How far one owner's changes came.
struct Told {
    heard: Vec<Change>,
    failed: Option<(Change, Failed)>,
}

/// One owner's changes, in order.
type Queue = Vec<Change>;

impl Relay {
    pub(crate) fn new(receivers: Receivers, clock: Clock) -> Relay {
        let meters = receivers.keys().map(|kind| (*kind, ChangeMeter::new(kind)));
        Relay {
            meters: meters.collect(),
            receivers,
            clock,
        }
    }

    /// The name of the work. Processes that know the same kinds share it, and others do theirs beside them.
    pub(crate) fn task_name(&self) -> String {
        let mut kinds: Vec<&str> = self.receivers.keys().copied().collect();
        kinds.sort_unstable();
        format!("bell.relay.{}", Id::named("kinds", &kinds.join(" ")))
    }

    async fn deliver(&self, held: &Held) -> Result<Again, StoreError> {
        let by_owner = self.due(held).await?;
        if by_owner.is_empty() {
            return Ok(Again::WhenWoken);
        }
        let (mut heard, left) = self.tell_together(held, by_owner).await;
        let mut failed = Vec::new();
        let mut told = stream::iter(left)
            .map(|changes| self.tell_owner(held, changes))
            .buffer_unordered(OWNERS_AT_ONCE);
        while let Some(one) = told.next().await {
            heard.extend(one.heard);
            failed.extend(one.failed);
        }
        let anything_heard = !heard.is_empty();
        if !self.settle(held, heard).await? {
            return Ok(Again::LeaseLost);
        }
        for (change, failure) in failed {
            self.put_off(held, change, &failure).await?;
        }
        Ok(if anything_heard {
            Again::AtOnce
        } else {
            Again::WhenWoken
        })
    }

    /// What is due and known here, by owner, each owner's in order.
    async fn due(&self, held: &Held) -> Result<Vec<Queue>, StoreError> {
        let (range, now) = (held.lease.range, self.clock.now());
        let known: HashSet<&'static str> = self.receivers.keys().copied().collect();
        held.shard
            .read(move |tx| {
                let mut found = Found::default();
                for _ in 0..PAGES_MAX {
                    let page = outbox::take_after(tx, range, now, found.last, BATCH)?;
                    let is_last = page.len() < usize::from(BATCH);
                    found.sort(page, &known);
                    if is_last || found.count > 0 {
                        break;
                    }
                }
                Ok(found.by_owner)
            })
            .await
    }

    async fn tell_owner(&self, held: &Held, changes: Queue) -> Told {
        let mut told = Told {
            heard: Vec::new(),
            failed: None,
        };
        for change in changes {
            if !held.goes_on() {
                break;
            }
            match self.tell(&change).await {
                Ok(()) => told.heard.push(change),
                Err(failure) => {
                    told.failed = Some((change, failure));
                    break;
                }
            }
        }
        told
    }

    async fn tell(&self, change: &Change) -> Result<(), Failed> {
        for receiver in self.receivers.get(&*change.kind).into_iter().flatten() {
            in_time(receiver.hear(change)).await?;
        }
        Ok(())
    }

    async fn settle(&self, held: &Held, heard: Vec<Change>) -> Result<bool, StoreError> {
        let (lease, now, heard) = (held.lease.clone(), self.clock.now(), Arc::new(heard));
        let settled = Arc::clone(&heard);
        let mine = held
            .shard
            .write(move |tx| outbox::settle(tx, &lease, now, &settled))
            .await?;
        if mine {
            for change in heard.iter() {
                if let Some(meter) = self.meters.get(&*change.kind) {
                    meter.heard();
                }
            }
        }
        Ok(mine)
    }

    async fn put_off(&self, held: &Held, change: Change, failure: &Failed) -> Result<(), StoreError> {
        let now = self.clock.now();
        let dice = change.number.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let next = rules::after_failure(change.attempts + 1, ATTEMPTS_MAX, now, dice);
        let (kind, owner, reason) = (change.kind.clone(), change.owner, failure.to_string());
        match next {
            Next::Park => tracing::warn!(kind, %owner, reason, "a change is parked, and those after it wait"),
            Next::At(_) => tracing::debug!(kind, %owner, reason, "a change was not heard and is told again"),
        }
        let lease = held.lease.clone();
        held.shard
            .write(move |tx| put_off(tx, &lease, now, &change, next, &reason))
            .await?;
        if let Some(meter) = self.meters.get(&*kind) {
            meter.failed(next == Next::Park);
        }
        Ok(())
    }
}

async fn in_time(hearing: BoxFuture<'_, Result<(), Failed>>) -> Result<(), Failed> {
    let heard = tokio::time::timeout(HEARING, hearing).await;
    heard.map_err(|_| Failed::because(format!("not heard within {} s", HEARING.as_secs())))?
}

fn put_off(
    tx: &mut Tx<'_>,
    lease: &store::lease::Lease,
    now: kernel::Moment,
    change: &Change,
    next: Next,
    reason: &str,
) -> Result<(), StoreError> {
    let due_at = match next {
        Next::At(then) => then,
        Next::Park => rows::NEVER,
    };
    if outbox::postpone(tx, lease, now, change, due_at)? && next == Next::Park {
        rows::park(tx, change, now, reason)?;
    }
    Ok(())
}

/// Changes sorted by owner while pages of them are read.
#[derive(Default)]
struct Found {
    by_owner: Vec<Queue>,
    places: HashMap<Id, usize>,
    /// Owners who have a change before these that nobody hears here.
    behind: HashSet<Id>,
    count: usize,
    last: Option<(i64, Id)>,
}

impl Found {
    fn sort(&mut self, page: Vec<Change>, known: &HashSet<&'static str>) {
        for change in page {
            self.last = Some((change.number, change.owner));
            if self.behind.contains(&change.owner) {
                continue;
            }
            if !known.contains(&*change.kind) {
                self.behind.insert(change.owner);
                continue;
            }
            self.count += 1;
            let place = *self.places.entry(change.owner).or_insert_with(|| {
                self.by_owner.push(Vec::new());
                self.by_owner.len() - 1
            });
            self.by_owner[place].push(change);
        }
    }
}

impl Work for Relay {
    fn round<'a>(&'a self, held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>> {
        self.deliver(held).boxed()
    }
}
