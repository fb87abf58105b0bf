//! Mailgun: `messages.mime` and `events` as its API reference describes them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Accepted, Answer, Asked, MailApi};

/// Mailgun with one domain. It takes this key and no other.
pub async fn mailgun(domain: &str, key: &str) -> anyhow::Result<MailApi> {
    let (domain, expected) = (
        domain.to_owned(),
        format!("Basic {}", STANDARD.encode(format!("api:{key}"))),
    );
    let carry = move |asked: &Asked, accepted: &mut Vec<Accepted>| {
        if asked.header("authorization") != Some(expected.as_str()) {
            return Answer::new(401, json!("Forbidden"));
        }
        let messages = format!("/v3/{domain}/messages.mime");
        let events = format!("/v3/{domain}/events");
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", path) if path == messages => send(&domain, asked, accepted),
            ("GET", path) if path == events => list(asked, accepted),
            _ => Answer::new(404, json!({"message": "Domain not found: somewhere.example"})),
        }
    };
    MailApi::open(Arc::new(carry)).await
}

fn send(domain: &str, asked: &Asked, accepted: &mut Vec<Accepted>) -> Answer {
    let wrong = |message: String| Answer::new(400, json!({"message": message}));
    let Some(parts) = parts(asked) else {
        return wrong("the body must be multipart/form-data".to_owned());
    };
    let field = |name: &str| parts.iter().find(|part| part.name == name);
    let Some(to) = field("to").filter(|to| !to.value.is_empty()) else {
        return wrong("to parameter is missing".to_owned());
    };
    if !to.value.contains('@') {
        return wrong("to parameter is not a valid address. please check documentation".to_owned());
    }
    let Some(message) = field("message").filter(|message| message.is_file) else {
        return wrong("message must be sent as a file".to_owned());
    };
    let options: usize = parts
        .iter()
        .filter(|part| {
            ["o:", "h:", "v:", "t:"]
                .iter()
                .any(|of| part.name.starts_with(of))
        })
        .map(|part| part.name.len() + part.value.len())
        .sum();
    if options > 16 * 1024 {
        return wrong("send options are limited to 16KB in total".to_owned());
    }
    let id =
        header_of(&message.value, "message-id").unwrap_or_else(|| format!("<{}@{domain}>", accepted.len()));
    let fields: Map<String, Value> = parts
        .iter()
        .filter(|part| !part.is_file)
        .map(|part| (part.name.clone(), json!(part.value)))
        .collect();
    accepted.push(Accepted {
        id: id.trim_matches(['<', '>']).to_owned(),
        to: to.value.clone(),
        mime: message.value.clone(),
        fields: Value::Object(fields),
    });
    Answer::new(200, json!({"id": id, "message": "Queued. Thank you."}))
}

/// Filters by `message-id`, which is without brackets in events.
fn list(asked: &Asked, accepted: &[Accepted]) -> Answer {
    let wanted = asked
        .query
        .split('&')
        .find_map(|pair| pair.strip_prefix("message-id="))
        .map(|value| value.replace("%40", "@"));
    let events: Vec<Value> = accepted
        .iter()
        .filter(|letter| wanted.as_ref().is_none_or(|wanted| letter.id == *wanted))
        .map(|letter| {
            json!({
                "event": "accepted",
                "recipient": letter.to,
                "message": {"headers": {"message-id": letter.id}},
                "user-variables": {"letter": letter.fields["v:letter"]},
            })
        })
        .collect();
    Answer::new(
        200,
        json!({"items": events, "paging": {"next": "", "previous": ""}}),
    )
}

struct Part {
    name: String,
    is_file: bool,
    value: String,
}

/// The parts of a form (RFC 7578), read otherwise than the product writes them.
fn parts(asked: &Asked) -> Option<Vec<Part>> {
    let kind = asked
        .header("content-type")?
        .strip_prefix("multipart/form-data;")?;
    let boundary = kind.split_once("boundary=")?.1.trim_matches('"');
    let body = String::from_utf8(asked.body.clone()).ok()?;
    let (inside, rest) = body.rsplit_once(&format!("--{boundary}--"))?;
    if !rest.trim().is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    for piece in inside.split(&format!("--{boundary}\r\n")).skip(1) {
        let (head, value) = piece.split_once("\r\n\r\n")?;
        let disposition = head.lines().find(|line| {
            line.to_ascii_lowercase()
                .starts_with("content-disposition: form-data")
        })?;
        let (_, name) = disposition.split_once("; name=\"")?;
        parts.push(Part {
            name: name.split_once('"')?.0.to_owned(),
            is_file: disposition.contains("; filename=\""),
            value: value.strip_suffix("\r\n")?.to_owned(),
        });
    }
    Some(parts)
}

/// A header of a message, unfolded as far as ids need it.
pub(super) fn header_of(mime: &str, name: &str) -> Option<String> {
    let head = mime.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}
