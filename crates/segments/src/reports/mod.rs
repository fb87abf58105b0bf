//! Reports: every joining and leaving of a month, of one person, of one segment or of everything, as a file behind a link.
//!
//! A report is asked for in a row, made in the background by whichever process has the duty, and made anew from the
//! beginning when that process dies: its file is there as a whole or not at all.

mod making;
pub(crate) mod rows;
mod service;
#[cfg(test)]
mod tests;

pub(crate) use making::Drawn;
pub use service::{Report, ReportState, ReportWanted};
