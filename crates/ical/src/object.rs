//! Whether a calendar is one object that can be stored (RFC 4791 4.1), or one message that can be applied (RFC 5546).
//!
//! What is kept true: an object has one UID, one kind, at most one organizer, at most one series and each moved instance once; its
//! times say unambiguously when it is. So whoever expands it, or merges an answer into it, never has to choose between two truths.
//!
//! Lenient, because clients are so, nothing is lost and the meaning is plain:
//! * PRODID, DTSTAMP or VERSION is missing; a VTIMEZONE that a TZID names is missing (RFC 7809 wants that too) or is not used.
//! * An event ends when it starts, also by dates. A task is due before it starts, recurs from DUE alone, or has DURATION
//!   without DTSTART (which then says nothing).
//! * RECURRENCE-ID is a date where the series has times, or the other way about. One end is in a zone, the other in UTC.
//! * Properties that RFC 5545 wants once stand twice and decide no time. Alarms are incomplete.
//! * Components that nobody knows stand beside the entries, or in them.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::component::Component;
use crate::entry::Entry;
use crate::participant::same_address;
use crate::problem::{Problem, Reason};
use crate::property::Property;
use crate::words::{Kind, Method};

/// Bytes of a UID: it is looked for by an index, and most have forty.
pub const UID_BYTES_MAX: usize = 1_024;
/// People of one entry. Larger circles are for lists and not for answers.
pub const ATTENDEES_MAX: usize = 10_000;

/// A calendar that was found to be one object.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    pub kind: Kind,
    pub uid: Cow<'a, str>,
    pub calendar: &'a Component<'a>,
    /// The series, or the one entry. A calendar may know moved instances alone, of a series of somebody else.
    pub master: Option<Entry<'a>>,
    /// Instances that differ from the series, in the order in which they were written.
    pub overrides: Vec<Entry<'a>>,
}

impl<'a> Object<'a> {
    pub fn entries(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.master.iter().chain(&self.overrides)
    }

    pub fn zones(&self) -> impl Iterator<Item = &'a Component<'a>> {
        self.calendar.children("VTIMEZONE")
    }
}

/// Checks what is stored.
pub fn check<'a>(calendar: &'a Component<'a>) -> Result<Object<'a>, Problem> {
    if let Some(method) = calendar.get("METHOD") {
        return Err(Problem::new(method.line(), Reason::Method));
    }
    read(calendar, None)
}

/// Checks a message. Of a cancelled or answered event DTSTART may be absent.
pub fn check_message<'a>(calendar: &'a Component<'a>) -> Result<(Method, Object<'a>), Problem> {
    let missing = || Problem::new(calendar.line(), Reason::NoMethod);
    let method = calendar.get("METHOD").ok_or_else(missing)?;
    let method = Method::read(method.value()).ok_or_else(|| Problem::new(method.line(), Reason::NoMethod))?;
    Ok((method, read(calendar, Some(method))?))
}

fn read<'a>(calendar: &'a Component<'a>, method: Option<Method>) -> Result<Object<'a>, Problem> {
    check_envelope(calendar)?;
    let mut object: Option<Object<'a>> = None;
    let mut moved = HashSet::new();
    for component in &calendar.components {
        let Some(kind) = Kind::read(&component.name) else {
            continue;
        };
        let entry = Entry::read(component)?;
        check_entry(component, &entry, method)?;
        if let Some(id) = &entry.recurrence_id
            && !moved.insert(id.clone())
        {
            let reason = Reason::MovedTwice { id: id.to_string() };
            return Err(Problem::new(line_of(component, "RECURRENCE-ID"), reason));
        }
        let object = object.get_or_insert_with(|| Object {
            kind,
            uid: entry.uid.clone(),
            calendar,
            master: None,
            overrides: Vec::new(),
        });
        admit(object, component, entry)?;
    }
    let object = object.ok_or_else(|| nothing_in(calendar))?;
    if !object.overrides.is_empty() {
        check_organizer(calendar)?;
    }
    Ok(object)
}

/// Whoever organizes an object organizes all of it (RFC 6638 3.2.4.2).
fn check_organizer(calendar: &Component<'_>) -> Result<(), Problem> {
    let entries = calendar
        .components
        .iter()
        .filter(|component| Kind::read(&component.name).is_some());
    let mut organizers = entries.filter_map(|entry| entry.get("ORGANIZER"));
    let Some(first) = organizers.next() else {
        return Ok(());
    };
    match organizers.find(|other| !same_address(first.value(), other.value())) {
        Some(other) => {
            let reason = Reason::TwoOrganizers {
                first: first.value().to_owned(),
                second: other.value().to_owned(),
            };
            Err(Problem::new(other.line(), reason))
        }
        None => Ok(()),
    }
}

