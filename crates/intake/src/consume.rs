//! One member of the group: polls, hands batches over, and commits offsets of what was done.
//!
//! It is one thread that does one thing at a time. Partitions change hands inside a poll only, so never while a batch is
//! being taken; librdkafka keeps the membership alive in threads of its own. Offsets are committed after each take, and this
//! thread waits for the brokers' word. What they did not take is said again: a second later, when the partition goes,
//! and at the end, whichever is first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{ClientConfig, Message as _, TopicPartitionList};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::dead::Graveyard;
use crate::ear::Ear;
use crate::hand::{Hand, Place, Settled};
use crate::{Message, Options, Take, Verdict, meter};

/// Messages that are taken together: enough that questions and commits are shared, few enough to be done in a moment.
const BATCH_MESSAGES_MAX: usize = 500;
/// Messages carry ids. Whatever else they carry must not fill the memory.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// How soon closing, and the end of a pause, are noticed while nothing comes.
const POLL: Duration = Duration::from_millis(100);
/// A take that lasts longer is given up and asked again. With the time for dead letters it stays far below
/// `max.poll.interval.ms` (five minutes), after which a group takes a silent member's partitions away.
const TAKE_MAX: Duration = Duration::from_secs(60);
/// A client that broke is made anew after this.
const ANEW: Duration = Duration::from_secs(5);
/// Offsets that brokers did not take are said again after this.
const COMMIT_AGAIN: Duration = Duration::from_secs(1);

pub(crate) struct Consuming {
    pub options: Options,
    pub take: Arc<dyn Take>,
    pub closing: watch::Receiver<bool>,
    pub runtime: Handle,
}

/// A member and its work.
struct Desk<'a> {
    of: &'a Consuming,
    consumer: BaseConsumer<Ear>,
    graveyard: Option<Graveyard>,
    hand: Hand,
    /// What was said of the last trouble, so that it is said once and not with each poll.
    trouble: Option<String>,
    /// When offsets are said again that brokers did not take.
    commit_from: Option<Instant>,
}

impl Consuming {
    pub fn run(self) {
        while !self.is_closing() {
            if let Err(error) = self.consume() {
                meter::up(false);
                tracing::error!(%error, "the Kafka client broke; it is made anew");
                self.wait(ANEW);
            }
        }
    }

    fn consume(&self) -> KafkaResult<()> {
        let topics: Vec<&str> = self.options.topics.iter().map(String::as_str).collect();
        let consumer = BaseConsumer::from_config_and_context(&config(&self.options), Ear::default())?;
        consumer.subscribe(&topics)?;
        let mut desk = Desk {
            of: self,
            consumer,
            graveyard: None,
            hand: Hand::default(),
            trouble: None,
            commit_from: None,
        };
        while !self.is_closing() {
            desk.collect()?;
            desk.work()?;
            desk.commit();
        }
        // Partitions go when the consumer is dropped, and with them the last offsets; then it leaves the group.
        Ok(())
    }

    /// Also when whoever could say so is gone.
    fn is_closing(&self) -> bool {
        *self.closing.borrow() || self.closing.has_changed().is_err()
    }

    async fn closed(&self) {
        let mut closing = self.closing.clone();
        let _ = closing.wait_for(|closing| *closing).await;
    }

    fn wait(&self, time: Duration) {
        self.runtime.block_on(async {
            let _ = tokio::time::timeout(time, self.closed()).await;
        });
    }
}

