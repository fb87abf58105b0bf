//! The audit trail: who did what, on whom, when, in which request.
//!
//! An entry is written in the transaction of the act, in the shard of the thing acted on, so there is neither an act
//! without its entry nor an entry without its act. Entries are only ever added: this module has no statement that
//! changes or removes one. They hold ids and the names of fields, never names, addresses or other personal values,
//! so a deleted person leaves nothing behind here but an id.

pub mod http;
pub(crate) mod rows;
mod service;
mod types;

pub use rows::record;
pub use types::{Act, Actor, By, Details, Entry, Filter};
