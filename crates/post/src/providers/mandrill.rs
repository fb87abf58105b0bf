//! Mailchimp Transactional (Mandrill) over HTTP, as its API reference describes it: `POST /api/1.0/messages/send-raw.json`
//! to hand over, and `messages/search.json` to look up.
//!
//! It knows no idempotency keys. A letter carries its id as metadata (`X-MC-Metadata`), which webhooks bring back and
//! the search finds, once the account indexes the field `letter`: metadata is in no index until somebody says so under
//! Settings, Custom Metadata, and letters that went out before stay out of it. A phrase without a field is looked for in all
//! indexed fields, in letters of the last week; an account may search 20 times a minute, and a search that is refused
//! is made again a minute later. A search that finds nothing proves nothing: the field may not be indexed, and the search
//! is late.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kernel::{Id, Secret};
use serde::{Deserialize, Serialize};

use super::http::{Answer, Client, Options, passing, words};
use super::{Class, Found, Provider, Ready, Refusal, Verdict};

/// Where accounts of Mailchimp Transactional live.
pub const BASE: &str = "https://mandrillapp.com";

/// How to use Mailchimp Transactional.
#[derive(Clone, Debug)]
pub struct MandrillOptions {
    /// As in the configuration.
    pub name: String,
    pub api_key: Secret,
    /// [`BASE`].
    pub base: String,
    pub connect_timeout: Duration,
    pub answer_timeout: Duration,
    /// Letters on their way at once; so many connections are kept.
    pub concurrency: usize,
}

/// An account at Mailchimp Transactional.
pub struct Mandrill {
    name: String,
    client: Client,
    key: Secret,
}

#[derive(Serialize)]
struct SendRaw<'a> {
    key: &'a str,
    raw_message: &'a str,
    from_email: &'a str,
    to: [&'a str; 1],
    #[serde(rename = "async")]
    background: bool,
}

#[derive(Serialize)]
struct Search<'a> {
    key: &'a str,
    query: String,
    limit: u8,
}

/// What became of one recipient.
#[derive(Deserialize)]
struct Sent {
    status: String,
    reject_reason: Option<String>,
    #[serde(rename = "_id")]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Known {
    #[serde(rename = "_id")]
    id: Option<String>,
    #[serde(default)]
    metadata: serde_json::Value,
}

/// A metadata field that the account indexes.
#[derive(Deserialize)]
struct Indexed {
    name: String,
    state: String,
}

#[derive(Serialize)]
struct List<'a> {
    key: &'a str,
}

/// The metadata field that letters carry.
const FIELD: &str = "letter";

/// Errors have a name to branch on.
#[derive(Deserialize)]
struct Wrong {
    name: String,
    #[serde(default)]
    message: String,
}

impl Mandrill {
    /// Says what is wrong with the options.
    pub fn new(options: MandrillOptions) -> Result<Mandrill, String> {
        let client = Client::new(Options {
            base: options.base,
            root_certificates: None,
            connect_timeout: options.connect_timeout,
            answer_timeout: options.answer_timeout,
            idle_max: options.concurrency,
        })?;
        Ok(Mandrill {
            name: options.name,
            client,
            key: options.api_key,
        })
    }

    async fn post<T: Serialize + Sync>(&self, path: &str, body: &T) -> Result<Answer, super::http::Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = serde_json::to_vec(body).unwrap_or_default();
        self.client.send(Method::POST, path, headers, body).await
    }

    async fn give(&self, letter: Ready) -> Verdict {
        let Ok(mime) = std::str::from_utf8(&letter.mime) else {
            return Verdict::Refused(Refusal {
                class: Class::Letter,
                is_final: true,
                words: "a letter that is not UTF-8 cannot be given in JSON".to_owned(),
                retry_after: None,
            });
        };
        let raw = format!(
            "X-MC-Metadata: {{\"{FIELD}\":\"{}\"}}\r\nX-MC-Tags: {}\r\n{mime}",
            letter.letter, letter.kind
        );
        let request = SendRaw {
            key: self.key.reveal(),
            raw_message: &raw,
            from_email: &letter.from,
            to: [&letter.to],
            // In the foreground a refusal is told at once.
            background: false,
        };
        match self.post("/api/1.0/messages/send-raw.json", &request).await {
            Ok(answer) => verdict(&answer),
            Err(fault) => fault.into(),
        }
    }

    /// Whether letters can be looked up: the account indexes what they carry.
    pub async fn indexes_letters(&self) -> Result<bool, Refusal> {
        let request = List {
            key: self.key.reveal(),
        };
        let answer = self.post("/api/1.0/metadata/list.json", &request).await?;
        let fields: Option<Vec<Indexed>> = serde_json::from_slice(&answer.body).ok();
        match fields.filter(|_| answer.status == StatusCode::OK) {
            Some(fields) => Ok(fields
                .iter()
                .any(|field| field.name == FIELD && field.state == "active")),
            None => Err(refusal(&answer).unwrap_or_else(|| passing(Class::Network, answer.said()))),
        }
    }

    async fn find(&self, letter: Id) -> Result<Found, Refusal> {
        let request = Search {
            key: self.key.reveal(),
            query: format!("\"{letter}\""),
            limit: 10,
        };
        let answer = self.post("/api/1.0/messages/search.json", &request).await?;
        if answer.status != StatusCode::OK {
            return Err(refusal(&answer).unwrap_or_else(|| passing(Class::Network, answer.said())));
        }
        let found: Vec<Known> = serde_json::from_slice(&answer.body).map_err(|_| {
            passing(
                Class::Network,
                format!("a search that cannot be read: {}", answer.said()),
            )
        })?;
        let wanted = letter.to_string();
        let ours = found
            .into_iter()
            .find(|one| one.metadata[FIELD].as_str() == Some(&wanted));
        Ok(ours.map_or(Found::NobodyKnows, |one| Found::Here { name: one.id }))
    }
}

