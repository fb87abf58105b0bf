//! Which instances an edit changes: what somebody is told before they do it.

use ical::Happening;
use ical::zones::Zone;
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::{Edited, open};
use crate::types::Reason;

/// One time that something happens, as far as people see a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    pub instance: Option<DateTime>,
    pub starts: Timestamp,
    pub ends: Timestamp,
    pub is_all_day: bool,
    pub title: String,
    said: String,
}

/// How an instance was and will be. Either is `None` where it is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub before: Option<Occasion>,
    pub after: Option<Occasion>,
}

/// What an edit changes within a range, in order.
pub fn differences(
    text: &str,
    edited: &Edited,
    (from, to): (Timestamp, Timestamp),
    viewer: &Zone,
) -> Result<Vec<Difference>, Reason> {
    let before = instants(text, (from, to), viewer)?;
    let mut after = Vec::new();
    for text in edited.text.iter().chain(&edited.split) {
        after.extend(instants(text, (from, to), viewer)?);
    }
    let called = |one: &Occasion| match (one.instance, edited.renamed) {
        (Some(id), Some((first, seconds))) if id >= first => Some(super::times::plus(id, seconds)),
        (id, _) => id,
    };
    let mut found = Vec::new();
    for one in before {
        let same = after
            .iter()
            .position(|other| other.instance == called(&one) || other.is_like(&one));
        let other = same.map(|at| after.remove(at));
        if other.as_ref().is_none_or(|other| !other.is_like(&one)) {
            found.push(Difference {
                before: Some(one),
                after: other,
            });
        }
    }
    let new = after.into_iter().map(|one| Difference {
        before: None,
        after: Some(one),
    });
    found.extend(new);
    found.sort_by_key(|one| one.before.as_ref().or(one.after.as_ref()).map(|one| one.starts));
    Ok(found)
}

impl Occasion {
    fn is_like(&self, other: &Occasion) -> bool {
        (self.starts, self.ends, self.is_all_day, &self.said)
            == (other.starts, other.ends, other.is_all_day, &other.said)
    }
}

fn instants(text: &str, (from, to): (Timestamp, Timestamp), viewer: &Zone) -> Result<Vec<Occasion>, Reason> {
    open(text, |scene| {
        let found = scene.timing.between(from, to, viewer);
        let found = found.map_err(|error| Reason::field("to", error))?;
        Ok(found.iter().map(instant).collect())
    })
}

fn instant(one: &Happening<'_>) -> Occasion {
    let entry = one.entry;
    let guests: Vec<String> = entry
        .attendees
        .iter()
        .map(|guest| format!("{} {:?}", guest.address, guest.role))
        .collect();
    Occasion {
        instance: one.id.map(|(local, _)| local),
        starts: one.start,
        ends: one.end,
        is_all_day: one.days.is_some(),
        title: entry.summary.as_deref().unwrap_or_default().to_owned(),
        said: format!(
            "{:?} {:?} {:?} {:?} {:?} {} {:?} {:?} {:?} {guests:?} {:?}",
            entry.summary,
            entry.description,
            entry.location,
            entry.url,
            entry.status,
            entry.transparent,
            entry.class,
            entry.color,
            entry.categories,
            (&entry.alarms, entry.is_silent),
        ),
    }
}
