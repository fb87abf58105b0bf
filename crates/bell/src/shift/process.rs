//! One process in a shift: keeps its leases, takes what is free and its due, gives back what is more.
//!
//! Keeping waits for no round. A lease that is given back is held until the last round under it has ended, and that
//! may take long; all other leases would end meanwhile.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, Moment, random_token};
use store::lease::{Lease, VshardRange};
use store::{Shard, Store, StoreError, Tx, lease};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::worker::Worker;
use super::{Held, LEASE_SECONDS, Part, Task, rows};

/// A lease is renewed three times before it would end.
const KEEP: Duration = Duration::from_secs(3);
/// Leases that were lost are looked after at once, but not faster than this.
const KEEP_GAP: Duration = Duration::from_millis(100);

pub(super) struct Process {
    store: Store,
    clock: Clock,
    tasks: Arc<[Task]>,
    /// This process in this shift, as leases name it.
    name: Arc<str>,
}

/// Its place on one server.
struct Keeper {
    process: Arc<Process>,
    shard: Shard,
    server: usize,
    workers: HashMap<(String, VshardRange), Running>,
    /// By the name of a task.
    parts: HashMap<String, Part>,
    /// Workers that were told to end and may be in their last rounds.
    leaving: HashMap<Named, JoinHandle<()>>,
    lost: Arc<Notify>,
    was_well: bool,
}

/// One holding of a lease: of which task and range, and its fence.
type Named = (String, VshardRange, i64);

struct Running {
    lease: Lease,
    wanted: watch::Sender<bool>,
    ended: JoinHandle<()>,
}

/// What a look at one server found.
struct Look {
    /// All leases of this process.
    held: Vec<Lease>,
    /// How many processes take part in each task.
    present: HashMap<String, u16>,
}

impl Process {
    pub(super) fn new(store: Store, clock: Clock, tasks: Vec<Task>) -> Process {
        Process {
            store,
            clock,
            tasks: tasks.into(),
            name: random_token().into(),
        }
    }

    pub(super) async fn run(self, shutdown: watch::Receiver<bool>) {
        let process = Arc::new(self);
        let keepers: Vec<JoinHandle<()>> = process
            .store
            .everywhere()
            .into_iter()
            .enumerate()
            .map(|(server, shard)| {
                let keeper = Keeper {
                    process: Arc::clone(&process),
                    shard,
                    server,
                    workers: HashMap::new(),
                    parts: HashMap::new(),
                    leaving: HashMap::new(),
                    lost: Arc::new(Notify::new()),
                    was_well: true,
                };
                tokio::spawn(keeper.serve(shutdown.clone()))
            })
            .collect();
        for keeper in keepers {
            if let Err(error) = keeper.await {
                tracing::error!(%error, "a shift's keeper ended in a panic");
            }
        }
    }
}

impl Keeper {
    async fn serve(mut self, mut shutdown: watch::Receiver<bool>) {
        while !*shutdown.borrow_and_update() {
            let outcome = self.keep().await;
            self.tell(&outcome);
            tokio::time::sleep(KEEP_GAP).await;
            let lost = Arc::clone(&self.lost);
            tokio::select! {
                () = tokio::time::sleep(KEEP) => {}
                () = lost.notified() => {}
                changed = shutdown.changed() => if changed.is_err() { break },
            }
        }
        self.leave().await;
    }

    /// While the server cannot be reached, nothing is held there; the log says so once.
    fn tell(&mut self, outcome: &Result<(), StoreError>) {
        match outcome {
            Err(error) if self.was_well => tracing::warn!(%error, "leases cannot be kept; trying again"),
            Ok(()) if !self.was_well => tracing::info!("leases can be kept again"),
            _ => {}
        }
        self.was_well = outcome.is_ok();
    }

    async fn keep(&mut self) -> Result<(), StoreError> {
        // Before the look, which then does not find what these gave back.
        self.leaving.retain(|_, left| !left.is_finished());
        let (process, now) = (Arc::clone(&self.process), self.process.clock.now());
        let is_first = self.server == 0;
        let look = self
            .shard
            .write_internal(move |tx| process.look(tx, is_first, now))
            .await?;
        let process = Arc::clone(&self.process);
        for task in &*process.tasks {
            let held = look.held.iter().filter(|lease| lease.task == task.name);
            let share = share(task.ranges(is_first).len(), look.present.get(&task.name));
            let part = self.parts.entry(task.name.clone()).or_default();
            part.is(held.clone().count().min(share), task.ranges(is_first).len());
            for (at, lease) in held.enumerate() {
                if self.leaving.contains_key(&named(lease)) {
                    continue;
                }
                if at < share {
                    self.start(task, lease);
                } else {
                    self.give_back(lease);
                }
            }
        }
        self.forget_ended(&look.held);
        Ok(())
    }

