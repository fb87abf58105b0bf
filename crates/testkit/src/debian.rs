//! Installing what tests need, where we may: as root on Debian.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

/// Whether a package can be installed without asking anybody.
pub(crate) fn is_ours() -> bool {
    Path::new("/etc/debian_version").exists() && we_are_root()
}

fn we_are_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// `what` is packages and options of `apt-get install`.
pub(crate) fn install(what: &[&str]) -> anyhow::Result<()> {
    apt_get(&["update"])?;
    apt_get(&[&["install", "-y", "--no-install-recommends"], what].concat())
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let done = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .output()
        .context("apt-get")?;
    if !done.status.success() {
        let says = String::from_utf8_lossy(&done.stderr);
        bail!("apt-get {} failed: {says}", arguments.join(" "));
    }
    Ok(())
}
