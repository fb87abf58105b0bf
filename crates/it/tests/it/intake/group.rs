//! What a member of a group keeps true, whatever messages mean: with a taker whom the test leads.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use intake::{Intake, Message, Options, Take, Verdict};
use tokio::sync::watch;

use super::broker::{Broker, until};

/// Takes everything while it is open, notes it, and says later otherwise.
#[derive(Clone)]
struct Taker {
    noted: Arc<Mutex<Vec<(i32, String)>>>,
    /// Whether takes end.
    open: watch::Sender<bool>,
    /// Takes that began.
    began: watch::Sender<usize>,
}

impl Taker {
    fn new() -> Taker {
        Taker {
            noted: Arc::default(),
            open: watch::Sender::new(true),
            began: watch::Sender::new(0),
        }
    }

    fn values(&self) -> BTreeSet<String> {
        let noted = self.noted.lock().unwrap();
        noted.iter().map(|(_, value)| value.clone()).collect()
    }

    fn partitions(&self) -> BTreeSet<i32> {
        let noted = self.noted.lock().unwrap();
        noted.iter().map(|(partition, _)| *partition).collect()
    }

    fn forget(&self) {
        self.noted.lock().unwrap().clear();
    }
}

impl Take for Taker {
    fn take<'a>(&'a self, batch: &'a [Message]) -> BoxFuture<'a, Vec<Verdict>> {
        Box::pin(async move {
            self.began.send_modify(|began| *began += 1);
            let _ = self.open.subscribe().wait_for(|open| *open).await;
            let text = |message: &Message| String::from_utf8_lossy(message.value()).into_owned();
            let new = batch.iter().map(|message| (message.partition(), text(message)));
            self.noted.lock().unwrap().extend(new);
            vec![Verdict::Done; batch.len()]
        })
    }
}

struct Member {
    taker: Taker,
    closing: watch::Sender<bool>,
    intake: Intake,
}

impl Member {
    fn join(broker: &Broker, topic: &str) -> Member {
        let (taker, closing) = (Taker::new(), watch::Sender::new(false));
        let options = Options {
            brokers: broker.address.split(',').map(str::to_owned).collect(),
            group: broker.group(),
            topics: vec![topic.to_owned()],
            retry: Duration::from_millis(100),
            // The least that brokers allow. The mock cluster takes all of it for each change of members.
            session: Duration::from_secs(6),
        };
        let intake = Intake::open(options, Arc::new(taker.clone()), closing.subscribe());
        Member {
            taker,
            closing,
            intake,
        }
    }

    async fn leave(self) -> Taker {
        self.closing.send_replace(true);
        self.intake.ended().await;
        self.taker
    }
}

const PARTITIONS: i32 = 4;

async fn say(broker: &Broker, topic: &str, round: &str) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for number in 0..20 {
        let value = format!("{round}-{number}");
        broker.say(topic, number % PARTITIONS, value.as_bytes()).await;
        said.insert(value);
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_come_and_go_share_partitions_and_lose_nothing() {
    let broker = Broker::start();
    let topic = broker.topic("create-user");
    broker.make(&topic, PARTITIONS).await;
    let first = Member::join(&broker, &topic);
    let said = say(&broker, &topic, "alone").await;
    until("the first member takes all", async || {
        first.taker.values() == said
    })
    .await;

    let second = Member::join(&broker, &topic);
    let mut round = 0;
    let mut all = said;
    until("both have partitions", async || {
        round += 1;
        first.taker.forget();
        second.taker.forget();
        let said = say(&broker, &topic, &format!("both-{round}")).await;
        until("everything is taken", async || {
            let taken = &first.taker.values() | &second.taker.values();
            said.is_subset(&taken)
        })
        .await;
        all.extend(said);
        !second.taker.values().is_empty()
    })
    .await;
    until("each partition has one member", async || {
        round += 1;
        first.taker.forget();
        second.taker.forget();
        let said = say(&broker, &topic, &format!("apart-{round}")).await;
        until("everything is taken", async || {
            said.is_subset(&(&first.taker.values() | &second.taker.values()))
        })
        .await;
        first.taker.partitions().is_disjoint(&second.taker.partitions())
    })
    .await;

    first.leave().await;
    second.taker.forget();
    let said = say(&broker, &topic, "left").await;
    until("the second member takes all", async || {
        said.is_subset(&second.taker.values())
    })
    .await;
    let taken = second.leave().await;
    assert_eq!(
        taken.values(),
        said,
        "what a member did before it left does not come again"
    );
    assert_eq!(
        taken.partitions().len(),
        4,
        "all partitions came to the one who is left"
    );
    let third = Member::join(&broker, &topic);
    let said = say(&broker, &topic, "again").await;
    until("the third member takes what is new", async || {
        said.is_subset(&third.taker.values())
    })
    .await;
    assert_eq!(
        third.leave().await.values(),
        said,
        "who leaves commits what is done"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offset_is_committed_after_the_take_and_never_before() {
    let broker = Broker::start();
    let topic = broker.topic("create-user");
    broker.make(&topic, 1).await;
    let member = Member::join(&broker, &topic);
    member.taker.open.send_replace(false);
    broker.say(&topic, 0, b"one").await;
    let mut began = member.taker.began.subscribe();
    began.wait_for(|began| *began > 0).await.unwrap();
    // A member that closes while it takes lets go of it, uncommitted.
    let taker = member.leave().await;
    assert!(taker.values().is_empty());
    assert_eq!(broker.committed(&topic, 0), None);
    let next = Member::join(&broker, &topic);
    until("it comes again and is committed", async || {
        broker.committed(&topic, 0) == Some(1)
    })
    .await;
    assert!(next.leave().await.values().contains("one"));
}
