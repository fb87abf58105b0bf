//! Changing reference tables: on all servers or on none.
//!
//! A few threads own a connection to each server and carry changes through two-phase commit. Those that wait together
//! share one: three flushes of a disk are dear, and a change is small. A body runs once on each server, on the home
//! first; what it says on one it must say on all, because all hold the same rows. When a shared commit does not come
//! about, whichever change was the reason, each is tried again by itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::Mutex;
use postgres::{Client, SimpleQueryMessage};
use tokio::sync::watch;

use super::fleet::Fleet;
use super::link::database_of;
use super::order::{AtWork, Settling};
use super::trouble::{Attempt, Trouble};
use super::two_phase::{BEGIN, Ended, Gid, Member, Verdict, Work, commit_together, judge, settle};
use crate::config::Lanes;
use crate::job::{Job, Said};
use crate::meter::LaneMeter;
use crate::pg::{Session, pause, said};
use crate::queue::{Popped, Queue, Refused};
use crate::tx::{Fate, Hands};
use crate::{StoreError, Tx, Unavailability};

/// The same patience as that of an ordinary write.
const RETRIES_MAX: u32 = 20;
/// How often the home is asked what became of a change whose answer was lost.
const QUESTIONS_MAX: u32 = 5;
const IDLE: Duration = Duration::from_secs(60);
/// One thread tells the others of a decision while the next prepares; a third would only split what could share.
const THREADS_MAX: usize = 2;
/// How many changes share one commit at most.
const TOGETHER_MAX: usize = 32;

type BoxedJob = Box<dyn Job>;

pub(crate) struct Everywhere {
    inner: Arc<Inner>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Inner {
    fleet: Arc<Fleet>,
    lanes: Lanes,
    queue: Queue<BoxedJob>,
    meter: LaneMeter,
    settling: Settling,
    announced: watch::Sender<u64>,
}

/// A connection to each server, the home first.
struct Crew {
    sessions: Vec<Session>,
    database: String,
}

impl Member for Session {
    fn client(&mut self) -> &mut Client {
        self.client()
    }
}

impl Everywhere {
    pub(crate) fn start(
        fleet: Arc<Fleet>,
        lanes: &Lanes,
        announced: watch::Sender<u64>,
    ) -> std::io::Result<Everywhere> {
        let inner = Arc::new(Inner {
            fleet,
            lanes: lanes.clone(),
            queue: Queue::new(lanes.queue_jobs_max),
            meter: LaneMeter::new("all", "everywhere"),
            settling: Settling::default(),
            announced,
        });
        let mut threads = Vec::new();
        for number in 0..lanes.write_connections.clamp(1, THREADS_MAX) {
            let inner = Arc::clone(&inner);
            let name = format!("store-everywhere-{number}");
            threads.push(thread::Builder::new().name(name).spawn(move || inner.serve())?);
        }
        Ok(Everywhere {
            inner,
            threads: Mutex::new(threads),
        })
    }

    pub(crate) fn submit(&self, job: BoxedJob) {
        match self.inner.queue.push(job) {
            Ok(()) => {}
            Err(Refused::Full(job)) => {
                self.inner.meter.refused();
                job.refuse(StoreError::unavailable(Unavailability::QueueFull));
            }
            Err(Refused::Closed(job)) => job.refuse(StoreError::unavailable(Unavailability::Closing)),
        }
    }

    /// Finishes what was accepted, then ends the threads.
    pub(crate) fn close(&self) {
        self.inner.queue.close();
        for thread in std::mem::take(&mut *self.threads.lock()) {
            if thread.join().is_err() {
                tracing::error!("a thread that changes reference tables had ended in a panic");
            }
        }
    }
}

impl Drop for Everywhere {
    fn drop(&mut self) {
        self.inner.queue.close();
    }
}

impl Inner {
    fn serve(&self) {
        let mut crew = None;
        loop {
            match self.queue.pop(IDLE) {
                Popped::Job(job) => {
                    let mut jobs = vec![job];
                    while jobs.len() < TOGETHER_MAX
                        && let Some(job) = self.queue.pop_waiting()
                    {
                        jobs.push(job);
                    }
                    self.meter.waiting(self.queue.len());
                    jobs.retain(|job| job.wanted());
                    self.run_together(jobs, &mut crew);
                }
                // Changes everywhere are rare, and a connection costs the server something.
                Popped::Idle => crew = None,
                Popped::Closed => break,
            }
        }
    }

