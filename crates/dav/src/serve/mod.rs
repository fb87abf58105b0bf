//! The handlers: a request is read, the library is asked, what it says is written down.
//!
//! What they keep true:
//! * A place of somebody else is not there: 404, whatever is asked of it.
//! * A condition that an RFC names is told in its XML, with words for people beside it; everything else as everywhere here.
//! * Whatever is asked for, an answer ends: members come in pages, and an answer that grows too long says so.

mod edit;
mod find;
mod objects;
mod outbox;
mod people;
mod privileges;
mod props;
mod query;
mod stop;
mod sync;
mod tokens;

pub use query::{busy_of, joined};

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use front::{Access, Caller, Code, Problem, Routes, SignedIn};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::answer::Multistatus;
use crate::library::{Calendar, Denied, Library, Object, Principal, Wanted};
use crate::place::Place;
use stop::Stop;

/// Bytes of one answer; what does not fit is told by 507. Ten thousand objects of usual size are a third of it.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Members that are asked of the library at a time.
const PAGE: usize = 1_000;

/// What is spoken: WebDAV without locks, and what calendars need of the rest.
const SPOKEN: HeaderValue =
    HeaderValue::from_static("1, 3, access-control, extended-mkcol, calendar-access, calendar-auto-schedule");
const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");
const CALENDAR: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

/// Calendar programs sign in with an app password; they know nothing better.
const MINE: Access = Access::SIGNED_IN.or_basic();

const ROOT: &[&str] = &["OPTIONS", "PROPFIND"];
const SHELF: &[&str] = &["OPTIONS", "PROPFIND", "REPORT"];
const PERSON: &[&str] = &["OPTIONS", "PROPFIND", "PROPPATCH", "REPORT"];
const COLLECTION: &[&str] = &[
    "OPTIONS",
    "GET",
    "HEAD",
    "DELETE",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "MKCALENDAR",
    "MKCOL",
    "REPORT",
];
const MEMBER: &[&str] = &[
    "OPTIONS",
    "GET",
    "HEAD",
    "PUT",
    "DELETE",
    "COPY",
    "MOVE",
    "PROPFIND",
    "PROPPATCH",
    "REPORT",
];
const OUTBOX: &[&str] = &["OPTIONS", "POST", "PROPFIND", "REPORT"];
/// What clients look for a server with (RFC 6764).
const LOOKING: &[&str] = &["OPTIONS", "GET", "HEAD", "PROPFIND", "REPORT"];

/// All routes of CalDAV.
pub fn routes(library: Arc<dyn Library>) -> Routes {
    let places = [
        ("/", ROOT),
        ("/dav/", SHELF),
        ("/dav/principals/", SHELF),
        ("/dav/principals/{person}/", PERSON),
        ("/dav/calendars/", SHELF),
        ("/dav/calendars/{person}/", PERSON),
        ("/dav/calendars/{person}/{calendar}/", COLLECTION),
        ("/dav/calendars/{person}/{calendar}/{object}", MEMBER),
    ];
    let begin = Routes::<Arc<dyn Library>>::new("dav");
    let routes = begin.dav(
        Access::PUBLIC,
        &methods(LOOKING),
        "/.well-known/caldav",
        well_known,
    );
    let all = places.into_iter().fold(routes, |routes, (path, names)| {
        routes.dav(MINE, &methods(names), path, serve)
    });
    all.with_state(library)
}

/// RFC 4791 and the others name methods that HTTP does not; each of these is a token.
fn methods(names: &[&str]) -> Vec<Method> {
    names
        .iter()
        .filter_map(|name| Method::from_bytes(name.as_bytes()).ok())
        .collect()
}

async fn well_known() -> Response {
    (
        StatusCode::MOVED_PERMANENTLY,
        [(header::LOCATION, HeaderValue::from_static("/dav/"))],
    )
        .into_response()
}

