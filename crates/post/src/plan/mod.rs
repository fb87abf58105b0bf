//! How bulk is smeared: the lowest flat rate at which everybody's letter still leaves inside its window.
//!
//! What is kept true: the plan is a function of what waits and of the minute, made again each minute, so an outage, a new
//! quota or letters that come later only move the cap; and it bears its proof, an interval in which that many letters
//! have to leave whatever the order.

pub mod rules;

pub use rules::{MINUTE, Plan, Proof, Waiting, Window};
