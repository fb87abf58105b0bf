//! People: who they are, how they sign in, and what they may do.
//!
//! What this crate keeps true:
//! * A password, token or key is never stored in the clear and cannot be read back out of the store.
//! * A request is recognised from what it carries and what is in memory; the store is asked only when a token is
//!   renewed. What was revoked is refused everywhere within a second nevertheless.
//! * Every act is written into the audit trail by the transaction that does it.
//!
//! Each folder is one slice from route to SQL: `types`, `rules`, `rows`, `service`, `http`.

pub mod accounts;
pub mod app_passwords;
pub mod audit;
pub mod demo;
pub mod failure;
pub mod gatekeeper;
pub mod grants;
pub mod groups;
pub mod keys;
pub mod links;
pub mod pages;
pub mod passwords;
pub mod people;
pub mod revocations;
pub mod sessions;
pub mod sign_in;
pub mod throttle;
pub mod tokens;

mod options;
mod problems;
mod service;
#[cfg(test)]
mod testing;

pub use options::Options;
pub use service::{Registry, StartError};
