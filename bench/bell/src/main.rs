//! What timers cost, beside what others keep timers in. Every side keeps each batch on disk before it says so.
//!
//! Peers are started here, on this machine, in folders of their own, and installed from Debian's packages when they
//! are missing and this runs as root. Keys are as long as an e-mail address and two ids: 131 bytes. Each case prints one
//! line of JSON; a ratio above 1 means that ours is better. `--quick` takes fewer timers; `--only beside`, `alone` (ours
//! without peers), `bytes` or `lateness` runs one part.

mod lateness;
mod ours;
mod peers;

use std::env;
use std::io::Write as _;

use anyhow::Result;
use serde_json::{Value, json};

/// Timers of one transaction, on every side.
pub const BATCH: usize = 1000;
/// Sides are measured in turn this often, because a shared disk is fast in one second and slow in the next.
const ROUNDS: u32 = 3;

pub struct Size {
    /// Timers of each measurement.
    pub timers: usize,
    /// Those that only stand there while lateness is measured.
    pub pending: usize,
    pub seconds: i64,
}

const LONG: Size = Size {
    timers: 200_000,
    pending: 1_000_000,
    seconds: 60,
};
const QUICK: Size = Size {
    timers: 40_000,
    pending: 100_000,
    seconds: 10,
};

/// Timers set and rung per second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    pub set: f64,
    pub rung: f64,
}

pub fn print(line: &Value) -> Result<()> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// The key of a timer: digits in front, so that keys differ early, and then as long as keys are.
pub fn key(number: usize) -> String {
    format!("{number:010}/{:0>120}", number * 7919)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn rate(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let size = if arguments.iter().any(|argument| argument == "--quick") {
        QUICK
    } else {
        LONG
    };
    let only = arguments.iter().position(|argument| argument == "--only");
    let only = only.and_then(|at| arguments.get(at + 1));
    let is_wanted = |part: &str| only.is_none_or(|only| only == part);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if is_wanted("beside") {
        runtime.block_on(compare(&size))?;
    }
    if only.is_some_and(|only| only == "alone") {
        runtime.block_on(alone(&size))?;
    }
    if is_wanted("bytes") {
        runtime.block_on(ours::bytes(&size))?;
    }
    if is_wanted("lateness") {
        runtime.block_on(lateness::measure(&size))?;
    }
    Ok(())
}

/// Each round by itself: the best one says what the machine allows when others leave it alone.
async fn alone(size: &Size) -> Result<()> {
    for _ in 0..ROUNDS {
        let ours = ours::rates(size).await?;
        print(&json!({
            "bench": "bell", "case": "alone", "timers": size.timers,
            "set": ours.set.round(), "rung": ours.rung.round(), "unit": "timers/s, durable",
        }))?;
    }
    Ok(())
}

async fn compare(size: &Size) -> Result<()> {
    let mut peers = tokio::task::spawn_blocking(peers::start).await??;
    let mut ours = Rates::default();
    let mut theirs = vec![Rates::default(); peers.len()];
    for _ in 0..ROUNDS {
        add(&mut ours, ours::rates(size).await?);
        let timers = size.timers;
        let (back, rates) = tokio::task::spawn_blocking(move || -> Result<_> {
            let mut rates = Vec::new();
            for peer in &mut peers {
                rates.push(peer.rates(timers)?);
            }
            Ok((peers, rates))
        })
        .await??;
        peers = back;
        for (sum, rates) in theirs.iter_mut().zip(rates) {
            add(sum, rates);
        }
    }
    for (peer, rates) in peers.iter().zip(&theirs) {
        tell("timers_set", peer.name(), ours.set, rates.set)?;
        tell("timers_rung", peer.name(), ours.rung, rates.rung)?;
    }
    Ok(())
}

fn add(sum: &mut Rates, one: Rates) {
    sum.set += one.set / f64::from(ROUNDS);
    sum.rung += one.rung / f64::from(ROUNDS);
}

fn tell(case: &str, peer: &str, ours: f64, theirs: f64) -> Result<()> {
    print(&json!({
        "bench": "bell", "case": case, "ours": ours.round(), "peer": theirs.round(), "peer_name": peer,
        "ratio": (ours / theirs * 100.0).round() / 100.0, "unit": "timers/s, durable, 1000 a transaction",
    }))
}
