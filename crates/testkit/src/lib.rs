//! What tests stand on: throw-away PostgreSQL servers, stores of every kind, and the real binary as a process.
//!
//! A missing PostgreSQL fails a test and never skips it: a suite that is green because half of it did not run is
//! worse than one that is red.

pub mod browser;
mod debian;
pub mod house;
pub mod mail_api;
pub mod moto;
pub mod postfix;
pub mod postgres;
pub mod stores;
