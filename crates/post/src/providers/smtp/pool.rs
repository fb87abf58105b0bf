//! Letters wait in one queue for a bounded number of connections; each connection is a task that takes from it.
//!
//! What is kept true: a letter in the queue is answered exactly once, by whichever connection takes it; a connection
//! takes a second letter only when none is idle; a letter that a worn connection did not touch gets one more
//! connection before it is refused; a letter whose asker is gone is not sent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::connection;
use super::options::SmtpOptions;
use super::talk::Outcome;
use crate::providers::{Ready, Refusal, Verdict};

/// How long a server that broke on pipelining is spoken to one command at a time.
const LOCKSTEP: Duration = Duration::from_secs(10 * 60);

pub struct Given {
    pub letter: Ready,
    pub ticket: Ticket,
}

/// Where the verdict goes.
pub struct Ticket {
    answer: oneshot::Sender<Verdict>,
    /// It came back untouched once.
    again: bool,
}

pub struct Pool {
    pub options: SmtpOptions,
    pub tls: Option<TlsConnector>,
    state: Mutex<State>,
    /// Rings for idle connections.
    pub wake: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Given>,
    /// Tasks: those that open a connection and those that have one.
    tasks: usize,
    open: usize,
    idle: usize,
    closed: bool,
    lockstep_until: Option<Instant>,
    proved: bool,
}

impl Pool {
    pub fn new(options: SmtpOptions, tls: Option<TlsConnector>) -> Pool {
        Pool {
            options,
            tls,
            state: Mutex::default(),
            wake: Notify::new(),
        }
    }

    pub fn push(self: &Arc<Pool>, letter: Ready) -> oneshot::Receiver<Verdict> {
        let (answer, verdict) = oneshot::channel();
        let ticket = Ticket { answer, again: false };
        self.state.lock().queue.push_back(Given { letter, ticket });
        self.see_to_the_queue();
        verdict
    }

    /// Wakes an idle connection, or opens another one.
    fn see_to_the_queue(self: &Arc<Pool>) {
        let mut state = self.state.lock();
        if state.idle > 0 {
            self.wake.notify_one();
        }
        let too_few = state.queue.len() > state.idle && state.tasks < self.options.connections.max(1);
        if too_few {
            state.tasks += 1;
            tokio::spawn(connection::run(Arc::clone(self)));
        }
    }

    /// A letter for a connection that has none; without one the task is over, and is counted so.
    pub fn take_or_leave(&self) -> Option<Given> {
        let mut state = self.state.lock();
        let next = state.next();
        if next.is_none() {
            state.tasks = state.tasks.saturating_sub(1);
        }
        next
    }

    pub fn take(&self) -> Option<Given> {
        self.state.lock().next()
    }

    /// A letter for a connection that has one in work already.
    pub fn take_ahead(&self) -> Option<Given> {
        let mut state = self.state.lock();
        if state.queue.len() > state.idle {
            state.next()
        } else {
            None
        }
    }

    pub fn set_idle(&self, idle: bool) {
        let mut state = self.state.lock();
        state.idle = if idle {
            state.idle + 1
        } else {
            state.idle.saturating_sub(1)
        };
    }

    pub fn opened(&self) {
        self.state.lock().open += 1;
    }

    pub fn ended(&self) {
        let mut state = self.state.lock();
        state.open = state.open.saturating_sub(1);
    }

    /// What one connection met the others would meet too, so when none is open, all who wait get the same answer.
    pub fn could_not_open(&self, given: Given, refusal: &Refusal) {
        let mut refused = vec![given];
        {
            let mut state = self.state.lock();
            if state.open == 0 {
                refused.extend(state.queue.drain(..));
            }
        }
        for given in refused {
            given.ticket.answer.send(Verdict::Refused(refusal.clone())).ok();
        }
    }

    pub fn settle(self: &Arc<Pool>, mut ticket: Ticket, letter: Ready, outcome: Outcome) {
        let verdict = match outcome {
            Outcome::Verdict(verdict) => verdict,
            Outcome::Untouched { blameless: true, .. } if !ticket.again => {
                ticket.again = true;
                self.state.lock().queue.push_front(Given { letter, ticket });
                return self.see_to_the_queue();
            }
            Outcome::Untouched { refusal, .. } => Verdict::Refused(refusal),
        };
        ticket.answer.send(verdict).ok();
    }

    pub fn pipelines(&self) -> bool {
        let mut state = self.state.lock();
        if state.lockstep_until.is_some_and(|until| until <= Instant::now()) {
            state.lockstep_until = None;
        }
        self.options.pipelining && state.lockstep_until.is_none()
    }

    pub fn pipelining_works(&self) {
        self.state.lock().proved = true;
    }

    /// A server on which it worked before is only restarting.
    pub fn pipelining_broke(&self) {
        let mut state = self.state.lock();
        if !state.proved {
            state.lockstep_until = Some(Instant::now() + LOCKSTEP);
            tracing::warn!(provider = %self.options.name, "the server breaks on pipelining: one command at a time for a while");
        }
    }

    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Connections finish what they have and say goodbye.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.wake.notify_waiters();
    }
}

impl State {
    fn next(&mut self) -> Option<Given> {
        loop {
            let given = self.queue.pop_front()?;
            if !given.ticket.answer.is_closed() {
                return Some(given);
            }
        }
    }
}
