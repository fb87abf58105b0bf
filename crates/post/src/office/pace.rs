//! The pace of what goes to many: how many letters of its quarter a worker lets leave in this minute.
//!
//! Each worker plans for the letters of its own quarter, so processes need not speak to each other: who owns which letter
//! is decided by a hash, every quarter holds about the same of each window, and the lowest rates of the quarters add
//! up to that of the house. The plan is made again each minute from what is left.

use std::collections::HashMap;

use kernel::Moment;
use parking_lot::Mutex;

use crate::plan::{MINUTE, Plan, Waiting, Window};

/// Workers look now and then only. So that all of a minute's letters leave in it, what is due by the clock this much later
/// may leave already.
const LEAD: i64 = 1_000_000;

/// What may leave in one minute, evenly over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    minute: i64,
    per_minute: u64,
    since: Moment,
    given: u64,
}

impl Pace {
    pub fn new(plan: &Plan, now: Moment) -> Pace {
        Pace {
            minute: minute_of(now),
            per_minute: plan.per_minute,
            since: now,
            given: 0,
        }
    }

    /// Whether the plan it was made from is still that of the minute. One that was made when nothing waited is no plan.
    pub fn is_good_at(&self, now: Moment) -> bool {
        self.per_minute > 0 && self.minute == minute_of(now)
    }

    /// Whether letters may be due that have to wait for their share of the minute.
    pub fn holds_back(&self, now: Moment) -> bool {
        self.per_minute > 0 && self.allows(now) == 0
    }

    /// How many more may leave by now.
    pub fn allows(&self, now: Moment) -> usize {
        let passed = now.micros_since(self.since).saturating_add(LEAD);
        let passed = u64::try_from(passed.clamp(0, MINUTE)).unwrap_or(0);
        let minute = u64::try_from(MINUTE).unwrap_or(1);
        let by_now = u128::from(self.per_minute) * u128::from(passed) / u128::from(minute) + 1;
        let by_now = u64::try_from(by_now).unwrap_or(u64::MAX).min(self.per_minute);
        usize::try_from(by_now.saturating_sub(self.given)).unwrap_or(usize::MAX)
    }

    pub fn gave(&mut self, letters: usize) {
        self.given = self
            .given
            .saturating_add(u64::try_from(letters).unwrap_or(u64::MAX));
    }
}

/// The paces of all workers of a lane, by their places.
#[derive(Debug, Default)]
pub(super) struct Paces(Mutex<HashMap<(usize, u16), Pace>>);

impl Paces {
    pub fn of(&self, place: (usize, u16)) -> Option<Pace> {
        self.0.lock().get(&place).copied()
    }

    pub fn set(&self, place: (usize, u16), pace: Pace) {
        self.0.lock().insert(place, pace);
    }

    pub fn gave(&self, place: (usize, u16), letters: usize) {
        if let Some(pace) = self.0.lock().get_mut(&place) {
            pace.gave(letters);
        }
    }
}

fn minute_of(now: Moment) -> i64 {
    now.as_micros().div_euclid(MINUTE)
}

/// Letters that wait, from how many have which window, counted in minutes.
pub(super) fn waiting(counted: impl IntoIterator<Item = (i64, i64, u64)>) -> Waiting {
    let mut waiting = Waiting::default();
    for (open, close, letters) in counted {
        let window = Window {
            open,
            close: close.max(open + 1),
        };
        waiting.add(window, letters);
    }
    waiting
}

pub(super) fn plan(waiting: &Waiting, now: Moment) -> Plan {
    waiting.plan(minute_of(now), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_020);

    fn pace(per_minute: u64) -> Pace {
        let plan = Plan {
            per_minute,
            proof: None,
            too_late: 0,
            will_be_late: 0,
        };
        Pace::new(&plan, NOW)
    }

    #[test]
    fn a_minutes_letters_leave_evenly_and_no_more_than_the_plan_allows() {
        let mut pace = pace(600);
        let mut left = 0;
        for second in 0..60 {
            let now = NOW.plus_seconds(second);
            if !pace.is_good_at(now) {
                break;
            }
            let allowed = pace.allows(now);
            assert!(allowed <= 11, "{allowed} at once in second {second}");
            pace.gave(allowed);
            left += allowed;
        }
        assert!((380..=600).contains(&left), "{left}");
    }

    #[test]
    fn nothing_leaves_when_nothing_is_planned() {
        assert_eq!(pace(0).allows(NOW.plus_seconds(30)), 0);
        assert_eq!(pace(1).allows(NOW), 1);
    }
}
