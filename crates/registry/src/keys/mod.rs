//! API keys: how other services prove who they are.
//!
//! A key is made by an administrator, shown once, and kept as a hash. It carries scopes, never a role: a service is
//! nobody's deputy, and a route that does not name a scope is closed to all keys.

pub mod http;
mod rows;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use http::refused;
pub use service::NewKey;
pub(crate) use types::KeySecret;
pub use types::{ApiKey, Refused, Scopes};
