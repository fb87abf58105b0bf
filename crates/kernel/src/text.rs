//! Text from outside that every database can hold.

use std::fmt;
use std::ops::Deref;

/// Text of a bounded length without NUL (PostgreSQL cannot hold it) and without other control characters than tab
/// and new line (terminals and logs act on them).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    #[error("must not be empty")]
    Empty,
    #[error("must have at most {max} characters, and has {has}")]
    TooLong { max: usize, has: usize },
    #[error("must not contain control characters such as NUL")]
    Control,
}

impl Text {
    /// Text that may be empty. White space around it is dropped.
    pub fn new(text: &str, max_chars: usize) -> Result<Text, BadText> {
        let text = text.trim();
        let has = text.chars().count();
        if has > max_chars {
            return Err(BadText::TooLong { max: max_chars, has });
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(BadText::Control);
        }
        Ok(Text(text.to_owned()))
    }

    /// Text that says something.
    pub fn required(text: &str, max_chars: usize) -> Result<Text, BadText> {
        let text = Text::new(text, max_chars)?;
        if text.is_empty() {
            Err(BadText::Empty)
        } else {
            Ok(text)
        }
    }

    /// Text that was checked before it was stored.
    pub fn stored(text: String) -> Text {
        Text(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_bounded_and_free_of_control_characters() {
        let check = |input: &str, expected: Result<&str, BadText>| {
            let text = Text::required(input, 5);
            assert_eq!(text.as_deref().map_err(|&e| e), expected, "{input:?}");
        };
        check(" Анна ", Ok("Анна"));
        check("a\nb\tc", Ok("a\nb\tc"));
        check("  ", Err(BadText::Empty));
        check("a\0b", Err(BadText::Control));
        check("a\u{1b}b", Err(BadText::Control));
        check("шестьх", Err(BadText::TooLong { max: 5, has: 6 }));
    }
}