    fn run_together(&self, mut jobs: Vec<BoxedJob>, held: &mut Option<Crew>) {
        let mut alone = jobs.len() <= 1;
        if !alone {
            match self.attempt(&mut jobs, held) {
                Outcome::Answer => {}
                // What became of it may be unknown, so it is not for us to try it again.
                Outcome::Refuse(StoreError::Unavailable { reason, .. }) => {
                    return jobs
                        .into_iter()
                        .for_each(|job| job.refuse(StoreError::unavailable(reason)));
                }
                Outcome::Refuse(_) | Outcome::Undone | Outcome::Again => {
                    self.meter.retried();
                    alone = true;
                }
            }
        }
        for job in jobs {
            if alone {
                self.run_alone(job, held);
            } else {
                job.answer();
            }
        }
    }

    fn run_alone(&self, job: BoxedJob, held: &mut Option<Crew>) {
        let mut jobs = [job];
        let mut error = StoreError::Busy;
        for retries in 0..RETRIES_MAX {
            if !jobs[0].wanted() {
                return;
            }
            match self.attempt(&mut jobs, held) {
                Outcome::Answer | Outcome::Undone => return jobs.into_iter().for_each(|job| job.answer()),
                Outcome::Refuse(reason) => {
                    error = reason;
                    break;
                }
                Outcome::Again => {
                    self.meter.retried();
                    thread::sleep(pause(retries));
                }
            }
        }
        let [job] = jobs;
        job.refuse(error);
    }

    /// One try of all `jobs` in one transaction.
    fn attempt(&self, jobs: &mut [BoxedJob], held: &mut Option<Crew>) -> Outcome {
        let crew = match held.take().map_or_else(|| self.connect(), Ok) {
            Ok(crew) => held.insert(crew),
            Err(trouble) => return Outcome::Refuse(StoreError::from(trouble)),
        };
        let ended = self.run_once(jobs, crew);
        if crew.sessions.iter_mut().any(|session| session.is_lost()) {
            self.meter.lost_connection();
            *held = None;
        }
        ended
    }

    fn run_once(&self, jobs: &mut [BoxedJob], crew: &mut Crew) -> Outcome {
        let gid = Gid::new(self.fleet.home_name(), &crew.database);
        let Some(now) = jobs.iter().map(|job| job.asked_at()).max() else {
            return Outcome::Answer;
        };
        let changes = jobs.len();
        let mut change = Change {
            jobs,
            servers: crew.sessions.len(),
            wish: None,
            has_announced: false,
            settling: &self.settling,
            at_work: self.settling.begin(&gid),
            seen: BTreeSet::new(),
        };
        let ended = commit_together(&mut crew.sessions, &gid, now, &self.fleet.points, &mut change);
        match (ended, change.wish.take()) {
            (Ended::Committed, _) => {
                self.meter.committed(changes);
                if change.has_announced {
                    self.announced.send_modify(|count| *count = count.wrapping_add(1));
                }
                Outcome::Answer
            }
            (Ended::Undone(_), Some(wish)) => wish,
            (Ended::Undone(trouble), None) if trouble.may_pass() => Outcome::Again,
            (Ended::Undone(trouble), None) => Outcome::Refuse(trouble.into()),
            (Ended::Unknown(_), _) => match self.find_out(&gid) {
                Some(Verdict::Commit) => Outcome::Answer,
                Some(Verdict::Abort) => Outcome::Again,
                None => Outcome::Refuse(StoreError::unavailable(Unavailability::ConnectionLost)),
            },
        }
    }

