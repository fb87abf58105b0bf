//! How late timers ring while very many stand beside them: from the instant asked for to the commit of the effect.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use bell::Bell;
use kernel::Clock;
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::watch;

use crate::ours::{KIND, fresh, record, set_all, spread};
use crate::{Size, key, print, rate};

const DUE_EACH_SECOND: usize = 300;
/// From the last timer set to the first one due.
const LEAD_SECONDS: i64 = 3;
const LATENESS: &str = "townhall_bell_lateness_seconds";

/// Hears what the bell itself says of its lateness.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<f64>>>);

impl HistogramFn for Heard {
    fn record(&self, value: f64) {
        self.0.lock().push(value);
    }
}

impl Recorder for Heard {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        if key.name() == LATENESS {
            Histogram::from_arc(Arc::new(self.clone()))
        } else {
            Histogram::noop()
        }
    }
}

pub async fn measure(size: &Size) -> Result<()> {
    let heard = Heard::default();
    metrics::set_global_recorder(heard.clone()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let clock = Clock::system();
    let (store, _folder) = fresh(&clock).await?;
    let later = clock.now().plus_seconds(24 * 3600);
    set_all(&store, size.pending, key, move |number| {
        spread(later, number, 30 * 24 * 3600)
    })
    .await?;
    let due = DUE_EACH_SECOND * usize::try_from(size.seconds)?;
    let (from, seconds) = (
        clock.now().plus_seconds(LEAD_SECONDS),
        usize::try_from(size.seconds)?,
    );
    set_all(
        &store,
        due,
        |number| format!("due {number:0>126}"),
        move |number| spread(from, number, seconds),
    )
    .await?;
    let (shutdown, closing) = watch::channel(false);
    let open = Bell::new(store.clone(), clock)
        .ring(&KIND, record)
        .open(closing)?;
    let began = Instant::now();
    let patience = Duration::from_secs(u64::try_from(size.seconds + 60)?);
    while heard.0.lock().len() < due && began.elapsed() < patience {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    shutdown.send_replace(true);
    open.ended().await;
    store.close().await;
    let mut late = heard.0.lock().clone();
    late.sort_by(f64::total_cmp);
    let at = |share: usize| late.get((late.len() * share / 1000).min(late.len().saturating_sub(1)));
    print(&json!({
        "bench": "bell", "case": "lateness", "pending": size.pending, "due_each_second": DUE_EACH_SECOND,
        "seconds": size.seconds, "rung": late.len(), "of": due, "p50": at(500), "p99": at(990), "max": late.last(),
        "target_p99": 1.0, "unit": "seconds from instant to commit",
        "per_second": rate(late.len(), rate(seconds, 1.0)).round(),
    }))
}
