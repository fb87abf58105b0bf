//! An event, task or journal as one type, read from its component.
//!
//! What is kept true: what decides when something happens (DTSTART, DTEND, DUE, DURATION, RECURRENCE-ID, RDATE, EXDATE) is
//! understood or the entry is refused, with the line; everything else that is not understood reads as absent and stays in the
//! text. The entry borrows from the component, so reading one costs little more than looking at it.

use std::borrow::Cow;

use crate::alarm::Alarm;
use crate::component::Component;
use crate::participant::Participant;
use crate::problem::{Problem, Reason};
use crate::property::Property;
use crate::values::{self, Duration, Recurs, When};
use crate::words::{Class, Kind, Status};

/// A VEVENT, VTODO, VJOURNAL or VFREEBUSY.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    pub kind: Kind,
    pub uid: Cow<'a, str>,
    /// Which instance of a series this is.
    pub recurrence_id: Option<When<'a>>,
    /// RANGE=THISANDFUTURE: it counts for the instances after it too.
    pub and_future: bool,
    pub sequence: u32,
    pub stamp: Option<When<'a>>,
    pub created: Option<When<'a>>,
    pub modified: Option<When<'a>>,

    pub start: Option<When<'a>>,
    pub end: Option<When<'a>>,
    pub due: Option<When<'a>>,
    pub duration: Option<Duration>,
    /// RRULE values as written.
    pub rrules: Vec<&'a str>,
    /// EXRULE values as written; RFC 2445 had them.
    pub exrules: Vec<&'a str>,
    pub rdates: Vec<Recurs<'a>>,
    pub exdates: Vec<When<'a>>,

    pub summary: Option<Cow<'a, str>>,
    pub description: Option<Cow<'a, str>>,
    pub location: Option<Cow<'a, str>>,
    pub geo: Option<(f64, f64)>,
    pub url: Option<&'a str>,
    pub color: Option<Cow<'a, str>>,
    pub categories: Vec<Cow<'a, str>>,
    pub conferences: Vec<Conference<'a>>,
    pub related: Vec<Related<'a>>,

    pub status: Option<Status>,
    /// TRANSP:TRANSPARENT: nobody is busy for it.
    pub transparent: bool,
    pub class: Class,
    /// 1 is the highest, 9 the lowest; 0 says nothing.
    pub priority: u8,
    pub percent: Option<u8>,
    pub completed: Option<When<'a>>,

    pub organizer: Option<Participant<'a>>,
    pub attendees: Vec<Participant<'a>>,
    pub alarms: Vec<Alarm<'a>>,
    /// X-TOWNHALL-REMINDERS:NONE, a property of our own: its calendar is not to remind of it by itself.
    pub is_silent: bool,
}

/// Where to meet by phone or video (RFC 7986 5.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conference<'a> {
    pub uri: &'a str,
    pub label: Option<Cow<'a, str>>,
    pub features: Vec<Cow<'a, str>>,
}

/// RELATED-TO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related<'a> {
    pub uid: Cow<'a, str>,
    /// RELTYPE as written; PARENT if nothing is.
    pub how: Cow<'a, str>,
}

