//! iCalendar (RFC 5545) as pure functions: values in, values out; no clock, no store, no random numbers.
//!
//! What this crate keeps true:
//! * What a client wrote comes back: the tree of components holds every property and parameter, known or not, in order.
//! * The truth of a series is local time and zone. Recurrence is worked out in local time, and zones are resolved last.
//! * No bytes make it panic, and no series makes it walk for longer than its limits say.

// recurrence and zones
pub mod recurrence;
pub mod zones;
