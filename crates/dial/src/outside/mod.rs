//! Asking where somebody else told us to ask: for a calendar that a person follows, not for a server that the operator
//! named.
//!
//! What it keeps true: nobody gets at a machine of the house's own network by writing an address, neither directly, nor by
//! a name that means such a machine now or a moment later, nor by an answer that leads there. A name is resolved once, each
//! of its addresses is judged, and the connection goes to one that was judged. And no answer takes more than so many bytes or
//! so much time, however it comes.

mod address;
mod guard;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Position};

use crate::client::retry_after;
use crate::{tls, words};

pub use address::{ADDRESS_BYTES_MAX, Address, BadAddress};
pub use guard::is_public;

/// Two decades of a busy life are ten megabytes.
const BYTES_MAX: usize = 10 << 20;
/// From the name to the last byte, redirects included.
const WHOLE: Duration = Duration::from_secs(30);
/// To one address of a name.
const CONNECT: Duration = Duration::from_secs(5);
/// A renewed house, a new domain, https, and two to spare.
const REDIRECTS_MAX: usize = 5;
/// A server's mark of what it has. A longer one is no mark that is worth keeping.
const MARK_BYTES_MAX: usize = 1_024;
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;

/// How long and how much.
#[derive(Clone, Copy, Debug)]
struct Limits {
    bytes: usize,
    whole: Duration,
}

type Resolve = Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Gets what lies at addresses of somebody else's choosing. Cheap to clone.
#[derive(Clone)]
pub struct Outside {
    tls: Arc<ClientConfig>,
    may_ask: fn(IpAddr) -> bool,
    resolve: Resolve,
    limits: Limits,
}

/// What was got the last time, by the marks of the server that was asked. They are sent to no other: whoever that server leads
/// to gave none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub etag: Option<String>,
    pub modified: Option<String>,
}

