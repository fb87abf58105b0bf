//! Choices of reminders: of an event, and of a calendar.
//!
//! What is kept true: a choice says what will happen. An event that says nothing is shown with what its calendar does by itself,
//! and "not at all" is written into the event.

use front::frame::{Choice, Frame};
use ical::Action;

use super::{Typed, typed_in};
use crate::reminders::types::Reminders;
use crate::rules::edits::Seen;
use crate::rules::edits::wish::{RemindWhen, Reminder, Wish};
use crate::sharing::Held;

/// Reminders that can be chosen, in minutes before the start.
const MINUTES: [i64; 8] = [0, 5, 10, 15, 30, 60, 1_440, 10_080];
/// No letter at all.
const NEVER: &str = "never";
/// Letters that the form has no field for.
const OWN: &str = "own";
/// The fields of an event.
pub(super) const FIELDS: [&str; 2] = ["remind", "remind2"];

/// The fields of an event, filled in.
pub(super) fn filled(seen: &Seen) -> [(&'static str, String); 2] {
    let mut minutes = chosen(seen).map(|minutes| minutes.to_string());
    let has_letters = seen.reminders.iter().any(|one| one.by == Action::Email);
    let otherwise = match (seen.is_silent, has_letters) {
        (true, _) => NEVER,
        (false, true) => OWN,
        (false, false) => "",
    };
    let first = minutes.next().unwrap_or_else(|| otherwise.to_owned());
    [("remind", first), ("remind2", minutes.next().unwrap_or_default())]
}

fn chosen(seen: &Seen) -> impl Iterator<Item = i64> {
    let plain = seen
        .reminders
        .iter()
        .filter_map(|reminder| match (reminder.when, reminder.by) {
            (RemindWhen::BeforeStart(minutes), Action::Email) => Some(minutes),
            _ => None,
        });
    plain.take(2)
}

/// Puts into a wish what was chosen.
pub(super) fn put(wish: &mut Wish, typed: &Typed, before: Option<&Seen>) {
    match (typed_in(typed, "remind"), typed_in(typed, "remind2")) {
        (NEVER, _) => wish.silent = Some(true),
        ("", "") => {
            wish.reminders = Some(Vec::new());
            wish.silent = Some(false);
        }
        _ => wish.reminders = Some(reminders(typed, before)),
    }
}

/// The two that were chosen, and whatever reminders the form has no field for.
fn reminders(typed: &Typed, before: Option<&Seen>) -> Vec<Reminder> {
    let shown: Vec<i64> = before.map_or_else(Vec::new, |seen| chosen(seen).collect());
    let mut shown = shown.into_iter();
    let mut next = shown.next();
    let others = before
        .map_or(&[][..], |seen| &seen.reminders)
        .iter()
        .filter(|reminder| {
            let is_shown = next.is_some_and(|minutes| {
                reminder.when == RemindWhen::BeforeStart(minutes) && reminder.by == Action::Email
            });
            if is_shown {
                next = shown.next();
            }
            !is_shown
        });
    let mut all: Vec<Reminder> = others.copied().collect();
    for name in FIELDS {
        if let Ok(minutes) = typed_in(typed, name).parse() {
            let one = Reminder {
                when: RemindWhen::BeforeStart(minutes),
                by: Action::Email,
            };
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

/// The choices of an event. `usual` says what its calendar does by itself.
pub(super) fn choices(frame: &Frame, typed: &Typed, usual: String) -> (Choice, Choice) {
    let never = (NEVER.to_owned(), frame.say("remind-never").to_string());
    let mut first = vec![(String::new(), usual), never];
    if typed_in(typed, "remind") == OWN {
        first.push((OWN.to_owned(), frame.say("remind-own").to_string()));
    }
    let again = vec![(String::new(), frame.say("remind-once").to_string())];
    (
        choice(frame, typed, ("remind", "event-remind"), first),
        choice(frame, typed, ("remind2", "event-remind-again"), again),
    )
}

/// Some words, and then minutes; those that are not offered are offered where they were chosen.
fn choice(
    frame: &Frame,
    typed: &Typed,
    (name, label): (&'static str, &'static str),
    mut options: Vec<(String, String)>,
) -> Choice {
    let chosen = typed_in(typed, name);
    let own = chosen.parse::<i64>().ok().filter(|own| !MINUTES.contains(own));
    let all = MINUTES.into_iter().chain(own);
    options.extend(all.map(|minutes| (minutes.to_string(), before_start(frame, minutes))));
    Choice::new(name, frame.say(label), options, chosen)
}

/// A choice in words.
pub(super) fn said(frame: &Frame, (name, value): (&str, &str), usual: &str) -> String {
    match (name, value) {
        (_, NEVER) => frame.say("remind-never").to_string(),
        (_, OWN) => frame.say("remind-own").to_string(),
        ("remind", "") => usual.to_owned(),
        (_, "") => frame.say("remind-once").to_string(),
        (_, minutes) => minutes
            .parse()
            .map_or_else(|_| minutes.to_owned(), |minutes| before_start(frame, minutes)),
    }
}

/// What an event of a calendar is reminded of by itself. Of calendars that differ nothing more is said.
pub(super) fn usual(frame: &Frame, reminders: &[&Reminders], is_whole: bool) -> String {
    let Some((first, others)) = reminders.split_first() else {
        return frame.say("remind-calendar").to_string();
    };
    if others.iter().any(|other| other != first) {
        return frame.say("remind-calendar").to_string();
    }
    let minutes = first.minutes().iter();
    let all: Vec<String> = minutes
        .map(|minutes| before_start(frame, i64::from(*minutes)))
        .collect();
    let what = match (all.is_empty(), is_whole) {
        (true, _) => frame.say("remind-never").to_string(),
        (false, true) => frame.say("remind-eve").to_string(),
        (false, false) => all.join(", "),
    };
    frame.say("remind-calendar-so").with("what", what).to_string()
}

/// Of those calendars into which one may put events.
pub(super) fn of_takers(held: &[Held]) -> Vec<&Reminders> {
    let takers = held.iter().filter(|one| one.takes_events());
    takers.map(|one| &one.calendar.about.reminders).collect()
}

/// "10 minutes before".
pub(super) fn before_start(frame: &Frame, minutes: i64) -> String {
    let (key, count) = match minutes {
        0 => ("remind-start", 0),
        minutes if minutes % 1_440 == 0 => ("remind-days", minutes / 1_440),
        minutes if minutes % 60 == 0 => ("remind-hours", minutes / 60),
        minutes => ("remind-minutes", minutes),
    };
    frame.say(key).with("count", count).to_string()
}

/// Reminders of a calendar that are offered, each with whether it is chosen: those that it has are among them.
pub(super) fn of_calendar(frame: &Frame, chosen: &[u32]) -> Vec<(u32, String, bool)> {
    let mut all: Vec<u32> = MINUTES
        .into_iter()
        .filter_map(|one| one.try_into().ok())
        .collect();
    all.extend(chosen);
    all.sort_unstable();
    all.dedup();
    let ticks = all.into_iter().map(|minutes| {
        let called = before_start(frame, i64::from(minutes));
        (minutes, called, chosen.contains(&minutes))
    });
    ticks.collect()
}
