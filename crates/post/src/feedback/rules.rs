//! Whether what somebody says about a letter is believed.

use kernel::Moment;

use super::types::{News, Source};
use crate::letters::State;
use crate::letters::{Letter, Step};
use crate::suppressions::Address;

/// Servers try for five days, some for a week; complaints come within days. What comes later was most likely made up
/// from an old letter.
pub const REPORT_DAYS_MAX: i64 = 14;

/// Why it is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It never left the house.
    NotOut,
    TooLate,
    /// It had gone to somebody else.
    AnotherAddress,
}

impl Doubt {
    pub const fn name(self) -> &'static str {
        match self {
            Doubt::NotOut => "not_out",
            Doubt::TooLate => "too_late",
            Doubt::AnotherAddress => "another_address",
        }
    }
}

/// A provider proved who it is, and knows its letters. Of a report nothing is known but what it says itself: whoever got
/// one letter knows its Message-ID for ever, and must not close somebody else's mailbox with it. `reader` is where the
/// letter's reader is reached; `at` is when it is heard.
pub fn doubt(
    news: &News,
    letter: &Letter,
    reader: Option<&Address>,
    source: Source,
    at: Moment,
) -> Option<Doubt> {
    const DAY_SECONDS: i64 = 24 * 60 * 60;
    if letter.attempts == 0 {
        return Some(Doubt::NotOut);
    }
    if source != Source::Report {
        return None;
    }
    let Some(out) = last_out(&letter.story) else {
        return Some(Doubt::NotOut);
    };
    if at > out.plus_seconds(REPORT_DAYS_MAX * DAY_SECONDS) {
        return Some(Doubt::TooLate);
    }
    let named = news.address.as_ref();
    (reader.is_none() || named.is_some_and(|named| Some(named) != reader)).then_some(Doubt::AnotherAddress)
}

/// When it was last given to a provider.
fn last_out(story: &[Step]) -> Option<Moment> {
    let out = |step: &&Step| matches!(step.state, State::Sending | State::HandedOver | State::Unsure);
    story.iter().rev().find(out).map(|step| step.at)
}
