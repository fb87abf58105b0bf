//! Instances that were changed one by one (RECURRENCE-ID), laid over a series.
//!
//! What this module keeps true:
//! * An override is found by the instant of its RECURRENCE-ID, in whatever zone it was written, and the place where it was
//!   moved to decides the range in which it appears.
//! * It stands also where the series has no such instance (any more): somebody wrote it, and who has only this part of a
//!   series (an invitation to one instance) has nothing else.
//! * THISANDFUTURE moves the later instances as far as its own one was moved, in local time, until the next such override.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::days::{DAY, LAST, datetime_of};
use super::series::{Instance, Moment, Point, Series};
use super::stream::Instances;
use crate::zones::{Zone, second_of};

/// One RECURRENCE-ID, where it was moved to, and what of the caller's it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override<T> {
    pub id: Moment,
    /// RANGE=THISANDFUTURE.
    pub and_future: bool,
    pub start: Moment,
    pub what: T,
}

/// Overrides of one series, found by instant.
#[derive(Clone, Debug)]
pub struct Overrides<T> {
    /// In the order of their ids.
    all: Vec<(Point, Override<T>)>,
}

/// An instance after overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence<'o, T> {
    /// The instance that it is of; its local time is what a RECURRENCE-ID says.
    pub instance: Instance,
    local: i64,
    at: i64,
    /// The override of this very instance.
    pub changed: Option<&'o T>,
    /// The THISANDFUTURE override that it follows.
    pub follows: Option<&'o T>,
}

impl<T> Occurrence<'_, T> {
    pub fn local(&self) -> DateTime {
        datetime_of(self.local)
    }

    pub fn instant(&self) -> Timestamp {
        Timestamp::from_second(self.at).unwrap_or(Timestamp::MAX)
    }
}

/// Instances of one look into a series: a year of every ten minutes.
pub const OCCURRENCES_MAX: usize = 50_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {OCCURRENCES_MAX} instances in this range: ask for a shorter one")]
pub struct TooManyOccurrences;

