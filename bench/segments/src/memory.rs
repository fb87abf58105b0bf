//! What a full house holds in memory, and how long it takes to open.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::house::Town;
use crate::{Better, exact, say};

/// What the design asks for: 1.5 GB for ten million people with thirty memberships each.
const MEGABYTES_A_MILLION_MAX: f64 = 150.0;
/// What was only needed to open is given back by then.
const SETTLE: Duration = Duration::from_secs(3);

pub fn measure(town: &Town) -> Result<()> {
    let house = town.open()?;
    std::thread::sleep(SETTLE);
    let megabytes = status(house.pid(), "VmRSS:")? / 1000.0;
    let peak = status(house.pid(), "VmHWM:")? / 1000.0;
    let millions = exact(u64::from(town.people)) / 1e6;
    let people = format!("{} people in 30 segments each", town.people);
    let most = (MEGABYTES_A_MILLION_MAX * millions).max(MEGABYTES_A_MILLION_MAX);
    let name = "most that is asked for";
    say(
        &format!("memory of the whole house, {people}"),
        megabytes,
        most,
        name,
        "MB",
        Better::Less,
    )?;
    let case = format!("memory of the whole house at its most, {people}");
    say(&case, peak, most, name, "MB", Better::Less)?;
    let seconds = house.opened_after.as_secs_f64();
    let file = "a minute for ten million";
    let case = format!("from start to open, {people}");
    say(&case, seconds, (6.0 * millions).max(1.0), file, "s", Better::Less)
}

/// Of `/proc/PID/status`, in thousands of bytes.
fn status(process: u32, name: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .with_context(|| name.to_owned())?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1.024)
}

/// Processor time that a process and all that it started have taken, in microseconds.
pub fn cpu_micros(process: u32) -> Result<f64> {
    let ticks = processes_of(process)?
        .into_iter()
        .map(ticks)
        .sum::<Result<f64>>()?;
    // Linux counts these in hundredths of a second, whatever the machine.
    Ok(ticks * 10_000.0)
}

fn processes_of(parent: u32) -> Result<Vec<u32>> {
    let mut all = vec![parent];
    let mut at = 0;
    while let Some(&one) = all.get(at) {
        let children =
            std::fs::read_to_string(format!("/proc/{one}/task/{one}/children")).unwrap_or_default();
        all.extend(
            children
                .split_whitespace()
                .filter_map(|id| id.parse::<u32>().ok()),
        );
        at += 1;
    }
    Ok(all)
}

fn ticks(process: u32) -> Result<f64> {
    // Whoever ended meanwhile took nothing any more.
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
        return Ok(0.0);
    };
    let (_, after_name) = stat.rsplit_once(')').context("/proc/PID/stat")?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let field = |at: usize| -> Result<f64> { Ok(fields.get(at).context("/proc/PID/stat")?.parse()?) };
    Ok(field(11)? + field(12)?)
}

/// The processor time that the server took for each answer while it was asked.
pub fn cpu_while<T>(process: u32, work: impl FnOnce() -> Result<(T, u64)>) -> Result<(T, f64)> {
    let before = cpu_micros(process)?;
    let (result, answers) = work()?;
    Ok((result, (cpu_micros(process)? - before) / exact(answers.max(1))))
}
