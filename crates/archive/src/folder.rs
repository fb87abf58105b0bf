//! Files in a folder of this machine.
//!
//! A file is written under `unfinished` and gets its name once it is whole and on disk, folders included, so a power cut
//! leaves either all of it or nothing that anybody sees. What stands under `unfinished` bears the instant when it was
//! begun: whatever is older than the longest put was left behind.

use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _};
use kernel::Moment;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, BufWriter};

use crate::archive::{Got, Pieces};
use crate::name::{instant, read_instant};
use crate::{Failed, Name};

const UNFINISHED: &str = "unfinished";
/// A put that takes longer has come to nothing.
const PUT_SECONDS_MAX: i64 = 24 * 60 * 60;
/// Bytes that are written or read at once.
const PIECE: usize = 256 * 1024;
/// How often a folder may be swept away between its making and its use.
const NAMINGS_MAX: u32 = 3;

pub(crate) struct Folder {
    root: PathBuf,
}

/// A file that is being written. It is removed when it did not get its name.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed now is swept.
        let _ = fs::remove_file(&self.0);
    }
}

impl Folder {
    pub fn open(path: &Path) -> Result<Folder, Failed> {
        // What it makes itself is nobody else's to read.
        let mut making = fs::DirBuilder::new();
        making.recursive(true).mode(0o700).create(path.join(UNFINISHED))?;
        Ok(Folder {
            root: path.to_owned(),
        })
    }

    pub async fn put(&self, name: &Name, now: Moment, mut body: Pieces<'_>) -> Result<(), Failed> {
        let beginning = format!("{}-{}", instant(now), kernel::random_token());
        let unfinished = Unfinished(self.root.join(UNFINISHED).join(beginning));
        let mut file = BufWriter::with_capacity(PIECE, tokio::fs::File::create_new(&unfinished.0).await?);
        while let Some(piece) = body.try_next().await? {
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        file.into_inner().sync_all().await?;
        let (root, path) = (self.root.clone(), self.path(name));
        blocking(move || give_name(&root, &unfinished, &path)).await
    }

    pub async fn get(&self, name: &Name, part: Range<u64>) -> Result<Option<Got>, Failed> {
        let mut file = match tokio::fs::File::open(self.path(name)).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let bytes = file.metadata().await?.len();
        if part.start > 0 && part.start >= bytes {
            return Err(Failed::Beyond);
        }
        let part = part.start..part.end.min(bytes);
        file.seek(io::SeekFrom::Start(part.start)).await?;
        let rest = file.take(part.end.saturating_sub(part.start));
        let body = futures_util::stream::try_unfold(rest, |mut rest| async move {
            let mut piece = BytesMut::with_capacity(PIECE);
            let read = rest.read_buf(&mut piece).await?;
            Ok::<_, Failed>((read > 0).then(|| (Bytes::from(piece), rest)))
        });
        Ok(Some(Got {
            bytes,
            part,
            body: body.boxed(),
        }))
    }

    pub async fn delete(&self, name: &Name) -> Result<(), Failed> {
        let path = self.path(name);
        blocking(move || {
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                removed => removed?,
            }
            Ok(sync(path.parent())?)
        })
        .await
    }

    pub async fn sweep(&self, now: Moment) -> Result<u64, Failed> {
        let root = self.root.clone();
        blocking(move || {
            remove_left_behind(&root.join(UNFINISHED), now)?;
            remove_ended(&root.join(crate::name::ending_files()), now)
        })
        .await
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.root.join(name.to_string())
    }
}

async fn blocking<T: Send + 'static>(
    doing: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    let done = tokio::task::spawn_blocking(doing).await;
    done.unwrap_or_else(|error| Err(Failed::Unavailable(error.to_string())))
}

/// Renames the file into its place and has all that leads there written to disk.
fn give_name(root: &Path, unfinished: &Unfinished, path: &Path) -> Result<(), Failed> {
    let folder = path.parent().unwrap_or(root);
    for naming in 1.. {
        fs::create_dir_all(folder)?;
        match fs::rename(&unfinished.0, path) {
            Ok(()) => break,
            // The folder was swept in between; or the put took so long that its file was.
            Err(error) if error.kind() == io::ErrorKind::NotFound && naming < NAMINGS_MAX => {}
            Err(error) => return Err(error.into()),
        }
    }
    let new = folder.ancestors().take_while(|above| above.starts_with(root));
    for above in new {
        sync(Some(above))?;
    }
    Ok(())
}

/// Has the names in a folder written to disk. Nothing is left to be written of one that is gone.
fn sync(folder: Option<&Path>) -> io::Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    match fs::File::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        opened => opened?.sync_all(),
    }
}

fn remove_left_behind(unfinished: &Path, now: Moment) -> Result<(), Failed> {
    for entry in entries(unfinished)? {
        let name = entry.file_name();
        let begun = name
            .to_str()
            .and_then(|name| read_instant(name.get(..INSTANT_BYTES)?));
        if begun.is_some_and(|begun| begun.plus_seconds(PUT_SECONDS_MAX) <= now) {
            forgive_absence(fs::remove_file(entry.path()))?;
        }
    }
    Ok(())
}

/// `2026-09-01T10-00-00Z`
const INSTANT_BYTES: usize = 20;

/// Files that end together stand in one folder.
fn remove_ended(ending: &Path, now: Moment) -> Result<u64, Failed> {
    let mut removed = 0;
    for entry in entries(ending)? {
        let end = entry.file_name().to_str().and_then(read_instant);
        if end.is_some_and(|end| end <= now) {
            removed += files(&entry.path())?;
            forgive_absence(fs::remove_dir_all(entry.path()))?;
        }
    }
    Ok(removed)
}

fn files(folder: &Path) -> io::Result<u64> {
    let mut count = 0;
    for entry in entries(folder)? {
        count += if entry.file_type()?.is_dir() {
            files(&entry.path())?
        } else {
            1
        };
    }
    Ok(count)
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read?.collect(),
    }
}

fn forgive_absence(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
