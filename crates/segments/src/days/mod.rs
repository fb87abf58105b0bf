//! How many joined and left a segment on each day: the same joinings and leavings that a report tells line by line, counted.
//!
//! Most people are judged from memory, because nothing was done to them or learned about them since: only the rules and
//! the clock can have changed where they are. The others are read from the store and replayed as a report replays them.
//! How many those may be is bounded, so that nobody waits for an answer that takes minutes.

mod rows;
mod service;

pub use service::{Day, DaysWanted};
