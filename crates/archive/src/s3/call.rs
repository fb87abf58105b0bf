//! One request to S3: signed, sent, and sent again while its failure may pass.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use dial::{Answer, Client, Fault, Incoming};
use http::{HeaderMap, Method, StatusCode, header};
use kernel::{Clock, Moment, Secret};
use rusty_s3::{Bucket, UrlStyle, signing};
use url::Url;

use super::{Addressing, Options, says};
use crate::Failed;

/// How often a request is sent. With a pause of 0.2 s after the first time, six seconds are bridged: what S3 takes to
/// spread a sudden load. Whoever waits for a file does not wait longer.
const TIMES_MAX: u32 = 6;
/// No pause is longer, whatever the server asks for.
const PAUSE_MAX: Duration = Duration::from_secs(20);
/// A request is signed when it is sent, so this is for clocks that differ.
const SIGNATURE_LIFE: Duration = Duration::from_secs(900);
/// Connections that are kept while nobody needs them.
const IDLE_MAX: usize = 16;

/// What is asked for.
pub(super) struct Asked {
    pub method: Method,
    /// Empty: the bucket itself.
    pub key: String,
    /// In the order in which they are signed.
    pub query: BTreeMap<&'static str, String>,
    /// All of them are signed.
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn new(method: Method, key: String) -> Asked {
        Asked {
            method,
            key,
            query: BTreeMap::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }
}

pub(super) struct Caller {
    client: Client,
    bucket: Bucket,
    access_key: String,
    secret_key: Secret,
    session_token: Secret,
    pause: Duration,
    /// Of the machine: a server judges by its own clock how old a request is.
    clock: Clock,
}

impl Caller {
    pub fn new(options: Options) -> Result<Caller, String> {
        let endpoint: Url = options
            .endpoint
            .parse()
            .map_err(|error| format!("{:?} is no address: {error}", options.endpoint))?;
        let style = match options.addressing {
            Addressing::Path => UrlStyle::Path,
            Addressing::Host => UrlStyle::VirtualHost,
        };
        let bucket = Bucket::new(endpoint, style, options.bucket, options.region)
            .map_err(|error| format!("{:?} with this bucket: {error}", options.endpoint))?;
        let client = Client::new(dial::Options {
            base: bucket.base_url().as_str().to_owned(),
            root_certificates: options.root_certificates,
            connect_timeout: options.connect_timeout,
            answer_timeout: options.answer_timeout,
            idle_max: IDLE_MAX,
        })?;
        Ok(Caller {
            client,
            bucket,
            access_key: options.access_key,
            secret_key: options.secret_key,
            session_token: options.session_token,
            pause: options.retry_after,
            clock: Clock::system(),
        })
    }

    /// The address of what is asked for, signed.
    pub fn signed(&self, asked: &Asked, at: Moment, life: Duration) -> Url {
        let method = match asked.method {
            Method::PUT => rusty_s3::Method::Put,
            Method::POST => rusty_s3::Method::Post,
            Method::DELETE => rusty_s3::Method::Delete,
            Method::HEAD => rusty_s3::Method::Head,
            _ => rusty_s3::Method::Get,
        };
        let headers = asked.headers.iter();
        let mut headers: Vec<(&str, &str)> = headers
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
            .collect();
        headers.sort_unstable();
        signing::sign(
            &at.to_timestamp(),
            method,
            self.bucket.object_url(&asked.key),
            &self.access_key,
            self.secret_key.reveal(),
            Some(self.session_token.reveal()),
            self.bucket.region(),
            life.as_secs(),
            asked.query.iter().map(|(name, value)| (*name, value.as_str())),
            headers.into_iter(),
        )
    }

    /// What S3 says to a request that it carries out.
    pub async fn ask(&self, asked: &Asked) -> Result<String, Failed> {
        let answer = self.answered(asked).await?;
        match answer.status.is_success() {
            true => Ok(text(&answer)),
            false => Err(refused(&answer)),
        }
    }

    /// The headers of the answer.
    pub async fn ask_for_headers(&self, asked: &Asked) -> Result<HeaderMap, Failed> {
        let answer = self.answered(asked).await?;
        match answer.status.is_success() {
            true => Ok(answer.headers),
            false => Err(refused(&answer)),
        }
    }

    /// `None` when there is no such thing.
    pub async fn ask_unless_absent(&self, asked: &Asked) -> Result<Option<String>, Failed> {
        let answer = self.answered(asked).await?;
        match answer.status {
            StatusCode::NOT_FOUND => match says::first(&text(&answer), "Code") {
                Some("NoSuchBucket") => Err(refused(&answer)),
                _ => Ok(None),
            },
            status if status.is_success() => Ok(Some(text(&answer))),
            _ => Err(refused(&answer)),
        }
    }

