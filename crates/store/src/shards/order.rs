//! Changes of reference tables happen in one order on all servers.
//!
//! The home decides, and a moment later the other servers are told. In that moment a second change may see the first
//! at the home and not yet elsewhere; had it decided there by what it saw, the servers would differ for ever. So whoever
//! has its snapshot of the home waits, before it takes one of another server, until all that were decided before are
//! settled there. Those of this process are known; those of others are looked for, and helped to their end.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use postgres::{Client, SimpleQueryMessage};

use super::trouble::Attempt;
use super::two_phase::{BEGIN, Gid, Verdict, settle};
use crate::StoreError;

/// Telling the other servers takes milliseconds; after this long the change begins again.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(1);
/// What is prepared on a server, of whatever database: cheap to ask, and the answer is mostly nothing.
const OF_THE_SERVER: &str = "SELECT gid FROM pg_prepared_xact()";
const OF_THE_DATABASE: &str = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()";

/// The changes that this process is at work on.
#[derive(Default)]
pub(crate) struct Settling {
    inner: Mutex<Inner>,
    ended: Condvar,
}

#[derive(Default)]
struct Inner {
    at_work: BTreeSet<String>,
    /// Those between just before their decision and their end everywhere.
    deciding: BTreeSet<String>,
}

/// Held by a change for as long as its coordinator is at work on it.
pub(crate) struct AtWork<'a> {
    settling: &'a Settling,
    gid: String,
}

impl Settling {
    pub(crate) fn begin(&self, gid: &Gid) -> AtWork<'_> {
        let gid = gid.to_string();
        self.inner.lock().at_work.insert(gid.clone());
        AtWork { settling: self, gid }
    }

    /// Those that a snapshot of the home taken before now may show while other servers do not yet.
    pub(crate) fn deciding_now(&self) -> BTreeSet<String> {
        self.inner.lock().deciding.clone()
    }

    fn is_at_work(&self, gid: &str) -> bool {
        self.inner.lock().at_work.contains(gid)
    }

    pub(crate) fn wait_for(&self, seen: &BTreeSet<String>) -> Result<(), StoreError> {
        let deadline = Instant::now() + PATIENCE;
        let mut inner = self.inner.lock();
        while !inner.deciding.is_disjoint(seen) {
            if self.ended.wait_until(&mut inner, deadline).timed_out() {
                return Err(StoreError::Busy);
            }
        }
        Ok(())
    }
}

impl AtWork<'_> {
    /// Just before the decision.
    pub(crate) fn decide(&self) {
        self.settling.inner.lock().deciding.insert(self.gid.clone());
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut inner = self.settling.inner.lock();
        inner.at_work.remove(&self.gid);
        inner.deciding.remove(&self.gid);
        drop(inner);
        self.settling.ended.notify_all();
    }
}

impl Settling {
    /// Opens a transaction on `other` after what was decided before the snapshot that `home` stands in is settled
    /// there. Who is at work here need not be looked after.
    pub(crate) fn begin_after_others_work(&self, home: &mut Client, other: &mut Client) -> Attempt<()> {
        if self.begin_and_list(other, OF_THE_SERVER)?.is_empty() {
            return Ok(());
        }
        other.batch_execute("ROLLBACK")?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let theirs = self.begin_and_list(other, OF_THE_DATABASE)?;
            let question = "SELECT gid FROM verdicts WHERE verdict = 'commit' AND gid = ANY($1)";
            let decided = if theirs.is_empty() {
                Vec::new()
            } else {
                home.query(question, &[&theirs])?
            };
            if decided.is_empty() {
                return Ok(());
            }
            other.batch_execute("ROLLBACK")?;
            for gid in decided.iter().filter_map(|row| Gid::parse(row.get(0))) {
                settle(other, &gid, Verdict::Commit)?;
            }
            if Instant::now() > deadline {
                return Err(StoreError::Busy.into());
            }
            // Its own coordinator may be at it this very moment; then it is still in the list.
            thread::sleep(PAUSE);
        }
    }

    /// What others prepared here, listed just before a transaction is opened that has no snapshot yet: in one round trip.
    fn begin_and_list(&self, other: &mut Client, question: &str) -> Result<Vec<String>, postgres::Error> {
        let messages = other.simple_query(&format!("{question}; COMMIT; {BEGIN}"))?;
        let names = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Ok(names
            .filter(|name| Gid::parse(name).is_some() && !self.is_at_work(name))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_waits_for_those_it_may_have_seen_and_for_no_later_one() {
        let settling = Settling::default();
        let begin = || settling.begin(&Gid::new("home", "database"));
        let (first, later) = (begin(), begin());
        first.decide();
        let seen = settling.deciding_now();
        later.decide();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| settling.wait_for(&seen).is_ok());
            drop(first);
            assert!(waiting.join().unwrap());
        });
        assert!(
            settling.wait_for(&settling.deciding_now()).is_err(),
            "nobody waits for ever"
        );
        drop(later);
        assert!(settling.wait_for(&settling.deciding_now()).is_ok());
    }
}
