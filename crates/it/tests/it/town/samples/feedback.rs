//! What is heard of letters: webhooks and reports.

use serde_json::json;
use testkit::mail_api;

use super::{Sample, Shows, sample};
use crate::town::{Call, WEBHOOK_KEY, WEBHOOK_URL};

pub fn samples() -> Vec<Sample> {
    vec![
        sample(
            "POST",
            "/api/v1/post/webhooks/mailgun",
            Shows::Everyone,
            async |ctx| {
                let token = format!("token {}", ctx.town.number());
                let event = json!({"event": "delivered", "recipient": "anna@town.example"});
                let body = mail_api::mailgun_webhook(WEBHOOK_KEY, &token, ctx.town.clock.now(), &event);
                Call::json(&body)
            },
        ),
        sample(
            "POST",
            "/api/v1/post/webhooks/mandrill",
            Shows::Everyone,
            async |ctx| {
                let events = json!([ctx.town.number()]);
                let signature = mail_api::mandrill_signature(WEBHOOK_KEY, WEBHOOK_URL, &events);
                Call::form(&[("mandrill_events", &events.to_string())])
                    .header("x-mandrill-signature", signature.leak())
            },
        ),
        sample(
            "HEAD",
            "/api/v1/post/webhooks/mandrill",
            Shows::Everyone,
            async |_| Call::default(),
        ),
        sample("POST", "/api/v1/post/reports", Shows::Everyone, async |_| {
            Call {
                body: "Subject: Out of office\r\n\r\nBack on Monday.\r\n".into(),
                ..Call::default()
            }
            .header("content-type", "message/rfc822")
        }),
    ]
}
