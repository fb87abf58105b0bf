//! What people are told in their language about when things happen: a rule in words, a reason in a sentence.

use front::frame::Tongue;
use ical::recurrence::{Bound, ByDay, Frequency, Missing, Parts, Rule, Until};
use ical::zones::Shows;
use jiff::civil::{Date, DateTime, Weekday};
use kernel::Language;

use crate::rules::edits::Explained;
use crate::rules::holidays::Holiday;
use crate::words::WORDS;

/// A rule in words, for a series that starts on `start`. What has no words is told as it is written.
pub(crate) fn rule(tongue: &Tongue, rule: &Rule, start: Date) -> String {
    let parts = rule.parts();
    let every = said_periods(tongue, parts, start).unwrap_or_else(|| {
        let bare = rule.bounded(Bound::Endless).to_string();
        tongue.say("rule-as-written").with("rule", bare).to_string()
    });
    match parts.bound {
        Bound::Endless => every,
        Bound::Count(count) => {
            let said = tongue.say("rule-times").with("count", count);
            said.with("rule", every).to_string()
        }
        Bound::Until(until) => {
            let last = date(tongue, last_day(until, tongue));
            tongue
                .say("rule-until")
                .with("rule", every)
                .with("date", last)
                .to_string()
        }
    }
}

fn last_day(until: Until, tongue: &Tongue) -> Date {
    match until {
        Until::Date(date) => date,
        Until::Local(at) => at.date(),
        Until::Utc(at) => {
            let instant = ical::zones::Zone::UTC.instant_of(at);
            instant.to_zoned(tongue.zone().clone()).date()
        }
    }
}

/// "21 November 2026".
pub(crate) fn date(tongue: &Tongue, date: Date) -> String {
    tongue
        .say("date")
        .with("day", date.day())
        .with("month", date.month())
        .with("year", date.year().to_string())
        .to_string()
}

/// "21 November 2026, 10:20".
pub(crate) fn date_time(tongue: &Tongue, at: DateTime) -> String {
    format!("{}, {:02}:{:02}", date(tongue, at.date()), at.hour(), at.minute())
}

fn said_periods(tongue: &Tongue, parts: &Parts, start: Date) -> Option<String> {
    let odd = [
        &parts.by_second,
        &parts.by_minute,
        &parts.by_hour,
        &parts.by_year_day,
        &parts.by_week_no,
        &parts.by_set_pos,
    ];
    if odd.iter().any(|values| !values.is_empty()) {
        return None;
    }
    let key = match parts.frequency {
        Frequency::Secondly => return None,
        Frequency::Minutely => "rule-minutely",
        Frequency::Hourly => "rule-hourly",
        Frequency::Daily => "rule-daily",
        Frequency::Weekly => "rule-weekly",
        Frequency::Monthly => "rule-monthly",
        Frequency::Yearly => "rule-yearly",
    };
    let every = tongue.say(key).with("interval", parts.interval).to_string();
    match parts.frequency {
        Frequency::Weekly if parts.by_month.is_empty() => Some(weekly(tongue, parts, every, start)),
        Frequency::Monthly if parts.by_month.is_empty() => in_month(tongue, parts, every, start),
        Frequency::Yearly => yearly(tongue, parts, every, start),
        _ => {
            let plain = parts.by_day.is_empty() && parts.by_month_day.is_empty() && parts.by_month.is_empty();
            plain.then_some(every)
        }
    }
}

const WORKING_DAYS: [Weekday; 5] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];

fn weekly(tongue: &Tongue, parts: &Parts, every: String, start: Date) -> String {
    let mut weekdays: Vec<Weekday> = parts.by_day.iter().map(|day| day.weekday).collect();
    if weekdays.is_empty() {
        weekdays.push(start.weekday());
    }
    if parts.interval == 1 && weekdays == WORKING_DAYS {
        return tongue.say("rule-working-days").to_string();
    }
    let called = weekdays.iter().map(|weekday| {
        tongue
            .say("on-weekday")
            .with("weekday", weekday.to_monday_one_offset())
            .to_string()
    });
    let weekdays = list(tongue, called.collect());
    tongue
        .say("rule-on-weekdays")
        .with("every", every)
        .with("weekdays", weekdays)
        .to_string()
}

