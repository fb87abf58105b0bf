//! The edge of the house: every request comes in here and every answer leaves here.
//!
//! What holds for all of them is kept in this one place: a request has an id, is bounded in size, time and number,
//! and is counted and logged once; whatever goes wrong inside, a panic included, leaves as a [`Problem`] in the words
//! of whoever asked.

use std::any::Any;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, Request, Version, header};
use tower::Service as _;
use tracing::Instrument as _;

use crate::answer::{Answering, Asking};
use crate::arriving::{Arrival, Arriving, discard};
use crate::elsewhere::{Elsewhere, Visit};
use crate::gate::{Asked, Inside};
use crate::limits::ADDRESS_BYTES_MAX;
use crate::meter::{ServerMeter, limit_reached};
use crate::routes::Declared;
use crate::{Code, Limits, Problem, RequestId, X_REQUEST_ID};

/// Paths that answer while everything else is shed: without them nobody could see why.
pub(crate) const PROBES: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/grpc.health.v1.Health/Check"];

/// Everything a request meets on its way in and out.
pub(crate) struct Boundary {
    pub plain: Router,
    /// The same routes with compression, for clients that ask for it.
    pub compressing: tower_http::compression::Compression<Router, crate::answer::WorthCompressing>,
    pub inside: Arc<Inside>,
    pub answering: Answering,
    pub limits: Limits,
    pub files: Declared,
    pub elsewhere: Elsewhere,
    pub trusted_proxies: Vec<IpAddr>,
    pub meter: ServerMeter,
    pub in_flight: AtomicUsize,
}

/// Where a request came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub address: IpAddr,
    /// The house is full; this connection gets probes only.
    pub lobby: bool,
}

/// A place among the requests that are answered at once.
struct Seat<'a>(&'a Boundary);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.meter.in_flight.decrement(1.0);
    }
}

impl Boundary {
    /// Answers one request.
    pub async fn answer<B>(&self, request: Request<B>, origin: Origin) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let started = Instant::now();
        let given = request
            .headers()
            .get(X_REQUEST_ID)
            .and_then(RequestId::from_outside);
        let id = given.unwrap_or_default();
        let address = client_address(origin.address, request.headers(), &self.trusted_proxies);
        let http_1 = request.version() <= Version::HTTP_11;
        let asking = Asking::of(&request, id, address);
        let visit = self.elsewhere.visit(&request);
        let span = tracing::info_span!("request", request_id = %id);
        let inside = match self.seat(request.uri().path(), origin) {
            Ok(seat) => {
                let answer = match visit.as_ref().and_then(Visit::leave) {
                    Some(leave) => leave,
                    None => self.inside(request, id, address).instrument(span.clone()).await,
                };
                drop(seat);
                answer
            }
            Err(problem) => problem.into_response(),
        };
        let _entered = span.enter();
        let mut answer = self.answering.finish(inside, &asking, started.elapsed());
        if let Some(visit) = visit {
            visit.dress(answer.headers_mut());
        }
        if origin.lobby && http_1 {
            // The next one who asks for a probe needs the place.
            answer
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    /// Finds a seat, or sheds the request. Probes always have one.
    fn seat(&self, path: &str, origin: Origin) -> Result<Option<Seat<'_>>, Problem> {
        if PROBES.contains(&path) {
            return Ok(None);
        }
        let taken = self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.meter.in_flight.increment(1.0);
        let seat = Seat(self);
        if taken >= self.limits.requests_at_once_max || origin.lobby {
            self.meter.shed.increment(1);
            limit_reached(if origin.lobby {
                "connections"
            } else {
                "requests_at_once"
            });
            return Err(Problem::new(Code::Overloaded));
        }
        Ok(Some(seat))
    }

