//! Stopping a stream from a letter.
//!
//! Opening the link shows a page and does nothing: mail programs and their guards open links by themselves. The
//! button, or the mail program on its reader's behalf (RFC 8058), sends a form. No cookie is looked at for it.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Frame, shown};
use front::{InPath, Problem};

use crate::streams::{Stopping, Streams};
use crate::words::WORDS;

#[derive(Template)]
#[template(path = "stop.html")]
struct StopPage {
    frame: Frame,
    /// What the letters are called, when the house still knows them.
    called: Option<String>,
    action: String,
    stopped: bool,
}

pub async fn ask(
    State(streams): State<Arc<Streams>>,
    InPath(token): InPath<String>,
    frame: Frame,
) -> Result<Response, Problem> {
    let (stopping, is_stopped) = read(&streams, &token).await?;
    Ok(page(&streams, frame, &stopping, &token, is_stopped))
}

/// A form of ours says `again` to take it back. Mail programs send `List-Unsubscribe=One-Click`, as a form of either
/// kind; so does our button.
pub async fn stop(
    State(streams): State<Arc<Streams>>,
    InPath(token): InPath<String>,
    frame: Frame,
    form: Bytes,
) -> Result<Response, Problem> {
    let (stopping, _) = read(&streams, &token).await?;
    let says = |what: &[u8]| form.windows(what.len()).any(|window| window == what);
    let stop = says(b"List-Unsubscribe") && says(b"One-Click");
    if !stop && !says(b"again=yes") {
        return Err(Problem::invalid(
            "List-Unsubscribe",
            "required",
            "send List-Unsubscribe=One-Click",
        ));
    }
    streams.stop_by_link(&stopping, stop).await?;
    Ok(page(&streams, frame, &stopping, &token, stop))
}

async fn read(streams: &Streams, token: &str) -> Result<(Stopping, bool), Problem> {
    streams.by_link(token).await?.ok_or_else(Problem::not_found)
}

fn page(streams: &Streams, frame: Frame, stopping: &Stopping, token: &str, stopped: bool) -> Response {
    let known = streams.all().iter().find(|stream| stream.name == stopping.stream);
    let called = known.map(|stream| frame.tongue().over(stream.words).say(stream.key).to_string());
    shown(&StopPage {
        frame: frame.over(&WORDS),
        called,
        action: format!("/letters/stop/{token}"),
        stopped,
    })
}
