//! Messages from Kafka, handed to a service in batches.
//!
//! What this crate keeps true:
//! * An offset is committed after the service has done what its message asks for, so that nothing that was taken is lost.
//!   After a crash, or when partitions change hands, messages come again: whoever takes them must stand that.
//! * No message holds up those behind it for ever. What can never be done goes to `<topic>.dead` with the reason.
//! * A service that cannot work now holds up its partitions and nothing else: they are paused, their offsets stay, the
//!   member keeps its place in the group, and the same messages are asked for again.
//!
//! It knows nothing of what messages mean; a [`Take`] does.

mod consume;
mod dead;
mod ear;
mod hand;
mod meter;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rdkafka::Message as _;
use rdkafka::message::OwnedMessage;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What is added to a topic's name for messages of it that can never be taken.
pub const DEAD: &str = ".dead";

/// Where messages come from.
#[derive(Clone, Debug)]
pub struct Options {
    /// `host:port`, as many as are known; the others are learned from them.
    pub brokers: Vec<String>,
    pub group: String,
    pub topics: Vec<String>,
    /// The pause after a take that was not possible; it doubles each time, up to [`Options::RETRY_MOST`].
    pub retry: Duration,
    /// A member of which nothing is heard for so long has lost its partitions to the others.
    pub session: Duration,
}

impl Options {
    /// A service that is back is noticed by then.
    pub const RETRY_MOST: Duration = Duration::from_secs(30);
    /// Short enough for a restart of the service, long enough to leave it alone meanwhile.
    pub const RETRY: Duration = Duration::from_secs(1);
    /// After a kill, the partitions stand still for this time; a member is heard of every three seconds, even a busy one.
    pub const SESSION: Duration = Duration::from_secs(10);
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message(OwnedMessage);

impl Message {
    pub fn topic(&self) -> &str {
        self.0.topic()
    }

    pub fn partition(&self) -> i32 {
        self.0.partition()
    }

    pub fn offset(&self) -> i64 {
        self.0.offset()
    }

    /// What it says; nothing for a message without a value.
    pub fn value(&self) -> &[u8] {
        self.0.payload().unwrap_or_default()
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Done,
    /// It can never be done, for this reason.
    Poison(String),
    /// It failed where others succeed. It is tried again a few times, and is poison in the end.
    Doubtful(String),
    /// Nothing can be done now, and the message is not to blame: asked again for as long as it takes.
    Later(String),
}

/// Who takes messages. The same message may come again.
pub trait Take: Send + Sync + 'static {
    /// A verdict for each message, in their order. A batch that takes longer than a minute is given up and asked again.
    fn take<'a>(&'a self, batch: &'a [Message]) -> BoxFuture<'a, Vec<Verdict>>;
}

/// A member of the group that is at work.
pub struct Intake(JoinHandle<()>);

impl Intake {
    /// Joins the group, and goes on until `closing` says so. Brokers that cannot be reached are tried for ever.
    pub fn open(options: Options, take: Arc<dyn Take>, closing: watch::Receiver<bool>) -> Intake {
        meter::describe();
        let consuming = consume::Consuming {
            options,
            take,
            closing,
            runtime: Handle::current(),
        };
        Intake(tokio::task::spawn_blocking(move || consuming.run()))
    }

    /// Waits until what was done is committed and the group is left.
    pub async fn ended(self) {
        if let Err(error) = self.0.await {
            tracing::error!(%error, "intake ended otherwise than it should");
        }
    }
}
