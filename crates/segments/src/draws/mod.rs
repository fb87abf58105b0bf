//! Draws: once, exactly so many of all who match, at random with a seed that is kept, visible all at once.
//!
//! Who was drawn is written down while nobody sees it, a virtual shard's people to a row; then one row that stands on
//! every server makes all of them visible. A draw that is cut off before that drew nobody.

pub(crate) mod rows;
mod service;
#[cfg(test)]
mod tests;

pub use service::Wanted;
