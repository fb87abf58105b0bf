//! People: who is known, and in which state they are.
//!
//! Two things hold always. An e-mail address belongs to at most one person, although people live on many servers:
//! see `emails` for how. And a person who was deleted leaves an id behind and nothing else.

pub mod emails;
mod export;
pub mod grpc;
pub mod http;
mod http_replica;
pub mod limits;
mod list;
mod readers;
mod replica;
mod report;
pub mod rows;
pub mod rules;
pub mod service;
pub mod types;
pub(crate) mod wire;
pub mod zones;

pub use export::Export;
pub(crate) use export::http::ExportOut;
pub use list::Search;
pub use replica::{Fact, Taken};
pub use service::{NewPerson, Start};

#[cfg(test)]
pub(crate) mod tests;
