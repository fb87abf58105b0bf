//! Instants, and the one place they come from.
//!
//! Services read the clock and hand the instant down; rules and rows never read it. A test owns its clock and moves it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// An instant: microseconds since 1970 in UTC. This is how time stands in every table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    pub const fn from_micros(micros: i64) -> Moment {
        Moment(micros)
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down: for JWT and HTTP dates.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    pub const fn from_seconds(seconds: i64) -> Moment {
        Moment(seconds.saturating_mul(1_000_000))
    }

    pub const fn plus_micros(self, micros: i64) -> Moment {
        Moment(self.0.saturating_add(micros))
    }

    pub const fn plus_seconds(self, seconds: i64) -> Moment {
        Moment(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Microseconds from `earlier` to `self`; negative when `earlier` is later.
    pub const fn micros_since(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// For calendars and zones. Instants beyond what jiff can hold (year 9999) are clamped.
    pub fn to_timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Moment {
        Moment(timestamp.as_microsecond())
    }
}

/// RFC 3339 in UTC.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_timestamp().fmt(f)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Moment {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Moment, jiff::Error> {
        text.parse::<Timestamp>().map(Moment::from)
    }
}

/// Where a service gets the time from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands still until it is moved; its clones move with it.
    pub fn manual(start: Moment) -> Clock {
        Clock(Source::Manual(Arc::new(AtomicI64::new(start.as_micros()))))
    }

    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::System => Timestamp::now().into(),
            Source::Manual(micros) => Moment(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward, or back when `seconds` is negative. The system's clock stays as it is.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Source::Manual(micros) = &self.0 {
            micros.fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_for_all_its_clones() {
        let clock = Clock::manual(Moment::from_seconds(10));
        let other = clock.clone();
        clock.advance_seconds(5);
        assert_eq!(other.now(), Moment::from_seconds(15));
    }

    #[test]
    fn an_instant_prints_and_parses() {
        let moment = Moment::from_micros(1_795_000_000_123_456);
        assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        assert_eq!(Moment::from_micros(-1).as_seconds(), -1);
    }
}
