//! Servers of others that a bench starts beside ours: found on this machine, in a folder of their own, ended with it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// Ended when dropped.
pub struct Running(Child);

impl Running {
    pub fn new(child: Child) -> Running {
        Running(child)
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits until somebody can connect.
    pub fn answers_at(&mut self, address: SocketAddr, within: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            ensure!(self.0.try_wait()?.is_none(), "the peer ended at once");
            ensure!(began.elapsed() < within, "the peer does not answer at {address}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where nobody listens yet.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// A program of this name in PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let files = std::env::split_paths(&path).map(|folder| folder.join(name));
    files.into_iter().find(|file| file.is_file())
}

/// Where what is installed for benches stays: beside the program, so that it goes with what cargo built.
pub fn tools() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program
        .parent()
        .context("a program stands in a folder")?
        .join("bench-tools");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