impl Provider for Mandrill {
    fn name(&self) -> &str {
        &self.name
    }

    fn hand_over(&self, letter: Ready) -> BoxFuture<'_, Verdict> {
        self.give(letter).boxed()
    }

    fn look_up<'a>(&'a self, letter: Id, _: &'a str) -> BoxFuture<'a, Result<Found, Refusal>> {
        self.find(letter).boxed()
    }
}

fn verdict(answer: &Answer) -> Verdict {
    if answer.status == StatusCode::OK {
        let sent: Option<Vec<Sent>> = serde_json::from_slice(&answer.body).ok();
        return match sent.and_then(|all| all.into_iter().next()) {
            Some(sent) => of_recipient(sent),
            None => Verdict::Unsure {
                why: format!("an answer that cannot be read: {}", answer.said()),
            },
        };
    }
    match refusal(answer) {
        Some(refusal) => Verdict::Refused(refusal),
        None => Verdict::Unsure { why: answer.said() },
    }
}

fn of_recipient(sent: Sent) -> Verdict {
    match sent.status.as_str() {
        "sent" | "queued" | "scheduled" => Verdict::HandedOver { name: sent.id },
        "rejected" | "invalid" => {
            let reason = sent.reject_reason.unwrap_or_else(|| sent.status.clone());
            let (class, is_final) = of_reject_reason(&reason);
            Verdict::Refused(Refusal {
                class,
                is_final,
                words: words(&format!("{}: {reason}", sent.status)),
                retry_after: None,
            })
        }
        other => Verdict::Unsure {
            why: words(&format!("a status that is not documented: {other}")),
        },
    }
}

fn of_reject_reason(reason: &str) -> (Class, bool) {
    match reason {
        "hard-bounce" | "invalid" => (Class::Mailbox, true),
        // On its list of people who do not want us, or whose mailbox was full too often.
        "spam" | "unsub" | "custom" | "soft-bounce" => (Class::Unwanted, true),
        "unsigned" | "invalid-sender" => (Class::Authentication, false),
        "test-mode-limit" => (Class::Quota, false),
        // A rule of the account, or a reason that came after this was written.
        _ => (Class::Policy, true),
    }
}

/// What an error says. `None`: nothing about the letter.
fn refusal(answer: &Answer) -> Option<Refusal> {
    let status = answer.status.as_u16();
    let wrong = serde_json::from_slice::<Wrong>(&answer.body).ok();
    let name = wrong.as_ref().map_or("", |wrong| wrong.name.as_str());
    let (class, is_final) = match (name, status) {
        ("Invalid_Key" | "Unknown_Subaccount", _) | (_, 401 | 403) => (Class::Authentication, false),
        ("PaymentRequired" | "PoorReputation", _) | (_, 402 | 429) => (Class::Quota, false),
        ("ValidationError", _) | (_, 400 | 413 | 422) => (Class::Letter, true),
        ("ServiceUnavailable", _) | (_, 503) => (Class::Network, false),
        // It broke in the middle of the work.
        (_, 500..) => return None,
        _ => (Class::Network, false),
    };
    Some(Refusal {
        class,
        is_final,
        words: match &wrong {
            Some(wrong) => words(&format!("{status} {}: {}", wrong.name, wrong.message)),
            None => answer.said(),
        },
        retry_after: answer.retry_after(),
    })
}
