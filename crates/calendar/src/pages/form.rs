//! The form of an event: filled in from what is seen, and read as what is different from it.
//!
//! What is kept true: a field that was not touched wishes nothing, so saving a form changes nothing that its reader did not
//! change, and nothing that the form has no field for.

use front::frame::{Area, Choice, Field, Frame};
use ical::Class;
use jiff::civil::{Date, Time};

use super::{Faults, Typed, reminding, repeating, typed_in};
use crate::rules::edits::Seen;
use crate::rules::edits::times::{Times, TimesWish, known};
use crate::rules::edits::wish::{Guest, Wish};

/// Fields of the form of an event, those of guests and of repeating aside.
const FIELDS: [&str; 17] = [
    "title",
    "whole",
    "start_date",
    "start_time",
    "end_date",
    "end_time",
    "zone",
    "calendar",
    "place",
    "link",
    "description",
    "remind",
    "remind2",
    "free",
    "private",
    "view",
    "date",
];

/// What the form sends, guests aside: what a page in between has to carry.
pub(super) fn carried() -> impl Iterator<Item = &'static str> {
    FIELDS.into_iter().chain(repeating::FIELDS)
}

/// Fields whose values are told beside one another, with their labels. How often is told as a whole.
const LABELS: [(&str, &str); 16] = [
    ("title", "event-title"),
    ("whole", "event-whole"),
    ("start_date", "event-starts"),
    ("start_time", "event-starts-at"),
    ("end_date", "event-ends"),
    ("end_time", "event-ends-at"),
    ("zone", "event-zone"),
    ("repeat", "event-repeat"),
    ("place", "event-place"),
    ("link", "event-link"),
    ("description", "event-description"),
    ("guests", "event-guests"),
    ("remind", "event-remind"),
    ("remind2", "event-remind-again"),
    ("free", "event-free"),
    ("private", "event-private"),
];

/// What somebody may change of an event that another one organizes: what is only theirs.
const OWN: [&str; 5] = ["calendar", "remind", "remind2", "free", "private"];

/// The fields of the form, filled in.
pub(super) fn filled(seen: &Seen) -> Typed {
    let mut typed = Typed::new();
    let mut put = |name: &str, value: String| typed.insert(name.to_owned(), value);
    put("title", seen.title.clone());
    put("place", seen.place.clone());
    put("link", seen.link.clone());
    put("description", seen.description.trim().to_owned());
    let guests = seen
        .guests
        .iter()
        .map(|guest| guest_line(guest.name.as_deref(), &guest.address));
    put("guests", guests.collect::<Vec<_>>().join("\n"));
    for (name, is_so) in [("free", !seen.busy), ("private", seen.class != Class::Public)] {
        if is_so {
            put(name, "on".to_owned());
        }
    }
    for (name, value) in reminding::filled(seen) {
        put(name, value);
    }
    for (name, value) in repeating::filled(seen) {
        put(name, value);
    }
    if let Some(times) = &seen.times {
        put_times(&mut typed, times);
    }
    typed
}

/// Fields for times.
pub(super) fn put_times(typed: &mut Typed, times: &Times) {
    let (starts, ends) = match times {
        Times::Days { first, last } => {
            typed.insert("whole".to_owned(), "on".to_owned());
            (first.at(9, 0, 0, 0), last.at(10, 0, 0, 0))
        }
        Times::Hours { starts, ends, zone } => {
            typed.insert("zone".to_owned(), zone.clone().unwrap_or_default());
            (*starts, *ends)
        }
    };
    for (date, clock, at) in [
        ("start_date", "start_time", starts),
        ("end_date", "end_time", ends),
    ] {
        typed.insert(date.to_owned(), at.date().to_string());
        typed.insert(clock.to_owned(), at.strftime("%H:%M").to_string());
    }
}

/// What was typed of an event that somebody else organizes: the rest is as it was.
pub(super) fn of_guest(typed: &Typed, seen: &Seen) -> Typed {
    let mut all = filled(seen);
    let is_own = |name: &str| OWN.contains(&name) || carried().all(|one| one != name) && name != "guests";
    all.retain(|name, _| !is_own(name));
    let own = typed.iter().filter(|(name, _)| is_own(name));
    all.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    for name in ["view", "date"] {
        all.insert(name.to_owned(), typed_in(typed, name).to_owned());
    }
    all
}

