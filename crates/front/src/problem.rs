//! What went wrong, as RFC 9457 says it.
//!
//! A handler returns a `Problem` and thinks no further. The boundary (`boundary.rs`) writes it down once if it is
//! ours to repair (5xx), adds the request id, and renders it for whoever asked: `application/problem+json` for
//! programs, a page for browsers, a status for gRPC. What caused a 5xx stays in the log.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use store::{StoreError, Unavailability};

use crate::Code;

/// One field that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where it stands: `attributes.city`, `items[2].email`, or the name of a query parameter or header.
    pub field: String,
    /// A word to branch on, such as `taken`, `too_long`, `required`.
    pub code: Cow<'static, str>,
    /// A sentence for people.
    pub message: String,
}

/// An answer that says what went wrong. One pointer wide, so that results stay small.
#[derive(Clone, Debug)]
pub struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    code: Code,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u32>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// How soon a caller may come back when nothing better is known.
const RETRY_AFTER_SECONDS: u32 = 1;

impl Problem {
    pub fn new(code: Code) -> Problem {
        let retries = matches!(
            code.status(),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        );
        Problem(Box::new(Inner {
            code,
            detail: None,
            errors: Vec::new(),
            retry_after_seconds: retries.then_some(RETRY_AFTER_SECONDS),
            cause: None,
            headers: Vec::new(),
        }))
    }

    /// There is no such thing, or it is not the caller's.
    pub fn not_found() -> Problem {
        Problem::new(Code::NotFound)
    }

    pub fn forbidden() -> Problem {
        Problem::new(Code::Forbidden)
    }

    /// One field is not accepted; add more with [`Problem::field`].
    pub fn invalid(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Problem {
        Problem::new(Code::Invalid).field(field, code, message)
    }

    /// It does not fit what is there; `detail` says how.
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(Code::Conflict).detail(detail)
    }

    /// Our mistake. `cause` goes to the log, not to the caller.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Problem {
        Problem::new(Code::Internal).cause(cause)
    }

    /// What is special about this occurrence, in a sentence for people. Never a secret.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Problem {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same, of a reason: with a capital letter and a full stop.
    pub fn because(self, reason: impl fmt::Display) -> Problem {
        let text = reason.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string());
        self.detail(format!("{}{}.", first.unwrap_or_default(), letters.as_str()))
    }

    pub fn field(
        mut self,
        field: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Problem {
        self.0.errors.push(FieldError {
            field: field.into(),
            code: Cow::Borrowed(code),
            message: message.into(),
        });
        self
    }

    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.0.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// What led to it, for the log.
    pub fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Problem {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// A header that belongs to it, such as `Allow` or `Set-Cookie`.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.0.headers.push((name, value));
        self
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    pub fn status(&self) -> StatusCode {
        self.0.code.status()
    }

    pub fn detail_text(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after_seconds
    }

    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }

    /// The whole chain of what led to it, for the log.
    pub fn causes(&self) -> Option<String> {
        let mut error: &(dyn Error + 'static) = self.0.cause.as_deref()?;
        let mut chain = error.to_string();
        while let Some(source) = error.source() {
            chain.push_str(": ");
            chain.push_str(&source.to_string());
            error = source;
        }
        Some(chain)
    }

    /// The body of RFC 9457.
    pub fn to_json(&self, request_id: &str) -> Vec<u8> {
        let out = ProblemOut {
            kind: format!("/api/problems#{}", self.code().name()),
            status: self.status().as_u16(),
            code: self.code().name(),
            title: self.code().title(),
            detail: self.detail_text(),
            errors: self.errors(),
            retry_after_seconds: self.retry_after_seconds(),
            request_id,
        };
        serde_json::to_vec(&out).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct ProblemOut<'a> {
    #[serde(rename = "type")]
    kind: String,
    status: u16,
    code: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u32>,
    request_id: &'a str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().title())?;
        if let Some(detail) = self.detail_text() {
            write!(f, ": {detail}")?;
        }
        for error in self.errors() {
            write!(f, "; {}: {}", error.field, error.message)?;
        }
        Ok(())
    }
}

impl Error for Problem {}

/// What a service could not put into its own words: a conflict says that it was there first, the rest is not the
/// caller's to mend.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Unavailable {
                reason,
                retry_after_seconds,
            } => {
                let undecided = reason == Unavailability::Undecided;
                let code = if undecided {
                    Code::Undecided
                } else {
                    Code::Unavailable
                };
                Problem::new(code).retry_after(retry_after_seconds).cause(error)
            }
            StoreError::Busy => Problem::new(Code::Busy).cause(error),
            StoreError::Conflict { .. } => Problem::new(Code::Conflict).cause(error),
            _ => Problem::internal(error),
        }
    }
}

/// Carries the problem to the boundary, which renders it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_rfc_9457_asks_for() {
        let problem = Problem::invalid("email", "taken", "has an account already").detail("No luck.");
        let json: serde_json::Value = serde_json::from_slice(&problem.to_json("r-1")).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "/api/problems#invalid", "status": 422, "code": "invalid",
                "title": "Some values are not allowed", "detail": "No luck.", "request_id": "r-1",
                "errors": [{"field": "email", "code": "taken", "message": "has an account already"}],
            })
        );
    }

    #[test]
    fn what_caused_it_is_for_the_log_only() {
        #[derive(Debug, thiserror::Error)]
        #[error("disk full")]
        struct Inner;
        #[derive(Debug, thiserror::Error)]
        #[error("cannot write")]
        struct Outer(#[source] Inner);
        let problem = Problem::internal(Outer(Inner));
        assert_eq!(problem.causes().as_deref(), Some("cannot write: disk full"));
        assert!(!String::from_utf8(problem.to_json("r")).unwrap().contains("disk"));
    }

    #[test]
    fn an_answer_to_come_back_later_says_when() {
        assert_eq!(Problem::new(Code::Overloaded).retry_after_seconds(), Some(1));
        assert_eq!(
            Problem::new(Code::TooManyRequests)
                .retry_after(30)
                .retry_after_seconds(),
            Some(30)
        );
        assert_eq!(Problem::new(Code::NotFound).retry_after_seconds(), None);
    }
}
