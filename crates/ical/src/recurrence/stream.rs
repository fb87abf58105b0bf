//! From local times to instants, and from several sources to one series.
//!
//! In a gap two local times are one instant, and the later instant comes from the earlier local time. So what lies in a
//! gap is kept aside and merged with what follows; everything behind that is a merge of sorted sources.

use std::collections::VecDeque;

use super::days::{DAY, LAST};
use super::series::{Instance, Point, Series};
use super::walk::Walk;
use crate::zones::Zone;
use crate::zones::table::Stretch;

/// The instants of one plan, in order.
struct Resolved<'s> {
    walk: Walk<'s>,
    zone: &'s Zone,
    stretch: Stretch,
    until_utc: i64,
    /// Out of a gap, waiting for their place.
    late: VecDeque<(i64, i64)>,
    ahead: Option<(i64, i64)>,
}

impl Resolved<'_> {
    /// The next local time that clocks show; those that they do not go to `late`.
    fn pull(&mut self) -> Option<(i64, i64)> {
        loop {
            let local = self.walk.next()?;
            if local >= self.stretch.to || local < self.stretch.from {
                self.stretch = self.zone.stretch_of(local);
            }
            let at = local - self.stretch.offset;
            if !self.stretch.gap {
                return Some((local, at));
            }
            self.late.push_back((local, at));
        }
    }

    fn next_in_order(&mut self) -> Option<(i64, i64)> {
        if self.late.is_empty() && self.ahead.is_none() {
            let pulled = self.pull();
            if self.late.is_empty() {
                return pulled;
            }
            self.ahead = pulled;
        }
        if self.ahead.is_none() {
            self.ahead = self.pull();
        }
        match (self.late.front(), self.ahead) {
            (Some(late), Some(ahead)) if late.1 == ahead.1 => {
                self.late.pop_front();
                self.ahead.take()
            }
            (Some(late), Some(ahead)) if late.1 > ahead.1 => self.ahead.take(),
            (Some(_), _) => self.late.pop_front(),
            (None, _) => self.ahead.take(),
        }
    }
}

impl Iterator for Resolved<'_> {
    type Item = (i64, i64);

    #[inline]
    fn next(&mut self) -> Option<(i64, i64)> {
        let next = self.next_in_order()?;
        (next.1 <= self.until_utc).then_some(next)
    }
}

/// Instances in a row that exceptions take away, until nothing more is looked for: ten times what EXDATEs can take, so only
/// an EXRULE that takes everything gets there.
pub const EXCEPTED_MAX: u32 = 100_000;

