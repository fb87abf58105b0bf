//! What strangers are shown of an object.
//!
//! What is kept true: what is not named here is not shown. Of what is private, and of everything where only that is shown, stays
//! when it makes its owner busy.

use ical::{Class, Component, Property, Status};

/// When it is.
const TIMES: [&str; 9] = [
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
];
/// What it is about.
const WORDS: [&str; 14] = [
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "GEO",
    "URL",
    "CATEGORIES",
    "COLOR",
    "IMAGE",
    "STATUS",
    "TRANSP",
    "SEQUENCE",
    "CREATED",
    "LAST-MODIFIED",
    "RELATED-TO",
];

/// The zones and events of an object as strangers see them; none where there is nothing for them.
pub fn shown(object: &Component<'_>, only_busy: bool) -> Vec<Component<'static>> {
    let events: Vec<_> = object
        .children("VEVENT")
        .filter_map(|event| one(event, only_busy))
        .collect();
    if events.is_empty() {
        return events;
    }
    let zones = object.children("VTIMEZONE").map(|zone| zone.clone().into_owned());
    zones.chain(events).collect()
}

/// Whether anything of an object is private.
pub fn is_private(object: &Component<'_>) -> bool {
    object.components.iter().any(is_hidden)
}

/// An object as those see it who may read what is not private.
#[derive(Debug, PartialEq)]
pub enum Readable {
    /// Nothing in it is private.
    AsItIs,
    /// The rest of it says only when its owner is busy.
    Cut(Component<'static>),
    /// It is private, and makes nobody busy.
    Nothing,
}

pub fn readable(object: &Component<'_>) -> Readable {
    if !is_private(object) {
        return Readable::AsItIs;
    }
    let is_of_series = |entry: &Component<'_>| entry.get("RECURRENCE-ID").is_some();
    let is_shown = |entry: &Component<'_>| !is_hidden(entry) || makes_busy(entry);
    let entries = || object.components.iter().filter(|inner| !inner.is("VTIMEZONE"));
    let has_series = entries().any(|entry| !is_of_series(entry) && is_shown(entry));
    // A moved instance of what is shown stays even so: without it the series would show it where it was.
    let stays = |inner: &Component<'_>| {
        inner.is("VTIMEZONE") || is_shown(inner) || (has_series && is_of_series(inner))
    };
    if !entries().any(stays) {
        return Readable::Nothing;
    }
    let mut shown = Component::new("VCALENDAR");
    let head = object.properties.iter().cloned().map(Property::into_owned);
    shown.properties.extend(head);
    let kept = object.components.iter().filter(|inner| stays(inner));
    shown.components.extend(kept.map(|inner| {
        if is_hidden(inner) {
            cut(inner, true)
        } else {
            inner.clone().into_owned()
        }
    }));
    Readable::Cut(shown)
}

/// Whether its owner is busy while it lasts.
fn makes_busy(entry: &Component<'_>) -> bool {
    let is_free = entry
        .value("TRANSP")
        .is_some_and(|said| said.trim().eq_ignore_ascii_case("TRANSPARENT"));
    let is_cancelled = entry.value("STATUS").and_then(Status::read) == Some(Status::Cancelled);
    entry.is("VEVENT") && !is_free && !is_cancelled
}

fn is_hidden(component: &Component<'_>) -> bool {
    let class = component.value("CLASS");
    class.is_some_and(|class| Class::read(class) != Some(Class::Public))
}

fn one(event: &Component<'_>, only_busy: bool) -> Option<Component<'static>> {
    let hides = only_busy || is_hidden(event);
    // A moved instance stays even so: without it the series would show it where it was.
    if hides && !makes_busy(event) && event.get("RECURRENCE-ID").is_none() {
        return None;
    }
    Some(cut(event, hides))
}

/// What is shown of one entry.
fn cut(entry: &Component<'_>, hides: bool) -> Component<'static> {
    let mut shown = Component::new(entry.name.to_string());
    let words: &[&str] = if hides { &["TRANSP", "STATUS"] } else { &WORDS };
    let kept = entry
        .properties
        .iter()
        .filter(|property| TIMES.iter().chain(words).any(|name| property.is(name)));
    shown.properties.extend(kept.cloned().map(Property::into_owned));
    if hides {
        shown.add(Property::text("SUMMARY", "Busy"));
    }
    shown
}
