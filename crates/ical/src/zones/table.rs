//! The changes of a zone's offset, laid out for looking up: by instant for showing a time, by local time for resolving one.
//!
//! A local time in a gap takes the offset before the gap, and one that comes twice is the first, which is the same sentence:
//! up to the local end of an offset, that offset counts. So one sorted list of those ends answers both.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::own::Compiled;
use crate::recurrence::days::{DAY, datetime_of, day_of};

/// Changes after this year are not laid out but worked out when asked for.
pub(super) const LAID_UNTIL_YEAR: i64 = 2100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub at: i64,
    pub before: i64,
    pub after: i64,
}

impl Change {
    /// The local time at which the offset before it ends.
    pub fn local(self) -> i64 {
        self.at + self.before
    }
}

/// A stretch of local time in which one offset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub from: i64,
    /// Itself not included.
    pub to: i64,
    pub offset: i64,
    /// None of these local times is ever shown by a clock.
    pub gap: bool,
}

#[derive(Debug)]
pub(crate) struct Table {
    first: i64,
    changes: Vec<Change>,
    until: i64,
    beyond: Beyond,
}

#[derive(Debug)]
enum Beyond {
    Same,
    Database(TimeZone),
    Own(Arc<Compiled>),
}

impl Table {
    pub fn of_database(zone: &TimeZone) -> Table {
        let until = day_of(LAID_UNTIL_YEAR, 1, 1) * DAY;
        let mut before = i64::from(zone.to_offset(Timestamp::MIN).seconds());
        let first = before;
        let mut changes = Vec::new();
        for change in zone.following(Timestamp::MIN) {
            let (at, after) = (
                change.timestamp().as_second(),
                i64::from(change.offset().seconds()),
            );
            if at >= until {
                break;
            }
            if after != before {
                changes.push(Change { at, before, after });
            }
            before = after;
        }
        let fixed = zone.to_fixed_offset().is_ok();
        Table {
            first,
            changes,
            until,
            beyond: if fixed {
                Beyond::Same
            } else {
                Beyond::Database(zone.clone())
            },
        }
    }

    pub fn fixed(offset: i64) -> Table {
        Table {
            first: offset,
            changes: Vec::new(),
            until: i64::MAX,
            beyond: Beyond::Same,
        }
    }

    pub fn of_own(own: Arc<Compiled>) -> Table {
        let until = day_of(LAID_UNTIL_YEAR, 1, 1) * DAY;
        let (first, changes) = own.changes(i64::MIN / 4, until);
        let beyond = if own.is_endless() {
            Beyond::Own(own)
        } else {
            Beyond::Same
        };
        Table {
            first,
            changes,
            until,
            beyond,
        }
    }

    pub fn offset_at(&self, instant: i64) -> i64 {
        if instant >= self.until {
            match &self.beyond {
                Beyond::Same => {}
                Beyond::Database(zone) => {
                    let at = Timestamp::from_second(instant).unwrap_or(Timestamp::MAX);
                    return i64::from(zone.to_offset(at).seconds());
                }
                Beyond::Own(own) => {
                    let (first, changes) = own.around(instant);
                    return offset_among(first, &changes, instant);
                }
            }
        }
        offset_among(self.first, &self.changes, instant)
    }

    /// Where a local time lies.
    pub fn stretch_of(&self, local: i64) -> Stretch {
        if local >= self.until - DAY {
            match &self.beyond {
                Beyond::Same => {}
                Beyond::Database(zone) => return asked(zone, local),
                Beyond::Own(own) => {
                    let (first, changes) = own.around(local);
                    let all = stretch_among(first, &changes, local);
                    return Stretch {
                        from: local,
                        to: local + 1,
                        ..all
                    };
                }
            }
        }
        let mut found = stretch_among(self.first, &self.changes, local);
        if !matches!(self.beyond, Beyond::Same) {
            found.to = found.to.min(self.until - DAY);
        }
        found
    }
}

fn offset_among(first: i64, changes: &[Change], instant: i64) -> i64 {
    let after = changes.partition_point(|change| change.at <= instant);
    match after.checked_sub(1).and_then(|at| changes.get(at)) {
        Some(change) => change.after,
        None => first,
    }
}

fn stretch_among(first: i64, changes: &[Change], local: i64) -> Stretch {
    let next = changes.partition_point(|change| change.local() <= local);
    let to = changes.get(next).map_or(i64::MAX, |change| change.local());
    let Some(change) = next.checked_sub(1).and_then(|at| changes.get(at)) else {
        return Stretch {
            from: i64::MIN,
            to,
            offset: first,
            gap: false,
        };
    };
    let gap_end = change.at + change.after;
    if local < gap_end {
        return Stretch {
            from: change.local(),
            to: gap_end.min(to),
            offset: change.before,
            gap: true,
        };
    }
    Stretch {
        from: gap_end.max(change.local()),
        to,
        offset: change.after,
        gap: false,
    }
}

fn asked(zone: &TimeZone, local: i64) -> Stretch {
    let offset = zone.to_ambiguous_timestamp(datetime_of(local)).offset();
    let (offset, gap) = match offset {
        AmbiguousOffset::Unambiguous { offset } => (offset, false),
        AmbiguousOffset::Gap { before, .. } => (before, true),
        AmbiguousOffset::Fold { before, .. } => (before, false),
    };
    Stretch {
        from: local,
        to: local + 1,
        offset: i64::from(offset.seconds()),
        gap,
    }
}
