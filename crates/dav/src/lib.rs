//! WebDAV (RFC 4918, 5689, 6578, 3744, 3253) and CalDAV (RFC 4791): bodies of requests become types, answers become XML, and
//! handlers between them ask a [`Library`], which the service of calendars fulfils.
//!
//! What this crate keeps true:
//! * Names are compared by namespace, never by prefix. What nobody knows is skipped in requests, as RFC 4918 section 17 wants.
//! * No document type, no entity but the five of XML: nothing expands. Size, depth and the number of elements are limited.
//! * No bytes make it panic, and every refusal says what is wrong.

mod answer;
mod data;
mod filter;
mod library;
mod opened;
mod place;
mod report;
mod request;
mod serve;
mod xml;

pub use answer::{Answer, Multistatus, error_body};
pub use library::{
    Asked, Busy, Calendar, Changed, Changes, Denied, Kinds, Library, Mark, Object, Only, Principal, Rights,
    Role, Stored, Wanted, Wishes,
};
pub use place::{INBOX, NAME_BYTES_MAX, OUTBOX, Place};
pub use report::{
    CompFilter, Expansion, ParamFilter, PropFilter, PropSearch, Range, Report, Sync, TextMatch, report,
};
pub use request::{CalendarData, CompWish, PropChange, PropRequest, make, propfind, proppatch};
pub use serve::{busy_of, joined, routes};
pub use xml::{APPLE, CALDAV, CALENDARSERVER, DAV, Element, Name, Node, Refusal, Writer, parse};

#[cfg(test)]
mod tests;
