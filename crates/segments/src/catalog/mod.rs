//! Segments themselves, and holdouts from all of them: made, changed, archived, on all servers or on none.

pub(crate) mod holdouts;
pub(crate) mod rows;
mod service;
#[cfg(test)]
mod tests;
mod versions;

pub use service::{Draft, Edit};
pub use versions::Made;
