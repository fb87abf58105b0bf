//! Access tokens: what a request carries so that it is recognised without a look into the store.
//!
//! A token is signed with a key that only the house has, lives a quarter of an hour at most, and says who it is, in
//! which session, with which roles. Keys are replaced by and by; an old one verifies until its last token is over,
//! and what it signed is refused after that with an answer of its own.

pub mod http;
mod jws;
mod keyring;
mod rows;
mod rules;
mod seal;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use keyring::Keyring;
pub use seal::{BadSeal, Seal, read_or_make_secret};
pub use service::NoKey;
pub use types::{AUDIENCE, AccessToken, BadToken, Bearer, Claims, OldTokens, SigningKey};
