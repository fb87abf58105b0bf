//! The id that a request carries through answers, logs and other systems.
//!
//! A sane `X-Request-Id` from outside is kept, so that a proxy's log and ours tell of one request by one name;
//! anything else is replaced, so that nobody can write into our logs. It lives in place, without an allocation.

use std::fmt;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken from outside: room for a UUID, a ULID or a W3C trace id with some prefix.
const BYTES_MAX: usize = 64;
/// Shortest id taken from outside: shorter ones do not tell requests apart.
const BYTES_MIN: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    bytes: [u8; BYTES_MAX],
    len: u8,
}

impl RequestId {
    /// A new one: 32 hexadecimal digits.
    pub fn new() -> RequestId {
        let mut random = [0u8; 16];
        fill(&mut random);
        let mut bytes = [0u8; BYTES_MAX];
        for (at, byte) in random.iter().enumerate() {
            bytes[at * 2] = HEX[usize::from(byte >> 4)];
            bytes[at * 2 + 1] = HEX[usize::from(byte & 0x0f)];
        }
        RequestId { bytes, len: 32 }
    }

    /// The caller's own, when it is 8 to 64 letters, digits, `-`, `_`, `.` or `:`.
    pub fn from_outside(value: &HeaderValue) -> Option<RequestId> {
        let given = value.as_bytes();
        let sane = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
        if !(BYTES_MIN..=BYTES_MAX).contains(&given.len()) || !given.iter().all(sane) {
            return None;
        }
        let mut bytes = [0u8; BYTES_MAX];
        bytes[..given.len()].copy_from_slice(given);
        Some(RequestId {
            bytes,
            len: u8::try_from(given.len()).ok()?,
        })
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Request ids need to be different, not secret: a counter through a mixer that is seeded once from the system.
fn fill(bytes: &mut [u8; 16]) {
    use std::hash::{BuildHasher, RandomState};
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: LazyLock<(RandomState, RandomState)> =
        LazyLock::new(|| (RandomState::new(), RandomState::new()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    bytes[..8].copy_from_slice(&SEED.0.hash_one(count).to_be_bytes());
    bytes[8..].copy_from_slice(&SEED.1.hash_one(count).to_be_bytes());
}

impl Default for RequestId {
    fn default() -> RequestId {
        RequestId::new()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&RequestId> for HeaderValue {
    fn from(id: &RequestId) -> HeaderValue {
        HeaderValue::from_str(id.as_str()).unwrap_or(HeaderValue::from_static("none"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<RequestId, Self::Rejection> {
        Ok(parts.extensions.get::<RequestId>().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_only_sane_ones_come_from_outside() {
        let id = RequestId::new();
        assert_ne!(id, RequestId::new());
        assert_eq!(id.as_str().len(), 32);
        let outside = |text: &'static str| RequestId::from_outside(&HeaderValue::from_static(text));
        assert_eq!(
            outside("abc-123_x.y:z").map(|id| id.to_string()).as_deref(),
            Some("abc-123_x.y:z")
        );
        assert_eq!(outside("short"), None);
        assert_eq!(outside("with space in it"), None);
        assert_eq!(outside("{\"log\":\"forged\"}"), None);
        assert!(RequestId::from_outside(&HeaderValue::from_str(&"a".repeat(65)).unwrap()).is_none());
    }
}
