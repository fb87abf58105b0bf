//! What processes take of the machine, by what Linux says of them under `/proc`.

use anyhow::Context as _;

/// What a process holds in memory now, in millions of bytes.
pub fn resident_megabytes(process: u32) -> anyhow::Result<f64> {
    megabytes(process, "VmRSS:")
}

/// The most that it ever held.
pub fn peak_megabytes(process: u32) -> anyhow::Result<f64> {
    megabytes(process, "VmHWM:")
}

fn megabytes(process: u32, name: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .with_context(|| name.to_owned())?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024.0 / 1_000_000.0)
}

/// Processor time that a process and all that it started have taken, in microseconds.
pub fn cpu_micros(process: u32) -> anyhow::Result<f64> {
    let ticks = family_of(process)
        .into_iter()
        .map(ticks)
        .sum::<anyhow::Result<f64>>()?;
    // Linux counts these in hundredths of a second, whatever the machine.
    Ok(ticks * 10_000.0)
}

/// The processor time that a server took for each answer while it was asked, in microseconds; the work says how many there
/// were.
pub fn cpu_while<T>(
    process: u32,
    work: impl FnOnce() -> anyhow::Result<(T, u64)>,
) -> anyhow::Result<(T, f64)> {
    let before = cpu_micros(process)?;
    let (result, answers) = work()?;
    let each = (cpu_micros(process)? - before) / exact(answers.max(1));
    Ok((result, each))
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn exact(count: u64) -> f64 {
    count as f64
}

fn family_of(parent: u32) -> Vec<u32> {
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
    all
}

fn ticks(process: u32) -> anyhow::Result<f64> {
    // Whoever ended meanwhile took nothing any more.
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
        return Ok(0.0);
    };
    let (_, after_name) = stat.rsplit_once(')').context("/proc/PID/stat")?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let field = |at: usize| -> anyhow::Result<f64> { Ok(fields.get(at).context("/proc/PID/stat")?.parse()?) };
    Ok(field(11)? + field(12)?)
}
