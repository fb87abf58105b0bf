//! What tests stand on: throw-away PostgreSQL servers, and stores of every kind.
//!
//! A missing PostgreSQL fails a test and never skips it: a suite that is green because half of it did not run is
//! worse than one that is red.

pub mod browser;
pub mod postgres;
pub mod stores;
