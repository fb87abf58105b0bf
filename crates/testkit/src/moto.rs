//! moto, an S3 that nobody here wrote: it knows storage classes and uploads that were left behind, and refuses nobody.
//!
//! It lives in a virtual environment of its own under `target/`, made once, with pinned versions.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::ensure;

use crate::python;

const REQUIREMENTS: &str = include_str!("../moto/requirements.txt");

/// A server that all tests of a program share. It ends with the program, which holds its input open.
struct Server {
    base: String,
    _child: Child,
}

/// Where it listens: `http://127.0.0.1:PORT`.
pub fn base() -> anyhow::Result<&'static str> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let started = SERVER.get_or_init(|| start().map_err(|error| format!("moto: {error:#}")));
    match started {
        Ok(server) => Ok(&server.base),
        Err(error) => Err(anyhow::Error::msg(error.clone())),
    }
}

fn start() -> anyhow::Result<Server> {
    let mut child = Command::new(python()?)
        .arg(ours("serve.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    let base = line.trim_end().to_owned();
    ensure!(base.starts_with("http://"), "it did not start");
    Ok(Server { base, _child: child })
}

fn ours(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("moto").join(file)
}

fn python() -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/moto");
    Ok(python::environment(&folder, REQUIREMENTS)?.join("python"))
}
