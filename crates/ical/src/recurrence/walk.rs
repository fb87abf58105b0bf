//! Going over the local times of a plan, from any place. A walk begins in the period of its range, however far that is from
//! DTSTART, and always ends: at its last second, at the end of the plan, or after [`FRUITLESS_MAX`] periods with nothing in them.

use super::days::{DAY, LAST};
use super::plan::Plan;
use super::rule::Frequency;

/// Periods in a row without an instance until a walk gives up. The calendar repeats after 146,097 days, so a daily rule
/// that gave nothing for as many periods never will.
pub const FRUITLESS_MAX: u32 = 150_000;

#[derive(Clone, Debug)]
pub(crate) struct Walk<'p> {
    plan: &'p Plan,
    /// The next one to look into.
    period: i64,
    found: Vec<i64>,
    at: usize,
    from: i64,
    /// Itself included.
    until: i64,
}

impl<'p> Walk<'p> {
    /// Local times in `from..=until`.
    pub fn new(plan: &'p Plan, from: i64, until: i64) -> Walk<'p> {
        let from = from.clamp(plan.start, LAST + 1);
        Walk {
            plan,
            period: plan.aligned(plan.period_of(from)),
            found: Vec::new(),
            at: 0,
            from,
            until: until.min(plan.last),
        }
    }

    /// Fills the next period that has something; false at the end.
    fn fill(&mut self) -> bool {
        let below_a_day = self.plan.frequency < Frequency::Daily;
        for _ in 0..FRUITLESS_MAX {
            let start = self.plan.start_of(self.period);
            if start > self.until {
                return false;
            }
            if below_a_day && let Some(next) = self.plan.nothing_before(start) {
                self.period = self.plan.aligned(self.plan.period_of(next).max(self.period + 1));
                continue;
            }
            self.plan.fill(self.period, &mut self.found);
            self.period = self.period.saturating_add(self.plan.interval);
            if !self.found.is_empty() {
                self.at = 0;
                return true;
            }
        }
        false
    }
}

impl Iterator for Walk<'_> {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        loop {
            while let Some(local) = self.found.get(self.at).copied() {
                self.at += 1;
                if local > self.until {
                    self.found.clear();
                    self.until = i64::MIN;
                    return None;
                }
                if local >= self.from {
                    return Some(local);
                }
            }
            if !self.fill() {
                return None;
            }
        }
    }
}

/// The first local time of a plan that is on or after `from`.
pub(crate) fn first_from(plan: &Plan, from: i64) -> Option<i64> {
    Walk::new(plan, from, LAST + DAY).next()
}
