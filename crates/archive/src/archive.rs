//! The one interface to both kinds of archive.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use front::Routes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use kernel::{Clock, Moment, Secret};
use sha2::{Digest as _, Sha256};

use crate::folder::Folder;
use crate::links::{Linked, Links};
use crate::s3::{self, S3};
use crate::{Failed, Name, http};

/// What S3 allows at most: a week. Links of the folder live no longer, so that it makes no difference where files are.
pub const LINK_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;
/// All bytes of a file.
pub const WHOLE: Range<u64> = 0..u64::MAX;
/// A trial of the archive removes its file itself; if it cannot, the sweep does.
const TRIAL_SECONDS: i64 = 3600;

/// Bytes on their way.
pub type Body = Pieces<'static>;
pub(crate) type Pieces<'a> = BoxStream<'a, Result<Bytes, Failed>>;

/// Files of the house. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    kind: Kind,
    clock: Clock,
}

#[derive(Clone)]
enum Kind {
    Folder(Arc<Folder>, Arc<Links>),
    S3(Arc<S3>),
}

/// What was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    pub bytes: u64,
    pub sha256: [u8; 32],
}

/// A file, or a part of it.
pub struct Got {
    /// Bytes of the whole file.
    pub bytes: u64,
    /// Which of them come.
    pub part: Range<u64>,
    pub body: Body,
}

/// A link that whoever has it can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    /// From then on it leads nowhere.
    pub until: Moment,
}

impl Archive {
    /// Files in a folder of this machine, made if it is not there. `base` is how the house is reached, without a slash at
    /// its end; links are signed with a key made from the secret of the house.
    pub fn folder(path: &Path, base: &str, secret: &Secret, clock: Clock) -> Result<Archive, Failed> {
        let folder = Folder::open(path)?;
        Ok(Archive {
            kind: Kind::Folder(Arc::new(folder), Arc::new(Links::new(base, secret))),
            clock,
        })
    }

    /// Files in a bucket. Says what is wrong with the options; whether the bucket answers is another question.
    pub fn s3(options: s3::Options, clock: Clock) -> Result<Archive, String> {
        let s3 = S3::new(options)?;
        Ok(Archive {
            kind: Kind::S3(Arc::new(s3)),
            clock,
        })
    }

    /// Puts a file, or another one in its place. When this returns it is on disk; until then nobody sees anything of it.
    pub async fn put<E: std::fmt::Display>(
        &self,
        name: &Name,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Put, Failed> {
        if name.has_ended(self.clock.now()) {
            return Err(Failed::Ended);
        }
        let mut bytes = 0u64;
        let mut hash = Sha256::new();
        let body = body
            .map_err(|error| Failed::BrokenOff(error.to_string()))
            .inspect_ok(|piece| {
                bytes = bytes.saturating_add(piece.len().try_into().unwrap_or(u64::MAX));
                hash.update(piece);
            })
            .boxed();
        match &self.kind {
            Kind::Folder(folder, _) => folder.put(name, self.clock.now(), body).await?,
            Kind::S3(s3) => s3.put(name, body).await?,
        }
        Ok(Put {
            bytes,
            sha256: hash.finalize().into(),
        })
    }

    /// A file, or as much as there is of the part. `None` when it is not there, or has ended.
    pub async fn get(&self, name: &Name, part: Range<u64>) -> Result<Option<Got>, Failed> {
        if name.has_ended(self.clock.now()) {
            return Ok(None);
        }
        if part.is_empty() {
            return Err(Failed::Beyond);
        }
        match &self.kind {
            Kind::Folder(folder, _) => folder.get(name, part).await,
            Kind::S3(s3) => s3.get(name, part).await,
        }
    }

    /// A link to a file, whether or not it is there yet; its download is called `called`. It ends after `seconds`, after a
    /// week, or with its file, whichever comes first. `None` when the file has ended.
    pub fn link(&self, name: &Name, called: &str, seconds: i64) -> Option<Link> {
        let now = self.clock.now();
        let asked = now.plus_seconds(seconds.clamp(1, LINK_SECONDS_MAX));
        let until = name.end().map_or(asked, |end| end.min(asked));
        // Instants in links are whole seconds, and so are the lives of links.
        let seconds = until.micros_since(now) / 1_000_000;
        if seconds < 1 {
            return None;
        }
        let until = Moment::from_seconds(now.as_seconds()).plus_seconds(seconds);
        let url = match &self.kind {
            Kind::S3(s3) => s3.link(name, called, now, Duration::from_secs(seconds.unsigned_abs())),
            Kind::Folder(_, links) => links.link(&Linked {
                name: name.clone(),
                called: called.to_owned(),
                until,
            }),
        };
        Some(Link { url, until })
    }

    /// Deletes a file. All is well when it was not there.
    pub async fn delete(&self, name: &Name) -> Result<(), Failed> {
        match &self.kind {
            Kind::Folder(folder, _) => folder.delete(name).await,
            Kind::S3(s3) => s3.delete(name).await,
        }
    }

    /// Removes files that have ended, and what puts left behind that came to nothing. Tells how many files it were.
    pub async fn sweep(&self) -> Result<u64, Failed> {
        let now = self.clock.now();
        let swept = match &self.kind {
            Kind::Folder(folder, _) => folder.sweep(now).await?,
            Kind::S3(s3) => s3.sweep(now).await?,
        };
        metrics::counter!("townhall_archive_swept_total").increment(swept);
        Ok(swept)
    }

    /// Puts, reads and deletes a file of a few bytes.
    pub async fn try_out(&self) -> Result<(), Failed> {
        let path = format!("trial/{}.txt", kernel::random_token());
        let end = self.clock.now().plus_seconds(TRIAL_SECONDS);
        let name = Name::until(&path, end).map_err(|error| Failed::Refused(error.to_string()))?;
        let given = Bytes::from_static(b"trial");
        let body = futures_util::stream::iter([Ok::<_, Failed>(given.clone())]);
        self.put(&name, body).await?;
        let got = self.get(&name, WHOLE).await?;
        let got = got.ok_or_else(|| Failed::Unavailable("what was put is not there".to_owned()))?;
        let read: Vec<Bytes> = got.body.try_collect().await?;
        self.delete(&name).await?;
        if read.concat() != given {
            return Err(Failed::Unavailable("what was put reads otherwise".to_owned()));
        }
        Ok(())
    }

    /// What the archive answers over HTTP: links to files of a folder. Those of S3 lead there.
    pub fn routes(&self) -> Routes {
        http::routes().with_state(self.clone())
    }

    /// Where a link of this house leads. `None` when it is none.
    pub(crate) fn linked(&self, token: &str) -> Option<Linked> {
        match &self.kind {
            Kind::Folder(_, links) => links.read(token),
            Kind::S3(_) => None,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }
}
