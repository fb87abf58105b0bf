//! Elements: reading them within limits, and writing them.
//!
//! A request is read into a tree at once: it is small by its limits, and the types are then read from it in plain sight.

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

pub const DAV: &str = "DAV:";
pub const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// ctag, sharing and what else Apple's server began.
pub const CALENDARSERVER: &str = "http://calendarserver.org/ns/";
/// Colour and order of calendars.
pub const APPLE: &str = "http://apple.com/ns/ical/";

/// Prefixes of answers; some clients know these only.
const PREFIXES: [(&str, &str); 4] = [("D", DAV), ("C", CALDAV), ("CS", CALENDARSERVER), ("A", APPLE)];

/// A multiget of ten thousand members with long names, or a property with a long time zone.
pub const BYTES_MAX: usize = 4 << 20;
/// Filters nest five deep, dead properties are for somebody else to understand.
pub const DEPTH_MAX: usize = 32;
pub const ELEMENTS_MAX: usize = 50_000;

/// Why a body was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the body is longer than {BYTES_MAX} bytes")]
    TooLong,
    #[error("elements are nested more than {DEPTH_MAX} deep")]
    TooDeep,
    #[error("there are more than {ELEMENTS_MAX} elements")]
    TooMany,
    #[error("the body is not well-formed XML: {0}")]
    Malformed(String),
    #[error("the body has a document type or an entity of its own: leave them out")]
    Entity,
    #[error("the body is {found}, not {expected}")]
    Unexpected { found: String, expected: &'static str },
    #[error("{within} needs {what}")]
    Missing {
        within: &'static str,
        what: &'static str,
    },
    #[error("{what} is not a time such as 20261224T180000Z, or the end is not after the start")]
    BadRange { what: String },
    #[error("the report {0} is not known")]
    UnknownReport(String),
    #[error("the collation {0} is not known: use i;ascii-casemap, i;octet or i;unicode-casemap")]
    UnknownCollation(String),
}

/// A name in a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    pub space: Cow<'static, str>,
    pub local: Cow<'static, str>,
}

impl Name {
    pub const fn new(space: &'static str, local: &'static str) -> Name {
        Name {
            space: Cow::Borrowed(space),
            local: Cow::Borrowed(local),
        }
    }

    pub fn is(&self, space: &str, local: &str) -> bool {
        self.local == local && self.space == space
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: Name,
    pub attributes: Vec<(Name, String)>,
    pub children: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub fn is(&self, space: &str, local: &str) -> bool {
        self.name.is(space, local)
    }

    /// The elements directly inside.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub fn all(&self, space: &str, local: &str) -> impl Iterator<Item = &Element> {
        self.elements().filter(move |element| element.is(space, local))
    }

    pub fn child(&self, space: &str, local: &str) -> Option<&Element> {
        self.elements().find(|element| element.is(space, local))
    }

    /// The text directly inside.
    pub fn text(&self) -> String {
        let texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }

    /// An attribute without namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(name, _)| name.is("", local));
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads a body. One that is empty but for white space is none.
pub fn parse(body: &[u8]) -> Result<Option<Element>, Refusal> {
    if body.len() > BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|_| Refusal::Malformed("it is not UTF-8".to_owned()))?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut reader = NsReader::from_str(text);
    let (mut open, mut root, mut count) = (Vec::new(), None, 0);
    loop {
        let event = reader.read_event().map_err(malformed)?;
        match event {
            Event::Start(start) => {
                begin(&mut open, root.is_some(), &mut count, element(&reader, &start)?)?;
            }
            Event::Empty(start) => {
                begin(&mut open, root.is_some(), &mut count, element(&reader, &start)?)?;
                end(&mut open, &mut root);
            }
            Event::End(_) => end(&mut open, &mut root),
            Event::Text(text) => add_text(
                &mut open,
                &text.xml_content(XmlVersion::default()).map_err(malformed)?,
            )?,
            Event::CData(text) => add_text(
                &mut open,
                &text.xml_content(XmlVersion::default()).map_err(malformed)?,
            )?,
            Event::GeneralRef(reference) => {
                let named = reference.decode().map_err(malformed)?;
                let text = match reference.resolve_char_ref().map_err(malformed)? {
                    Some(c) => c.to_string(),
                    None => match quick_xml::escape::resolve_predefined_entity(&named) {
                        Some(text) => text.to_owned(),
                        None => return Err(Refusal::Entity),
                    },
                };
                add_text(&mut open, &text)?;
            }
            Event::DocType(_) => return Err(Refusal::Entity),
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
        }
    }
    if !open.is_empty() || root.is_none() {
        return Err(Refusal::Malformed("it ends too early".to_owned()));
    }
    Ok(root)
}

