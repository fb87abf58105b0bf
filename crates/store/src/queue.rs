//! A queue with an end. Whoever finds it full is told so at once; nobody waits for a place, because a caller that
//! waits without bound is a request that was lost slowly.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

pub(crate) struct Queue<J> {
    inner: Mutex<Inner<J>>,
    arrival: Condvar,
    jobs_max: usize,
}

struct Inner<J> {
    jobs: VecDeque<J>,
    idle: usize,
    closed: bool,
}

/// Why a job was not taken; it comes back to whoever brought it.
pub(crate) enum Refused<J> {
    Full(J),
    Closed(J),
}

pub(crate) enum Popped<J> {
    Job(J),
    Idle,
    Closed,
}

impl<J> Queue<J> {
    pub(crate) fn new(jobs_max: usize) -> Queue<J> {
        Queue {
            inner: Mutex::new(Inner {
                jobs: VecDeque::new(),
                idle: 0,
                closed: false,
            }),
            arrival: Condvar::new(),
            jobs_max: jobs_max.max(1),
        }
    }

    pub(crate) fn push(&self, job: J) -> Result<(), Refused<J>> {
        let mut inner = self.inner.lock();
        if inner.closed {
            return Err(Refused::Closed(job));
        }
        if inner.jobs.len() >= self.jobs_max {
            return Err(Refused::Full(job));
        }
        inner.jobs.push_back(job);
        let wake = inner.idle > 0;
        drop(inner);
        if wake {
            self.arrival.notify_one();
        }
        Ok(())
    }

    /// Waits for a job, at most for `patience`. What was accepted is handed out even after the queue was closed.
    pub(crate) fn pop(&self, patience: Duration) -> Popped<J> {
        let mut inner = self.inner.lock();
        loop {
            if let Some(job) = inner.jobs.pop_front() {
                return Popped::Job(job);
            }
            if inner.closed {
                return Popped::Closed;
            }
            inner.idle += 1;
            let timed_out = self.arrival.wait_for(&mut inner, patience).timed_out();
            inner.idle -= 1;
            if timed_out && inner.jobs.is_empty() && !inner.closed {
                return Popped::Idle;
            }
        }
    }

    /// The next job if one waits already.
    pub(crate) fn pop_waiting(&self) -> Option<J> {
        self.inner.lock().jobs.pop_front()
    }

    /// The next job if one waits already and nobody else is free to take it.
    pub(crate) fn pop_if_all_are_busy(&self) -> Option<J> {
        let mut inner = self.inner.lock();
        if inner.idle > 0 {
            None
        } else {
            inner.jobs.pop_front()
        }
    }

    /// Puts a job back to the front for whoever is free first.
    pub(crate) fn give_back(&self, job: J) {
        self.inner.lock().jobs.push_front(job);
        self.arrival.notify_one();
    }

    pub(crate) fn len(&self) -> usize {
        self.inner.lock().jobs.len()
    }

    /// Takes no more jobs; those inside are still handed out.
    pub(crate) fn close(&self) {
        self.inner.lock().closed = true;
        self.arrival.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_refuses_at_once_and_a_closed_one_hands_out_what_it_took() {
        let queue = Queue::new(2);
        assert!(queue.push(1).is_ok());
        assert!(queue.push(2).is_ok());
        assert!(matches!(queue.push(3), Err(Refused::Full(3))));
        queue.close();
        assert!(matches!(queue.push(4), Err(Refused::Closed(4))));
        assert!(matches!(queue.pop(Duration::ZERO), Popped::Job(1)));
        assert_eq!(queue.pop_waiting(), Some(2));
        assert!(matches!(queue.pop(Duration::ZERO), Popped::Closed));
    }

    #[test]
    fn an_idle_lane_gets_its_turn_to_tidy_up() {
        let queue: Queue<u8> = Queue::new(1);
        assert!(matches!(queue.pop(Duration::ZERO), Popped::Idle));
    }
}
