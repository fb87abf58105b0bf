//! How answers leave: problems in the words of whoever asked, headers that every answer has, one line in the log.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use tower_http::compression::Predicate;
use tower_http::compression::predicate::SizeAbove;

use crate::boundary::is_grpc;
use crate::frame::{Asker, Frame, Nav, problem_page};
use crate::gate::Passed;
use crate::limits::COMPRESS_BYTES_MIN;
use crate::meter::{RouteMeter, limit_reached};
use crate::{Code, Kind, Problem, RequestId, Who, X_REQUEST_ID, grpc};

/// In which words an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Json,
    Html,
    Grpc,
}

/// What is remembered of a request until its answer leaves.
pub(crate) struct Asking {
    id: RequestId,
    address: IpAddr,
    method: Method,
    words: Words,
    /// For browsers only: what a page or a redirect needs.
    page: Option<Box<(HeaderMap, String)>>,
}

impl Asking {
    pub fn of<B>(request: &Request<B>, id: RequestId, address: IpAddr) -> Asking {
        let headers = request.headers();
        let html = headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"));
        let words = match (is_grpc(headers), html) {
            (true, _) => Words::Grpc,
            (false, true) => Words::Html,
            (false, false) => Words::Json,
        };
        let page = html.then(|| {
            let mut kept = HeaderMap::new();
            for name in [header::ACCEPT_LANGUAGE, header::COOKIE] {
                for value in headers.get_all(&name) {
                    kept.append(&name, value.clone());
                }
            }
            let address = request
                .uri()
                .path_and_query()
                .map_or("/", |address| address.as_str());
            Box::new((kept, address.to_owned()))
        });
        Asking {
            id,
            address,
            method: request.method().clone(),
            words,
            page,
        }
    }

    /// Programs get no pages, whatever they say they accept.
    fn words_at(&self, kind: Option<Kind>) -> Words {
        let api = |page: &(HeaderMap, String)| page.1.starts_with("/api/");
        match (self.words, kind, self.page.as_deref()) {
            (Words::Html, Some(Kind::Page), _) => Words::Html,
            (Words::Html, None, Some(page)) if !api(page) => Words::Html,
            (Words::Html, _, _) => Words::Json,
            (words, _, _) => words,
        }
    }
}

/// Finishes answers.
pub(crate) struct Answering {
    /// Where the header of a problem's page leads.
    pub nav: Nav,
    /// The outside speaks https: browsers are told to stay with it.
    pub https: bool,
    /// What is counted of requests to no route.
    pub nowhere: RouteMeter,
}

/// Pages: everything from ourselves, nothing inline, in nobody's frame.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);
/// Answers for programs: a browser that is made to show one loads and runs nothing.
const API_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

impl Answering {
    pub fn finish(&self, response: Response, asking: &Asking, took: Duration) -> Response {
        let (passed, problem, mut response) = self.told(response, asking);
        let place = passed.as_ref().map(|passed| &passed.place);
        let status = counted_status(&response);
        let route = place.map_or("-", |place| &*place.path);
        let meter = place.map_or(&self.nowhere, |place| &place.meter);
        meter.count(route, &asking.method, status, took);
        log(
            asking,
            route,
            status,
            took,
            passed.as_ref().map(|p| &p.who),
            problem.as_ref(),
            &response,
        );
        self.dress(response.headers_mut(), place.map(|place| place.kind), asking);
        response
    }

    /// Puts a problem into the words of whoever asked, and what libraries answered into a problem.
    fn told(&self, mut response: Response, asking: &Asking) -> (Option<Passed>, Option<Problem>, Response) {
        let passed = response.extensions_mut().remove::<Passed>();
        let kind = passed.as_ref().map(|passed| passed.place.kind);
        let problem = response
            .extensions_mut()
            .remove::<Problem>()
            .or_else(|| foreign(&response));
        let Some(problem) = problem else {
            return (passed, None, response);
        };
        if problem.code() == Code::BodyTooLarge {
            limit_reached("body_bytes");
        }
        let mut told = match asking.words_at(kind) {
            Words::Grpc => {
                let routed = passed.is_some() || problem.code() != Code::NotFound;
                let status = tonic::Status::from(problem.clone());
                let nowhere = || tonic::Status::unimplemented("there is no such method");
                if routed { status } else { nowhere() }.into_http::<Body>()
            }
            Words::Json => in_json(&problem, asking.id),
            Words::Html => self.in_html(&problem, asking, passed.as_ref()),
        };
        let headers = told.headers_mut();
        for (name, value) in problem.headers() {
            headers.append(name, value.clone());
        }
        // Cookies that the gate renewed, and the methods that a 405 names.
        for name in [header::SET_COOKIE, header::ALLOW] {
            for value in response.headers().get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        if problem.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, challenge(passed.as_ref()));
        }
        if let Some(seconds) = problem.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        (passed, Some(problem), told)
    }

    fn in_html(&self, problem: &Problem, asking: &Asking, passed: Option<&Passed>) -> Response {
        let (headers, address) = asking.page.as_deref().cloned().unwrap_or_default();
        if problem.status() == StatusCode::UNAUTHORIZED {
            let next: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
            let back = asking.method.is_safe() && address != "/";
            let target = if back {
                format!("/sign-in?next={next}")
            } else {
                "/sign-in".to_owned()
            };
            return Redirect::to(&target).into_response();
        }
        let stranger = Who::Nobody;
        let frame = Frame::of(Asker {
            method: &asking.method,
            address: &address,
            headers: &headers,
            who: passed.map_or(&stranger, |passed| &passed.who),
            nav: &self.nav,
        });
        problem_page(
            frame,
            problem.status(),
            asking.id.as_str(),
            problem.retry_after_seconds(),
        )
    }

    /// The headers that every answer has. What a handler set itself stays.
    fn dress(&self, headers: &mut HeaderMap, kind: Option<Kind>, asking: &Asking) {
        headers.insert(X_REQUEST_ID, HeaderValue::from(&asking.id));
        if asking.words == Words::Grpc {
            return;
        }
        let page = kind == Some(Kind::Page) || asking.words_at(kind) == Words::Html;
        let policy = if page { PAGE_POLICY } else { API_POLICY };
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(
            "cross-origin-resource-policy",
            HeaderValue::from_static("same-origin"),
        );
        if page {
            headers
                .entry(header::X_FRAME_OPTIONS)
                .or_insert(HeaderValue::from_static("DENY"));
            headers.insert(
                "cross-origin-opener-policy",
                HeaderValue::from_static("same-origin"),
            );
            headers.insert(
                "permissions-policy",
                HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
            );
        }
        if self.https {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000"),
            );
        }
    }
}

