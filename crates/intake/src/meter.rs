//! What is counted of messages. Names of topics and numbers of partitions are few; ids are never in a metric.

use metrics::{counter, describe_counter, describe_gauge, gauge};
use rdkafka::Statistics;

use crate::hand::Place;

pub(crate) fn describe() {
    describe_counter!(
        "townhall_intake_messages_total",
        "Messages by topic and what became of them: done, poison, doubtful, later. The last two are asked for again."
    );
    describe_counter!(
        "townhall_intake_dead_lost_total",
        "Poison that the dead topic refused for good; it stands in the log only."
    );
    describe_gauge!(
        "townhall_intake_lag",
        "Messages of a partition that are not done yet, as of the last seconds. Of partitions of this process only."
    );
    describe_gauge!(
        "townhall_intake_paused_partitions",
        "Partitions that wait until the service behind them can work again."
    );
    describe_gauge!(
        "townhall_intake_up",
        "Whether this process is connected to a broker."
    );
    up(false);
    paused(0);
}

pub(crate) fn messages(topic: &str, verdict: &'static str, count: u64) {
    counter!("townhall_intake_messages_total", "topic" => topic.to_owned(), "verdict" => verdict)
        .increment(count);
}

pub(crate) fn dead_lost() {
    counter!("townhall_intake_dead_lost_total").increment(1);
}

pub(crate) fn paused(partitions: usize) {
    let partitions = u32::try_from(partitions).unwrap_or(u32::MAX);
    gauge!("townhall_intake_paused_partitions").set(f64::from(partitions));
}

pub(crate) fn up(is_up: bool) {
    gauge!("townhall_intake_up").set(f64::from(u8::from(is_up)));
}

/// What librdkafka knows of the partitions that are ours.
pub(crate) fn seen(statistics: &Statistics) {
    let mut brokers = statistics.brokers.values();
    up(brokers.any(|broker| broker.nodeid >= 0 && broker.state == "UP"));
    for topic in statistics.topics.values() {
        for partition in topic.partitions.values().filter(|one| one.partition >= 0) {
            // Below zero when it is not known.
            if partition.consumer_lag >= 0 {
                let lag = u32::try_from(partition.consumer_lag).unwrap_or(u32::MAX);
                self::lag(&(topic.topic.clone(), partition.partition), lag);
            }
        }
    }
}

pub(crate) fn lag(place: &Place, lag: u32) {
    gauge!("townhall_intake_lag", "topic" => place.0.clone(), "partition" => place.1.to_string())
        .set(f64::from(lag));
}
