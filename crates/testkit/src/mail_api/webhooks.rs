//! Webhooks as the providers sign them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::Moment;
use ring::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, Key};
use serde_json::{Value, json};

/// The body of a webhook of Mailgun.
pub fn mailgun_webhook(key: &str, token: &str, now: Moment, event: &Value) -> Value {
    let seconds = now.as_seconds();
    let key = Key::new(HMAC_SHA256, key.as_bytes());
    let tag = hmac::sign(&key, format!("{seconds}{token}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "signature": {"timestamp": seconds.to_string(), "token": token, "signature": hex},
        "event-data": event,
    })
}

/// `X-Mandrill-Signature` of a form with these events alone.
pub fn mandrill_signature(key: &str, url: &str, events: &Value) -> String {
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let tag = hmac::sign(&key, format!("{url}mandrill_events{events}").as_bytes());
    STANDARD.encode(tag.as_ref())
}
