//! How many: members now and why, what an edit would change, what segments have in common, and who is in one.
//!
//! All of it is counted by going over everybody by the rules that answer a sign-in, so no number can disagree with the
//! answers. Going over a million people takes about a second, beside the answers and not in their way.

mod service;
#[cfg(test)]
mod tests;

pub(crate) use service::{Counted, OVERLAPPING_MAX};
pub use service::{Edited, Numbers, Overlap};
