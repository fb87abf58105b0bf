//! How often something can be done in a while, and how that is told.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

/// The first part of each measurement fills caches and connections and is not counted.
const WARM_UP_SHARE: u32 = 4;
/// Both sides are measured in turn this often, because a shared disk is fast in one second and slow in the next.
const ROUNDS: u32 = 4;

pub struct Report {
    round: Duration,
}

pub struct Case<'a> {
    pub case: &'a str,
    pub peer_name: &'a str,
    pub unit: &'a str,
}

impl Report {
    /// `time` is what one side of a case may take.
    pub fn new(time: Duration) -> Report {
        Report { round: time / ROUNDS }
    }

    /// Measures both sides in turn and says how they compare.
    pub async fn compare(
        &self,
        case: &Case<'_>,
        ours: impl AsyncFn() -> Result<f64>,
        peer: impl AsyncFn() -> Result<f64>,
    ) -> Result<()> {
        let (mut ours_sum, mut peer_sum) = (0.0, 0.0);
        for _ in 0..ROUNDS {
            ours_sum += ours().await?;
            peer_sum += peer().await?;
        }
        let rounds = f64::from(ROUNDS);
        let line = serde_json::json!({
            "bench": "store", "case": case.case, "ours": (ours_sum / rounds).round(),
            "peer": (peer_sum / rounds).round(), "peer_name": case.peer_name,
            "ratio": (ours_sum / peer_sum * 100.0).round() / 100.0, "unit": case.unit,
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
        tokio::time::sleep(self.round / WARM_UP_SHARE).await;
        let (before, start) = (counter.total(), Instant::now());
        tokio::time::sleep(self.round).await;
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
            std::thread::sleep(self.round / WARM_UP_SHARE);
            let (before, start) = (counter.total(), Instant::now());
            std::thread::sleep(self.round);
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
