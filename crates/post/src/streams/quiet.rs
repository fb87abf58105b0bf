//! Quiet hours: when somebody does not want to be written to, by the clock on their wall.

use jiff::civil;
use jiff::tz::TimeZone;
use kernel::Moment;

use super::types::QuietHours;

/// Until when to wait. `None` when it is not quiet now.
pub fn quiet_until(hours: QuietHours, zone: &str, now: Moment) -> Option<Moment> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let there = now.to_timestamp().to_zoned(zone);
    let minute = i16::from(there.hour()) * 60 + i16::from(there.minute());
    let ends_today = minute < hours.until();
    let is_quiet = if hours.from() < hours.until() {
        hours.from() <= minute && ends_today
    } else {
        hours.from() <= minute || ends_today
    };
    if !is_quiet {
        return None;
    }
    let day = if ends_today {
        there.date()
    } else {
        there.date().tomorrow().ok()?
    };
    let (hour, rest) = (hours.until() / 60, hours.until() % 60);
    let end = civil::time(i8::try_from(hour).ok()?, i8::try_from(rest).ok()?, 0, 0);
    // Where the clock skips that minute, the first one after it.
    let end = day.to_datetime(end).to_zoned(there.time_zone().clone()).ok()?;
    Some(end.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hours: (&str, &str), zone: &str, now: &str, expected: Option<&str>) {
        let hours = QuietHours::parse(hours.0, hours.1).unwrap();
        let until = quiet_until(hours, zone, now.parse().unwrap());
        assert_eq!(until.map(|until| until.to_string()).as_deref(), expected, "{now}");
    }

    #[test]
    fn a_night_goes_over_midnight_where_the_reader_lives() {
        let night = ("22:00", "07:30");
        let moscow = "Europe/Moscow";
        check(night, moscow, "2026-11-23T18:59:00Z", None);
        check(
            night,
            moscow,
            "2026-11-23T19:00:00Z",
            Some("2026-11-24T04:30:00Z"),
        );
        check(
            night,
            moscow,
            "2026-11-23T21:30:00Z",
            Some("2026-11-24T04:30:00Z"),
        );
        check(
            night,
            moscow,
            "2026-11-24T04:29:59Z",
            Some("2026-11-24T04:30:00Z"),
        );
        check(night, moscow, "2026-11-24T04:30:00Z", None);
        check(night, "UTC", "2026-11-23T19:00:00Z", None);
    }

    #[test]
    fn hours_may_lie_within_a_day() {
        let lunch = ("12:00", "13:00");
        check(lunch, "UTC", "2026-11-23T11:59:59Z", None);
        check(lunch, "UTC", "2026-11-23T12:00:00Z", Some("2026-11-23T13:00:00Z"));
        check(lunch, "UTC", "2026-11-23T13:00:00Z", None);
    }

    #[test]
    fn an_end_that_the_clock_skips_is_the_minute_after_it() {
        // In Berlin, 29 March 2026 has no 02:30.
        check(
            ("22:00", "02:30"),
            "Europe/Berlin",
            "2026-03-28T23:00:00Z",
            Some("2026-03-29T01:30:00Z"),
        );
    }
}
