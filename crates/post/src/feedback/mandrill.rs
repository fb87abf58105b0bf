//! Webhooks of Mailchimp Transactional, as its documentation describes them: a form with one field, `mandrill_events`, a
//! JSON array of up to a thousand events, and a signature over the address and the fields in `X-Mandrill-Signature`.
//!
//! The signature covers everything, so a request can only be said again as it was. Events carry their instant: what is
//! older than the days for which we remember is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::{Moment, Secret};
use ring::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key};
use serde::Deserialize;

use super::report::Status;
use super::types::{News, Said};
use crate::suppressions::Address;

/// As documented.
pub const EVENTS_MAX: usize = 1000;
/// It keeps trying when we are away; a batch that is older than this says nothing that is still worth knowing.
pub const AGE_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;

const FIELD: &str = "mandrill_events";

#[derive(Deserialize)]
struct Event {
    event: Option<String>,
    ts: Option<i64>,
    #[serde(default)]
    msg: Letter,
}

#[derive(Default, Deserialize)]
struct Letter {
    email: Option<String>,
    #[serde(default)]
    metadata: serde_json::Value,
    #[serde(default)]
    diag: Option<String>,
    #[serde(default)]
    bounce_description: Option<String>,
    #[serde(default)]
    reject: Option<serde_json::Value>,
}

/// Whether the account with one of these keys sent this form to this address.
pub fn is_signed_by(keys: &[Secret], signature: &str, url: &str, form: &[(String, String)]) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else {
        return false;
    };
    let mut fields: Vec<&(String, String)> = form.iter().collect();
    fields.sort();
    let mut signed = url.to_owned();
    for (name, value) in fields {
        signed.push_str(name);
        signed.push_str(value);
    }
    keys.iter().any(|key| {
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.reveal().as_bytes());
        hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
    })
}

/// What a form says: the news of our letters, and how many events say nothing to us. `None` when it is no such form.
pub fn news(form: &[(String, String)], now: Moment) -> Option<(Vec<News>, usize)> {
    let (_, text) = form.iter().find(|(name, _)| name == FIELD)?;
    let events: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    let all = events.len();
    let news: Vec<News> = events
        .into_iter()
        .take(EVENTS_MAX)
        .filter_map(|event| serde_json::from_value::<Event>(event).ok()?.news(now))
        .collect();
    let ignored = all - news.len();
    Some((news, ignored))
}

impl Event {
    fn news(self, now: Moment) -> Option<News> {
        let age = now.as_seconds().saturating_sub(self.ts?);
        if age > AGE_SECONDS_MAX {
            return None;
        }
        let said = self.msg.said(self.event.as_deref()?)?;
        Some(News {
            letter: self.msg.metadata["letter"].as_str()?.parse().ok()?,
            address: self.msg.email.as_deref().and_then(|to| Address::parse(to).ok()),
            said,
            words: self.msg.words(),
        })
    }
}

impl Letter {
    fn said(&self, event: &str) -> Option<Said> {
        match event {
            "delivered" => Some(Said::Delivered),
            "deferral" => Some(Said::Delayed),
            "hard_bounce" => Some(self.hard_bounce()),
            "soft_bounce" => Some(Said::SoftBounce),
            "spam" => Some(Said::Complained),
            "unsub" => Some(Said::Unsubscribed),
            "reject" => Some(Said::Refused),
            // Sent only means that it is on its way; opened and clicked change nothing that is known.
            _ => None,
        }
    }

    /// It calls some refusals hard that are about us and not about the address.
    fn hard_bounce(&self) -> Said {
        let diag = self.diag.as_deref().unwrap_or_default();
        let status = Status::first_in(diag).filter(|status| !status.is_vague());
        match status.map(Status::of_failure) {
            Some(Said::Refused) => Said::Refused,
            _ => Said::HardBounce,
        }
    }

