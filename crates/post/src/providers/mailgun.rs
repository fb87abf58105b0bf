//! Mailgun over HTTP, as its API reference describes it: `POST /v3/DOMAIN/messages.mime` to hand over, and
//! `GET /v3/DOMAIN/events` to look up.
//!
//! It knows no idempotency keys. What it says with 500, 502 or 504 says nothing about the letter (such letters are known
//! to have gone out), so it is unsure, and looked up by its Message-ID, which Mailgun keeps.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kernel::{Id, Secret};
use serde::Deserialize;

use super::http::{Answer, Client, Multipart, Options, passing, words};
use super::{Class, Found, Provider, Ready, Refusal, Verdict};

/// Where domains of the United States live.
pub const BASE_US: &str = "https://api.mailgun.net";
/// Where domains of the European Union live.
pub const BASE_EU: &str = "https://api.eu.mailgun.net";

/// Events become visible late and out of order, and no bound is promised: this one is generous.
const TELLS_AFTER: Duration = Duration::from_secs(30 * 60);

/// How to use Mailgun.
#[derive(Clone, Debug)]
pub struct MailgunOptions {
    /// As in the configuration.
    pub name: String,
    /// The domain that was set up there.
    pub domain: String,
    /// A sending key of that domain, or the account's API key. Looking letters up needs the latter.
    pub api_key: Secret,
    /// [`BASE_US`] or [`BASE_EU`].
    pub base: String,
    pub connect_timeout: Duration,
    pub answer_timeout: Duration,
    /// Letters on their way at once; so many connections are kept.
    pub concurrency: usize,
}

/// A domain at Mailgun.
pub struct Mailgun {
    name: String,
    client: Client,
    authorization: HeaderValue,
    messages: String,
    events: String,
}

#[derive(Deserialize)]
struct Said {
    id: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Events {
    items: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    event: String,
}

impl Mailgun {
    /// Says what is wrong with the options.
    pub fn new(options: MailgunOptions) -> Result<Mailgun, String> {
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if options.domain.is_empty() || !options.domain.chars().all(of_name) {
            return Err(format!("{:?} is not a domain", options.domain));
        }
        let basic = STANDARD.encode(format!("api:{}", options.api_key.reveal()));
        let mut authorization = HeaderValue::try_from(format!("Basic {basic}"))
            .map_err(|_| "the key holds characters that no key has".to_owned())?;
        authorization.set_sensitive(true);
        let client = Client::new(Options {
            base: options.base,
            root_certificates: None,
            connect_timeout: options.connect_timeout,
            answer_timeout: options.answer_timeout,
            idle_max: options.concurrency,
        })?;
        Ok(Mailgun {
            name: options.name,
            client,
            authorization,
            messages: format!("/v3/{}/messages.mime", options.domain),
            events: format!("/v3/{}/events", options.domain),
        })
    }

    fn headers(&self, content_type: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        if let Some(Ok(kind)) = content_type.map(HeaderValue::try_from) {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        headers
    }

    async fn give(&self, letter: Ready) -> Verdict {
        let (content_type, body) = Multipart::new()
            .text("to", &letter.to)
            .text("o:tag", letter.kind)
            // Webhooks bring it back, so that an event finds its letter whatever became of the Message-ID.
            .text("v:letter", &letter.letter.to_string())
            // Links are the house's own and stay as they are; who read what is nobody's business.
            .text("o:tracking", "no")
            .file("message", "message/rfc822", &letter.mime)
            .done();
        let headers = self.headers(Some(&content_type));
        match self
            .client
            .send(Method::POST, &self.messages, headers, body)
            .await
        {
            Ok(answer) => verdict(&answer),
            Err(fault) => fault.into(),
        }
    }

    async fn find(&self, message_id: &str) -> Result<Found, Refusal> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("message-id", message_id)
            .append_pair("limit", "25")
            .finish();
        let path = format!("{}?{query}", self.events);
        let answer = self
            .client
            .send(Method::GET, &path, self.headers(None), Vec::new())
            .await?;
        if answer.status != StatusCode::OK {
            return Err(refusal(&answer));
        }
        let events: Events = serde_json::from_slice(&answer.body).map_err(|_| {
            passing(
                Class::Network,
                format!("events that cannot be read: {}", answer.said()),
            )
        })?;
        let accepted = events.items.iter().any(|one| one.event != "rejected");
        Ok(match (accepted, events.items.is_empty()) {
            (true, _) => Found::Here {
                name: Some(message_id.to_owned()),
            },
            // Events arrive late and say nothing of what they do not yet know.
            (false, true) => Found::Nowhere,
            (false, false) => Found::NobodyKnows,
        })
    }
}

impl Provider for Mailgun {
    fn name(&self) -> &str {
        &self.name
    }

    fn tells_after(&self) -> Duration {
        TELLS_AFTER
    }

    fn hand_over(&self, letter: Ready) -> BoxFuture<'_, Verdict> {
        self.give(letter).boxed()
    }

    fn look_up<'a>(&'a self, _: Id, message_id: &'a str) -> BoxFuture<'a, Result<Found, Refusal>> {
        self.find(message_id).boxed()
    }
}

fn verdict(answer: &Answer) -> Verdict {
    match answer.status {
        StatusCode::OK => match serde_json::from_slice::<Said>(&answer.body) {
            Ok(Said { id: Some(id), .. }) => Verdict::HandedOver {
                name: Some(id.trim_matches(['<', '>']).to_owned()),
            },
            // Perhaps something between us and Mailgun answered for it.
            _ => Verdict::Unsure {
                why: format!("an answer that cannot be read: {}", answer.said()),
            },
        },
        StatusCode::SERVICE_UNAVAILABLE => Verdict::Refused(refusal(answer)),
        status if status.is_server_error() => Verdict::Unsure { why: answer.said() },
        _ => Verdict::Refused(refusal(answer)),
    }
}

fn refusal(answer: &Answer) -> Refusal {
    let said = serde_json::from_slice::<Said>(&answer.body).ok();
    let message = said.and_then(|said| said.message).unwrap_or_default();
    // Its documentation names this sentence for addresses that no server would take.
    let bad_address = message.to_ascii_lowercase().contains("not a valid address");
    let (class, is_final) = match answer.status.as_u16() {
        401 | 403 | 404 => (Class::Authentication, false),
        402 | 429 => (Class::Quota, false),
        400 if bad_address => (Class::Mailbox, true),
        400 | 413 | 422 => (Class::Letter, true),
        408 => (Class::Latency, false),
        _ => (Class::Network, false),
    };
    Refusal {
        class,
        is_final,
        words: match message.is_empty() {
            true => answer.said(),
            false => words(&format!("{} {message}", answer.status.as_u16())),
        },
        retry_after: answer.retry_after(),
    }
}