fn begin(open: &mut Vec<Element>, second: bool, count: &mut usize, element: Element) -> Result<(), Refusal> {
    *count += 1;
    if second {
        return Err(Refusal::Malformed("there is a second root element".to_owned()));
    }
    if open.len() >= DEPTH_MAX {
        return Err(Refusal::TooDeep);
    }
    if *count > ELEMENTS_MAX {
        return Err(Refusal::TooMany);
    }
    open.push(element);
    Ok(())
}

fn end(open: &mut Vec<Element>, root: &mut Option<Element>) {
    if let Some(element) = open.pop() {
        match open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => *root = Some(element),
        }
    }
}

fn add_text(open: &mut [Element], more: &str) -> Result<(), Refusal> {
    let Some(element) = open.last_mut() else {
        let stray = !more.trim().is_empty();
        return if stray {
            Err(Refusal::Malformed("there is text outside".to_owned()))
        } else {
            Ok(())
        };
    };
    match element.children.last_mut() {
        Some(Node::Text(text)) => text.push_str(more),
        _ => element.children.push(Node::Text(more.to_owned())),
    }
    Ok(())
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, Refusal> {
    let (space, local) = reader.resolver().resolve_element(start.name());
    let name = name(&space, local.as_ref())?;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(malformed)?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (space, local) = reader.resolver().resolve_attribute(attribute.key);
        let value = attribute
            .normalized_value(XmlVersion::default())
            .map_err(malformed)?;
        attributes.push((self::name(&space, local.as_ref())?, value.into_owned()));
    }
    Ok(Element {
        name,
        attributes,
        children: Vec::new(),
    })
}

fn name(space: &ResolveResult<'_>, local: &[u8]) -> Result<Name, Refusal> {
    let space = match space {
        ResolveResult::Bound(space) => known(std::str::from_utf8(space.as_ref()).map_err(malformed)?),
        ResolveResult::Unbound => Cow::Borrowed(""),
        ResolveResult::Unknown(_) => return Err(Refusal::Malformed("a prefix has no namespace".to_owned())),
    };
    let local = std::str::from_utf8(local).map_err(malformed)?;
    if !is_name(local) {
        return Err(Refusal::Malformed(format!("{local:?} is no name")));
    }
    Ok(Name {
        space,
        local: Cow::Owned(local.to_owned()),
    })
}

/// Whether it may be written as a name, so that what somebody stored never breaks an answer.
fn is_name(local: &str) -> bool {
    let begins = |c: char| c.is_alphabetic() || c == '_';
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    local.starts_with(begins) && local.chars().all(goes_on)
}

/// Whether a byte may not stand in a text as it is, or may begin a character that may not.
fn stops(byte: u8) -> bool {
    matches!(byte, 0..b'\t' | 0x0B..b' ' | b'<' | b'>' | b'&' | b'"' | 0xEF)
}

fn known(space: &str) -> Cow<'static, str> {
    let found = PREFIXES.iter().find(|(_, known)| *known == space);
    found.map_or_else(
        || Cow::Owned(space.to_owned()),
        |(_, known)| Cow::Borrowed(*known),
    )
}

fn malformed(error: impl std::fmt::Display) -> Refusal {
    Refusal::Malformed(error.to_string())
}