pub(crate) fn check_envelope(calendar: &Component<'_>) -> Result<(), Problem> {
    if !calendar.is("VCALENDAR") {
        return Err(Problem::new(calendar.line(), Reason::NotCalendar));
    }
    let said = |name| {
        calendar
            .get(name)
            .map(|property| (property, property.value().trim()))
    };
    if let Some((version, found)) = said("VERSION")
        && found == "1.0"
    {
        let found = found.to_owned();
        return Err(Problem::new(version.line(), Reason::Version { found }));
    }
    if let Some((scale, found)) = said("CALSCALE")
        && !found.is_empty()
        && !found.eq_ignore_ascii_case("GREGORIAN")
    {
        let found = found.to_owned();
        return Err(Problem::new(scale.line(), Reason::Scale { found }));
    }
    Ok(())
}

/// Takes one more entry into an object, if it belongs there.
fn admit<'a>(object: &mut Object<'a>, component: &Component<'_>, entry: Entry<'a>) -> Result<(), Problem> {
    let problem = |name, reason| Err(Problem::new(line_of(component, name), reason));
    if entry.kind != object.kind {
        let (first, second) = (object.kind.as_str().to_owned(), entry.kind.as_str().to_owned());
        return problem("", Reason::TwoKinds { first, second });
    }
    if entry.uid != object.uid {
        let (first, second) = (object.uid.to_string(), entry.uid.to_string());
        return problem("UID", Reason::TwoUids { first, second });
    }
    match &entry.recurrence_id {
        None if object.master.is_some() => problem("", Reason::TwoMasters),
        None => {
            object.master = Some(entry);
            Ok(())
        }
        Some(_) => {
            object.overrides.push(entry);
            Ok(())
        }
    }
}

/// What an entry alone has to be.
fn check_entry(component: &Component<'_>, entry: &Entry<'_>, method: Option<Method>) -> Result<(), Problem> {
    let problem = |name, reason| Err(Problem::new(line_of(component, name), reason));
    let name = || component.name.to_string();
    if entry.uid.trim().is_empty() {
        return problem("", Reason::NoUid { name: name() });
    }
    if entry.uid.len() > UID_BYTES_MAX {
        let limit = UID_BYTES_MAX;
        return problem("UID", Reason::UidTooLong { limit });
    }
    if component.all("ATTENDEE").count() > ATTENDEES_MAX {
        let limit = ATTENDEES_MAX;
        return problem("ATTENDEE", Reason::TooManyAttendees { limit });
    }
    for once in ["UID", "DTSTART", "DTEND", "DUE", "DURATION", "RECURRENCE-ID"] {
        if let Some(second) = component.all(once).nth(1) {
            let name = once.to_owned();
            return Err(Problem::new(second.line(), Reason::Twice { name }));
        }
    }
    let dated = entry.start.is_some() || !matches!(entry.kind, Kind::Event);
    if !dated && method.is_none_or(|method| matches!(method, Method::Publish | Method::Request | Method::Add))
    {
        let component = name();
        return problem(
            "",
            Reason::Missing {
                name: "DTSTART",
                component,
            },
        );
    }
    let (second, end) = match entry.kind {
        Kind::Todo => ("DUE", &entry.due),
        _ => ("DTEND", &entry.end),
    };
    if end.is_some() && entry.duration.is_some() {
        let (first, second) = (second, "DURATION");
        return problem("DURATION", Reason::Together { first, second });
    }
    if entry.duration.is_some_and(|duration| duration.is_negative()) && entry.start.is_some() {
        return problem("DURATION", Reason::NegativeDuration);
    }
    if let (Some(start), Some(end)) = (&entry.start, end) {
        if start.is_date() != end.is_date() {
            let first = "DTSTART";
            return problem(second, Reason::DifferentKinds { first, second });
        }
        if entry.kind != Kind::Todo && start.is_like(end) && end.local() < start.local() {
            return problem(second, Reason::EndBeforeStart);
        }
    }
    Ok(())
}

/// The line of a property, or of the component if that is not there.
fn line_of(component: &Component<'_>, name: &str) -> usize {
    component.get(name).map_or(component.line(), Property::line)
}

fn nothing_in(calendar: &Component<'_>) -> Problem {
    let other = calendar.components.iter().find(|child| !child.is("VTIMEZONE"));
    match other {
        Some(other) => {
            let name = other.name.to_string();
            Problem::new(other.line(), Reason::Unsupported { name })
        }
        None => Problem::new(calendar.line(), Reason::NoEntry),
    }
}

#[cfg(test)]
mod tests;
