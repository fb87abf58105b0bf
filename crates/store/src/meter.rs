//! What the store counts about itself. Whoever wants the numbers installs a recorder before the store is opened.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

/// Tells the recorder what the numbers mean.
pub(crate) fn describe() {
    describe_counter!(
        "townhall_store_statements_total",
        "Statements that ran, by the function that holds them."
    );
    describe_counter!(
        "townhall_store_statement_microseconds_total",
        "Time spent in statements; divided by their number it is the mean."
    );
    describe_counter!(
        "townhall_store_statement_failures_total",
        "Statements that failed, conflicts included."
    );
    describe_gauge!("townhall_store_queue_jobs", "Transactions that wait for a lane.");
    describe_histogram!(
        "townhall_store_commit_jobs",
        "Transactions that shared one commit."
    );
    describe_counter!(
        "townhall_store_retries_total",
        "Transactions run again because they met another."
    );
    describe_counter!(
        "townhall_store_connections_lost_total",
        "Connections lost inside a transaction."
    );
}

/// How often a statement ran, how long, and how often it failed.
pub(crate) struct StatementMeter {
    runs: Counter,
    microseconds: Counter,
    failures: Counter,
}

impl StatementMeter {
    pub(crate) fn new(label: &str) -> StatementMeter {
        let label = label.to_owned();
        StatementMeter {
            runs: counter!("townhall_store_statements_total", "statement" => label.clone()),
            microseconds: counter!("townhall_store_statement_microseconds_total", "statement" => label.clone()),
            failures: counter!("townhall_store_statement_failures_total", "statement" => label),
        }
    }

    pub(crate) fn ran(&self, time: Duration, well: bool) {
        self.runs.increment(1);
        self.microseconds
            .increment(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        if !well {
            self.failures.increment(1);
        }
    }
}

/// One lane of one server: what waits, what is refused, what is tried again.
pub(crate) struct LaneMeter {
    depth: Gauge,
    refused: Counter,
    commit_jobs: Histogram,
    retries: Counter,
    lost: Counter,
}

impl LaneMeter {
    pub(crate) fn new(server: &str, lane: &'static str) -> LaneMeter {
        let server = server.to_owned();
        LaneMeter {
            depth: gauge!("townhall_store_queue_jobs", "server" => server.clone(), "lane" => lane),
            refused: counter!("townhall_limit_reached_total", "limit" => "store_queue_jobs"),
            commit_jobs: histogram!("townhall_store_commit_jobs", "server" => server.clone(), "lane" => lane),
            retries: counter!("townhall_store_retries_total", "server" => server.clone(), "lane" => lane),
            lost: counter!("townhall_store_connections_lost_total", "server" => server, "lane" => lane),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a queue is far shorter than 2^52")]
    pub(crate) fn waiting(&self, jobs: usize) {
        self.depth.set(jobs as f64);
    }

    pub(crate) fn refused(&self) {
        self.refused.increment(1);
    }

    #[expect(clippy::cast_precision_loss, reason = "a batch is far smaller than 2^52")]
    pub(crate) fn committed(&self, jobs: usize) {
        self.commit_jobs.record(jobs as f64);
    }

    pub(crate) fn retried(&self) {
        self.retries.increment(1);
    }

    pub(crate) fn lost_connection(&self) {
        self.lost.increment(1);
    }
}
