//! How often an event comes, as its form asks for it: by a name, by a number of days, weeks, months or years, or by a rule
//! that is typed in; and when that ends.

use front::frame::{Choice, Field, Frame};
use ical::recurrence::{Bound, ByDay, Frequency, Parts, Rule, Until};
use jiff::civil::{Date, DateTime, Weekday};

use super::{Typed, typed_in};
use crate::rules::edits::Seen;
use crate::said;

/// The fields of this part of the form.
pub(super) const FIELDS: [&str; 13] = [
    "repeat", "rule", "every", "unit", "on_mo", "on_tu", "on_we", "on_th", "on_fr", "on_sa", "on_su",
    "until", "times",
];

/// A tick for each weekday, and how rules write it.
const WEEKDAYS: [(&str, &str); 7] = [
    ("on_mo", "MO"),
    ("on_tu", "TU"),
    ("on_we", "WE"),
    ("on_th", "TH"),
    ("on_fr", "FR"),
    ("on_sa", "SA"),
    ("on_su", "SU"),
];

/// What is counted by a number of one's own: its word, and the key of its words.
const UNITS: [(&str, &str); 5] = [
    ("day", "unit-days"),
    ("week", "unit-weeks"),
    ("month", "unit-months"),
    ("month-nth", "unit-months-nth"),
    ("year", "unit-years"),
];

/// Chosen for a number of one's own, and for a rule that is typed in.
const CUSTOM: &str = "custom";
const OWN: &str = "own";
/// What stands in fields that nobody needs yet.
const EVERY: &str = "1";
const UNIT: &str = "week";

/// The field that is wrong, and the key of what to do about it.
type Fault = (&'static str, &'static str);

/// The fields, filled in from a series or from an event that comes once.
pub(super) fn filled(seen: &Seen) -> Vec<(&'static str, String)> {
    let mut fields = vec![("every", EVERY.to_owned()), ("unit", UNIT.to_owned())];
    let Some(rule) = &seen.rule else {
        let rules = seen.rules.join(" ");
        let repeat = if rules.is_empty() { "" } else { OWN };
        fields.extend([("repeat", repeat.to_owned()), ("rule", rules)]);
        return fields;
    };
    match rule.parts().bound {
        Bound::Until(Until::Date(day)) => fields.push(("until", day.to_string())),
        Bound::Until(Until::Local(at)) => fields.push(("until", at.date().to_string())),
        Bound::Until(Until::Utc(at)) => fields.push(("until", local(at, seen).date().to_string())),
        Bound::Count(times) => fields.push(("times", times.to_string())),
        Bound::Endless => {}
    }
    let start = seen
        .times
        .as_ref()
        .map_or(Date::ZERO, |times| times.starts().date());
    let endless = plainly(rule);
    let bare = endless.to_string();
    let plain_weekly = bare == "FREQ=WEEKLY";
    let mut named = presets(start).into_iter();
    let named = named.find(|(name, text)| *text == bare || (plain_weekly && *name == "weekly"));
    if let Some((name, _)) = named {
        fields.push(("repeat", name.to_owned()));
    } else if let Some(counted) = counted(endless.parts(), start) {
        fields.retain(|(name, _)| !["every", "unit"].contains(name));
        fields.push(("repeat", CUSTOM.to_owned()));
        fields.extend(counted);
    } else {
        fields.extend([("repeat", OWN.to_owned()), ("rule", bare)]);
    }
    fields
}

/// Without its end; and where weeks begin is left out where no week is skipped, so that it means nothing.
fn plainly(rule: &Rule) -> Rule {
    let endless = rule.bounded(Bound::Endless);
    let parts = endless.parts();
    if parts.interval > 1 || !parts.by_week_no.is_empty() || !parts.by_set_pos.is_empty() {
        return endless;
    }
    let plain = Parts {
        week_start: Weekday::Monday,
        ..parts.clone()
    };
    Rule::new(plain).unwrap_or(endless)
}

