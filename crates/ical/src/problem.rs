//! What can be wrong with an iCalendar text: where it is, what it is, and what to do about it.
//!
//! Every problem names the physical line (counted from 1) of the text that somebody wrote, because that is what they have
//! before their eyes; 0 stands for the text as a whole. Reasons are values, so that callers branch on them and programs
//! that speak CalDAV get the precondition of RFC 4791 5.3.2.1.

use std::fmt;

/// One thing that is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The physical line, counted from 1; 0 for the text as a whole.
    pub line: usize,
    pub reason: Reason,
}

impl Problem {
    pub fn new(line: usize, reason: Reason) -> Problem {
        Problem { line, reason }
    }

    /// The condition of RFC 4791 5.3.2.1 that a text with this problem does not meet.
    pub fn precondition(&self) -> Precondition {
        self.reason.precondition()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.reason),
            line => write!(f, "line {line}: {}", self.reason),
        }
    }
}

impl std::error::Error for Problem {}

/// What is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    // the text
    #[error("the text is longer than {limit} bytes: leave out attachments or split it")]
    TextTooLong { limit: usize },
    #[error(
        "the line is longer than {limit} bytes: link to attachments instead of putting them into the text"
    )]
    LineTooLong { limit: usize },
    #[error("there are more than {limit} properties: split the text")]
    TooManyProperties { limit: usize },
    #[error("there are more than {limit} components: split the text")]
    TooManyComponents { limit: usize },
    #[error("components are nested more than {limit} deep")]
    TooDeep { limit: usize },
    #[error(
        "what is said of all objects of the file, put into each, is more than {limit} bytes: split the file"
    )]
    TooMuchCopied { limit: usize },
    #[error("the text is not UTF-8: save it as UTF-8")]
    NotUtf8,
    #[error("this is not iCalendar: the first line has to be BEGIN:VCALENDAR")]
    NotCalendar,

    // a line
    #[error("the line begins with a space, so it continues another, but there is none before it")]
    NothingToContinue,
    #[error("{start:?} is no property: a line is NAME:value, and what continues a line begins with a space")]
    NoProperty { start: String },
    #[error("a parameter of {name} has a quotation mark that is never closed")]
    OpenQuote { name: String },
    #[error("{name} has a value that is not {expected}")]
    Value { name: String, expected: &'static str },

    // the tree
    #[error("{name} begins here and has no END:{name}")]
    NotClosed { name: String },
    #[error("END:{name} without BEGIN:{name} before it")]
    NotOpened { name: String },
    #[error("{name} stands outside of BEGIN:VCALENDAR and END:VCALENDAR")]
    Outside { name: String },
    #[error("there is more than one VCALENDAR: write one for each object")]
    SecondCalendar,

    // the object
    #[error("VERSION is {found:?}: iCalendar is VERSION:2.0, so export it anew in that format")]
    Version { found: String },
    #[error("CALSCALE is {found:?}: dates have to be Gregorian")]
    Scale { found: String },
    #[error("METHOD stands in messages only: leave it out of what is stored")]
    Method,
    #[error("a message needs METHOD: REQUEST, REPLY, CANCEL or another of RFC 5546")]
    NoMethod,
    #[error("there is no VEVENT, VTODO, VJOURNAL or VFREEBUSY in it")]
    NoEntry,
    #[error("{name} cannot be stored in a calendar: write a VEVENT, VTODO or VJOURNAL")]
    Unsupported { name: String },
    #[error("there is a {second} beside a {first}: one object is of one kind")]
    TwoKinds { first: String, second: String },
    #[error("the {name} has no UID: give it one that nothing else has")]
    NoUid { name: String },
    #[error("UID is longer than {limit} bytes: give it a shorter one")]
    UidTooLong { limit: usize },
    #[error("more than {limit} people are asked: invite fewer of them, or publish the calendar")]
    TooManyAttendees { limit: usize },
    #[error("UID {second:?} stands beside UID {first:?}: write one object for each")]
    TwoUids { first: String, second: String },
    #[error("ORGANIZER {second:?} stands beside ORGANIZER {first:?}: one person organizes all of an object")]
    TwoOrganizers { first: String, second: String },
    #[error("two components of one UID have no RECURRENCE-ID: only the series itself has none")]
    TwoMasters,
    #[error("RECURRENCE-ID {id} stands twice: an instance is moved once")]
    MovedTwice { id: String },
    #[error("{name} stands twice: leave one of them out")]
    Twice { name: String },
    #[error("{name} is missing: a {component} needs one")]
    Missing { name: &'static str, component: String },
    #[error("{first} and {second} stand together: leave one of them out")]
    Together {
        first: &'static str,
        second: &'static str,
    },
    #[error("{first} and {second} differ in kind: both are dates, or both are dates with time")]
    DifferentKinds {
        first: &'static str,
        second: &'static str,
    },
    #[error("the end is before the start")]
    EndBeforeStart,
    #[error("the duration is negative")]
    NegativeDuration,
    #[error("{name}: {problem}")]
    Recurs { name: &'static str, problem: String },
}

impl Reason {
    /// The condition of RFC 4791 5.3.2.1 that a text with this problem does not meet.
    pub fn precondition(&self) -> Precondition {
        match self {
            Reason::TextTooLong { .. } => Precondition::MaxResourceSize,
            Reason::TooManyAttendees { .. } => Precondition::MaxAttendeesPerInstance,
            Reason::Unsupported { .. } => Precondition::SupportedCalendarComponent,
            Reason::TwoOrganizers { .. } => Precondition::SameOrganizerInAllComponents,
            Reason::Method
            | Reason::NoEntry
            | Reason::TwoKinds { .. }
            | Reason::NoUid { .. }
            | Reason::TwoUids { .. }
            | Reason::TwoMasters
            | Reason::MovedTwice { .. }
            | Reason::SecondCalendar => Precondition::ValidCalendarObjectResource,
            _ => Precondition::ValidCalendarData,
        }
    }

    /// The words of all reasons, for those who say them in other languages.
    pub const WORDS: [&'static str; 37] = [
        "text-too-long",
        "line-too-long",
        "too-many-properties",
        "too-many-components",
        "too-deep",
        "too-much-copied",
        "not-utf8",
        "not-calendar",
        "nothing-to-continue",
        "no-property",
        "open-quote",
        "value",
        "not-closed",
        "not-opened",
        "outside",
        "second-calendar",
        "version",
        "scale",
        "method",
        "no-method",
        "no-entry",
        "unsupported",
        "two-kinds",
        "no-uid",
        "uid-too-long",
        "too-many-attendees",
        "two-uids",
        "two-organizers",
        "two-masters",
        "moved-twice",
        "twice",
        "missing",
        "together",
        "different-kinds",
        "end-before-start",
        "negative-duration",
        "recurs",
    ];

    /// The reason in a word that stays the same.
    pub fn word(&self) -> &'static str {
        match self {
            Reason::TextTooLong { .. } => "text-too-long",
            Reason::LineTooLong { .. } => "line-too-long",
            Reason::TooManyProperties { .. } => "too-many-properties",
            Reason::TooManyComponents { .. } => "too-many-components",
            Reason::TooDeep { .. } => "too-deep",
            Reason::TooMuchCopied { .. } => "too-much-copied",
            Reason::NotUtf8 => "not-utf8",
            Reason::NotCalendar => "not-calendar",
            Reason::NothingToContinue => "nothing-to-continue",
            Reason::NoProperty { .. } => "no-property",
            Reason::OpenQuote { .. } => "open-quote",
            Reason::Value { .. } => "value",
            Reason::NotClosed { .. } => "not-closed",
            Reason::NotOpened { .. } => "not-opened",
            Reason::Outside { .. } => "outside",
            Reason::SecondCalendar => "second-calendar",
            Reason::Version { .. } => "version",
            Reason::Scale { .. } => "scale",
            Reason::Method => "method",
            Reason::NoMethod => "no-method",
            Reason::NoEntry => "no-entry",
            Reason::Unsupported { .. } => "unsupported",
            Reason::TwoKinds { .. } => "two-kinds",
            Reason::NoUid { .. } => "no-uid",
            Reason::UidTooLong { .. } => "uid-too-long",
            Reason::TooManyAttendees { .. } => "too-many-attendees",
            Reason::TwoUids { .. } => "two-uids",
            Reason::TwoOrganizers { .. } => "two-organizers",
            Reason::TwoMasters => "two-masters",
            Reason::MovedTwice { .. } => "moved-twice",
            Reason::Twice { .. } => "twice",
            Reason::Missing { .. } => "missing",
            Reason::Together { .. } => "together",
            Reason::DifferentKinds { .. } => "different-kinds",
            Reason::EndBeforeStart => "end-before-start",
            Reason::NegativeDuration => "negative-duration",
            Reason::Recurs { .. } => "recurs",
        }
    }

    /// What it is about: a name, a value or a limit; empty where the word says all.
    pub fn about(&self) -> String {
        let both = |first: &str, second: &str| format!("{first}, {second}");
        match self {
            Reason::TextTooLong { limit }
            | Reason::LineTooLong { limit }
            | Reason::TooManyProperties { limit }
            | Reason::TooManyComponents { limit }
            | Reason::TooDeep { limit }
            | Reason::TooMuchCopied { limit }
            | Reason::UidTooLong { limit }
            | Reason::TooManyAttendees { limit } => limit.to_string(),
            Reason::NotUtf8
            | Reason::NotCalendar
            | Reason::NothingToContinue
            | Reason::SecondCalendar
            | Reason::Method
            | Reason::NoMethod
            | Reason::NoEntry
            | Reason::TwoMasters
            | Reason::EndBeforeStart
            | Reason::NegativeDuration => String::new(),
            Reason::NoProperty { start } => start.clone(),
            Reason::OpenQuote { name }
            | Reason::Value { name, .. }
            | Reason::NotClosed { name }
            | Reason::NotOpened { name }
            | Reason::Outside { name }
            | Reason::Unsupported { name }
            | Reason::NoUid { name }
            | Reason::Twice { name } => name.clone(),
            Reason::Version { found } | Reason::Scale { found } => found.clone(),
            Reason::TwoKinds { first, second }
            | Reason::TwoUids { first, second }
            | Reason::TwoOrganizers { first, second } => both(first, second),
            Reason::Together { first, second } | Reason::DifferentKinds { first, second } => {
                both(first, second)
            }
            Reason::MovedTwice { id } => id.clone(),
            Reason::Missing { name, .. } | Reason::Recurs { name, .. } => (*name).to_owned(),
        }
    }
}

/// The conditions of RFC 4791 5.3.2.1 and RFC 6638 3.2.4 that the text itself has to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    ValidCalendarData,
    ValidCalendarObjectResource,
    SupportedCalendarComponent,
    SameOrganizerInAllComponents,
    MaxResourceSize,
    MaxAttendeesPerInstance,
}

