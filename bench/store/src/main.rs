//! What the store's habits cost and save, each measured against a named peer in the same run.
//!
//! `--quick` ends within a minute. Each case prints one line of JSON; a ratio above 1 means that ours is better.

mod file;
mod measure;
mod servers;
mod work;

use std::env;
use std::time::Duration;

use measure::Report;

/// How long each side of a case is measured.
const LONG: Duration = Duration::from_secs(4);
const QUICK: Duration = Duration::from_millis(1200);

fn main() -> anyhow::Result<()> {
    let quick = env::args().any(|argument| argument == "--quick");
    let report = Report::new(if quick { QUICK } else { LONG });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(file::writes(&report))?;
    runtime.block_on(file::reads(&report))?;
    runtime.block_on(servers::all(&report))
}
