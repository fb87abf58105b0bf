//! What a mail server delivers into a Maildir: what lies in `new/` is taken in and moved to `cur/`, seen. While nothing can be kept,
//! a mail stays in `new/` for the next time, so whoever takes it may be told twice. One that can never be kept is moved as well: it
//! keeps no other waiting.

use std::io;
use std::path::{Path, PathBuf};

use store::StoreError;
use tokio::fs;
use tokio::io::AsyncReadExt as _;

/// Mails of one round: the next one begins soon after.
const MESSAGES_MAX: usize = 500;
/// Flags of Maildir: seen.
const SEEN: &str = ":2,S";

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{path}: {error}", path = .path.display())]
    Folder { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Has somebody take in what is new, the oldest names first; of each mail one byte more than `bytes_max` at the most.
pub async fn empty<F>(
    folder: &Path,
    bytes_max: usize,
    take: impl Fn(Vec<u8>) -> F + Send + Sync,
) -> Result<(), Trouble>
where
    F: Future<Output = Result<(), StoreError>> + Send,
{
    for path in new_messages(&folder.join("new")).await? {
        let Some(raw) = read(&path, bytes_max).await? else {
            continue;
        };
        match take(raw).await {
            Ok(()) => {}
            Err(error @ (StoreError::Unavailable { .. } | StoreError::Busy)) => return Err(error.into()),
            Err(error) => {
                tracing::error!(file = %path.display(), %error, "a mail cannot be taken and is laid aside");
            }
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.split(':').next().unwrap_or_default();
        let seen = folder.join("cur").join(format!("{name}{SEEN}"));
        match fs::rename(&path, &seen).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Trouble::Folder { path: seen, error });
            }
            // Or another process was faster.
            _ => {}
        }
    }
    Ok(())
}

async fn new_messages(folder: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let trouble = |error| Trouble::Folder {
        path: folder.to_owned(),
        error,
    };
    let mut entries = fs::read_dir(folder).await.map_err(trouble)?;
    let mut paths = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(trouble)? {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_file = entry.file_type().await.is_ok_and(|kind| kind.is_file());
        if is_file && !hidden {
            paths.push(entry.path());
        }
    }
    paths.sort();
    paths.truncate(MESSAGES_MAX);
    Ok(paths)
}

/// The mail, no more of it than is wanted; `None` when it is gone.
async fn read(path: &Path, bytes_max: usize) -> Result<Option<Vec<u8>>, Trouble> {
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let reading = async {
        let mut raw = Vec::new();
        fs::File::open(path)
            .await?
            .take(limit)
            .read_to_end(&mut raw)
            .await?;
        Ok(raw)
    };
    match reading.await {
        Ok(raw) => Ok(Some(raw)),
        Err(error) if io::Error::kind(&error) == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::Folder {
            path: path.to_owned(),
            error,
        }),
    }
}
