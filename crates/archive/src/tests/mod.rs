//! The same promises over a folder and over two S3 servers that nobody here wrote. Each of these misses something: s3s-fs
//! refuses forged and expired links and knows no storage classes; moto knows classes, and refuses nothing.

mod faults;
mod folder;
mod links;
mod promises;
mod servers;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use kernel::{Clock, Moment, Secret};
use tempfile::TempDir;

use self::servers::S3sServer;
use crate::{Archive, Name, WHOLE};

/// An archive of one kind, empty, with a clock that tests move.
pub struct Kit {
    pub kind: &'static str,
    pub archive: Archive,
    pub clock: Clock,
    pub folder: TempDir,
    pub s3s: Option<S3sServer>,
}

impl Kit {
    pub fn folder() -> Kit {
        let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
        let secret = Secret::new("x".repeat(32));
        let archive = Archive::folder(folder.path(), "https://house.example", &secret, clock.clone());
        Kit {
            kind: "folder",
            archive: archive.unwrap(),
            clock,
            folder,
            s3s: None,
        }
    }

    /// Every kind.
    pub async fn all() -> Vec<Kit> {
        vec![Kit::folder(), Kit::s3s().await, Kit::moto().await]
    }

    pub fn name(&self, path: &str) -> Name {
        Name::kept(path).unwrap()
    }

    pub fn ending(&self, path: &str, seconds: i64) -> Name {
        Name::until(path, self.clock.now().plus_seconds(seconds)).unwrap()
    }

    pub async fn put(&self, name: &Name, bytes: &[u8]) {
        self.archive.put(name, pieces(bytes)).await.unwrap();
    }

    pub async fn read(&self, name: &Name) -> Option<Vec<u8>> {
        let got = self.archive.get(name, WHOLE).await.unwrap()?;
        let bytes: Vec<Bytes> = got.body.try_collect().await.unwrap();
        Some(bytes.concat())
    }
}

/// The servers outside know no other time than the machine's.
fn clock() -> Clock {
    Clock::manual(Moment::from_seconds(Clock::system().now().as_seconds()))
}

/// In pieces of odd sizes.
pub fn pieces(bytes: &[u8]) -> impl Stream<Item = Result<Bytes, String>> + Send + use<> {
    let pieces: Vec<_> = bytes
        .chunks(70_001)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    futures_util::stream::iter(pieces)
}

/// Bytes that differ from place to place.
pub fn bytes(count: usize) -> Vec<u8> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(count).collect()
}
