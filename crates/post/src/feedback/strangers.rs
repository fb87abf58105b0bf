//! What strangers hand in: nothing of it makes anything panic, whatever its bytes are.

use kernel::Moment;
use proptest::collection::vec;
use proptest::prelude::*;

use super::mailgun::Webhook;
use super::mandrill;
use super::report::{self, Status};
use super::types::Said;
use crate::letters::{Step, letter_of};
use crate::suppressions::Address;

const NOW: Moment = Moment::from_seconds(1_795_000_000);

/// Bytes with what reports are made of between them, so that they reach beyond the first check.
fn almost_a_report() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..40),
        Just(b"\r\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        Just(b"\r\n--b\r\n".to_vec()),
        Just(b"\r\n--b--\r\n".to_vec()),
        Just(b"Content-Type: multipart/report; boundary=b\r\n".to_vec()),
        Just(b"Content-Type: message/delivery-status\r\n\r\n".to_vec()),
        Just(b"Content-Type: message/feedback-report\r\n\r\n".to_vec()),
        Just(b"Content-Type: message/rfc822\r\n\r\n".to_vec()),
        Just(b"Content-Type: text/rfc822-headers; charset=\"".to_vec()),
        Just(b"Content-Transfer-Encoding: base64\r\n".to_vec()),
        Just(b"Content-Transfer-Encoding: quoted-printable\r\n".to_vec()),
        Just(b"Message-ID: <=?utf-8?b?".to_vec()),
        Just(b"Final-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.".to_vec()),
    ];
    vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// JSON with the names that events have, and anything in them.
fn almost_an_event() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        ".{0,20}".prop_map(serde_json::Value::from),
        Just(serde_json::json!("failed")),
        Just(serde_json::json!("hard_bounce")),
    ];
    let name = prop::sample::select(vec![
        "event",
        "ts",
        "msg",
        "metadata",
        "letter",
        "message",
        "headers",
        "message-id",
        "user-variables",
        "delivery-status",
        "code",
        "diag",
        "reject",
        "recipient",
        "email",
        "severity",
        "reason",
    ]);
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            vec((name.clone(), inner), 0..8).prop_map(|fields| {
                let named = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
                serde_json::Value::Object(named.collect())
            }),
        ]
    })
}

/// The crate that reads messages panics over this one.
#[test]
fn parts_within_parts_that_end_nowhere_are_no_report() {
    let raw = b"\x0e\r\n--b\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\
        Content-Type: message/rfc822\r\n\r\n\x0eContent-Transfer-Encoding: base64\r\n\
        Content-Type: message/rfc822\r\n\r\nContent-Type: text/rfc822-headers; charset=\"\r\n\r\n--b--\r\n";
    report::read(raw);
}

proptest! {
    #[test]
    fn no_bytes_are_a_report_that_breaks_the_reader(raw in vec(any::<u8>(), 0..2_000)) {
        report::read(&raw);
    }

    #[test]
    fn nothing_that_is_almost_a_report_breaks_the_reader(raw in almost_a_report()) {
        report::read(&raw);
    }

    #[test]
    fn no_event_of_a_webhook_breaks_its_reader(event in almost_an_event(), words in [".{0,30}", ".{0,30}", ".{0,80}"]) {
        let [timestamp, token, signature] = words;
        let signature = serde_json::json!({"timestamp": timestamp, "token": token, "signature": signature});
        let whole = serde_json::json!({"signature": signature, "event-data": event});
        if let Ok(webhook) = serde_json::from_value::<Webhook>(whole) {
            webhook.is_signed_by(&[kernel::Secret::new("key")], NOW);
            webhook.news();
        }
        for text in [event.to_string(), serde_json::json!([event]).to_string()] {
            let form = [("mandrill_events".to_owned(), text)];
            mandrill::news(&form, NOW);
            mandrill::is_signed_by(&[kernel::Secret::new("key")], &token, "https://x.example", &form);
        }
    }

    #[test]
    fn no_words_of_a_server_break_those_who_read_them(text in ".{0,200}", digits in "[0-9. ]{0,60}") {
        for text in [text, digits] {
            let _: Option<Said> = Status::first_in(&text).map(Status::of_failure);
            let _ = Address::parse(&text);
            letter_of(&text);
            Step::all(&text);
        }
    }
}

#[test]
fn a_report_within_a_report_without_end_costs_no_more_than_its_bytes() {
    let mut raw = Vec::new();
    for level in 0..4_000 {
        let part = format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
        raw.extend_from_slice(part.as_bytes());
    }
    assert!(report::read(&raw).is_empty());
    let letters = "Content-Type: message/rfc822\r\n\r\n".repeat(4_000);
    assert!(report::read(letters.as_bytes()).is_empty());
}
