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
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower::Service;

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
    pub gatekeeper: Arc<dyn Gatekeeper>,
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
                Err(problem) => return Ok(turn_away(&place, problem)),
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

fn turn_away(place: &Arc<Place>, problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.extensions_mut().insert(Passed {
        place: Arc::clone(place),
        who: Who::Nobody,
    });
    response
}

/// Finds out who it is and whether the route is open to them.
async fn knock(place: &Place, parts: &Parts) -> Result<Admission, Problem> {
    let access = place.access;
    if !access.looks_at_credentials() {
        return Ok(Admission::default());
    }
    let asked = parts
        .extensions
        .get::<Asked>()
        .ok_or_else(|| Problem::internal("the gate stands outside of the boundary"))?;
    let mut basic = String::new();
    let admission = match credentials(&parts.headers, access, &mut basic)? {
        None => Admission::default(),
        Some(credentials) => {
            if let Credentials::Cookie { .. } = credentials {
                from_our_own_page(&parts.method, &parts.headers, parts)?;
            }
            let knock = Knock {
                credentials,
                address: asked.address,
                request: &asked.request,
                user_agent: parts
                    .headers
                    .get(header::USER_AGENT)
                    .and_then(|v| v.to_str().ok()),
            };
            let admitted = asked.gatekeeper.admit(knock).await;
            match (admitted, credentials) {
                // An old cookie must not lock anybody out of a page that is open to all.
                (Err(problem), Credentials::Cookie { .. })
                    if !access.needs_credentials() && problem.status() == http::StatusCode::UNAUTHORIZED =>
                {
                    Admission::default()
                }
                (admitted, _) => admitted?,
            }
        }
    };
    match access.check(&admission.who) {
        Ok(()) => Ok(admission),
        Err(problem) => Err(with_cookies(problem, admission.cookies)),
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

/// Whether a request that came with cookies and may change something began on our own page: the browser says so
/// itself (`Sec-Fetch-Site`), or, if it is too old for that, its `Origin` is the host it asks.
fn from_our_own_page(method: &Method, headers: &HeaderMap, parts: &Parts) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let ours = match headers.get(SEC_FETCH_SITE) {
        Some(site) => matches!(site.as_bytes(), b"same-origin" | b"none"),
        None => {
            let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
            let host = host.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
            let origin = headers.get(header::ORIGIN).and_then(|v| v.to_str().ok());
            let origin_host = origin.and_then(|o| o.split_once("://")).map(|(_, host)| host);
            host.is_some() && origin_host == host
        }
    };
    if ours {
        Ok(())
    } else {
        Err(Problem::new(Code::CrossSite))
    }
}
