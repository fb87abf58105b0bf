//! Why the store refused. The variants are there to branch on: come back later, somebody holds that name already,
//! or a fault of ours that the caller cannot mend.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// When to come back after [`Unavailability::QueueFull`]: a full queue drains within a second.
const RETRY_SOON_SECONDS: u32 = 1;
/// When to come back after a server or a disk failed: somebody or something has to mend it first.
const RETRY_LATER_SECONDS: u32 = 5;

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing is wrong with the request; the store cannot take it now.
    #[error("the store cannot take this now: {reason}")]
    Unavailable {
        reason: Unavailability,
        retry_after_seconds: u32,
    },
    /// The same rows kept changing under the transaction until its retries were used up.
    #[error("the store is busy: others kept changing the same rows")]
    Busy,
    /// A unique row exists already. `constraint` is named alike on every engine: that of the unique index,
    /// `TABLE_pkey`, or `TABLE_COLUMNS_key`. The transaction is spent.
    #[error("such a row exists already ({constraint})")]
    Conflict { constraint: String },
    /// The rows are not, or not now, where they were looked for. Seen inside the store only.
    #[error("the rows live elsewhere")]
    Moved(Elsewhere),
    /// A statement of this transaction failed before, so nothing of it can be kept.
    #[error("an earlier statement of this transaction failed, so no more run in it")]
    Spent,
    /// A fault of ours: a wrong statement, a wrong type, a panic, a damaged file.
    #[error("{0}")]
    Broken(#[source] Breakage),
}

/// Why rows are not where they were looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// The virtual shard belongs to another server, or to this one in another epoch.
    Remapped,
    /// The virtual shard is just being given to another server.
    Fenced,
    /// The owner never acted, and so may have rows on the cold server.
    Cold,
    /// The owner has left the cold server.
    Warm,
}

/// Why nothing can be stored now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailability {
    QueueFull,
    ConnectionLost,
    /// The connection was lost during the commit: whether it was kept is not known.
    Undecided,
    ServerDown,
    DiskFull,
    DiskFailing,
    TooSlow,
    Closing,
}

impl fmt::Display for Unavailability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unavailability::QueueFull => "too many requests are waiting for the database",
            Unavailability::ConnectionLost => "the connection to the database was lost",
            Unavailability::Undecided => {
                "the connection to the database was lost during a commit, so nobody knows what became of it"
            }
            Unavailability::ServerDown => {
                "the database server cannot be reached or takes no more connections"
            }
            Unavailability::DiskFull => "the disk is full; free some space and it goes on by itself",
            Unavailability::DiskFailing => "the disk refuses to write; its log says why",
            Unavailability::TooSlow => "the database took too long",
            Unavailability::Closing => "the store is closing",
        })
    }
}

/// A fault with its chain of causes.
#[derive(Clone, Debug)]
pub struct Breakage(Arc<Fault>);

#[derive(Debug)]
struct Fault {
    what: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl fmt::Display for Breakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl Error for Breakage {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0
            .cause
            .as_ref()
            .map(|cause| -> &(dyn Error + 'static) { cause.as_ref() })
    }
}

impl StoreError {
    pub fn unavailable(reason: Unavailability) -> StoreError {
        let retry_after_seconds = match reason {
            Unavailability::QueueFull | Unavailability::ConnectionLost => RETRY_SOON_SECONDS,
            _ => RETRY_LATER_SECONDS,
        };
        StoreError::Unavailable {
            reason,
            retry_after_seconds,
        }
    }

    pub fn broken(what: impl Into<String>) -> StoreError {
        StoreError::Broken(Breakage(Arc::new(Fault {
            what: what.into(),
            cause: None,
        })))
    }

    pub(crate) fn broken_by(
        what: impl Into<String>,
        cause: impl Error + Send + Sync + 'static,
    ) -> StoreError {
        StoreError::Broken(Breakage(Arc::new(Fault {
            what: what.into(),
            cause: Some(Box::new(cause)),
        })))
    }
}

/// Why a store could not be opened or migrated. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{server}: the tables are not up to date ({missing} not applied); run `townhall migrate`")]
    Unmigrated { server: String, missing: String },
    #[error(
        "{server}: the tables were made by a newer townhall (version {found}, this one knows up to {known}); \
         start that newer program, or restore a backup from before"
    )]
    Newer { server: String, found: i64, known: i64 },
    #[error(
        "{server}: migration {file} is not the text that was applied here; a released migration is never edited: \
         put its text back and write the change as a new file"
    )]
    Changed { server: String, file: String },
    #[error("migration {file}: {why}")]
    BadMigration { file: String, why: String },
    #[error("{server}: cannot be reached: {why}")]
    Unreachable { server: String, why: String },
    #[error("{server}: {why}")]
    Unfit { server: String, why: String },
    #[error("{0}")]
    Misconfigured(String),
}
