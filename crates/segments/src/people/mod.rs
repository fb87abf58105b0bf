//! People as segments know them, and what was done with each of them by hand.

mod bulk;
mod pile;
pub(crate) mod rows;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub use bulk::{Doing, Totals};
pub use pile::Pile;
pub use service::{LearnError, Membership, Shown};
pub use types::{Changed, Explained, Line, Outcome, Population, PutRow, Unknown};
