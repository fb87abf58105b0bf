//! Lines of iCalendar: unfolding, folding, escapes, and the limits of it all.
//!
//! What is kept true: a line that is not folded is borrowed, never copied; folds are undone in bytes, so one inside a
//! character does no harm (RFC 5545 3.1 allows it, and clients do it); every line knows its physical number.
//!
//! Lenient, because real files are so and nothing is lost: bare LF as the end of a line, several CR before it, CR alone in a
//! text without LF, a byte order mark, empty lines (also between a line and what continues it). Control characters, which
//! RFC 5545 forbids, mean nothing and no XML could carry them: they are dropped. What is not UTF-8 is refused, because a guess
//! at it would be lost text.

use std::borrow::Cow;

use crate::problem::{Problem, Reason};

/// How much of a text is read. Whoever writes more is told which limit it was.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the whole text.
    pub bytes: usize,
    /// Bytes of one line after unfolding.
    pub line: usize,
    /// Components within components. Nothing in the RFCs needs more than four.
    pub depth: usize,
    pub components: usize,
    pub properties: usize,
}

impl Limits {
    /// One object of a calendar. A megabyte is a series with thousands of moved instances or with a small picture in it.
    pub const OBJECT: Limits = Limits {
        bytes: 1 << 20,
        line: 1 << 19,
        depth: 8,
        components: 10_000,
        properties: 100_000,
    };

    /// A file with many objects that somebody imports or subscribes to: ten years of a busy life are five megabytes.
    pub const FILE: Limits = Limits {
        bytes: 32 << 20,
        line: 1 << 19,
        depth: 8,
        components: 200_000,
        properties: 2_000_000,
    };
}

/// A line as written may have this many bytes, the end of the line not counted (RFC 5545 3.1).
const FOLD_AT: usize = 75;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The logical lines of a text, with the number of the physical line on which each begins.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    number: usize,
    longest: usize,
    /// LF, or CR in a text that has no LF.
    end: u8,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8], limits: &Limits) -> Lines<'a> {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let has_lf = memchr::memchr(b'\n', bytes).is_some();
        Lines {
            bytes,
            end: if has_lf { b'\n' } else { b'\r' },
            at: 0,
            number: 0,
            longest: limits.line,
        }
    }

    /// The next physical line without its end.
    fn physical(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        self.number += 1;
        let mut line = match memchr::memchr(self.end, rest) {
            Some(end) => {
                self.at += end + 1;
                &rest[..end]
            }
            None => {
                self.at = self.bytes.len();
                rest
            }
        };
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        Some(line)
    }

    /// What continues the line before, if the next line does.
    fn continuation(&mut self) -> Option<&'a [u8]> {
        loop {
            match self.bytes.get(self.at)? {
                b' ' | b'\t' => return self.physical().map(|line| &line[1..]),
                b'\r' | b'\n' => {
                    let before = (self.at, self.number);
                    if !self.physical()?.is_empty() {
                        (self.at, self.number) = before;
                        return None;
                    }
                }
                _ => return None,
            }
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, Result<Cow<'a, str>, Problem>);

    fn next(&mut self) -> Option<Self::Item> {
        let first = loop {
            let line = self.physical()?;
            if !line.is_empty() {
                break line;
            }
        };
        let number = self.number;
        let mut joined: Option<Vec<u8>> = None;
        while let Some(more) = self.continuation() {
            joined
                .get_or_insert_with(|| first.to_vec())
                .extend_from_slice(more);
        }
        let length = joined.as_ref().map_or(first.len(), Vec::len);
        let line = if length > self.longest {
            Err(Reason::LineTooLong { limit: self.longest })
        } else if matches!(first.first(), Some(b' ' | b'\t')) {
            Err(Reason::NothingToContinue)
        } else {
            match joined {
                Some(bytes) => String::from_utf8(bytes)
                    .map(Cow::Owned)
                    .map_err(|_| Reason::NotUtf8),
                None => std::str::from_utf8(first)
                    .map(Cow::Borrowed)
                    .map_err(|_| Reason::NotUtf8),
            }
        };
        let line = line
            .map(without_control)
            .map_err(|reason| Problem::new(number, reason));
        Some((number, line))
    }
}

fn is_control(byte: u8) -> bool {
    byte < b' ' && byte != b'\t'
}

