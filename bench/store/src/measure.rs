//! How often something can be done in a while, and how that is told.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

/// The first part of each measurement fills caches and connections and is not counted.
const WARM_UP_SHARE: u32 = 4;

pub struct Report {
    time: Duration,
}

pub struct Case<'a> {
    pub case: &'a str,
    pub ours: f64,
    pub peer: f64,
    pub peer_name: &'a str,
    pub unit: &'a str,
}

impl Report {
    pub fn new(time: Duration) -> Report {
        Report { time }
    }

    pub fn say(&self, case: &Case<'_>) -> Result<()> {
        let line = serde_json::json!({
            "bench": "store", "case": case.case, "ours": case.ours.round(), "peer": case.peer.round(),
            "peer_name": case.peer_name, "ratio": (case.ours / case.peer * 100.0).round() / 100.0,
            "unit": case.unit,
        });
        writeln!(std::io::stdout(), "{line}")?;
        Ok(())
    }

    /// How often per second `callers` tasks finish `work` together. `work` is told which caller it is.
    pub async fn per_second<F, W>(&self, callers: usize, work: F) -> Result<f64>
    where
        F: Fn(usize) -> W + Clone + Send + 'static,
        W: Future<Output = Result<()>> + Send,
    {
        let counter = Counter::default();
        let mut tasks = JoinSet::new();
        for caller in 0..callers {
            let (work, counter) = (work.clone(), counter.clone());
            tasks.spawn(async move {
                while counter.goes_on() {
                    work(caller).await?;
                    counter.count();
                }
                anyhow::Ok(())
            });
        }
        tokio::time::sleep(self.time / WARM_UP_SHARE).await;
        let (before, start) = (counter.total(), Instant::now());
        tokio::time::sleep(self.time).await;
        let done = counter.total() - before;
        let seconds = start.elapsed().as_secs_f64();
        counter.stop();
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(rate(done, seconds))
    }

    /// The same for peers that block: each of `callers` has a thread and whatever `prepare` makes on it.
    pub fn per_second_on_threads<S>(
        &self,
        callers: usize,
        prepare: impl Fn() -> Result<S> + Sync,
        work: impl Fn(&mut S) -> Result<()> + Sync,
    ) -> Result<f64> {
        let counter = Counter::default();
        std::thread::scope(|scope| {
            let mut threads = Vec::new();
            for _ in 0..callers {
                threads.push(scope.spawn(|| {
                    let mut state = prepare()?;
                    while counter.goes_on() {
                        work(&mut state)?;
                        counter.count();
                    }
                    anyhow::Ok(())
                }));
            }
            std::thread::sleep(self.time / WARM_UP_SHARE);
            let (before, start) = (counter.total(), Instant::now());
            std::thread::sleep(self.time);
            let done = counter.total() - before;
            let seconds = start.elapsed().as_secs_f64();
            counter.stop();
            for thread in threads {
                thread
                    .join()
                    .map_err(|_| anyhow::anyhow!("a caller panicked"))??;
            }
            Ok(rate(done, seconds))
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn rate(done: u64, seconds: f64) -> f64 {
    done as f64 / seconds
}

#[derive(Clone, Default)]
struct Counter(Arc<(AtomicU64, AtomicBool)>);

impl Counter {
    fn count(&self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.0.load(Ordering::Relaxed)
    }

    fn goes_on(&self) -> bool {
        !self.0.1.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        self.0.1.store(true, Ordering::Relaxed);
    }
}
