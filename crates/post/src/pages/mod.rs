//! The pages of post: what readers stop, and for administrators what became of letters.
//!
//! As everywhere in the house, a page calls a service and shows what it says, works without script, and asks on a page
//! of its own before an act that cannot be taken back.

mod letter;
mod letters;
mod looks;
mod mailbox;
mod mine;
mod providers;
mod stop;
mod suppressions;

use std::collections::HashMap;
use std::sync::Arc;

use axum::response::{Html, IntoResponse, Response};
use front::frame::{Frame, NavItem};
use front::{Access, Role, Routes};
use http::{HeaderValue, Method, header};

use crate::Post;
use crate::letters::State;
use crate::streams::Streams;
use crate::suppressions::Suppressions;
use crate::words::WORDS;

pub use looks::Looks;
pub use mailbox::DemoMailbox;

const ADMIN: Access = Access::role(&[Role::on("admin", "house")]);

/// Where the header leads to.
pub const NAV: [NavItem; 1] = [NavItem {
    href: "/letters",
    words: &WORDS,
    key: "letters-title",
    access: ADMIN,
}];

/// Pages of readers.
pub fn of_streams(streams: Arc<Streams>) -> Routes {
    Routes::new("post")
        .page(Access::GREETED, Method::GET, "/letters/stop/{token}", stop::ask)
        .page(Access::PUBLIC, Method::POST, "/letters/stop/{token}", stop::stop)
        .page(Access::SIGNED_IN, Method::GET, "/me/letters", mine::show)
        .page(Access::SIGNED_IN, Method::POST, "/me/letters", mine::change)
        .with_state(streams)
}

/// What the pages of administrators ask.
#[derive(Clone)]
pub struct Desk {
    pub post: Post,
    pub suppressions: Suppressions,
    /// Only a demo has one.
    pub mailbox: Option<DemoMailbox>,
}

/// Pages of administrators: letters, their stories, providers, suppressions, how letters look, and the mailbox of a
/// demo.
pub fn of_desk(desk: Desk, looks: Looks) -> Routes {
    let mailbox = desk.mailbox.clone().map(of_mailbox);
    let looks = Routes::new("post")
        .page(ADMIN, Method::GET, "/letters/looks", looks::list)
        .page(ADMIN, Method::GET, "/letters/looks/{kind}", looks::show)
        .page(ADMIN, Method::GET, "/letters/looks/{kind}/letter", looks::letter)
        .with_state(looks);
    let routes = of_letters(desk).merge(looks);
    match mailbox {
        Some(mailbox) => routes.merge(mailbox),
        None => routes,
    }
}

fn of_letters(desk: Desk) -> Routes {
    Routes::new("post")
        .page(ADMIN, Method::GET, "/letters", letters::list)
        .page(ADMIN, Method::GET, "/letters/providers", providers::list)
        .page(ADMIN, Method::POST, "/letters/trial", providers::try_out)
        .page(ADMIN, Method::GET, "/letters/suppressions", suppressions::list)
        .page(ADMIN, Method::POST, "/letters/suppressions", suppressions::add)
        .page(
            ADMIN,
            Method::GET,
            "/letters/suppressions/{id}",
            suppressions::show,
        )
        .page(
            ADMIN,
            Method::GET,
            "/letters/suppressions/{id}/clear",
            suppressions::ask_to_clear,
        )
        .page(
            ADMIN,
            Method::POST,
            "/letters/suppressions/{id}/clear",
            suppressions::clear,
        )
        .page(ADMIN, Method::GET, "/letters/{id}", letter::show)
        .page(ADMIN, Method::POST, "/letters/{id}", letter::decide)
        .page(ADMIN, Method::GET, "/letters/{id}/letter", letter::letter)
        .with_state(desk)
}

/// The mailbox of a demo. A house with real people has none.
fn of_mailbox(mailbox: DemoMailbox) -> Routes {
    Routes::new("post")
        .page(ADMIN, Method::GET, "/mailbox", mailbox::list)
        .page(ADMIN, Method::GET, "/mailbox/{id}", mailbox::show)
        .page(ADMIN, Method::GET, "/mailbox/{id}/letter", mailbox::letter)
        .page(ADMIN, Method::GET, "/mailbox/{id}/source", mailbox::source)
        .with_state(mailbox)
}

/// The fields of a form or a query as they were typed.
type Typed = HashMap<String, String>;

/// One of them, without the spaces around it; empty when it is missing.
fn typed_in<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.get(name).map(|value| value.trim()).unwrap_or_default()
}

fn state_called(frame: &Frame, state: State) -> String {
    frame
        .say_of("letter-state", state.name())
        .unwrap_or_else(|| state.name().to_owned())
}

/// A letter has styles of its own, so it is an answer of its own with a policy of its own: it loads nothing, runs
/// nothing, and stands in a frame of ours only.
const LETTER_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'",
);
const OWN_FRAME: HeaderValue = HeaderValue::from_static("SAMEORIGIN");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A letter alone, for the frame on a page.
fn sheet(html: String) -> Response {
    sheet_under(LETTER_POLICY, html)
}

fn sheet_under(policy: HeaderValue, html: String) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, OWN_FRAME),
        (header::CACHE_CONTROL, NO_STORE),
    ];
    (headers, Html(html)).into_response()
}
