//! Where one is signed in, and how to end that.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Frame, When, done, shown};
use front::{InPath, Problem};
use kernel::Id;

use super::confirm::ConfirmPage;
use super::reader::Reader;
use crate::Registry;
use crate::audit::By;
use crate::failure::Failure;
use crate::sessions::{Ended, Session};

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    sessions: Vec<SessionRow>,
    others: bool,
}

pub struct SessionRow {
    pub id: String,
    pub device: String,
    pub address: String,
    pub started: When,
    pub seen: When,
    /// The one that this page is read in.
    pub here: bool,
}

pub fn session_rows(frame: &Frame, sessions: &[Session], here: Option<Id>) -> Vec<SessionRow> {
    let row = |session: &Session| SessionRow {
        id: session.id.to_string(),
        device: device(frame, &session.device),
        address: session.address.clone(),
        started: frame.when(session.created),
        seen: frame.when(session.last_seen),
        here: Some(session.id) == here,
    };
    sessions.iter().map(row).collect()
}

/// `Firefox on Linux` in the reader's language.
fn device(frame: &Frame, device: &str) -> String {
    match device.split_once(" on ") {
        Some((browser, system)) => frame
            .say("device-on")
            .with("browser", browser)
            .with("system", system)
            .to_string(),
        None if device.is_empty() => frame.say("device-unknown").to_string(),
        None => device.to_owned(),
    }
}

pub async fn list(State(registry): State<Arc<Registry>>, reader: Reader) -> Result<Response, Problem> {
    let here = reader.caller.person()?.session;
    let sessions = registry.sessions(reader.id()?).await.map_err(Failure::from)?;
    Ok(shown(&SessionsPage {
        sessions: session_rows(&reader.frame, &sessions, Some(here)),
        others: sessions.iter().any(|session| session.id != here),
        frame: reader.frame,
    }))
}

pub async fn end(
    State(registry): State<Arc<Registry>>,
    InPath(session): InPath<Id>,
    reader: Reader,
) -> Result<Response, Problem> {
    let by = By::from(&reader.caller);
    let ended = registry
        .end_session(reader.id()?, session, Ended::Revoked, &by)
        .await;
    if ended.map_err(Failure::from)? {
        Ok(done("/me/sessions", "done-session"))
    } else {
        Err(Problem::not_found())
    }
}

pub async fn confirm_end_others(reader: Reader) -> Response {
    let page = ConfirmPage {
        question: reader.say("sessions-end-others-question"),
        outcome: reader.say("sessions-end-others-outcome"),
        act: reader.say("sessions-end-others"),
        action: "/me/sessions/end-others".to_owned(),
        back: "/me/sessions".to_owned(),
        frame: reader.frame,
    };
    page.answer()
}

pub async fn end_others(State(registry): State<Arc<Registry>>, reader: Reader) -> Result<Response, Problem> {
    let here = reader.caller.person()?.session;
    let by = By::from(&reader.caller);
    registry.end_sessions(reader.id()?, Some(here), &by).await?;
    Ok(done("/me/sessions", "done-sessions"))
}
