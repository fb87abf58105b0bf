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
pub struct HouseLock(#[expect(dead_code, reason = "held, not used")] File);

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
                    holder.trim()
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_house_on_one_store_is_refused_until_the_first_one_ends() {
        let data = tempfile::tempdir().unwrap();
        let first = HouseLock::take(data.path()).unwrap();
        let refused = HouseLock::take(data.path()).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("process {}", std::process::id())),
            "{refused}"
        );
        drop(first);
        let _second = HouseLock::take(data.path()).unwrap();
    }
}
