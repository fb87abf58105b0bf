//! What stands between the commands: addresses that cannot break out of their brackets, and letters whose lines end
//! in CRLF and nothing else, so that no server can read two letters where one was given.

use memchr::{memchr2_iter, memmem};

use super::opening::Offers;
use crate::providers::{Class, Ready, Refusal};

/// RFC 5321: 256 with the brackets.
const ADDRESS_MAX: usize = 254;

/// What the letter needs of the server beyond plain SMTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    eight_bit: bool,
    utf8: bool,
}

/// Whether this letter can be given to a server with such offers at all.
pub fn needs(letter: &Ready, offers: &Offers) -> Result<Needs, Refusal> {
    if !is_address(&letter.to) {
        return Err(refused(
            Class::Mailbox,
            "the address cannot be written into an envelope",
        ));
    }
    if !letter.from.is_empty() && !is_address(&letter.from) {
        return Err(refused(
            Class::Letter,
            "the sender cannot be written into an envelope",
        ));
    }
    if has_bare_line_ends(&letter.mime) {
        return Err(refused(
            Class::Letter,
            "a line of the letter does not end in CRLF",
        ));
    }
    let length = u64::try_from(letter.mime.len()).unwrap_or(u64::MAX);
    if offers.size.is_some_and(|limit| limit > 0 && length > limit) {
        let words = format!("the letter has {length} bytes, and the server takes less");
        return Err(refused(Class::Letter, &words));
    }
    let ascii = letter.mime.is_ascii();
    let utf8 = !letter.to.is_ascii()
        || !letter.from.is_ascii()
        || (!ascii && !letter.mime[..headers_end(&letter.mime)].is_ascii());
    if utf8 && !offers.utf8 {
        let words = "the address before its @, or a header, is not ASCII, and the server does not offer SMTPUTF8 (RFC 6531)";
        return Err(refused(Class::Letter, words));
    }
    if !ascii && !offers.eight_bit {
        let words = "the letter has 8-bit text, and the server does not offer 8BITMIME";
        return Err(refused(Class::Letter, words));
    }
    Ok(Needs {
        eight_bit: !ascii,
        utf8,
    })
}

pub fn mail_command(letter: &Ready, needs: Needs, offers: &Offers) -> String {
    let mut command = format!("MAIL FROM:<{}>", letter.from);
    if offers.size.is_some() {
        command.push_str(&format!(" SIZE={}", letter.mime.len()));
    }
    if needs.eight_bit {
        command.push_str(" BODY=8BITMIME");
    }
    if needs.utf8 {
        command.push_str(" SMTPUTF8");
    }
    command.push_str("\r\n");
    command
}

/// Appends the letter with its dots doubled, and the last dot.
pub fn write_content(mime: &[u8], out: &mut Vec<u8>) {
    out.reserve(mime.len() + mime.len() / 64 + 8);
    if mime.first() == Some(&b'.') {
        out.push(b'.');
    }
    let mut from = 0;
    for at in memmem::find_iter(mime, b"\r\n.") {
        out.extend_from_slice(&mime[from..at + 3]);
        out.push(b'.');
        from = at + 3;
    }
    out.extend_from_slice(&mime[from..]);
    if !mime.is_empty() && !mime.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
}

fn is_address(text: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | '\\' | '"');
    text.len() <= ADDRESS_MAX
        && text.chars().all(plain)
        && text
            .rsplit_once('@')
            .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
}

fn has_bare_line_ends(mime: &[u8]) -> bool {
    memchr2_iter(b'\r', b'\n', mime).any(|at| match mime[at] {
        b'\r' => mime.get(at + 1) != Some(&b'\n'),
        _ => at == 0 || mime[at - 1] != b'\r',
    })
}

fn headers_end(mime: &[u8]) -> usize {
    memmem::find(mime, b"\r\n\r\n").unwrap_or(mime.len())
}

