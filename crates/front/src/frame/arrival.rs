//! How a request becomes a frame: the language, zone and theme of whoever sent it, and the places open to them.
//!
//! A person's own choice decides. Who is not signed in is asked by a cookie (their choice on an earlier page), then
//! by what their browser prefers.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};
use kernel::Language;

use super::{Frame, Link, Theme, Tongue, WORDS, Words};
use crate::{Access, Caller, Who, cookies};

/// The choices of a device that nobody need sign in for.
const LANGUAGE: &str = "townhall_language";
const THEME: &str = "townhall_theme";
/// A device keeps them as long as browsers allow: 400 days.
const CHOICE_SECONDS: i64 = 400 * 24 * 3600;

/// The query parameter of a redirect after something was done.
const DONE: &str = "done=";

/// A place the header leads to, if its route is open to the reader.
#[derive(Clone, Copy)]
pub struct NavItem {
    pub href: &'static str,
    pub words: &'static Words,
    /// What it is called, among `words`.
    pub key: &'static str,
    /// The same as at the route.
    pub access: Access,
}

/// All places of the header, in their order. Put into the extensions of each request.
#[derive(Clone, Default)]
pub struct Nav(pub Arc<[NavItem]>);

impl Nav {
    fn links(&self, tongue: &Tongue, who: &Who, path: &str) -> Vec<Link> {
        let open = self.0.iter().filter(|place| place.access.check(who).is_ok());
        open.map(|place| Link {
            href: place.href,
            called: tongue.over(place.words).say(place.key).to_string(),
            current: is_at(path, place.href),
        })
        .collect()
    }
}

fn is_at(path: &str, href: &str) -> bool {
    let rest = path.strip_prefix(href);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// Somebody asked for a page: what the frame has to know of the request.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    pub method: &'a Method,
    /// Path and query.
    pub address: &'a str,
    pub headers: &'a HeaderMap,
    pub who: &'a Who,
    pub nav: &'a Nav,
}

/// Takes the caller and the [`Nav`] from the request's extensions; a page without them is as for strangers.
impl<S: Send + Sync> FromRequestParts<S> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Frame, Infallible> {
        let stranger = Who::Nobody;
        let nowhere = Nav::default();
        Ok(Frame::of(Asker {
            method: &parts.method,
            address: parts.uri.path_and_query().map_or("/", |address| address.as_str()),
            headers: &parts.headers,
            who: parts
                .extensions
                .get::<Caller>()
                .map_or(&stranger, |caller| &caller.who),
            nav: parts.extensions.get::<Nav>().unwrap_or(&nowhere),
        }))
    }
}

impl Frame {
    pub fn of(asker: Asker<'_>) -> Frame {
        let (language, zone) = match asker.who {
            Who::Person(person) => (person.language, person.zone.as_str()),
            Who::Nobody | Who::Key(_) => (language_of_device(asker.headers), "UTC"),
        };
        let tongue = Tongue::new(&WORDS, language, zone);
        let theme = cookies::get(asker.headers, THEME).and_then(|theme| theme.parse().ok());
        let path = place_to_return_to(asker.method, asker.address);
        let links = asker.nav.links(&tongue, asker.who, &path);
        let frame = Frame::new(tongue, theme.unwrap_or(Theme::Auto), path)
            .leading_to(links)
            .after(what_was_done(asker.address));
        match asker.who {
            Who::Person(person) => {
                let you = frame.say("you").to_string();
                frame.read_by(you, language, &person.zone)
            }
            Who::Nobody | Who::Key(_) => frame,
        }
    }
}

/// On to a page that says what was done, by the key of its words: `done-saved`. It may have a query.
pub fn done(page: &str, key: &str) -> Response {
    let code = key.strip_prefix("done-").unwrap_or(key);
    let joint = if page.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{page}{joint}{DONE}{}", encoded(code))).into_response()
}

/// What a redirect said was done: `?done=saved`.
fn what_was_done(address: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(DONE))
        .map(str::to_owned)
}

/// The page itself, without what it only says once. After a form was refused, the page of the form.
fn place_to_return_to(method: &Method, address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with(DONE))
        .collect();
    if kept.is_empty() || method != Method::GET {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    }
}

/// Text as it stands in a query.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn language_of_device(headers: &HeaderMap) -> Language {
    let chosen = cookies::get(headers, LANGUAGE).and_then(|language| language.parse().ok());
    chosen.unwrap_or_else(|| {
        let preferred = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        preferred_language(preferred.unwrap_or_default())
    })
}

/// The best of `Accept-Language` that we speak.
fn preferred_language(accept: &str) -> Language {
    let mut best = (0.0, Language::default());
    for range in accept.split(',') {
        let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
        let weight = weight.trim().parse::<f32>().unwrap_or(0.0);
        let code = tag
            .trim()
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if let (Ok(language), true) = (code.parse(), weight > best.0) {
            best = (weight, language);
        }
    }
    best.1
}

/// A `Set-Cookie` that keeps a language on the device.
pub fn keep_language(language: Language, secure: bool) -> HeaderValue {
    cookies::set(LANGUAGE, language.code(), CHOICE_SECONDS, secure)
}

/// A `Set-Cookie` that keeps a theme on the device.
pub fn keep_theme(theme: Theme, secure: bool) -> HeaderValue {
    cookies::set(THEME, theme.code(), CHOICE_SECONDS, secure)
}

/// A path of this house from a form's `next`; anything that could lead elsewhere becomes the front page.
pub fn local_path(to: &str) -> Cow<'_, str> {
    let leads_out = !to.starts_with('/')
        || to.starts_with("//")
        || to.contains(['\\', '\r', '\n', '\t'])
        || to.chars().any(char::is_control);
    if leads_out {
        Cow::Borrowed("/")
    } else {
        Cow::Borrowed(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn frame(address: &str, headers: &[(&'static str, &'static str)]) -> Frame {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        Frame::of(Asker {
            method: &Method::GET,
            address,
            headers: &headers,
            who: &Who::Nobody,
            nav: &Nav::default(),
        })
    }

    #[test]
    fn a_choice_on_the_device_goes_before_what_the_browser_prefers() {
        let check = |headers: &[(&'static str, &'static str)], expected| {
            assert_eq!(frame("/", headers).language(), expected, "{headers:?}");
        };
        check(&[], Language::English);
        check(
            &[("accept-language", "de, ru-RU;q=0.8, en;q=0.5")],
            Language::Russian,
        );
        check(&[("accept-language", "en-GB,ru;q=0.9")], Language::English);
        check(&[("accept-language", "ru;q=x")], Language::English);
        check(
            &[("accept-language", "en"), ("cookie", "townhall_language=ru")],
            Language::Russian,
        );
    }

    #[test]
    fn one_returns_to_the_same_page_without_its_notice() {
        let check = |uri, expected: &str| assert_eq!(frame(uri, &[]).path(), expected);
        check("/people?state=active&done=saved", "/people?state=active");
        check("/me?done=saved", "/me");
    }

    #[test]
    fn no_form_leads_out_of_the_house() {
        for to in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/\t/evil.example",
        ] {
            assert_eq!(local_path(to), "/", "{to:?}");
        }
        assert_eq!(local_path("/people?state=active"), "/people?state=active");
    }

    #[test]
    fn the_header_marks_where_one_is() {
        assert!(is_at("/people/7", "/people") && is_at("/people?x", "/people"));
        assert!(!is_at("/peoples", "/people"));
    }
}
