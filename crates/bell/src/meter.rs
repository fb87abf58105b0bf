//! What the bell counts, by kind.

use kernel::Moment;
use metrics::{
    Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::desk::{ChangesState, KindState};

/// Rung later than this counts as late: it is what people are promised.
const LATE_MICROS: i64 = 1_000_000;

pub(crate) fn describe() {
    describe_counter!(
        "townhall_bell_timers_total",
        "Timers by kind and by what became of them: rung, late (rung too), dropped, failed, parked."
    );
    describe_counter!(
        "townhall_bell_changes_total",
        "Changes of the outbox by kind and by what became of them: heard, failed, parked."
    );
    describe_gauge!(
        "townhall_bell_timers_waiting",
        "Timers that are due or parked, by kind; counted up to 10000."
    );
    describe_gauge!(
        "townhall_bell_oldest_due_seconds",
        "How long the first due timer of a kind has been due; 0 when none is."
    );
    describe_gauge!(
        "townhall_bell_changes_waiting",
        "Changes of the outbox that wait (parked ones too) and those that are parked; counted up to 10000."
    );
    describe_gauge!(
        "townhall_bell_oldest_unheard_seconds",
        "How long ago the first change of a kind was made that was not heard yet; 0 when none waits."
    );
    describe_histogram!(
        "townhall_bell_lateness_seconds",
        "From the instant of a timer to the commit of its effect."
    );
}

/// What waits now. Counts end where the desk stops counting.
pub(crate) fn waiting(kinds: &[KindState], changes: &ChangesState, now: Moment) {
    for state in kinds {
        gauge!("townhall_bell_timers_waiting", "kind" => state.kind, "state" => "due")
            .set(f64::from(state.due));
        gauge!("townhall_bell_timers_waiting", "kind" => state.kind, "state" => "parked")
            .set(f64::from(state.parked));
        gauge!("townhall_bell_oldest_due_seconds", "kind" => state.kind).set(age(state.first, now));
    }
    gauge!("townhall_bell_changes_waiting", "state" => "waiting").set(f64::from(changes.waiting));
    gauge!("townhall_bell_changes_waiting", "state" => "parked").set(f64::from(changes.parked));
}

/// Since when the first change of a kind waits.
pub(crate) fn unheard(kind: &str, since: Option<Moment>, now: Moment) {
    gauge!("townhall_bell_oldest_unheard_seconds", "kind" => kind.to_owned()).set(age(since, now));
}

fn age(since: Option<Moment>, now: Moment) -> f64 {
    seconds(since.map_or(0, |since| now.micros_since(since).max(0)))
}

#[expect(clippy::cast_precision_loss, reason = "an age is far below 2^52 microseconds")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// One kind of changes.
pub(crate) struct ChangeMeter {
    heard: Counter,
    failed: Counter,
    parked: Counter,
}

impl ChangeMeter {
    pub(crate) fn new(kind: &'static str) -> ChangeMeter {
        let outcome = |outcome: &'static str| counter!("townhall_bell_changes_total", "kind" => kind, "outcome" => outcome);
        ChangeMeter {
            heard: outcome("heard"),
            failed: outcome("failed"),
            parked: outcome("parked"),
        }
    }

    pub(crate) fn heard(&self) {
        self.heard.increment(1);
    }

    pub(crate) fn failed(&self, parked: bool) {
        self.failed.increment(1);
        if parked {
            self.parked.increment(1);
        }
    }
}

/// One kind of timers.
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

    pub(crate) fn rung(&self, instants: &[Moment], now: Moment) {
        for instant in instants {
            let late = now.micros_since(*instant);
            self.lateness.record(seconds(late));
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
