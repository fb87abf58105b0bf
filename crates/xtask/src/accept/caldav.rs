//! CalDAV: what others wrote to judge servers, and clients that people use, against a demo city of the real binary.
//!
//! Versions are pinned in `caldav/requirements.txt` and `caldav/package.json`; everything is kept under `target`, so the
//! second run downloads nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::test::api::{City, make_environment};
use crate::test::tools;
use crate::{cargo, root};

const REQUIREMENTS: &str = "crates/xtask/caldav/requirements.txt";
const JUDGES: &str = "crates/xtask/caldav/judges.py";

pub fn run() -> Result<bool> {
    let folder = root().join("target/caldav-judges");
    let python = installed(&folder)?;
    let city = City::open(&built()?)?;
    let mut judges = Command::new(python);
    judges.arg(root().join(JUDGES)).arg(&folder).current_dir(&folder);
    city.tell(&mut judges);
    tools::succeeds(&mut judges)
}

/// A virtual environment of Python with the judges in it, made once.
fn installed(folder: &Path) -> Result<PathBuf> {
    let environment = folder.join("python");
    let python = environment.join("bin/python");
    let (wanted, stamp) = (root().join(REQUIREMENTS), environment.join("requirements.txt"));
    let requirements = fs::read_to_string(&wanted).context("the list of judges")?;
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
        return Ok(python);
    }
    fs::create_dir_all(folder)?;
    make_environment(&environment)?;
    tools::run(
        Command::new(environment.join("bin/pip"))
            .args(["install", "--quiet", "--requirement"])
            .arg(&wanted),
    )?;
    fs::copy(&wanted, &stamp)?;
    Ok(python)
}

/// The binary as everything else here builds it.
fn built() -> Result<PathBuf> {
    tools::run(cargo().args(["build", "--workspace", "--bin", "townhall"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("debug/townhall"))
}