fn refused(class: Class, words: &str) -> Refusal {
    Refusal {
        class,
        is_final: true,
        words: words.to_owned(),
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use kernel::Id;
    use proptest::prelude::*;

    use super::super::reply::Replies;
    use super::*;

    fn letter(from: &str, to: &str, mime: &[u8]) -> Ready {
        Ready {
            letter: Id::named("letter", "a"),
            kind: "test.letter",
            message_id: String::from("a@house.example"),
            from: from.to_owned(),
            to: to.to_owned(),
            mime: mime.into(),
        }
    }

    fn offers(text: &str) -> Offers {
        let mut replies = Replies::default();
        replies.take_in(format!("250-mx\r\n250 {text}\r\n").as_bytes());
        Offers::of(&replies.next().unwrap().unwrap())
    }

    #[test]
    fn a_letter_that_the_server_cannot_take_is_not_begun() {
        let plain = b"Subject: a\r\n\r\nb\r\n".as_slice();
        let body8 = "Subject: a\r\n\r\nб\r\n".as_bytes();
        let head8 = "Subject: б\r\n\r\nb\r\n".as_bytes();
        for (to, mime, offer, expected) in [
            ("a@b.example", plain, "SIZE 10", Err(Class::Letter)),
            ("a@b.example", plain, "SIZE 0", Ok(" SIZE=17")),
            ("a@b.example", plain, "SIZE", Ok(" SIZE=17")),
            ("a@b.example", plain, "HELP", Ok("")),
            ("a@b.example", body8, "HELP", Err(Class::Letter)),
            ("a@b.example", body8, "8BITMIME", Ok(" BODY=8BITMIME")),
            ("a@b.example", head8, "8BITMIME", Err(Class::Letter)),
            ("а@b.example", plain, "HELP", Err(Class::Letter)),
            ("а@b.example", plain, "SMTPUTF8", Ok(" SMTPUTF8")),
            (
                "a@b.example>\r\nRCPT TO:<c@d.example",
                plain,
                "HELP",
                Err(Class::Mailbox),
            ),
            ("a b@c.example", plain, "HELP", Err(Class::Mailbox)),
            ("a", plain, "HELP", Err(Class::Mailbox)),
            ("a@b.example", b"a\nb\r\n", "HELP", Err(Class::Letter)),
            ("a@b.example", b"a\rb\r\n", "HELP", Err(Class::Letter)),
            ("a@b.example", b"\n", "HELP", Err(Class::Letter)),
            ("a@b.example", b"a\r", "HELP", Err(Class::Letter)),
        ] {
            let (offers, letter) = (offers(offer), letter("f@house.example", to, mime));
            let got = needs(&letter, &offers).map(|needs| mail_command(&letter, needs, &offers));
            let expected = expected.map(|more| format!("MAIL FROM:<f@house.example>{more}\r\n"));
            assert_eq!(
                got.map_err(|refusal| refusal.class),
                expected,
                "{to} {offer} {mime:?}"
            );
        }
    }

    fn written(mime: &str) -> String {
        let mut out = Vec::new();
        write_content(mime.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dots_at_the_start_of_lines_are_doubled() {
        for (mime, expected) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("", ".\r\n"),
            (".\r\n", "..\r\n.\r\n"),
            ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r\n..b\r\n.c\r\n", "a\r\n...b\r\n..c\r\n.\r\n"),
            ("a.\r\n", "a.\r\n.\r\n"),
        ] {
            assert_eq!(written(mime), expected, "{mime:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_server_undoes_is_what_was_written(lines in prop::collection::vec("[a.]{0,4}", 1..12)) {
            let mime = lines.join("\r\n") + "\r\n";
            let sent = written(&mime);
            let body = sent.strip_suffix(".\r\n").unwrap();
            let wire: Vec<&str> = body.strip_suffix("\r\n").unwrap().split("\r\n").collect();
            prop_assert!(wire.iter().all(|line| *line != "."), "the letter ends early: {sent:?}");
            let read: Vec<&str> = wire.iter().map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
            prop_assert_eq!(read, lines);
        }
    }
}
