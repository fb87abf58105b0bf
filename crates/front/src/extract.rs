//! What handlers take out of a request, with problems that name the place of the mistake.
//!
//! They stand for axum's own extractors, whose refusals are plain text and would leave the closed list of codes.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::LengthLimitError;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserializer, Serialize};

use crate::arriving::discard;
use crate::{Code, Problem};

/// A JSON body. Refuses another content type (415), a body that is too large (413), and names the place of what
/// cannot be read (400) or does not fit (422).
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        expect_content_type(request.headers(), JSON)?;
        let bytes = read(request, state).await?;
        if bytes.trim_ascii_start().starts_with(b"[") && is_object::<T>() {
            return Err(Problem::invalid(
                "",
                "type",
                "must be an object in braces, with the names of its fields",
            ));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| bad_json(&error))?;
        // What follows the value would otherwise be ignored without a word.
        json.end()
            .map_err(|error| Problem::new(Code::Malformed).field("", "json", error.to_string()))?;
        Ok(Body(value))
    }
}

/// Whether `T` has fields with names. serde also takes an array for it, field by field in the order of the source,
/// which is nobody's interface.
fn is_object<T: DeserializeOwned>() -> bool {
    T::deserialize(Asking).is_err_and(|answer| answer.is_struct)
}

/// Hears from a type what it would be read from.
struct Asking;

#[derive(Debug)]
struct Asked {
    is_struct: bool,
}

impl Display for Asked {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str("only asked")
    }
}

impl std::error::Error for Asked {}

impl serde::de::Error for Asked {
    fn custom<M: Display>(_: M) -> Asked {
        Asked { is_struct: false }
    }
}

impl<'de> Deserializer<'de> for Asking {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked { is_struct: false })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        Err(Asked { is_struct: true })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<T: Serialize> IntoResponse for Body<T> {
    fn into_response(self) -> Response {
        let mut json = Vec::with_capacity(JSON_BYTES_USUAL);
        match serde_json::to_writer(&mut json, &self.0) {
            Ok(()) => ([(header::CONTENT_TYPE, HeaderValue::from_static(JSON))], json).into_response(),
            Err(error) => Problem::internal(format!("an answer is no JSON: {error}")).into_response(),
        }
    }
}

/// The fields of an HTML form. Pages take strings out of it and answer with the form again, so only a form that is
/// none is a problem here.
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Form<T>, Problem> {
        expect_content_type(request.headers(), FORM)?;
        urlencoded(&read(request, state).await?).map(Form)
    }
}

/// The body as it came, for what is neither JSON nor a form.
pub async fn bytes(request: Request, content_type: &'static str) -> Result<Bytes, Problem> {
    expect_content_type(request.headers(), content_type)?;
    read(request, &()).await
}

/// A body that may be a whole file, read piece by piece: for handlers of
/// [`Routes::api_of_files`](crate::Routes::api_of_files).
#[derive(Debug)]
pub struct Pieces(axum::body::BodyDataStream);

impl Pieces {
    pub fn of(request: Request, content_type: &'static str) -> Result<Pieces, Problem> {
        expect_content_type(request.headers(), content_type)?;
        Ok(Pieces(request.into_body().into_data_stream()))
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        self.0.try_next().await.map_err(|error| {
            let mut causes =
                std::iter::successors(Some(&error as &dyn std::error::Error), |one| one.source());
            if causes.any(|cause| cause.is::<LengthLimitError>()) {
                Problem::new(Code::BodyTooLarge)
            } else {
                Problem::new(Code::Malformed).detail("The body ended early.")
            }
        })
    }

    /// Lets the rest of a body that is refused come in, within bounds: most clients read the answer only after they sent
    /// all, and would see a broken connection instead.
    pub async fn forget(self) {
        discard(axum::body::Body::from_stream(self.0)).await;
    }
}

/// The query parameters.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, Problem> {
        urlencoded(parts.uri.query().unwrap_or_default().as_bytes()).map(Query)
    }
}

