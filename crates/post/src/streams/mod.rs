//! What readers stopped.
//!
//! A stream is what can be stopped by itself: the digest stops, reminders still come. Whoever holds a letter can stop
//! its stream with one click and without signing in, for ever: the link is signed and never goes bad, and it can do
//! nothing else.

mod links;

pub use links::{StopLinks, Stopping};
