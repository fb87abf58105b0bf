//! The pages of post: what readers stop, and for administrators what became of letters.
//!
//! As everywhere in the house, a page calls a service and shows what it says, works without script, and asks on a page
//! of its own before an act that cannot be taken back.

mod mine;
mod stop;

use std::sync::Arc;

use front::{Access, Routes};
use http::Method;

use crate::streams::Streams;

/// Pages of readers.
pub fn of_streams(streams: Arc<Streams>) -> Routes {
    Routes::new("post")
        .page(Access::GREETED, Method::GET, "/letters/stop/{token}", stop::ask)
        .page(Access::PUBLIC, Method::POST, "/letters/stop/{token}", stop::stop)
        .page(Access::SIGNED_IN, Method::GET, "/me/letters", mine::show)
        .page(Access::SIGNED_IN, Method::POST, "/me/letters", mine::change)
        .with_state(streams)
}
