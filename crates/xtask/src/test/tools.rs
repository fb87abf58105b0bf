//! Programs that steps start, and packages of the system that they need.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Runs a program that must succeed.
pub fn run(command: &mut Command) -> Result<()> {
    if !succeeds(command)? {
        bail!("{command:?} failed");
    }
    Ok(())
}

/// Runs a program that says by its end whether all is well.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    Ok(status.success())
}

/// Installs packages of the system where that is ours to do: as root, on a Debian. False elsewhere.
pub fn install_packages(names: &[&str]) -> Result<bool> {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !root || !Path::new("/etc/debian_version").exists() {
        return Ok(false);
    }
    run(Command::new("apt-get").args(["update", "--quiet"]))?;
    run(Command::new("apt-get")
        .args(["install", "--quiet", "--yes"])
        .args(names))?;
    Ok(true)
}
