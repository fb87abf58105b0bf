//! The pages of post: what readers stop, and for administrators what became of letters.
//!
//! As everywhere in the house, a page calls a service and shows what it says, works without script, and asks on a page
//! of its own before an act that cannot be taken back.

mod desk;
mod looks;
mod mine;
mod stop;

use std::sync::Arc;

use front::frame::NavItem;
use front::{Access, Role, Routes};
use http::Method;

use crate::Post;
use crate::streams::Streams;
use crate::words::WORDS;

pub use looks::Looks;

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
        .page(ADMIN, Method::GET, "/letters", desk::list)
        .page(ADMIN, Method::GET, "/letters/providers", desk::providers)
        .page(ADMIN, Method::GET, "/letters/{id}", desk::show)
        .page(ADMIN, Method::POST, "/letters/{id}", desk::decide)
        .with_state(post);
    let looks = Routes::new("post")
        .page(ADMIN, Method::GET, "/letters/looks", looks::list)
        .page(ADMIN, Method::GET, "/letters/looks/{kind}", looks::show)
        .page(ADMIN, Method::GET, "/letters/looks/{kind}/letter", looks::letter)
        .with_state(looks);
    desk.merge(looks)
}
