//! Addresses: what they name, and how they are written.
//!
//! One place has one address as we write it; it is read in whatever way a client encodes it.

use std::fmt::Write as _;

use kernel::PersonId;

/// What an address names. Whether it is there is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `/`, where some clients look first.
    Top,
    /// `/dav/`
    Root,
    /// `/dav/principals/`
    Principals,
    Principal(PersonId),
    /// `/dav/calendars/`
    Homes,
    Home(PersonId),
    /// `/dav/calendars/{person}/outbox/`, where it is asked when others are busy.
    Outbox(PersonId),
    Calendar(PersonId, String),
    Object(PersonId, String, String),
}

/// A name in an address has no more bytes: a UID with an ending, and what file systems take.
pub const NAME_BYTES_MAX: usize = 255;

/// Names that no calendar of somebody's own has.
pub const INBOX: &str = "inbox";
pub const OUTBOX: &str = "outbox";

impl Place {
    /// Reads a path, or a whole address; none where nothing of ours can be.
    pub fn read(address: &str) -> Option<Place> {
        let path = path_of(address)?;
        let path = path.split(['?', '#']).next().unwrap_or_default();
        if path == "/" {
            return Some(Place::Top);
        }
        let rest = path.strip_prefix("/dav")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let mut steps = rest.split('/');
        if !steps.next()?.is_empty() {
            return None;
        }
        let mut step = || steps.next().map(decoded);
        let person = |text: Option<String>| text?.parse().ok().map(PersonId);
        let place = match step() {
            None => Place::Root,
            Some(Some(first)) if first == "principals" => match step() {
                None => Place::Principals,
                Some(text) => Place::Principal(person(text)?),
            },
            Some(Some(first)) if first == "calendars" => match (step(), step(), step()) {
                (None, ..) => Place::Homes,
                (Some(text), None, _) => Place::Home(person(text)?),
                (Some(text), Some(Some(name)), None) if name == OUTBOX => Place::Outbox(person(text)?),
                (Some(text), Some(calendar), None) => Place::Calendar(person(text)?, calendar?),
                (Some(text), Some(calendar), Some(object)) => {
                    Place::Object(person(text)?, calendar?, object?)
                }
            },
            Some(_) => return None,
        };
        steps.next().is_none().then_some(place)
    }

    /// The address, as it stands in answers.
    pub fn href(&self) -> String {
        let mut href = String::with_capacity(96);
        match self {
            Place::Top => href.push('/'),
            Place::Root => href.push_str("/dav/"),
            Place::Principals => href.push_str("/dav/principals/"),
            Place::Homes => href.push_str("/dav/calendars/"),
            Place::Principal(person) => {
                let _ = write!(href, "/dav/principals/{person}/");
            }
            Place::Home(person) => {
                let _ = write!(href, "/dav/calendars/{person}/");
            }
            Place::Outbox(person) => {
                let _ = write!(href, "/dav/calendars/{person}/{OUTBOX}/");
            }
            Place::Calendar(person, calendar) => {
                let _ = write!(href, "/dav/calendars/{person}/");
                encode(calendar, &mut href);
                href.push('/');
            }
            Place::Object(person, calendar, object) => {
                let _ = write!(href, "/dav/calendars/{person}/");
                encode(calendar, &mut href);
                href.push('/');
                encode(object, &mut href);
            }
        }
        href
    }

    /// Whose place it is, if it is somebody's.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Place::Principal(person)
            | Place::Home(person)
            | Place::Outbox(person)
            | Place::Calendar(person, _)
            | Place::Object(person, ..) => Some(*person),
            Place::Top | Place::Root | Place::Principals | Place::Homes => None,
        }
    }
}

/// The path of an address, which may be whole or begin at the root.
fn path_of(address: &str) -> Option<&str> {
    let address = address.trim();
    if address.starts_with('/') {
        return Some(address);
    }
    let (scheme, rest) = address.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    Some(rest.find('/').map_or("/", |at| &rest[at..]))
}

/// A name as it is meant; none for what cannot be one.
pub(crate) fn decoded(step: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    let name = String::from_utf8(bytes).ok()?;
    let fits = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name != "." && name != "..";
    (fits && !name.chars().any(char::is_control)).then_some(name)
}

/// Writes a name into an address. What every client leaves as it is stays, the rest is encoded.
pub fn encode(name: &str, out: &mut String) {
    for &byte in name.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'@' | b':' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_however_a_client_encodes_it() {
        let person = PersonId("01997a3c-5f0e-8a31-9d2c-4b7a11c0ffee".parse().unwrap());
        let home = format!("/dav/calendars/{person}");
        for (address, place) in [
            ("/dav", Place::Root),
            ("/", Place::Top),
            ("https://here.example/dav/", Place::Root),
            ("/dav/principals/", Place::Principals),
            (&format!("/dav/principals/{person}"), Place::Principal(person)),
            (&format!("{home}/"), Place::Home(person)),
            (
                &format!("{home}/a%20b/"),
                Place::Calendar(person, "a b".to_owned()),
            ),
            (
                &format!("{home}/work/%61@b%2Fc%C3%A9.ics"),
                Place::Object(person, "work".to_owned(), "a@b/cé.ics".to_owned()),
            ),
        ] {
            assert_eq!(Place::read(address), Some(place.clone()), "{address}");
            assert_eq!(Place::read(&place.href()), Some(place), "{address}");
        }
        for nothing in ["", "dav", "/davx", "/dav/x/", "/dav/principals/x/", "mailto:a@b"] {
            assert_eq!(Place::read(nothing), None, "{nothing}");
        }
        for name in ["..", "%2e%2E", "a%", "a%zz", "%ff", "%00", "a//b", "a/b/c"] {
            assert_eq!(Place::read(&format!("{home}/{name}")), None, "{name}");
        }
        assert_eq!(Place::read(&format!("{home}/{}", "a".repeat(256))), None);
    }
}