impl Desk<'_> {
    /// Polls until nothing more is there or enough is in hand.
    fn collect(&mut self) -> KafkaResult<()> {
        let (mut messages, mut bytes) = (0, 0);
        let mut patience = POLL;
        while messages < BATCH_MESSAGES_MAX && bytes < BATCH_BYTES_MAX {
            let polled = self.consumer.poll(patience);
            let gone = self.consumer.context().gone();
            self.hand.drop_all_of(&gone);
            match polled {
                None => break,
                Some(Ok(message)) => {
                    messages += 1;
                    bytes += message.payload().map_or(0, <[u8]>::len);
                    self.hand.add(Message(message.detach()));
                    self.trouble = None;
                }
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error),
                Some(Err(error)) => {
                    let said = error.to_string();
                    if self.trouble.as_ref() != Some(&said) {
                        tracing::warn!(error = said, "Kafka cannot be read");
                        self.trouble = Some(said);
                    }
                    break;
                }
            }
            patience = Duration::ZERO;
        }
        meter::paused(self.hand.paused());
        Ok(())
    }

    /// Has what is due taken, and settles what became of it.
    fn work(&mut self) -> KafkaResult<()> {
        let batch = self.hand.due(Instant::now());
        if batch.is_empty() {
            return Ok(());
        }
        let Some(verdicts) = self.verdicts(&batch) else {
            return Ok(());
        };
        let (now, retry) = (Instant::now(), self.of.options.retry);
        let mut counted: BTreeMap<(&str, &'static str), u64> = BTreeMap::new();
        let mut poison = Vec::new();
        let mut why = None;
        for (message, verdict) in batch.iter().zip(verdicts) {
            let verdict = self.hand.judge(message, verdict, now, retry);
            *counted.entry((message.topic(), name(&verdict))).or_default() += 1;
            match verdict {
                Verdict::Done => {}
                Verdict::Poison(reason) => poison.push((message, reason)),
                Verdict::Doubtful(reason) | Verdict::Later(reason) => why = Some(reason),
            }
        }
        for ((topic, verdict), count) in counted {
            meter::messages(topic, verdict, count);
        }
        self.bury(&poison)?;
        let settled = self.hand.settle();
        if let Some(why) = why {
            tracing::warn!(partitions = ?settled.pause, why, "messages wait");
        }
        self.follow(&settled)
    }

    /// `None` when the house closes meanwhile: what was in hand comes again.
    fn verdicts(&self, batch: &[Message]) -> Option<Vec<Verdict>> {
        self.of.runtime.block_on(async {
            tokio::select! {
                () = self.of.closed() => None,
                taken = tokio::time::timeout(TAKE_MAX, self.of.take.take(batch)) => Some(taken.unwrap_or_else(|_| {
                    let seconds = TAKE_MAX.as_secs();
                    vec![Verdict::Later(format!("not done within {seconds} seconds")); batch.len()]
                })),
            }
        })
    }

    fn bury(&mut self, poison: &[(&Message, String)]) -> KafkaResult<()> {
        if poison.is_empty() {
            return Ok(());
        }
        let graveyard = match self.graveyard.take() {
            Some(graveyard) => graveyard,
            None => Graveyard::open(&self.of.options.brokers.join(","))?,
        };
        let graveyard = self.graveyard.insert(graveyard);
        let burying = poison.iter().map(|(message, why)| graveyard.bury(message, why));
        let buried = self.of.runtime.block_on(join_all(burying));
        for ((message, _), buried) in poison.iter().zip(buried) {
            if buried {
                self.hand.done(message);
            }
        }
        Ok(())
    }

    fn follow(&self, settled: &Settled) -> KafkaResult<()> {
        self.consumer.context().done(&settled.next);
        if !settled.pause.is_empty() {
            self.consumer.pause(&list(&settled.pause))?;
        }
        if !settled.resume.is_empty() {
            self.consumer.resume(&list(&settled.resume))?;
            tracing::info!(partitions = ?settled.resume, "messages go on");
        }
        Ok(())
    }

    fn commit(&mut self) {
        let now = Instant::now();
        if self.commit_from.is_some_and(|from| now < from) {
            return;
        }
        let committed = self.consumer.context().commit(&self.consumer);
        if let (Err(error), None) = (&committed, self.commit_from) {
            tracing::warn!(%error, "offsets were not committed; they are said again");
        }
        self.commit_from = committed.is_err().then(|| Instant::now() + COMMIT_AGAIN);
    }
}

fn list(places: &[Place]) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in places {
        list.add_partition(topic, *partition);
    }
    list
}

const fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Poison(_) => "poison",
        Verdict::Doubtful(_) => "doubtful",
        Verdict::Later(_) => "later",
    }
}

fn config(options: &Options) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", options.brokers.join(","))
        .set("client.id", "townhall")
        .set("group.id", &options.group)
        // The same numbers of all topics go to the same member: what is said of one person in several topics is then heard by
        // one process, one after the other.
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", options.session.as_millis().to_string())
        // A group that is new has missed everything so far.
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.offset.store", "false")
        .set("enable.auto.commit", "false")
        // How long brokers may take for an answer, such as that to a commit.
        .set("socket.timeout.ms", "10000")
        // A topic that is made later is found within this time.
        .set("topic.metadata.refresh.interval.ms", "10000")
        .set("queued.max.messages.kbytes", "8192")
        .set("statistics.interval.ms", "2000");
    config
}
