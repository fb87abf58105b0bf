//! Reports that come by mail: delivery status notifications (RFC 3464) and complaints (RFC 5965). Both are a
//! `multipart/report` (RFC 6522): words for people, fields for programs, and the letter or its headers.
//!
//! Which letter it is follows from the Message-ID among the headers that came back; what stands in the words for people
//! is not looked at. Nothing that anybody writes makes this panic, and what is not understood is no report.

mod fields;
mod status;

use mail_parser::{Message, MimeHeaders as _, PartType};

use super::types::{News, Said};
use crate::letters::letter_of;
use crate::mime;
use crate::suppressions::Address;

use fields::Fields;
pub(crate) use status::Status;

/// The largest report that is looked at. Servers return headers, or a letter of ours, which is far smaller.
pub const REPORT_BYTES_MAX: usize = 1024 * 1024;
/// Of one letter, which has one reader; a list of ours may stand behind the address.
const NEWS_MAX: usize = 32;

/// What a report says. Empty when it is none, or about letters that are not ours.
pub(super) fn read(raw: &[u8]) -> Vec<News> {
    if raw.len() > REPORT_BYTES_MAX {
        return Vec::new();
    }
    let Some(message) = mime::read(raw) else {
        return Vec::new();
    };
    let (mut news, mut letter) = (Vec::new(), None);
    for part in &message.parts {
        let Some(kind) = part.content_type() else { continue };
        match (kind.ctype(), kind.subtype().unwrap_or_default()) {
            ("message", "delivery-status" | "global-delivery-status") => {
                news.extend(delivery_status(&text(part.contents())));
            }
            ("message", "feedback-report") => news.extend(complaint(&text(part.contents()))),
            ("text", "rfc822-headers") | ("message", "global-headers") => {
                letter = letter.or_else(|| of_headers(&text(part.contents())));
            }
            _ => {
                if let PartType::Message(returned) = &part.body {
                    letter = letter.or_else(|| of_message(returned));
                }
            }
        }
    }
    let Some(letter) = letter else { return Vec::new() };
    news.truncate(NEWS_MAX);
    let about = |(address, said, words)| News {
        letter,
        address,
        said,
        words,
    };
    news.into_iter().map(about).collect()
}

type Part = (Option<Address>, Said, String);

/// The fields of a notification: of the message, then of each recipient.
fn delivery_status(text: &str) -> Vec<Part> {
    Fields::groups(text)
        .filter_map(|fields| of_recipient(&fields))
        .collect()
}

fn of_recipient(fields: &Fields<'_>) -> Option<Part> {
    let recipient = fields
        .get("original-recipient")
        .or(fields.get("final-recipient"))?;
    let diagnostic = fields.get("diagnostic-code").unwrap_or_default();
    let status = fields.get("status").and_then(|text| Status::first_in(&text));
    let said = match fields.get("action")?.to_ascii_lowercase().trim() {
        "failed" => match status.filter(|status| !status.is_vague()) {
            Some(status) => status.of_failure(),
            None => Status::first_in(&diagnostic).map_or(Said::SoftBounce, Status::of_failure),
        },
        "delayed" => Said::Delayed,
        "delivered" => Said::Delivered,
        // Relayed and expanded: it left the places that tell.
        _ => return None,
    };
    let code = fields.get("status").unwrap_or_default();
    let words = [code.trim(), diagnostic.trim()].join(" ");
    Some((Some(of_type(&recipient)?), said, words.trim().to_owned()))
}

/// A complaint of a reader, passed on by their provider.
fn complaint(text: &str) -> Option<Part> {
    let fields = Fields::groups(text).next()?;
    let kind = fields.get("feedback-type")?.to_ascii_lowercase();
    let said = match kind.trim() {
        "abuse" | "fraud" => Said::Complained,
        "opt-out" | "opt-out-list" => Said::Unsubscribed,
        _ => return None,
    };
    let recipient = fields.get("original-rcpt-to").or(fields.get("removal-recipient"));
    let address = recipient.and_then(|text| of_type(&text));
    Some((address, said, format!("feedback-type: {}", kind.trim())))
}

/// `rfc822;anna@example.org`, or the address alone.
fn of_type(text: &str) -> Option<Address> {
    let address = text.split_once(';').map_or(text, |(_, address)| address);
    Address::parse(address).ok()
}

fn of_message(message: &Message<'_>) -> Option<kernel::Id> {
    letter_of(message.message_id()?)
}

fn of_headers(text: &str) -> Option<kernel::Id> {
    letter_of(&Fields::groups(text).next()?.get("message-id")?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
