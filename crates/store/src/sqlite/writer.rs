//! The writer of the embedded store: one thread, one connection, commits in groups.
//!
//! Flushing the disk costs as much as hundreds of small transactions. So the writer runs what waits, commits all of it with
//! one flush, and only then answers. Nobody hears "done" of something that is not on disk, and a job that fails takes nobody
//! along: when one has to be undone, the group is rolled back and run again, each job in a savepoint of its own. That is not
//! done from the beginning, because SQLite copies each page aside that is changed within a savepoint.

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

/// So many groups are run in savepoints after one that had to be run twice: whoever fails once fails again, as a rule.
const CAREFUL_GROUPS: u32 = 32;

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
        let mut careful = 0;
        loop {
            match self.queue.pop(IDLE) {
                Popped::Job(job) => self.commit_group(connection, job, &mut careful),
                Popped::Idle => self.meter.waiting(0),
                Popped::Closed => break,
            }
        }
    }

    /// `careful`: how many groups are still to be run in savepoints.
    fn commit_group(&self, connection: &Connection, first: BoxedJob, careful: &mut u32) {
        if let Err(error) = run(connection, "BEGIN IMMEDIATE") {
            self.note(Some(error.clone()));
            return first.refuse(error);
        }
        let mut group = Group::new(connection, *careful == 0);
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if job.wanted() {
                group.add(job);
            }
            // A disk that fails may have made SQLite roll the whole group back.
            if group.done.len() < self.commit_jobs_max && !connection.is_autocommit() {
                next = self.queue.pop_waiting();
            }
        }
        *careful = match group.ran_twice {
            true => CAREFUL_GROUPS,
            false => careful.saturating_sub(1),
        };
        let Group {
            done: group, so_far, ..
        } = group;
        let announced = so_far.announced;
        self.meter.waiting(self.queue.len());
        match commit(connection, so_far) {
            Ok(()) => {
                self.meter.committed(group.len());
                self.note(None);
                if announced {
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
    /// A job that is undone, and why it is refused if it has no answer itself.
    fn of(job: BoxedJob, why: Option<StoreError>) -> Done {
        match why {
            Some(error) => Done::Refuse(job, error),
            None => Done::Answer(job),
        }
    }

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
    /// Why it could not be undone and begun again: nothing of it may stay.
    lost: Option<StoreError>,
}

impl SoFar {
    fn heard(&mut self, fate: &Fate) {
        if let Fate::Failed(error @ StoreError::Unavailable { .. }) = fate {
            self.failure = Some(error.clone());
        }
    }
}

/// Jobs that ran in one transaction.
struct Group<'c> {
    connection: &'c Connection,
    /// As long as none of them had to be undone.
    is_bare: bool,
    ran_twice: bool,
    /// Whether anything of it would be lost if it were undone.
    stands: bool,
    done: Vec<Done>,
    so_far: SoFar,
}

impl<'c> Group<'c> {
    fn new(connection: &'c Connection, is_bare: bool) -> Group<'c> {
        Group {
            connection,
            is_bare,
            ran_twice: false,
            stands: false,
            done: Vec::new(),
            so_far: SoFar::default(),
        }
    }

    fn add(&mut self, mut job: BoxedJob) {
        if !self.is_bare {
            self.done.push(one_job(self.connection, job, &mut self.so_far));
            return;
        }
        match bare(self.connection, &mut *job, &mut self.so_far) {
            Ok(()) => {
                self.stands = true;
                self.done.push(Done::Answer(job));
            }
            // The whole group is gone already; COMMIT will find out and tell everybody.
            Err(why) if self.connection.is_autocommit() => self.done.push(Done::of(job, why)),
            Err(why) if !self.stands => {
                self.so_far.lost = self.begin_again().err();
                self.done.push(Done::of(job, why));
            }
            Err(_) => {
                self.done.push(Done::Answer(job));
                self.run_again();
            }
        }
    }

    fn begin_again(&self) -> Result<(), StoreError> {
        run(self.connection, "ROLLBACK").and_then(|()| run(self.connection, "BEGIN IMMEDIATE"))
    }

    /// Undoes all of it and runs each job in a savepoint.
    fn run_again(&mut self) {
        (self.is_bare, self.ran_twice) = (false, true);
        let begun = self.begin_again();
        let mut so_far = SoFar {
            lost: begun.as_ref().err().cloned(),
            ..SoFar::default()
        };
        let jobs = std::mem::take(&mut self.done).into_iter();
        let done = jobs.map(|done| match (done, &begun) {
            // SQLite has rolled all of it back by itself: what ran now would be committed alone, and then refused with the others.
            (Done::Answer(job), Ok(())) if self.connection.is_autocommit() => Done::Answer(job),
            (Done::Answer(job), Ok(())) => one_job(self.connection, job, &mut so_far),
            (Done::Answer(job), Err(error)) => Done::Refuse(job, error.clone()),
            (refused @ Done::Refuse(..), _) => refused,
        });
        self.done = done.collect();
        self.so_far = so_far;
    }
}

/// Runs a job as if it were alone. An error when something of it would stay that must not; inside it, why it is refused.
fn bare(connection: &Connection, job: &mut dyn Job, so_far: &mut SoFar) -> Result<(), Option<StoreError>> {
    let mut tx = Tx::new(Hands::Sqlite(connection), job.asked_at());
    let said = job.run(&mut tx);
    let (has_announced, has_written) = (tx.has_announced(), tx.has_written());
    let fate = tx.into_fate();
    so_far.heard(&fate);
    match (fate, said) {
        (Fate::Fine, Said::Keep) => {
            so_far.announced |= has_announced;
            Ok(())
        }
        (Fate::Fine, Said::Undo) if !has_written => Ok(()),
        (_, Said::Undo) => Err(None),
        (Fate::Again(error) | Fate::Failed(error), Said::Keep) => Err(Some(error)),
    }
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
    so_far.heard(&fate);
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

fn commit(connection: &Connection, so_far: SoFar) -> Result<(), StoreError> {
    if connection.is_autocommit() {
        let failure = so_far.lost.or(so_far.failure);
        return Err(failure.unwrap_or_else(|| StoreError::unavailable(Unavailability::DiskFailing)));
    }
    let result = match so_far.lost {
        None => run(connection, "COMMIT"),
        Some(error) => Err(error),
    };
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

#[cfg(test)]
mod tests {
    use kernel::Moment;

    use super::*;
    use crate::gate::Gate;
    use crate::job::{BodyJob, Outcome};
    use crate::{params, sql};

    type Answer = tokio::sync::oneshot::Receiver<Outcome<(), StoreError>>;

    /// A job that writes its number, and then wants it kept or not.
    fn job(number: i64, is_kept: bool) -> (BoxedJob, Answer) {
        let body = move |tx: &mut Tx<'_>| {
            let write = sql!("INSERT INTO shard_touched (vshard, pass) VALUES ($1, $2)");
            tx.execute(write, params![number, 1])?;
            match is_kept {
                true => Ok(()),
                false => Err(StoreError::broken("it is not wanted after all")),
            }
        };
        let (job, answer) = BodyJob::new(Arc::new(body), Gate::Open, Moment::from_seconds(1_795_000_000));
        (Box::new(job), answer)
    }

    /// Commits jobs together. Says whether they ran twice, which were answered well, and which numbers are kept.
    fn committed(jobs: &[(i64, bool)]) -> (bool, Vec<i64>, Vec<i64>) {
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE shard_touched (vshard BIGINT NOT NULL, pass BIGINT NOT NULL)";
        connection.execute_batch(table).unwrap();
        run(&connection, "BEGIN IMMEDIATE").unwrap();
        let mut group = Group::new(&connection, true);
        let mut answers = Vec::new();
        for (number, is_kept) in jobs {
            let (job, answer) = job(*number, *is_kept);
            group.add(job);
            answers.push((*number, answer));
        }
        commit(&connection, group.so_far).unwrap();
        group.done.into_iter().for_each(Done::tell);
        let well = answers
            .into_iter()
            .filter_map(|(number, mut answer)| matches!(answer.try_recv(), Ok(Ok(Ok(())))).then_some(number));
        let mut kept = connection
            .prepare("SELECT vshard FROM shard_touched ORDER BY vshard")
            .unwrap();
        let kept = kept.query_map([], |row| row.get(0)).unwrap();
        (
            group.ran_twice,
            well.collect(),
            kept.map(Result::unwrap).collect(),
        )
    }

    #[test]
    fn a_group_without_failures_runs_once() {
        let all = [(1, true), (2, true), (3, true)];
        assert_eq!(committed(&all), (false, vec![1, 2, 3], vec![1, 2, 3]));
    }

    #[test]
    fn of_a_group_only_what_failed_is_undone_and_the_rest_is_kept_once() {
        let some = [(1, true), (2, true), (3, false), (4, true), (5, false), (6, true)];
        assert_eq!(committed(&some), (true, vec![1, 2, 4, 6], vec![1, 2, 4, 6]));
    }

    #[test]
    fn what_fails_first_is_undone_without_running_anything_again() {
        let some = [(1, false), (2, false), (3, true)];
        let (ran_twice, well, kept) = committed(&some[..1]);
        assert_eq!((ran_twice, well, kept), (false, vec![], vec![]));
        assert_eq!(committed(&some), (false, vec![3], vec![3]));
    }

    #[test]
    fn what_is_run_again_is_kept_by_nobody_when_the_engine_gives_the_group_up() {
        static GIVEN_UP: crate::Sql = crate::Sql::new("ROLLBACK", module_path!(), line!(), || "given_up");
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE shard_touched (vshard BIGINT NOT NULL, pass BIGINT NOT NULL)";
        connection.execute_batch(table).unwrap();
        run(&connection, "BEGIN IMMEDIATE").unwrap();
        let mut group = Group::new(&connection, true);
        let runs = std::sync::atomic::AtomicU32::new(0);
        // As a disk that fails once the group is run again.
        let body = move |tx: &mut Tx<'_>| match runs.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Ok(()),
            _ => tx.execute(&GIVEN_UP, params![]).map(|_| ()),
        };
        let asked_at = Moment::from_seconds(1_795_000_000);
        let (first, first_answer) = BodyJob::new(Arc::new(body), Gate::Open, asked_at);
        group.add(Box::new(first));
        let (kept, kept_answer) = job(1, true);
        let (undone, undone_answer) = job(2, false);
        group.add(kept);
        group.add(undone);
        assert!(group.ran_twice);
        let error = commit(&connection, group.so_far).unwrap_err();
        group.done.into_iter().for_each(|done| done.tell_failure(&error));
        for mut answer in [first_answer, kept_answer, undone_answer] {
            assert!(matches!(
                answer.try_recv(),
                Ok(Err(StoreError::Unavailable { .. }))
            ));
        }
        let kept = connection.query_one("SELECT count(*) FROM shard_touched", [], |row| {
            row.get::<_, i64>(0)
        });
        assert_eq!(kept.unwrap(), 0, "what was refused is not there");
    }
}
