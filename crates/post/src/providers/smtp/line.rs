//! The line to a server: from its name to a connection on which letters can be talked about.

use std::io;
use std::path::Path;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::BadOptions;
use super::opening::{Offers, Opening, Step};
use super::options::{Security, SmtpOptions};
use super::reply::{Replies, Reply};
use crate::providers::{Class, Refusal};

/// A plain or an encrypted connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

pub type Stream = Box<dyn Duplex>;

/// A server that greeted us, let us in and told what it offers.
pub struct Line {
    pub stream: Stream,
    pub offers: Offers,
    pub replies: Replies,
}

/// The roots of the world and those of the configuration.
pub fn tls(options: &SmtpOptions) -> Result<Option<TlsConnector>, BadOptions> {
    if options.security == Security::Off {
        return Ok(None);
    }
    let path = options.root_certificates.as_deref();
    let roots = dial::roots_with(path).map_err(|reason| BadOptions::Roots {
        path: path.unwrap_or(Path::new("")).to_owned(),
        reason,
    })?;
    let config = dial::tls_client(roots).map_err(BadOptions::Tls)?;
    Ok(Some(TlsConnector::from(config)))
}

pub async fn open(options: &SmtpOptions, tls: Option<&TlsConnector>) -> Result<Line, Refusal> {
    let patience = options.patience;
    let mut stream = within(patience.connect, "connecting", connect(options)).await?;
    if let (Security::Implicit, Some(tls)) = (options.security, tls) {
        stream = within(patience.connect, "TLS", encrypt(options, tls, stream)).await?;
    }
    let mut replies = Replies::default();
    let wants_tls = options.security == Security::StartTls;
    let mut opening = Opening::new(&options.hello, options.login.as_ref(), wants_tls);
    loop {
        let reply = within(
            patience.command,
            "an answer",
            read_reply(&mut *stream, &mut replies),
        );
        let mut step = opening.hear(&reply.await?);
        if step == Step::Encrypt {
            let Some(tls) = tls.filter(|_| replies.is_empty()) else {
                return Err(refusal(
                    Class::Network,
                    "the server talked in the clear behind its STARTTLS",
                ));
            };
            stream = within(patience.connect, "TLS", encrypt(options, tls, stream)).await?;
            step = opening.encrypted();
        }
        match step {
            Step::Ready(offers) => {
                return Ok(Line {
                    stream,
                    offers,
                    replies,
                });
            }
            Step::Failed(refusal) => return Err(refusal),
            Step::Send(text) => {
                let sent = async {
                    stream.write_all(text.as_bytes()).await?;
                    stream.flush().await
                };
                within(patience.command, "sending", sent).await?;
            }
            Step::Encrypt => return Err(refusal(Class::Network, "STARTTLS within TLS")),
        }
    }
}

async fn connect(options: &SmtpOptions) -> io::Result<Stream> {
    let stream = TcpStream::connect((options.host.as_str(), options.port)).await?;
    // Without it the last dot of a letter waits for a delayed acknowledgement: 22 letters a second.
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

async fn encrypt(options: &SmtpOptions, tls: &TlsConnector, stream: Stream) -> io::Result<Stream> {
    let name = ServerName::try_from(options.host.clone()).map_err(io::Error::other)?;
    Ok(Box::new(tls.connect(name, stream).await?))
}

async fn read_reply(stream: &mut dyn Duplex, replies: &mut Replies) -> io::Result<Reply> {
    let mut bytes = [0; 2048];
    loop {
        if let Some(reply) = replies.next().map_err(io::Error::other)? {
            return Ok(reply);
        }
        match stream.read(&mut bytes).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => replies.take_in(&bytes[..count]),
        }
    }
}

async fn within<T>(
    patience: Duration,
    what: &str,
    done: impl Future<Output = io::Result<T>>,
) -> Result<T, Refusal> {
    match timeout(patience, done).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(refusal(Class::Network, &format!("{what}: {error}"))),
        Err(_) => {
            let words = format!("{what} took longer than {} s", patience.as_secs());
            Err(refusal(Class::Latency, &words))
        }
    }
}

fn refusal(class: Class, words: &str) -> Refusal {
    Refusal {
        class,
        is_final: false,
        words: words.to_owned(),
        retry_after: None,
    }
}
