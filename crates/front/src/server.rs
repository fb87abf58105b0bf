//! The accept loop: connections of HTTP/1.1 and HTTP/2, in clear or by TLS, on one port.
//!
//! A client can be slow at every step: at the handshake, at its first byte, between two requests, at reading its
//! answer. Each step has its bound, so none of them can hold a connection for ever. On shutdown no new connection is
//! taken, requests that were accepted are answered, and what is not done by then is cut off.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tonic_health::ServingStatus;

use crate::boundary::Origin;
use crate::limits::{HANDSHAKE_SECONDS_MAX, HEADER_BYTES_MAX, HEADERS_MAX, LOBBY_CONNECTIONS};
use crate::meter::limit_reached;
use crate::patient::Patient;
use crate::{Front, Limits, Tls};

/// How often samples are folded and the health of gRPC services follows the readiness.
const UPKEEP_EVERY: Duration = Duration::from_secs(2);
/// HTTP/2 pings find connections whose other end has gone without a word.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// When no connection can be accepted (no file descriptors left), trying at once again would only burn the processor.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How long the last connections get to notice that they are cut off.
const CUT_OFF_WITHIN: Duration = Duration::from_secs(1);

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Connections that were not done within `shutdown_seconds_max`.
    pub cut_off: usize,
}

/// What connections are told about the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    Stay,
    /// Finish what was accepted.
    Soon,
    Now,
}

impl Front {
    /// Serves until `shutdown` completes and the requests that were accepted by then are answered.
    pub async fn serve(
        &self,
        listener: TcpListener,
        tls: Option<Tls>,
        shutdown: impl Future<Output = ()>,
    ) -> Stopped {
        let (leave, leaving) = watch::channel(Leave::Stay);
        let (open, mut all_closed) = mpsc::channel::<()>(1);
        let house = Arc::new(House {
            front: self.clone(),
            builder: builder(&self.0.boundary.limits),
            connections: AtomicUsize::new(0),
        });
        let mut upkeep = vec![Ended(tokio::spawn(upkeep(self.clone())))];
        upkeep.extend(tls.clone().map(|tls| Ended(tokio::spawn(tls.watch()))));
        let accepting = async {
            loop {
                match listener.accept().await {
                    Ok((stream, peer)) => {
                        house.welcome(stream, peer, tls.as_ref(), leaving.clone(), open.clone());
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        limit_reached("accept");
                        tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                    }
                }
            }
        };
        tokio::select! {
            () = accepting => {}
            () = shutdown => {}
        }
        drop(upkeep);
        drop(listener);
        drop(open);
        self.0.readiness.leave();
        self.end_health().await;
        leave.send_replace(Leave::Soon);
        let limit = Duration::from_secs(u64::from(self.0.boundary.limits.shutdown_seconds_max));
        if tokio::time::timeout(limit, all_closed.recv()).await.is_ok() {
            return Stopped { cut_off: 0 };
        }
        let cut_off = house.connections.load(Ordering::Relaxed);
        leave.send_replace(Leave::Now);
        // They end at their next poll; whoever does not is ended by the end of the program.
        let _ = tokio::time::timeout(CUT_OFF_WITHIN, all_closed.recv()).await;
        Stopped { cut_off }
    }

    /// Tells watchers of gRPC health that it is over; their streams would otherwise never end.
    async fn end_health(&self) {
        let mut health = self.0.health.clone();
        for service in self.0.grpc_services.iter().copied().chain([""]) {
            health
                .set_service_status(service, ServingStatus::NotServing)
                .await;
            health.clear_service_status(service).await;
        }
    }
}

/// A task that ends with its owner.
struct Ended(JoinHandle<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// gRPC services report what `/readyz` says, and samples of metrics are folded.
async fn upkeep(front: Front) {
    let mut was_ready = None;
    loop {
        if let Some(metrics) = &front.0.metrics {
            metrics.upkeep();
        }
        let ready = front.0.readiness.look().await.iter().all(|check| check.ok);
        if was_ready != Some(ready) {
            was_ready = Some(ready);
            let status = if ready {
                ServingStatus::Serving
            } else {
                ServingStatus::NotServing
            };
            for service in front.0.grpc_services.iter().copied().chain([""]) {
                front.0.health.set_service_status(service, status).await;
            }
        }
        tokio::time::sleep(UPKEEP_EVERY).await;
    }
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(u64::from(limits.header_seconds_max)))
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_per_connection_max)
        .max_header_list_size(u32::try_from(HEADER_BYTES_MAX).unwrap_or(u32::MAX))
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER_WITHIN);
    builder
}

/// What all connections share.
struct House {
    front: Front,
    builder: Builder<TokioExecutor>,
    connections: AtomicUsize,
}

/// A connection among those that are counted.
struct Counted(Arc<House>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
        self.0.front.0.boundary.meter.connections.decrement(1.0);
    }
}

