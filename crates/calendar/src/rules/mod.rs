//! Decisions about calendars: values in, values out.

pub mod spans;
#[cfg(test)]
mod tests;
