//! What letters cost beside postfix's own load generator, against the same server in the same run: handed over alone,
//! and the whole way through the post office. Then a whole Monday, by the plan alone and as a dry run of the real
//! workers in virtual time.
//!
//! `--quick` takes fewer letters; `--people N` says how many the dry run writes to (1,000,000; 20,000 when quick), `--only hand-over`,
//! `whole-way`, `plan` or `monday` runs one part. Each case prints one line of JSON; a ratio above 1 means that ours
//! is better.

mod cpu;
mod hand_over;
mod house;
mod monday;
mod plan;
mod whole_way;

use std::env;
use std::io::Write as _;

use anyhow::Context as _;

const PEOPLE: u64 = 1_000_000;
const PEOPLE_QUICK: u64 = 20_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let is_wanted = |part: &str| value("--only").is_none_or(|only| only == part);
    let people = match value("--people") {
        Some(count) => count.parse().context("--people")?,
        None if quick => PEOPLE_QUICK,
        None => PEOPLE,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if is_wanted("hand-over") {
        for connections in [1, 8, 32] {
            tell(&runtime.block_on(hand_over::beside_smtp_source(connections, quick))?)?;
        }
    }
    if is_wanted("whole-way") {
        for concurrency in [32, 128] {
            for line in runtime.block_on(whole_way::beside_smtp_source(concurrency, quick))? {
                tell(&line)?;
            }
        }
    }
    if is_wanted("plan") {
        for people in [1_000_000, 10_000_000] {
            tell(&plan::play(people)?)?;
        }
    }
    if is_wanted("monday") {
        tell(&runtime.block_on(monday::play(people))?)?;
    }
    Ok(())
}

fn tell(line: &serde_json::Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
