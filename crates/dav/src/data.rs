//! The text of an object in the form that was asked for (RFC 4791 9.6): whole, a part of it, or instance by instance.
//!
//! Whole is how it is kept, byte for byte. What cannot be taken apart is answered whole, because half of it would be a lie.

use std::borrow::Cow;

use ical::zones::Zone;
use ical::{Component, Entry, Happening, Object, Timing, When};
use jiff::Timestamp;

use crate::filter::components_of;
use crate::opened::{Opened, opened};
use crate::report::Range;
use crate::request::{CalendarData, CompWish};

/// More instances of one object than this were never meant to be read one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl CalendarData {
    pub(crate) fn of<'t>(&self, text: &'t str, viewer: &Zone) -> Result<Cow<'t, str>, TooMany> {
        if self.is_whole() {
            return Ok(Cow::Borrowed(text));
        }
        let made = opened(text, |opened| self.of_opened(opened, viewer));
        made.map_or(Ok(Cow::Borrowed(text)), |made| made.map(Cow::Owned))
    }

    /// Whether the text itself is what was asked for.
    pub(crate) fn is_whole(&self) -> bool {
        self.expand.is_none() && self.limit_recurrence_set.is_none() && self.comp.is_none()
    }

    pub(crate) fn of_opened(&self, opened: &Opened<'_>, viewer: &Zone) -> Result<String, TooMany> {
        let made = match (self.expand, self.limit_recurrence_set) {
            (Some(range), _) => Some(expanded(opened, range, viewer)?),
            (None, Some(range)) => Some(limited(opened.calendar, opened.object, range, viewer)),
            (None, None) => None,
        };
        let whole = made.as_ref().unwrap_or(opened.calendar);
        Ok(match &self.comp {
            Some(wish) => part(whole, wish).write(),
            None => whole.write(),
        })
    }
}

/// Instances instead of rules, in UTC, without zones.
fn expanded<'c>(opened: &Opened<'c>, range: Range, viewer: &Zone) -> Result<Component<'c>, TooMany> {
    let Opened {
        calendar,
        object,
        timing,
    } = *opened;
    let (from, to) = range.ends();
    let happenings = timing.between(from, to, viewer).map_err(|_| TooMany)?;
    let components = components_of(calendar, object);
    let mut made = Component::new(calendar.name.clone());
    made.properties.clone_from(&calendar.properties);
    for (entry, component) in &components {
        if entry.start.is_none() && entry.due.is_none() {
            made.components.push((*component).clone());
        }
    }
    for happening in &happenings {
        let found = components
            .iter()
            .find(|(entry, _)| std::ptr::eq(*entry, happening.entry));
        if let Some((entry, component)) = found {
            made.components
                .push(instance(entry, component, happening, timing.recurs(), viewer));
        }
    }
    Ok(made)
}

fn instance<'c>(
    entry: &Entry<'_>,
    component: &Component<'c>,
    happening: &Happening<'_>,
    recurs: bool,
    viewer: &Zone,
) -> Component<'c> {
    let mut made = component.clone();
    for name in ["RRULE", "RDATE", "EXDATE", "EXRULE"] {
        made.remove(name);
    }
    let start = entry.start.as_ref().or(entry.due.as_ref());
    let floats = matches!(start, Some(When::Floating(_)));
    let when = |at: Timestamp| match floats {
        true => When::Floating(viewer.local_at(at)),
        false => When::Utc(Zone::UTC.local_at(at)),
    };
    let (begins, ends) = match happening.days {
        Some((first, after)) => (When::Date(first.date()), When::Date(after.date())),
        None => (when(happening.start), when(happening.end)),
    };
    if entry.start.is_some() {
        made.set_when("DTSTART", Some(&begins));
    }
    if entry.end.is_some() {
        made.set_when("DTEND", Some(&ends));
    }
    if entry.due.is_some() {
        made.set_when("DUE", Some(if entry.start.is_some() { &ends } else { &begins }));
    }
    if let Some((local, at)) = happening.id.filter(|_| recurs || happening.changed) {
        let id = match start {
            Some(When::Date(_)) => When::Date(local.date()),
            Some(When::Floating(_)) => When::Floating(local),
            _ => When::Utc(Zone::UTC.local_at(at)),
        };
        made.set_when("RECURRENCE-ID", Some(&id));
        if let Some(property) = made.get_mut("RECURRENCE-ID") {
            property.remove_param("RANGE");
        }
    }
    made
}

/// Without the moved instances that neither lie in the range nor did before.
fn limited<'c>(
    calendar: &'c Component<'c>,
    object: &'c Object<'c>,
    range: Range,
    viewer: &Zone,
) -> Component<'c> {
    let (from, to) = range.ends();
    let zones = ical::Zones::of(calendar);
    let alone = Timing::once(object);
    let within = alone.between(from, to, viewer).unwrap_or_default();
    let concerns = |entry: &Entry<'_>| {
        let was = entry.recurrence_id.as_ref().map(|id| zones.instant(id, viewer));
        entry.and_future
            || was.is_none_or(|was| from <= was && was < to)
            || within.iter().any(|one| std::ptr::eq(one.entry, entry))
    };
    let kept = components_of(calendar, object);
    let mut made = Component::new(calendar.name.clone());
    made.properties.clone_from(&calendar.properties);
    for component in &calendar.components {
        let of_entry = kept.iter().find(|(_, one)| std::ptr::eq(*one, component));
        if of_entry.is_none_or(|(entry, _)| concerns(entry)) {
            made.components.push(component.clone());
        }
    }
    made
}

/// What is asked for of a component.
fn part<'c>(component: &Component<'c>, wish: &CompWish) -> Component<'c> {
    let mut made = Component::new(component.name.clone());
    for property in &component.properties {
        let Some(wanted) = &wish.props else {
            made.add(property.clone());
            continue;
        };
        if let Some((_, no_value)) = wanted.iter().find(|(name, _)| property.is(name)) {
            let mut property = property.clone();
            if *no_value {
                property.set_value("");
            }
            made.add(property);
        }
    }
    for inside in &component.components {
        match &wish.comps {
            None => made.components.push(inside.clone()),
            Some(wanted) => {
                let wish = wanted.iter().find(|wish| inside.is(&wish.name));
                made.components.extend(wish.map(|wish| part(inside, wish)));
            }
        }
    }
    made
}
