//! Unleash Edge, in Rust, offline with the flags that Unleash told; built from crates.io once, which takes a while.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use testkit::peers::{self, Running, free_address};

use super::unleash::{FRONTEND_TOKEN, questions};
use crate::house::Town;
use crate::load::Asked;

const CRATE: &str = "unleash-edge";
/// Nobody uses it, and without one it does not start.
const CLIENT_TOKEN: &str = "default:development.client0client0client0client0";

pub struct Edge {
    address: SocketAddr,
    server: Running,
    _folder: TempDir,
}

impl Edge {
    pub fn start(features: &str) -> Result<Edge> {
        let binary = install()?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("features.json");
        std::fs::write(&file, features)?;
        let address = free_address()?;
        let server = Command::new(binary)
            .args(["--interface", "127.0.0.1", "--port", &address.port().to_string()])
            .arg("offline")
            .arg("--bootstrap-file")
            .arg(&file)
            .args(["--frontend-tokens", FRONTEND_TOKEN])
            .args(["--client-tokens", CLIENT_TOKEN])
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Running::new(server);
        server.answers_at(address, Duration::from_secs(20))?;
        Ok(Edge {
            address,
            server,
            _folder: folder,
        })
    }

    pub fn process(&self) -> u32 {
        self.server.id()
    }

    pub fn questions(&self, town: &Town) -> Asked {
        questions(self.address, town)
    }
}

fn install() -> Result<PathBuf> {
    let folder = peers::tools()?;
    let binary = folder.join("bin").join(CRATE);
    if !binary.is_file() {
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let built = Command::new(cargo)
            .args([
                "install",
                "--quiet",
                "--locked",
                CRATE,
                "--no-default-features",
                "--root",
            ])
            .arg(&folder)
            .status()
            .context("cargo")?;
        ensure!(built.success(), "{CRATE} cannot be built");
    }
    Ok(binary)
}
