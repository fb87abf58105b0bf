//! Where PostgreSQL's programs are: in PATH, in the folders of the usual packages, or installed now when we may.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

use crate::debian;

const HELP: &str = "the tests need PostgreSQL 14 or later (the programs `postgres` and `initdb`) and it is not here: \
                    install it, on Debian and Ubuntu with `apt-get install postgresql`, on Fedora with `dnf install \
                    postgresql-server`, on macOS with `brew install postgresql@17`";

/// The two programs a throw-away server needs, from the same installation.
#[derive(Clone, Debug)]
pub struct Binaries {
    pub postgres: PathBuf,
    pub initdb: PathBuf,
}

pub(super) fn find_or_install() -> anyhow::Result<Binaries> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = find() {
        return Ok(found);
    }
    if debian::is_ours() {
        install_on_debian().context(HELP)?;
    }
    find().context(HELP)
}

fn find() -> Option<Binaries> {
    let from_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>());
    from_path
        .unwrap_or_default()
        .into_iter()
        .chain(folders_of_packages())
        .find_map(|folder| {
            let found = Binaries {
                postgres: folder.join("postgres"),
                initdb: folder.join("initdb"),
            };
            (found.postgres.is_file() && found.initdb.is_file()).then_some(found)
        })
}

/// Debian, Red Hat and Homebrew keep one folder for each version; the newest comes first.
fn folders_of_packages() -> Vec<PathBuf> {
    let mut versions = Vec::new();
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
    ] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let version = name
                .to_str()
                .and_then(|name| name.strip_prefix(prefix))
                .and_then(|v| v.parse::<u32>().ok());
            versions.extend(version.map(|version| (version, entry.path().join("bin"))));
        }
    }
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

fn install_on_debian() -> anyhow::Result<()> {
    // Without this the package would start a server of its own, which nobody asked for.
    let settings = Path::new("/etc/postgresql-common/createcluster.conf");
    if !settings.exists() {
        fs::create_dir_all("/etc/postgresql-common")?;
        fs::write(settings, "create_main_cluster = false\n")?;
    }
    debian::install(&["-o", "Dpkg::Options::=--force-confold", "postgresql"])
}
