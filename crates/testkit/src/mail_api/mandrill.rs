//! Mailchimp Transactional: `send-raw` and `search` as its API reference describes them. An address whose local part is a
//! reject reason is rejected for it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::mailgun::header_of;
use super::{Accepted, Answer, Asked, MailApi};

const REJECT_REASONS: &[&str] = &[
    "hard-bounce",
    "soft-bounce",
    "spam",
    "unsub",
    "custom",
    "invalid-sender",
    "invalid",
    "test-mode-limit",
    "unsigned",
    "rule",
];

/// An account that indexes the metadata field `letter`. It takes this key and no other.
pub async fn mandrill(key: &str) -> anyhow::Result<MailApi> {
    account(key, true).await
}

/// An account as it is made: metadata comes back in webhooks, and no search finds it.
pub async fn mandrill_without_index(key: &str) -> anyhow::Result<MailApi> {
    account(key, false).await
}

async fn account(key: &str, is_indexed: bool) -> anyhow::Result<MailApi> {
    let key = key.to_owned();
    let carry = move |asked: &Asked, accepted: &mut Vec<Accepted>| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        if asked.method != "POST" || asked.header("content-type") != Some("application/json") {
            return wrong(400, -2, "ValidationError", "The request must be JSON");
        }
        if body["key"] != key.as_str() {
            return wrong(401, -1, "Invalid_Key", "Invalid API key");
        }
        match asked.path.as_str() {
            "/api/1.0/messages/send-raw.json" => send_raw(&body, accepted),
            "/api/1.0/messages/search.json" if !is_indexed => Answer::new(200, json!([])),
            "/api/1.0/messages/search.json" => search(&body, accepted),
            "/api/1.0/metadata/list.json" if !is_indexed => Answer::new(200, json!([])),
            "/api/1.0/metadata/list.json" => Answer::new(
                200,
                json!([{"name": "letter", "state": "active", "view_template": ""}]),
            ),
            _ => wrong(404, -1, "Unknown_Method", "Unknown method"),
        }
    };
    MailApi::open(Arc::new(carry)).await
}

fn wrong(status: u16, code: i32, name: &str, message: &str) -> Answer {
    Answer::new(
        status,
        json!({"status": "error", "code": code, "name": name, "message": message}),
    )
}

fn send_raw(body: &Value, accepted: &mut Vec<Accepted>) -> Answer {
    let invalid = |what: &str| wrong(500, -2, "ValidationError", &format!("Validation error: {what}"));
    let Some(raw) = body["raw_message"]
        .as_str()
        .filter(|raw| raw.contains("\r\n\r\n"))
    else {
        return invalid("{\"raw_message\":\"Please enter a value\"}");
    };
    let Some([Value::String(to)]) = body["to"].as_array().map(Vec::as_slice) else {
        return invalid("{\"to\":\"Please enter an array\"}");
    };
    if !body["from_email"].as_str().is_some_and(|from| from.contains('@')) {
        return invalid("{\"from_email\":\"An email address must contain a single @\"}");
    }
    let local = to.split('@').next().unwrap_or_default();
    if local == "invalid" {
        return Answer::new(
            200,
            json!([{"email": to, "status": "invalid", "reject_reason": null, "_id": "no"}]),
        );
    }
    if REJECT_REASONS.contains(&local) {
        return Answer::new(
            200,
            json!([{"email": to, "status": "rejected", "reject_reason": local, "_id": "no"}]),
        );
    }
    let metadata: Value = header_of(raw, "x-mc-metadata")
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    if metadata.to_string().len() > 250 {
        return invalid("metadata is limited to 250 bytes");
    }
    let id = format!("abc123abc123abc123abc123abc{:05}", accepted.len());
    accepted.push(Accepted {
        id: id.clone(),
        to: to.clone(),
        mime: raw.to_owned(),
        fields: json!({"metadata": metadata, "tags": header_of(raw, "x-mc-tags")}),
    });
    Answer::new(
        200,
        json!([{"email": to, "status": "sent", "reject_reason": null, "queued_reason": null, "_id": id}]),
    )
}

/// Finds a phrase in the metadata, as an account does that indexes it.
fn search(body: &Value, accepted: &[Accepted]) -> Answer {
    let phrase = body["query"].as_str().unwrap_or_default().trim_matches('"');
    let found: Vec<Value> = accepted
        .iter()
        .filter(|letter| letter.fields["metadata"].to_string().contains(phrase))
        .map(|letter| {
            json!({
                "_id": letter.id,
                "email": letter.to,
                "state": "sent",
                "metadata": letter.fields["metadata"],
            })
        })
        .collect();
    Answer::new(200, json!(found))
}
