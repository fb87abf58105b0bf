//! Quiet hours of a person, in their own zone, as minutes of the house.
//!
//! What is kept true: the hours are those of the clock on their wall, also on the days on which it is changed.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use kernel::Moment;

use super::rules::{MINUTE, Window};

/// From one time of day to another, over midnight when the second is the earlier. The same twice is no quiet at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    pub from: Time,
    pub until: Time,
}

/// A window that reaches further than this keeps quiet in its first days only: nothing waits so long.
const DAYS_MAX: usize = 16;

impl QuietHours {
    /// The quiet minutes that touch `window`, for somebody who lives in `zone`.
    pub fn within(&self, window: Window, zone: &TimeZone) -> Vec<Window> {
        if self.from == self.until {
            return Vec::new();
        }
        let first = Moment::from_micros(window.open.saturating_mul(MINUTE)).to_timestamp();
        let last = Moment::from_micros(window.close.saturating_mul(MINUTE)).to_timestamp();
        // The night before may reach into the first day.
        let mut date = first.to_zoned(zone.clone()).date().saturating_sub(1.day());
        let end = last.to_zoned(zone.clone()).date();
        let mut quiet = Vec::new();
        while date <= end && quiet.len() < DAYS_MAX {
            quiet.extend(self.of_day(date, zone));
            date = date.saturating_add(1.day());
        }
        quiet.retain(|one| one.open < window.close && window.open < one.close);
        quiet
    }

    fn of_day(&self, date: Date, zone: &TimeZone) -> Option<Window> {
        let until = if self.from < self.until {
            date
        } else {
            date.tomorrow().ok()?
        };
        let minute = |date: Date, time: Time, up: SignedDuration| {
            let at = zone
                .to_ambiguous_zoned(date.to_datetime(time))
                .compatible()
                .ok()?;
            let at = at.timestamp().checked_add(up).ok()?;
            Some(Moment::from(at).as_micros().div_euclid(MINUTE))
        };
        let open = minute(date, self.from, SignedDuration::ZERO)?;
        let close = minute(until, self.until, SignedDuration::from_secs(59))?;
        (open < close).then_some(Window { open, close })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{DateTime, time};

    use super::super::rules::outside;
    use super::*;

    const NIGHT: QuietHours = QuietHours {
        from: time(22, 0, 0, 0),
        until: time(8, 0, 0, 0),
    };

    fn minute(text: &str, zone: &TimeZone) -> i64 {
        let at: DateTime = text.parse().unwrap();
        let at = at.to_zoned(zone.clone()).unwrap().timestamp();
        Moment::from(at).as_micros() / MINUTE
    }

    fn left(open: &str, close: &str, zone: &TimeZone) -> Option<Window> {
        let window = Window {
            open: minute(open, zone),
            close: minute(close, zone),
        };
        outside(window, &NIGHT.within(window, zone))
    }

    #[test]
    fn a_letter_waits_until_the_night_of_its_reader_is_over() {
        for zone in ["Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "UTC"] {
            let zone = TimeZone::get(zone).unwrap();
            let expected = Window {
                open: minute("2026-03-02T08:00", &zone),
                close: minute("2026-03-02T12:00", &zone),
            };
            assert_eq!(
                left("2026-03-02T06:00", "2026-03-02T12:00", &zone),
                Some(expected)
            );
            assert_eq!(
                left("2026-03-01T21:59", "2026-03-02T12:00", &zone),
                Some(expected)
            );
            assert_eq!(left("2026-03-02T23:00", "2026-03-03T07:00", &zone), None);
        }
    }

    #[test]
    fn the_night_in_which_the_clock_is_changed_ends_at_eight_on_the_wall() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for day in ["2026-03-29", "2026-10-25"] {
            let left = left(&format!("{day}T00:30"), &format!("{day}T12:00"), &zone).unwrap();
            assert_eq!(left.open, minute(&format!("{day}T08:00"), &zone));
        }
    }

    #[test]
    fn who_has_no_quiet_hours_loses_nothing() {
        let none = QuietHours {
            from: time(8, 0, 0, 0),
            until: time(8, 0, 0, 0),
        };
        let window = Window {
            open: 0,
            close: 10_000,
        };
        assert!(none.within(window, &TimeZone::UTC).is_empty());
    }
}
