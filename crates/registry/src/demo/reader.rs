//! Whom sample letters are written to.

use kernel::Language;
use post::Recipient;

use super::names::{ENGLISH_FIRST, ENGLISH_LAST, RUSSIAN_LAST, RUSSIAN_MEN, in_latin};

/// Somebody of the demo city who reads this language.
pub fn reader(language: Language) -> Recipient {
    let (first, last, zone) = match language {
        Language::English => (ENGLISH_FIRST[0], ENGLISH_LAST[0], "Europe/London"),
        Language::Russian => (RUSSIAN_MEN[0], RUSSIAN_LAST[0], "Europe/Moscow"),
    };
    let (mailbox, rest) = (in_latin(first).to_lowercase(), in_latin(last).to_lowercase());
    Recipient {
        person: None,
        email: format!("{mailbox}.{rest}@rivermouth.example"),
        name: format!("{first} {last}"),
        language,
        zone: zone.to_owned(),
    }
}
