//! What a server says, read from bytes that come in pieces of any size.
//!
//! What is kept true: a reply is the same however its bytes were chopped up, and a server that never ends a line or a
//! reply costs a few kilobytes and the connection, never more.

use std::fmt;

/// RFC 5321 allows 512 bytes a line; servers with long host names go beyond.
const LINE_MAX: usize = 4 * 1024;
/// A long EHLO has thirty lines.
const LINES_MAX: usize = 128;
/// What is kept of the words of a reply, for people.
const WORDS_MAX: usize = 400;

/// `x.y.z` of RFC 3463.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enhanced {
    pub class: u16,
    pub subject: u16,
    pub detail: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub enhanced: Option<Enhanced>,
    /// The text of each line behind the code.
    pub lines: Vec<String>,
}

/// The server does not speak SMTP, or without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReply {
    #[error("a line does not begin with a reply code")]
    NoCode,
    #[error("the lines of one reply bear different codes")]
    MixedCodes,
    #[error("a line of more than {LINE_MAX} bytes")]
    LongLine,
    #[error("a reply of more than {LINES_MAX} lines")]
    ManyLines,
}

impl Reply {
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    pub fn is_refusal(&self) -> bool {
        (400..600).contains(&self.code)
    }

    pub fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }
}

/// In one line, as people quote it: `550 5.1.1 no such user`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let mut left = WORDS_MAX;
        for line in &self.lines {
            let shown: String = line.chars().take(left).collect();
            left = left.saturating_sub(shown.chars().count());
            if !shown.is_empty() {
                write!(f, " {shown}")?;
            }
        }
        Ok(())
    }
}

/// Bytes in, replies out.
#[derive(Debug, Default)]
pub struct Replies {
    bytes: Vec<u8>,
    /// Up to where `bytes` has been read.
    read: usize,
    code: u16,
    lines: Vec<String>,
}

