//! The gate before each handler: finds out who knocks, and whether they may.
//!
//! It looks at credentials only where the route's [`Access`] asks for it, and it is the only place that makes a
//! [`Caller`]. A browser sends its cookies along with whatever another site makes it send, so a change that comes
//! with cookies must prove that it began on one of our own pages.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use tower::Service;

use crate::boundary::is_grpc;
use crate::frame::Nav;
use crate::meter::RouteMeter;
use crate::{
    Access, Admission, Caller, Code, Credentials, Gatekeeper, Kind, Knock, Problem, RequestId, Who, cookies,
};

pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A declared path: what the gate enforces there, and what the boundary counts and logs it as.
pub(crate) struct Place {
    pub path: Box<str>,
    pub access: Access,
    pub kind: Kind,
    pub meter: RouteMeter,
}

impl Place {
    pub fn new(path: &str, access: Access, kind: Kind) -> Place {
        Place {
            path: Box::from(path),
            access,
            kind,
            meter: RouteMeter::new(),
        }
    }
}

/// What the boundary knows of a request before it is routed.
#[derive(Clone)]
pub(crate) struct Asked {
    pub request: RequestId,
    pub address: IpAddr,
    pub inside: Arc<Inside>,
}

/// What stays the same for all requests.
pub(crate) struct Inside {
    pub gatekeeper: Arc<dyn Gatekeeper>,
    pub nav: Nav,
}

/// What the gate found, for the boundary.
#[derive(Clone)]
pub(crate) struct Passed {
    pub place: Arc<Place>,
    pub who: Who,
}

#[derive(Clone)]
pub(crate) struct Gate<S> {
    inner: S,
    place: Arc<Place>,
}

impl<S> Gate<S> {
    pub fn new(inner: S, place: Arc<Place>) -> Gate<S> {
        Gate { inner, place }
    }
}

impl<S> Service<Request> for Gate<S>
where
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let waiting = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, waiting);
        let place = Arc::clone(&self.place);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let admission = match knock(&place, &parts).await {
                Ok(admission) => admission,
                Err((problem, who)) => return Ok(turn_away(place, problem, who)),
            };
            let who = admission.who.clone();
            let Some(asked) = parts.extensions.get::<Asked>() else {
                return Ok(Problem::internal("the gate stands outside of the boundary").into_response());
            };
            let caller = Caller {
                who: admission.who,
                request: asked.request,
                address: asked.address,
            };
            if place.kind == Kind::Page {
                let nav = asked.inside.nav.clone();
                parts.extensions.insert(nav);
            }
            parts.extensions.insert(caller);
            let answer = inner.call(Request::from_parts(parts, body)).await;
            let mut response = answer.unwrap_or_else(|never| match never {}).into_response();
            for cookie in admission.cookies {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response.extensions_mut().insert(Passed { place, who });
            Ok(response)
        })
    }
}

fn turn_away(place: Arc<Place>, problem: Problem, who: Who) -> Response {
    let mut response = problem.into_response();
    response.extensions_mut().insert(Passed { place, who });
    response
}

/// Finds out who it is and whether the route is open to them. Who is turned away may be known, too.
async fn knock(place: &Place, parts: &Parts) -> Result<Admission, (Problem, Who)> {
    let admission = ask(place, parts)
        .await
        .map_err(|problem| (problem, Who::Nobody))?;
    match place.access.check(&admission.who) {
        Ok(()) => Ok(admission),
        Err(problem) => Err((with_cookies(problem, admission.cookies), admission.who)),
    }
}

/// Finds out who it is, where the route wants to know.
async fn ask(place: &Place, parts: &Parts) -> Result<Admission, Problem> {
    let access = place.access;
    // The boundary bounds no stream of gRPC, so what says it is one may only go where one is expected.
    if place.kind != Kind::Grpc && is_grpc(&parts.headers) {
        return Err(Problem::new(Code::UnsupportedMediaType).detail("gRPC is not spoken here."));
    }
    let began = began(&parts.method, &parts.uri, &parts.headers);
    // A form of another site may not even sign somebody in.
    if place.kind == Kind::Page && began == Began::Elsewhere {
        return Err(Problem::new(Code::CrossSite));
    }
    if !access.looks_at_credentials() {
        return Ok(Admission::default());
    }
    let mut basic = String::new();
    match credentials(&parts.headers, access, &mut basic)? {
        None => Ok(Admission::default()),
        Some(Credentials::Cookie { .. }) if began != Began::OnOurPage => Err(Problem::new(Code::CrossSite)),
        Some(credentials) => admit(access, credentials, parts).await,
    }
}

async fn admit(access: Access, credentials: Credentials<'_>, parts: &Parts) -> Result<Admission, Problem> {
    let asked = parts
        .extensions
        .get::<Asked>()
        .ok_or_else(|| Problem::internal("the gate stands outside of the boundary"))?;
    let knock = Knock {
        credentials,
        address: asked.address,
        request: &asked.request,
        user_agent: parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|v| v.to_str().ok()),
    };
    let admitted = asked.inside.gatekeeper.admit(knock).await;
    match (admitted, credentials) {
        // An old cookie must not lock anybody out of a page that is open to all.
        (Err(problem), Credentials::Cookie { .. })
            if !access.needs_credentials() && problem.status() == StatusCode::UNAUTHORIZED =>
        {
            Ok(Admission::default())
        }
        (admitted, _) => admitted,
    }
}

