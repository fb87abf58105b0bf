//! The past: who was in what at any instant, and every joining and leaving, replayed from what is kept.

pub(crate) mod rows;
mod service;
#[cfg(test)]
mod tests;

pub use service::Step;
pub(crate) use service::{Versions, life};
