//! Time that people share: calendars, what lies in them, and when it happens.
//!
//! What this crate keeps true:
//! * What a client wrote is what it gets back: an object is stored as text, and everything else is found out from it.
//! * A range of time is answered from spans that are written with the object; how finely they are cut changes how much is
//!   looked at, and never what is answered.
//! * Everything of a person lies in that person's shard, and each change of a calendar has a number: a reader who knows how
//!   far they have read hears of every later change exactly once.

mod agenda;
mod checking;
mod daily;
mod demo;
mod directory;
mod events;
pub mod finding;
mod forgetting;
mod grpc;
mod http;
mod importing;
mod invitations;
mod later;
pub mod letters;
mod library;
mod neighbours;
mod objects;
mod outlines;
pub mod pages;
mod people;
mod problems;
mod publishing;
pub mod reminders;
pub mod resources;
mod returning;
mod rows;
pub mod rules;
mod said;
mod scheduling;
mod service;
mod settings;
pub mod sharing;
pub mod subscriptions;
#[cfg(test)]
mod tests;
pub mod types;
mod words;

pub use agenda::{Lasting, Shown};
pub use daily::Daily;
pub use demo::Settler;
pub use events::{Changed, Look, Version};
pub use library::Shelf;
pub use neighbours::Hall;
pub use objects::{Changes, Mark, Put};
pub use people::{Card, People};
pub use service::{Address, Calendars, Draft, Refused, Visitor};
pub use settings::{Settings, SettingsChange};
