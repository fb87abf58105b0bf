//! Writing down what was decided, many letters in one transaction, in their rows and in the book.

use std::sync::Arc;

use bell::Held;
use kernel::Moment;
use store::{Shard, StoreError, Tx};

use crate::book::Entries;
use crate::letters::rows::{self, Change};
use crate::letters::{Letter, State};

/// What becomes of one letter, and what the book has to know of it.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub kind: i64,
    pub asked: Moment,
    pub was_at: String,
    pub change: Change,
}

impl Decided {
    pub fn new(letter: &Letter, change: Change) -> Decided {
        Decided {
            kind: letter.kind,
            asked: letter.asked,
            was_at: letter.provider.clone(),
            change,
        }
    }
}

/// Writes all of it down under a lease. Says of each whether the letter still was what it was decided on; `None`, and
/// nothing is written, when the lease is lost.
pub(super) async fn under_lease(
    held: &Held,
    decided: Vec<Decided>,
    now: Moment,
) -> Result<Option<Vec<bool>>, StoreError> {
    both(held, Arc::new(Vec::new()), decided, now).await
}

/// Writes down in one transaction what is `certain`, whoever holds the lease, and what was decided under it. The answer is
/// about the latter, as that of [`under_lease`].
pub(super) async fn both(
    held: &Held,
    certain: Arc<Vec<Decided>>,
    decided: Vec<Decided>,
    now: Moment,
) -> Result<Option<Vec<bool>>, StoreError> {
    let (mine, page) = (held.clone(), page_of(held));
    held.shard
        .write(move |tx| {
            let mut entries = Entries::default();
            for one in certain.iter() {
                keep(tx, one, &mut entries)?;
            }
            let is_mine = decided.is_empty() || mine.is_mine(tx, now)?;
            let under_lease = if is_mine { decided.as_slice() } else { &[] };
            let kept: Result<Vec<bool>, StoreError> = under_lease
                .iter()
                .map(|one| keep(tx, one, &mut entries))
                .collect();
            entries.write(tx, page)?;
            Ok(is_mine.then_some(kept?))
        })
        .await
}

/// Writes down what is certain, whoever holds the lease.
pub(super) async fn certain(shard: &Shard, decided: Arc<Vec<Decided>>, page: u16) -> Result<(), StoreError> {
    shard
        .write(move |tx| {
            let mut entries = Entries::default();
            for one in decided.iter() {
                keep(tx, one, &mut entries)?;
            }
            entries.write(tx, page)
        })
        .await
}

/// The page of the book that a worker writes on.
pub(super) fn page_of(held: &Held) -> u16 {
    held.lease.range.first.number()
}

/// Whether the letter still was what this was decided on.
fn keep(tx: &mut Tx<'_>, one: &Decided, entries: &mut Entries) -> Result<bool, StoreError> {
    let change = &one.change;
    let mut from = change.from;
    let mut is_kept = rows::change(tx, change)?;
    if !is_kept && from == State::Sending && change.next.state == State::HandedOver {
        // Another worker took it for lost meanwhile, but this answer is of that very attempt.
        let settled = Change {
            from: State::Unsure,
            ..change.clone()
        };
        from = State::Unsure;
        is_kept = rows::change(tx, &settled)?;
    }
    if is_kept {
        entries.moved(
            one.kind,
            one.asked,
            (from, &one.was_at),
            (change.next.state, &change.provider),
        );
    }
    Ok(is_kept)
}