impl Replies {
    pub fn take_in(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether everything that came has been read: nothing may stand behind the answer to STARTTLS.
    pub fn is_empty(&self) -> bool {
        self.read == self.bytes.len() && self.lines.is_empty()
    }

    /// The next whole reply, once it is there.
    pub fn next(&mut self) -> Result<Option<Reply>, BadReply> {
        loop {
            let unread = &self.bytes[self.read..];
            let Some(end) = memchr::memchr(b'\n', unread.get(..LINE_MAX).unwrap_or(unread)) else {
                if unread.len() >= LINE_MAX {
                    return Err(BadReply::LongLine);
                }
                self.bytes.drain(..self.read);
                self.read = 0;
                return Ok(None);
            };
            let line = &unread[..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let (code, last, text) = parse_line(line)?;
            if !self.lines.is_empty() && code != self.code {
                return Err(BadReply::MixedCodes);
            }
            if self.lines.len() >= LINES_MAX {
                return Err(BadReply::ManyLines);
            }
            self.code = code;
            self.lines.push(text);
            self.read += end + 1;
            if last {
                let lines = std::mem::take(&mut self.lines);
                let enhanced = lines.first().and_then(|line| parse_enhanced(code, line));
                return Ok(Some(Reply {
                    code,
                    enhanced,
                    lines,
                }));
            }
        }
    }
}

/// The code, whether it is the reply's last line, and the text. What is not UTF-8 or a control becomes visible.
fn parse_line(line: &[u8]) -> Result<(u16, bool, String), BadReply> {
    let digits = line.get(..3).ok_or(BadReply::NoCode)?;
    let plausible = (b'1'..=b'5').contains(&digits[0]) && digits.iter().all(u8::is_ascii_digit);
    if !plausible {
        return Err(BadReply::NoCode);
    }
    let code = digits
        .iter()
        .fold(0u16, |code, digit| code * 10 + u16::from(digit - b'0'));
    let (last, text) = match line.get(3) {
        None => (true, &line[3..]),
        Some(b' ') => (true, &line[4..]),
        Some(b'-') => (false, &line[4..]),
        Some(_) => return Err(BadReply::NoCode),
    };
    let text = String::from_utf8_lossy(text)
        .trim_end()
        .replace(char::is_control, "\u{FFFD}");
    Ok((code, last, text))
}

/// Only when its class agrees with the code: what follows a code is free text.
fn parse_enhanced(code: u16, line: &str) -> Option<Enhanced> {
    let first = line.split_ascii_whitespace().next()?;
    let mut parts = first.split('.').map(|part| {
        let sane = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if sane { part.parse::<u16>().ok() } else { None }
    });
    let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    let whole = parts.next().is_none() && class == code / 100;
    whole.then_some(Enhanced {
        class,
        subject,
        detail,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_all(pieces: &[&[u8]]) -> Result<Vec<Reply>, BadReply> {
        let mut replies = Replies::default();
        let mut read = Vec::new();
        for piece in pieces {
            replies.take_in(piece);
            while let Some(reply) = replies.next()? {
                read.push(reply);
            }
        }
        Ok(read)
    }

    fn said(text: &str) -> Result<Vec<String>, BadReply> {
        read_all(&[text.as_bytes()]).map(|replies| replies.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn replies_are_read_as_servers_write_them() {
        for (text, expected) in [
            (
                "250 2.0.0 Ok: queued as 12\r\n",
                &["250 2.0.0 Ok: queued as 12"][..],
            ),
            (
                "250-a\r\n250-SIZE 10\r\n250 DSN\r\n354 go\r\n",
                &["250 a SIZE 10 DSN", "354 go"],
            ),
            ("220\r\n", &["220"]),
            ("250 bare line end\n", &["250 bare line end"]),
            ("250-\r\n250 \r\n", &["250"]),
            ("550 caf\u{0}\r\n", &["550 caf\u{FFFD}"]),
            ("25", &[]),
        ] {
            assert_eq!(said(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_smtp_is_refused() {
        let long = format!("250 {}", "x".repeat(LINE_MAX));
        let endless = "250-x\r\n".repeat(LINES_MAX + 1);
        for (text, expected) in [
            ("HTTP/1.1 400 Bad Request\r\n", BadReply::NoCode),
            ("25\r\n", BadReply::NoCode),
            ("999 no\r\n", BadReply::NoCode),
            ("250_no\r\n", BadReply::NoCode),
            ("250-a\r\n550 b\r\n", BadReply::MixedCodes),
            (&long, BadReply::LongLine),
            (&endless, BadReply::ManyLines),
        ] {
            assert_eq!(said(text), Err(expected), "{text:.40}");
        }
    }

    #[test]
    fn an_enhanced_code_counts_only_beside_its_own_class() {
        let enhanced = |text: &str| read_all(&[text.as_bytes()]).unwrap()[0].enhanced;
        assert_eq!(
            enhanced("550 5.1.10 gone\r\n"),
            Some(Enhanced {
                class: 5,
                subject: 1,
                detail: 10
            })
        );
        for text in [
            "550 4.1.1 x\r\n",
            "550 5.1 x\r\n",
            "550 5.1.1.1 x\r\n",
            "550 5.1.1234 x\r\n",
            "250 mx.1.2 x\r\n",
        ] {
            assert_eq!(enhanced(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_reply_is_the_same_however_it_is_chopped_up(
            codes in prop::collection::vec((200u16..560, prop::collection::vec("[ -~]{0,40}", 1..4)), 1..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let mut text = String::new();
            for (code, lines) in &codes {
                for (index, line) in lines.iter().enumerate() {
                    let mark = if index + 1 == lines.len() { ' ' } else { '-' };
                    text.push_str(&format!("{code}{mark}{line}\r\n"));
                }
            }
            let bytes = text.as_bytes();
            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            ends.extend([0, bytes.len()]);
            ends.sort_unstable();
            let pieces: Vec<&[u8]> = ends.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let whole = read_all(&[bytes]).unwrap();
            prop_assert_eq!(whole.len(), codes.len());
            prop_assert_eq!(read_all(&pieces).unwrap(), whole);
        }

        #[test]
        fn no_bytes_break_the_reader_or_fill_the_memory(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..24),
        ) {
            let mut replies = Replies::default();
            for piece in &pieces {
                replies.take_in(piece);
                loop {
                    match replies.next() {
                        Ok(Some(reply)) => prop_assert!(reply.lines.len() <= LINES_MAX),
                        Ok(None) => break,
                        Err(_) => return Ok(()),
                    }
                }
                prop_assert!(replies.bytes.len() < LINE_MAX);
            }
        }

        #[test]
        fn digits_and_line_ends_in_any_order_break_nothing(text in "[0-9 .\\-\r\n]{0,400}") {
            read_all(&[text.as_bytes()]).ok();
        }
    }
}