/// A rule as a number of something, if it says no more than that.
fn counted(parts: &Parts, start: Date) -> Option<Vec<(&'static str, String)>> {
    let plain = Parts {
        interval: parts.interval,
        by_day: parts.by_day.clone(),
        ..Parts::every(parts.frequency)
    };
    // Where weeks begin matters to those that skip some, so such a rule is told as it is written.
    if *parts != plain {
        return None;
    }
    let unit = match (parts.frequency, parts.by_day.as_slice()) {
        (Frequency::Daily, []) => "day",
        (Frequency::Weekly, days) if days.iter().all(|day| day.nth.is_none()) => "week",
        (Frequency::Monthly, []) => "month",
        (Frequency::Monthly, [day]) if *day == nth_of(start) => "month-nth",
        (Frequency::Yearly, []) => "year",
        _ => return None,
    };
    let mut fields = vec![("every", parts.interval.to_string()), ("unit", unit.to_owned())];
    if unit == "week" {
        let mut days: Vec<Weekday> = parts.by_day.iter().map(|day| day.weekday).collect();
        if days.is_empty() {
            days.push(start.weekday());
        }
        let ticks = days.into_iter().map(|day| (tick(day).0, "on".to_owned()));
        fields.extend(ticks);
    }
    Some(fields)
}

fn tick(day: Weekday) -> (&'static str, &'static str) {
    let place = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
    WEEKDAYS[place.min(6)]
}

/// The day as the nth of its weekday in its month; the fifth is the last.
fn nth_of(day: Date) -> ByDay {
    let nth = (day.day() - 1) / 7 + 1;
    ByDay {
        nth: Some(if nth == 5 { -1 } else { nth }),
        weekday: day.weekday(),
    }
}

/// An end in UTC as the clock of the series shows it.
fn local(at: DateTime, seen: &Seen) -> DateTime {
    let zone = seen
        .times
        .as_ref()
        .and_then(|times| ical::zones::Zone::named(times.zone()?));
    let instant = ical::zones::Zone::UTC.instant_of(at);
    zone.unwrap_or(ical::zones::Zone::UTC).local_at(instant)
}

/// The rules that have a name, for a series that starts on a day.
fn presets(start: Date) -> [(&'static str, String); 7] {
    let (_, weekday) = tick(start.weekday());
    let nth = nth_of(start).nth.unwrap_or_default();
    [
        ("daily", "FREQ=DAILY".to_owned()),
        ("working", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR".to_owned()),
        ("weekly", format!("FREQ=WEEKLY;BYDAY={weekday}")),
        ("biweekly", format!("FREQ=WEEKLY;INTERVAL=2;BYDAY={weekday}")),
        ("monthly", "FREQ=MONTHLY".to_owned()),
        ("monthly-nth", format!("FREQ=MONTHLY;BYDAY={nth}{weekday}")),
        ("yearly", "FREQ=YEARLY".to_owned()),
    ]
}

/// Whether something about it is other than it was: fields that say nothing now, and said nothing, do not count.
pub(super) fn is_touched(typed: &Typed, filled: &Typed) -> bool {
    let comes_once = |typed: &Typed| typed_in(typed, "repeat").is_empty();
    if comes_once(typed) && comes_once(filled) {
        return false;
    }
    FIELDS
        .iter()
        .any(|name| value(typed, name) != value(filled, name))
}

/// A field, or what stands in it when nobody needs it.
fn value<'t>(typed: &'t Typed, name: &str) -> &'t str {
    match (name, typed_in(typed, name)) {
        ("every", "") => EVERY,
        ("unit", "") => UNIT,
        (_, value) => value,
    }
}

/// The rule that was chosen or typed, `None` for what comes once.
pub(super) fn read(typed: &Typed) -> Result<Option<Rule>, Fault> {
    let start = typed_in(typed, "start_date").parse().unwrap_or(Date::ZERO);
    let wrong = ("recurrence", "wrong-recurrence");
    let text = match typed_in(typed, "repeat") {
        "" => return Ok(None),
        OWN => typed_in(typed, "rule").to_owned(),
        CUSTOM => text_of(typed, start)?,
        named => {
            let preset = presets(start).into_iter().find(|(name, _)| *name == named);
            preset.map(|(_, rule)| rule).ok_or(wrong)?
        }
    };
    let rule: Rule = text.parse().map_err(|_| wrong)?;
    match (typed_in(typed, "until"), typed_in(typed, "times")) {
        ("", "") => Ok(Some(rule)),
        (until, "") => {
            let day = until.parse().map_err(|_| ("until", "wrong-until"))?;
            Ok(Some(rule.bounded(Bound::Until(Until::Date(day)))))
        }
        ("", times) => {
            let times = times.parse().ok().filter(|times| (1..=TIMES_MAX).contains(times));
            let times = times.ok_or(("times", "wrong-times"))?;
            Ok(Some(rule.bounded(Bound::Count(times))))
        }
        _ => Err(("times", "wrong-ends-twice")),
    }
}

