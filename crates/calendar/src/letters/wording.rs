//! How letters say when something is, and how soon that is.

use front::frame::Tongue;
use jiff::civil::Date;
use kernel::Moment;
use post::words::zone_called;

use crate::agenda::Lasting;

const MINUTE_MICROS: i64 = 60 * 1_000_000;
/// So much before and after its instant it is now.
const NOW_MICROS: i64 = MINUTE_MICROS / 2;
/// From two days on nobody counts hours.
const HOURS_MAX: i64 = 48;
/// Characters of a description that a letter shows.
const SHOWN_MAX: usize = 1_000;

/// "Monday, 23 November, 09:00–10:00 (Moscow time)".
pub(crate) fn when(tongue: &Tongue, when: &Lasting, now: Moment) -> String {
    let (starts, ends) = match *when {
        Lasting::Days { first, last } if first == last => {
            let day = day(tongue, first, now);
            return tongue.say("when-day").with("day", day).to_string();
        }
        Lasting::Days { first, last } => {
            let (first, last) = (day(tongue, first, now), day(tongue, last, now));
            let said = tongue.say("when-days").with("first", first);
            return said.with("last", last).to_string();
        }
        Lasting::Time { starts, ends } => (starts, ends),
    };
    // What ends at midnight ends on the day before.
    let last = date(tongue, ends.plus_micros(-1).max(starts));
    let first = date(tongue, starts);
    let said = if starts == ends {
        tongue.say("when-time")
    } else if first == last {
        tongue.say("when-hours")
    } else {
        tongue.say("when-long")
    };
    let said = said
        .with("day", day(tongue, first, now))
        .with("from", clock(tongue, starts))
        .with("last", day(tongue, date(tongue, ends), now))
        .with("to", clock(tongue, ends))
        .with("zone", zone_called(tongue, starts));
    said.to_string()
}

/// "It begins in 10 minutes."
pub(super) fn how_soon(tongue: &Tongue, when: &Lasting, now: Moment) -> String {
    let (key, count) = match *when {
        Lasting::Days { first, .. } => match days_between(date(tongue, now), first) {
            ..0 => ("soon-begun", 0),
            0 => ("soon-today", 0),
            1 => ("soon-tomorrow", 1),
            days => ("soon-days", days),
        },
        Lasting::Time { starts, .. } => {
            let micros = starts.micros_since(now);
            let minutes = (micros + MINUTE_MICROS / 2).div_euclid(MINUTE_MICROS);
            let hours = (minutes + 30) / 60;
            match micros {
                ..=0 if micros < -NOW_MICROS => ("soon-begun", 0),
                _ if micros <= NOW_MICROS => ("soon-now", 0),
                _ if minutes < 60 => ("soon-minutes", minutes),
                _ if hours < HOURS_MAX => ("soon-hours", hours),
                _ => ("soon-days", days_between(date(tongue, now), date(tongue, starts))),
            }
        }
    };
    match key {
        "soon-begun" => tongue.say("soon-begun").to_string(),
        "soon-now" => tongue.say("soon-now").to_string(),
        "soon-today" => tongue.say("soon-today").to_string(),
        "soon-tomorrow" => tongue.say("soon-tomorrow").to_string(),
        "soon-minutes" => tongue.say("soon-minutes").with("count", count).to_string(),
        "soon-hours" => tongue.say("soon-hours").with("count", count).to_string(),
        _ => tongue.say("soon-days").with("count", count).to_string(),
    }
}

/// "Monday, 23 November", with the year when it is not this one.
pub(super) fn day(tongue: &Tongue, day: Date, now: Moment) -> String {
    let Ok(noon) = day.at(12, 0, 0, 0).to_zoned(tongue.zone().clone()) else {
        return day.to_string();
    };
    let said = tongue.weekday(noon.timestamp().into());
    if day.year() == date(tongue, now).year() {
        said
    } else {
        format!("{said} {}", day.year())
    }
}

pub(super) fn date(tongue: &Tongue, at: Moment) -> Date {
    tongue.zone().to_datetime(at.to_timestamp()).date()
}

pub(super) fn clock(tongue: &Tongue, at: Moment) -> String {
    let there = tongue.zone().to_datetime(at.to_timestamp());
    format!("{:02}:{:02}", there.hour(), there.minute())
}

/// What has no title is said to have none.
pub(super) fn titled(tongue: &Tongue, title: &str) -> String {
    match title.trim() {
        "" => tongue.say("letter-untitled").to_string(),
        title => title.to_owned(),
    }
}

/// As much of a text as a letter shows.
pub(super) fn cut(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}
