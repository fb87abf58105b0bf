//! Whom letters do not go to.
//!
//! What this slice keeps true:
//! * Each address has its entries in the shard that the address itself hashes to, whoever bears it: who leaves and comes
//!   back with the same address is not written to against their will.
//! * An entry says why, since when and who said so, and everything that begins or ends one is a line of a story that is
//!   only ever added to.
//! * It is asked right before a letter is handed over, for many addresses at once ([`Suppressions::asked`]).

pub(crate) mod http;
mod rows;
pub mod rules;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub use service::{Going, Suppressions};
pub use types::{
    Act, Address, BadAddress, Happened, Heard, Incident, New, Reason, Refused, Scope, Suppression,
};
