//! Versions of things, so that nobody's change is overwritten unseen.
//!
//! An answer carries the version as a strong `ETag`; a change must bring it back in `If-Match`. Without it the answer
//! is 428, with an old one 412.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponseParts, ResponseParts};
use http::request::Parts;
use http::{HeaderValue, header};

use crate::{Code, Problem};

/// The version of what an answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ETag(i64);

impl ETag {
    /// Of a row's version number, which grows with each change.
    pub fn of(version: i64) -> ETag {
        ETag(version)
    }

    /// What a client sends back; `None` for what we never gave.
    pub fn read(text: &str) -> Option<ETag> {
        let tag = text.strip_prefix("\"v")?.strip_suffix('"')?;
        tag.parse().ok().map(ETag)
    }

    pub fn version(self) -> i64 {
        self.0
    }

    fn text(self) -> String {
        format!("\"v{}\"", self.0)
    }
}

impl IntoResponseParts for ETag {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Ok(value) = HeaderValue::try_from(self.text()) {
            parts.headers_mut().insert(header::ETAG, value);
        }
        Ok(parts)
    }
}

/// The versions that a change was made for. As an argument of a handler it makes the header required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch(Vec<String>);

impl IfMatch {
    /// Made for exactly this version: a form that carries it along.
    pub fn one(version: ETag) -> IfMatch {
        IfMatch(vec![version.text()])
    }

    /// Whether the change was made for the version that is there now. Ask inside the transaction that changes it.
    pub fn check(&self, now: ETag) -> Result<(), Problem> {
        if self.matches(now) {
            Ok(())
        } else {
            Err(Problem::new(Code::PreconditionFailed))
        }
    }

    pub fn matches(&self, now: ETag) -> bool {
        let text = now.text();
        self.0.iter().any(|tag| tag == "*" || *tag == text)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IfMatch, Problem> {
        let lines = parts.headers.get_all(header::IF_MATCH);
        let tags: Vec<String> = lines
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty())
            .collect();
        if tags.is_empty() {
            Err(Problem::new(Code::PreconditionRequired))
        } else {
            Ok(IfMatch(tags))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_fits_only_the_version_it_was_made_for() {
        let check = |tags: &[&str], expected: bool| {
            let given = IfMatch(tags.iter().map(|t| (*t).to_owned()).collect());
            assert_eq!(given.matches(ETag::of(3)), expected, "{tags:?}");
        };
        check(&["\"v3\""], true);
        check(&["\"v2\"", "\"v3\""], true);
        check(&["*"], true);
        check(&["\"v2\""], false);
        check(&["W/\"v3\""], false);
    }
}
