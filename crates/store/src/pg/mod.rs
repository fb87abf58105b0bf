//! PostgreSQL: threads that own a connection each and its prepared statements.

mod address;
mod failure;
mod lane;
mod migrate;
mod session;
mod tls;
mod values;

pub(crate) use address::{Address, said};
pub(crate) use failure::meaning_of;
pub(crate) use lane::{Lane, Purpose, pause};
pub(crate) use migrate::{accept, migrate};
pub(crate) use session::Session;
pub(crate) use values::cell;
