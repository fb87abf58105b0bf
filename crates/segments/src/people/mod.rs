//! People as segments know them, and what was done with each of them by hand.

pub(crate) mod rows;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub use service::{LearnError, Membership};
pub use types::{Changed, Line, Outcome, Population, PutRow, Unknown};
