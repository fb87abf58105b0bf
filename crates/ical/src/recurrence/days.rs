//! Days as numbers: day 0 is 1970-01-01 and local time is seconds since its midnight, in no zone. Recurrence is worked out
//! in these numbers, because adding and comparing them costs nothing; `jiff` values are made at the border only.

use jiff::civil::{Date, DateTime, Time, Weekday};

pub(crate) const DAY: i64 = 86_400;
pub(crate) const HOUR: i64 = 3_600;
pub(crate) const MINUTE: i64 = 60;

/// Nothing recurs after this local second (9999-12-29): later ones would be no instants in some zones.
pub(crate) const LAST: i64 = 2_932_894 * DAY + DAY - 1;

pub(crate) fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day's number.
pub(crate) fn civil_of(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted - era * 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 {
        month_shifted + 3
    } else {
        month_shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_month)
}

pub(crate) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(crate) fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 0 is Monday.
pub(crate) fn weekday_of(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

pub(crate) fn weekday_number(weekday: Weekday) -> i64 {
    i64::from(weekday.to_monday_zero_offset())
}

/// The first day of week 1 of a year: the first week with at least four days in it.
pub(crate) fn first_week(year: i64, week_start: i64) -> i64 {
    let fourth = day_of(year, 1, 4);
    fourth - (weekday_of(fourth) - week_start).rem_euclid(7)
}

/// The year whose weeks a day belongs to.
pub(crate) fn week_year_of(day: i64, week_start: i64) -> i64 {
    let (year, _, _) = civil_of(day);
    if day >= first_week(year + 1, week_start) {
        year + 1
    } else if day < first_week(year, week_start) {
        year - 1
    } else {
        year
    }
}

pub(crate) fn day_of_date(date: Date) -> i64 {
    day_of(
        i64::from(date.year()),
        i64::from(date.month()),
        i64::from(date.day()),
    )
}

/// Fractions of a second are left out: iCalendar knows none.
pub(crate) fn local_of(time: DateTime) -> i64 {
    day_of_date(time.date()) * DAY
        + i64::from(time.hour()) * HOUR
        + i64::from(time.minute()) * MINUTE
        + i64::from(time.second())
}

pub(crate) fn date_of(day: i64) -> Date {
    let (year, month, day) = civil_of(day);
    let parts = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
    let (Ok(year), Ok(month), Ok(day)) = parts else {
        return Date::MAX;
    };
    Date::new(year, month, day).unwrap_or(Date::MAX)
}

pub(crate) fn time_of(second: i64) -> Time {
    let part = |value: i64| i8::try_from(value).unwrap_or_default();
    let (hour, minute, second) = (second / HOUR, second / MINUTE % 60, second % 60);
    Time::new(part(hour), part(minute), part(second), 0).unwrap_or_default()
}

pub(crate) fn datetime_of(local: i64) -> DateTime {
    date_of(local.div_euclid(DAY)).to_datetime(time_of(local.rem_euclid(DAY)))
}
