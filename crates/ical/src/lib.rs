//! iCalendar (RFC 5545) as pure functions: values in, values out; no clock, no store, no random numbers.
//!
//! What this crate keeps true:
//! * What a client wrote comes back: the tree of components holds every property and parameter, known or not, in order.
//! * The truth of a series is local time and zone. Recurrence is worked out in local time, and zones are resolved last.
//! * No bytes make it panic, and no series makes it walk for longer than its limits say.

mod alarm;
mod color;
mod component;
#[cfg(test)]
mod corpus;
mod edit;
mod entry;
mod import;
mod object;
mod parse;
mod participant;
mod problem;
mod property;
pub mod recurrence;
mod text;
mod timing;
mod values;
mod words;
pub mod zones;

pub use alarm::{Alarm, Trigger};
pub use color::color;
pub use component::Component;
pub use entry::{Conference, Entry, Related};
pub use import::{Import, Row, Rows, calendar_name, import};
pub use object::{ATTENDEES_MAX, Object, UID_BYTES_MAX, check, check_message};
pub use parse::{parse, parse_stream};
pub use participant::{Participant, mailbox, same_address};
pub use problem::{Precondition, Problem, Reason};
pub use property::{Param, Property};
pub use text::{Limits, escape, printable, split_unescaped, unescape};
pub use timing::{Happening, Timing, Zones};
pub use values::{
    Duration, Period, Recurs, Until, When, dates_properties, parse_geo, parse_offset, read_dates,
    read_periods, read_rdates,
};
pub use words::{Action, Agent, Answer, Class, Kind, Method, Role, Sort, Status};