    /// A worker for a lease, unless there is one. A lease that was lost and taken again is another one.
    fn start(&mut self, task: &Task, lease: &Lease) {
        let place = (lease.task.clone(), lease.range);
        if let Some(running) = self.workers.get(&place)
            && running.lease.fence == lease.fence
            && !running.ended.is_finished()
        {
            return;
        }
        let (wanted, told) = watch::channel(true);
        let worker = Worker {
            work: Arc::clone(&task.work),
            held: Held {
                shard: self.shard.clone(),
                lease: lease.clone(),
                server: self.server,
                part: self.parts.get(&task.name).cloned().unwrap_or_default(),
                wanted: told,
            },
            clock: self.process.clock.clone(),
            announcements: self.process.store.announcements(),
            lost: Arc::clone(&self.lost),
        };
        let running = Running {
            lease: lease.clone(),
            wanted,
            ended: tokio::spawn(worker.run()),
        };
        if let Some(before) = self.workers.insert(place, running) {
            self.see_off(before);
        }
    }

    /// When the last round has ended. What could not be given back is still held then, and given back again.
    fn give_back(&mut self, lease: &Lease) {
        let running = self.workers.remove(&(lease.task.clone(), lease.range));
        let (shard, given) = (self.shard.clone(), lease.clone());
        let leave = async move {
            if let Some(running) = running {
                running.end().await;
            }
            let released = shard.write_internal(move |tx| lease::release(tx, &given)).await;
            if let Err(error) = released {
                tracing::debug!(%error, "a lease was not given back; it is tried again");
            }
        };
        self.leaving.insert(named(lease), tokio::spawn(leave));
    }

    /// Lets a worker end whose lease is gone.
    fn see_off(&mut self, running: Running) {
        let lease = named(&running.lease);
        self.leaving.insert(lease, tokio::spawn(running.end()));
    }

    /// Workers whose lease is gone find that out themselves; those who sleep are told.
    fn forget_ended(&mut self, held: &[Lease]) {
        let held: HashSet<Named> = held.iter().map(named).collect();
        let gone: Vec<_> = self
            .workers
            .iter()
            .filter(|(_, running)| !held.contains(&named(&running.lease)))
            .map(|(place, _)| place.clone())
            .collect();
        for place in gone {
            if let Some(running) = self.workers.remove(&place) {
                self.see_off(running);
            }
        }
    }

    /// Lets the last rounds end, then gives everything back, so that others need not wait for the leases to end.
    async fn leave(&mut self) {
        for running in self.workers.values() {
            running.wanted.send_replace(false);
        }
        for (_, running) in self.workers.drain() {
            running.end().await;
        }
        for (_, left) in self.leaving.drain() {
            // A panic was logged where the worker ended.
            let _ = left.await;
        }
        let (process, now) = (Arc::clone(&self.process), self.process.clock.now());
        let left = self.shard.write_internal(move |tx| process.go(tx, now)).await;
        if let Err(error) = left {
            tracing::warn!(%error, "leases were not given back; they end by themselves");
        }
    }
}

impl Running {
    async fn end(self) {
        self.wanted.send_replace(false);
        if let Err(error) = self.ended.await {
            tracing::error!(%error, task = self.lease.task, "a worker ended in a panic");
        }
    }
}

impl Process {
    /// Renews what this process holds and takes what is free, up to its share.
    fn look(&self, tx: &mut Tx<'_>, is_first: bool, now: Moment) -> Result<Look, StoreError> {
        let until = now.plus_seconds(LEASE_SECONDS);
        rows::forget_gone(tx, now)?;
        let attended = rows::stay(tx, &self.name, until)?;
        if usize::try_from(attended).ok() != Some(self.tasks.len()) {
            for task in &*self.tasks {
                rows::attend(tx, &self.name, &task.name, until)?;
            }
        }
        let present: HashMap<String, u16> = rows::present(tx, now)?.into_iter().collect();
        let mut held = lease::renew_all(tx, &self.name, now, until)?;
        // The order in which it was taken is not kept, but the same quarters are given back by all rounds.
        held.sort_by_key(|lease| lease.range.first);
        for task in &*self.tasks {
            let mine: Vec<VshardRange> = held
                .iter()
                .filter(|lease| lease.task == task.name)
                .map(|lease| lease.range)
                .collect();
            let ranges = task.ranges(is_first);
            let mut missing = share(ranges.len(), present.get(&task.name)).saturating_sub(mine.len());
            for range in ranges.into_iter().filter(|range| !mine.contains(range)) {
                if missing == 0 {
                    break;
                }
                if let Some(lease) = lease::acquire(tx, &task.name, range, &self.name, now, until)? {
                    held.push(lease);
                    missing -= 1;
                }
            }
        }
        Ok(Look { held, present })
    }

    fn go(&self, tx: &mut Tx<'_>, now: Moment) -> Result<(), StoreError> {
        for lease in lease::renew_all(tx, &self.name, now, now.plus_seconds(1))? {
            lease::release(tx, &lease)?;
        }
        rows::leave(tx, &self.name)?;
        Ok(())
    }
}

fn named(lease: &Lease) -> Named {
    (lease.task.clone(), lease.range, lease.fence)
}

/// How many of these ranges one of so many processes may hold, so that all are held.
fn share(ranges: usize, present: Option<&u16>) -> usize {
    ranges.div_ceil(usize::from(present.copied().unwrap_or(1).max(1)))
}
