//! Telling many changes in one call, where all who hear their kind take many.
//!
//! The first changes of all owners are sorted by kind, told in batches, and then the next ones of the same owners: so
//! each owner's are told in order, and no owner waits for what another's say. Owners of a batch that fails go on
//! alone from where they stood, and only what fails there counts as failed.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use store::outbox::Change;

use super::{Queue, Relay, in_time};
use crate::shift::Held;

/// Batches that are told at the same time, each of another kind or of other owners.
const BATCHES_AT_ONCE: usize = 4;

/// Changes of one kind, and what comes after them.
#[derive(Default)]
struct Batch {
    changes: Vec<Change>,
    /// Of each owner: how many of its changes are in the batch, and the rest of them.
    owners: Vec<(usize, Queue)>,
}

impl Batch {
    /// Gives each owner back what was told of it in vain.
    fn undo(self) -> Vec<Queue> {
        let mut changes = self.changes.into_iter();
        let whole = self.owners.into_iter().map(|(count, rest)| {
            let mut queue: Queue = changes.by_ref().take(count).collect();
            queue.extend(rest);
            queue
        });
        whole.collect()
    }
}

impl Relay {
    /// What was heard together, and what is to be told owner by owner.
    pub(super) async fn tell_together(&self, held: &Held, by_owner: Vec<Queue>) -> (Vec<Change>, Vec<Queue>) {
        let (mut heard, mut alone, mut queues) = (Vec::new(), Vec::new(), by_owner);
        while held.goes_on() {
            let batches = self.batches(queues, &mut alone);
            if batches.is_empty() {
                return (heard, alone);
            }
            queues = Vec::new();
            let mut told = stream::iter(batches)
                .map(|batch| self.tell_batch(batch))
                .buffer_unordered(BATCHES_AT_ONCE);
            while let Some((batch, well)) = told.next().await {
                if well {
                    queues.extend(batch.owners.into_iter().map(|(_, rest)| rest));
                    heard.extend(batch.changes);
                } else {
                    alone.extend(batch.undo());
                }
            }
        }
        alone.extend(queues);
        (heard, alone)
    }

    /// Batches of what stands first. Owners whose first change is told alone are put to `alone`.
    fn batches(&self, queues: Vec<Queue>, alone: &mut Vec<Queue>) -> Vec<Batch> {
        let (mut full, mut filling) = (Vec::new(), BTreeMap::<String, Batch>::new());
        for mut queue in queues {
            let Some(kind) = queue.first().map(|change| change.kind.clone()) else {
                continue;
            };
            let many = self.many_max(&kind);
            if many <= 1 {
                alone.push(queue);
                continue;
            }
            let alike = queue.iter().take_while(|change| change.kind == kind).count();
            let batch = filling.entry(kind).or_default();
            let count = alike.min(many - batch.changes.len());
            let rest = queue.split_off(count);
            batch.changes.extend(queue);
            batch.owners.push((count, rest));
            if batch.changes.len() >= many {
                full.push(std::mem::take(batch));
            }
        }
        full.extend(filling.into_values().filter(|batch| !batch.changes.is_empty()));
        full
    }

    /// What all who hear a kind take at once.
    fn many_max(&self, kind: &str) -> usize {
        let receivers = self.receivers.get(kind).into_iter().flatten();
        receivers.map(|receiver| receiver.many_max()).min().unwrap_or(1)
    }

    async fn tell_batch(&self, batch: Batch) -> (Batch, bool) {
        let Some(kind) = batch.changes.first().map(|change| change.kind.clone()) else {
            return (batch, true);
        };
        for receiver in self.receivers.get(&*kind).into_iter().flatten() {
            if let Err(failed) = in_time(receiver.hear_many(&batch.changes)).await {
                let (changes, reason) = (batch.changes.len(), failed.to_string());
                tracing::debug!(
                    kind,
                    changes,
                    reason,
                    "changes were not heard together and are told one by one"
                );
                return (batch, false);
            }
        }
        (batch, true)
    }
}
