//! What lies in calendars as iCalendar texts, files of it, and mail with answers.

use std::time::Duration;

use front::{Caller, Code, Problem};
use futures_util::stream;
use ical::Limits;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};
use wire::calendar::v1 as pb;
use wire::calendar::v1::mail_server::Mail;
use wire::calendar::v1::objects_server::Objects;

use super::{Speaker, caller, count, id, only_true};
use crate::http::importing::{ImportOut, ImportProblemOut, ImportedRowOut};
use crate::http::mailed::hear;
use crate::http::objects::{ChangesIn, found, named, new_name};
use crate::http::written_by;
use crate::service::Calendars;
use crate::sharing::Rights;
use crate::types::{Expected, Heard};

/// Whoever sends nothing of a file for so long has gone, though their connection stands.
const SILENCE_MAX: Duration = Duration::from_secs(30);

#[tonic::async_trait]
impl Objects for Speaker {
    async fn get_object(
        &self,
        request: Request<pb::GetObjectRequest>,
    ) -> Result<Response<pb::CalendarObject>, Status> {
        let by = caller(&request)?;
        let asked = request.get_ref();
        let (found, rights) = found(&self.0, &by, (id(&asked.calendar)?, &asked.name)).await?;
        Ok(Response::new(pb::CalendarObject {
            name: found.name.to_string(),
            // What was read without what is private is never written over it.
            change: if rights < Rights::Edit { 0 } else { found.change },
            text: found.text,
        }))
    }

    async fn put_object(
        &self,
        request: Request<pb::PutObjectRequest>,
    ) -> Result<Response<pb::PutObjectResponse>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let (calendar, name) = (id(&given.calendar)?, new_name(&given.name)?);
        let expected = expected(given.expected.as_ref())?;
        if given.text.len() > Limits::OBJECT.bytes {
            return Err(too_large(Limits::OBJECT).into());
        }
        let owner = written_by(&self.0, &by, calendar).await?;
        let put = self.0.put(owner, calendar, name, given.text, expected).await;
        let put = put.map_err(Problem::from)?;
        Ok(Response::new(pb::PutObjectResponse {
            change: put.stored.change,
            created: put.is_new,
        }))
    }

    async fn delete_object(
        &self,
        request: Request<pb::DeleteObjectRequest>,
    ) -> Result<Response<pb::DeleteObjectResponse>, Status> {
        let by = caller(&request)?;
        let asked = request.get_ref();
        let calendar = id(&asked.calendar)?;
        let owner = written_by(&self.0, &by, calendar).await?;
        let expected = asked.change.map_or(Expected::Anything, Expected::Exactly);
        let removed = self.0.remove(owner, calendar, named(&asked.name)?, expected);
        removed.await.map_err(Problem::from)?;
        Ok(Response::new(pb::DeleteObjectResponse {}))
    }

    async fn list_changes(
        &self,
        request: Request<pb::ListChangesRequest>,
    ) -> Result<Response<pb::ListChangesResponse>, Status> {
        let by = caller(&request)?;
        let given = request.get_ref();
        let asked = ChangesIn {
            after: Some(given.after),
            began: Some(given.began).filter(|began| *began != 0),
            limit: given
                .limit
                .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
        };
        let changes = asked.heard(&self.0, &by, id(&given.calendar)?).await?;
        let change = |heard: Heard| pb::ObjectChange {
            name: heard.name.to_string(),
            change: heard.change,
            deleted: heard.is_gone,
        };
        Ok(Response::new(pb::ListChangesResponse {
            began: changes.began_for_next(),
            changes: changes.items.into_iter().map(change).collect(),
            until: changes.until,
            more: !changes.is_all,
        }))
    }

    type ImportFileStream = BoxStream<pb::ImportFileResponse>;

    async fn import_file(
        &self,
        request: Request<Streaming<pb::ImportFileRequest>>,
    ) -> Result<Response<Self::ImportFileStream>, Status> {
        let by = caller(&request)?;
        let calendars = self.0.clone();
        let pieces = request.into_inner();
        // Answered before the file has come: it may take longer than an answer may.
        let told = stream::once(async move { imported(&calendars, &by, pieces).await });
        Ok(Response::new(Box::pin(told)))
    }
}

#[tonic::async_trait]
impl Mail for Speaker {
    async fn bring_mail(
        &self,
        request: Request<pb::BringMailRequest>,
    ) -> Result<Response<pb::BringMailResponse>, Status> {
        let ignored = hear(&self.0, &request.get_ref().mail).await?;
        Ok(Response::new(pb::BringMailResponse {
            taken: ignored.is_none(),
            why: ignored.map(|ignored| ignored.why().to_owned()),
        }))
    }
}

/// What the writer believes is there.
fn expected(given: Option<&pb::put_object_request::Expected>) -> Result<Expected, Problem> {
    use pb::put_object_request::Expected as Given;
    match given {
        Some(Given::Change(change)) => Ok(Expected::Exactly(*change)),
        Some(Given::Nothing(true)) => Ok(Expected::Nothing),
        Some(Given::Something(true)) => Ok(Expected::Something),
        // Whoever says so hardly means that anything may be written over.
        Some(Given::Nothing(false) | Given::Something(false)) => Err(only_true("expected")),
        None => Ok(Expected::Anything),
    }
}

fn too_large(limits: Limits) -> Problem {
    Problem::new(Code::BodyTooLarge).detail(format!("Send at most {} bytes.", limits.bytes))
}

/// Takes all of a file, and then takes it in.
async fn imported(
    calendars: &Calendars,
    by: &Caller,
    mut pieces: Streaming<pb::ImportFileRequest>,
) -> Result<pb::ImportFileResponse, Status> {
    let Some(first) = next(&mut pieces).await? else {
        return Err(Problem::invalid("piece", "empty", "must be at least one").into());
    };
    let calendar = id(&first.calendar)?;
    let owner = written_by(calendars, by, calendar).await?;
    let mut file = first.piece;
    while let Some(more) = next(&mut pieces).await? {
        if file.len() + more.piece.len() > Limits::FILE.bytes {
            return Err(too_large(Limits::FILE).into());
        }
        file.extend_from_slice(&more.piece);
    }
    let imported = calendars.import(owner, calendar, file, first.preview).await;
    Ok(import_out(ImportOut::from(imported.map_err(Problem::from)?)))
}

async fn next(
    pieces: &mut Streaming<pb::ImportFileRequest>,
) -> Result<Option<pb::ImportFileRequest>, Status> {
    let next = tokio::time::timeout(SILENCE_MAX, pieces.message()).await;
    next.map_err(|_| Status::from(Problem::new(Code::RequestTimeout)))?
}

fn import_out(told: ImportOut) -> pb::ImportFileResponse {
    let row = |row: ImportedRowOut| pb::ImportedRow {
        uid: row.uid,
        line: count(row.line),
        title: row.title,
        what: row.what.to_owned(),
        problem: row.problem,
        code: row.code.map(str::to_owned),
        about: row.about,
    };
    let problem = |one: ImportProblemOut| pb::ImportProblem {
        line: count(one.line),
        problem: one.problem,
        code: one.code.to_owned(),
        about: one.about,
    };
    pb::ImportFileResponse {
        title: told.title,
        new: count(told.new),
        changed: count(told.changed),
        known: count(told.known),
        refused: count(told.refused),
        rows: told.rows.into_iter().map(row).collect(),
        problems: told.problems.into_iter().map(problem).collect(),
    }
}
