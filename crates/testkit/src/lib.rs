//! What tests and benches stand on: throw-away PostgreSQL servers, stores of every kind, the real binary as a process, and
//! what others' servers need beside it.
//!
//! A missing PostgreSQL fails a test and never skips it: a suite that is green because half of it did not run is
//! worse than one that is red.

pub mod browser;
mod debian;
pub mod house;
pub mod mail_api;
pub mod moto;
pub mod peers;
pub mod postfix;
pub mod postgres;
pub mod processes;
pub mod python;
pub mod stores;
