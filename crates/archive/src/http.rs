//! Where links of the house lead.
//!
//! Whoever has a link has the file, so nobody is asked who they are, and nothing on the way may keep a copy.

use std::ops::Range;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Access, Code, InPath, Kind, Problem, Routes};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::Failed;
use crate::archive::{Archive, Got, WHOLE};
use crate::disposition::attachment;
use crate::links::PATH;

/// When a file can be asked for again that could not be read now.
const AGAIN_SECONDS: u32 = 5;

pub(crate) fn routes() -> Routes<Archive> {
    let path = format!("{PATH}{{token}}");
    Routes::new("archive").plain(Access::PUBLIC, Kind::Page, Method::GET, &path, file)
}

async fn file(
    State(archive): State<Archive>,
    InPath(token): InPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let linked = archive.linked(&token).ok_or_else(|| {
        Problem::not_found()
            .detail("This link was not made here, or a part of it is missing. Copy it as a whole.")
    })?;
    if linked.until <= archive.now() {
        let words = "This link was for a limited time, which is over. Ask for a new one where you got it.";
        return Err(Problem::new(Code::Gone).detail(words));
    }
    let mut part = asked_part(&headers);
    let mut got = archive.get(&linked.name, part.clone().unwrap_or(WHOLE)).await;
    if matches!(got, Err(Failed::Beyond)) {
        part = None;
        got = archive.get(&linked.name, WHOLE).await;
    }
    let got = got.map_err(problem)?;
    let got = got.ok_or_else(|| Problem::not_found().detail("The file of this link is not there."))?;
    let mut answer = whole_or_part(got, part.is_some());
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(linked.name.content_type()),
    );
    let called = HeaderValue::try_from(attachment(&linked.called)).map_err(Problem::internal)?;
    headers.insert(header::CONTENT_DISPOSITION, called);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    Ok(answer)
}

fn whole_or_part(got: Got, is_part: bool) -> Response {
    let Got { bytes, part, body } = got;
    let mut answer = Body::from_stream(body).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
    let range = format!("bytes {}-{}/{bytes}", part.start, part.end.saturating_sub(1));
    if let (true, Ok(range)) = (is_part && bytes > 0, HeaderValue::try_from(range)) {
        headers.insert(header::CONTENT_RANGE, range);
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    answer
}

/// `bytes=100-` and `bytes=100-199`. All other ways to ask for parts are answered with the whole, as HTTP allows.
fn asked_part(headers: &HeaderMap) -> Option<Range<u64>> {
    let asked = headers.get(header::RANGE)?.to_str().ok()?;
    let (first, last) = asked.strip_prefix("bytes=")?.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let last: u64 = match last {
        "" => u64::MAX - 1,
        last => last.parse().ok()?,
    };
    (first <= last).then(|| first..last.saturating_add(1))
}

fn problem(failed: Failed) -> Problem {
    match failed {
        Failed::Unavailable(_) => Problem::new(Code::Unavailable)
            .retry_after(AGAIN_SECONDS)
            .cause(failed),
        failed => Problem::internal(failed),
    }
}