    /// The answer to the COMMIT was lost; the verdict says whether there was one.
    fn find_out(&self, gid: &Gid) -> Option<Verdict> {
        for retries in 0..QUESTIONS_MAX {
            let verdict = self
                .fleet
                .connect_home()
                .and_then(|mut home| Ok(judge(&mut home, gid, self.fleet.clock.now())?));
            if let Ok(verdict) = verdict {
                for contact in self.fleet.contacts.iter().skip(1) {
                    // Recovery does it where we cannot.
                    let _ = contact
                        .connect()
                        .and_then(|mut client| settle(&mut client, gid, verdict));
                }
                return Some(verdict);
            }
            thread::sleep(pause(retries + 6));
        }
        None
    }

    fn connect(&self) -> Attempt<Crew> {
        let connect = |address| Session::connect(address, &self.lanes);
        let mut sessions = Vec::new();
        for contact in &self.fleet.contacts {
            let session = connect(contact.address()).map_err(|error| {
                tracing::error!(server = contact.name(), error = said(&error), "cannot be reached");
                StoreError::unavailable(Unavailability::ServerDown)
            })?;
            sessions.push(session);
        }
        let home = sessions
            .first_mut()
            .ok_or_else(|| StoreError::broken("there is no server"))?;
        let database = database_of(home.client())?;
        Ok(Crew { sessions, database })
    }
}

/// What became of one try.
enum Outcome {
    /// It is kept everywhere.
    Answer,
    /// Nothing is kept, because a body wanted it so; what it said is its answer.
    Undone,
    Refuse(StoreError),
    Again,
}

/// The transaction of one try.
struct Change<'a> {
    jobs: &'a mut [BoxedJob],
    servers: usize,
    /// What the body made of it, when that was not to be kept.
    wish: Option<Outcome>,
    has_announced: bool,
    settling: &'a Settling,
    /// What the home's snapshot may show and other servers not yet.
    seen: BTreeSet<String>,
    at_work: AtWork<'a>,
}

impl Change<'_> {
    fn run(&mut self, session: &mut Session) -> Attempt<()> {
        for job in &mut *self.jobs {
            let mut tx = Tx::new(Hands::Postgres(session), job.asked_at());
            let said = job.run(&mut tx);
            self.has_announced |= tx.has_announced();
            self.wish = Some(match (tx.into_fate(), said) {
                (Fate::Fine, Said::Keep) => continue,
                (Fate::Again(_), _) => Outcome::Again,
                (Fate::Failed(error), Said::Keep) => Outcome::Refuse(error),
                (Fate::Fine | Fate::Failed(_), Said::Undo) => Outcome::Undone,
            });
            return Err(Trouble::Overtaken("a body does not want it kept"));
        }
        Ok(())
    }
}

impl Work<Session> for Change<'_> {
    /// Takes the snapshot, and in the same round trip looks whether this program knows all servers: one that was started
    /// before a server joined would leave that server out.
    fn begin_at_home(&mut self, home: &mut Session) -> Attempt<()> {
        let messages = home
            .client()
            .simple_query(&format!("{BEGIN}; SELECT count(*) FROM house"))?;
        let servers = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse::<usize>().ok(),
            _ => None,
        });
        self.seen = self.settling.deciding_now();
        if servers == Some(self.servers) {
            return Ok(());
        }
        tracing::error!(
            ?servers,
            known = self.servers,
            "the house has other servers than this program was told of"
        );
        Err(StoreError::unavailable(Unavailability::ServerDown).into())
    }

    fn at_home(&mut self, home: &mut Session) -> Attempt<()> {
        self.run(home)
    }

    fn begin_at_other(&mut self, home: &mut Session, other: &mut Session) -> Attempt<()> {
        self.settling.wait_for(&self.seen)?;
        self.settling
            .begin_after_others_work(home.client(), other.client())
    }

    fn at_other(&mut self, _number: usize, other: &mut Session) -> Attempt<()> {
        self.run(other)
    }

    fn seal(&mut self, _home: &mut Session) -> Attempt<()> {
        self.at_work.decide();
        Ok(())
    }
}
