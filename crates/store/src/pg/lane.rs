//! A lane: some threads that share a queue and own a connection each.
//!
//! A transaction that met another is run again here, at most [`RETRIES_MAX`] times with growing pauses. A connection
//! that was lost before the commit was sent is replaced and the transaction run again, once; lost during the commit,
//! nobody knows what became of it, and the caller is told so. The lane mends itself: no restart is ever needed.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use super::address::{Address, said};
use super::session::Session;
use crate::config::Lanes;
use crate::job::{Job, Said};
use crate::meter::LaneMeter;
use crate::queue::{Popped, Queue, Refused};
use crate::tx::{Failure, Fate, Hands};
use crate::{StoreError, Tx, Unavailability};

/// With pauses that double up to [`PAUSE_MAX`] this is about two seconds, the longest a caller should be kept.
const RETRIES_MAX: u32 = 20;
const PAUSE_FIRST: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(128);
/// After a connection could not be made, jobs are refused at once for this long instead of each trying again.
const DOWN: Duration = Duration::from_millis(500);
const IDLE: Duration = Duration::from_secs(60);

/// What a lane's transactions are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Write,
    Read,
    ReadReplica,
}

/// Work that needs the connection itself, such as two-phase commit and the moving of shards.
pub(crate) type Errand = Box<dyn FnOnce(Result<&mut Session, StoreError>) + Send>;

enum Work {
    Body(Box<dyn Job>),
    Errand(Errand),
}

pub(crate) struct Lane {
    inner: Arc<Inner>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Inner {
    server: String,
    purpose: Purpose,
    address: Address,
    lanes: Lanes,
    queue: Queue<Work>,
    meter: LaneMeter,
    announced: watch::Sender<u64>,
    down: Mutex<Option<Instant>>,
}

/// What a thread of the lane has in its hands.
#[derive(Default)]
struct Seat {
    session: Option<Session>,
    /// Taken from the queue before the last commit, so that its BEGIN could travel with that commit.
    next: Option<Work>,
}

impl Seat {
    /// Leaves no dead connection behind, and no open transaction that nobody will use.
    fn tidy(&mut self) {
        let Some(session) = &mut self.session else { return };
        let is_wanted = matches!(&self.next, Some(Work::Body(job)) if job.wanted());
        if session.is_lost() || (!is_wanted && session.end_chain().is_err()) {
            self.session = None;
        }
    }
}

/// How one run of a body ended.
enum Ended {
    Answer,
    Refuse(StoreError),
    Again(StoreError),
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::Write => "write",
            Purpose::Read => "read",
            Purpose::ReadReplica => "read_replica",
        }
    }

    fn begin(self) -> &'static str {
        match self {
            Purpose::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Purpose::Read | Purpose::ReadReplica => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }
}

impl Lane {
    pub(crate) fn start(
        server: &str,
        purpose: Purpose,
        address: Address,
        lanes: &Lanes,
        announced: watch::Sender<u64>,
    ) -> std::io::Result<Lane> {
        let inner = Arc::new(Inner {
            server: server.to_owned(),
            purpose,
            address,
            lanes: lanes.clone(),
            queue: Queue::new(lanes.queue_jobs_max),
            meter: LaneMeter::new(server, purpose.name()),
            announced,
            down: Mutex::new(None),
        });
        let count = if purpose == Purpose::Write {
            lanes.write_connections
        } else {
            lanes.read_connections
        };
        let mut threads = Vec::new();
        for number in 0..count.max(1) {
            let inner = Arc::clone(&inner);
            let name = format!("store-{}-{number}", purpose.name());
            threads.push(thread::Builder::new().name(name).spawn(move || inner.serve())?);
        }
        Ok(Lane {
            inner,
            threads: Mutex::new(threads),
        })
    }

    pub(crate) fn submit(&self, job: Box<dyn Job>) {
        self.push(Work::Body(job));
    }

    /// Runs `work` with the connection of one of the threads. It leaves no transaction open.
    pub(crate) async fn with_session<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.push(Work::Errand(Box::new(move |session| {
            let _ = reply.send(session.and_then(work));
        })));
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::broken("a lane ended without an answer")))
    }

    fn push(&self, work: Work) {
        match self.inner.queue.push(work) {
            Ok(()) => {}
            Err(Refused::Full(work)) => {
                self.inner.meter.refused();
                work.refuse(StoreError::unavailable(Unavailability::QueueFull));
            }
            Err(Refused::Closed(work)) => work.refuse(StoreError::unavailable(Unavailability::Closing)),
        }
    }

    /// Finishes what was accepted, then ends the threads.
    pub(crate) fn close(&self) {
        self.inner.queue.close();
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!(
                    server = self.inner.server,
                    "a lane of the store had ended in a panic"
                );
            }
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.inner.queue.close();
    }
}

impl Work {
    fn refuse(self, error: StoreError) {
        match self {
            Work::Body(job) => job.refuse(error),
            Work::Errand(errand) => errand(Err(error)),
        }
    }
}