fn in_month(tongue: &Tongue, parts: &Parts, every: String, start: Date) -> Option<String> {
    match (parts.by_day.as_slice(), parts.by_month_day.as_slice()) {
        ([], [-1]) => Some(tongue.say("rule-on-last-day").with("every", every).to_string()),
        ([], days) if days.iter().all(|day| *day > 0) => {
            let own = [i16::from(start.day())];
            let days = if days.is_empty() { &own } else { days };
            let days = list(tongue, days.iter().map(ToString::to_string).collect());
            Some(
                tongue
                    .say("rule-on-days")
                    .with("every", every)
                    .with("days", days)
                    .to_string(),
            )
        }
        (days, []) => {
            let nths = days
                .iter()
                .map(|day| nth(tongue, day))
                .collect::<Option<Vec<_>>>()?;
            let nths = list(tongue, nths);
            Some(
                tongue
                    .say("rule-on-nth")
                    .with("every", every)
                    .with("nths", nths)
                    .to_string(),
            )
        }
        _ => None,
    }
}

fn yearly(tongue: &Tongue, parts: &Parts, every: String, start: Date) -> Option<String> {
    let month = match parts.by_month.as_slice() {
        [] if parts.by_day.is_empty() && parts.by_month_day.is_empty() => i16::from(start.month()),
        [month] => *month,
        _ => return None,
    };
    match (parts.by_day.as_slice(), parts.by_month_day.as_slice()) {
        ([], [] | [1..=31]) => {
            let day = parts
                .by_month_day
                .first()
                .copied()
                .unwrap_or(i16::from(start.day()));
            let date = tongue
                .say("day-month")
                .with("day", day)
                .with("month", month)
                .to_string();
            Some(
                tongue
                    .say("rule-on-date")
                    .with("every", every)
                    .with("date", date)
                    .to_string(),
            )
        }
        (_, []) => {
            let on = in_month(tongue, parts, every, start)?;
            let month = tongue.say("month-of").with("month", month).to_string();
            Some(
                tongue
                    .say("rule-in-month")
                    .with("on", on)
                    .with("month", month)
                    .to_string(),
            )
        }
        _ => None,
    }
}

fn nth(tongue: &Tongue, day: &ByDay) -> Option<String> {
    let nth = day
        .nth
        .filter(|nth| (1..=5).contains(nth) || (-2..0).contains(nth))?;
    let weekday = day.weekday.to_monday_one_offset();
    Some(
        tongue
            .say("nth-weekday")
            .with("nth", nth)
            .with("weekday", weekday)
            .to_string(),
    )
}

/// "Monday, Wednesday and Friday".
fn list(tongue: &Tongue, mut items: Vec<String>) -> String {
    let Some(last) = items.pop() else {
        return String::new();
    };
    if items.is_empty() {
        return last;
    }
    let first = items.join(", ");
    tongue
        .say("list-and")
        .with("first", first)
        .with("last", last)
        .to_string()
}

/// Why something is there, or is not; and if clocks do not show its time just once, when it is then.
pub(crate) fn why(tongue: &Tongue, explained: &Explained, clock: Shows) -> String {
    let reason = reason(tongue, explained);
    let more = match clock {
        Shows::Twice if explained.is_there() => tongue.say("why-clock-twice").to_string(),
        Shows::Skips { to } if explained.is_there() => tongue
            .say("why-clock-skips")
            .with("at", date_time(tongue, to))
            .to_string(),
        _ => return reason,
    };
    format!("{reason} {more}")
}

fn reason(tongue: &Tongue, why: &Explained) -> String {
    let plain = |key: &str| tongue.say(key).to_string();
    let at = |key: &str, at: &DateTime| tongue.say(key).with("at", date_time(tongue, *at)).to_string();
    let by = |key: &str, text: &str| tongue.say(key).with("rule", in_words(tongue, text)).to_string();
    match why {
        Explained::Once => plain("why-once"),
        Explained::OnceElsewhere(other) => at("why-once-elsewhere", other),
        Explained::Start => plain("why-start"),
        Explained::Rule(rule) => by("why-rule", rule),
        Explained::Addition => plain("why-addition"),
        Explained::Changed => plain("why-changed"),
        Explained::MovedHere(from) => at("why-moved-here", from),
        Explained::MovedAway(to) => at("why-moved-away", to),
        Explained::ExceptedByDate => plain("why-excepted"),
        Explained::ExceptedByRule(rule) => by("why-excepted-rule", rule),
        Explained::NotGiven(rules) => match rules.as_slice() {
            [] => plain("why-no-rule"),
            rules => rules
                .iter()
                .map(|(rule, why)| missing(tongue, rule, why))
                .collect::<Vec<_>>()
                .join(" "),
        },
    }
}

