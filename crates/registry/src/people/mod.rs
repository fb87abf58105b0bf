//! People: who is known, and in which state they are.
//!
//! Two things hold always. An e-mail address belongs to at most one person, although people live on many servers:
//! see `emails.rs` for how. And a person who was deleted leaves an id behind and nothing else.

pub mod emails;
pub mod limits;
pub mod rows;
pub mod rules;
pub mod types;
