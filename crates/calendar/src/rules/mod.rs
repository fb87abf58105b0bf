//! Decisions about calendars: values in, values out.

pub mod itip;
pub mod published;
pub mod received;
pub mod spans;
#[cfg(test)]
mod tests;
