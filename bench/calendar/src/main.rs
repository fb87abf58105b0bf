//! What calendars cost: our recurrence beside the rrule crate, in one process and on one thread.
//!
//! Both get the same series, made ready before, and are asked for the same instants; that they answer the same is checked
//! before anything is measured. Each case prints one line of JSON; a ratio above 1 means that ours is better. `--quick` takes
//! less time; `--only` names parts (`expansion`).

mod expansion;

use std::env;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Size {
    pub time: Duration,
    only: Vec<String>,
}

impl Size {
    fn read() -> Result<Size> {
        let mut size = Size {
            time: Duration::from_secs(2),
            only: Vec::new(),
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => size.time = Duration::from_millis(200),
                "--only" => size.only.push(arguments.next().context("--only wants a part")?),
                other => bail!("{other}: there are --quick and --only"),
            }
        }
        Ok(size)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| one == part)
    }
}

fn main() -> Result<()> {
    let size = Size::read()?;
    if size.wants("expansion") {
        expansion::measure(&size)?;
    }
    Ok(())
}

/// One line: ours beside a peer's, less being better.
pub fn say(case: &str, ours: f64, peer: f64, peer_name: &str, unit: &str) -> Result<()> {
    let line = json!({
        "bench": "calendar", "case": case, "ours": rounded(ours), "peer": rounded(peer), "peer_name": peer_name,
        "ratio": rounded(peer / ours), "unit": unit,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn rounded(figure: f64) -> f64 {
    if figure >= 1000.0 {
        figure.round()
    } else {
        (figure * 10.0).round() / 10.0
    }
}