impl<T> Overrides<T> {
    pub fn new(series: &Series, overrides: Vec<Override<T>>) -> Overrides<T> {
        let all = overrides.into_iter();
        let mut all: Vec<_> = all.map(|one| (series.point_of(&one.id), one)).collect();
        all.sort_by_key(|(point, _)| point.instant(series.zone()));
        Overrides { all }
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The override of an instance.
    pub fn of(&self, series: &Series, instance: &Instance, viewer: &Zone) -> Option<&Override<T>> {
        let zone = series.read_by(viewer);
        let found = self.all.iter().find(|(point, _)| is_of(*point, instance, zone));
        found.map(|(_, one)| one)
    }
}

/// An id that is a date, in a series of times, means the instance of that day.
fn is_of(point: Point, instance: &Instance, zone: &Zone) -> bool {
    match point {
        Point::Day(day) => instance.local.div_euclid(DAY) == day,
        other => other.instant(zone) == instance.at,
    }
}

impl Series {
    /// Instances after overrides that begin in `from..to`, in order.
    pub fn occurrences<'o, T>(
        &self,
        overrides: &'o Overrides<T>,
        from: Timestamp,
        to: Timestamp,
        viewer: &Zone,
    ) -> Result<Vec<Occurrence<'o, T>>, TooManyOccurrences> {
        let zone = self.read_by(viewer);
        let (from, to) = (second_of(from), second_of(to));
        let mut found = Vec::new();
        let changed = Changed::new(overrides, zone);
        for stretch in self.stretches(overrides, zone) {
            // What begins in the range began there before it was moved, give or take a change of the offset.
            let low = (from - stretch.moved_by - 2 * DAY).max(stretch.from);
            let high = to
                .saturating_sub(stretch.moved_by)
                .saturating_add(2 * DAY)
                .min(stretch.to);
            let (low, high) = if stretch.moved_by == 0 {
                (from.max(stretch.from), to.min(stretch.to))
            } else {
                (low, high)
            };
            for instance in Instances::new(self, viewer, low, high) {
                let local = (instance.local + stretch.moved_by).min(LAST);
                let at = if stretch.moved_by == 0 {
                    instance.at
                } else {
                    zone.resolve(local)
                };
                if !changed.has(&instance) && (from..to).contains(&at) {
                    found.push(Occurrence {
                        instance,
                        local,
                        at,
                        changed: None,
                        follows: stretch.follows,
                    });
                }
                if found.len() > OCCURRENCES_MAX {
                    return Err(TooManyOccurrences);
                }
            }
        }
        for (id, one) in &overrides.all {
            let (local, at) = self.place_of(&one.start, zone);
            if (from..to).contains(&at) {
                let instance = self.instance_of(*id, zone);
                found.push(Occurrence {
                    instance,
                    local,
                    at,
                    changed: Some(&one.what),
                    follows: None,
                });
            }
        }
        found.sort_by_key(|one| (one.at, one.instance.at));
        Ok(found)
    }

    /// The instance that an id names, whether or not the series has it.
    fn instance_of(&self, id: Point, zone: &Zone) -> Instance {
        if let Point::Day(day) = id {
            let (from, to) = (zone.resolve(day * DAY), zone.resolve((day + 1) * DAY));
            let on_that_day = Instances::new(self, zone, from, to).next();
            if let Some(instance) = on_that_day {
                return instance;
            }
        }
        let at = id.instant(zone);
        let local = match id {
            Point::Local(local) => local,
            _ => at + zone.offset_at(at),
        };
        Instance {
            local,
            at,
            takes: None,
        }
    }

    /// Local time and instant of a moved start.
    fn place_of(&self, start: &Moment, zone: &Zone) -> (i64, i64) {
        let point = self.point_of(start);
        let at = point.instant(zone);
        match point {
            Point::Local(local) => (local, at),
            Point::Day(day) => (day * DAY, at),
            Point::Instant(_) => (at + zone.offset_at(at), at),
        }
    }

    fn stretches<'o, T>(&self, overrides: &'o Overrides<T>, zone: &Zone) -> Vec<Stretch<'o, T>> {
        let mut stretches = vec![Stretch {
            from: i64::MIN / 4,
            to: i64::MAX / 4,
            moved_by: 0,
            follows: None,
        }];
        for (id, one) in overrides.all.iter().filter(|(_, one)| one.and_future) {
            let instance = self.instance_of(*id, zone);
            let (local, _) = self.place_of(&one.start, zone);
            if let Some(last) = stretches.last_mut() {
                last.to = instance.at;
            }
            stretches.push(Stretch {
                from: instance.at,
                to: i64::MAX / 4,
                moved_by: local - instance.local,
                follows: Some(&one.what),
            });
        }
        stretches
    }
}

/// The ids of all overrides, for looking up.
struct Changed {
    at: Vec<i64>,
    days: Vec<i64>,
}

impl Changed {
    fn new<T>(overrides: &Overrides<T>, zone: &Zone) -> Changed {
        let mut changed = Changed {
            at: Vec::new(),
            days: Vec::new(),
        };
        for (point, _) in &overrides.all {
            match point {
                Point::Day(day) => changed.days.push(*day),
                other => changed.at.push(other.instant(zone)),
            }
        }
        changed.at.sort_unstable();
        changed.days.sort_unstable();
        changed
    }

    fn has(&self, instance: &Instance) -> bool {
        let day = instance.local.div_euclid(DAY);
        self.at.binary_search(&instance.at).is_ok() || self.days.binary_search(&day).is_ok()
    }
}

/// Instances, by their own instants, that are moved alike.
struct Stretch<'o, T> {
    from: i64,
    to: i64,
    moved_by: i64,
    follows: Option<&'o T>,
}