/// What is different from `before`; of a new event everything.
pub(super) fn wish(frame: &Frame, typed: &Typed, before: Option<&Seen>) -> Result<Wish, Faults> {
    let filled = before.map(filled).unwrap_or_default();
    let changed = |name: &str| typed_in(typed, name) != typed_in(&filled, name);
    let text = |name: &str| changed(name).then(|| typed_in(typed, name).replace("\r\n", "\n"));
    let any = |names: &[&str]| names.iter().any(|name| changed(name));
    let mut faults = Faults::new();
    let mut wrong = |field: &str, key: &str| {
        faults.insert(field.to_owned(), frame.say(key).to_string());
    };
    let mut wish = Wish {
        title: text("title"),
        place: text("place"),
        link: text("link"),
        description: text("description")
            .filter(|text| before.is_none_or(|seen| seen.description.trim() != text)),
        busy: changed("free").then(|| typed_in(typed, "free").is_empty()),
        class: changed("private").then(|| {
            if typed_in(typed, "private").is_empty() {
                Class::Public
            } else {
                Class::Private
            }
        }),
        ..Wish::default()
    };
    if typed_in(typed, "title").is_empty() && (before.is_none() || changed("title")) {
        wrong("title", "wrong-title");
    }
    if wish
        .link
        .as_ref()
        .is_some_and(|link| !link.is_empty() && !link.contains(':'))
    {
        wrong("link", "wrong-link");
    }
    if before.is_none()
        || any(&[
            "whole",
            "start_date",
            "start_time",
            "end_date",
            "end_time",
            "zone",
        ])
    {
        match times(typed, &filled) {
            Ok(times) => wish.times = times,
            Err((field, key)) => wrong(field, key),
        }
    }
    if repeating::is_touched(typed, &filled) {
        match repeating::read(typed) {
            Ok(rule) => wish.recurrence = Some(rule),
            Err((field, key)) => wrong(field, key),
        }
    }
    if changed("guests") {
        match guests(typed_in(typed, "guests")) {
            Some(guests) => wish.guests = Some(as_named(guests, before)),
            None => wrong("guests", "wrong-guests"),
        }
    }
    if any(&reminding::FIELDS) {
        reminding::put(&mut wish, typed, before);
    }
    if faults.is_empty() { Ok(wish) } else { Err(faults) }
}

type Fault = (&'static str, &'static str);

fn times(typed: &Typed, filled: &Typed) -> Result<TimesWish, Fault> {
    let date = |name: &str| typed_in(typed, name).parse::<Date>().ok();
    let clock = |name: &str| typed_in(typed, name).parse::<Time>().ok();
    let starts = date("start_date")
        .filter(|date| date.year() > 0)
        .ok_or(("starts", "wrong-starts"))?;
    // Whoever names one day only means that one.
    let ends = match typed_in(typed, "end_date") {
        "" => starts,
        _ => date("end_date").ok_or(("ends", "wrong-ends"))?,
    };
    if !typed_in(typed, "whole").is_empty() {
        if ends < starts {
            return Err(("ends", "wrong-ends"));
        }
        return Ok(TimesWish::all(&Times::Days {
            first: starts,
            last: ends,
        }));
    }
    let starts = starts.to_datetime(clock("start_time").ok_or(("starts", "wrong-starts"))?);
    let ends = match typed_in(typed, "end_time") {
        "" => starts,
        _ => ends.to_datetime(clock("end_time").ok_or(("ends", "wrong-ends"))?),
    };
    if ends < starts {
        return Err(("ends", "wrong-ends"));
    }
    let named = typed_in(typed, "zone");
    let zone = Some(named.to_owned()).filter(|named| !named.is_empty() && named != typed_in(filled, "zone"));
    if zone.as_deref().is_some_and(|zone| known(zone).is_err()) {
        return Err(("zone", "wrong-zone"));
    }
    Ok(TimesWish {
        zone,
        ..TimesWish::all(&Times::Hours {
            starts,
            ends,
            zone: None,
        })
    })
}