/// The same text without what no line of it may have; its lines stay as they are. Borrowed where it has nothing of it.
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_odd = |byte: u8| is_control(byte) && !matches!(byte, b'\r' | b'\n');
    if text.bytes().fold(false, |found, byte| found | is_odd(byte)) {
        let kept = |c: &char| *c >= ' ' || matches!(c, '\t' | '\r' | '\n');
        Cow::Owned(text.chars().filter(kept).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Drops what RFC 5545 forbids in a line and XML cannot carry.
pub(crate) fn without_control(text: Cow<'_, str>) -> Cow<'_, str> {
    // a sum and not `any`: it has no early end, so the compiler looks at many bytes at once
    if text.bytes().fold(false, |found, byte| found | is_control(byte)) {
        Cow::Owned(text.chars().filter(|&c| c == '\t' || c >= ' ').collect())
    } else {
        text
    }
}

/// Appends a line, folded between characters so that no physical line is longer than 75 bytes, with its end.
pub(crate) fn fold_into(out: &mut String, line: &str) {
    let mut rest = line;
    let mut room = FOLD_AT;
    while rest.len() > room {
        let cut = (1..=room)
            .rev()
            .find(|&at| rest.is_char_boundary(at))
            .unwrap_or(rest.len());
        let (head, tail) = rest.split_at(cut);
        out.push_str(head);
        out.push_str("\r\n ");
        rest = tail;
        room = FOLD_AT - 1;
    }
    out.push_str(rest);
    out.push_str("\r\n");
}

/// The text that a TEXT value means (RFC 5545 3.3.11). A backslash before a letter or digit that is no escape stays: it is
/// somebody's `C:\temp`, written without escaping. Before anything else it goes, as `\"` and `\:` of sloppy writers want it.
pub fn unescape(value: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', value.as_bytes()) else {
        return Cow::Borrowed(value);
    };
    let mut text = String::with_capacity(value.len());
    text.push_str(&value[..first]);
    let mut chars = value[first..].chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'N') => text.push('\n'),
            Some(other) if other.is_alphanumeric() => text.extend(['\\', other]),
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    Cow::Owned(text)
}

/// A text as a TEXT value. Ends of lines become `\n`; other control characters are dropped.
pub fn escape(text: &str) -> Cow<'_, str> {
    let special = |byte: u8| matches!(byte, b'\\' | b';' | b',') || is_control(byte);
    if !text.bytes().any(special) {
        return Cow::Borrowed(text);
    }
    let mut value = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | ';' | ',' => value.extend(['\\', c]),
            '\n' => value.push_str("\\n"),
            '\r' if chars.peek() != Some(&'\n') => value.push_str("\\n"),
            c if c < ' ' && c != '\t' => {}
            c => value.push(c),
        }
    }
    Cow::Owned(value)
}

/// The parts of a value between `separator`s that have no backslash before them; each still escaped.
pub fn split_unescaped(value: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut at = 0;
        let bytes = text.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            if byte == separator {
                rest = Some(&text[at + 1..]);
                return Some(&text[..at]);
            }
            at += if byte == b'\\' { 2 } else { 1 };
        }
        rest = None;
        Some(text)
    })
}

/// The value of a parameter as meant: RFC 6868 undone.
pub(crate) fn uncaret(value: &str) -> Cow<'_, str> {
    if !value.contains('^') {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        let meant = match (c, chars.peek()) {
            ('^', Some('n')) => '\n',
            ('^', Some('^')) => '^',
            ('^', Some('\'')) => '"',
            _ => {
                text.push(c);
                continue;
            }
        };
        chars.next();
        text.push(meant);
    }
    Cow::Owned(text)
}

/// Appends the value of a parameter as written: RFC 6868, and quoted where it has to be.
pub(crate) fn caret_into(out: &mut String, value: &str) {
    let quoted = value.contains([':', ';', ',']);
    if quoted {
        out.push('"');
    }
    for c in value.chars() {
        match c {
            '\n' => out.push_str("^n"),
            '"' => out.push_str("^'"),
            '^' => out.push_str("^^"),
            c if c < ' ' && c != '\t' => {}
            c => out.push(c),
        }
    }
    if quoted {
        out.push('"');
    }
}

#[cfg(test)]
mod tests;
