//! Why something was not done with a file.

use std::io;

/// What went wrong, in words for the operator and without anybody's name in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// There is no room. Nothing was changed.
    #[error("there is no room left: {0}")]
    Full(String),
    /// Whoever gave the bytes could not go on. Nothing was put.
    #[error("what was to be put broke off: {0}")]
    BrokenOff(String),
    #[error("the file has more bytes than the archive takes")]
    TooLarge,
    #[error("the file has ended")]
    Ended,
    /// A part was asked for that has no bytes.
    #[error("there is nothing of the file in that part")]
    Beyond,
    /// The archive knows us and says no, or does not know us. Somebody has to mend it.
    #[error("the archive refuses: {0}")]
    Refused(String),
    /// Another time it may do.
    #[error("the archive is out of reach: {0}")]
    Unavailable(String),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failed::Full(error.to_string()),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Failed::Refused(error.to_string())
            }
            _ => Failed::Unavailable(error.to_string()),
        }
    }
}
