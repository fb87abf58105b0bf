//! Calendars elsewhere: what is taken of them, what of it is new, and when they are asked for again.
//!
//! What is kept true: whatever is wrong with one entry is said of it, and the others are taken; an entry that says what it said
//! is not written again, even when its server stamps everything anew at each answer; and whoever cannot answer is asked less
//! and less often.

use std::collections::HashMap;

use ical::{Component, Duration, Limits, Timing};
use kernel::{Id, Moment};

use crate::rules::spans::{Span, spans};
use crate::subscriptions::types::{Entry, Known, Trouble, What};
use crate::types::TITLE_CHARS_MAX;

/// A calendar that wants to be asked more often changes no faster than this.
pub const EVERY_SECONDS_MIN: i64 = 15 * 60;
pub const EVERY_SECONDS_MAX: i64 = 7 * 86_400;
/// One that says nothing.
pub const EVERY_SECONDS: i64 = 12 * 3_600;
/// After a failure, and twice as long after each further one.
const PAUSE_SECONDS: i64 = 15 * 60;
const PAUSE_SECONDS_MAX: i64 = 86_400;
/// What is more is no calendar that somebody follows.
pub const ENTRIES_MAX: usize = 20_000;
/// A longer UID is none that a program writes, and no index takes it.
const UID_BYTES_MAX: usize = 1_000;
/// A longer one could not be an object of a calendar here, either.
const ENTRY_BYTES_MAX: usize = Limits::OBJECT.bytes;
/// Spans of all entries of one calendar, about. It has more of them only by malice; then those of an entry are one.
const SPANS_MAX: usize = 100_000;
/// Entries that cannot be read are counted, and so many are told of.
const UNREAD_TOLD: usize = 3;
/// As much of a UID that is too long says which one it is.
const UID_TOLD: usize = 40;

/// What was read of a calendar elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// As it calls itself; empty when it does not.
    pub title: String,
    pub entries: Vec<Entry>,
    pub unread: usize,
    /// Some of them, each in a line.
    pub unread_why: Vec<Unread>,
    pub every_seconds: i64,
}

/// Reads what came from an address, at an instant.
pub fn read(bytes: &[u8], kind: Option<&str>, at: Moment) -> Result<Taken, Trouble> {
    let found = ical::import(bytes, &Limits::FILE).map_err(|problem| match is_page(bytes, kind) {
        true => Trouble::new(What::Page, "a web page came, and no calendar"),
        false => Trouble::new(What::Unreadable, problem),
    })?;
    // Half an answer would be taken for the end of all that stands in the other half.
    if !is_whole(bytes) {
        return Err(Trouble::new(What::Unreadable, "it breaks off before its end"));
    }
    let count = found.rows.len();
    if count > ENTRIES_MAX {
        let why = format!("it has {count} entries, and {ENTRIES_MAX} can be followed");
        return Err(Trouble::new(What::TooMany, why));
    }
    let mut taken = Taken {
        title: title(&found.calendar),
        every_seconds: every(&found.calendar),
        ..Taken::default()
    };
    let mut unread = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in found.rows {
        let read = row.object.as_ref();
        let read = read.map_err(|problem| Unread::of(&row.uid, problem));
        match read.and_then(|object| entry(object, &row.uid, row.kind, at)) {
            Err(why) => unread.push(why),
            // Should two calendars of one file have it, the later one counts.
            Ok(entry) => match places.get(&entry.uid).and_then(|at| taken.entries.get_mut(*at)) {
                Some(before) => *before = entry,
                None => {
                    places.insert(entry.uid.clone(), taken.entries.len());
                    taken.entries.push(entry);
                }
            },
        }
    }
    thin(&mut taken.entries);
    taken.unread = unread.len();
    unread.truncate(UNREAD_TOLD);
    taken.unread_why = unread;
    Ok(taken)
}

/// Why an entry could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// How its UID begins.
    pub uid: String,
    /// The reason in a word, and what it is about; empty in what was written down before there were words.
    pub word: String,
    pub about: String,
    pub text: String,
}

