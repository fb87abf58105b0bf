//! The writer of the embedded store: one thread, one connection, commits in groups.
//!
//! Flushing the disk costs as much as hundreds of small transactions. So the writer runs what waits, each job in a
//! savepoint of its own, commits all of it with one flush, and only then answers. Nobody hears "done" of something
//! that is not on disk, and a job that fails takes nobody along.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::watch;

use super::failure;
use crate::job::{Job, Said};
use crate::meter::LaneMeter;
use crate::queue::{Popped, Queue, Refused};
use crate::tx::{Fate, Hands};
use crate::{StoreError, Tx, Unavailability};

/// How long the writer sleeps when there is nothing to do; it only looks around then.
const IDLE: Duration = Duration::from_secs(60);

type BoxedJob = Box<dyn Job>;

pub(crate) struct Writer {
    lane: Arc<Lane>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Lane {
    queue: Queue<BoxedJob>,
    commit_jobs_max: usize,
    meter: LaneMeter,
    announced: watch::Sender<u64>,
    /// Why the last commit failed, until one succeeds.
    trouble: Mutex<Option<StoreError>>,
}

/// A job that ran, and what is to become of it once the group is committed.
enum Done {
    Answer(BoxedJob),
    Refuse(BoxedJob, StoreError),
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        queue_jobs_max: usize,
        commit_jobs_max: usize,
        announced: watch::Sender<u64>,
    ) -> std::io::Result<Writer> {
        let lane = Arc::new(Lane {
            queue: Queue::new(queue_jobs_max),
            commit_jobs_max: commit_jobs_max.max(1),
            meter: LaneMeter::new("file", "write"),
            announced,
            trouble: Mutex::new(None),
        });
        let theirs = Arc::clone(&lane);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || theirs.serve(&connection))?;
        Ok(Writer {
            lane,
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(crate) fn submit(&self, job: BoxedJob) {
        match self.lane.queue.push(job) {
            Ok(()) => {}
            Err(Refused::Full(job)) => {
                self.lane.meter.refused();
                job.refuse(StoreError::unavailable(Unavailability::QueueFull));
            }
            Err(Refused::Closed(job)) => job.refuse(StoreError::unavailable(Unavailability::Closing)),
        }
    }

    pub(crate) fn trouble(&self) -> Option<StoreError> {
        self.lane.trouble.lock().clone()
    }

    /// Finishes what was accepted, then ends the thread.
    pub(crate) fn close(&self) {
        self.lane.queue.close();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the store's writer had ended in a panic");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.lane.queue.close();
    }
}

impl Lane {
    fn serve(&self, connection: &Connection) {
        loop {
            match self.queue.pop(IDLE) {
                Popped::Job(job) => self.commit_group(connection, job),
                Popped::Idle => self.meter.waiting(0),
                Popped::Closed => break,
            }
        }
    }

    fn commit_group(&self, connection: &Connection, first: BoxedJob) {
        if let Err(error) = run(connection, "BEGIN IMMEDIATE") {
            self.note(Some(error.clone()));
            return first.refuse(error);
        }
        let mut so_far = SoFar::default();
        let mut group = Vec::with_capacity(self.commit_jobs_max);
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if job.wanted() {
                group.push(one_job(connection, job, &mut so_far));
            }
            // A disk that fails may have made SQLite roll the whole group back.
            if group.len() < self.commit_jobs_max && !connection.is_autocommit() {
                next = self.queue.pop_waiting();
            }
        }
        self.meter.waiting(self.queue.len());
        match commit(connection, so_far.failure) {
            Ok(()) => {
                self.meter.committed(group.len());
                self.note(None);
                if so_far.announced {
                    self.announced.send_modify(|count| *count = count.wrapping_add(1));
                }
                group.into_iter().for_each(Done::tell);
            }
            Err(error) => {
                self.note(Some(error.clone()));
                group.into_iter().for_each(|done| done.tell_failure(&error));
            }
        }
    }

    fn note(&self, trouble: Option<StoreError>) {
        let mut noted = self.trouble.lock();
        if let (None, Some(error)) = (&*noted, &trouble) {
            tracing::error!(%error, "nothing can be written");
        }
        *noted = trouble;
    }
}

impl Done {
    fn tell(self) {
        match self {
            Done::Answer(job) => job.answer(),
            Done::Refuse(job, error) => job.refuse(error),
        }
    }

    /// The group was not kept. Even what failed by itself may have failed over rows that now never were.
    fn tell_failure(self, error: &StoreError) {
        match self {
            Done::Answer(job) | Done::Refuse(job, _) => job.refuse(error.clone()),
        }
    }
}

/// What is known of a group before it is committed.
#[derive(Default)]
struct SoFar {
    announced: bool,
    /// The last failure of the engine: why the group is gone, if it is.
    failure: Option<StoreError>,
}

/// Runs a job so that nothing of it stays unless it says so and none of its statements failed.
fn one_job(connection: &Connection, mut job: BoxedJob, so_far: &mut SoFar) -> Done {
    if let Err(error) = run(connection, "SAVEPOINT job") {
        return Done::Refuse(job, error);
    }
    let mut tx = Tx::new(Hands::Sqlite(connection), job.asked_at());
    let said = job.run(&mut tx);
    let has_announced = tx.has_announced();
    let fate = tx.into_fate();
    if let Fate::Failed(error @ StoreError::Unavailable { .. }) = &fate {
        so_far.failure = Some(error.clone());
    }
    match (fate, said) {
        (Fate::Fine, Said::Keep) => match run(connection, "RELEASE job") {
            Ok(()) => {
                so_far.announced |= has_announced;
                Done::Answer(job)
            }
            Err(error) => undo(connection, Done::Refuse(job, error)),
        },
        (Fate::Again(error) | Fate::Failed(error), Said::Keep) => undo(connection, Done::Refuse(job, error)),
        (_, Said::Undo) => undo(connection, Done::Answer(job)),
    }
}

fn undo(connection: &Connection, done: Done) -> Done {
    match run(connection, "ROLLBACK TO job").and_then(|()| run(connection, "RELEASE job")) {
        Ok(()) => done,
        // The whole group is gone already; COMMIT will find out and tell everybody.
        Err(error) => {
            tracing::warn!(%error, "a savepoint could not be rolled back");
            done
        }
    }
}

fn commit(connection: &Connection, failure: Option<StoreError>) -> Result<(), StoreError> {
    if connection.is_autocommit() {
        return Err(failure.unwrap_or_else(|| StoreError::unavailable(Unavailability::DiskFailing)));
    }
    let result = run(connection, "COMMIT");
    if result.is_err() && !connection.is_autocommit() {
        run(connection, "ROLLBACK")?;
    }
    result
}

fn run(connection: &Connection, text: &'static str) -> Result<(), StoreError> {
    connection
        .prepare_cached(text)
        .and_then(|mut statement| statement.execute([]))
        .map(|_| ())
        .map_err(|error| failure::of_open(text, error))
}
