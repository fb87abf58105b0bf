//! Decisions about calendars: values in, values out.

pub mod again;
pub mod checking;
pub mod colors;
mod counting;
pub mod edits;
pub mod feeds;
pub mod holidays;
pub mod inviting;
pub mod itip;
pub mod lanes;
pub mod published;
pub mod quick;
pub mod received;
pub mod reminding;
pub mod slots;
pub mod spans;
pub mod taking;
#[cfg(test)]
mod tests;