/// Renewed cookies reach the browser also when this route is closed to it: the old refresh token is used up.
fn with_cookies(problem: Problem, cookies: Vec<HeaderValue>) -> Problem {
    cookies.into_iter().fold(problem, |problem, cookie| {
        problem.header(header::SET_COOKIE, cookie)
    })
}

/// The credentials that a request brought. What it says in a header goes before its cookies.
fn credentials<'a>(
    headers: &'a HeaderMap,
    access: Access,
    basic: &'a mut String,
) -> Result<Option<Credentials<'a>>, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let value = value.to_str().map_err(|_| Problem::new(Code::TokenInvalid))?;
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            return Ok(Some(Credentials::Bearer(rest.trim())));
        }
        if scheme.eq_ignore_ascii_case("basic") && access.takes_basic() {
            return basic_credentials(rest.trim(), basic).map(Some);
        }
        return Err(Problem::new(Code::TokenInvalid).detail("This way to sign in is not taken here."));
    }
    if let Some(value) = headers.get(X_API_KEY) {
        let key = value.to_str().map_err(|_| Problem::new(Code::TokenInvalid))?;
        return Ok(Some(Credentials::ApiKey(key)));
    }
    let access = cookies::get(headers, cookies::ACCESS);
    let refresh = cookies::get(headers, cookies::REFRESH);
    if access.is_none() && refresh.is_none() {
        return Ok(None);
    }
    Ok(Some(Credentials::Cookie { access, refresh }))
}

fn basic_credentials<'a>(encoded: &str, decoded: &'a mut String) -> Result<Credentials<'a>, Problem> {
    let bytes = STANDARD
        .decode(encoded)
        .map_err(|_| Problem::new(Code::CredentialsInvalid))?;
    *decoded = String::from_utf8(bytes).map_err(|_| Problem::new(Code::CredentialsInvalid))?;
    let (user, password) = decoded
        .split_once(':')
        .ok_or_else(|| Problem::new(Code::CredentialsInvalid))?;
    Ok(Credentials::Basic { user, password })
}

/// Where a request that may change something began, as far as the browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Began {
    OnOurPage,
    Elsewhere,
    /// It does not change anything, or no browser sent it.
    Unsaid,
}

/// The browser says it itself (`Sec-Fetch-Site`), or, where it does not (clear http, old ones), its `Origin` must be
/// the host that it asks.
fn began(method: &Method, uri: &Uri, headers: &HeaderMap) -> Began {
    if method.is_safe() {
        return Began::OnOurPage;
    }
    let ours = match (headers.get(SEC_FETCH_SITE), headers.get(header::ORIGIN)) {
        (Some(site), _) => matches!(site.as_bytes(), b"same-origin" | b"none"),
        (None, Some(origin)) => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
            let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            host.is_some() && origin.map(|(_, host)| host) == host
        }
        (None, None) => return Began::Unsaid,
    };
    if ours { Began::OnOurPage } else { Began::Elsewhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_change_must_begin_on_a_page_of_this_site() {
        let check = |pairs: &[(&'static str, &'static str)], expected: Began| {
            let went = began(&Method::POST, &Uri::from_static("/x"), &headers(pairs));
            assert_eq!(went, expected, "{pairs:?}");
        };
        check(&[("sec-fetch-site", "same-origin")], Began::OnOurPage);
        check(&[("sec-fetch-site", "none")], Began::OnOurPage);
        check(
            &[
                ("sec-fetch-site", "same-site"),
                ("origin", "http://us"),
                ("host", "us"),
            ],
            Began::Elsewhere,
        );
        check(&[("sec-fetch-site", "cross-site")], Began::Elsewhere);
        check(
            &[("origin", "http://us:8080"), ("host", "us:8080")],
            Began::OnOurPage,
        );
        check(&[("origin", "http://them"), ("host", "us")], Began::Elsewhere);
        check(&[("origin", "null"), ("host", "us")], Began::Elsewhere);
        check(&[("host", "us")], Began::Unsaid);
    }

    #[test]
    fn a_header_goes_before_cookies_and_basic_only_where_it_is_taken() {
        let both = headers(&[("authorization", "bearer abc"), ("cookie", "townhall_access=x")]);
        let mut decoded = String::new();
        let found = credentials(&both, Access::SIGNED_IN, &mut decoded);
        assert!(matches!(found, Ok(Some(Credentials::Bearer("abc")))));
        let basic = headers(&[("authorization", "Basic YW5uYTpwYTpzcw==")]);
        let refused = credentials(&basic, Access::SIGNED_IN, &mut String::new()).err();
        assert_eq!(refused.map(|problem| problem.code()), Some(Code::TokenInvalid));
        let found = credentials(&basic, Access::SIGNED_IN.or_basic(), &mut decoded);
        assert!(matches!(
            found,
            Ok(Some(Credentials::Basic {
                user: "anna",
                password: "pa:ss"
            }))
        ));
    }
}
