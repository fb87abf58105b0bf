//! Who is in, at every sign-in: the real binary beside what others answer that question with.
//!
//! One load generator, on a thread of its own, asks every side over connections that it keeps open: a request that was
//! made ready before, and the next one when the answer is there. So what is compared is what a server does with a request.
//! All share this machine. Each case prints one line of JSON; a ratio above 1 means that ours is better. `--quick` takes
//! fewer people and less time; `--only` names parts (`alone`, `seen`, `memory`, `hot`, `unleash`, and `edge`
//! with it); `--people` says how many there are.

mod alone;
mod crowd;
mod flags;
mod hot;
mod house;
mod load;
mod memory;
mod peers;
mod seen;

use std::env;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

/// What is asked of whom, and for how long.
#[derive(Clone, Debug)]
pub struct Size {
    pub people: u32,
    pub time: Duration,
    pub quick: bool,
    only: Vec<String>,
}

impl Size {
    fn read() -> Result<Size> {
        let mut size = Size {
            people: 1_000_000,
            time: Duration::from_secs(10),
            quick: false,
            only: Vec::new(),
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => {
                    size.quick = true;
                    size.people = 100_000;
                    size.time = Duration::from_secs(2);
                }
                "--people" => {
                    let people = arguments.next().context("--people wants a number")?;
                    size.people = people.replace('_', "").parse().context("--people")?;
                }
                "--only" => size.only.push(arguments.next().context("--only wants a part")?),
                other => bail!("{other}: there are --quick, --people and --only"),
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
    if size.wants("alone") {
        alone::measure(&size)?;
    }
    if size.wants("seen") {
        seen::measure(&size)?;
    }
    if !["memory", "hot", "unleash", "edge"]
        .iter()
        .any(|part| size.wants(part))
    {
        return Ok(());
    }
    let town = house::Town::build(size.people)?;
    if size.wants("memory") {
        memory::measure(&town)?;
    }
    if size.wants("hot") {
        hot::measure(&town, &size)?;
    }
    if size.wants("unleash") || size.wants("edge") {
        flags::measure(&town, &size)?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Better {
    More,
    Less,
}

/// One line: ours beside a peer's, or beside the figure that was asked for.
pub fn say(case: &str, ours: f64, peer: f64, peer_name: &str, unit: &str, better: Better) -> Result<()> {
    let ratio = match better {
        Better::More => ours / peer,
        Better::Less => peer / ours,
    };
    let line = json!({
        "bench": "segments", "case": case, "ours": rounded(ours), "peer": rounded(peer), "peer_name": peer_name,
        "ratio": rounded(ratio), "unit": unit,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn rounded(figure: f64) -> f64 {
    if figure >= 1000.0 {
        figure.round()
    } else {
        (figure * 1000.0).round() / 1000.0
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn exact(count: u64) -> f64 {
    count as f64
}
