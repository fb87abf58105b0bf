//! What librdkafka says beside messages: partitions that go, numbers, troubles.

use parking_lot::Mutex;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Statistics, TopicPartitionList};

use crate::hand::Place;
use crate::meter;

#[derive(Default)]
pub(crate) struct Ear {
    /// Partitions that were taken away since somebody looked.
    gone: Mutex<Vec<Place>>,
}

impl Ear {
    pub fn gone(&self) -> Vec<Place> {
        std::mem::take(&mut *self.gone.lock())
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
    /// Nothing is lost then: the next commit says the same or more, or messages come again.
    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        for one in offsets.elements() {
            if let Err(error) = one.error() {
                let (topic, partition) = (one.topic(), one.partition());
                tracing::warn!(topic, partition, %error, "an offset was not committed");
            }
        }
        if let Err(error) = result {
            tracing::warn!(%error, "offsets were not committed");
        }
    }

    /// Runs inside a poll, so nothing is being taken meanwhile: what was done is stored, and is committed by librdkafka
    /// before it gives the partitions up.
    fn pre_rebalance(&self, _: &BaseConsumer<Ear>, rebalance: &Rebalance<'_>) {
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
                self.gone.lock().extend(gone);
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
