//! What handing over costs beside postfix's own load generator, against the same server in the same run, and how long
//! the plan of a whole Monday takes to make.
//!
//! `--quick` ends within a minute. Each case prints one line of JSON; a ratio above 1 means that ours is better.

mod hand_over;
mod monday;

use std::env;
use std::io::Write as _;

fn main() -> anyhow::Result<()> {
    let quick = env::args().any(|argument| argument == "--quick");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for connections in [1, 8, 32] {
        tell(&runtime.block_on(hand_over::beside_smtp_source(connections, quick))?)?;
    }
    for people in [1_000_000, 10_000_000] {
        tell(&monday::play(people)?)?;
    }
    Ok(())
}

fn tell(line: &serde_json::Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
