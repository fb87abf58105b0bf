//! Dead letters: what can never be taken, as it came, with headers that say where it stood and why it is here.
//!
//! A message counts as buried when the broker has it. While brokers cannot be reached it waits; when they refuse it for
//! good (there is no such topic, no right to write, too large) it is told to the log and let go, since a message that nobody
//! can read must not hold up those that somebody can. It still stands at its place in its topic.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

use crate::{DEAD, Message, ear, meter};

/// Brokers that do not have it by then are asked again with the next round. Well below the time after which a group gives up
/// a member that does not poll.
const WITHIN: Duration = Duration::from_secs(20);

/// Told to the log as any other trouble.
#[derive(Clone)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        ear::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "Kafka, dead letters");
    }
}

pub(crate) struct Graveyard(FutureProducer<Quiet>);

impl Graveyard {
    pub fn open(brokers: &str) -> KafkaResult<Graveyard> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("acks", "all")
            .set("message.timeout.ms", WITHIN.as_millis().to_string());
        FutureProducer::from_config_and_context(&config, Quiet).map(Graveyard)
    }

    /// Whether the message is done with.
    pub async fn bury(&self, message: &Message, reason: &str) -> bool {
        let topic = format!("{}{DEAD}", message.topic());
        let (key, headers) = (message.0.key(), headers(message, reason));
        let mut record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(&topic).headers(headers);
        record.key = key;
        record.payload = message.0.payload();
        let (partition, offset) = (message.partition(), message.offset());
        let topic = message.topic();
        match self.0.send(record, WITHIN).await {
            Ok(_) => {
                tracing::warn!(topic, partition, offset, reason, "a message can never be taken");
                true
            }
            Err((error, _)) if is_final(&error) => {
                meter::dead_lost();
                tracing::error!(topic, partition, offset, reason, %error,
                    "a message can never be taken, and the dead topic refuses it; it is left where it is");
                true
            }
            Err((error, _)) => {
                tracing::warn!(topic, partition, offset, reason, %error, "a dead letter waits");
                false
            }
        }
    }
}

/// As they came, and ours after them.
fn headers(message: &Message, reason: &str) -> OwnedHeaders {
    let mut all = OwnedHeaders::new();
    for header in message.0.headers().into_iter().flat_map(|headers| headers.iter()) {
        all = all.insert(header);
    }
    let (partition, offset) = (message.partition().to_string(), message.offset().to_string());
    let ours = [
        ("townhall-topic", message.topic()),
        ("townhall-partition", &partition),
        ("townhall-offset", &offset),
        ("townhall-reason", reason),
    ];
    for (key, value) in ours {
        all = all.insert(Header {
            key,
            value: Some(value),
        });
    }
    all
}

fn is_final(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::InvalidTopic
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
                | RDKafkaErrorCode::MessageSizeTooLarge
                | RDKafkaErrorCode::InvalidRecord
                | RDKafkaErrorCode::PolicyViolation
        )
    )
}
