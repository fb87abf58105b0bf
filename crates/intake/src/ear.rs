//! What librdkafka says beside messages: partitions that go, numbers, troubles.
//!
//! It keeps what brokers do not know yet of what was done, since the last moment to tell them is while partitions go.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Offset, Statistics, TopicPartitionList};

use crate::hand::Place;
use crate::meter;

#[derive(Default)]
pub(crate) struct Ear {
    /// Partitions that were taken away since somebody looked.
    gone: Mutex<Vec<Place>>,
    /// The offset of each partition from which to go on, as far as brokers did not take it yet.
    done: Mutex<BTreeMap<Place, i64>>,
}

impl Ear {
    pub fn gone(&self) -> Vec<Place> {
        std::mem::take(&mut *self.gone.lock())
    }

    /// Notes how far partitions are done.
    pub fn done(&self, next: &[(Place, i64)]) {
        self.done.lock().extend(next.iter().cloned());
    }

    /// Tells brokers how far partitions are done, and waits for their word. What they do not take stays noted.
    pub fn commit(&self, consumer: &BaseConsumer<Ear>) -> KafkaResult<()> {
        let mut done = self.done.lock();
        if done.is_empty() {
            return Ok(());
        }
        let mut offsets = TopicPartitionList::new();
        for ((topic, partition), next) in &*done {
            offsets.add_partition_offset(topic, *partition, Offset::Offset(*next))?;
        }
        consumer.commit(&offsets, CommitMode::Sync)?;
        done.clear();
        Ok(())
    }

    /// The last word about partitions that go. Whoever has them now does again what brokers do not know of.
    fn give_up(&self, consumer: &BaseConsumer<Ear>, gone: Vec<Place>) {
        if let Err(error) = self.commit(consumer) {
            tracing::warn!(%error, "what was done is not committed, and will be done again");
        }
        self.done.lock().retain(|place, _| !gone.contains(place));
        self.gone.lock().extend(gone);
    }
}

impl ClientContext for Ear {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn stats(&self, statistics: Statistics) {
        meter::seen(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "Kafka");
    }
}

impl ConsumerContext for Ear {
    /// Runs inside a poll, so nothing is being taken meanwhile.
    fn pre_rebalance(&self, consumer: &BaseConsumer<Ear>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => {
                tracing::info!(partitions = ?places(partitions), "partitions were given to this process");
            }
            Rebalance::Revoke(partitions) => {
                let gone = places(partitions);
                tracing::info!(partitions = ?gone, "partitions were taken from this process");
                for place in &gone {
                    // Whoever has them now tells.
                    meter::lag(place, 0);
                }
                self.give_up(consumer, gone);
            }
            Rebalance::Error(error) => tracing::warn!(%error, "partitions could not be shared out"),
        }
    }

    /// A pause belongs to what was in hand, and that is dropped with the partition. Should it come back, it runs.
    fn post_rebalance(&self, consumer: &BaseConsumer<Ear>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance
            && let Err(error) = consumer.resume(partitions)
        {
            tracing::warn!(%error, "partitions that were given cannot be resumed");
        }
    }
}

fn places(partitions: &TopicPartitionList) -> Vec<Place> {
    let elements = partitions.elements();
    elements
        .iter()
        .map(|one| (one.topic().to_owned(), one.partition()))
        .collect()
}

pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => tracing::warn!(facility, message, "librdkafka"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, message, "librdkafka"),
        RDKafkaLogLevel::Debug => tracing::debug!(facility, message, "librdkafka"),
    }
}
