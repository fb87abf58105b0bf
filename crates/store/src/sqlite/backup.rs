//! Copies of the file while it is in use.
//!
//! The copy is taken in one read transaction, so it is the state after some commit, whole; writers go on meanwhile.
//! It gets its final name only when it is complete and on disk.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::config::Lanes;
use crate::schema::{self, Migration};
use crate::{OpenError, StoreError};

/// All pages in one step: a copy in several steps starts anew whenever something is written.
const ALL_PAGES: i32 = -1;

pub(crate) fn copy(from: &Connection, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(StoreError::broken(format!(
            "{} exists already; a backup replaces nothing",
            to.display()
        )));
    }
    let part = part_of(to);
    let result = copy_whole(from, &part).and_then(|()| rename_durably(&part, to));
    if result.is_err() && part.exists() {
        // What is left of a failed copy is of no use; that it cannot be removed changes nothing of the failure.
        let _ = fs::remove_file(&part);
    }
    result
}

fn part_of(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn copy_whole(from: &Connection, part: &Path) -> Result<(), StoreError> {
    let failed = |error| super::failure::of_open("copying the file", error);
    if part.exists() {
        fs::remove_file(part)
            .map_err(|error| StoreError::broken_by("an unfinished backup is in the way", error))?;
    }
    let mut copy = Connection::open(part).map_err(failed)?;
    let step = Backup::new(from, &mut copy)
        .and_then(|backup| backup.step(ALL_PAGES))
        .map_err(failed)?;
    if step != StepResult::Done {
        return Err(StoreError::Busy);
    }
    // The copy is one file that needs no log beside it.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
        .map_err(failed)?;
    copy.close().map_err(|(_, error)| failed(error))
}

pub(super) fn rename_durably(part: &Path, to: &Path) -> Result<(), StoreError> {
    let folder = to
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(part)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(part, to))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| StoreError::broken_by(format!("writing {} failed", to.display()), error))
}

/// Refuses a file that is damaged, no store, or newer than this program. What is older may be migrated after the
/// restore.
pub(crate) fn check(path: &Path, lanes: &Lanes, known: &[Migration]) -> Result<(), OpenError> {
    let server = path.display().to_string();
    let unfit = |why: String| OpenError::Unfit {
        server: server.clone(),
        why,
    };
    if !path.is_file() {
        return Err(unfit("there is no such file".to_owned()));
    }
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|connection| connection.busy_timeout(lanes.busy_timeout).map(|()| connection))
        .map_err(|error| unfit(error.to_string()))?;
    let verdict: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| unfit(format!("it is not a store of townhall ({error})")))?;
    if verdict != "ok" {
        return Err(unfit(format!("it is damaged ({verdict}); take an older backup")));
    }
    let applied = super::migrate::applied(&connection)
        .map_err(|error| unfit(error.to_string()))?
        .ok_or_else(|| unfit("it is a database, but not a store of townhall".to_owned()))?;
    schema::missing(&server, known, &applied).map(|_| ())
}
