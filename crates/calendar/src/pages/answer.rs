//! The page by which those outside the house answer an invitation.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Frame, Tongue, done, shown};
use front::{Form, InPath, Problem, Query};
use ical::Answer;

use super::{Typed, WORDS, answered, typed_in, unknown};
use crate::letters::wording::when;
use crate::scheduling::Invitation;
use crate::service::Calendars;

#[derive(Template)]
#[template(path = "answer.html")]
struct AnswerPage {
    frame: Frame,
    asked: Invitation,
    /// When it is, in words; `None`: it is over.
    when: Option<String>,
    action: String,
    /// What stands in the link, or was answered before.
    chosen: &'static str,
    is_answered: bool,
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Accepted => "accepted",
        Answer::Tentative => "tentative",
        Answer::Declined => "declined",
        _ => "",
    }
}

pub async fn show(
    State(calendars): State<Calendars>,
    frame: Frame,
    InPath(token): InPath<String>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let asked = calendars.invitation(&token).await?;
    let clocks = Tongue::new(&WORDS, frame.tongue().language(), &asked.zone);
    let when = asked.when.map(|lasting| when(&clocks, &lasting, calendars.now()));
    let given = ["accepted", "tentative", "declined"];
    let given = given.into_iter().find(|word| *word == typed_in(&typed, "answer"));
    Ok(shown(&AnswerPage {
        action: format!("/calendar/answer/{token}"),
        chosen: given.unwrap_or_else(|| word(asked.answer)),
        is_answered: !word(asked.answer).is_empty(),
        when,
        asked,
        frame,
    }))
}

pub async fn answer(
    State(calendars): State<Calendars>,
    InPath(token): InPath<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let (answer, key) = answered(typed_in(&typed, "answer"))
        .ok_or_else(|| unknown("answer", "accepted, tentative or declined"))?;
    calendars.answer_by_link(&token, answer).await?;
    Ok(done(&format!("/calendar/answer/{token}"), key))
}