impl Unread {
    fn of(uid: &str, problem: &ical::Problem) -> Unread {
        let mut begins: String = uid.chars().take(UID_TOLD).collect();
        if begins.len() < uid.len() {
            begins.push('…');
        }
        Unread {
            uid: begins,
            word: problem.reason.word().to_owned(),
            about: problem.reason.about(),
            text: problem.to_string(),
        }
    }

    /// In one line, as it is kept.
    pub fn line(&self) -> String {
        let parts = [&self.uid, &self.word, &self.about, &self.text];
        let part = |part: &String| part.replace(char::is_control, " ");
        parts.map(part).join("\t")
    }

    pub fn of_line(line: &str) -> Unread {
        let parts: Vec<&str> = line.split('\t').collect();
        let [uid, word, about, text] = parts[..] else {
            return Unread {
                uid: String::new(),
                word: String::new(),
                about: String::new(),
                text: line.to_owned(),
            };
        };
        Unread {
            uid: uid.to_owned(),
            word: word.to_owned(),
            about: about.to_owned(),
            text: text.to_owned(),
        }
    }

    /// With the words of whoever reads it, if there are some.
    pub fn told(&self, words: Option<&str>) -> String {
        let text = words.unwrap_or(&self.text);
        match self.uid.as_str() {
            "" => text.to_owned(),
            uid => format!("{uid}: {text}"),
        }
    }
}

/// Leaves an entry one span, as coarse as it is, once the others have too many.
fn thin(entries: &mut [Entry]) {
    let mut left = SPANS_MAX;
    for entry in entries {
        if entry.spans.len() > left {
            let whole = entry.spans.iter().copied().reduce(Span::with);
            entry.spans = whole.into_iter().collect();
        }
        left = left.saturating_sub(entry.spans.len());
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    const END: &[u8] = b"END:VCALENDAR";
    let text = bytes.trim_ascii_end();
    let end = text.split_at(text.len().saturating_sub(END.len())).1;
    end.eq_ignore_ascii_case(END)
}

fn is_page(bytes: &[u8], kind: Option<&str>) -> bool {
    let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    begins == Some(b'<') || kind.is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("text/html"))
}

fn title(calendar: &Component<'_>) -> String {
    let named = ical::calendar_name(calendar).unwrap_or_default();
    let shown = named.trim().chars().filter(|c| !c.is_control());
    shown.take(TITLE_CHARS_MAX).collect()
}

/// How often a calendar wants to be asked for: what RFC 7986 says, or what was usual before.
fn every(calendar: &Component<'_>) -> i64 {
    let said = calendar
        .value("REFRESH-INTERVAL")
        .or_else(|| calendar.value("X-PUBLISHED-TTL"));
    let seconds = said
        .and_then(|said| Duration::parse(said.trim()))
        .map(Duration::nominal_seconds)
        .filter(|seconds| *seconds > 0);
    seconds
        .unwrap_or(EVERY_SECONDS)
        .clamp(EVERY_SECONDS_MIN, EVERY_SECONDS_MAX)
}

fn entry(object: &Component<'_>, uid: &str, kind: ical::Kind, at: Moment) -> Result<Entry, Unread> {
    let because = |reason: ical::Reason| Unread::of(uid, &ical::Problem::new(0, reason));
    if uid.len() > UID_BYTES_MAX {
        return Err(because(ical::Reason::UidTooLong { limit: UID_BYTES_MAX }));
    }
    let told = |problem: ical::Problem| Unread::of(uid, &problem);
    let checked = ical::check(object).map_err(told)?;
    let timing = Timing::new(&checked).map_err(told)?;
    let text = object.write();
    if text.len() > ENTRY_BYTES_MAX {
        return Err(because(ical::Reason::TextTooLong {
            limit: ENTRY_BYTES_MAX,
        }));
    }
    Ok(Entry {
        uid: uid.to_owned(),
        kind,
        spans: spans(&timing, at),
        fingerprint: fingerprint(object),
        text,
    })
}

/// The same for as long as an entry says the same, whenever that was said.
fn fingerprint(object: &Component<'_>) -> Id {
    let mut lasting = object.clone();
    for entry in &mut lasting.components {
        entry.remove("DTSTAMP");
    }
    Id::named("calendar.feed", &lasting.write())
}

/// What has to be written.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    pub written: Vec<Entry>,
    pub gone: Vec<Id>,
}

