//! Webhooks of Mailgun, as its manual describes them: one event in JSON, with a signature beside it.
//!
//! The signature is over an instant and a token of its own, and not over the event. So an instant that is too old is
//! refused and a token counts once: without that, whoever saw one request could write events for ever.

use kernel::{Moment, Secret};
use ring::hmac::{self, HMAC_SHA256, Key};
use serde::Deserialize;
use utoipa::ToSchema;

use super::report::Status;
use super::types::{News, Said};
use crate::letters::letter_of;
use crate::suppressions::Address;

/// Mailgun tries for eight hours to get an answer, and says that requests may be late for reasons of its own.
pub const AGE_SECONDS_MAX: i64 = 12 * 60 * 60;
/// How far its clock may be ahead of ours.
const AHEAD_SECONDS_MAX: i64 = 10 * 60;
/// Longer than its fifty characters by far.
const TOKEN_BYTES_MAX: usize = 200;

/// A request as it arrives. What it says beyond this is not looked at.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Webhook {
    signature: Signature,
    /// The event, as Mailgun's manual describes it.
    #[serde(rename = "event-data")]
    #[schema(value_type = Object)]
    event: serde_json::Value,
}

/// HMAC-SHA256 over instant and token, in hexadecimal digits.
#[derive(Clone, Debug, Deserialize, ToSchema)]
struct Signature {
    timestamp: String,
    token: String,
    signature: String,
}

/// What it says, when it is about a letter of ours and understood.
#[derive(Deserialize)]
struct Event {
    event: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    reason: String,
    recipient: Option<String>,
    #[serde(default)]
    message: Message,
    #[serde(default, rename = "user-variables")]
    variables: Variables,
    #[serde(default, rename = "delivery-status")]
    status: Delivery,
}

#[derive(Default, Deserialize)]
struct Message {
    #[serde(default)]
    headers: Headers,
}

#[derive(Default, Deserialize)]
struct Headers {
    #[serde(rename = "message-id")]
    message_id: Option<String>,
}

#[derive(Default, Deserialize)]
struct Variables {
    letter: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delivery {
    code: Option<serde_json::Value>,
    message: Option<String>,
    description: Option<String>,
}

impl Webhook {
    /// Whether one of the domains with these keys sent it, and not too long ago.
    pub fn is_signed_by(&self, keys: &[Secret], now: Moment) -> bool {
        let Signature {
            timestamp,
            token,
            signature,
        } = &self.signature;
        let Ok(seconds) = timestamp.parse::<i64>() else {
            return false;
        };
        let age = now.as_seconds().saturating_sub(seconds);
        if !(-AHEAD_SECONDS_MAX..=AGE_SECONDS_MAX).contains(&age)
            || token.is_empty()
            || token.len() > TOKEN_BYTES_MAX
        {
            return false;
        }
        let Some(signature) = of_hex(signature) else {
            return false;
        };
        let signed = format!("{timestamp}{token}");
        keys.iter().any(|key| {
            let key = Key::new(HMAC_SHA256, key.reveal().as_bytes());
            hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
        })
    }

    /// What makes it this request and no other.
    pub fn token(&self) -> &str {
        &self.signature.token
    }

    /// `None` for events that say nothing of a letter's fate, and about letters that are not ours.
    pub fn news(&self) -> Option<News> {
        let event = Event::deserialize(&self.event).ok()?;
        let said = event.said()?;
        let known = event.variables.letter.and_then(|id| id.parse().ok());
        let letter = known.or_else(|| letter_of(event.message.headers.message_id.as_deref()?))?;
        Some(News {
            letter,
            address: event.recipient.as_deref().and_then(|to| Address::parse(to).ok()),
            said,
            words: event.status.words(&event.reason),
        })
    }
}

impl Event {
    fn said(&self) -> Option<Said> {
        match (self.event.as_str(), self.severity.as_str()) {
            ("delivered", _) => Some(Said::Delivered),
            ("complained", _) => Some(Said::Complained),
            ("unsubscribed", _) => Some(Said::Unsubscribed),
            ("rejected", _) => Some(Said::Refused),
            ("failed", "temporary") => Some(Said::Delayed),
            ("failed", _) => Some(self.failure()),
            // Accepted, opened, clicked, stored: nothing that changes what is known.
            _ => None,
        }
    }

