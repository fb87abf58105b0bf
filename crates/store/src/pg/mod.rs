//! PostgreSQL: threads that own a connection each and its prepared statements.

mod failure;
mod lane;
mod migrate;
mod session;
mod values;

pub(crate) use failure::meaning_of;
pub(crate) use lane::{Lane, Purpose, pause};
pub(crate) use migrate::{accept, migrate, said};
pub(crate) use session::{Session, address};
pub(crate) use values::cell;
