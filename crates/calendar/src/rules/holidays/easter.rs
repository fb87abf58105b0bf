//! When Easter is: by the Gregorian calendar in the west, by the Julian one in the churches of the east.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// Easter Sunday of western churches (the computus of 1582, as Meeus, Jones and Butcher wrote it down).
pub fn western(year: i16) -> Date {
    let year_number = i32::from(year);
    let golden = year_number % 19;
    let (century, in_century) = (year_number / 100, year_number % 100);
    let moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let sunday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - moon - in_century % 4) % 7;
    let late = (golden + 11 * moon + 22 * sunday) / 451;
    // Days after the last of February, before the rule of late moons.
    let days = moon + sunday - 7 * late + 22;
    after_the_last_of_february(year, days)
}

/// Easter Sunday of eastern churches, as the Gregorian calendar shows it.
pub fn eastern(year: i16) -> Date {
    let year_number = i32::from(year);
    let moon = (19 * (year_number % 19) + 15) % 30;
    let sunday = (2 * (year_number % 4) + 4 * (year_number % 7) + 6 * moon + 6) % 7;
    // The Julian calendar is behind by a day more in each century that the Gregorian one gives no leap day.
    let behind = year_number / 100 - year_number / 400 - 2;
    after_the_last_of_february(year, 22 + moon + sunday + behind)
}

/// `1` is the first of March.
fn after_the_last_of_february(year: i16, days: i32) -> Date {
    let march = Date::new(year, 3, 1).unwrap_or(Date::ZERO);
    march.saturating_add((days - 1).days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Weekday;
    use proptest::prelude::*;

    #[test]
    fn easter_is_when_churches_say_it_is() {
        for (year, west, east) in [
            (1583, "1583-04-10", "1583-04-10"),
            (1818, "1818-03-22", "1818-04-26"),
            (1900, "1900-04-15", "1900-04-22"),
            (1943, "1943-04-25", "1943-04-25"),
            (1954, "1954-04-18", "1954-04-25"),
            (1981, "1981-04-19", "1981-04-26"),
            (2000, "2000-04-23", "2000-04-30"),
            (2008, "2008-03-23", "2008-04-27"),
            (2016, "2016-03-27", "2016-05-01"),
            (2017, "2017-04-16", "2017-04-16"),
            (2018, "2018-04-01", "2018-04-08"),
            (2019, "2019-04-21", "2019-04-28"),
            (2020, "2020-04-12", "2020-04-19"),
            (2021, "2021-04-04", "2021-05-02"),
            (2022, "2022-04-17", "2022-04-24"),
            (2023, "2023-04-09", "2023-04-16"),
            (2024, "2024-03-31", "2024-05-05"),
            (2025, "2025-04-20", "2025-04-20"),
            (2026, "2026-04-05", "2026-04-12"),
            (2027, "2027-03-28", "2027-05-02"),
            (2028, "2028-04-16", "2028-04-16"),
            (2029, "2029-04-01", "2029-04-08"),
            (2030, "2030-04-21", "2030-04-28"),
            (2038, "2038-04-25", "2038-04-25"),
        ] {
            assert_eq!(western(year).to_string(), west);
            if year > 1583 {
                assert_eq!(eastern(year).to_string(), east);
            }
        }
    }

    proptest! {
        #[test]
        fn easter_is_a_sunday_of_spring_and_never_earlier_in_the_east(year in 1600i16..3000) {
            let (west, east) = (western(year), eastern(year));
            prop_assert_eq!(west.weekday(), Weekday::Sunday);
            prop_assert_eq!(east.weekday(), Weekday::Sunday);
            let (first, last) = (Date::new(year, 3, 22).unwrap(), Date::new(year, 4, 25).unwrap());
            prop_assert!((first..=last).contains(&west));
            prop_assert!(east >= west);
        }
    }
}
