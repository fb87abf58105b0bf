//! Others that keep timers: started on this machine, each in a folder of its own, ended with this program.

mod postgres;
mod redis;
mod tarantool;

use std::path::PathBuf;
use std::process::{Child, Command};

use anyhow::{Context, Result, ensure};

use crate::Rates;

pub trait Peer: Send {
    fn name(&self) -> &'static str;
    /// Sets so many timers and then rings them all: takes due ones in batches and records the effect.
    fn rates(&mut self, timers: usize) -> Result<Rates>;
}

pub fn start() -> Result<Vec<Box<dyn Peer>>> {
    Ok(vec![
        Box::new(tarantool::Tarantool::find()?),
        Box::new(redis::Redis::start()?),
        Box::new(postgres::SkipLocked::start()?),
    ])
}

/// A program of a Debian package, installed when it is missing.
fn program(name: &str, package: &str) -> Result<PathBuf> {
    if let Some(found) = find(name) {
        return Ok(found);
    }
    let installed = Command::new("apt-get")
        .args(["install", "--yes", "--quiet", "--no-install-recommends", package])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(std::process::Stdio::null())
        .status()
        .context("apt-get")?;
    ensure!(
        installed.success(),
        "{name} is missing, and {package} cannot be installed (are you root?)"
    );
    find(name).with_context(|| format!("{package} brings no {name}"))
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
