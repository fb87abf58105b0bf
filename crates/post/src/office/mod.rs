//! The post office: workers that take letters which are due, have them written, hand them over and write down what came
//! of it. Each worker holds the lease of a lane and a quarter of the virtual shards.
//!
//! * A letter is handed over only after its attempt is on disk, in a transaction that asks whether the lease is held.
//! * Several batches are under way: while some letters are with a provider, the next ones are written. One slow letter
//!   delays nobody.
//! * What a provider answered is written down whoever holds the lease by then: it is certain, and the row says whether
//!   it still matters.
//! * A letter that is found `sending` by nobody was lost between call and answer: it is unsure.

mod audit;
mod flight;
mod holds;
mod http;
mod meter;
mod pace;
mod preview;
mod readers;
mod record;
mod retention;
mod round;
mod rows;
mod service;
#[cfg(test)]
mod tests;
mod trial;
mod write;

pub use preview::Preview;
pub use service::{Post, Refused, Settle, Setup};
pub use trial::SPECIMENS;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bell::{Again, Held, Task, Work};
use futures_util::future::BoxFuture;
use kernel::{Clock, Id, Moment};
use parking_lot::Mutex;
use store::{Store, StoreError};
use tokio::task::JoinSet;

use crate::providers::Lines;
use crate::suppressions::Suppressions;
use crate::writing::Desks;
use crate::{Lane, Recipients, Stationery};

/// How long a house that closes waits for letters that are with a provider.
const CLOSING_MAX: Duration = Duration::from_secs(20);

/// What all workers share.
pub(crate) struct Office {
    pub store: Store,
    pub clock: Clock,
    pub desks: Desks,
    pub lines: Arc<Lines>,
    pub recipients: Arc<dyn Recipients>,
    pub stationery: Stationery,
    pub suppressions: Suppressions,
    pub holds: holds::Holds,
    /// Letters that this process has given to a provider and heard nothing of yet.
    pub out: Mutex<HashSet<Id>>,
    /// Letters whose worker has left, and whose answer is still waited for.
    pub stragglers: Mutex<JoinSet<()>>,
}

impl Office {
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The workers, as bell runs them: a task for each lane.
    pub fn tasks(self: &Arc<Self>) -> Vec<Task> {
        let task = |lane: Lane| {
            let office = Arc::clone(self);
            let paces = pace::Paces::default();
            Task::new(format!("post.{}", lane.name()), Worker { office, lane, paces })
        };
        vec![task(Lane::Prompt), task(Lane::Bulk)]
    }

    /// Waits for what is still with a provider. To be called when no worker is left.
    pub async fn close(&self) {
        let mut stragglers = std::mem::take(&mut *self.stragglers.lock());
        let all = async { while stragglers.join_next().await.is_some() {} };
        if tokio::time::timeout(CLOSING_MAX, all).await.is_err() {
            tracing::warn!(
                "letters were still with their providers; they are looked up when the house opens"
            );
        }
    }
}

struct Worker {
    office: Arc<Office>,
    lane: Lane,
    /// Of the bulk lane: a round ends when nothing may leave, and the next one goes on at the same pace.
    paces: pace::Paces,
}

impl Work for Worker {
    fn round<'a>(&'a self, held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>> {
        Box::pin(round::Round::new(&self.office, self.lane, held, &self.paces).run())
    }
}
