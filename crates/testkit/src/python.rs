//! Virtual environments of Python, made once, with pinned versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// The `bin` of an environment in `folder` with what `requirements` lists; made anew when the list has changed.
pub fn environment(folder: &Path, requirements: &str) -> anyhow::Result<PathBuf> {
    let (bin, stamp) = (folder.join("bin"), folder.join("made"));
    if fs::read_to_string(&stamp).is_ok_and(|made| made == requirements) {
        return Ok(bin);
    }
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(folder))?;
    let list = folder.join("requirements.txt");
    fs::write(&list, requirements)?;
    run(Command::new(bin.join("python"))
        .args(["-m", "pip", "install", "--quiet", "-r"])
        .arg(&list))?;
    fs::write(stamp, requirements)?;
    Ok(bin)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} (needs Python 3.11 or newer with venv)"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