/// More than anybody counts; who means more names a day, or none.
const TIMES_MAX: u32 = 10_000;
/// Of days, weeks, months or years.
const EVERY_MAX: u32 = 1_000;

fn text_of(typed: &Typed, start: Date) -> Result<String, Fault> {
    let every: Option<u32> = value(typed, "every").parse().ok();
    let every = every
        .filter(|every| (1..=EVERY_MAX).contains(every))
        .ok_or(("every", "wrong-every"))?;
    let (frequency, days) = match value(typed, "unit") {
        "day" => ("DAILY", None),
        "week" => {
            let ticked = WEEKDAYS
                .iter()
                .filter(|(name, _)| !typed_in(typed, name).is_empty());
            let mut days: Vec<&str> = ticked.map(|(_, code)| *code).collect();
            if days.is_empty() {
                days.push(tick(start.weekday()).1);
            }
            ("WEEKLY", Some(days.join(",")))
        }
        "month" => ("MONTHLY", None),
        "month-nth" => {
            let nth = nth_of(start).nth.unwrap_or_default();
            ("MONTHLY", Some(format!("{nth}{}", tick(start.weekday()).1)))
        }
        "year" => ("YEARLY", None),
        _ => return Err(("unit", "wrong-every")),
    };
    let days = days.map_or(String::new(), |days| format!(";BYDAY={days}"));
    Ok(format!("FREQ={frequency};INTERVAL={every}{days}"))
}

/// How often, in words; what makes no rule as it was typed.
pub(super) fn told(frame: &Frame, typed: &Typed) -> String {
    let start = typed_in(typed, "start_date").parse().unwrap_or(Date::ZERO);
    match read(typed) {
        Ok(None) => frame.say("repeat-never").to_string(),
        Ok(Some(rule)) => said::rule(frame.tongue(), &rule, start),
        Err(_) => typed_in(typed, "rule").to_owned(),
    }
}

