//! Who works when: for each task there is a lease for each quarter of the virtual shards on each server, and whoever
//! holds one runs rounds of the task there until told otherwise.
//!
//! Processes share fairly without speaking to each other: each says in a row that it takes part, counts who does, and
//! holds no more quarters of a task than its share. One that was killed is counted for as long as its leases last.
//! A lease can be lost while a round runs, so what a round writes asks in its own transaction whether it is held.

mod once;
mod process;
mod rows;
#[cfg(test)]
mod tests;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use kernel::{Clock, Moment, VIRTUAL_SHARDS};
use store::lease::{Lease, VshardRange};
use store::{Shard, Store, StoreError, Tx, lease};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use once::once;

/// Into how many parts the virtual shards of a server are divided: as many processes can share one task there.
pub(crate) const QUARTERS: u16 = 4;
/// A killed process is missed for this long at most; a live one that cannot reach the database stops by then.
pub(crate) const LEASE_SECONDS: i64 = 10;

/// Which part of a task this process has on one server, as its keeper saw it last.
#[derive(Clone, Debug, Default)]
pub struct Part(Arc<AtomicU32>);

impl Part {
    /// So many of so many.
    pub fn of(held: usize, of: usize) -> Part {
        let part = Part::default();
        part.is(held, of);
        part
    }

    pub(crate) fn is(&self, held: usize, of: usize) {
        let of = u16::try_from(of.max(1)).unwrap_or(u16::MAX);
        let held = u16::try_from(held).unwrap_or(u16::MAX).min(of);
        self.0
            .store((u32::from(held) << 16) | u32::from(of), Ordering::Relaxed);
    }

    /// From 0 to 1. The parts of all processes add up to 1, so a limit of the house is kept by taking this much of it.
    pub fn get(&self) -> f64 {
        let both = self.0.load(Ordering::Relaxed);
        f64::from(both >> 16) / f64::from((both & 0xffff).max(1))
    }
}

/// What a worker stands on: rows of `lease.range` on one server.
#[derive(Clone)]
pub struct Held {
    pub shard: Shard,
    pub lease: Lease,
    /// Which server of the house, counted from the first.
    pub(crate) server: usize,
    pub(crate) part: Part,
    pub(crate) wanted: watch::Receiver<bool>,
}

/// What a round wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// There is more to do.
    AtOnce,
    /// Nothing before this instant, unless something is announced.
    At(Moment),
    WhenWoken,
    /// Nothing before this instant, whatever is announced.
    NotBefore(Moment),
    /// Somebody else has the lease now.
    LeaseLost,
}

/// Something that is done in rounds, each short: a few transactions.
pub trait Work: Send + Sync + 'static {
    fn round<'a>(&'a self, held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>>;
}

/// Work under its name, which is that of its leases.
#[derive(Clone)]
pub struct Task {
    pub name: String,
    pub work: Arc<dyn Work>,
    /// Done for the whole house in one place: on its first server, under one lease.
    once_per_house: bool,
}

impl Task {
    pub fn new(name: impl Into<String>, work: impl Work) -> Task {
        Task {
            name: name.into(),
            work: Arc::new(work),
            once_per_house: false,
        }
    }

    /// One worker in the whole house instead of some on each server.
    #[must_use]
    pub fn once_per_house(mut self) -> Task {
        self.once_per_house = true;
        self
    }

    /// The ranges that there are leases for on a server.
    pub(crate) fn ranges(&self, is_first_server: bool) -> Vec<VshardRange> {
        if !self.once_per_house {
            quarters().collect()
        } else if is_first_server {
            vec![VshardRange::ALL]
        } else {
            Vec::new()
        }
    }
}

impl Held {
    /// Whether what this worker writes may be kept. Asked in the transaction that writes it.
    pub fn is_mine(&self, tx: &mut Tx<'_>, now: Moment) -> Result<bool, StoreError> {
        lease::is_held(tx, &self.lease, now)
    }

    /// False once the house closes or the lease is to go to another: a long round ends early then.
    pub fn goes_on(&self) -> bool {
        *self.wanted.borrow()
    }

    /// Which part of the task this process has on this server, kept up to date.
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// Which server of the house, counted from the first.
    pub fn server(&self) -> usize {
        self.server
    }

    /// Which server and quarter of its virtual shards the lease is for: what a worker remembers of its place between
    /// rounds goes by it.
    pub fn place(&self) -> (usize, u16) {
        (self.server, self.quarter())
    }

    /// Which quarter of the virtual shards the lease is for.
    pub(crate) fn quarter(&self) -> u16 {
        self.lease.range.first.number() / (VIRTUAL_SHARDS / QUARTERS)
    }
}

fn quarters() -> impl Iterator<Item = VshardRange> {
    let each = VIRTUAL_SHARDS / QUARTERS;
    (0..QUARTERS).filter_map(move |quarter| VshardRange::new(quarter * each, (quarter + 1) * each - 1))
}

/// All workers of a set of tasks in this process. Ends when `shutdown` turns true, after their last rounds, and has
/// given back its leases then; the store may be closed after that.
pub struct Shift {
    ended: JoinHandle<()>,
}

impl Shift {
    pub fn open(store: &Store, clock: &Clock, tasks: Vec<Task>, shutdown: watch::Receiver<bool>) -> Shift {
        let process = process::Process::new(store.clone(), clock.clone(), tasks);
        Shift {
            ended: tokio::spawn(process.run(shutdown)),
        }
    }

    /// Does all that is due now, once, and returns: for dry runs whose clock is moved by hand. What another process is at
    /// is left to it.
    pub async fn catch_up(store: &Store, clock: &Clock, tasks: &[Task]) -> Result<(), StoreError> {
        once(store, clock, tasks).await
    }

    /// Waits until all workers have ended.
    pub async fn ended(self) {
        if let Err(error) = self.ended.await {
            tracing::error!(%error, "a shift ended in a panic");
        }
    }
}

/// A worker looks by itself this often: other processes set timers too, and tell nobody.
const LOOK: Duration = Duration::from_secs(1);
