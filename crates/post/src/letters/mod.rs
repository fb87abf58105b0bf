//! Letters: asking for one, taking it back, and what becomes of it.

pub(crate) mod forget;
pub(crate) mod rows;
pub(crate) mod rules;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub use rows::Filter;
pub use rules::{Feedback, WRITINGS_MAX};
pub use service::{ask, hear, withdraw};
pub(crate) use service::{decide, happened};
pub use types::{
    Ask, Asked, BadState, DATA_BYTES_MAX, KEY_BYTES_MAX, Letter, Outsider, State, Step, Stick, To, id_of,
    letter_of, message_id,
};