/// The controls of this part.
pub(super) struct Controls {
    pub repeat: Choice,
    pub rule: Field,
    pub every: Field,
    pub unit: Choice,
    /// The name of each tick, the weekday, and whether it is ticked.
    pub days: Vec<(&'static str, String, bool)>,
    pub until: Field,
    pub times: Field,
}

pub(super) fn controls(
    frame: &Frame,
    typed: &Typed,
    mut wrong: impl FnMut(&str) -> Option<String>,
) -> Controls {
    let own = |name: &str| value(typed, name).to_owned();
    let start: Date = typed_in(typed, "start_date").parse().unwrap_or(Date::ZERO);
    let units = UNITS.map(|(word, key)| (word.to_owned(), frame.say(key).to_string()));
    let days = WEEKDAYS.iter().zip(1_i64..).map(|((name, _), weekday)| {
        let called = frame.say("weekday-short").with("weekday", weekday).to_string();
        (*name, called, !typed_in(typed, name).is_empty())
    });
    Controls {
        repeat: Choice::new(
            "repeat",
            frame.say("event-repeat"),
            repeats(frame, start),
            own("repeat"),
        )
        .wrong(
            wrong("recurrence")
                .or_else(|| wrong("instance"))
                .or_else(|| wrong("which")),
        ),
        rule: Field::text("rule", frame.say("event-rule"))
            .holding(own("rule"))
            .optional(),
        every: Field::number("every", frame.say("event-every"))
            .holding(own("every"))
            .wrong(wrong("every")),
        unit: Choice::new("unit", frame.say("event-unit"), units, own("unit")).wrong(wrong("unit")),
        days: days.collect(),
        until: Field::date("until", frame.say("event-until"))
            .holding(own("until"))
            .wrong(wrong("until"))
            .optional(),
        times: Field::number("times", frame.say("event-times"))
            .holding(own("times"))
            .wrong(wrong("times"))
            .optional(),
    }
}

/// The choices of how often, in words.
fn repeats(frame: &Frame, start: Date) -> Vec<(String, String)> {
    let mut options = vec![(String::new(), frame.say("repeat-never").to_string())];
    for (name, rule) in presets(start) {
        if let Ok(rule) = rule.parse::<Rule>() {
            options.push((name.to_owned(), said::rule(frame.tongue(), &rule, start)));
        }
    }
    for (name, key) in [(CUSTOM, "repeat-custom"), (OWN, "repeat-own")] {
        options.push((name.to_owned(), frame.say(key).to_string()));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_friday_of_a_month_is_offered_as_the_last_one() {
        let rule = |date: &str| presets(date.parse().unwrap())[5].1.clone();
        assert_eq!(rule("2026-10-30"), "FREQ=MONTHLY;BYDAY=-1FR");
        assert_eq!(rule("2026-11-10"), "FREQ=MONTHLY;BYDAY=2TU");
    }

    fn typed(fields: &[(&str, &str)]) -> Typed {
        let all = fields.iter().chain(&[("start_date", "2026-11-24")]);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn rule(fields: &[(&str, &str)]) -> Result<String, Fault> {
        read(&typed(fields)).map(|rule| rule.map_or(String::new(), |rule| rule.to_string()))
    }

    #[test]
    fn a_number_of_one_s_own_is_a_rule() {
        let custom = |more: &[(&str, &str)]| {
            let mut fields = vec![("repeat", "custom")];
            fields.extend(more);
            rule(&fields)
        };
        for (more, expected) in [
            (&[][..], "FREQ=WEEKLY;BYDAY=TU"),
            (&[("every", "3"), ("unit", "day")], "FREQ=DAILY;INTERVAL=3"),
            (
                &[("every", "2"), ("on_mo", "on"), ("on_we", "on"), ("times", "8")],
                "FREQ=WEEKLY;INTERVAL=2;COUNT=8;BYDAY=MO,WE",
            ),
            (
                &[("every", "2"), ("unit", "month-nth"), ("until", "2027-06-30")],
                "FREQ=MONTHLY;INTERVAL=2;UNTIL=20270630;BYDAY=4TU",
            ),
            (&[("every", "6"), ("unit", "month")], "FREQ=MONTHLY;INTERVAL=6"),
            (&[("every", "4"), ("unit", "year")], "FREQ=YEARLY;INTERVAL=4"),
        ] {
            let read: Rule = custom(more).unwrap().parse().unwrap();
            assert_eq!(read, expected.parse().unwrap(), "{more:?}");
        }
        for (more, field) in [
            (&[("every", "0")][..], "every"),
            (&[("every", "often")], "every"),
            (&[("unit", "decade")], "unit"),
            (&[("times", "0")], "times"),
            (&[("times", "3"), ("until", "2027-01-01")], "times"),
            (&[("until", "soon")], "until"),
        ] {
            assert_eq!(custom(more).unwrap_err().0, field, "{more:?}");
        }
    }

    #[test]
    fn what_is_filled_in_is_read_as_the_same_rule() {
        for text in [
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=3;COUNT=5",
            "FREQ=WEEKLY",
            "FREQ=WEEKLY;BYDAY=TU,TH",
            "FREQ=WEEKLY;INTERVAL=4",
            "FREQ=WEEKLY;INTERVAL=3;BYDAY=SA,SU;UNTIL=20270501T090000Z",
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=4TU",
            "FREQ=MONTHLY;BYDAY=2MO",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU",
            "FREQ=WEEKLY;WKST=SU;BYDAY=TU,SU",
            "FREQ=YEARLY;INTERVAL=2",
            "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=9",
        ] {
            let event = format!(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261124T090000Z\r\n\
                 DURATION:PT1H\r\nRRULE:{text}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            );
            let seen = crate::rules::edits::seen(&event, None).unwrap();
            let fields: Vec<(&str, String)> = filled(&seen);
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let again = read(&typed(&fields)).unwrap().unwrap();
            let before: Rule = text.parse().unwrap();
            let same = |rule: &Rule| {
                let mut parts = rule.parts().clone();
                parts.bound = match parts.bound {
                    Bound::Until(Until::Utc(at)) => Bound::Until(Until::Date(at.date())),
                    bound => bound,
                };
                if parts.interval == 1 {
                    parts.week_start = Weekday::Monday;
                }
                // A week without days has that of its start.
                if parts.frequency == Frequency::Weekly && parts.by_day.is_empty() {
                    parts.by_day.push(ByDay {
                        nth: None,
                        weekday: Weekday::Tuesday,
                    });
                }
                parts
            };
            assert_eq!(same(&again), same(&before), "{text}");
            assert!(!is_touched(&typed(&fields), &typed(&fields)));
        }
    }
}
