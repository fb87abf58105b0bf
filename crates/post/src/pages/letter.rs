//! One letter for administrators: its story, the letter itself where it is still at hand, and what a person decides
//! about one that does not go on by itself.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use front::frame::{Frame, When, done, shown};
use front::{Caller, Form, InPath, Problem};
use kernel::Id;

use super::letters::Whom;
use super::{Desk, Typed, sheet, state_called, typed_in};
use crate::letters::{Letter, State as LetterState};
use crate::words::WORDS;
use crate::{Preview, Refused, Settle};

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    frame: Frame,
    id: String,
    kind: String,
    state: String,
    whom: Whom,
    /// The list of what does not go to the reader, for one outside of the house.
    stopped: Option<String>,
    message_id: String,
    asked: When,
    wanted_until: When,
    due: Option<When>,
    attempts: u32,
    provider_name: Option<String>,
    story: Vec<StepRow>,
    parked: bool,
    unsure: bool,
    /// As it went out, in the mailbox of a demo.
    in_mailbox: bool,
    preview: Preview,
}

struct StepRow {
    at: When,
    state: String,
    provider: String,
    reason: String,
}

pub async fn show(
    State(desk): State<Desk>,
    frame: Frame,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let post = &desk.post;
    let letter = post.letter(id).await?;
    let preview = post.preview(id).await?;
    let readers = post.readers(std::slice::from_ref(&letter)).await?;
    let in_mailbox = match &desk.mailbox {
        Some(mailbox) => mailbox.has(id).await?,
        None => false,
    };
    Ok(shown(&LetterPage {
        story: story(&frame, &letter),
        id: letter.id.to_string(),
        kind: post.kind_name(letter.kind),
        state: state_called(&frame, letter.state),
        whom: Whom::of(&frame, &letter, &readers),
        stopped: letter
            .outside
            .as_ref()
            .map(|outsider| super::suppressions::looked_for(&outsider.email)),
        message_id: post.message_id(letter.id),
        asked: frame.when(letter.asked),
        wanted_until: frame.when(letter.wanted_until),
        due: letter.due.map(|due| frame.when(due)),
        attempts: letter.attempts,
        provider_name: letter.provider_name.clone(),
        parked: letter.state == LetterState::Parked,
        unsure: letter.state == LetterState::Unsure,
        in_mailbox,
        preview,
        frame,
    }))
}

fn story(frame: &Frame, letter: &Letter) -> Vec<StepRow> {
    let steps = letter.story.iter().map(|step| StepRow {
        at: frame.when(step.at),
        state: state_called(frame, step.state),
        provider: step.provider.clone(),
        reason: step.reason.clone(),
    });
    steps.collect()
}

/// The letter alone as it would be written now, for the frame on the page. One that went out meanwhile says so there.
pub async fn letter(
    State(desk): State<Desk>,
    frame: Frame,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let html = match desk.post.preview(id).await? {
        Preview::Written { framed, .. } => framed.html,
        Preview::NotKept | Preview::Nothing(_) => {
            let gone = frame.over(&WORDS).say("letter-not-kept").to_string();
            format!("<!DOCTYPE html><p>{gone}</p>")
        }
    };
    Ok(sheet(html))
}

/// What a person decides: `how` is `again` or `handed-over`.
pub async fn decide(
    State(desk): State<Desk>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let by = caller.person()?.id.to_string();
    let post = &desk.post;
    let letter = post.letter(id).await?;
    let decided = match (letter.state, typed_in(&typed, "how")) {
        (LetterState::Unsure, "handed-over") => post.settle(id, Settle::HandedOver, &by).await,
        (LetterState::Unsure, _) => post.settle(id, Settle::SendAgain, &by).await,
        _ => post.try_again(id, &by).await,
    };
    let page = format!("/letters/{id}");
    match decided {
        Ok(_) => Ok(done(&page, "done-letter-decided")),
        // It went on by itself meanwhile: the page shows how it stands.
        Err(Refused::NotNow(_)) => Ok(Redirect::to(&page).into_response()),
        Err(other) => Err(other.into()),
    }
}
