//! Connections, time-outs, and what became of a request.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{passing, words};
use crate::providers::{Class, Refusal, tls};

/// Answers of these providers are a few hundred bytes; a page of events a few hundred kilobytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Providers close idle connections after a minute or more; one that was idle for less is most likely still open.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// A provider that wants to be left alone for longer is asked again after this nevertheless.
const RETRY_AFTER_SECONDS_MAX: u64 = 24 * 60 * 60;

/// How to reach a provider.
#[derive(Clone, Debug)]
pub(in super::super) struct Options {
    /// `https://api.eu.mailgun.net`. Plain http is for servers on this machine.
    pub base: String,
    /// Name, TCP and TLS.
    pub connect_timeout: Duration,
    /// From the first byte of the request to the last of the answer.
    pub answer_timeout: Duration,
    /// Connections that are kept while nobody needs them.
    pub idle_max: usize,
}

/// What became of a request that got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// Not a byte of it was written.
    NotSent(Refusal),
    /// It may have arrived.
    Unsure(String),
}

/// An answer.
#[derive(Clone, Debug)]
pub(in super::super) struct Answer {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    pub body: Bytes,
}

impl Answer {
    /// The body, for people.
    pub fn said(&self) -> String {
        words(&format!(
            "{} {}",
            self.status.as_u16(),
            String::from_utf8_lossy(&self.body)
        ))
    }
}

/// Talks to one provider.
pub(in super::super) struct Client {
    options: Options,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    idle: Mutex<Vec<Idle>>,
}

type Connection = SendRequest<Full<Bytes>>;

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Client {
    /// Says what is wrong with the address.
    pub fn new(options: Options) -> Result<Client, String> {
        let base: Uri = options.base.parse().map_err(|_| {
            format!(
                "{:?} is not an address such as https://api.mailgun.net",
                options.base
            )
        })?;
        let host = base.host().ok_or("the address names no host")?.to_owned();
        let (tls, port) = match base.scheme_str() {
            Some("https") => {
                let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
                    .map_err(|_| format!("{host:?} is not a name of a host"))?;
                let tls = tls::client(tls::public_roots()).map_err(|error| error.to_string())?;
                (Some((TlsConnector::from(tls), name)), 443)
            }
            Some("http") => (None, 80),
            _ => return Err(format!("{:?} must begin with https://", options.base)),
        };
        Ok(Client {
            port: base.port_u16().unwrap_or(port),
            host,
            tls,
            options,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Sends one request, at most once.
    pub async fn send(
        &self,
        method: Method,
        path_and_query: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer, Fault> {
        let mut request = self
            .request(method, path_and_query, headers, Bytes::from(body))
            .map_err(|error| Fault::NotSent(passing(Class::Letter, error.to_string())))?;
        // A connection that was closed meanwhile gives the request back, untouched.
        while let Some(connection) = self.take_idle() {
            match self.ask(connection, request).await {
                Ok(answer) => return answer,
                Err(untouched) => request = *untouched,
            }
        }
        let connection = self.connect().await?;
        match self.ask(connection, request).await {
            Ok(answer) => answer,
            Err(_) => Err(Fault::NotSent(passing(
                Class::Network,
                "the connection was closed at once",
            ))),
        }
    }

    fn request(
        &self,
        method: Method,
        path_and_query: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut host = self.host.clone();
        if self.port != 80 && self.port != 443 {
            host = format!("{host}:{}", self.port);
        }
        let mut request = Request::builder()
            .method(method)
            .uri(path_and_query)
            .header(header::HOST, host)
            .header(
                header::USER_AGENT,
                concat!("townhall/", env!("CARGO_PKG_VERSION")),
            )
            .body(Full::new(body))?;
        request.headers_mut().extend(headers);
        Ok(request)
    }

    /// `Err` gives back a request of which nothing was written.
    async fn ask(
        &self,
        mut connection: Connection,
        request: Request<Full<Bytes>>,
    ) -> Result<Result<Answer, Fault>, Box<Request<Full<Bytes>>>> {
        let asking = async {
            let response = match connection.try_send_request(request).await {
                Ok(response) => response,
                Err(mut error) => {
                    return match error.take_message() {
                        Some(request) => Err(Box::new(request)),
                        None => Ok(Err(Fault::Unsure(words(&error.into_error().to_string())))),
                    };
                }
            };
            let (head, body) = response.into_parts();
            let body = match Limited::new(body, ANSWER_BYTES_MAX).collect().await {
                Ok(body) => body.to_bytes(),
                // What the status says is known; the rest is for people.
                Err(_) => Bytes::new(),
            };
            Ok(Ok(Answer {
                status: head.status,
                retry_after: retry_after(&head.headers),
                body,
            }))
        };
        let Ok(asked) = timeout(self.options.answer_timeout, asking).await else {
            let seconds = self.options.answer_timeout.as_secs();
            return Ok(Err(Fault::Unsure(format!("no answer within {seconds} seconds"))));
        };
        if matches!(asked, Ok(Ok(_))) {
            self.keep(connection);
        }
        asked
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let not_sent = |class, why: String| Fault::NotSent(passing(class, words(&why)));
        match timeout(self.options.connect_timeout, self.open()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(why)) => Err(not_sent(Class::Network, format!("{}: {why}", self.host))),
            Err(_) => Err(not_sent(
                Class::Latency,
                format!("{}: no connection in time", self.host),
            )),
        }
    }

    async fn open(&self) -> Result<Connection, String> {
        let host = self.host.trim_matches(['[', ']']);
        let tcp = TcpStream::connect((host, self.port))
            .await
            .map_err(|error| error.to_string())?;
        tcp.set_nodelay(true).map_err(|error| error.to_string())?;
        match &self.tls {
            None => shake_hands(tcp).await,
            Some((connector, name)) => {
                let connecting = connector.connect(name.clone(), tcp).await;
                shake_hands(connecting.map_err(|error| error.to_string())?).await
            }
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock();
        while let Some(Idle { connection, since }) = idle.pop() {
            if since.elapsed() < IDLE_MAX && connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock();
        if idle.len() < self.options.idle_max && !connection.is_closed() {
            idle.push(Idle {
                connection,
                since: Instant::now(),
            });
        }
    }
}

async fn shake_hands<T>(stream: T) -> Result<Connection, String>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (connection, driver) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    // Ends with the connection; what went wrong on it is told to whoever asked.
    tokio::spawn(async move {
        let _ = driver.await;
    });
    Ok(connection)
}

/// In seconds; a date, which these providers do not send, is left out.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds.min(RETRY_AFTER_SECONDS_MAX)))
}
