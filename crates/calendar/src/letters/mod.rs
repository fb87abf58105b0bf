//! What calendars write to people: reminders, what others did to an event, and what a day brings.
//!
//! What is kept true: a letter says what is so when it is written, in its reader's language and by the clocks of the place where the
//! reader is; what has become wrong meanwhile is not sent. Nobody but its reader is shown what a letter says.

pub mod daily;
pub mod notice;
pub mod offer;
pub mod reminder;
mod specimens;
pub(crate) mod wording;

use std::fmt;

use post::streams::Stream;
use post::{Desks, NotWritten, Wanted};

use crate::service::Calendars;
use crate::words::WORDS;

pub use specimens::SPECIMENS;

/// What readers can stop, each for itself.
pub const STREAMS: [Stream; 3] = [
    Stream {
        name: reminder::STREAM,
        words: &WORDS,
        key: "stream-reminders",
    },
    Stream {
        name: notice::STREAM,
        words: &WORDS,
        key: "stream-notices",
    },
    Stream {
        name: daily::STREAM,
        words: &WORDS,
        key: "stream-daily",
    },
];

/// Who writes the letters of calendars.
pub fn desks(calendars: &Calendars) -> Desks {
    let desks = Desks::new()
        .writes(&reminder::REMINDER, reminder::Writer(calendars.clone()))
        .writes(&daily::DAILY, daily::Writer(calendars.clone()))
        .writes(&offer::SHARED, offer::Writer)
        .writes(&offer::SHARED_WITH_GROUP, offer::Writer);
    notice::KINDS.into_iter().fold(desks, |desks, (kind, what)| {
        desks.writes(kind, notice::Writer(what))
    })
}

/// What is in somebody's calendar is for them, also where letters are looked after.
fn for_its_reader(wanted: &Wanted) -> Result<(), NotWritten> {
    if wanted.only_shown {
        let why = "only its reader is shown what a calendar says";
        return Err(NotWritten::Unwanted(why.to_owned()));
    }
    Ok(())
}

fn failed(why: &(impl fmt::Display + ?Sized)) -> NotWritten {
    NotWritten::Failed(why.to_string())
}

fn unwanted(why: &str) -> NotWritten {
    NotWritten::Unwanted(why.to_owned())
}

/// Days as they are written down, in what a letter is told.
mod as_text {
    use jiff::civil::Date;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(day)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