/// Writes elements; the prefixes of `PREFIXES` are bound at the root, other namespaces where they are used.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    started: bool,
}

impl Writer {
    pub fn new() -> Writer {
        Writer {
            out: String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"),
            started: false,
        }
    }

    /// An element with what `inside` writes.
    pub fn element(&mut self, space: &str, local: &str, inside: impl FnOnce(&mut Writer)) {
        self.element_with(space, local, &[], inside);
    }

    pub fn element_with(
        &mut self,
        space: &str,
        local: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Writer),
    ) {
        self.out.push('<');
        self.tag(space, local);
        if PREFIXES.iter().all(|(_, known)| *known != space) {
            self.attribute("xmlns", space);
        }
        if !self.started {
            self.started = true;
            for (prefix, space) in PREFIXES {
                self.attribute(&format!("xmlns:{prefix}"), space);
            }
        }
        for (name, value) in attributes {
            self.attribute(name, value);
        }
        let empty = self.out.len();
        self.out.push('>');
        inside(self);
        if self.out.len() == empty + 1 {
            self.out.truncate(empty);
            self.out.push_str("/>");
            return;
        }
        self.out.push_str("</");
        self.tag(space, local);
        self.out.push('>');
    }

    /// An element with a text.
    pub fn leaf(&mut self, space: &str, local: &str, text: &str) {
        self.element(space, local, |inside| inside.text(text));
    }

    pub fn empty(&mut self, name: &Name) {
        self.element(&name.space, &name.local, |_| ());
    }

    /// Characters that XML cannot carry are dropped; CR is written so that it survives being read.
    pub fn text(&mut self, text: &str) {
        // A text of a calendar has a CR in each of its short lines.
        self.out.reserve(text.len() + text.len() / 8);
        let bytes = text.as_bytes();
        let (mut from, mut at) = (0, 0);
        while let Some(ahead) = bytes[at..].iter().position(|&byte| stops(byte)) {
            at += ahead;
            let (instead, length) = match bytes[at] {
                b'<' => ("&lt;", 1),
                b'>' => ("&gt;", 1),
                b'&' => ("&amp;", 1),
                b'"' => ("&quot;", 1),
                b'\r' => ("&#13;", 1),
                0xEF if matches!(bytes.get(at..at + 3), Some([_, 0xBF, 0xBE | 0xBF])) => ("", 3),
                0xEF => {
                    at += 1;
                    continue;
                }
                _ => ("", 1),
            };
            self.out.push_str(&text[from..at]);
            self.out.push_str(instead);
            at += length;
            from = at;
        }
        self.out.push_str(&text[from..]);
    }

    /// An element that somebody wrote, such as a dead property.
    pub fn copy(&mut self, element: &Element) {
        let plain = element
            .attributes
            .iter()
            .filter(|(name, _)| name.space.is_empty());
        let mut attributes: Vec<(&str, &str)> = plain
            .map(|(name, value)| (name.local.as_ref(), value.as_str()))
            .collect();
        let language = element
            .attributes
            .iter()
            .find(|(name, _)| name.local == "lang" && !name.space.is_empty());
        attributes.extend(language.map(|(_, value)| ("xml:lang", value.as_str())));
        self.element_with(&element.name.space, &element.name.local, &attributes, |inside| {
            for node in &element.children {
                match node {
                    Node::Element(element) => inside.copy(element),
                    Node::Text(text) => inside.text(text),
                }
            }
        });
    }

    /// Goes on within an element that was begun elsewhere: the prefixes are bound there.
    pub(crate) fn within(out: String) -> Writer {
        Writer { out, started: true }
    }

    /// What another writer wrote within.
    pub(crate) fn raw(&mut self, written: &str) {
        self.out.push_str(written);
    }

    pub fn finish(self) -> String {
        self.out
    }

    fn tag(&mut self, space: &str, local: &str) {
        if let Some((prefix, _)) = PREFIXES.iter().find(|(_, known)| *known == space) {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.push_str(local);
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.text(value);
        self.out.push('"');
    }
}
