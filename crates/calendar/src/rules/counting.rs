//! By what a guest's copy tells later messages of its organizer from earlier ones: sequence numbers, then stamps.
//!
//! What is kept true: both are the organizer's, whatever the guest or their calendar program writes.

use std::collections::HashMap;

use ical::Component;

use super::itip::{entries, instance, is_entry, raise, sequence};

/// An attendee's text with the sequence numbers and the stamps that the organizer gave: clients count on by themselves and stamp what
/// they write, and would then not hear of what the organizer changed before that.
pub(super) fn counted(before: Option<&Component<'_>>, after: &Component<'_>) -> Component<'static> {
    let mut kept = after.clone().into_owned();
    let asked = Asked::by(before);
    for entry in kept.components.iter_mut().filter(|one| is_entry(one)) {
        let Some(known) = asked.to(entry) else {
            continue;
        };
        if sequence(known) != sequence(entry) {
            raise(entry, sequence(known));
        }
        keep_stamp(known, entry);
    }
    kept
}

/// What an organizer asked to, by instance.
pub(super) struct Asked<'c, 'a>(HashMap<Option<String>, &'c Component<'a>>);

impl<'c, 'a> Asked<'c, 'a> {
    pub fn by(copy: Option<&'c Component<'a>>) -> Asked<'c, 'a> {
        let entries = copy.into_iter().flat_map(entries);
        Asked(
            entries
                .map(|entry| (instance(entry).map(|id| id.to_string()), entry))
                .collect(),
        )
    }

    /// By which entry they asked to what this one is about: that instance, or the series.
    pub fn to(&self, entry: &Component<'_>) -> Option<&'c Component<'a>> {
        let id = instance(entry).map(|id| id.to_string());
        self.0.get(&id).or_else(|| self.0.get(&None)).copied()
    }
}

/// DTSTAMP of a guest's copy says which message of the organizer was the last.
pub(super) fn keep_stamp(known: &Component<'_>, entry: &mut Component<'_>) {
    entry.set_value("DTSTAMP", known.value("DTSTAMP"));
}