/// What lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// What is known.
    Same,
    New(Page),
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub bytes: Vec<u8>,
    /// What it says to be: `text/calendar`.
    pub kind: Option<String>,
    pub marks: Known,
}

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Said of a number. Of a name it would tell those who ask what the house's own network has.
    #[error("{0} is a machine of a private network, and those are not asked")]
    Private(String),
    /// Nobody knows it, or it means a machine of a private network: which of both is nobody's business out there.
    #[error("no machine of the name {0} can be asked")]
    NoSuchName(String),
    #[error("{0}")]
    Unreachable(String),
    /// It cannot show that it is the machine of that name.
    #[error("{0}")]
    Untrusted(String),
    #[error("the answer took longer than {} seconds", .0.as_secs())]
    TooSlow(Duration),
    #[error("the answer has more than {} MiB", .0 >> 20)]
    TooLarge(usize),
    #[error("{0}")]
    Redirects(&'static str),
    #[error("the server answered {status}")]
    Status {
        status: u16,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    #[error("the answer broke off")]
    BrokenOff,
    #[error("the answer is packed in a way that was not asked for")]
    Packed,
}

/// One answer.
enum Step {
    Got(Got),
    Elsewhere(Address),
}

impl Outside {
    /// `allows_private`: machines of the own network, and this one, are asked too.
    pub fn new(allows_private: bool) -> Result<Outside, String> {
        let tls = tls::client(tls::public_roots()).map_err(|error| error.to_string())?;
        Ok(Outside {
            tls,
            may_ask: if allows_private { |_| true } else { is_public },
            resolve: Arc::new(|host, port| {
                async move {
                    let found = tokio::net::lookup_host((host.as_str(), port)).await?;
                    Ok(found.collect())
                }
                .boxed()
            }),
            limits: Limits {
                bytes: BYTES_MAX,
                whole: WHOLE,
            },
        })
    }

    /// Servers are believed, too, that an authority of a PEM file vouches for. `Err` says what is wrong with the file.
    pub fn trusting(self, file: &Path) -> Result<Outside, String> {
        let roots = tls::roots_with(Some(file))?;
        let tls = tls::client(roots).map_err(|error| error.to_string())?;
        Ok(Outside { tls, ..self })
    }

    /// Gets what lies at an address, unless it is what is known.
    pub async fn get(&self, address: &Address, known: &Known) -> Result<Got, Trouble> {
        let whole = self.limits.whole;
        let got = timeout(whole, self.follow(address, known)).await;
        got.unwrap_or(Err(Trouble::TooSlow(whole)))
    }

    async fn follow(&self, address: &Address, known: &Known) -> Result<Got, Trouble> {
        let mut way = vec![address.clone()];
        let mut at = address.clone();
        let nothing = Known::default();
        loop {
            let is_its_own = at.is_at_server_of(address);
            match self.ask(&at, if is_its_own { known } else { &nothing }).await? {
                Step::Got(Got::New(page)) if !is_its_own => {
                    let marks = Known::default();
                    return Ok(Got::New(Page { marks, ..page }));
                }
                Step::Got(got) => return Ok(got),
                Step::Elsewhere(next) => {
                    goes_on(&way, &at, &next)?;
                    way.push(next.clone());
                    at = next;
                }
            }
        }
    }

    async fn ask(&self, address: &Address, known: &Known) -> Result<Step, Trouble> {
        let tcp = self.connect(address).await?;
        let mut connection = if address.is_encrypted() {
            let connecting = TlsConnector::from(Arc::clone(&self.tls)).connect(server_name(address)?, tcp);
            let tls = connecting.await.map_err(|error| not_met(address, &error))?;
            shake_hands(address, tls).await?
        } else {
            shake_hands(address, tcp).await?
        };
        let request = request(address, known)?;
        let response = connection.send_request(request).await;
        let response = response.map_err(|error| unreachable(address, &error))?;
        self.answer(address, known, response).await
    }

    /// Connects to an address of the name that may be asked, and to no other.
    async fn connect(&self, address: &Address) -> Result<TcpStream, Trouble> {
        let found = self.addresses(address).await?;
        let asked: Vec<SocketAddr> = found
            .iter()
            .copied()
            .filter(|one| (self.may_ask)(one.ip()))
            .take(ADDRESSES_MAX)
            .collect();
        let is_name = matches!(address.url().host(), Some(Host::Domain(_)));
        let mut why = match is_name {
            true => Trouble::NoSuchName(words(address.host())),
            false => Trouble::Private(words(address.host())),
        };
        for one in asked {
            match timeout(CONNECT, TcpStream::connect(one)).await {
                Ok(Ok(tcp)) => return Ok(tcp),
                Ok(Err(error)) => why = unreachable(address, &error),
                Err(_) => why = unreachable(address, &"no connection in time"),
            }
        }
        Err(why)
    }

    async fn addresses(&self, address: &Address) -> Result<Vec<SocketAddr>, Trouble> {
        let port = address.port();
        let number = |ip: IpAddr| Ok(vec![SocketAddr::new(ip, port)]);
        match address.url().host() {
            Some(Host::Ipv4(ip)) => number(ip.into()),
            Some(Host::Ipv6(ip)) => number(ip.into()),
            Some(Host::Domain(name)) => {
                let found = (self.resolve)(name.to_owned(), port).await;
                found.map_err(|_| Trouble::NoSuchName(words(name)))
            }
            None => Err(Trouble::NoSuchName(words(address.as_str()))),
        }
    }

    async fn answer(
        &self,
        address: &Address,
        known: &Known,
        response: Response<Incoming>,
    ) -> Result<Step, Trouble> {
        let (head, body) = response.into_parts();
        let text = |name: header::HeaderName| {
            let value = head.headers.get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned)
        };
        let mark = |name| text(name).filter(|mark| mark.len() <= MARK_BYTES_MAX);
        match head.status {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if *known != Known::default() => return Ok(Step::Got(Got::Same)),
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                let location = text(header::LOCATION);
                let next = location.and_then(|location| address.join(&location).ok());
                let next = next.ok_or(Trouble::Redirects("the server leads to what is no address"))?;
                return Ok(Step::Elsewhere(next));
            }
            status => {
                return Err(Trouble::Status {
                    status: status.as_u16(),
                    after: retry_after(&head.headers),
                });
            }
        }
        if is_packed(&head.headers) {
            return Err(Trouble::Packed);
        }
        let page = Page {
            kind: text(header::CONTENT_TYPE),
            marks: Known {
                etag: mark(header::ETAG),
                modified: mark(header::LAST_MODIFIED),
            },
            bytes: self.take_in(body).await?,
        };
        Ok(Step::Got(Got::New(page)))
    }

    async fn take_in(&self, mut body: Incoming) -> Result<Vec<u8>, Trouble> {
        let most = self.limits.bytes;
        let said = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if said > most {
            return Err(Trouble::TooLarge(most));
        }
        let mut taken = Vec::with_capacity(said);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Trouble::BrokenOff)?;
            // What is not data are trailers, which nobody needs.
            let Ok(data) = frame.into_data() else { continue };
            if taken.len() + data.len() > most {
                return Err(Trouble::TooLarge(most));
            }
            taken.extend_from_slice(&data);
        }
        Ok(taken)
    }
}

