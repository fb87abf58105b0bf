//! Requests as real clients send them, answered from calendars in memory, and read as a client would.

mod clients;
mod editing;
mod finding;
mod following;
mod shelf;

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use front::{Admission, Code, Credentials, Front, Gatekeeper, Knock, Proof, Roles, Setup, SignedIn, Who};
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request};
use kernel::{Id, Language, PersonId};

use crate::xml::{CALDAV, DAV, Element, Name, parse};
use shelf::Shelf;

pub const ANNA: &str = "07070707-0707-0707-0707-070707070707";
pub const HALL: &str = "09090909-0909-0909-0909-090909090909";
pub const HOME: &str = "/dav/calendars/07070707-0707-0707-0707-070707070707/";
const SPACES: &str = r#"xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/""#;

struct Doorman;

impl Gatekeeper for Doorman {
    fn admit<'a>(&'a self, knock: Knock<'a>) -> BoxFuture<'a, Result<Admission, front::Problem>> {
        let found = match knock.credentials {
            Credentials::Basic {
                user: "anna",
                password: "app",
            } => Ok(Who::Person(Arc::new(SignedIn {
                id: PersonId(Id::from_bytes([7; 16])),
                session: Id::from_bytes([8; 16]),
                roles: Roles::default(),
                language: Language::English,
                zone: "Europe/Berlin".to_owned(),
                proof: Proof::AppPassword,
            }))
            .into()),
            _ => Err(front::Problem::new(Code::CredentialsInvalid)),
        };
        Box::pin(std::future::ready(found))
    }
}

/// A house with one person in it.
pub struct House {
    front: Front,
    pub shelf: Arc<Shelf>,
}

pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl House {
    pub fn open() -> House {
        let shelf = Arc::new(Shelf::default());
        let routes = super::routes(Arc::<Shelf>::clone(&shelf));
        let front = Front::build(routes, Setup::new(Arc::new(Doorman))).unwrap();
        House { front, shelf }
    }

    /// With the calendar that everybody gets at the first visit.
    pub async fn lived_in() -> House {
        let house = House::open();
        house.propfind(HOME, "0", "<D:displayname/>").await;
        house
    }

    pub async fn knock(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let begin = Request::builder().method(method).uri(path);
        let request = headers
            .iter()
            .fold(begin, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.front.answer(request, Ipv4Addr::LOCALHOST.into()).await;
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// As Anna, with an app password.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let signed: Vec<_> = [("authorization", "Basic YW5uYTphcHA=")]
            .iter()
            .chain(headers)
            .copied()
            .collect();
        self.knock(method, path, &signed, body).await
    }

    pub async fn propfind(&self, path: &str, depth: &str, props: &str) -> Reply {
        let body = format!("<D:propfind {SPACES}><D:prop>{props}</D:prop></D:propfind>");
        self.ask("PROPFIND", path, &[("depth", depth)], &body).await
    }

    pub async fn report(&self, path: &str, name: &str, inside: &str) -> Reply {
        let body = format!("<{name} {SPACES}>{inside}</{name}>");
        self.ask("REPORT", path, &[("depth", "1")], &body).await
    }

    pub async fn put(&self, path: &str, text: &str) -> Reply {
        self.ask(
            "PUT",
            path,
            &[("content-type", "text/calendar; charset=utf-8")],
            text,
        )
        .await
    }

    /// An event of each name, an hour long, at noon in UTC of these days of January 2026.
    pub async fn events(&self, days: &[(&str, u8)]) {
        for (name, day) in days {
            let text = event(
                name,
                &format!("DTSTART:202601{day:02}T120000Z\r\nDURATION:PT1H\r\n"),
            );
            let reply = self.put(&format!("{HOME}home/{name}.ics"), &text).await;
            assert_eq!(reply.status, 201, "{}", reply.body);
        }
    }
}

pub fn event(uid: &str, lines: &str) -> String {
    object("VEVENT", uid, lines)
}

pub fn object(kind: &str, uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:{kind}\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{lines}END:{kind}\r\nEND:VCALENDAR\r\n"
    )
}

impl Reply {
    pub fn xml(&self) -> Element {
        let kind = self.headers["content-type"].to_str().unwrap();
        assert!(kind.starts_with("application/xml"), "{kind} {}", self.body);
        parse(self.body.as_bytes()).unwrap().unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The places of a multistatus, in their order, without the home before them.
    pub fn hrefs(&self) -> Vec<String> {
        assert_eq!(self.status, 207, "{}", self.body);
        let root = self.xml();
        let all = root.all(DAV, "response");
        all.map(|one| {
            let href = one.child(DAV, "href").unwrap().text();
            href.strip_prefix(HOME).unwrap_or(&href).to_owned()
        })
        .collect()
    }

    pub fn response(&self, href: &str) -> Element {
        let root = self.xml();
        let mut all = root.all(DAV, "response");
        let found = all.find(|one| {
            let there = one.child(DAV, "href").unwrap().text();
            there == href || there.strip_prefix(HOME) == Some(href)
        });
        found
            .unwrap_or_else(|| panic!("{href} is not in {}", self.body))
            .clone()
    }

    /// The properties that a place has by this status.
    pub fn props(&self, href: &str, status: u16) -> Vec<Element> {
        let response = self.response(href);
        let stats = response.all(DAV, "propstat");
        let of_status = stats.filter(|one| {
            let line = one.child(DAV, "status").unwrap().text();
            line.split(' ').nth(1) == Some(&status.to_string())
        });
        let props = of_status.flat_map(|one| {
            one.child(DAV, "prop")
                .unwrap()
                .elements()
                .cloned()
                .collect::<Vec<_>>()
        });
        props.collect()
    }

    pub fn prop(&self, href: &str, local: &str) -> Element {
        let props = self.props(href, 200);
        let found = props.into_iter().find(|one| one.name.local == local);
        found.unwrap_or_else(|| panic!("no {local} of {href} in {}", self.body))
    }

    pub fn text(&self, href: &str, local: &str) -> String {
        self.prop(href, local).text()
    }

    /// The condition that was not met.
    pub fn condition(&self) -> (u16, String) {
        let root = self.xml();
        assert!(root.is(DAV, "error"), "{}", self.body);
        (
            self.status,
            root.elements().next().unwrap().name.local.to_string(),
        )
    }

    pub fn token(&self) -> String {
        self.xml().child(DAV, "sync-token").unwrap().text()
    }

    /// The status of a place that has no properties.
    pub fn status_of(&self, href: &str) -> String {
        self.response(href).child(DAV, "status").unwrap().text()
    }
}

/// The address in a property.
pub fn href_in(element: &Element) -> String {
    element.child(DAV, "href").unwrap().text()
}

/// The names of the elements within.
pub fn inside(element: &Element) -> Vec<String> {
    element.elements().map(|one| one.name.local.to_string()).collect()
}

pub fn is_calendar(element: &Element) -> bool {
    element
        .elements()
        .any(|one| one.name == Name::new(CALDAV, "calendar"))
}
