//! One property: a name, parameters and a value, kept as the one line that was written.
//!
//! What is kept true: a property that nobody touches is written as it was read, byte for byte, whatever stands in it. So the
//! line is the truth, and names, parameters and values are views of it; a change of a value leaves the parameters as they were
//! spelled. Nothing handed in can begin another line: control characters are escaped where a text has a way to say them, and
//! dropped elsewhere.
//!
//! Lenient, because nothing is lost: names with `_`, `.` and `/` in them, parameters without `=`, quotation marks inside of
//! unquoted parameters, an empty parameter.

use std::borrow::Cow;

use crate::problem::Reason;
use crate::text;

/// A content line of RFC 5545 3.1.
#[derive(Debug, Clone)]
pub struct Property<'a> {
    /// The unfolded line.
    raw: Cow<'a, str>,
    /// Where the name ends.
    name: usize,
    /// Where the value begins, after the colon.
    value: usize,
    line: usize,
}

/// Two properties are the same if they are spelled the same; where they stood makes no difference.
impl PartialEq for Property<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Property<'_> {}

/// A parameter as written: its name, and its values still joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    pub name: &'a str,
    values: &'a str,
    /// Name and values, as they are spelled.
    spelled: &'a str,
}

impl<'a> Property<'a> {
    /// A property with a value that is written as it is (a date, a rule, an address).
    pub fn new(name: &str, value: &str) -> Property<'static> {
        let mut raw = String::with_capacity(name.len() + 1 + value.len());
        raw.extend(name.chars().map(|c| if is_name_char(c) { c } else { '-' }));
        let end = raw.len();
        raw.push(':');
        raw.push_str(&text::without_control(Cow::Borrowed(value)));
        Property {
            raw: Cow::Owned(raw),
            name: end,
            value: end + 1,
            line: 0,
        }
    }

    /// A property with a text, which is escaped.
    pub fn text(name: &str, text: &str) -> Property<'static> {
        Property::new(name, &text::escape(text))
    }

    /// Finds name, parameters and value in an unfolded line.
    pub fn read(raw: Cow<'a, str>, line: usize) -> Result<Property<'a>, Reason> {
        let bytes = raw.as_bytes();
        let name = bytes
            .iter()
            .position(|&byte| !is_name_byte(byte))
            .unwrap_or(bytes.len());
        let value = match bytes.get(name) {
            Some(b':') if name > 0 => Some(name + 1),
            Some(b';') if name > 0 => outside_quotes(&bytes[name..], b':').map(|at| name + at + 1),
            _ => return Err(no_property(&raw)),
        };
        match value {
            Some(value) => Ok(Property {
                raw,
                name,
                value,
                line,
            }),
            None if raw[name..].contains('"') => Err(Reason::OpenQuote {
                name: raw[..name].to_owned(),
            }),
            None => Err(no_property(&raw)),
        }
    }

    pub fn name(&self) -> &str {
        &self.raw[..self.name]
    }

    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// The value as written.
    pub fn value(&self) -> &str {
        &self.raw[self.value..]
    }

    /// The text that the value means.
    pub fn as_text(&self) -> Cow<'_, str> {
        text::unescape(self.value())
    }

    /// The texts that the value lists.
    pub fn as_list(&self) -> impl Iterator<Item = Cow<'_, str>> {
        text::split_unescaped(self.value(), b',').map(text::unescape)
    }

    /// The physical line on which it was read; 0 for one that was made.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The whole line, unfolded, without its end.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    pub fn params(&self) -> impl Iterator<Item = Param<'_>> {
        let mut rest = &self.raw[self.name..self.value - 1];
        std::iter::from_fn(move || {
            loop {
                let text = rest.strip_prefix(';')?;
                let end = outside_quotes(text.as_bytes(), b';').unwrap_or(text.len());
                let one = &text[..end];
                rest = &text[end..];
                if !one.trim().is_empty() {
                    let (name, values) = one.split_once('=').unwrap_or((one, ""));
                    let name = name.trim();
                    return Some(Param {
                        name,
                        values,
                        spelled: one,
                    });
                }
            }
        })
    }

    /// The first value of a parameter, as meant.
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        if self.name + 1 == self.value {
            return None;
        }
        self.params().find(|param| param.is(name)).map(Param::value)
    }

    /// Whether a parameter has this value; case makes no difference.
    pub fn param_is(&self, name: &str, value: &str) -> bool {
        self.param(name)
            .is_some_and(|found| found.trim().eq_ignore_ascii_case(value))
    }

    /// Another value, written as it is. The parameters stay as they are.
    pub fn set_value(&mut self, value: &str) {
        let at = self.value;
        let raw = self.raw.to_mut();
        raw.truncate(at);
        raw.push_str(&text::without_control(Cow::Borrowed(value)));
    }

    /// Another text, which is escaped. The parameters stay as they are.
    pub fn set_text(&mut self, text: &str) {
        self.set_value(&text::escape(text));
    }

    /// Gives a parameter this value, in its place if it is there, and leaves the others as they are spelled.
    pub fn set_param(&mut self, name: &str, value: &str) {
        self.set_params(name, &[value]);
    }

    /// Gives a parameter these values; no values take it away.
    pub fn set_params(&mut self, name: &str, values: &[&str]) {
        let mut head = self.name().to_owned();
        let end = head.len();
        let mut written = values.is_empty();
        for param in self.params() {
            if !param.is(name) {
                head.push(';');
                head.push_str(param.spelled);
            } else if !written {
                write_param(&mut head, param.name, values);
                written = true;
            }
        }
        if !written {
            write_param(&mut head, name, values);
        }
        head.push(':');
        let value = head.len();
        head.push_str(self.value());
        self.raw = Cow::Owned(head);
        self.name = end;
        self.value = value;
    }

    /// Takes over what another says, and stays where it stood.
    pub(crate) fn become_like(&mut self, other: Property<'a>) {
        let line = self.line;
        *self = Property { line, ..other };
    }

    pub fn remove_param(&mut self, name: &str) {
        if self.params().any(|param| param.is(name)) {
            self.set_params(name, &[]);
        }
    }

    /// The same property with a parameter more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Property<'a> {
        self.set_param(name, value);
        self
    }

    pub fn into_owned(self) -> Property<'static> {
        Property {
            raw: Cow::Owned(self.raw.into_owned()),
            name: self.name,
            value: self.value,
            line: self.line,
        }
    }
}

