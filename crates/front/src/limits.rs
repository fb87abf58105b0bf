//! What the server takes at once, and for how long. Each can be set in the configuration; the defaults are for one
//! machine with a few cores.

/// The limits of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request body. Larger ones are refused with 413.
    pub body_bytes_max: usize,
    /// The same on the few routes that take whole files, of which no more than a piece is held at a time.
    pub file_bytes_max: usize,
    /// Seconds from connecting, or from the last answer, until the headers of the next request are here. Slow and
    /// idle clients look alike until then, so this also bounds how long HTTP/1.1 connections are kept open.
    pub header_seconds_max: u32,
    /// Seconds from the headers of a request to its answer, its body included: 408 or 503 after that. A file may take longer,
    /// as long as something of it comes in each such time.
    pub request_seconds_max: u32,
    /// Requests being answered at once. More are refused with 503: a queue would only let all of them time out.
    pub requests_at_once_max: usize,
    /// Open connections. A few more are taken, for probes only.
    pub connections_max: usize,
    /// Requests at once on one HTTP/2 connection.
    pub streams_per_connection_max: u32,
    /// Seconds that an HTTP/2 connection stays open without a request.
    pub idle_seconds_max: u32,
    /// Seconds that the shutdown waits for requests that were accepted.
    pub shutdown_seconds_max: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes_max: 1024 * 1024,
            file_bytes_max: 2 * 1024 * 1024 * 1024,
            header_seconds_max: 75,
            request_seconds_max: 30,
            requests_at_once_max: 1024,
            connections_max: 8192,
            streams_per_connection_max: 128,
            idle_seconds_max: 300,
            shutdown_seconds_max: 30,
        }
    }
}

/// Connections taken beyond `connections_max`, which are answered on probes only and closed after one request.
pub(crate) const LOBBY_CONNECTIONS: usize = 32;
/// Headers of a request together: what browsers and proxies send is well below.
pub(crate) const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Headers of a request by number.
pub(crate) const HEADERS_MAX: usize = 100;
/// An address (path and query) of a request. A cursor with filters is well below.
pub(crate) const ADDRESS_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a refused body that are still read, so that the client gets to read the answer before the connection closes.
pub(crate) const REFUSED_BODY_BYTES_READ: usize = 8 * 1024 * 1024;
/// How long that may take.
pub(crate) const REFUSED_BODY_SECONDS: u64 = 3;
/// A TLS handshake takes two round trips; ten seconds are for a phone on a train.
pub(crate) const HANDSHAKE_SECONDS_MAX: u64 = 10;
/// A client that reads nothing of its answer for so long has gone.
pub(crate) const WRITE_STALL_SECONDS_MAX: u64 = 30;
/// Answers below this are not worth compressing, and small ones with secrets in them are better not.
pub(crate) const COMPRESS_BYTES_MIN: u64 = 1024;
/// How long a readiness check may take; one that is slower has failed.
pub(crate) const CHECK_SECONDS_MAX: u64 = 2;
