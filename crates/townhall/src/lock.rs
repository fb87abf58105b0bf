//! One house at a time on one embedded store. SQLite itself lets several processes write in turns, and the `admin`
//! commands do so beside a running house. But two houses would each believe what they remember (revoked sessions,
//! leases), and a restore would pull the file from under them; so `serve` and `restore` hold this lock, and the
//! second one is refused with the first one's process id. The lock is the system's: it ends with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use anyhow::Context as _;

/// Held as long as it lives.
#[derive(Debug)]
#[must_use = "the lock ends when this is dropped"]
pub struct HouseLock(File);

const FILE_NAME: &str = "townhall.lock";

impl HouseLock {
    pub fn take(data: &Path) -> anyhow::Result<HouseLock> {
        let path = data.join(FILE_NAME);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut file = opened.with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                anyhow::bail!(
                    "{} is in use by another townhall (process {}); stop it first, or use another --data",
                    data.display(),
                    holder.lines().next().unwrap_or("unknown")
                );
            }
            Err(TryLockError::Error(e)) => {
                return Err(e).with_context(|| format!("{} cannot be locked", path.display()));
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(HouseLock(file))
    }

    /// Tells commands beside the house how it is reached.
    pub fn tell(&mut self, base: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.0, "{base}")?)
    }
}

/// How the house that is open on this store is reached; `None` when none is.
pub fn base_of_open_house(data: &Path) -> Option<String> {
    let mut file = File::open(data.join(FILE_NAME)).ok()?;
    let Err(TryLockError::WouldBlock) = file.try_lock_shared() else {
        return None;
    };
    let mut told = String::new();
    file.read_to_string(&mut told).ok()?;
    told.lines().nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_house_on_one_store_is_refused_until_the_first_one_ends() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(base_of_open_house(data.path()), None);
        let mut first = HouseLock::take(data.path()).unwrap();
        first.tell("http://127.0.0.1:1").unwrap();
        assert_eq!(
            base_of_open_house(data.path()).as_deref(),
            Some("http://127.0.0.1:1")
        );
        let refused = HouseLock::take(data.path()).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("process {}", std::process::id())),
            "{refused}"
        );
        drop(first);
        assert_eq!(base_of_open_house(data.path()), None);
        let _second = HouseLock::take(data.path()).unwrap();
    }
}