/// Whether one who came this way may be led on from `at`.
fn goes_on(way: &[Address], at: &Address, next: &Address) -> Result<(), Trouble> {
    if at.is_encrypted() && !next.is_encrypted() {
        return Err(Trouble::Redirects("the server leads from https to http"));
    }
    if way.contains(next) {
        return Err(Trouble::Redirects("the server leads in a circle"));
    }
    if way.len() > REDIRECTS_MAX {
        return Err(Trouble::Redirects("the server leads on and on"));
    }
    Ok(())
}

fn is_packed(headers: &HeaderMap) -> bool {
    let packed = headers.get(header::CONTENT_ENCODING);
    packed.is_some_and(|how| !how.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn unreachable(address: &Address, why: &dyn std::fmt::Display) -> Trouble {
    Trouble::Unreachable(words(&format!("{}: {why}", address.host())))
}

/// No encrypted connection: because of who answers, or for another reason.
fn not_met(address: &Address, error: &io::Error) -> Trouble {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
    match cause {
        Some(rustls::Error::InvalidCertificate(why)) => {
            Trouble::Untrusted(words(&format!("{}: its certificate: {why}", address.host())))
        }
        _ => unreachable(address, error),
    }
}

fn server_name(address: &Address) -> Result<ServerName<'static>, Trouble> {
    let host = address.host().trim_matches(['[', ']']).to_owned();
    ServerName::try_from(host).map_err(|_| Trouble::NoSuchName(words(address.host())))
}

fn request(address: &Address, known: &Known) -> Result<Request<Empty<Bytes>>, Trouble> {
    let url = address.url();
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(&url[Position::BeforePath..])
        .header(header::HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(header::ACCEPT, "text/calendar, */*;q=0.1")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .header(
            header::USER_AGENT,
            concat!("townhall/", env!("CARGO_PKG_VERSION")),
        );
    if let Some(etag) = &known.etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    if let Some(modified) = &known.modified {
        request = request.header(header::IF_MODIFIED_SINCE, modified);
    }
    let request = request.body(Empty::new());
    request.map_err(|error| unreachable(address, &error))
}

async fn shake_hands<T>(address: &Address, stream: T) -> Result<SendRequest<Empty<Bytes>>, Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (connection, driver) = shaken.map_err(|error| unreachable(address, &error))?;
    // Ends with the connection; what went wrong on it is told to whoever asked.
    tokio::spawn(async move {
        let _ = driver.await;
    });
    Ok(connection)
}
