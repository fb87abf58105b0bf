//! From a framed letter to the bytes that travel, and from bytes that came to what they say.
//!
//! Nothing that somebody typed can become a header, or the end of one: text is brought to one line before it is a
//! header, and an address with anything in it that an address does not have is refused.

use std::panic::catch_unwind;

use kernel::{Language, Moment};
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::headers::url::URL;
use mail_builder::mime::MimePart;
use mail_parser::{Message, MessageParser};

use crate::content::{Content, Part, Picture, Place};
use crate::frame::Framed;
use crate::idn::ascii_domain;

/// The longest subject or name: what is longer is nobody's reading, and may be somebody's attack.
const LINE_CHARS_MAX: usize = 250;
/// The longest address (RFC 5321, 4.5.3.1.3, without the angle brackets).
const ADDRESS_BYTES_MAX: usize = 254;

/// A name and an address that can stand in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    name: String,
    address: String,
}

impl Mailbox {
    /// `None` when the address could not stand between angle brackets. A domain that is not ASCII is written as the name
    /// system knows it.
    pub fn new(name: &str, address: &str) -> Option<Mailbox> {
        let address = ascii_domain(address)?;
        let (local, host) = address.rsplit_once('@')?;
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || "<>()[]\\,;:\"@".contains(c);
        let fits = address.len() <= ADDRESS_BYTES_MAX && !local.is_empty() && !host.is_empty();
        (fits && !local.contains(is_odd) && !host.contains(is_odd)).then(|| Mailbox {
            name: one_line(name),
            address: address.clone().into_owned(),
        })
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn host(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, host)| host)
    }

    fn header(&self) -> Address<'_> {
        let name = (!self.name.is_empty()).then_some(self.name.as_str());
        Address::new_address(name, self.address.as_str())
    }
}

/// Text as one line: whatever is no visible character separates words.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    for word in text.split(is_gap).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// All that a message is made of.
pub(crate) struct Sheet<'a> {
    pub message_id: &'a str,
    pub at: Moment,
    pub from: &'a Mailbox,
    pub to: &'a Mailbox,
    /// The stream it belongs to, and the link that stops it.
    pub list: Option<(&'static str, &'a str)>,
    pub language: Language,
    pub content: &'a Content,
    pub framed: &'a Framed,
}

pub(crate) fn message(sheet: &Sheet<'_>) -> Vec<u8> {
    let mut message = MessageBuilder::new()
        .header("Date", Date::new(sheet.at.as_seconds()))
        .header("Message-ID", MessageId::new(sheet.message_id))
        .header("From", sheet.from.header())
        .header("To", sheet.to.header());
    let reply_to = sheet.content.reply_to.as_deref();
    if let Some(answers) = reply_to.and_then(|address| Mailbox::new("", address)) {
        message = message.header("Reply-To", Address::new_address(None::<&str>, answers.address));
    }
    message = message
        .header("Subject", Text::new(one_line(&sheet.content.subject)))
        // Nobody's absence note answers it, and no other robot does (RFC 3834).
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("Content-Language", Raw::new(sheet.language.code()));
    if let Some((stream, stop)) = sheet.list {
        let id = format!("<{stream}.{}>", sheet.from.host());
        message = message
            .header("List-Id", Raw::new(id))
            .header("List-Unsubscribe", URL::new(stop))
            .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
    }
    let mut bytes = Vec::new();
    message
        .body(body(sheet.content, sheet.framed))
        .serialize(&mut bytes);
    bytes
}

/// Text, then HTML with its pictures, then the letter said in other ways; files beside all of these.
fn body<'a>(content: &'a Content, framed: &'a Framed) -> MimePart<'a> {
    let html = MimePart::new("text/html", framed.html.as_str());
    let html = if content.pictures.is_empty() {
        html
    } else {
        let pictures = content.pictures.iter().map(picture);
        let related = ContentType::new("multipart/related").attribute("type", "text/html");
        MimePart::new(related, [html].into_iter().chain(pictures).collect::<Vec<_>>())
    };
    let mut ways = vec![MimePart::new("text/plain", framed.text.as_str()), html];
    let mut files = Vec::new();
    for part in &content.parts {
        match &part.place {
            Place::Alternative => ways.push(other(part)),
            Place::Attached(name) => files.push(other(part).attachment(one_line(name))),
        }
    }
    let ways = MimePart::new("multipart/alternative", ways);
    if files.is_empty() {
        return ways;
    }
    files.insert(0, ways);
    MimePart::new("multipart/mixed", files)
}

fn picture(picture: &Picture) -> MimePart<'_> {
    let disposition = ContentType::new("inline").attribute("filename", picture.name.as_str());
    MimePart::new(picture.kind, picture.bytes.as_ref())
        .header("Content-ID", MessageId::new(cid_of(&picture.name)))
        .header("Content-Disposition", HeaderType::from(disposition))
}

/// The name with nothing in it that could end the header, as the body asks for it.
fn cid_of(name: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-._".contains(*c);
    let plain: String = name.chars().filter(is_plain).collect();
    format!("{plain}@letter")
}

fn other(part: &Part) -> MimePart<'_> {
    let mut kind = ContentType::new(part.kind);
    for (name, value) in &part.parameters {
        kind = kind.attribute(*name, one_line(value));
    }
    match std::str::from_utf8(&part.bytes) {
        Ok(text) if part.kind.starts_with("text/") => MimePart::new(kind.attribute("charset", "utf-8"), text),
        _ => MimePart::new(kind, part.bytes.as_ref()),
    }
}

/// What a message from outside says; `None` when nobody can make sense of it. The reader of parts within parts gives up on a
/// few crooked ones by panicking; such a message makes no sense either.
pub fn read(raw: &[u8]) -> Option<Message<'_>> {
    let reading = catch_unwind(|| MessageParser::default().parse(raw));
    reading.ok().flatten()
}

#[cfg(test)]
mod tests;