    /// Addresses on its own lists are not tried any more; the reason says from which one.
    fn failure(&self) -> Said {
        match self.reason.as_str() {
            "suppress-bounce" => Said::HardBounce,
            "suppress-complaint" => Said::Complained,
            "suppress-unsubscribe" => Said::Unsubscribed,
            _ => self.status.said(),
        }
    }
}

impl Delivery {
    fn text(&self) -> String {
        let texts = [self.message.as_deref(), self.description.as_deref()];
        texts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The code of the reader's server in its own words says more than 550.
    fn said(&self) -> Said {
        let status = Status::first_in(&self.text()).filter(|status| !status.is_vague());
        status.map_or(Said::SoftBounce, Status::of_failure)
    }

    fn words(&self, reason: &str) -> String {
        let code = match &self.code {
            Some(code) if !code.is_null() => code.to_string(),
            _ => String::new(),
        };
        let words = [code.as_str(), &self.text(), reason];
        let said: Vec<&str> = words.into_iter().filter(|word| !word.trim().is_empty()).collect();
        said.join(" ")
    }
}

fn of_hex(text: &str) -> Option<Vec<u8>> {
    const HEX_CHARS: usize = 64;
    if text.len() != HEX_CHARS || !text.is_ascii() {
        return None;
    }
    (0..HEX_CHARS)
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use kernel::Id;
    use serde_json::json;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    fn webhook(seconds: i64, token: &str, key: &str, event: &serde_json::Value) -> Webhook {
        let signed = hmac::sign(
            &Key::new(HMAC_SHA256, key.as_bytes()),
            format!("{seconds}{token}").as_bytes(),
        );
        let hex: String = signed.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let body = json!({
            "signature": {"timestamp": seconds.to_string(), "token": token, "signature": hex},
            "event-data": event,
        });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn only_who_has_the_key_is_believed_and_not_for_ever() {
        let keys = [Secret::new("another"), Secret::new("signing")];
        let check = |age: i64, key: &str, expected: bool| {
            let webhook = webhook(NOW.as_seconds() - age, "token", key, &json!({}));
            assert_eq!(webhook.is_signed_by(&keys, NOW), expected, "{age} {key}");
        };
        check(0, "signing", true);
        check(0, "another", true);
        check(0, "guessed", false);
        check(AGE_SECONDS_MAX, "signing", true);
        check(AGE_SECONDS_MAX + 1, "signing", false);
        check(-AHEAD_SECONDS_MAX - 1, "signing", false);
        let mut changed = webhook(NOW.as_seconds(), "token", "signing", &json!({}));
        changed.signature.token = "another".to_owned();
        assert!(!changed.is_signed_by(&keys, NOW));
        for wrong in ["", "zz", "é"] {
            changed.signature.signature = wrong.repeat(64);
            assert!(!changed.is_signed_by(&keys, NOW));
        }
        assert!(!webhook(NOW.as_seconds(), "token", "", &json!({})).is_signed_by(&[], NOW));
    }

    #[test]
    fn each_event_says_what_became_of_its_letter() {
        let letter = Id::named("letter", "one");
        let news = |event: serde_json::Value| webhook(0, "t", "k", &event).news();
        let of = |event: &str, severity: &str, reason: &str, message: &str| {
            news(json!({
                "event": event, "severity": severity, "reason": reason, "id": "x", "timestamp": 1521233195.375624,
                "recipient": "Anna@example.org", "user-variables": {"letter": letter.to_string()},
                "delivery-status": {"code": 550, "message": message, "description": null, "attempt-no": 1},
                "message": {"headers": {"message-id": "other@mg.town.example"}, "size": 111},
            }))
        };
        let check = |event: &str, severity: &str, reason: &str, message: &str, expected: Option<Said>| {
            let news = of(event, severity, reason, message);
            assert_eq!(
                news.as_ref().map(|news| news.said),
                expected,
                "{event} {severity} {reason}"
            );
            assert!(news.is_none_or(|news| news.letter == letter));
        };
        check("delivered", "", "", "OK", Some(Said::Delivered));
        check(
            "failed",
            "permanent",
            "bounce",
            "5.1.1 no such user",
            Some(Said::HardBounce),
        );
        check(
            "failed",
            "permanent",
            "bounce",
            "5.7.1 not wanted",
            Some(Said::Refused),
        );
        check(
            "failed",
            "permanent",
            "bounce",
            "Relay Not Permitted",
            Some(Said::SoftBounce),
        );
        check(
            "failed",
            "permanent",
            "suppress-bounce",
            "",
            Some(Said::HardBounce),
        );
        check(
            "failed",
            "permanent",
            "suppress-complaint",
            "",
            Some(Said::Complained),
        );
        check(
            "failed",
            "permanent",
            "suppress-unsubscribe",
            "",
            Some(Said::Unsubscribed),
        );
        check("failed", "temporary", "generic", "No MX", Some(Said::Delayed));
        check("complained", "", "", "", Some(Said::Complained));
        check("unsubscribed", "", "", "", Some(Said::Unsubscribed));
        check("opened", "", "", "", None);
        check("invented", "", "", "", None);
        let news = of("failed", "permanent", "bounce", "5.1.1 no such user").unwrap();
        assert_eq!(news.words, "550 5.1.1 no such user bounce");
        assert_eq!(news.address.unwrap().as_str(), "anna@example.org");
    }

    #[test]
    fn without_our_variable_the_message_id_leads_to_the_letter_and_strangers_to_none() {
        let letter = Id::named("letter", "one");
        let of = |message_id: &str| {
            let event = json!({"event": "delivered", "recipient": "a@b.org",
                "message": {"headers": {"message-id": message_id}}, "user-variables": {}});
            webhook(0, "t", "k", &event).news().map(|news| news.letter)
        };
        assert_eq!(of(&format!("{letter}@town.example")), Some(letter));
        assert_eq!(of("20130503192659.13651.20287@mg.town.example"), None);
        assert_eq!(webhook(0, "t", "k", &json!([1, 2])).news(), None);
    }
}
