//! What calendars cost: our recurrence beside the rrule crate, and the real binary beside servers of others.
//!
//! `expansion` compares in one process and on one thread. `caldav` puts one calendar into three servers and asks each the same
//! over connections that are kept open where the server keeps them; what is compared first is the processor time that a server takes for a request, because
//! a busy machine changes that least. `finding` looks for a time for many people beside PostgreSQL, which knows the same of them.
//! `views` and `memory` are about our binary alone. What is answered is looked at before
//! anything is measured: who answers wrongly is named and makes no ratio. Each case prints one line of JSON; a ratio above 1
//! means that ours is better. `--quick` takes less time and smaller calendars; `--only` names parts; `--events` says how many
//! events there are; `--alone` starts no servers of others.

mod caldav;
mod city;
mod diary;
mod expansion;
mod finding;
mod http;
mod memory;
mod views;

use std::env;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Size {
    pub time: Duration,
    pub quick: bool,
    pub events: Option<usize>,
    /// Without peers.
    pub alone: bool,
    only: Vec<String>,
}

impl Size {
    fn read() -> Result<Size> {
        let mut size = Size {
            time: Duration::from_secs(2),
            quick: false,
            events: None,
            alone: false,
            only: Vec::new(),
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => {
                    size.quick = true;
                    size.time = Duration::from_millis(200);
                }
                "--events" => {
                    let events = arguments.next().context("--events wants a number")?;
                    size.events = Some(events.replace('_', "").parse().context("--events")?);
                }
                "--alone" => size.alone = true,
                "--only" => size.only.push(arguments.next().context("--only wants a part")?),
                other => bail!("{other}: there are --quick, --events, --alone and --only"),
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
    if size.wants("caldav") {
        caldav::measure(&size)?;
    }
    if size.wants("finding") {
        finding::measure(&size)?;
    }
    if size.wants("views") {
        views::measure(&size)?;
    }
    if size.wants("memory") {
        memory::measure(&size)?;
    }
    Ok(())
}

/// What the design asks for, where there is no peer to name.
pub const ASKED: &str = "asked for";

/// One line: ours beside a peer's, less being better.
pub fn say(case: &str, ours: f64, peer: f64, peer_name: &str, unit: &str) -> Result<()> {
    write_line(case, ours, peer, (peer_name, peer / ours), unit)
}

/// One line: ours beside a peer's, more being better.
pub fn say_more(case: &str, ours: f64, peer: f64, peer_name: &str, unit: &str) -> Result<()> {
    write_line(case, ours, peer, (peer_name, ours / peer), unit)
}

fn write_line(case: &str, ours: f64, peer: f64, (peer_name, ratio): (&str, f64), unit: &str) -> Result<()> {
    let line = json!({
        "bench": "calendar", "case": case, "ours": rounded(ours), "peer": rounded(peer), "peer_name": peer_name,
        "ratio": rounded(ratio), "unit": unit,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// One line of counts that are best at none, so that nothing can be divided by them.
pub fn say_counts(case: &str, ours: f64, peer: f64, peer_name: &str, unit: &str) -> Result<()> {
    let line = json!({
        "bench": "calendar", "case": case, "ours": rounded(ours), "peer": rounded(peer), "peer_name": peer_name,
        "unit": unit,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// One line: ours beside nobody's, or beside a peer that does not do it right.
pub fn say_alone(case: &str, ours: f64, wrong: Option<(&str, &str)>, unit: &str) -> Result<()> {
    let mut line = json!({ "bench": "calendar", "case": case, "ours": rounded(ours), "unit": unit });
    if let Some((peer_name, why)) = wrong {
        line["peer_name"] = json!(peer_name);
        line["wrong"] = json!(why);
    }
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn rounded(figure: f64) -> f64 {
    if figure >= 1000.0 {
        figure.round()
    } else if figure >= 10.0 {
        (figure * 10.0).round() / 10.0
    } else {
        (figure * 1000.0).round() / 1000.0
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn exact(count: u64) -> f64 {
    count as f64
}