    /// Bounds the request, then lets the router answer it.
    async fn inside<B>(&self, request: Request<B>, id: RequestId, address: IpAddr) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if request
            .uri()
            .path_and_query()
            .is_some_and(|p| p.as_str().len() > ADDRESS_BYTES_MAX)
        {
            return Problem::new(Code::AddressTooLong).into_response();
        }
        let (mut parts, body) = request.into_parts();
        // Streams of gRPC have no total; tonic bounds each of their messages.
        let grpc = is_grpc(&parts.headers);
        let is_file = !grpc && self.files.has(&parts.method, parts.uri.path());
        let bytes_max = match (grpc, is_file) {
            (true, _) => usize::MAX,
            (_, true) => self.limits.file_bytes_max,
            _ => self.limits.body_bytes_max,
        };
        if body.size_hint().lower() > as_u64(bytes_max) {
            limit_reached("body_bytes");
            discard(body).await;
            return too_large(bytes_max);
        }
        let mut arrived = None;
        let body = if body.is_end_stream() {
            Body::empty()
        } else {
            let (body, arrival) = Arriving::new(body, bytes_max);
            arrived = Some(arrival);
            Body::new(body)
        };
        parts.extensions.insert(id);
        parts.extensions.insert(Asked {
            request: id,
            address,
            inside: Arc::clone(&self.inside),
        });
        let limit = self.time_limit(&parts.headers);
        let compress = parts.headers.contains_key(header::ACCEPT_ENCODING) && !grpc;
        let request = Request::from_parts(parts, body);
        let mut routed = pin!(AssertUnwindSafe(self.route(request, compress)).catch_unwind());
        let mut came = 0;
        loop {
            match tokio::time::timeout(limit, &mut routed).await {
                Ok(Ok(response)) => return response,
                Ok(Err(panic)) => {
                    self.meter.panics.increment(1);
                    return Problem::internal(format!("a handler panicked: {}", said(&*panic)))
                        .into_response();
                }
                Err(_) => {
                    let by_now = arrived.as_ref().map_or(0, |arrived| arrived.pieces());
                    if !is_file || by_now == came {
                        return too_slow(arrived.as_deref()).into_response();
                    }
                    came = by_now;
                }
            }
        }
    }

    async fn route(&self, request: Request<Body>, compress: bool) -> Response {
        if compress {
            let answer = self.compressing.clone().call(request).await;
            answer.unwrap_or_else(|never| match never {}).map(Body::new)
        } else {
            let answer = self.plain.clone().call(request).await;
            answer.unwrap_or_else(|never| match never {})
        }
    }

    /// Our limit, or less when a gRPC client says that it will not wait so long.
    fn time_limit(&self, headers: &HeaderMap) -> Duration {
        let ours = Duration::from_secs(u64::from(self.limits.request_seconds_max));
        let theirs = headers
            .get("grpc-timeout")
            .and_then(|value| grpc_timeout(value.to_str().ok()?));
        theirs.map_or(ours, |theirs| theirs.min(ours))
    }
}

fn too_large(bytes_max: usize) -> Response {
    Problem::new(Code::BodyTooLarge)
        .detail(format!("Send at most {bytes_max} bytes."))
        .into_response()
}

fn too_slow(arrived: Option<&Arrival>) -> Problem {
    limit_reached("request_seconds");
    if arrived.is_some_and(|arrived| !arrived.is_whole()) {
        Problem::new(Code::RequestTimeout)
    } else {
        Problem::new(Code::TookTooLong)
    }
}

pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// The time of a `grpc-timeout` header: up to eight digits and a unit.
fn grpc_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let n: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(n * 3600),
        "M" => Duration::from_secs(n * 60),
        "S" => Duration::from_secs(n),
        "m" => Duration::from_millis(n),
        "u" => Duration::from_micros(n),
        "n" => Duration::from_nanos(n),
        _ => return None,
    })
}

fn as_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a word")
}

/// The client's address. What a proxy says counts only as far as we trust the proxies: from the right, the first
/// address that is not one of theirs.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for");
    let said: Vec<IpAddr> = lines
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map_while(|address| address.trim().parse().ok())
        .collect();
    said.into_iter()
        .rev()
        .find(|address| !trusted.contains(address))
        .unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_says_who_the_client_is() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let stranger: IpAddr = "9.9.9.9".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(
            "x-forwarded-for",
            HeaderValue::from_static("6.6.6.6, 1.2.3.4, 10.0.0.1"),
        );
        let expected: IpAddr = "1.2.3.4".parse().unwrap();
        assert_eq!(
            client_address(proxy, &headers, &[proxy]),
            expected,
            "not what the client itself wrote"
        );
        assert_eq!(client_address(stranger, &headers, &[proxy]), stranger);
        assert_eq!(client_address(proxy, &HeaderMap::new(), &[proxy]), proxy);
    }

    #[test]
    fn a_grpc_client_may_wait_less() {
        assert_eq!(grpc_timeout("500m"), Some(Duration::from_millis(500)));
        assert_eq!(grpc_timeout("2S"), Some(Duration::from_secs(2)));
        for bad in ["", "S", "5", "999999999S", "-1S", "1\u{b5}"] {
            assert_eq!(grpc_timeout(bad), None, "{bad:?}");
        }
    }
}
