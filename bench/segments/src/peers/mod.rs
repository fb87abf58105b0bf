//! Others that answer who is in: started on this machine, each in a folder of its own, ended with this program.

pub mod edge;
pub mod postgres;
pub mod redis;
pub mod unleash;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

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

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let files = std::env::split_paths(&path).map(|folder| folder.join(name));
    files.into_iter().find(|file| file.is_file())
}

/// Where nobody listens yet.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn wait_for(address: SocketAddr, within: Duration, running: &mut Running) -> Result<()> {
    let began = Instant::now();
    while TcpStream::connect(address).is_err() {
        ensure!(running.0.try_wait()?.is_none(), "the peer ended at once");
        ensure!(began.elapsed() < within, "the peer does not answer at {address}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where what is installed for benches stays: beside the program, so that it goes with what cargo built.
fn tools() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program
        .parent()
        .context("a program stands in a folder")?
        .join("bench-tools");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