impl Precondition {
    /// The name of the element in `urn:ietf:params:xml:ns:caldav`.
    pub fn element(self) -> &'static str {
        match self {
            Precondition::ValidCalendarData => "valid-calendar-data",
            Precondition::ValidCalendarObjectResource => "valid-calendar-object-resource",
            Precondition::SupportedCalendarComponent => "supported-calendar-component",
            Precondition::SameOrganizerInAllComponents => "same-organizer-in-all-components",
            Precondition::MaxResourceSize => "max-resource-size",
            Precondition::MaxAttendeesPerInstance => "max-attendees-per-instance",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Reason};

    #[test]
    fn a_reason_is_told_by_a_word_of_its_own_and_what_it_is_about() {
        for (at, word) in Reason::WORDS.iter().enumerate() {
            assert!(!Reason::WORDS[..at].contains(word), "{word} twice");
        }
        for (text, word, about) in [
            ("BEGIN:VCARD\r\nEND:VCARD\r\n", "not-calendar", ""),
            ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "not-closed", "VCALENDAR"),
            (
                "BEGIN:VCALENDAR\r\n no\r\nnonsense\r\nEND:VCALENDAR\r\n",
                "no-property",
                "nonsense",
            ),
        ] {
            let Problem { reason, .. } = crate::parse(text.as_bytes()).unwrap_err();
            assert_eq!(
                (reason.word(), reason.about().as_str()),
                (word, about),
                "{reason}"
            );
            assert!(Reason::WORDS.contains(&reason.word()));
        }
    }
}