/// An answer of a library that speaks no problem: axum's own refusals and a wrong method.
fn foreign(response: &Response) -> Option<Problem> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    let bare = kind.is_none_or(|kind| kind.starts_with(b"text/plain"));
    bare.then(|| Problem::new(Code::of_status(status)))
}

fn in_json(problem: &Problem, id: RequestId) -> Response {
    let kind = [(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    )];
    (problem.status(), kind, problem.to_json(id.as_str())).into_response()
}

/// How to sign in here. Basic is named only where it is taken, as browsers would ask for a password.
fn challenge(passed: Option<&Passed>) -> HeaderValue {
    if passed.is_some_and(|passed| passed.place.access.takes_basic()) {
        HeaderValue::from_static("Basic realm=\"townhall\", charset=\"UTF-8\"")
    } else {
        HeaderValue::from_static("Bearer realm=\"townhall\"")
    }
}

/// The status by which an answer is counted: a gRPC answer is always 200, so its own status is put into HTTP's words.
fn counted_status(response: &Response) -> StatusCode {
    let status = response.extensions().get::<tonic::Status>();
    status
        .and_then(grpc::code_of)
        .map_or(response.status(), Code::status)
}

/// One line for each request, and one more for what is ours to repair. No address with its query, no header: tokens
/// stand there.
fn log(
    asking: &Asking,
    route: &str,
    status: StatusCode,
    took: Duration,
    who: Option<&Who>,
    problem: Option<&Problem>,
    response: &Response,
) {
    if status.is_server_error() {
        let status = response.extensions().get::<tonic::Status>();
        let of_grpc = || status.map(|s| grpc::problem_of(s).map_or_else(|| s.to_string(), told_with_causes));
        let said = problem.map(told_with_causes).or_else(of_grpc);
        let said = said.as_deref().unwrap_or("no reason was given");
        if counted_status(response) == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(request_id = %asking.id, method = %asking.method, route, "{said}");
        } else {
            tracing::warn!(request_id = %asking.id, method = %asking.method, route, "{said}");
        }
    }
    tracing::info!(
        target: "access",
        method = %asking.method,
        route,
        status = status.as_u16(),
        ms = f64::from(u32::try_from(took.as_micros()).unwrap_or(u32::MAX)) / 1000.0,
        request_id = %asking.id,
        code = problem.map(|problem| problem.code().name()),
        caller = who.and_then(Who::id).map(tracing::field::display),
        address = %asking.address,
        "answered"
    );
}

fn told_with_causes(problem: &Problem) -> String {
    match problem.causes() {
        Some(causes) => format!("{problem}: {causes}"),
        None => problem.to_string(),
    }
}

/// Which answers are compressed: text that is long enough, without a cookie, that is not a stream. Secrets of ours
/// are short and leave in short answers, so nobody can guess at them by the length of a compressed one.
#[derive(Clone, Copy, Debug)]
pub struct WorthCompressing;

impl Predicate for WorthCompressing {
    fn should_compress<B>(&self, response: &http::Response<B>) -> bool
    where
        B: http_body::Body,
    {
        let headers = response.headers();
        let text = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| {
                let kind = kind.split(';').next().unwrap_or_default();
                (kind.starts_with("text/") && kind != "text/event-stream")
                    || kind.ends_with("json")
                    || kind.ends_with("javascript")
                    || kind.ends_with("xml")
            });
        text && !headers.contains_key(header::SET_COOKIE)
            && SizeAbove::new(COMPRESS_BYTES_MIN).should_compress(response)
    }
}
