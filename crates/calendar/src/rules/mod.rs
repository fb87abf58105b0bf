//! Decisions about calendars: values in, values out.

pub mod edits;
pub mod lanes;
pub mod quick;
pub mod spans;
#[cfg(test)]
mod tests;
