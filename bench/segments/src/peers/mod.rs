//! Others that answer who is in: started on this machine, each in a folder of its own, ended with this program.

pub mod edge;
pub mod postgres;
pub mod redis;
pub mod unleash;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use testkit::peers::find;

/// A program of a Debian package, installed when it is missing.
fn program(name: &str, package: &str) -> Result<PathBuf> {
    if let Some(found) = find(name) {
        return Ok(found);
    }
    let installed = Command::new("apt-get")
        .args(["install", "--yes", "--quiet", "--no-install-recommends", package])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status()
        .context("apt-get")?;
    ensure!(
        installed.success(),
        "{name} is missing, and {package} cannot be installed (are you root?)"
    );
    find(name).with_context(|| format!("{package} brings no {name}"))
}