/// One guest in each line: `Anna <anna@example.org>` or an address alone.
pub(super) fn guests(lines: &str) -> Option<Vec<Guest>> {
    let lines = lines
        .split(['\n', ',', ';'])
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let read = lines.map(|line| {
        let (name, address) = match line.split_once('<') {
            Some((name, rest)) => (name.trim(), rest.trim_end_matches('>').trim()),
            None => ("", line),
        };
        let fits =
            address.contains('@') && !address.contains(|c: char| c.is_whitespace() || "\"<>".contains(c));
        fits.then(|| Guest {
            name: (!name.is_empty()).then(|| name.replace('"', "'")),
            ..Guest::at(address)
        })
    });
    read.collect()
}

/// A guest as a line of the form: what would end a name in it is left out of the name.
pub(super) fn guest_line(name: Option<&str>, address: &str) -> String {
    let name = name.map(spoken).unwrap_or_default();
    if name.is_empty() {
        return address.to_owned();
    }
    format!("{name} <{address}>")
}

fn spoken(name: &str) -> String {
    let plain = name.replace([',', ';', '<', '>', '"', '\r', '\n'], " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whoever is there already keeps the name that they have, also where the form shows it in other letters.
fn as_named(mut guests: Vec<Guest>, before: Option<&Seen>) -> Vec<Guest> {
    for guest in &mut guests {
        let known = before.and_then(|seen| {
            let mut there = seen.guests.iter();
            there.find(|one| one.calendar_address() == guest.address)
        });
        let shown = known.and_then(|one| one.name.as_deref()).map(spoken);
        if shown == guest.name {
            guest.name = None;
        }
    }
    guests
}

/// The controls, with what was typed and what is wrong with it.
pub(super) struct Controls {
    pub title: Field,
    pub whole: bool,
    pub start_date: Field,
    pub start_time: Field,
    pub end_date: Field,
    pub end_time: Field,
    pub zone: Field,
    pub calendar: Choice,
    pub place: Field,
    pub link: Field,
    pub description: Area,
    pub repeating: repeating::Controls,
    pub remind: Choice,
    pub remind2: Choice,
    pub free: bool,
    pub private: bool,
    pub guests: Area,
}

pub(super) fn controls(
    frame: &Frame,
    typed: &Typed,
    mut faults: Faults,
    (calendars, usual): (Vec<(String, String)>, String),
) -> Controls {
    let own = |name: &str| typed_in(typed, name).to_owned();
    let [start_date, start_time, end_date, end_time] = moments(frame, typed, &mut faults);
    let (remind, remind2) = reminding::choices(frame, typed, usual);
    let mut wrong = |field: &str| faults.remove(field);
    Controls {
        title: Field::text("title", frame.say("event-title"))
            .holding(own("title"))
            .wrong(wrong("title"))
            .focused(),
        whole: !typed_in(typed, "whole").is_empty(),
        start_date,
        start_time,
        end_date,
        end_time,
        zone: Field::text("zone", frame.say("event-zone"))
            .holding(own("zone"))
            .optional()
            .wrong(wrong("zone")),
        calendar: Choice::new(
            "calendar",
            frame.say("event-calendar"),
            calendars,
            own("calendar"),
        )
        .wrong(wrong("calendar")),
        place: Field::text("place", frame.say("event-place"))
            .holding(own("place"))
            .optional(),
        link: Field::text("link", frame.say("event-link"))
            .holding(own("link"))
            .optional()
            .wrong(wrong("link")),
        description: Area::new("description", frame.say("event-description"), 4).holding(own("description")),
        repeating: repeating::controls(frame, typed, &mut wrong),
        remind,
        remind2,
        free: !typed_in(typed, "free").is_empty(),
        private: !typed_in(typed, "private").is_empty(),
        guests: Area::new("guests", frame.say("event-guests"), 3)
            .hint(frame.say("event-guests-hint"))
            .holding(own("guests"))
            .wrong(wrong("guests")),
    }
}

/// The fields of when it starts and when it ends.
fn moments(frame: &Frame, typed: &Typed, faults: &mut Faults) -> [Field; 4] {
    let own = |name: &str| typed_in(typed, name).to_owned();
    [
        Field::date("start_date", frame.say("event-starts"))
            .holding(own("start_date"))
            .wrong(faults.remove("starts")),
        Field::time("start_time", frame.say("event-starts-at"))
            .holding(own("start_time"))
            .optional(),
        Field::date("end_date", frame.say("event-ends"))
            .holding(own("end_date"))
            .optional()
            .wrong(faults.remove("ends")),
        Field::time("end_time", frame.say("event-ends-at"))
            .holding(own("end_time"))
            .optional(),
    ]
}

/// What differs between what is there now and what was typed: the label of each field, and both.
pub(super) fn both(frame: &Frame, is: &Typed, typed: &Typed, usual: &str) -> Vec<(String, String, String)> {
    let differs = |name: &str| match name {
        "repeat" => repeating::is_touched(typed, is),
        _ => typed_in(is, name) != typed_in(typed, name).replace("\r\n", "\n"),
    };
    let differing = LABELS.into_iter().filter(|(name, _)| differs(name));
    differing
        .map(|(name, label)| {
            let said = |typed: &Typed| said(frame, typed, name, usual);
            (frame.say(label).to_string(), said(is), said(typed))
        })
        .collect()
}

/// The value of a field as its reader chose it, in words.
fn said(frame: &Frame, typed: &Typed, name: &'static str, usual: &str) -> String {
    let value = typed_in(typed, name);
    match name {
        "whole" | "free" | "private" => {
            let key = if value.is_empty() { "both-no" } else { "both-yes" };
            frame.say(key).to_string()
        }
        "repeat" => repeating::told(frame, typed),
        "remind" | "remind2" => reminding::said(frame, (name, value), usual),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use front::frame::{Theme, Tongue};
    use kernel::Language;

    use super::*;
    use crate::words::WORDS;

    #[test]
    fn guests_are_read_by_lines() {
        let read = guests("Anna <anna@example.org>\nboris@example.org; ").unwrap();
        assert_eq!((read.len(), read[0].name.as_deref()), (2, Some("Anna")));
        assert_eq!(guests("nobody"), None);
    }

    #[test]
    fn a_room_of_any_name_can_be_invited_by_its_line() {
        let line = guest_line(Some("Attic, \"blue\"; <2nd>\nfloor"), "attic@example.org");
        let read = guests(&line).unwrap();
        assert_eq!(read.len(), 1, "{line}");
        assert_eq!(read[0].name.as_deref(), Some("Attic blue 2nd floor"));
        assert_eq!(guest_line(None, "attic@example.org"), "attic@example.org");
    }

    const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261124T090000Z\r\n\
        DURATION:PT1H\r\nSUMMARY:Plans\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn wished(change: impl FnOnce(&mut Typed)) -> Wish {
        let tongue = Tongue::new(&WORDS, Language::English, "UTC");
        let frame = Frame::new(tongue, Theme::Auto, "/");
        let seen = crate::rules::edits::seen(EVENT, None).unwrap();
        let mut typed = filled(&seen);
        change(&mut typed);
        wish(&frame, &typed, Some(&seen)).ok().unwrap()
    }

    #[test]
    fn a_form_that_nobody_touched_wishes_nothing_and_not_at_all_is_silence() {
        assert_eq!(wished(|_| {}), Wish::default());
        let chosen = |value: &str| wished(|typed| drop(typed.insert("remind".to_owned(), value.to_owned())));
        assert_eq!(chosen("never").silent, Some(true));
        assert_eq!(chosen("30").reminders.map(|all| all.len()), Some(1));
    }

    #[test]
    fn a_guest_s_form_keeps_what_the_organizer_says() {
        let seen = crate::rules::edits::seen(EVENT, None).unwrap();
        let sent = [
            ("remind", "never"),
            ("title", "Mine"),
            ("version", "3"),
            ("free", "on"),
        ];
        let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let typed = of_guest(&Typed::from(sent), &seen);
        let said = ["title", "remind", "free", "version", "start_time"].map(|name| typed_in(&typed, name));
        assert_eq!(said, ["Plans", "never", "on", "3", "09:00"]);
    }
}
