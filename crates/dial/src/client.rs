//! Connections, time-outs, and what became of a request.

use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming as Body};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::{tls, words};

/// What is taken in as a whole is a few hundred bytes, or a page of a list of a few hundred kilobytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Servers close idle connections after a minute or more; one that was idle for less is most likely still open.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// A server that wants to be left alone for longer is asked again after this nevertheless.
const RETRY_AFTER_SECONDS_MAX: u64 = 24 * 60 * 60;

/// How to reach a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// `https://api.eu.mailgun.net`. Plain http is for servers on this machine.
    pub base: String,
    /// A PEM file of authorities that are believed beside those of the world.
    pub root_certificates: Option<PathBuf>,
    /// Name, TCP and TLS.
    pub connect_timeout: Duration,
    /// From the first byte of the request to the last of the answer; where an answer is a stream, to its head, and then
    /// from one piece to the next.
    pub answer_timeout: Duration,
    /// Connections that are kept while nobody needs them.
    pub idle_max: usize,
}

/// What became of a request that got no answer, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is none that could be sent.
    #[error("{0}")]
    Unmakeable(String),
    /// Not a byte of it was written.
    #[error("{0}")]
    Unreachable(String),
    /// No connection in time, so not a byte of it was written.
    #[error("{0}")]
    TooSlow(String),
    /// It may have arrived.
    #[error("{0}")]
    Unsure(String),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
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

    /// When the server wants to be asked again.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }
}

/// When a server wants to be asked again. In seconds; a date is left out.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: u64 = seconds.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(RETRY_AFTER_SECONDS_MAX)))
}

/// Talks to one server.
pub struct Client {
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
                "{:?} is not an address such as https://api.example.org",
                options.base
            )
        })?;
        let host = base.host().ok_or("the address names no host")?.to_owned();
        let (tls, port) = match base.scheme_str() {
            Some("https") => {
                let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
                    .map_err(|_| format!("{host:?} is not a name of a host"))?;
                let roots = tls::roots_with(options.root_certificates.as_deref())?;
                let tls = tls::client(roots).map_err(|error| error.to_string())?;
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

    /// Sends one request, at most once, and takes in the whole answer.
    pub async fn send(
        &self,
        method: Method,
        path_and_query: &str,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Answer, Fault> {
        let request = self.request(method, path_and_query, headers, body.into())?;
        let (answer, connection) = self
            .call(request, |response| async {
                let (head, body) = response.into_parts();
                // What the status says is known; the rest is for people.
                let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
                Answer {
                    status: head.status,
                    headers: head.headers,
                    body: body.map(|body| body.to_bytes()).unwrap_or_default(),
                }
            })
            .await?;
        self.keep(connection);
        Ok(answer)
    }

    /// Sends one request, at most once, and takes the answer in as it comes. Without an answer that is good, what was
    /// said instead is taken in as a whole.
    pub async fn open(
        &self,
        method: Method,
        path_and_query: &str,
        headers: HeaderMap,
    ) -> Result<Result<Incoming, Answer>, Fault> {
        let request = self.request(method, path_and_query, headers, Bytes::new())?;
        let (opened, connection) = self
            .call(request, |response| async {
                let (head, body) = response.into_parts();
                let (status, headers) = (head.status, head.headers);
                if status.is_success() {
                    return Ok((headers, body));
                }
                let said = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
                let body = said.map(|body| body.to_bytes()).unwrap_or_default();
                Err(Answer {
                    status,
                    headers,
                    body,
                })
            })
            .await?;
        Ok(match opened {
            Ok((headers, body)) => Ok(Incoming {
                headers,
                body,
                silence: Box::pin(sleep(self.options.answer_timeout)),
                silence_max: self.options.answer_timeout,
                _connection: connection,
            }),
            Err(answer) => {
                self.keep(connection);
                Err(answer)
            }
        })
    }

    /// A connection that was closed meanwhile gives the request back, untouched; then the next one is tried.
    async fn call<T, F>(
        &self,
        mut request: Request<Full<Bytes>>,
        take_in: impl Fn(Response<Body>) -> F,
    ) -> Result<(T, Connection), Fault>
    where
        F: Future<Output = T>,
    {
        while let Some(connection) = self.take_idle() {
            match self.ask(connection, request, &take_in).await {
                Ok(answer) => return answer,
                Err(untouched) => request = *untouched,
            }
        }
        let connection = self.connect().await?;
        match self.ask(connection, request, &take_in).await {
            Ok(answer) => answer,
            Err(_) => Err(Fault::Unreachable("the connection was closed at once".to_owned())),
        }
    }

    fn request(
        &self,
        method: Method,
        path_and_query: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Fault> {
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
            .body(Full::new(body))
            .map_err(|error| Fault::Unmakeable(error.to_string()))?;
        request.headers_mut().extend(headers);
        Ok(request)
    }

    /// `Err` gives back a request of which nothing was written.
    async fn ask<T, F>(
        &self,
        mut connection: Connection,
        request: Request<Full<Bytes>>,
        take_in: impl Fn(Response<Body>) -> F,
    ) -> Result<Result<(T, Connection), Fault>, Box<Request<Full<Bytes>>>>
    where
        F: Future<Output = T>,
    {
        let asking = async {
            match connection.try_send_request(request).await {
                Ok(response) => Ok(Ok(take_in(response).await)),
                Err(mut error) => match error.take_message() {
                    Some(request) => Err(Box::new(request)),
                    None => Ok(Err(Fault::Unsure(words(&error.into_error().to_string())))),
                },
            }
        };
        let Ok(asked) = timeout(self.options.answer_timeout, asking).await else {
            let seconds = self.options.answer_timeout.as_secs();
            return Ok(Err(Fault::Unsure(format!("no answer within {seconds} seconds"))));
        };
        asked.map(|answer| answer.map(|answer| (answer, connection)))
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        match timeout(self.options.connect_timeout, self.connected()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(why)) => Err(Fault::Unreachable(words(&format!("{}: {why}", self.host)))),
            Err(_) => Err(Fault::TooSlow(format!("{}: no connection in time", self.host))),
        }
    }

    async fn connected(&self) -> Result<Connection, String> {
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

/// An answer that is being taken in.
pub struct Incoming {
    pub headers: HeaderMap,
    body: Body,
    silence: Pin<Box<Sleep>>,
    silence_max: Duration,
    /// Stays open for as long as something is to come.
    _connection: Connection,
}

impl Stream for Incoming {
    type Item = Result<Bytes, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
                std::task::ready!(self.silence.as_mut().poll(cx));
                let seconds = self.silence_max.as_secs();
                let why = format!("nothing came for {seconds} seconds");
                return Poll::Ready(Some(Err(Fault::Unsure(why))));
            };
            let silence_max = self.silence_max;
            self.silence
                .as_mut()
                .reset(tokio::time::Instant::now() + silence_max);
            match frame {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(Fault::Unsure(words(&error.to_string()))))),
                // What is not data are trailers, which nobody needs.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }
}