/// The first parameter of the path. One that cannot be an id names nothing, so the answer is 404.
#[derive(Clone, Copy, Debug)]
pub struct InPath<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<InPath<T>, Problem> {
        let raw = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found())?;
        param(&raw, 0).map(InPath)
    }
}

/// The first two parameters of the path.
#[derive(Clone, Copy, Debug)]
pub struct InPath2<A, B>(pub A, pub B);

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for InPath2<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<InPath2<A, B>, Problem> {
        let raw = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found())?;
        Ok(InPath2(param(&raw, 0)?, param(&raw, 1)?))
    }
}

fn param<T: FromStr>(raw: &RawPathParams, at: usize) -> Result<T, Problem> {
    let text = raw.iter().nth(at).map(|(_, value)| value);
    text.and_then(|text| text.parse().ok())
        .ok_or_else(Problem::not_found)
}

const JSON: &str = "application/json";
/// Most answers are no longer, and are written without growing.
const JSON_BYTES_USUAL: usize = 1024;
const FORM: &str = "application/x-www-form-urlencoded";

fn expect_content_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(Problem::new(Code::UnsupportedMediaType).detail(format!("Send the body as {expected}.")))
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|refusal: BytesRejection| {
            if refusal.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::new(Code::BodyTooLarge)
            } else {
                Problem::new(Code::Malformed).detail("The body ended early.")
            }
        })
}

/// Where the mistake is; empty for the whole.
fn place<E>(error: &serde_path_to_error::Error<E>) -> String {
    match error.path().to_string() {
        root if root == "." => String::new(),
        path => path,
    }
}

fn bad_json(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let path = place(error);
    if error.inner().is_data() {
        let message = error.inner().to_string();
        match (unknown_field(&message), missing_field(&message)) {
            (Some((name, nearest)), _) => unknown(&path, name, nearest),
            (None, Some(name)) => Problem::invalid(below(&path, name), "required", "is missing"),
            (None, None) => Problem::invalid(path, "type", message),
        }
    } else {
        Problem::new(Code::Malformed).field(path, "json", error.inner().to_string())
    }
}

/// A field that nobody reads is a typing mistake: the answer names the field that was meant.
fn unknown(parent: &str, name: &str, nearest: Option<&str>) -> Problem {
    let field = match parent {
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => below(path, name),
    };
    let message = match nearest {
        Some(nearest) => format!("is not known here; did you mean `{nearest}`?"),
        None => "is not known here".to_owned(),
    };
    Problem::invalid(field, "unknown", message)
}

