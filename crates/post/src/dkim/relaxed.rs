//! The relaxed form of RFC 6376 (3.4.2 and 3.4.4): what of a letter is signed, whatever relays do to its white space.

use memchr::memchr;
use sha2::{Digest as _, Sha256};

pub struct Field {
    /// In lower case.
    pub name: String,
    /// `name:value`, without the end of the line.
    pub line: Vec<u8>,
}

/// The fields of a head, unfolded.
pub fn fields(head: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let (field, later) = rest.split_at(end_of_field(rest));
        rest = later;
        let Some(colon) = memchr(b':', field) else {
            continue;
        };
        let name = String::from_utf8_lossy(&field[..colon])
            .trim()
            .to_ascii_lowercase();
        let mut line = format!("{name}:").into_bytes();
        let start = line.len();
        squeeze(&field[colon + 1..], &mut line);
        if line.get(start) == Some(&b' ') {
            line.remove(start);
        }
        fields.push(Field { name, line });
    }
    fields
}

/// A field goes on as long as the next line begins with white space.
fn end_of_field(text: &[u8]) -> usize {
    let mut end = 0;
    loop {
        match memchr(b'\n', &text[end..]) {
            None => return text.len(),
            Some(at) => end += at + 1,
        }
        if !matches!(text.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
}

/// White space and folds become one blank; there is none at the end.
fn squeeze(text: &[u8], out: &mut Vec<u8>) {
    let mut blank = false;
    for byte in text {
        match byte {
            b' ' | b'\t' => blank = true,
            b'\r' | b'\n' => {}
            _ => {
                if std::mem::take(&mut blank) {
                    out.push(b' ');
                }
                out.push(*byte);
            }
        }
    }
}

/// SHA-256 of the body: each line squeezed, and no empty lines at its end.
pub fn body_digest(body: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    let (mut rest, mut empty_lines) = (body, 0);
    let mut line = Vec::with_capacity(1024);
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        line.clear();
        squeeze(&rest[..end], &mut line);
        rest = &rest[end..];
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines) {
            digest.update(b"\r\n");
        }
        line.extend_from_slice(b"\r\n");
        digest.update(&line);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_is_canonicalised_as_the_rfc_does() {
        let lines: Vec<Vec<u8>> = fields(b"A: X\r\nB : Y\t\r\n\tZ  \r\n")
            .into_iter()
            .map(|field| field.line)
            .collect();
        assert_eq!(lines, [b"a:X".to_vec(), b"b:Y Z".to_vec()]);
        let expected: [u8; 32] = Sha256::digest(b" C\r\nD E\r\n").into();
        assert_eq!(body_digest(b" C \r\nD \t E\r\n\r\n\r\n"), expected);
    }

    #[test]
    fn bodies_that_look_alike_have_one_digest() {
        let nothing: [u8; 32] = Sha256::digest(b"").into();
        for body in ["", "\r\n", "\r\n\r\n", " \r\n\t\r\n"] {
            assert_eq!(body_digest(body.as_bytes()), nothing, "{body:?}");
        }
        assert_eq!(
            body_digest(b"a\r\n\r\nb"),
            body_digest(b"a \r\n\t\r\nb\t\r\n\r\n")
        );
        assert_ne!(body_digest(b"a\r\nb\r\n"), body_digest(b"a\r\n\r\nb\r\n"));
    }
}
