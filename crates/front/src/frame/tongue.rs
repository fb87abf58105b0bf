//! What pages say, in the reader's language and the reader's time zone.
//!
//! Each crate with pages has its own [`Words`]: one Fluent file for each language, compiled in. A page asks its own
//! words first and the frame's after them. A test of the whole house compares the files with each other and with
//! the keys that templates and code use, so a text that exists in one language only never reaches a reader.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::{Language, Moment};
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

/// The texts of one crate in every language.
pub struct Words {
    english: &'static str,
    russian: &'static str,
    under: Option<&'static Words>,
    bundles: OnceLock<[Bundle; 2]>,
}

impl Words {
    /// `under` is asked for what is not here.
    pub const fn new(english: &'static str, russian: &'static str, under: Option<&'static Words>) -> Words {
        Words {
            english,
            russian,
            under,
            bundles: OnceLock::new(),
        }
    }

    fn bundle(&self, language: Language) -> &Bundle {
        let [english, russian] = self.bundles.get_or_init(|| {
            [
                bundle(Language::English, self.english),
                bundle(Language::Russian, self.russian),
            ]
        });
        match language {
            Language::English => english,
            Language::Russian => russian,
        }
    }

    fn find(&self, language: Language, key: &str) -> Option<&Bundle> {
        let own = self.bundle(language);
        if own.has_message(key) {
            return Some(own);
        }
        self.under.and_then(|under| under.find(language, key))
    }
}

/// A file with a mistake still gives the messages that could be read; the tests refuse the file.
fn bundle(language: Language, text: &str) -> Bundle {
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, _)| readable);
    let identifier: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![identifier]);
    // The marks that isolate direction would show up in titles and copied text; both languages run left to right.
    bundle.set_use_isolating(false);
    let _ = bundle.add_resource(resource);
    bundle
}

/// Words, in a language, in a zone.
#[derive(Clone)]
pub struct Tongue {
    words: &'static Words,
    language: Language,
    zone: TimeZone,
}

impl Tongue {
    pub fn new(words: &'static Words, language: Language, zone: &str) -> Tongue {
        Tongue {
            words,
            language,
            zone: zone_named(zone),
        }
    }

    /// The same reader, other words.
    pub fn over(&self, words: &'static Words) -> Tongue {
        Tongue {
            words,
            ..self.clone()
        }
    }

    /// The same words for another reader.
    pub fn read_in(&self, language: Language, zone: &str) -> Tongue {
        Tongue::new(self.words, language, zone)
    }

    pub fn language(&self) -> Language {
        self.language
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn say<'a>(&self, key: &'a str) -> Said<'a> {
        Said {
            words: self.words,
            language: self.language,
            key,
            with: FluentArgs::new(),
        }
    }

    /// One of a family of texts, such as `act-person-created` of the family `act` for the code `person.created`.
    /// `None` when the family has no such member, so that a code from outside never reaches a page.
    pub fn say_of(&self, family: &str, code: &str) -> Option<String> {
        let key = member(family, code);
        self.knows(&key).then(|| self.say(&key).to_string())
    }

    /// The same of a family whose texts name what they are about.
    pub fn say_about(&self, family: &str, code: &str, about: &str) -> Option<String> {
        let key = member(family, code);
        self.knows(&key)
            .then(|| self.say(&key).with("about", about).to_string())
    }

    pub fn knows(&self, key: &str) -> bool {
        self.words.find(self.language, key).is_some()
    }

    /// "21 November 2026".
    pub fn date(&self, moment: Moment) -> String {
        let there = moment.to_timestamp().to_zoned(self.zone.clone());
        self.say("date")
            .with("day", there.day())
            .with("month", there.month())
            .with("year", there.year().to_string())
            .to_string()
    }

    /// When a day begins in the reader's zone: the one that a date field says, or so many days later. `None` when it
    /// says no date.
    pub fn day_start(&self, date: &str, days_later: i64) -> Option<Moment> {
        let date: Date = date.parse().ok()?;
        let date = date.checked_add(Span::new().try_days(days_later).ok()?).ok()?;
        let start = date.to_zoned(self.zone.clone()).ok()?;
        Some(start.timestamp().into())
    }

    /// "Saturday, 21 November".
    pub fn weekday(&self, moment: Moment) -> String {
        let there = moment.to_timestamp().to_zoned(self.zone.clone());
        self.say("weekday")
            .with("weekday", there.weekday().to_monday_one_offset())
            .with("day", there.day())
            .with("month", there.month())
            .to_string()
    }

    /// "21 November 2026, 10:20".
    pub fn date_time(&self, moment: Moment) -> String {
        let there = moment.to_timestamp().to_zoned(self.zone.clone());
        format!("{}, {:02}:{:02}", self.date(moment), there.hour(), there.minute())
    }

    /// The instant as an element that both people and programs can read.
    pub fn when(&self, moment: Moment) -> When {
        When {
            shown: self.date_time(moment),
            exact: moment,
        }
    }
}

