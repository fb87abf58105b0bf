//! What post itself says, in letters and on pages, and how instants are told in letters.

use front::frame::{Tongue, Words};
use jiff::tz::TimeZone;
use kernel::Moment;

use crate::Recipient;

pub static WORDS: Words = Words::new(
    include_str!("../locales/en.ftl"),
    include_str!("../locales/ru.ftl"),
    Some(&front::frame::WORDS),
);

/// The voice that a reader is written to in: these words, their language, their zone.
pub fn tongue(words: &'static Words, to: &Recipient) -> Tongue {
    Tongue::new(words, to.language, &to.zone)
}

/// "Monday, 23 November, 09:00 (Moscow time)". The zone is named because a letter is read in other places, and later;
/// the year when it is not that of `now`.
pub fn instant(reader: &Tongue, moment: Moment, now: Moment) -> String {
    let tongue = reader.over(&WORDS);
    let there = moment.to_timestamp().to_zoned(tongue.zone().clone());
    let year = there.year();
    let is_this_year = year == now.to_timestamp().to_zoned(tongue.zone().clone()).year();
    let day = tongue.weekday(moment);
    let day = if is_this_year {
        day
    } else {
        format!("{day} {year}")
    };
    let said = tongue
        .say("letter-instant")
        .with("day", day)
        .with("time", format!("{:02}:{:02}", there.hour(), there.minute()))
        .with("zone", zone_called(&tongue, moment));
    said.to_string()
}

/// "Moscow time"; for zones that have no name here, how far they are from UTC.
pub fn zone_called(reader: &Tongue, at: Moment) -> String {
    let tongue = reader.over(&WORDS);
    let zone: &TimeZone = tongue.zone();
    let name = zone.iana_name().unwrap_or("UTC").replace('/', "-");
    tongue.say_of("zone", &name).unwrap_or_else(|| {
        let seconds = zone.to_offset(at.to_timestamp()).seconds();
        let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
        match (minutes / 60, minutes % 60) {
            (0, 0) => "UTC".to_owned(),
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Language;

    #[test]
    fn an_instant_is_told_as_its_reader_lives_it() {
        let now: Moment = "2026-11-20T10:00:00Z".parse().unwrap();
        let check = |language, zone, at: &str, expected: &str| {
            let tongue = Tongue::new(&WORDS, language, zone);
            assert_eq!(instant(&tongue, at.parse().unwrap(), now), expected);
        };
        let (english, russian) = (Language::English, Language::Russian);
        let monday = "2026-11-23T06:00:00Z";
        check(
            english,
            "Europe/Moscow",
            monday,
            "Monday, 23 November, 09:00 (Moscow time)",
        );
        check(
            russian,
            "Europe/Moscow",
            monday,
            "понедельник, 23 ноября, 09:00 (московское время)",
        );
        check(
            russian,
            "Asia/Vladivostok",
            "2026-11-22T14:00:00Z",
            "понедельник, 23 ноября, 00:00 (владивостокское время)",
        );
        check(
            english,
            "Europe/Berlin",
            monday,
            "Monday, 23 November, 07:00 (UTC+1)",
        );
        check(
            english,
            "Asia/Kolkata",
            monday,
            "Monday, 23 November, 11:30 (UTC+5:30)",
        );
        check(
            english,
            "America/New_York",
            monday,
            "Monday, 23 November, 01:00 (UTC-5)",
        );
        check(
            english,
            "UTC",
            "2027-01-01T00:05:00Z",
            "Friday, 1 January 2027, 00:05 (UTC)",
        );
        check(
            russian,
            "Europe/Moscow",
            "2026-12-31T21:30:00Z",
            "пятница, 1 января 2027, 00:30 (московское время)",
        );
    }
}
