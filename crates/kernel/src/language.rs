//! The languages the house speaks. Every page and letter exists in each of them; a person's choice is part of who
//! they are, so it travels with them from the registry to the page frame and to letters.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    #[default]
    English,
    Russian,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of: en, ru")]
pub struct BadLanguage;

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::Russian];

    /// The ISO 639-1 code: how it stands in tables, tokens and addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Russian => "ru",
        }
    }

    /// Its name in itself, so that whoever needs it can find it on a page in the other language.
    pub const fn own_name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Russian => "Русский",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// From the exact code.
impl FromStr for Language {
    type Err = BadLanguage;

    fn from_str(text: &str) -> Result<Language, BadLanguage> {
        Language::ALL
            .into_iter()
            .find(|language| language.code() == text)
            .ok_or(BadLanguage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_survives_print_and_parse() {
        for language in Language::ALL {
            assert_eq!(language.to_string().parse(), Ok(language));
        }
        assert_eq!("EN".parse::<Language>(), Err(BadLanguage));
    }
}
