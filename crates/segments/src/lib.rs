//! Who is in: people in named segments, by hand, by percent and by draw, asked for at every sign-in.
//!
//! What this crate keeps true:
//! * The same person gets the same answer from every instance and every interface: `rules` decides, and everything else
//!   translates.
//! * Raising a share takes nobody out, and what one segment says of a person tells nothing about another segment.
//! * What is acknowledged is on disk and in the history; the memory that answers is a fold of the store and can be lost.

mod catalog;
pub mod census;
mod days;
mod demo;
mod draws;
mod following;
mod grpc;
mod http;
mod news;
mod numbers;
mod pages;
mod past;
mod people;
pub mod points;
mod problems;
mod reports;
pub mod rules;
mod service;
mod stored;
#[cfg(test)]
mod testing;
pub mod types;

pub use catalog::{Draft, Edit, Made};
pub use days::{Day, DaysWanted};
pub use draws::Wanted;
pub use following::Followers;
pub use http::{READ, WRITE};
pub use numbers::{Edited, Numbers, Overlap};
pub use pages::NAV;
pub use past::Step;
pub use people::{Changed, Explained, LearnError, Line, Membership, Population, Shown, Unknown};
pub use reports::{Report, ReportState, ReportWanted};
pub use service::{Refused, Segments};