fn below(parent: &str, name: &str) -> String {
    match parent {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// The name that serde looked for in vain. It stands in the place of its parent, and the name in the message only:
/// ``missing field `name` at line 1 column 2``.
fn missing_field(message: &str) -> Option<&str> {
    let (name, _) = message.strip_prefix("missing field `")?.split_once('`')?;
    Some(name)
}

/// Below this likeness (Jaro-Winkler) a suggestion would confuse more than it helps.
const LIKENESS_MIN: f64 = 0.8;

/// The name that serde did not know, and the nearest of those it expected. Serde tells them in its message only:
/// ``unknown field `nmae`, expected one of `name`, `email` ``.
fn unknown_field(message: &str) -> Option<(&str, Option<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (name, rest) = rest.split_once('`')?;
    let (_, expected) = rest.split_once("expected ").unwrap_or_default();
    let nearest = expected
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    Some((name, nearest.map(|(_, known)| known)))
}

fn urlencoded<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let (place, message) = (place(&error), error.inner().to_string());
        let problem = Problem::new(Code::Malformed);
        match missing_field(&message) {
            Some(name) => problem.field(below(&place, name), "required", "is missing"),
            None => problem.field(place, "parameter", message),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Address {
        #[expect(dead_code, reason = "only its type matters here")]
        city: String,
    }

    #[derive(Debug, Deserialize)]
    struct PersonIn {
        #[expect(dead_code, reason = "only its type matters here")]
        addresses: Vec<Address>,
    }

    async fn body(content_type: &str, text: &'static str) -> Result<Body<PersonIn>, Problem> {
        let request = Request::builder()
            .header(header::CONTENT_TYPE, content_type)
            .body(axum::body::Body::from(text))
            .unwrap();
        Body::from_request(request, &()).await
    }

    #[tokio::test]
    async fn a_body_that_does_not_fit_names_the_place() {
        let problem = body(JSON, r#"{"addresses":[{"city":"Tver"},{"city":7}]}"#)
            .await
            .unwrap_err();
        assert_eq!(problem.code(), Code::Invalid);
        assert_eq!(problem.errors()[0].field, "addresses[1].city");
        for (text, missing) in [
            ("{}", "addresses"),
            (r#"{"addresses":[{}]}"#, "addresses[0].city"),
        ] {
            let problem = body(JSON, text).await.unwrap_err();
            let error = &problem.errors()[0];
            assert_eq!(problem.code(), Code::Invalid);
            assert_eq!((error.field.as_str(), &*error.code), (missing, "required"));
        }
        let problem = body(JSON, r#"{"addresses":[{"city":"#).await.unwrap_err();
        assert_eq!(problem.code(), Code::Malformed);
        assert_eq!(problem.errors()[0].field, "addresses[0].city");
        let problem = body(JSON, r#" [[]]"#).await.unwrap_err();
        assert_eq!(&*problem.errors()[0].code, "type");
        let problem = body(JSON, r#"{"addresses":[]} {}"#).await.unwrap_err();
        assert_eq!(problem.code(), Code::Malformed);
        assert_eq!(
            body("text/plain", "{}").await.unwrap_err().code(),
            Code::UnsupportedMediaType
        );
        assert!(
            body("Application/JSON; charset=utf-8", r#"{"addresses":[]}"#)
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn an_unknown_field_is_refused_with_the_nearest_name() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Inner {
            #[expect(dead_code, reason = "only its name matters here")]
            name: Option<String>,
            #[expect(dead_code, reason = "only its name matters here")]
            email: Option<String>,
        }
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Outer {
            #[expect(dead_code, reason = "only its name matters here")]
            people: Option<Vec<Inner>>,
        }
        let check = |text: &'static str, field: &'static str, message: &'static str| async move {
            let request = Request::builder()
                .header(header::CONTENT_TYPE, JSON)
                .body(axum::body::Body::from(text));
            let problem = Body::<Outer>::from_request(request.unwrap(), &())
                .await
                .unwrap_err();
            let error = &problem.errors()[0];
            assert_eq!(
                (error.field.as_str(), &*error.code, error.message.as_str()),
                (field, "unknown", message)
            );
        };
        check(
            r#"{"poeple":[]}"#,
            "poeple",
            "is not known here; did you mean `people`?",
        )
        .await;
        check(
            r#"{"people":[{"nmae":1}]}"#,
            "people[0].nmae",
            "is not known here; did you mean `name`?",
        )
        .await;
        check(
            r#"{"people":[{"colour":1}]}"#,
            "people[0].colour",
            "is not known here",
        )
        .await;
    }

    #[test]
    fn a_bad_query_parameter_is_named() {
        #[derive(Debug, Deserialize)]
        struct Filter {
            #[expect(dead_code, reason = "only its type matters here")]
            limit: u32,
        }
        let problem = urlencoded::<Filter>(b"limit=many").unwrap_err();
        assert_eq!(problem.code(), Code::Malformed);
        assert_eq!(problem.errors()[0].field, "limit");
        let problem = urlencoded::<Filter>(b"limits=7").unwrap_err();
        assert_eq!(problem.code(), Code::Malformed);
        let error = &problem.errors()[0];
        assert_eq!(
            (error.field.as_str(), &*error.code, error.message.as_str()),
            ("limit", "required", "is missing")
        );
    }
}
