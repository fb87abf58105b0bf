//! A backup takes the place of the store.
//!
//! It does so in one step (a rename), so that there is the old store or the new one at every instant. A log of the old
//! file beside the new one would be replayed into it and destroy it, so the old log is folded in and ended first; that
//! only works for the sole user of the file, which is also what must be sure before it is replaced.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::backup;
use crate::OpenError;
use crate::config::Lanes;
use crate::schema::Migration;

/// Puts the backup `from` in the place of the store `to`; what was there is kept as `kept`.
pub(crate) fn restore(from: &Path, to: &Path, kept: &Path, known: &[Migration]) -> Result<(), OpenError> {
    backup::check(from, &Lanes::default(), known)?;
    let part = part_of(to);
    fs::copy(from, &part).map_err(|error| unfit(&part, &error.to_string()))?;
    if to.exists() {
        end_log(to)?;
        fs::hard_link(to, kept).map_err(|error| unfit(kept, &error.to_string()))?;
    }
    backup::rename_durably(&part, to).map_err(|error| unfit(to, &error.to_string()))
}

fn end_log(store: &Path) -> Result<(), OpenError> {
    let in_use = |error: rusqlite::Error| {
        unfit(
            store,
            &format!("another process uses it ({error}); stop it first"),
        )
    };
    let connection = Connection::open(store).map_err(in_use)?;
    // The one mode that keeps no log; setting it waits for nobody and fails while somebody else has the file open.
    connection
        .pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
        .map_err(in_use)?;
    connection.close().map_err(|(_, error)| in_use(error))
}

fn part_of(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".restoring");
    PathBuf::from(name)
}

fn unfit(file: &Path, why: &str) -> OpenError {
    OpenError::Unfit {
        server: file.display().to_string(),
        why: why.to_owned(),
    }
}