/// What is new in a calendar, and what is no more in it.
pub fn difference(known: Vec<Known>, entries: Vec<Entry>) -> Difference {
    let mut known: HashMap<String, Known> = known.into_iter().map(|one| (one.uid.clone(), one)).collect();
    let mut written = Vec::new();
    for entry in entries {
        match known.remove(&entry.uid) {
            Some(there) if there.fingerprint == entry.fingerprint => {}
            _ => written.push(entry),
        }
    }
    let mut gone: Vec<Id> = known.into_values().map(|one| one.id).collect();
    gone.sort_unstable();
    Difference { written, gone }
}

/// How long whoever failed so often in a row is left alone. `after`: as the server wants it.
pub fn pause(failures: i64, what: What, after: Option<i64>) -> i64 {
    let doubled = u32::try_from(failures.clamp(1, 10) - 1).unwrap_or_default();
    let own = match what {
        // It says itself that it does not come back.
        What::Gone => PAUSE_SECONDS_MAX,
        _ => PAUSE_SECONDS << doubled,
    };
    own.max(after.unwrap_or(0)).min(PAUSE_SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AT: Moment = Moment::from_seconds(1_795_000_000);

    fn event(uid: &str, stamp: &str, title: &str) -> String {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:{stamp}\r\nDTSTART:20261123T090000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
        )
    }

    fn file(head: &str, events: &[String]) -> String {
        let events = events.concat();
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{head}{events}END:VCALENDAR\r\n")
    }

    fn known(entries: &[Entry]) -> Vec<Known> {
        let known = entries.iter().enumerate().map(|(at, entry)| Known {
            id: Id::named("known", &at.to_string()),
            uid: entry.uid.clone(),
            fingerprint: entry.fingerprint,
        });
        known.collect()
    }

    fn taken(text: &str) -> Taken {
        read(text.as_bytes(), Some("text/calendar"), AT).unwrap()
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_told_and_the_rest_is_taken() {
        let bad =
            "BEGIN:VEVENT\r\nUID:bad\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:yesterday\r\nEND:VEVENT\r\n"
                .to_owned();
        let text = file(
            "X-WR-CALNAME:Bins\\, green\r\n",
            &[
                event("a", "20261101T000000Z", "One"),
                bad,
                event("b", "20261101T000000Z", "Two"),
            ],
        );
        let taken = taken(&text);
        let uids: Vec<&str> = taken.entries.iter().map(|entry| entry.uid.as_str()).collect();
        assert_eq!((uids, taken.unread), (vec!["a", "b"], 1));
        assert!(
            !taken.unread_why.is_empty() && taken.title == "Bins, green",
            "{taken:?}"
        );
        assert!(taken.entries.iter().all(|entry| !entry.spans.is_empty()));
    }

    #[test]
    fn an_entry_that_is_too_long_is_not_taken_and_the_rest_is() {
        let long = event("long", "20261101T000000Z", &"x".repeat(400_000)).replace(
            "SUMMARY:",
            &format!("DESCRIPTION:{0}\r\nCOMMENT:{0}\r\nSUMMARY:", "y".repeat(400_000)),
        );
        let taken = taken(&file("", &[long, event("a", "20261101T000000Z", "One")]));
        let uids: Vec<&str> = taken.entries.iter().map(|entry| entry.uid.as_str()).collect();
        assert_eq!((uids, taken.unread), (vec!["a"], 1));
        let why = &taken.unread_why[0];
        assert_eq!((why.uid.as_str(), why.word.as_str()), ("long", "text-too-long"));
        assert!(why.told(None).contains("bytes"), "{why:?}");
        assert_eq!(Unread::of_line(&why.line()), *why);
        let old = Unread::of_line("b: of a time without words");
        assert_eq!(old.told(Some("in words")), "in words");
    }

    #[test]
    fn what_is_no_calendar_is_called_by_its_name() {
        for (text, kind, what) in [
            (
                "<!doctype html><title>Sign in</title>",
                Some("text/html; charset=utf-8"),
                What::Page,
            ),
            ("\n  <html>", None, What::Page),
            ("Please sign in", Some("text/HTML"), What::Page),
            ("Please sign in", Some("text/plain"), What::Unreadable),
            ("", None, What::Unreadable),
            ("BEGIN:VCARD\r\nEND:VCARD\r\n", None, What::Unreadable),
            ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", None, What::Unreadable),
        ] {
            assert_eq!(read(text.as_bytes(), kind, AT).unwrap_err().what, what, "{text}");
        }
        // A calendar under a wrong name is a calendar.
        let text = file("", &[event("a", "20261101T000000Z", "One")]);
        assert_eq!(
            read(text.as_bytes(), Some("text/html"), AT)
                .unwrap()
                .entries
                .len(),
            1
        );
        assert_eq!(taken(&file("", &[])).entries.len(), 0, "and an empty one, too");
    }

    #[test]
    fn a_calendar_says_how_often_it_is_asked_for_within_bounds() {
        for (head, seconds) in [
            ("", EVERY_SECONDS),
            ("REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n", 3_600),
            ("X-PUBLISHED-TTL:PT2H\r\n", 7_200),
            (
                "X-PUBLISHED-TTL:PT2H\r\nREFRESH-INTERVAL;VALUE=DURATION:PT3H\r\n",
                10_800,
            ),
            ("X-PUBLISHED-TTL:PT1S\r\n", EVERY_SECONDS_MIN),
            ("X-PUBLISHED-TTL:P52W\r\n", EVERY_SECONDS_MAX),
            ("X-PUBLISHED-TTL:-PT1H\r\n", EVERY_SECONDS),
            ("X-PUBLISHED-TTL:often\r\n", EVERY_SECONDS),
        ] {
            assert_eq!(taken(&file(head, &[])).every_seconds, seconds, "{head}");
        }
    }

    #[test]
    fn only_what_says_something_else_is_written() {
        let one = |uid: &str, title: &str| event(uid, "20261101T000000Z", title);
        let before = taken(&file("", &[one("a", "A"), one("b", "B"), one("c", "C")])).entries;
        let stamped = event("a", "20261122T235959Z", "A");
        let after = taken(&file("", &[one("d", "D"), one("b", "other"), stamped])).entries;
        let change = difference(known(&before), after);
        let written: Vec<&str> = change.written.iter().map(|entry| entry.uid.as_str()).collect();
        assert_eq!(written, ["d", "b"]);
        assert_eq!(change.gone, [Id::named("known", "2")]);
    }

    #[test]
    fn whoever_fails_is_asked_less_and_less_often_and_once_a_day_in_the_end() {
        let pauses: Vec<i64> = (1..=9)
            .map(|failures| pause(failures, What::Slow, None) / 60)
            .collect();
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!(pause(1, What::Gone, None), 86_400);
        assert_eq!(pause(1, What::Status, Some(3_600)), 3_600);
        assert_eq!(pause(4, What::Status, Some(60)), 7_200);
        assert_eq!(pause(1, What::Status, Some(9_000_000)), 86_400);
    }

    #[test]
    fn nobody_makes_us_keep_more_spans_than_a_calendar_can_need() {
        let monthly = |number: usize| {
            format!(
                "BEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20200101T090000Z\r\n\
                 RRULE:FREQ=MONTHLY\r\nEND:VEVENT\r\n"
            )
        };
        let events: Vec<String> = (0..4_000).map(monthly).collect();
        let entries = taken(&file("", &events)).entries;
        let spans: usize = entries.iter().map(|entry| entry.spans.len()).sum();
        assert_eq!(entries.len(), 4_000);
        assert!(spans <= SPANS_MAX + entries.len(), "{spans}");
        let (first, last) = (&entries[0].spans, &entries[3_999].spans);
        assert!(first.len() > 50);
        let whole = Span {
            starts: first[0].starts,
            ends: first[first.len() - 1].ends,
            exact: false,
        };
        assert_eq!(*last, [whole], "it lies wherever it lay");
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, None, AT);
        }

        #[test]
        fn what_was_taken_is_known_afterwards(uids in proptest::collection::vec("[a-e]", 0..8)) {
            let events: Vec<String> = uids.iter().map(|uid| event(uid, "20261101T000000Z", uid)).collect();
            let entries = taken(&file("", &events)).entries;
            let change = difference(known(&entries), entries);
            prop_assert!(change.written.is_empty() && change.gone.is_empty());
        }
    }
}
