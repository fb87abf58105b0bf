//! Time of processors, which says on a busy machine what the clock on the wall does not.

use std::time::Duration;

use anyhow::Context as _;

/// What this process took so far, in user and system.
pub fn own() -> anyhow::Result<Duration> {
    const TICKS_PER_SECOND: u64 = 100;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, behind_name) = stat.rsplit_once(") ").context("/proc/self/stat")?;
    let ticks: u64 = behind_name
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// Microseconds of each of so many, to a tenth.
pub fn micros_each(taken: Duration, count: f64) -> f64 {
    (taken.as_secs_f64() * 1e7 / count).round() / 10.0
}
