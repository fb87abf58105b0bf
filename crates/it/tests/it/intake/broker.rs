//! A broker for one test: topics that nobody else has, and somebody who writes and reads them.

use std::collections::BTreeMap;
use std::time::Duration;

use intake::Options;
use kernel::{Clock, Id};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

/// Names a broker that runs already, `host:port`; without it each test has a mock cluster of its own.
const REAL: &str = "TOWNHALL_TEST_KAFKA";
/// What has not happened by then will not happen. Generous, because the test machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub struct Broker {
    pub address: String,
    /// What this test's topics and group end with.
    suffix: String,
    producer: FutureProducer,
    mock: Option<MockCluster<'static, DefaultProducerContext>>,
}

/// What lies in a dead topic.
#[derive(Debug)]
pub struct DeadLetter {
    pub value: Vec<u8>,
    pub headers: BTreeMap<String, String>,
}

impl Broker {
    pub fn start() -> Broker {
        let real = std::env::var(REAL).ok();
        let mock = real.is_none().then(|| MockCluster::new(1).unwrap());
        let address = real.unwrap_or_else(|| mock.as_ref().unwrap().bootstrap_servers());
        let producer = client(&address).create().unwrap();
        Broker {
            address,
            suffix: Id::new(Clock::system().now()).to_string(),
            producer,
            mock,
        }
    }

    /// Until a broker that runs for real has noticed that a member was killed, for whoever opens the house again. Tansu 0.6.0
    /// takes the killed member for the leader until then, and when its time is over in the middle of another one's
    /// joining, that one is a member for ever and has no partitions: nobody who leads has given any out. The mock
    /// cluster does better, so the suite opens houses again at once.
    pub async fn until_killed_are_gone(&self) {
        if self.mock.is_none() {
            tokio::time::sleep(Options::SESSION + Duration::from_secs(1)).await;
        }
    }

    pub fn group(&self) -> String {
        format!("townhall-{}", self.suffix)
    }

    /// The name of a topic that is this test's own.
    pub fn topic(&self, name: &str) -> String {
        format!("{name}-{}", self.suffix)
    }

    /// Makes a topic and its dead one.
    pub async fn make(&self, topic: &str, partitions: i32) {
        let dead = format!("{topic}{}", intake::DEAD);
        if let Some(mock) = &self.mock {
            mock.create_topic(topic, partitions, 1).unwrap();
            mock.create_topic(&dead, 1, 1).unwrap();
            return;
        }
        let admin: AdminClient<DefaultClientContext> = client(&self.address).create().unwrap();
        let wanted = [
            NewTopic::new(topic, partitions, TopicReplication::Fixed(1)),
            NewTopic::new(&dead, 1, TopicReplication::Fixed(1)),
        ];
        for made in admin.create_topics(&wanted, &AdminOptions::new()).await.unwrap() {
            made.unwrap();
        }
    }

    pub async fn say(&self, topic: &str, partition: i32, value: &[u8]) {
        let record: FutureRecord<'_, [u8], [u8]> =
            FutureRecord::to(topic).partition(partition).payload(value);
        self.producer.send(record, PATIENCE).await.unwrap();
    }

    /// Up to where the group is done; `None` before its first commit.
    pub fn committed(&self, topic: &str, partition: i32) -> Option<i64> {
        let reader: BaseConsumer = client(&self.address)
            .set("group.id", self.group())
            .create()
            .unwrap();
        let mut asked = TopicPartitionList::new();
        asked.add_partition(topic, partition);
        let known = reader.committed_offsets(asked, PATIENCE).unwrap();
        match known.elements()[0].offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// The first `count` messages of a topic with one partition.
    pub fn dead(&self, topic: &str, count: usize) -> Vec<DeadLetter> {
        let dead = format!("{topic}{}", intake::DEAD);
        let reader: BaseConsumer = client(&self.address)
            .set("group.id", format!("{}-reader", self.group()))
            .create()
            .unwrap();
        let mut asked = TopicPartitionList::new();
        asked.add_partition_offset(&dead, 0, Offset::Beginning).unwrap();
        reader.assign(&asked).unwrap();
        let mut found = Vec::new();
        while found.len() < count {
            let message = reader.poll(PATIENCE).expect("a dead letter comes");
            // An error of the moment is no letter.
            let Ok(message) = message else { continue };
            let headers = message.headers().expect("a dead letter says why");
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            found.push(DeadLetter {
                value: message.payload().unwrap_or_default().to_vec(),
                headers: headers
                    .iter()
                    .map(|header| (header.key.to_owned(), text(header.value.unwrap_or_default())))
                    .collect(),
            });
        }
        found
    }
}

fn client(address: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address);
    config
}

/// Waits for a condition.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "never: {what}");
}