impl Inner {
    fn serve(&self) {
        let mut seat = Seat::default();
        loop {
            let popped = match seat.next.take() {
                Some(work) => Popped::Job(work),
                None => self.queue.pop(IDLE),
            };
            match popped {
                Popped::Job(work) => {
                    self.meter.waiting(self.queue.len());
                    match work {
                        Work::Body(job) => self.run(job, &mut seat),
                        Work::Errand(errand) => self.run_errand(errand, &mut seat.session),
                    }
                    seat.tidy();
                }
                Popped::Idle => {}
                Popped::Closed => break,
            }
        }
    }

    fn run(&self, mut job: Box<dyn Job>, seat: &mut Seat) {
        let (mut retries, mut reconnected) = (0, false);
        while job.wanted() {
            let session = match self.session(&mut seat.session) {
                Ok(session) => session,
                Err(error) => return job.refuse(error),
            };
            let ended = self.run_once(&mut *job, session, &mut seat.next);
            let is_lost = session.is_lost();
            if matches!(ended, Ended::Again(_)) {
                // Whoever came after does not wait for the pauses of this one.
                seat.next
                    .take()
                    .into_iter()
                    .for_each(|next| self.queue.give_back(next));
            }
            match ended {
                Ended::Answer => return job.answer(),
                Ended::Refuse(error) => return job.refuse(error),
                Ended::Again(error) if is_lost => {
                    self.meter.lost_connection();
                    if reconnected {
                        return job.refuse(error);
                    }
                    (reconnected, seat.session) = (true, None);
                }
                Ended::Again(_) if retries < RETRIES_MAX => {
                    self.meter.retried();
                    thread::sleep(pause(retries));
                    retries += 1;
                }
                Ended::Again(_) => return job.refuse(StoreError::Busy),
            }
        }
    }

    fn run_once(&self, job: &mut dyn Job, session: &mut Session, next: &mut Option<Work>) -> Ended {
        if let Err(failure) = session.begin(self.purpose.begin()) {
            return failure.into();
        }
        let mut tx = Tx::new(Hands::Postgres(session), job.asked_at());
        let said = job.run(&mut tx);
        let announced = tx.has_announced();
        match (tx.into_fate(), said) {
            (Fate::Fine, Said::Keep) => self.commit(session, announced, next),
            (Fate::Again(error), _) => undo(session, Ended::Again(error)),
            (Fate::Failed(error), Said::Keep) => undo(session, Ended::Refuse(error)),
            (Fate::Fine | Fate::Failed(_), Said::Undo) => undo(session, Ended::Answer),
        }
    }

    fn commit(&self, session: &mut Session, announced: bool, next: &mut Option<Work>) -> Ended {
        *next = self.queue.pop_if_all_are_busy();
        match session.commit(matches!(next, Some(Work::Body(_)))) {
            Ok(()) => {
                if announced {
                    self.announced.send_modify(|count| *count = count.wrapping_add(1));
                }
                if self.purpose == Purpose::Write {
                    self.meter.committed(1);
                }
                Ended::Answer
            }
            // Nobody knows whether it was kept: running it again might do it twice.
            Err(_) if session.is_lost() && self.purpose == Purpose::Write => {
                self.meter.lost_connection();
                Ended::Refuse(StoreError::unavailable(Unavailability::Undecided))
            }
            Err(failure) => undo(session, failure.into()),
        }
    }

    fn run_errand(&self, errand: Errand, held: &mut Option<Session>) {
        match self.session(held) {
            Ok(session) => {
                errand(Ok(session));
                // An errand that failed half-way leaves a transaction open; outside of one this changes nothing.
                if !session.is_lost() && session.batch("ROLLBACK").is_err() {
                    *held = None;
                }
            }
            Err(error) => errand(Err(error)),
        }
    }

    fn session<'s>(&self, held: &'s mut Option<Session>) -> Result<&'s mut Session, StoreError> {
        let session = match held.take() {
            Some(session) => session,
            None => self.connect()?,
        };
        Ok(held.insert(session))
    }

    fn connect(&self) -> Result<Session, StoreError> {
        let down = StoreError::unavailable(Unavailability::ServerDown);
        if self.down.lock().is_some_and(|since| since.elapsed() < DOWN) {
            return Err(down);
        }
        match Session::connect(&self.address, &self.lanes) {
            Ok(session) => {
                if self.down.lock().take().is_some() {
                    tracing::info!(server = self.server, "the database server is back");
                }
                Ok(session)
            }
            Err(error) => {
                if self.down.lock().replace(Instant::now()).is_none() {
                    tracing::error!(
                        server = self.server,
                        error = said(&error),
                        "the database server cannot be reached"
                    );
                }
                Err(down)
            }
        }
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        match failure {
            Failure::Again(error) => Ended::Again(error),
            Failure::Final(error) => Ended::Refuse(error),
        }
    }
}

fn undo(session: &mut Session, ended: Ended) -> Ended {
    if !session.is_lost() && session.batch("ROLLBACK").is_err() {
        tracing::warn!("a rollback failed; the connection is replaced");
    }
    ended
}

/// Doubles with each retry; the random half keeps two that met from meeting again.
pub(crate) fn pause(retries: u32) -> Duration {
    let longest = PAUSE_FIRST.saturating_mul(1 << retries.min(16)).min(PAUSE_MAX);
    let half = longest / 2;
    let random = RandomState::new().build_hasher().finish() % 1024;
    half + half.saturating_mul(u32::try_from(random).unwrap_or(0)) / 1024
}
