//! Sign-in by e-mail and password.
//!
//! What it keeps true: whoever does not know the password learns nothing, not even whether there is such an account.
//! Answer, work and time are the same for an unknown address, for one without a password, and for a wrong password;
//! an address that nobody has even locks like one that somebody has.

pub mod http;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub use types::Refused;
