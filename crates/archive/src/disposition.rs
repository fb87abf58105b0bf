//! What a download is called (RFC 6266): once for programs that know only ASCII, once for all others.

use std::fmt::Write as _;

/// Longer ones do not fit into every file system once they are encoded.
const CHARS_MAX: usize = 100;

/// The header `Content-Disposition` for a download that is called `called`; what no file is called like falls away.
pub(crate) fn attachment(called: &str) -> String {
    let called = cleaned(called);
    let ascii: String = called
        .chars()
        .map(|c| if c.is_ascii() && c != '%' { c } else { '_' })
        .collect();
    let mut header = format!("attachment; filename=\"{ascii}\"");
    if ascii != called {
        header.push_str("; filename*=UTF-8''");
        for byte in called.bytes() {
            let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
            let written = if plain {
                header.write_char(char::from(byte))
            } else {
                write!(header, "%{byte:02X}")
            };
            debug_assert!(written.is_ok(), "text takes all that is written to it");
        }
    }
    header
}

/// Without what separates folders or ends lines, quotes, or text that turns around what follows.
pub(crate) fn cleaned(called: &str) -> String {
    let kept = |c: &char| {
        !c.is_control()
            && !matches!(c, '/' | '\\' | '"' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let kept: String = called.chars().filter(kept).take(CHARS_MAX).collect();
    let trimmed = kept.trim_matches(['.', ' ']);
    if trimmed.is_empty() {
        "file".to_owned()
    } else {
        trimmed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_download_is_called_as_its_reader_writes() {
        assert_eq!(
            attachment("members 2026.csv"),
            "attachment; filename=\"members 2026.csv\""
        );
        assert_eq!(
            attachment("Отчёт 100%.csv"),
            "attachment; filename=\"_____ 100_.csv\"; \
             filename*=UTF-8''%D0%9E%D1%82%D1%87%D1%91%D1%82%20100%25.csv"
        );
        assert_eq!(attachment("../..\r\nX: \"y\""), "attachment; filename=\"X: y\"");
        assert_eq!(attachment("\u{202e}"), "attachment; filename=\"file\"");
    }

    proptest! {
        #[test]
        fn whatever_it_is_called_the_header_is_one(called in "\\PC*|[\\x00-\\x7f]*") {
            let header = attachment(&called);
            prop_assert!(http::HeaderValue::try_from(&header).is_ok());
            prop_assert_eq!(header.matches('"').count(), 2);
            prop_assert_eq!(attachment(&cleaned(&called)), header);
        }
    }
}