async fn serve(State(library): State<Arc<dyn Library>>, caller: Caller, request: Request) -> Response {
    answer(&*library, &caller, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn answer(library: &dyn Library, caller: &Caller, request: Request) -> Result<Response, Stop> {
    let who = caller.person()?;
    let place = Place::read(request.uri().path()).ok_or_else(Problem::not_found)?;
    if place.person().is_some_and(|person| person != who.id) {
        return Err(Problem::not_found().into());
    }
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let body = Bytes::from_request(request, &()).await.map_err(|refusal| {
        Problem::new(match refusal.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            _ => Code::Malformed,
        })
    })?;
    let call = Call {
        library,
        who,
        place,
        headers,
        body,
    };
    call.answer(method.as_str()).await
}

/// One request of somebody who signed in, about a place that is theirs.
struct Call<'c> {
    library: &'c dyn Library,
    who: &'c SignedIn,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
}

/// How far a request reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Unsaid,
    Zero,
    One,
    Infinity,
}

impl Call<'_> {
    async fn answer(&self, method: &str) -> Result<Response, Stop> {
        match method {
            "OPTIONS" => Ok(self.options()),
            "PROPFIND" => self.find().await,
            "PROPPATCH" => self.patch().await,
            "REPORT" => self.report().await,
            "MKCALENDAR" | "MKCOL" => self.make(method == "MKCOL").await,
            "GET" | "HEAD" => self.get().await,
            "POST" => self.ask().await,
            "PUT" => self.put().await,
            "DELETE" => self.delete().await,
            "COPY" | "MOVE" => self.carry(method == "MOVE").await,
            _ => Err(Problem::new(Code::MethodNotAllowed).into()),
        }
    }

    fn options(&self) -> Response {
        let names = match &self.place {
            Place::Top => ROOT,
            Place::Root | Place::Principals | Place::Homes => SHELF,
            Place::Principal(_) | Place::Home(_) => PERSON,
            Place::Outbox(_) => OUTBOX,
            Place::Calendar(..) => COLLECTION,
            Place::Object(..) => MEMBER,
        };
        let mut response = StatusCode::OK.into_response();
        response.headers_mut().insert("dav", SPOKEN);
        if let Ok(allow) = HeaderValue::try_from(names.join(", ")) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    fn depth(&self) -> Result<Depth, Stop> {
        match self.header("depth") {
            None => Ok(Depth::Unsaid),
            Some("0") => Ok(Depth::Zero),
            Some("1" | "1,noroot") => Ok(Depth::One),
            Some(other) if other.eq_ignore_ascii_case("infinity") => Ok(Depth::Infinity),
            Some(_) => Err(Problem::new(Code::Malformed)
                .field("Depth", "header", "is 0, 1 or infinity")
                .into()),
        }
    }

    /// RFC 8144, and what Apple says instead: what is not there need not be named.
    fn brief(&self) -> bool {
        let minimal = self
            .header("prefer")
            .is_some_and(|said| said.contains("return=minimal"));
        minimal
            || self
                .header("brief")
                .is_some_and(|said| said.eq_ignore_ascii_case("t"))
    }

    async fn principal(&self) -> Result<Principal, Stop> {
        Ok(self.library.principal(self.who).await?)
    }

    async fn calendar(&self, name: &str) -> Result<Calendar, Stop> {
        let calendar = self.library.calendar(self.who, name).await?;
        if calendar.rights.read {
            Ok(calendar)
        } else {
            Err(Problem::not_found().into())
        }
    }

    async fn object(&self, calendar: &Calendar, name: &str, text: bool) -> Result<Object, Stop> {
        let wanted = Wanted::Named(&[name]);
        let found = self.library.objects(self.who, calendar, wanted, text).await?;
        Ok(found.into_iter().next().ok_or(Denied::NotFound)?)
    }

    fn multistatus(&self, multistatus: Multistatus) -> Response {
        let mut response = xml(StatusCode::MULTI_STATUS, multistatus.finish());
        response.headers_mut().insert("dav", SPOKEN);
        response
    }
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, XML)], body).into_response()
}
