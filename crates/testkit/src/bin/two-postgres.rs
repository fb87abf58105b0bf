//! Two throw-away PostgreSQL servers for as long as the input stays open. `cargo xtask test` holds one of these, so
//! that all test binaries share two servers, and the chores themselves need no database driver to be compiled.

use std::io::{Read, Write};

use testkit::postgres::{ENVIRONMENT, Options, Pair};

fn main() -> anyhow::Result<()> {
    let pair = Pair::start(&Options::fast())?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ENVIRONMENT}={}", pair.environment())?;
    out.flush()?;
    std::io::stdin().lock().read_to_end(&mut Vec::new())?;
    Ok(())
}