/// Instances of a series that begin in a range, in order.
pub struct Instances<'s> {
    from: i64,
    to: i64,
    rules: Vec<(Resolved<'s>, Option<(i64, i64)>)>,
    /// DTSTART and RDATEs, sorted so that the next one is the last.
    extras: Vec<Instance>,
    except_at: Vec<i64>,
    except_days: Vec<i64>,
    except_rules: Vec<(Resolved<'s>, Option<(i64, i64)>)>,
    plain: bool,
}

impl<'s> Instances<'s> {
    /// Those in `from..to`, both seconds of instants.
    pub(super) fn new(series: &'s Series, viewer: &'s Zone, from: i64, to: i64) -> Instances<'s> {
        let zone = series.read_by(viewer);
        let (low, high) = local_range(zone, from, to);
        let resolved = |plan| {
            let mut stream = Resolved {
                walk: Walk::new(plan, low, high),
                zone,
                stretch: Stretch {
                    from: 0,
                    to: 0,
                    offset: 0,
                    gap: false,
                },
                until_utc: until_of(series, plan),
                late: VecDeque::new(),
                ahead: None,
            };
            let first = stream.by_ref().find(|next| next.1 >= from);
            (stream, first)
        };
        let mut extras: Vec<Instance> = Vec::new();
        let mut take = |point: Point, takes: Option<i64>| {
            let at = point.instant(zone);
            if (from..to).contains(&at) {
                let local = match point {
                    Point::Local(local) => local,
                    _ => at + zone.offset_at(at),
                };
                extras.push(Instance { local, at, takes });
            }
        };
        take(Point::Local(series.start), None);
        for (point, takes) in &series.extras {
            take(*point, *takes);
        }
        // A period beside a plain date of the same instant is the one that knows more.
        extras.sort_by_key(|extra| std::cmp::Reverse((extra.at, extra.takes.is_none())));
        let mut except_at = Vec::new();
        let mut except_days = Vec::new();
        for point in &series.exceptions {
            match point {
                Point::Day(day) => except_days.push(*day),
                other => except_at.push(other.instant(zone)),
            }
        }
        except_at.sort_unstable();
        except_days.sort_unstable();
        let rules: Vec<_> = series.plans.iter().map(resolved).collect();
        let except_rules: Vec<_> = series.except_plans.iter().map(resolved).collect();
        let none = except_at.is_empty() && except_days.is_empty() && except_rules.is_empty();
        Instances {
            from,
            to,
            plain: none && rules.len() == 1,
            rules,
            extras,
            except_at,
            except_days,
            except_rules,
        }
    }

    /// The next of all sources, and every other of the same instant taken with it.
    fn merged(&mut self) -> Option<Instance> {
        let of_rules = self
            .rules
            .iter()
            .filter_map(|(_, next)| *next)
            .min_by_key(|next| next.1);
        let extra = self.extras.last().copied();
        let mut chosen = match (of_rules, extra) {
            (None, None) => return None,
            (Some((local, at)), None) => Instance {
                local,
                at,
                takes: None,
            },
            (None, Some(extra)) => extra,
            (Some((_, at)), Some(extra)) if extra.at < at => extra,
            (Some((local, at)), Some(_)) => Instance {
                local,
                at,
                takes: None,
            },
        };
        while let Some(extra) = self.extras.last()
            && extra.at == chosen.at
        {
            chosen.takes = chosen.takes.or(extra.takes);
            self.extras.pop();
        }
        for (stream, next) in &mut self.rules {
            if next.is_some_and(|next| next.1 == chosen.at) {
                *next = stream.next();
            }
        }
        Some(chosen)
    }

    fn is_excepted(&mut self, instance: &Instance) -> bool {
        if self.except_at.binary_search(&instance.at).is_ok()
            || self
                .except_days
                .binary_search(&instance.local.div_euclid(DAY))
                .is_ok()
        {
            return true;
        }
        for (stream, next) in &mut self.except_rules {
            while next.is_some_and(|next| next.1 < instance.at) {
                *next = stream.next();
            }
            if next.is_some_and(|next| next.1 == instance.at) {
                return true;
            }
        }
        false
    }
}

impl Iterator for Instances<'_> {
    type Item = Instance;

    #[inline]
    fn next(&mut self) -> Option<Instance> {
        for _ in 0..EXCEPTED_MAX {
            let instance = if self.plain && self.extras.is_empty() {
                let (stream, next) = self.rules.first_mut()?;
                let (local, at) = (*next)?;
                *next = stream.next();
                Instance {
                    local,
                    at,
                    takes: None,
                }
            } else {
                self.merged()?
            };
            if instance.at >= self.to {
                self.rules.clear();
                self.extras.clear();
                return None;
            }
            if instance.at >= self.from && (self.plain || !self.is_excepted(&instance)) {
                return Some(instance);
            }
        }
        None
    }
}

/// UNTIL in UTC for a series in a zone is an instant; for floating series and days it is what is written.
fn until_of(series: &Series, plan: &super::plan::Plan) -> i64 {
    match plan.until_utc {
        Some(until) if !series.zone.is_floating() => until,
        _ => i64::MAX,
    }
}

/// Local times that may become instants in `from..to`. A change of the offset within the day before counts with both of its
/// offsets, because a time out of a gap is shown with the later one.
fn local_range(zone: &Zone, from: i64, to: i64) -> (i64, i64) {
    let from = from.max(-LAST);
    let to = to.min(LAST + DAY);
    let of = |instant: i64| (zone.offset_at(instant - 25 * 3_600), zone.offset_at(instant));
    let (before, then) = of(from);
    let low = from + before.min(then);
    let (before, then) = of(to);
    (low, to + before.max(then) - 1)
}