impl<'a> Param<'a> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The first value, as meant.
    pub fn value(self) -> Cow<'a, str> {
        self.values().next().unwrap_or_default()
    }

    /// All values, as meant: unquoted, and RFC 6868 undone.
    pub fn values(self) -> impl Iterator<Item = Cow<'a, str>> {
        let mut rest = Some(self.values);
        std::iter::from_fn(move || {
            let text = rest?;
            let one = match outside_quotes(text.as_bytes(), b',') {
                Some(end) => {
                    rest = Some(&text[end + 1..]);
                    &text[..end]
                }
                None => {
                    rest = None;
                    text
                }
            };
            let unquoted = one
                .trim()
                .strip_prefix('"')
                .and_then(|inner| inner.strip_suffix('"'));
            Some(text::uncaret(unquoted.unwrap_or(one)))
        })
    }
}

fn write_param(out: &mut String, name: &str, values: &[&str]) {
    out.push(';');
    out.extend(name.chars().map(|c| if is_name_char(c) { c } else { '-' }));
    for (index, value) in values.iter().enumerate() {
        out.push(if index == 0 { '=' } else { ',' });
        text::caret_into(out, value);
    }
}

fn outside_quotes(bytes: &[u8], wanted: u8) -> Option<usize> {
    let mut quoted = false;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == b'"' {
            quoted = !quoted;
        } else if byte == wanted && !quoted {
            return Some(at);
        }
    }
    None
}

/// Whether properties and components may be called so.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/')
}

fn is_name_char(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_name_byte)
}

fn no_property(raw: &str) -> Reason {
    Reason::NoProperty {
        start: raw.chars().take(30).collect(),
    }
}

#[cfg(test)]
mod tests;
