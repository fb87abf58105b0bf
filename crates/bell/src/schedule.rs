//! Instants that come again: each day or week at a time of somebody's clock on the wall.
//!
//! Only the next instant is a timer, and it is worked out when that timer is set, so a change of summer time or of the
//! person's zone moves it. A time that a day does not have is taken as much later as the clocks were put forward; of
//! two that a day has, the first counts. So there is exactly one instant for each day of the zone.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use kernel::Moment;

/// Which days, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    Daily(Time),
    Weekly(Weekday, Time),
}

/// A week, and the day that a zone may skip when it changes sides of the date line.
const DAYS_TO_LOOK: usize = 16;

/// The first instant of a schedule after `after`. `None` beyond the year 9999 only.
pub fn next(schedule: Schedule, zone: &TimeZone, after: Moment) -> Option<Moment> {
    let today = zone.to_datetime(after.to_timestamp()).date();
    let days = std::iter::successors(today.yesterday().ok(), |day| day.tomorrow().ok());
    days.take(DAYS_TO_LOOK)
        .filter(|day| schedule.is_on(*day))
        .filter_map(|day| instant(day, schedule.time(), zone))
        .find(|instant| *instant > after)
}

fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Moment> {
    let instant = zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible();
    instant.ok().map(Moment::from)
}

impl Schedule {
    fn is_on(self, day: Date) -> bool {
        match self {
            Schedule::Daily(_) => true,
            Schedule::Weekly(weekday, _) => day.weekday() == weekday,
        }
    }

    fn time(self) -> Time {
        match self {
            Schedule::Daily(time) | Schedule::Weekly(_, time) => time,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn check(schedule: Schedule, name: &str, after: &str, expected: &[&str]) {
        let zone = zone(name);
        let mut now: Moment = after.parse().unwrap();
        for expected in expected {
            let then = next(schedule, &zone, now).unwrap();
            assert_eq!(then.to_string(), *expected, "{schedule:?} in {name} after {now}");
            now = then;
        }
    }

    const NINE: Time = time(9, 0, 0, 0);
    const HALF_PAST_TWO: Time = time(2, 30, 0, 0);

    #[test]
    fn each_day_at_nine_stays_at_nine_when_the_clocks_change() {
        check(
            Schedule::Daily(NINE),
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            &[
                "2026-03-28T08:00:00Z",
                "2026-03-29T07:00:00Z",
                "2026-03-30T07:00:00Z",
            ],
        );
        check(
            Schedule::Daily(NINE),
            "Europe/Berlin",
            "2026-10-23T12:00:00Z",
            &[
                "2026-10-24T07:00:00Z",
                "2026-10-25T08:00:00Z",
                "2026-10-26T08:00:00Z",
            ],
        );
        check(
            Schedule::Weekly(Weekday::Monday, NINE),
            "America/New_York",
            "2026-03-02T20:00:00Z",
            &["2026-03-09T13:00:00Z", "2026-03-16T13:00:00Z"],
        );
        check(
            Schedule::Weekly(Weekday::Monday, NINE),
            "America/New_York",
            "2026-10-26T20:00:00Z",
            &["2026-11-02T14:00:00Z", "2026-11-09T14:00:00Z"],
        );
    }

    #[test]
    fn a_time_that_a_day_lacks_comes_an_hour_later_and_one_it_has_twice_comes_once() {
        check(
            Schedule::Daily(HALF_PAST_TWO),
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"],
        );
        check(
            Schedule::Daily(HALF_PAST_TWO),
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
        // Half an hour only.
        check(
            Schedule::Daily(time(2, 10, 0, 0)),
            "Australia/Lord_Howe",
            "2026-10-03T00:00:00Z",
            &["2026-10-03T15:40:00Z", "2026-10-04T15:10:00Z"],
        );
    }

    #[test]
    fn a_day_that_never_was_is_passed_over() {
        check(
            Schedule::Daily(NINE),
            "Pacific/Apia",
            "2011-12-29T18:00:00Z",
            &[
                "2011-12-29T19:00:00Z",
                "2011-12-30T19:00:00Z",
                "2011-12-31T19:00:00Z",
            ],
        );
        check(
            Schedule::Weekly(Weekday::Friday, NINE),
            "Pacific/Apia",
            "2011-12-24T00:00:00Z",
            &["2011-12-30T19:00:00Z", "2012-01-05T19:00:00Z"],
        );
    }

    #[test]
    fn a_zone_without_summer_time_and_a_schedule_at_midnight() {
        check(
            Schedule::Daily(Time::midnight()),
            "Europe/Moscow",
            "2026-11-20T21:00:00Z",
            &["2026-11-21T21:00:00Z", "2026-11-22T21:00:00Z"],
        );
        check(
            Schedule::Weekly(Weekday::Monday, NINE),
            "UTC",
            "2026-11-23T09:00:00Z",
            &["2026-11-30T09:00:00Z"],
        );
    }

    const ZONES: [&str; 8] = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "America/St_Johns",
        "Europe/Moscow",
    ];

    fn weekdays() -> impl Strategy<Value = Option<Weekday>> {
        proptest::option::of((1i8..=7).prop_map(|day| Weekday::from_monday_one_offset(day).unwrap()))
    }

    proptest! {
        #[test]
        fn the_next_instant_is_later_is_the_first_and_shows_that_time_unless_the_day_lacks_it(
            at in 0..ZONES.len(), seconds in 1_400_000_000i64..2_000_000_000,
            hour in 0i8..24, minute in 0i8..60, weekday in weekdays(),
        ) {
            let (zone, after) = (zone(ZONES[at]), Moment::from_seconds(seconds));
            let time = time(hour, minute, 0, 0);
            let schedule = weekday.map_or(Schedule::Daily(time), |day| Schedule::Weekly(day, time));
            let then = next(schedule, &zone, after).unwrap();
            prop_assert!(then > after);
            let days = if weekday.is_some() { 8 } else { 2 };
            prop_assert!(then.micros_since(after) <= days * 86_400_000_000);
            // Nothing of the schedule lies between.
            let just_before = then.plus_micros(-1);
            prop_assert_eq!(next(schedule, &zone, just_before), Some(then));
            let midway = Moment::from_micros(i64::midpoint(after.as_micros(), then.as_micros()));
            prop_assert_eq!(next(schedule, &zone, midway), Some(then));
            let shown = zone.to_datetime(then.to_timestamp());
            let lacks = zone.to_ambiguous_timestamp(shown.date().to_datetime(time)).is_ambiguous();
            prop_assert!(shown.time() == time || lacks);
        }
    }
}
