//! Pages of other origins (CORS): a route is open to them when it was declared so and the configuration names their origin.
//!
//! They come with a key or a token of their own. Answers never allow credentials, so cookies open nothing to them and nothing is
//! done in the name of whoever sits before the browser.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use crate::routes::Declared;

/// What a page may send beside what every page may.
const SENDS: HeaderValue = HeaderValue::from_static("authorization, content-type, if-none-match, x-api-key");
/// What it may read beside what every page may.
const READS: HeaderValue = HeaderValue::from_static("etag, retry-after, x-request-id");
/// A browser asks again after ten minutes, so an origin that is no more named is soon let in no more.
const ASKED_SECONDS: HeaderValue = HeaderValue::from_static("600");

pub(crate) struct Elsewhere {
    pub origins: Vec<String>,
    pub routes: Declared,
}

/// A request to a route that is open to pages of other origins.
pub(crate) struct Visit {
    /// Whose page it is, if that origin is named.
    origin: Option<HeaderValue>,
    /// What the browser asks leave for.
    wants: Option<Method>,
}

impl Elsewhere {
    /// `None` at routes that are open to nobody elsewhere.
    pub fn visit<B>(&self, request: &Request<B>) -> Option<Visit> {
        if self.origins.is_empty() {
            return None;
        }
        let headers = request.headers();
        let wants = headers
            .get(header::ACCESS_CONTROL_REQUEST_METHOD)
            .filter(|_| request.method() == Method::OPTIONS)
            .and_then(|method| Method::from_bytes(method.as_bytes()).ok());
        let method = wants.as_ref().unwrap_or(request.method());
        if !self.routes.has(method, request.uri().path()) {
            return None;
        }
        let is_named = |origin: &&HeaderValue| {
            let mut named = self.origins.iter();
            named.any(|named| named.as_bytes() == origin.as_bytes())
        };
        Some(Visit {
            origin: headers.get(header::ORIGIN).filter(is_named).cloned(),
            wants,
        })
    }
}

impl Visit {
    /// The answer to a browser that asks before it sends what a page wants sent.
    pub fn leave(&self) -> Option<Response> {
        let (Some(_), Some(method)) = (&self.origin, &self.wants) else {
            return None;
        };
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        let headers = answer.headers_mut();
        let method = HeaderValue::from_str(method.as_str()).ok()?;
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, SENDS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, ASKED_SECONDS);
        Some(answer)
    }

    /// Lets the page read the answer, whatever it is.
    pub fn dress(self, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = self.origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, READS);
        }
    }
}