impl House {
    /// Gives a new connection its task; in the lobby if the house is full; none at all if that is full, too.
    fn welcome(
        self: &Arc<House>,
        stream: TcpStream,
        peer: SocketAddr,
        tls: Option<&Tls>,
        leaving: watch::Receiver<Leave>,
        open: mpsc::Sender<()>,
    ) {
        let boundary = &self.front.0.boundary;
        let there = self.connections.fetch_add(1, Ordering::Relaxed);
        boundary.meter.connections.increment(1.0);
        let counted = Counted(Arc::clone(self));
        let lobby = there >= boundary.limits.connections_max;
        if there >= boundary.limits.connections_max.saturating_add(LOBBY_CONNECTIONS) {
            limit_reached("connections");
            return;
        }
        let origin = Origin {
            address: peer.ip().to_canonical(),
            lobby,
        };
        let acceptor = tls.map(Tls::acceptor);
        tokio::spawn(async move {
            let _open = open;
            // Answers are written whole; waiting for more to send would only delay them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection was gone before it began");
                return;
            }
            let ended = match acceptor {
                None => counted.0.converse(stream, origin, leaving).await,
                Some(acceptor) => {
                    let limit = Duration::from_secs(HANDSHAKE_SECONDS_MAX);
                    match tokio::time::timeout(limit, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => counted.0.converse(stream, origin, leaving).await,
                        Ok(Err(error)) => Err(error.into()),
                        Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
                    }
                }
            };
            if let Err(error) = ended {
                // Clients go away as they please; this is for whoever looks into one of them.
                tracing::debug!(error, address = %origin.address, "a connection ended early");
            }
        });
    }

    /// Answers the requests of one connection until either side ends it.
    async fn converse<S>(
        self: &Arc<House>,
        stream: S,
        origin: Origin,
        mut leaving: watch::Receiver<Leave>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let pulse = Arc::new(Pulse::default());
        let service = service_fn(|request: Request<Incoming>| {
            let (front, beat) = (self.front.clone(), Beat::of(&pulse));
            async move {
                let answer = front.0.boundary.answer(request, origin).await;
                drop(beat);
                Ok::<_, Infallible>(answer)
            }
        });
        let io = TokioIo::new(Patient::new(stream));
        let mut connection = pin!(self.builder.serve_connection(io, service));
        let limits = &self.front.0.boundary.limits;
        let period = Duration::from_secs(u64::from(limits.header_seconds_max.max(1)));
        let idle_periods_max = (limits.idle_seconds_max / limits.header_seconds_max.max(1)).max(1);
        let mut idle = Idle::default();
        let mut tick = pin!(tokio::time::sleep(period));
        let mut told = Leave::Stay;
        loop {
            tokio::select! {
                ended = connection.as_mut() => return ended,
                changed = leaving.wait_for(|now| *now != told) => {
                    told = changed.map_or(Leave::Now, |now| *now);
                    match told {
                        Leave::Now => return Ok(()),
                        _ => connection.as_mut().graceful_shutdown(),
                    }
                }
                () = tick.as_mut() => {
                    tick.as_mut().reset(tokio::time::Instant::now() + period);
                    match idle.look(&pulse) {
                        Seen::Never => {
                            limit_reached("header_seconds");
                            return Ok(());
                        }
                        Seen::Idle(periods) if periods >= idle_periods_max => {
                            connection.as_mut().graceful_shutdown();
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

/// The requests of a connection, as far as its idleness is concerned.
#[derive(Default)]
struct Pulse {
    begun: AtomicU64,
    in_flight: AtomicUsize,
}

/// One request; over when dropped, also when the client reset it.
struct Beat(Arc<Pulse>);

impl Beat {
    fn of(pulse: &Arc<Pulse>) -> Beat {
        pulse.begun.fetch_add(1, Ordering::Relaxed);
        pulse.in_flight.fetch_add(1, Ordering::Relaxed);
        Beat(Arc::clone(pulse))
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the last look at a pulse saw.
#[derive(Default)]
struct Idle {
    begun: u64,
    periods: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// No request has ever begun.
    Never,
    Busy,
    /// Nothing happened for so many periods.
    Idle(u32),
}

impl Idle {
    fn look(&mut self, pulse: &Pulse) -> Seen {
        let begun = pulse.begun.load(Ordering::Relaxed);
        if begun == 0 {
            return Seen::Never;
        }
        if begun != self.begun || pulse.in_flight.load(Ordering::Relaxed) > 0 {
            *self = Idle { begun, periods: 0 };
            return Seen::Busy;
        }
        self.periods += 1;
        Seen::Idle(self.periods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_idle_only_when_nothing_begins_and_nothing_runs() {
        let pulse = Arc::new(Pulse::default());
        let mut idle = Idle::default();
        assert_eq!(idle.look(&pulse), Seen::Never);
        let beat = Beat::of(&pulse);
        assert_eq!(idle.look(&pulse), Seen::Busy);
        assert_eq!(idle.look(&pulse), Seen::Busy, "a long answer is no idleness");
        drop(beat);
        assert_eq!(idle.look(&pulse), Seen::Idle(1));
        assert_eq!(idle.look(&pulse), Seen::Idle(2));
        drop(Beat::of(&pulse));
        assert_eq!(idle.look(&pulse), Seen::Busy);
    }
}
