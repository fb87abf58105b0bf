//! What strangers are shown of an object.
//!
//! What is kept true: what is not named here is not shown. Of what is private, and of everything where only that is shown, stays
//! when it makes its owner busy.

use ical::{Class, Component, Property, Status};

/// When it is.
const TIMES: [&str; 9] = [
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
];
/// What it is about.
const WORDS: [&str; 14] = [
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "GEO",
    "URL",
    "CATEGORIES",
    "COLOR",
    "IMAGE",
    "STATUS",
    "TRANSP",
    "SEQUENCE",
    "CREATED",
    "LAST-MODIFIED",
    "RELATED-TO",
];

/// The zones and events of an object as strangers see them; none where there is nothing for them.
pub fn shown(object: &Component<'_>, only_busy: bool) -> Vec<Component<'static>> {
    let hides = |event: &Component<'_>| only_busy || is_hidden(event);
    let events = staying(object.children("VEVENT"), hides);
    let events: Vec<_> = events.into_iter().map(|event| cut(event, hides(event))).collect();
    if events.is_empty() {
        return events;
    }
    let zones = object.children("VTIMEZONE").map(|zone| zone.clone().into_owned());
    zones.chain(events).collect()
}

/// Whether anything of an object is private.
pub fn is_private(object: &Component<'_>) -> bool {
    object.components.iter().any(is_hidden)
}

/// An object as those see it who may read what is not private.
#[derive(Debug, PartialEq)]
pub enum Readable {
    /// Nothing in it is private.
    AsItIs,
    /// The rest of it says only when its owner is busy.
    Cut(Component<'static>),
    /// It is private, and makes nobody busy.
    Nothing,
}

pub fn readable(object: &Component<'_>) -> Readable {
    if !is_private(object) {
        return Readable::AsItIs;
    }
    let entries = object.components.iter().filter(|inner| !inner.is("VTIMEZONE"));
    let staying = staying(entries, is_hidden);
    if staying.is_empty() {
        return Readable::Nothing;
    }
    let mut shown = Component::new("VCALENDAR");
    let head = object.properties.iter().cloned().map(Property::into_owned);
    shown.properties.extend(head);
    let zones = object.children("VTIMEZONE").map(|zone| zone.clone().into_owned());
    shown.components.extend(zones);
    shown
        .components
        .extend(staying.into_iter().map(|entry| match is_hidden(entry) {
            true => cut(entry, true),
            false => entry.clone().into_owned(),
        }));
    Readable::Cut(shown)
}

/// The entries that are left when all that `hides` says of one is whether it makes its owner busy. A moved instance of a series that
/// is left stays even so: without it the series would show it where it was. That of one that is not left stays by itself alone.
fn staying<'o, 'a>(
    entries: impl Iterator<Item = &'o Component<'a>>,
    hides: impl Fn(&Component<'_>) -> bool,
) -> Vec<&'o Component<'a>>
where
    'a: 'o,
{
    let is_of_series = |entry: &Component<'_>| entry.get("RECURRENCE-ID").is_some();
    let is_shown = |entry: &Component<'_>| !hides(entry) || makes_busy(entry);
    let mut entries: Vec<_> = entries.collect();
    let has_series = entries
        .iter()
        .any(|entry| !is_of_series(entry) && is_shown(entry));
    entries.retain(|entry| is_shown(entry) || (has_series && is_of_series(entry)));
    entries
}

/// Whether its owner is busy while it lasts.
fn makes_busy(entry: &Component<'_>) -> bool {
    let is_free = entry
        .value("TRANSP")
        .is_some_and(|said| said.trim().eq_ignore_ascii_case("TRANSPARENT"));
    let is_cancelled = entry.value("STATUS").and_then(Status::read) == Some(Status::Cancelled);
    entry.is("VEVENT") && !is_free && !is_cancelled
}

fn is_hidden(component: &Component<'_>) -> bool {
    let class = component.value("CLASS");
    class.is_some_and(|class| Class::read(class) != Some(Class::Public))
}

/// What is shown of one entry.
fn cut(entry: &Component<'_>, hides: bool) -> Component<'static> {
    let mut shown = Component::new(entry.name.to_string());
    let words: &[&str] = if hides { &["TRANSP", "STATUS"] } else { &WORDS };
    let kept = entry
        .properties
        .iter()
        .filter(|property| TIMES.iter().chain(words).any(|name| property.is(name)));
    shown.properties.extend(kept.cloned().map(Property::into_owned));
    if hides {
        shown.add(Property::text("SUMMARY", "Busy"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Daily, with one moved instance. Says which of the two are shown, and as what.
    fn seen(series: &str, moved: &str) -> [Option<Vec<String>>; 3] {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n\
             BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261124T090000Z\r\nRRULE:FREQ=DAILY\r\nSUMMARY:Series\r\n{series}END:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20261125T090000Z\r\nDTSTART:20261125T120000Z\r\nSUMMARY:Moved\r\n{moved}\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let object = ical::parse(text.as_bytes()).unwrap();
        let titles = |entries: &[Component<'_>]| {
            let titles = entries.iter().filter_map(|entry| entry.value("SUMMARY"));
            titles.map(str::to_owned).collect::<Vec<_>>()
        };
        let said = |entries: Vec<Component<'static>>| (!entries.is_empty()).then(|| titles(&entries));
        let read = match readable(&object) {
            Readable::AsItIs => Some(titles(&object.components)),
            Readable::Cut(cut) => Some(titles(&cut.components)),
            Readable::Nothing => None,
        };
        [said(shown(&object, true)), said(shown(&object, false)), read]
    }

    #[test]
    fn a_moved_instance_is_shown_with_its_series_or_because_it_makes_busy_itself() {
        const PRIVATE: &str = "CLASS:PRIVATE\r\n";
        const FREE: &str = "TRANSP:TRANSPARENT\r\n";
        let both = format!("{PRIVATE}{FREE}");
        let say = |titles: &[&str]| Some(titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>());
        let two_busy = say(&["Busy", "Busy"]);
        assert_eq!(
            seen("", ""),
            [
                two_busy.clone(),
                say(&["Series", "Moved"]),
                say(&["Series", "Moved"])
            ]
        );
        assert_eq!(
            seen("", &both),
            [two_busy, say(&["Series", "Busy"]), say(&["Series", "Busy"])],
            "without it the series would show it where it was"
        );
        assert_eq!(
            seen(FREE, FREE),
            [None, say(&["Series", "Moved"]), say(&["Series", "Moved"])],
            "a free series with a free moved instance makes nobody busy"
        );
        assert_eq!(seen(&both, &both), [None, None, None]);
        assert_eq!(
            seen(&both, PRIVATE),
            [say(&["Busy"]), say(&["Busy"]), say(&["Busy"])],
            "for once they are busy"
        );
    }
}
