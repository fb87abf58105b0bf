//! The bell as one value: what rings in this process, and the shift that rings it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::Clock;
use store::{Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::desk::Desk;
use crate::duty::{Duty, HouseDuty, Scope};
use crate::hearing::{Hear, Receivers, Relay};
use crate::kind::Kind;
use crate::ringing::{Ring, Ringer};
use crate::shift::{self, Shift, Task};

/// As often as metrics are usually fetched.
const COUNTED_EACH: Duration = Duration::from_secs(15);

/// What will ring. Kinds that nobody here rings are left for processes that do.
pub struct Bell {
    store: Store,
    clock: Clock,
    tasks: Vec<Task>,
    kinds: Vec<&'static Kind>,
    receivers: Receivers,
    duties: Vec<Duty>,
    /// Of all duties, wherever they are done.
    duty_names: Vec<&'static str>,
}

/// Two that a bell could not tell apart, so that one of them would never be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Twins {
    #[error("the kinds of timers `{0}` and `{1}` have the same code {2}: give one of them another")]
    Code(&'static str, &'static str, i64),
    #[error("two kinds of timers are called `{0}`, or it has two handlers")]
    Kind(&'static str),
    #[error("two duties are called `{0}`")]
    Duty(&'static str),
}

/// A bell that rings, until its `shutdown` turns true.
pub struct OpenBell {
    shift: Shift,
    duties: Vec<JoinHandle<()>>,
}

impl Bell {
    pub fn new(store: Store, clock: Clock) -> Bell {
        crate::meter::describe();
        Bell {
            store,
            clock,
            tasks: Vec::new(),
            kinds: Vec::new(),
            receivers: Receivers::new(),
            duties: Vec::new(),
            duty_names: Vec::new(),
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

    /// Tells `receiver` of each change of this kind. All who hear a kind are in each process that hears it: whichever
    /// takes a change marks it heard for all of them.
    #[must_use]
    pub fn hear(mut self, change: &'static str, receiver: impl Hear) -> Bell {
        self.receivers.entry(change).or_default().push(Arc::new(receiver));
        self
    }

    /// How many hear each kind of change. It must be the same in all processes of a house: whichever takes a change marks
    /// it heard for all of them.
    pub fn hearers(&self) -> BTreeMap<&'static str, usize> {
        self.receivers
            .iter()
            .map(|(kind, all)| (*kind, all.len()))
            .collect()
    }

    /// Has something done from the beginning on and then again and again.
    #[must_use]
    pub fn duty(mut self, duty: Duty) -> Bell {
        self.duty_names.push(duty.name);
        match duty.scope {
            Scope::EachProcess => self.duties.push(duty),
            Scope::OncePerHouse => {
                let name = format!("bell.duty.{}", duty.name);
                let work = HouseDuty::new(duty, self.clock.clone());
                self.tasks.push(Task::new(name, work).once_per_house());
            }
        }
        self
    }

    /// What an operator sees of it.
    pub fn desk(&self) -> Desk {
        Desk::new(
            self.store.clone(),
            self.clock.clone(),
            self.kinds.as_slice().into(),
            self.receivers.keys().map(|kind| (*kind).to_owned()).collect(),
        )
    }

    /// Whether each of its kinds and duties can be told from the others.
    fn check(&self) -> Result<(), Twins> {
        for (at, kind) in self.kinds.iter().enumerate() {
            for before in &self.kinds[..at] {
                if before.name == kind.name {
                    return Err(Twins::Kind(kind.name));
                }
                if before.code == kind.code {
                    return Err(Twins::Code(before.name, kind.name, kind.code));
                }
            }
        }
        let mut names = self.duty_names.iter().enumerate();
        let twin = names.find(|(at, name)| self.duty_names[..*at].contains(name));
        twin.map_or(Ok(()), |(_, name)| Err(Twins::Duty(name)))
    }

    /// Rings from now on, until `shutdown` turns true.
    pub fn open(mut self, shutdown: watch::Receiver<bool>) -> Result<OpenBell, Twins> {
        self.check()?;
        self.duties.push(counting(self.desk()));
        let duties = std::mem::take(&mut self.duties).into_iter();
        let duties = duties
            .map(|duty| tokio::spawn(duty.do_forever(shutdown.clone())))
            .collect();
        Ok(OpenBell {
            shift: Shift::open(&self.store, &self.clock, self.all_tasks(), shutdown),
            duties,
        })
    }

    /// Does all that is due now, once, and returns: for dry runs, and for tests that move the clock themselves. What
    /// another process is at is left to it.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        shift::once(&self.store, &self.clock, &self.all_tasks()).await
    }

    fn all_tasks(&self) -> Vec<Task> {
        let mut tasks = self.tasks.clone();
        if !self.receivers.is_empty() {
            let relay = Relay::new(self.receivers.clone(), self.clock.clone());
            tasks.push(Task::new(relay.task_name(), relay));
        }
        tasks
    }
}

/// Tells the metrics what waits.
fn counting(desk: Desk) -> Duty {
    Duty::new("bell.count", COUNTED_EACH, Scope::EachProcess, move || {
        let desk = desk.clone();
        async move { Ok(desk.measure().await?) }
    })
}

impl OpenBell {
    /// Waits until the last rounds have ended and the leases are given back; the store may be closed then.
    pub async fn ended(self) {
        for duty in self.duties {
            if let Err(error) = duty.await {
                tracing::error!(%error, "a duty ended in a panic");
            }
        }
        self.shift.ended().await;
    }
}
