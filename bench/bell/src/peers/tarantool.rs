//! Tarantool: memory with a log on disk. It is measured in its own process, without a network, which favours it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Peer, program};
use crate::{BATCH, Rates};

pub struct Tarantool(PathBuf);

impl Tarantool {
    pub fn find() -> Result<Tarantool> {
        program("tarantool", "tarantool").map(Tarantool)
    }
}

impl Peer for Tarantool {
    fn name(&self) -> &'static str {
        "Tarantool, WAL fsync, in process"
    }

    fn rates(&mut self, timers: usize) -> Result<Rates> {
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("timers.lua");
        std::fs::write(&script, include_str!("tarantool.lua"))?;
        let output = Command::new(&self.0)
            .arg(&script)
            .args([timers.to_string(), BATCH.to_string()])
            .current_dir(folder.path())
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = || format!("Tarantool: {said} {}", String::from_utf8_lossy(&output.stderr));
        let numbers: Vec<f64> = said
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [set, rung, count] = numbers[..] else {
            return Err(anyhow::anyhow!(complaint()));
        };
        ensure!(output.status.success(), complaint());
        let timers = u32::try_from(timers).context("timers")?;
        ensure!((count - f64::from(timers)).abs() < 0.5, "Tarantool rang {count}");
        Ok(Rates { set, rung })
    }
}