/// An unknown zone reads as UTC: a name that a newer list of zones dropped must not break a page.
fn zone_named(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A text on its way to a page; arguments can still be added.
pub struct Said<'a> {
    words: &'static Words,
    language: Language,
    key: &'a str,
    with: FluentArgs<'a>,
}

impl<'a> Said<'a> {
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl Argument) -> Said<'a> {
        self.with.set(name, value.into_value());
        self
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.words.find(self.language, self.key).and_then(|bundle| {
            let pattern = bundle.get_message(self.key)?.value()?;
            Some(bundle.format_pattern(pattern, Some(&self.with), &mut Vec::new()))
        });
        f.write_str(&found.unwrap_or(Cow::Borrowed(self.key)))
    }
}

/// What can stand inside a text: numbers choose plurals, everything else is shown as it is.
pub trait Argument {
    fn into_value(self) -> FluentValue<'static>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Argument for $number {
            fn into_value(self) -> FluentValue<'static> {
                FluentValue::from(self)
            }
        }
        impl Argument for &$number {
            fn into_value(self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        }
    )*};
}

numbers!(i8, i16, u16, i32, u32, i64, u64, usize);

impl Argument for String {
    fn into_value(self) -> FluentValue<'static> {
        FluentValue::from(self)
    }
}

impl Argument for &String {
    fn into_value(self) -> FluentValue<'static> {
        FluentValue::from(self.clone())
    }
}

impl Argument for &str {
    fn into_value(self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}

/// The key of a family's text for a code.
fn member(family: &str, code: &str) -> String {
    format!("{family}-{}", code.replace(['.', '_', ':'], "-"))
}

/// An instant for a page: `<time datetime="…">`.
pub struct When {
    shown: String,
    exact: Moment,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<time datetime=\"{}\">{}</time>", self.exact, self.shown)
    }
}

/// Both halves are of our own making: digits, month names, punctuation.
impl askama::filters::HtmlSafe for When {}

#[cfg(test)]
mod tests {
    use super::*;

    static BELOW: Words = Words::new(
        "greeting = Hello, { $name }",
        "greeting = Здравствуйте, { $name }",
        None,
    );
    static ABOVE: Words = Words::new(
        "sessions = { $count ->\n    [one] { $count } session\n   *[other] { $count } sessions\n }",
        "sessions = { $count ->\n    [one] { $count } сеанс\n    [few] { $count } сеанса\n   *[many] { $count } сеансов\n }",
        Some(&BELOW),
    );

    #[test]
    fn a_page_speaks_with_correct_plurals() {
        let check = |language, count: usize, expected: &str| {
            let tongue = Tongue::new(&ABOVE, language, "UTC");
            assert_eq!(tongue.say("sessions").with("count", count).to_string(), expected);
        };
        check(Language::English, 1, "1 session");
        check(Language::English, 21, "21 sessions");
        check(Language::Russian, 1, "1 сеанс");
        check(Language::Russian, 3, "3 сеанса");
        check(Language::Russian, 11, "11 сеансов");
        check(Language::Russian, 21, "21 сеанс");
    }

    #[test]
    fn what_a_page_does_not_know_the_frame_says() {
        let tongue = Tongue::new(&ABOVE, Language::Russian, "UTC");
        assert_eq!(
            tongue.say("greeting").with("name", "Анна").to_string(),
            "Здравствуйте, Анна"
        );
        assert_eq!(tongue.say("nothing").to_string(), "nothing");
    }

    #[test]
    fn a_code_is_said_by_the_text_of_its_family_or_not_at_all() {
        static WRONG: Words = Words::new("wrong-no-name = { $about } has no name", "", None);
        let tongue = Tongue::new(&WRONG, Language::English, "UTC");
        let said = |code| tongue.say_about("wrong", code, "A line");
        assert_eq!(said("no_name").as_deref(), Some("A line has no name"));
        assert_eq!(said("no.idea"), None);
        assert_eq!(tongue.say_of("wrong", "no_idea"), None);
    }

    #[test]
    fn times_are_in_the_readers_zone_and_language() {
        let moment: Moment = "2026-11-20T22:05:00Z".parse().unwrap();
        let check = |language, zone, expected: &str| {
            let tongue = Tongue::new(&crate::frame::WORDS, language, zone);
            assert_eq!(tongue.date_time(moment), expected);
        };
        check(Language::English, "UTC", "20 November 2026, 22:05");
        check(Language::Russian, "Europe/Moscow", "21 ноября 2026, 01:05");
        check(Language::English, "Mars/Olympus", "20 November 2026, 22:05");
    }
}
