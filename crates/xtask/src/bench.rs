//! Measurements against named peers. Each is a program of its own under `bench/`; here they are only found and run,
//! in release, because a measurement of anything else says nothing.

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;
use clap::Args;

#[derive(Args)]
pub struct Choice {
    /// Which one; without it they are listed
    name: Option<String>,
    /// Within a minute once built: fewer repetitions, rougher figures
    #[arg(long)]
    quick: bool,
    /// Handed on to the bench as they are
    #[arg(last = true)]
    rest: Vec<String>,
}

pub fn run(choice: &Choice) -> Result<bool> {
    let benches = benches()?;
    let Some(name) = &choice.name else {
        for (name, description) in &benches {
            crate::say(format_args!("{name:<12} {description}"));
        }
        return Ok(true);
    };
    if !benches.iter().any(|(known, _)| known == name) {
        let known: Vec<&str> = benches.iter().map(|(name, _)| name.as_str()).collect();
        bail!("no bench `{name}`; there are: {}", known.join(", "));
    }
    let mut command = crate::cargo();
    command.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        &format!("bench-{name}"),
        "--",
    ]);
    if choice.quick {
        command.arg("--quick");
    }
    let status = command
        .args(&choice.rest)
        .status()
        .context("cannot start cargo")?;
    Ok(status.success())
}

/// Name and description of each package `bench-NAME`.
fn benches() -> Result<Vec<(String, String)>> {
    let metadata = MetadataCommand::new()
        .current_dir(crate::root())
        .no_deps()
        .exec()?;
    let mut benches: Vec<(String, String)> = metadata
        .packages
        .iter()
        .filter_map(|package| {
            let name = package.name.strip_prefix("bench-")?;
            Some((name.to_owned(), package.description.clone().unwrap_or_default()))
        })
        .collect();
    benches.sort();
    Ok(benches)
}