    /// `None` when the server does not know such requests.
    pub async fn ask_if_it_can(&self, asked: &Asked) -> Result<Option<String>, Failed> {
        let answer = self.answered(asked).await?;
        match answer.status {
            StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED => Ok(None),
            status if status.is_success() => Ok(Some(text(&answer))),
            _ => Err(refused(&answer)),
        }
    }

    /// The answer as it comes; 404 when there is no such file and 416 when it is shorter than what was asked for.
    pub async fn open(&self, asked: &Asked) -> Result<Result<Incoming, StatusCode>, Failed> {
        let mut pauses = Pauses::new(self.pause);
        loop {
            let address = self.address(asked);
            let opened = self.client.open(Method::GET, &address, asked.headers.clone());
            let failed = match opened.await {
                Ok(Ok(incoming)) => return Ok(Ok(incoming)),
                Ok(Err(answer)) if !may_pass(&answer) => {
                    let no_bucket = says::first(&text(&answer), "Code") == Some("NoSuchBucket");
                    let is_told = [StatusCode::NOT_FOUND, StatusCode::RANGE_NOT_SATISFIABLE];
                    return match is_told.contains(&answer.status) && !no_bucket {
                        true => Ok(Err(answer.status)),
                        false => Err(refused(&answer)),
                    };
                }
                Ok(Err(answer)) => Ok(answer),
                Err(fault) => Err(fault),
            };
            if let Some(failed) = pauses.after(failed).await {
                return Err(failed.map_or_else(self::failed, |answer| refused(&answer)));
            }
        }
    }

    /// The last answer, after all tries.
    async fn answered(&self, asked: &Asked) -> Result<Answer, Failed> {
        let mut pauses = Pauses::new(self.pause);
        loop {
            let (address, headers) = (self.address(asked), asked.headers.clone());
            let sending = self
                .client
                .send(asked.method.clone(), &address, headers, asked.body.clone());
            let sent = sending.await;
            match &sent {
                Ok(answer) if !may_pass(answer) => return sent.map_err(failed),
                Err(Fault::Unmakeable(_)) => return sent.map_err(failed),
                _ => {}
            }
            if let Some(last) = pauses.after(sent).await {
                return last.map_err(failed);
            }
        }
    }

    /// Signed anew each time: the tries together may outlast a signature.
    fn address(&self, asked: &Asked) -> String {
        let url = self.signed(asked, self.clock.now(), SIGNATURE_LIFE);
        url[url::Position::BeforePath..].to_owned()
    }
}

/// The pauses between the tries of one request.
struct Pauses {
    next: Duration,
    times: u32,
}

impl Pauses {
    fn new(first: Duration) -> Pauses {
        Pauses {
            next: first,
            times: 1,
        }
    }

    /// Waits, or gives back what was said when it was the last time.
    async fn after(&mut self, said: Result<Answer, Fault>) -> Option<Result<Answer, Fault>> {
        if self.times >= TIMES_MAX {
            return Some(said);
        }
        metrics::counter!("townhall_archive_retries_total").increment(1);
        let asked_for = said
            .as_ref()
            .ok()
            .and_then(Answer::retry_after)
            .unwrap_or_default();
        tokio::time::sleep(self.next.max(asked_for).min(PAUSE_MAX)).await;
        self.times += 1;
        self.next *= 2;
        None
    }
}

/// Whether another time the same request may be carried out.
fn may_pass(answer: &Answer) -> bool {
    let says_busy = || {
        let said = text(answer);
        matches!(
            says::first(&said, "Code"),
            Some("RequestTimeout" | "SlowDown" | "InternalError")
        )
    };
    answer.status == StatusCode::TOO_MANY_REQUESTS
        || (answer.status.is_server_error() && answer.status != StatusCode::NOT_IMPLEMENTED)
        // Some failures are told inside of an answer that began well.
        || says_busy()
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// In the words of S3.
pub(super) fn refused(answer: &Answer) -> Failed {
    let said = text(answer);
    let part = |tag| says::first(&said, tag).unwrap_or_default();
    let words = dial::words(&format!(
        "{} {} {}",
        answer.status.as_u16(),
        part("Code"),
        part("Message")
    ));
    match may_pass(answer) {
        true => Failed::Unavailable(words),
        false => Failed::Refused(words),
    }
}

pub(super) fn failed(fault: Fault) -> Failed {
    match fault {
        Fault::Unmakeable(why) => Failed::Refused(why),
        Fault::Unreachable(why) | Fault::TooSlow(why) | Fault::Unsure(why) => Failed::Unavailable(why),
    }
}

/// The header by which S3 checks the length and whether all arrived as it was sent.
pub(super) fn length(body: &Bytes) -> (http::HeaderName, http::HeaderValue) {
    (header::CONTENT_LENGTH, body.len().into())
}
