//! What the bell counts, by kind.

use kernel::Moment;
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

/// Rung later than this counts as late: it is what people are promised.
const LATE_MICROS: i64 = 1_000_000;

pub(crate) fn describe() {
    describe_counter!(
        "townhall_bell_timers_total",
        "Timers by kind and by what became of them: rung, late (rung too), dropped, failed, parked."
    );
    describe_histogram!(
        "townhall_bell_lateness_seconds",
        "From the instant of a timer to the commit of its effect."
    );
}

pub(crate) struct KindMeter {
    rung: Counter,
    late: Counter,
    dropped: Counter,
    failed: Counter,
    parked: Counter,
    lateness: Histogram,
}

impl KindMeter {
    pub(crate) fn new(kind: &'static str) -> KindMeter {
        let outcome = |outcome: &'static str| counter!("townhall_bell_timers_total", "kind" => kind, "outcome" => outcome);
        KindMeter {
            rung: outcome("rung"),
            late: outcome("late"),
            dropped: outcome("dropped"),
            failed: outcome("failed"),
            parked: outcome("parked"),
            lateness: histogram!("townhall_bell_lateness_seconds", "kind" => kind),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a lateness is far below 2^52 microseconds"
    )]
    pub(crate) fn rung(&self, instants: &[Moment], now: Moment) {
        for instant in instants {
            let late = now.micros_since(*instant);
            self.lateness.record(late as f64 / 1e6);
            if late > LATE_MICROS {
                self.late.increment(1);
            }
        }
        self.rung
            .increment(u64::try_from(instants.len()).unwrap_or(u64::MAX));
    }

    pub(crate) fn dropped(&self, count: u64) {
        self.dropped.increment(count);
    }

    pub(crate) fn failed(&self, parked: bool) {
        self.failed.increment(1);
        if parked {
            self.parked.increment(1);
        }
    }
}
