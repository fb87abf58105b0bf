//! Kinds of timers: what all timers of one purpose have in common.

use std::time::Duration;

/// How often a timer is tried before it is parked, when its kind does not say.
const ATTEMPTS_MAX: u32 = 12;

/// A purpose that timers are set for. Declared once, as a `static` of the service that rings it.
#[derive(Debug)]
pub struct Kind {
    /// How the kind stands in the table. Never used again for another kind.
    pub code: i64,
    /// For people and metrics: `calendar.reminder`.
    pub name: &'static str,
    /// How long after its instant it is still wanted; later it is dropped and counted. `None`: however late.
    pub wanted_for: Option<Duration>,
    /// Over how long those that fall on a full minute may be spread.
    pub tolerance: Duration,
    pub attempts_max: u32,
}

impl Kind {
    pub const fn new(code: i64, name: &'static str) -> Kind {
        Kind {
            code,
            name,
            wanted_for: None,
            tolerance: Duration::ZERO,
            attempts_max: ATTEMPTS_MAX,
        }
    }

    #[must_use]
    pub const fn wanted_for(mut self, late_max: Duration) -> Kind {
        self.wanted_for = Some(late_max);
        self
    }

    #[must_use]
    pub const fn spread_over(mut self, tolerance: Duration) -> Kind {
        self.tolerance = tolerance;
        self
    }

    #[must_use]
    pub const fn attempts(mut self, attempts_max: u32) -> Kind {
        self.attempts_max = attempts_max;
        self
    }
}