/// A rule that is written out, in words that need no start.
fn in_words(tongue: &Tongue, text: &str) -> String {
    match text.parse::<Rule>() {
        Ok(read) if !read.parts().by_day.is_empty() || !read.parts().by_month_day.is_empty() => {
            rule(tongue, &read, Date::ZERO)
        }
        _ => text.to_owned(),
    }
}

fn missing(tongue: &Tongue, rule: &str, why: &Missing) -> String {
    match why {
        Missing::BeforeStart => tongue.say("why-before-start").to_string(),
        Missing::AfterEnd(Bound::Count(count)) => {
            tongue.say("why-after-count").with("count", *count).to_string()
        }
        Missing::AfterEnd(Bound::Until(until)) => {
            let last = date(tongue, last_day(*until, tongue));
            tongue.say("why-after-until").with("date", last).to_string()
        }
        Missing::AfterEnd(Bound::Endless) => tongue.say("why-after-end").to_string(),
        Missing::Interval(_) => tongue
            .say("why-interval")
            .with("rule", in_words(tongue, rule))
            .to_string(),
        Missing::Part(part) => tongue
            .say("why-part")
            .with("part", *part)
            .with("rule", rule)
            .to_string(),
        Missing::LikeStart("weekday") => tongue.say("why-like-weekday").to_string(),
        Missing::LikeStart("day") => tongue.say("why-like-day").to_string(),
        Missing::LikeStart(_) => tongue.say("why-like-time").to_string(),
    }
}

/// What a calendar of public holidays is called.
pub(crate) fn holidays_of(language: Language, country: &str) -> String {
    words(language)
        .say("holidays-of")
        .with("country", country)
        .to_string()
}

/// What a holiday is called; a day off that stands for one says so.
pub(crate) fn holiday(language: Language, day: &Holiday) -> String {
    let name = day.names.of(language);
    if !day.is_instead {
        return name.to_owned();
    }
    words(language)
        .say("holiday-instead")
        .with("name", name)
        .to_string()
}

/// What the calendar is called that everybody gets.
pub(crate) fn first_calendar(language: Language) -> String {
    words(language).say("first-calendar").to_string()
}

/// Where nothing is said of times.
fn words(language: Language) -> Tongue {
    Tongue::new(&WORDS, language, "UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(language: Language, text: &str) -> String {
        let tongue = Tongue::new(&WORDS, language, "Europe/Berlin");
        rule(&tongue, &text.parse().unwrap(), "2026-12-24".parse().unwrap())
    }

    #[test]
    fn a_rule_is_told_in_words_of_both_languages() {
        for (text, english, russian) in [
            ("FREQ=DAILY", "every day", "каждый день"),
            ("FREQ=DAILY;INTERVAL=3", "every 3 days", "каждые 3 дня"),
            (
                "FREQ=WEEKLY",
                "every week on Thursday",
                "каждую неделю по четвергам",
            ),
            (
                "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
                "every working day",
                "по будням",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU;COUNT=5",
                "every 2 weeks on Monday, Wednesday and Sunday, 5 times",
                "каждые 2 недели по понедельникам, средам и воскресеньям, 5 раз",
            ),
            ("FREQ=MONTHLY", "every month on day 24", "каждый месяц, число: 24"),
            (
                "FREQ=MONTHLY;BYDAY=2TU",
                "every month on the second Tuesday",
                "каждый месяц во второй вторник",
            ),
            (
                "FREQ=MONTHLY;BYDAY=-1WE",
                "every month on the last Wednesday",
                "каждый месяц в последнюю среду",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-1",
                "every month on the last day",
                "каждый месяц в последний день",
            ),
            (
                "FREQ=YEARLY;UNTIL=20301224T090000Z",
                "every year on 24 December, until 24 December 2030",
                "каждый год 24 декабря, до 24 декабря 2030",
            ),
            (
                "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
                "every year on the last Sunday of March",
                "каждый год в последнее воскресенье марта",
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1",
                "by its own rule, FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1",
                "по своему правилу, FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1",
            ),
        ] {
            assert_eq!(said(Language::English, text), english);
            assert_eq!(said(Language::Russian, text), russian);
        }
    }
}
