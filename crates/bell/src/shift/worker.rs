//! One worker: rounds of a task under one lease, with pauses in which it can be woken.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, Moment};
use store::StoreError;
use tokio::sync::{Notify, watch};

use super::{Again, Held, LOOK, Work};

/// Whoever is woken by each of very many commits looks once for all that happen within this time.
const GAP: Duration = Duration::from_millis(20);
/// After a failure of the store.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    pub(super) work: Arc<dyn Work>,
    pub(super) held: Held,
    pub(super) clock: Clock,
    pub(super) announcements: watch::Receiver<u64>,
    pub(super) lost: Arc<Notify>,
}

impl Worker {
    pub(super) async fn run(mut self) {
        let mut was_well = true;
        while self.held.goes_on() {
            self.announcements.borrow_and_update();
            let outcome = self.work.round(&self.held).await;
            self.tell(&outcome, was_well);
            was_well = outcome.is_ok();
            let pause = match outcome {
                Ok(Again::LeaseLost) => {
                    self.lost.notify_one();
                    return;
                }
                Ok(Again::AtOnce) => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Ok(Again::At(then)) => {
                    let micros = then.micros_since(self.clock.now()).max(0);
                    Duration::from_micros(u64::try_from(micros).unwrap_or(0)).min(LOOK)
                }
                Ok(Again::NotBefore(then)) => {
                    self.wait_until(then).await;
                    continue;
                }
                Ok(Again::WhenWoken) => LOOK,
                Err(_) => AFTER_FAILURE,
            };
            self.pause(pause, was_well).await;
        }
    }

    /// In steps, because the clock may be put forward, by a person or a test.
    async fn wait_until(&mut self, then: Moment) {
        while self.held.goes_on() && self.clock.now() < then {
            self.pause(LOOK, false).await;
        }
    }

    async fn pause(&mut self, pause: Duration, may_be_woken: bool) {
        let mut wanted = self.held.wanted.clone();
        let announcements = &mut self.announcements;
        let rest = async {
            tokio::time::sleep(GAP).await;
            let woken = async {
                if !may_be_woken || announcements.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause.saturating_sub(GAP)) => {}
                () = woken => {}
            }
        };
        tokio::select! {
            () = rest => {}
            _ = wanted.wait_for(|wanted| !wanted) => {}
        }
    }

    fn tell(&self, outcome: &Result<Again, StoreError>, was_well: bool) {
        let (task, range) = (&self.held.lease.task, self.held.lease.range);
        match outcome {
            Err(error) if was_well => {
                tracing::warn!(%error, task, %range, "work stands still; trying again each second");
            }
            Ok(_) if !was_well => tracing::info!(task, %range, "work goes on"),
            _ => {}
        }
    }
}
