//! Files of the house: put as a stream, read as a stream, handed out by links that expire, gone after their time.
//!
//! What this crate keeps true, in a local folder and in any S3 alike:
//! * A file is there as a whole or not at all, and once it is acknowledged it is on disk. What a broken or killed put
//!   leaves behind is seen by nobody and swept.
//! * A file's end is part of its name. So nothing has to be looked up to know that it is over: from that instant on it is
//!   neither read nor linked to, and the sweep that removes it reads the beginning of a sorted list.
//! * A link cannot be made up, and lives no longer than its file.

mod archive;
mod disposition;
mod failed;
mod folder;
mod http;
mod links;
mod name;
mod s3;
#[cfg(test)]
mod tests;

pub use archive::{Archive, Body, Got, LINK_SECONDS_MAX, Link, Put, WHOLE};
pub use failed::Failed;
pub use name::{BadName, Name};
pub use s3::{Addressing, Options as S3Options};
