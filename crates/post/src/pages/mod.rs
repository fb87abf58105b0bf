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

use std::collections::HashMap;
use std::sync::Arc;

use front::frame::{Frame, NavItem};
use front::{Access, Role, Routes};
use http::Method;

use crate::Post;
use crate::letters::State;
use crate::streams::Streams;
use crate::words::WORDS;

pub use looks::Looks;
pub use mailbox::{DemoMailbox, MAILBOX_NAV};

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

/// Pages of administrators: letters, their stories, providers, and how letters look.
pub fn of_post(post: Post, looks: Looks) -> Routes {
    let desk = Routes::new("post")
        .page(ADMIN, Method::GET, "/letters", letters::list)
        .page(ADMIN, Method::GET, "/letters/providers", providers::list)
        .page(ADMIN, Method::GET, "/letters/{id}", letter::show)
        .page(ADMIN, Method::POST, "/letters/{id}", letter::decide)
        .with_state(post);
    let looks = Routes::new("post")
        .page(ADMIN, Method::GET, "/letters/looks", looks::list)
        .page(ADMIN, Method::GET, "/letters/looks/{kind}", looks::show)
        .page(ADMIN, Method::GET, "/letters/looks/{kind}/letter", looks::letter)
        .with_state(looks);
    desk.merge(looks)
}

/// The mailbox of a demo. A house with real people has none.
pub fn of_mailbox(mailbox: DemoMailbox) -> Routes {
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
