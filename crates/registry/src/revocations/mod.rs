//! What was good a moment ago and must be refused now, before its tokens are over.
//!
//! A request is recognised without asking the store, so every instance keeps in memory what it must not recognise.
//! The row is written in the transaction of the act. This instance learns it right after the commit, the others
//! within a second, because each of them reads the latest rows of every server that often. A row is of use only until
//! the last token that it stops is over, so there are never many.

mod rows;
mod types;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use kernel::{Id, Moment, PersonId};
use parking_lot::RwLock;
use store::{Store, StoreError, Tx};

pub use types::Revocation;

/// How far back each look reaches. Above the longest transaction and the difference of two clocks, so that a row
/// that was committed late, or by an instance whose clock is behind, is not missed.
const LOOK_BACK_SECONDS: i64 = 120;
/// Rows of one look at one server. More than this within two minutes are read over several looks.
const LOOK_ROWS_MAX: i64 = 1_000;

/// Ends a session, app password or key in the transaction of the act.
pub fn end(tx: &mut Tx<'_>, subject: Id, now: Moment, kept_until: Moment) -> Result<Revocation, StoreError> {
    let revocation = Revocation::all_of(subject, now, kept_until);
    rows::add(tx, &revocation)?;
    Ok(revocation)
}

/// Cuts the access tokens of a person short that are below a generation.
pub fn cut(
    tx: &mut Tx<'_>,
    person: PersonId,
    lowest: i64,
    now: Moment,
    kept_until: Moment,
) -> Result<Revocation, StoreError> {
    let revocation = Revocation {
        subject: person.0,
        lowest,
        at: now,
        kept_until,
    };
    rows::add(tx, &revocation)?;
    Ok(revocation)
}

/// What this instance refuses.
#[derive(Default)]
pub struct Revocations {
    marks: RwLock<HashMap<Id, Revocation>>,
    /// So that a request does not take the lock while nothing is revoked.
    count: AtomicUsize,
}

impl Revocations {
    /// Takes in what a transaction of this instance revoked, or a look found.
    pub fn learn(&self, revocations: &[Revocation]) {
        if revocations.is_empty() {
            return;
        }
        let mut marks = self.marks.write();
        for new in revocations {
            let mark = marks.entry(new.subject).or_insert(*new);
            mark.lowest = mark.lowest.max(new.lowest);
            mark.kept_until = mark.kept_until.max(new.kept_until);
        }
        self.count.store(marks.len(), Ordering::Release);
        metrics::gauge!("townhall_revocations")
            .set(f64::from(u32::try_from(marks.len()).unwrap_or(u32::MAX)));
    }

    /// Whether what belongs to `subject` and was made in this generation is no longer good.
    pub fn refuses(&self, subject: Id, generation: i64) -> bool {
        self.count.load(Ordering::Acquire) > 0
            && self
                .marks
                .read()
                .get(&subject)
                .is_some_and(|mark| generation < mark.lowest)
    }

    pub fn forget_old(&self, now: Moment) {
        let mut marks = self.marks.write();
        marks.retain(|_, mark| now < mark.kept_until);
        self.count.store(marks.len(), Ordering::Release);
    }

    /// Everything that counts still: before the first request.
    pub async fn load(&self, store: &Store, now: Moment) -> Result<(), StoreError> {
        self.look_back_to(store, Moment::from_micros(0), now).await
    }

    /// The latest rows of every server.
    pub async fn look(&self, store: &Store, now: Moment) -> Result<(), StoreError> {
        self.look_back_to(store, now.plus_seconds(-LOOK_BACK_SECONDS), now)
            .await
    }

    async fn look_back_to(&self, store: &Store, from: Moment, now: Moment) -> Result<(), StoreError> {
        for server in store.everywhere() {
            let mut after = (from, Id::from_bytes([0; 16]));
            loop {
                let found = server
                    .read(move |tx| rows::after(tx, after, now, LOOK_ROWS_MAX))
                    .await?;
                self.learn(&found);
                match found.last() {
                    Some(last) if i64::try_from(found.len()).is_ok_and(|n| n >= LOOK_ROWS_MAX) => {
                        after = (last.at, last.subject);
                    }
                    _ => break,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    #[test]
    fn a_revoked_session_is_refused_whatever_its_generation() {
        let revoked = Revocations::default();
        let session = Id::new(NOW);
        assert!(!revoked.refuses(session, 0));
        revoked.learn(&[Revocation::all_of(session, NOW, NOW.plus_seconds(600))]);
        assert!(revoked.refuses(session, 0) && revoked.refuses(session, 1_000_000));
        assert!(!revoked.refuses(Id::new(NOW), 0));
        revoked.forget_old(NOW.plus_seconds(600));
        assert!(!revoked.refuses(session, 0), "by then its tokens are over");
    }

    #[test]
    fn tokens_below_a_generation_are_refused_and_the_highest_counts() {
        let revoked = Revocations::default();
        let anna = Id::new(NOW);
        let mark = |lowest| Revocation {
            subject: anna,
            lowest,
            at: NOW,
            kept_until: NOW.plus_seconds(600),
        };
        revoked.learn(&[mark(5)]);
        revoked.learn(&[mark(4)]);
        assert!(revoked.refuses(anna, 4) && !revoked.refuses(anna, 5));
    }
}
