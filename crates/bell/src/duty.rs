//! What the house does again and again: settling what was left undone, forgetting what is over, learning what others did.
//!
//! A duty takes no input and closes the gap between what is and what should be, so a round that fails is made good by
//! the next one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Clock;
use parking_lot::Mutex;
use store::StoreError;
use tokio::sync::watch;

use crate::Failed;
use crate::shift::{Again, Held, Work};

/// Where a duty is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In each process, because it keeps something in memory.
    EachProcess,
    /// In one process of the house at a time.
    OncePerHouse,
}

type Run = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Failed>> + Send + Sync>;

/// Something to be done at the beginning and then again and again.
#[derive(Clone)]
pub struct Duty {
    pub name: &'static str,
    /// From the end of one round to the beginning of the next.
    pub every: Duration,
    pub scope: Scope,
    is_cut_off: bool,
    run: Run,
}

impl Duty {
    pub fn new<F>(
        name: &'static str,
        every: Duration,
        scope: Scope,
        run: impl Fn() -> F + Send + Sync + 'static,
    ) -> Duty
    where
        F: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        Duty {
            name,
            every,
            scope,
            is_cut_off: false,
            run: Arc::new(move || run().boxed()),
        }
    }

    /// A round waits for others, who may take long. Whatever it is at, the next one makes it good: when the process ends, or
    /// another one has to do it, it is cut off.
    #[must_use]
    pub fn cut_off(self) -> Duty {
        Duty {
            is_cut_off: true,
            ..self
        }
    }

    pub(crate) async fn once(&self) -> Result<(), Failed> {
        (self.run)().await
    }

    /// Rounds until `shutdown` turns true; one that has begun is finished, unless it may be cut off.
    pub(crate) async fn do_forever(self, mut shutdown: watch::Receiver<bool>) {
        let mut was_well = true;
        while !*shutdown.borrow_and_update() {
            let mut ends = shutdown.clone();
            let outcome = tokio::select! {
                outcome = self.once() => outcome,
                _ = ends.wait_for(|ends| *ends), if self.is_cut_off => break,
            };
            tell(self.name, &outcome, was_well);
            was_well = outcome.is_ok();
            tokio::select! {
                () = tokio::time::sleep(self.every) => {}
                changed = shutdown.changed() => if changed.is_err() { break },
            }
        }
    }
}

/// The log says once that a duty cannot be done, and once that it can.
fn tell(duty: &'static str, outcome: &Result<(), Failed>, was_well: bool) {
    match outcome {
        Err(error) if was_well => tracing::warn!(%error, duty, "a duty cannot be done; it is tried again"),
        Ok(()) if !was_well => tracing::info!(duty, "a duty is done again"),
        _ => {}
    }
}

/// A duty of the house as work under a lease.
pub(crate) struct HouseDuty {
    duty: Duty,
    clock: Clock,
    was_well: Mutex<bool>,
}

impl HouseDuty {
    pub(crate) fn new(duty: Duty, clock: Clock) -> HouseDuty {
        HouseDuty {
            duty,
            clock,
            was_well: Mutex::new(true),
        }
    }

    async fn do_once(&self) -> Result<Again, StoreError> {
        let outcome = self.duty.once().await;
        let was_well = std::mem::replace(&mut *self.was_well.lock(), outcome.is_ok());
        tell(self.duty.name, &outcome, was_well);
        let micros = i64::try_from(self.duty.every.as_micros()).unwrap_or(i64::MAX);
        Ok(Again::NotBefore(self.clock.now().plus_micros(micros)))
    }
}

impl Work for HouseDuty {
    fn round<'a>(&'a self, held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>> {
        let mut wanted = held.wanted.clone();
        async move {
            tokio::select! {
                outcome = self.do_once() => outcome,
                _ = wanted.wait_for(|wanted| !wanted), if self.duty.is_cut_off => Ok(Again::AtOnce),
            }
        }
        .boxed()
    }
}