impl<'a> Entry<'a> {
    /// Reads a component that is one of `Kind`; a UID that is missing reads as empty.
    pub fn read(component: &'a Component<'_>) -> Result<Entry<'a>, Problem> {
        let Some(kind) = Kind::read(&component.name) else {
            let name = component.name.to_string();
            return Err(Problem::new(component.line(), Reason::Unsupported { name }));
        };
        let mut entry = Entry::nothing(kind);
        for property in &component.properties {
            let mut name = [0; LONGEST_NAME];
            let name = upper(property.name(), &mut name);
            if !entry.take_time(name, property)? && !entry.take_words(name, property) {
                entry.take_rest(name, property);
            }
        }
        entry.alarms = component.children("VALARM").map(Alarm::read).collect();
        Ok(entry)
    }

    fn nothing(kind: Kind) -> Entry<'a> {
        Entry {
            kind,
            uid: Cow::Borrowed(""),
            recurrence_id: None,
            and_future: false,
            sequence: 0,
            stamp: None,
            created: None,
            modified: None,
            start: None,
            end: None,
            due: None,
            duration: None,
            rrules: Vec::new(),
            exrules: Vec::new(),
            rdates: Vec::new(),
            exdates: Vec::new(),
            summary: None,
            description: None,
            location: None,
            geo: None,
            url: None,
            color: None,
            categories: Vec::new(),
            conferences: Vec::new(),
            related: Vec::new(),
            status: None,
            transparent: false,
            class: Class::Public,
            priority: 0,
            percent: None,
            completed: None,
            organizer: None,
            attendees: Vec::new(),
            alarms: Vec::new(),
            is_silent: false,
        }
    }

    /// What decides when it happens.
    fn take_time(&mut self, name: &[u8], property: &'a Property<'_>) -> Result<bool, Problem> {
        match name {
            b"DTSTART" => self.start = Some(When::read(property)?),
            b"DTEND" => self.end = Some(When::read(property)?),
            b"DUE" => self.due = Some(When::read(property)?),
            b"DURATION" => self.duration = Some(Duration::read(property)?),
            b"RECURRENCE-ID" => {
                self.recurrence_id = Some(When::read(property)?);
                self.and_future = property.param_is("RANGE", "THISANDFUTURE");
            }
            b"RRULE" => self.rrules.push(property.value().trim()),
            b"EXRULE" => self.exrules.push(property.value().trim()),
            b"RDATE" => self.rdates.extend(values::read_rdates(property)?),
            b"EXDATE" => self.exdates.extend(values::read_dates(property)?),
            b"DTSTAMP" => self.stamp = When::read(property).ok(),
            b"CREATED" => self.created = When::read(property).ok(),
            b"LAST-MODIFIED" => self.modified = When::read(property).ok(),
            b"COMPLETED" => self.completed = When::read(property).ok(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What it is about. The first of several counts.
    fn take_words(&mut self, name: &[u8], property: &'a Property<'_>) -> bool {
        let place = match name {
            b"SUMMARY" => &mut self.summary,
            b"DESCRIPTION" => &mut self.description,
            b"LOCATION" => &mut self.location,
            b"COLOR" => &mut self.color,
            b"UID" => {
                self.uid = property.as_text();
                return true;
            }
            b"CATEGORIES" => {
                let named = property.as_list().filter(|category| !category.trim().is_empty());
                self.categories.extend(named);
                return true;
            }
            _ => return false,
        };
        if place.is_none() {
            *place = Some(property.as_text());
        }
        true
    }

    fn take_rest(&mut self, name: &[u8], property: &'a Property<'_>) {
        let value = property.value().trim();
        match name {
            b"SEQUENCE" => self.sequence = value.parse().unwrap_or(0),
            b"GEO" => self.geo = values::parse_geo(value),
            b"URL" => self.url = self.url.or(Some(value).filter(|url| !url.is_empty())),
            b"STATUS" => self.status = Status::read(value),
            b"TRANSP" => self.transparent = value.eq_ignore_ascii_case("TRANSPARENT"),
            b"CLASS" => self.class = Class::read(value).unwrap_or(Class::Private),
            b"PRIORITY" => self.priority = value.parse().ok().filter(|&priority| priority <= 9).unwrap_or(0),
            b"PERCENT-COMPLETE" => self.percent = value.parse().ok().filter(|&percent| percent <= 100),
            b"ORGANIZER" => self.organizer = Some(Participant::read(property)),
            b"ATTENDEE" => self.attendees.push(Participant::read(property)),
            b"CONFERENCE" => self.conferences.push(Conference {
                uri: value,
                label: property.param("LABEL"),
                features: property
                    .params()
                    .find(|param| param.is("FEATURE"))
                    .map_or_else(Vec::new, |param| param.values().collect()),
            }),
            b"X-TOWNHALL-REMINDERS" => self.is_silent = value.eq_ignore_ascii_case("NONE"),
            b"RELATED-TO" => self.related.push(Related {
                uid: property.as_text(),
                how: property.param("RELTYPE").unwrap_or(Cow::Borrowed("PARENT")),
            }),
            _ => {}
        }
    }

    /// Whether it is for whole days.
    pub fn is_all_day(&self) -> bool {
        self.start
            .as_ref()
            .or(self.due.as_ref())
            .is_some_and(When::is_date)
    }

    pub fn recurs(&self) -> bool {
        !self.rrules.is_empty() || !self.rdates.is_empty()
    }

    /// How long it lasts where only DURATION or nothing says so: a date lasts a day, a time no time (RFC 5545 3.6.1).
    /// None where DTEND or DUE decides.
    pub fn lasts(&self) -> Option<Duration> {
        match (&self.end, &self.due) {
            (None, None) if self.kind == Kind::Event && self.is_all_day() => {
                Some(self.duration.unwrap_or(Duration::days(1)))
            }
            (None, None) => Some(self.duration.unwrap_or_default()),
            _ => None,
        }
    }

    pub fn attendee(&self, address: &str) -> Option<&Participant<'a>> {
        self.attendees.iter().find(|attendee| attendee.is(address))
    }
}

/// Longer than the longest name that is looked for.
const LONGEST_NAME: usize = 20;

/// The name in capitals; empty if it is longer than any that is looked for.
fn upper<'n>(name: &str, room: &'n mut [u8; LONGEST_NAME]) -> &'n [u8] {
    let Some(place) = room.get_mut(..name.len()) else {
        return &[];
    };
    place.copy_from_slice(name.as_bytes());
    place.make_ascii_uppercase();
    place
}

#[cfg(test)]
mod tests;
