//! The bell as one value: what rings in this process, and the shift that rings it.

use std::sync::Arc;

use kernel::Clock;
use store::{Store, StoreError};
use tokio::sync::watch;

use crate::kind::Kind;
use crate::ringing::{Ring, Ringer};
use crate::shift::{self, Shift, Task};

/// What will ring. Kinds that nobody here rings are left for processes that do.
pub struct Bell {
    store: Store,
    clock: Clock,
    tasks: Vec<Task>,
    kinds: Vec<&'static Kind>,
}

/// A bell that rings, until its `shutdown` turns true.
pub struct OpenBell {
    shift: Shift,
}

impl Bell {
    pub fn new(store: Store, clock: Clock) -> Bell {
        crate::meter::describe();
        Bell {
            store,
            clock,
            tasks: Vec::new(),
            kinds: Vec::new(),
        }
    }

    /// Has `handler` ring the timers of a kind.
    #[must_use]
    pub fn ring(mut self, kind: &'static Kind, handler: impl Ring) -> Bell {
        let ringer = Ringer::new(kind, Arc::new(handler), self.clock.clone());
        self.tasks.push(Task::new(format!("bell.{}", kind.name), ringer));
        self.kinds.push(kind);
        self
    }

    /// The kinds that ring here.
    pub fn kinds(&self) -> &[&'static Kind] {
        &self.kinds
    }

    /// Rings from now on.
    pub fn open(self, shutdown: watch::Receiver<bool>) -> OpenBell {
        OpenBell {
            shift: Shift::open(&self.store, &self.clock, self.tasks, shutdown),
        }
    }

    /// Does all that is due now, once, and returns: for dry runs, and for tests that move the clock themselves. What
    /// another process is at is left to it.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        shift::once(&self.store, &self.clock, &self.tasks).await
    }
}

impl OpenBell {
    /// Waits until the last rounds have ended and the leases are given back; the store may be closed then.
    pub async fn ended(self) {
        self.shift.ended().await;
    }
}
