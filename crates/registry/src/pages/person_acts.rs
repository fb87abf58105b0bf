//! What can be done with a person besides editing them. What cannot be taken back asks first.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{InPath, Problem};
use http::{HeaderValue, header};
use kernel::PersonId;

use super::confirm::ConfirmPage;
use super::links::made_page;
use super::people::called;
use super::person::{Refusal, answer, refused};
use super::reader::Reader;
use crate::Registry;
use crate::failure::Failure;
use crate::links::Issued;
use crate::people::ExportOut;
use front::frame::done;

pub async fn invite(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let issued = registry.invite(&reader.doer(), id).await;
    made(&registry, reader, id, issued).await
}

pub async fn reset(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let issued = registry.issue_reset(&reader.doer(), id).await;
    made(&registry, reader, id, issued).await
}

async fn made(
    registry: &Registry,
    reader: Reader,
    id: PersonId,
    issued: Result<Issued, Failure>,
) -> Result<Response, Problem> {
    match issued {
        Ok(issued) => {
            let person = registry.person(&reader.doer(), id).await?;
            Ok(made_page(reader, &person, &issued))
        }
        Err(failure) => {
            let text = Some(reader.refused(failure)?);
            refused(
                registry,
                reader,
                id,
                Refusal {
                    text,
                    ..Refusal::default()
                },
            )
            .await
        }
    }
}

pub async fn unblock(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let unblocked = registry.unblock_person(&reader.doer(), id).await;
    answer(&registry, reader, id, unblocked, "done-unblocked").await
}

pub async fn confirm_block(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let texts = ["person-block-question", "person-block-outcome", "person-block"];
    confirm(&registry, reader, id, "block", texts).await
}

pub async fn block(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let blocked = registry.block_person(&reader.doer(), id).await;
    answer(&registry, reader, id, blocked, "done-blocked").await
}

pub async fn confirm_end_sessions(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let texts = [
        "person-end-sessions-question",
        "person-end-sessions-outcome",
        "person-end-sessions",
    ];
    confirm(&registry, reader, id, "end-sessions", texts).await
}

pub async fn end_sessions(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let ended = registry.end_sessions_of(&reader.doer(), id).await;
    answer(&registry, reader, id, ended, "done-ended").await
}

pub async fn confirm_delete(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let texts = ["person-delete-question", "person-delete-outcome", "person-delete"];
    confirm(&registry, reader, id, "delete", texts).await
}

pub async fn delete(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    match registry.delete_person(&reader.doer(), id).await {
        Ok(()) => Ok(done("/people", "done-deleted")),
        failed => answer(&registry, reader, id, failed, "done-deleted").await,
    }
}

async fn confirm(
    registry: &Registry,
    reader: Reader,
    id: PersonId,
    act: &str,
    [question, outcome, button]: [&'static str; 3],
) -> Result<Response, Problem> {
    let person = registry.person(&reader.doer(), id).await?;
    let name = called(&reader.frame, &person);
    let page = ConfirmPage {
        question: reader.frame.say(question).with("name", name).to_string(),
        outcome: reader.say(outcome),
        act: reader.say(button),
        action: format!("/people/{id}/{act}"),
        back: format!("/people/{id}"),
        frame: reader.frame,
    };
    Ok(page.answer())
}

/// Everything that is held about somebody, as a file.
pub async fn export(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let export = registry.export_person(&reader.doer(), id).await?;
    let name = HeaderValue::try_from(format!("attachment; filename=\"person-{id}.json\""));
    let mut answer = axum::Json(ExportOut::new(export, &registry)).into_response();
    answer
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, name.map_err(Problem::internal)?);
    Ok(answer)
}