    fn words(&self) -> String {
        let reject = self.reject.as_ref().map(|reject| match &reject["reason"] {
            serde_json::Value::String(reason) => reason.clone(),
            _ => String::new(),
        });
        let words = [self.diag.clone(), self.bounce_description.clone(), reject];
        let said: Vec<String> = words
            .into_iter()
            .flatten()
            .filter(|word| !word.is_empty())
            .collect();
        said.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use kernel::Id;
    use serde_json::json;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);
    const URL: &str = "https://town.example/api/v1/post/webhooks/mandrill";

    fn form(events: &serde_json::Value) -> Vec<(String, String)> {
        vec![(FIELD.to_owned(), events.to_string())]
    }

    #[test]
    fn a_signature_is_over_the_address_and_the_sorted_fields() {
        let key = Secret::new("webhook-key");
        let form = vec![
            ("mandrill_events".to_owned(), "[]".to_owned()),
            ("another".to_owned(), "field".to_owned()),
        ];
        let signed = format!("{URL}anotherfieldmandrill_events[]");
        let tag = hmac::sign(
            &Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"webhook-key"),
            signed.as_bytes(),
        );
        let signature = STANDARD.encode(tag.as_ref());
        let keys = [Secret::new("other"), key];
        assert!(is_signed_by(&keys, &signature, URL, &form));
        assert!(!is_signed_by(&keys[..1], &signature, URL, &form));
        assert!(!is_signed_by(&keys, &signature, &format!("{URL}/"), &form));
        assert!(!is_signed_by(&keys, &signature, URL, &form[..1]));
        assert!(!is_signed_by(&keys, "%", URL, &form));
        assert!(!is_signed_by(&[], &signature, URL, &form));
    }

    #[test]
    fn each_event_says_what_became_of_its_letter() {
        let letter = Id::named("letter", "one");
        let check = |event: &str, diag: &str, expected: Option<Said>| {
            let events = json!([{"event": event, "ts": NOW.as_seconds(), "_id": "x", "msg": {
                "email": "Anna@example.org", "metadata": {"letter": letter.to_string()}, "state": "bounced",
                "diag": diag, "bounce_description": "bad_mailbox", "_id": "y", "tags": [], "ts": 1,
            }}]);
            let (news, ignored) = news(&form(&events), NOW).unwrap();
            assert_eq!(news.first().map(|news| news.said), expected, "{event}");
            assert_eq!(ignored, usize::from(expected.is_none()));
            assert!(news.iter().all(|news| news.letter == letter));
        };
        check("delivered", "", Some(Said::Delivered));
        check(
            "hard_bounce",
            "smtp;550 5.1.1 does not exist",
            Some(Said::HardBounce),
        );
        check("hard_bounce", "", Some(Said::HardBounce));
        check("hard_bounce", "smtp;550 5.7.1 refused", Some(Said::Refused));
        check("soft_bounce", "smtp;552 5.2.2 over quota", Some(Said::SoftBounce));
        check("deferral", "", Some(Said::Delayed));
        check("spam", "", Some(Said::Complained));
        check("unsub", "", Some(Said::Unsubscribed));
        check("reject", "", Some(Said::Refused));
        check("send", "", None);
        check("open", "", None);
        check("invented", "", None);
    }

    #[test]
    fn what_is_old_strange_or_not_ours_is_ignored_and_counted() {
        let letter = Id::named("letter", "one").to_string();
        let old = NOW.as_seconds() - AGE_SECONDS_MAX - 1;
        let events = json!([
            {"event": "spam", "ts": NOW.as_seconds(), "msg": {"email": "a@b.org", "metadata": {"letter": letter}}},
            {"event": "spam", "ts": old, "msg": {"email": "a@b.org", "metadata": {"letter": letter}}},
            {"event": "spam", "ts": NOW.as_seconds(), "msg": {"email": "a@b.org", "metadata": []}},
            {"type": "blacklist", "action": "add", "reject": {"email": "a@b.org"}},
            17,
        ]);
        let (known, ignored) = news(&form(&events), NOW).unwrap();
        assert_eq!((known.len(), ignored), (1, 4));
        assert!(news(&[], NOW).is_none());
        assert!(news(&[(FIELD.to_owned(), "{}".to_owned())], NOW).is_none());
    }
}
