//! Everything that happens later. A timer, a change for others and a duty of the house all ring here and nowhere else.
//!
//! What this crate keeps true:
//! * A timer is set, moved and cancelled in the transaction that changes what it is about, and what it does is done in
//!   the transaction that removes it: it is rung exactly once in effect, whatever dies in between.
//! * What fails is tried again with growing pauses, and after the last one it is parked where a person sees it.
//! * Kinds of timers do not wait for each other, and one owner's timers do not hold up another's.

mod crowd;
mod desk;
mod duty;
mod failed;
mod hearing;
mod kind;
mod meter;
mod open;
mod ringing;
pub mod rules;
pub mod schedule;
mod shift;
mod timers;

#[cfg(test)]
mod tests;

pub use desk::{ChangesState, Desk, KindState, NAV, ParkedChange, ParkedTimer, Unheard, Unread, WORDS};
pub use duty::{Duty, Scope};
pub use failed::Failed;
pub use hearing::Hear;
pub use kind::Kind;
pub use open::{Bell, OpenBell, Twins};
pub use ringing::{Ring, Rung};
pub use shift::{Again, Held, Part, Shift, Task, Work};
pub use timers::{Timer, cancel, due, note, set};
