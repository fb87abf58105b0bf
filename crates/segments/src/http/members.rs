//! Many people of one segment over HTTP, as CSV or JSON lines: all rows are read before anything is done.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use front::{Caller, InPath, Problem, Routes, routes};
use http::header;
use kernel::{Moment, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CHANGES, actor};
use crate::people::{Outcome, PutRow};
use crate::service::Segments;

const CSV: &str = "text/csv";
const LINES: &str = "application/x-ndjson";
/// Bad rows that are told; whoever mends so many sees the next ones.
const TOLD_MAX: usize = 100;

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes.api(CHANGES, routes!(change_people_of_segment))
}

/// A row as it came.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RowIn {
    #[schema(format = "uuid")]
    person: String,
    /// `add` (if not given) or `remove`.
    #[serde(default)]
    operation: Option<String>,
    /// When it ends by itself.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// What became of a row.
#[derive(Serialize, ToSchema)]
struct RowOut {
    /// Counted from 1, without the line of names.
    row: usize,
    #[schema(format = "uuid")]
    person: String,
    /// `added`, `removed` or `unchanged`.
    outcome: &'static str,
}

/// What became of all of them.
#[derive(Serialize, ToSchema)]
struct RowsOut {
    added: usize,
    removed: usize,
    unchanged: usize,
    rows: Vec<RowOut>,
}

/// Puts many people into a segment, and takes others out
///
/// As CSV (`text/csv`) with a line of names, of which `person` is needed and `operation` and `until` may be there; or
/// as JSON lines (`application/x-ndjson`) of objects with those fields. When one row is bad none is done. Each person's
/// change is kept as soon as it is made, and sending all rows again changes nothing that was done.
#[utoipa::path(post, path = "/api/v1/segments/{key}/people", operation_id = "change_people_of_segment",
    request_body(content((String = "text/csv", example = json!("person,until\n6ba7b810-9dad-81d1-80b4-00c04fd430c8,2027-01-31T12:00:00Z\n")),
        (RowIn = "application/x-ndjson"))),
    params(("key" = String, Path, description = "The segment")),
    responses((status = OK, body = RowsOut)))]
async fn change_people_of_segment(
    State(segments): State<Segments>,
    caller: Caller,
    InPath(key): InPath<String>,
    request: Request,
) -> Result<Response, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let is_lines = kind.is_some_and(|kind| kind.as_bytes().starts_with(LINES.as_bytes()));
    let body = front::bytes(request, if is_lines { LINES } else { CSV }).await?;
    let rows = if is_lines { of_lines(&body) } else { of_csv(&body) }?;
    let rows = checked(rows, &segments)?;
    let people: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
    let outcomes = segments.put_many(&key, rows, actor(&caller)).await?;
    let count = |wanted: Outcome| outcomes.iter().filter(|one| **one == wanted).count();
    let rows = people
        .iter()
        .zip(&outcomes)
        .enumerate()
        .map(|(at, (person, outcome))| RowOut {
            row: at + 1,
            person: person.to_string(),
            outcome: match outcome {
                Outcome::Added => "added",
                Outcome::Removed => "removed",
                Outcome::Unchanged => "unchanged",
            },
        });
    let out = RowsOut {
        added: count(Outcome::Added),
        removed: count(Outcome::Removed),
        unchanged: count(Outcome::Unchanged),
        rows: rows.collect(),
    };
    Ok(axum::Json(out).into_response())
}

/// A row, or what is wrong with how it is written.
type Read = Result<RowIn, String>;

fn of_csv(body: &[u8]) -> Result<Vec<Read>, Problem> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(body);
    let names = reader.headers().map_err(|bad| malformed(&bad.to_string()))?;
    if !names.iter().any(|name| name == "person") {
        return Err(malformed(
            "The first line must name the columns, and one of them person.",
        ));
    }
    let empty_as_none = |row: RowIn| RowIn {
        operation: row.operation.filter(|text| !text.is_empty()),
        until: row.until.filter(|text| !text.is_empty()),
        ..row
    };
    let rows = reader.deserialize().map(|row| match row {
        Ok(row) => Ok(empty_as_none(row)),
        Err(bad) => Err(bad.to_string()),
    });
    Ok(rows.collect())
}

fn of_lines(body: &[u8]) -> Result<Vec<Read>, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("The body must be UTF-8."))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let rows = lines.map(|line| serde_json::from_str(line).map_err(|bad| bad.to_string()));
    Ok(rows.collect())
}

fn malformed(what: &str) -> Problem {
    Problem::new(front::Code::Malformed).detail(what.to_owned())
}

/// What is wrong with a row: in which field, by which word, in which sentence.
type Fault = (&'static str, &'static str, String);

/// All rows, or what is wrong with those that are bad.
fn checked(rows: Vec<Read>, segments: &Segments) -> Result<Vec<PutRow>, Problem> {
    if rows.is_empty() {
        return Err(Problem::invalid("rows", "empty", "must be at least one"));
    }
    let mut good = Vec::with_capacity(rows.len());
    let mut bad = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        match row
            .map_err(|text| ("", "row", text))
            .and_then(|row| check(&row, segments))
        {
            Ok(row) => good.push(row),
            Err((field, code, message)) => {
                let dot = if field.is_empty() { "" } else { "." };
                bad.push((format!("rows[{}]{dot}{field}", at + 1), code, message));
            }
        }
        if bad.len() >= TOLD_MAX {
            break;
        }
    }
    if bad.is_empty() {
        return Ok(good);
    }
    let problem = Problem::new(front::Code::Invalid);
    Err(bad.into_iter().fold(problem, |problem, (field, code, message)| {
        problem.field(field, code, message)
    }))
}

fn check(row: &RowIn, segments: &Segments) -> Result<PutRow, Fault> {
    let fault = |field, code, message: &str| (field, code, message.to_owned());
    let person: PersonId = row
        .person
        .parse()
        .map_err(|_| fault("person", "id", "must be the id of a person, a GUID"))?;
    if !segments.knows(person) {
        return Err(fault("person", "unknown", "is nobody that segments know"));
    }
    let until = row.until.as_deref().map(str::parse::<Moment>).transpose();
    let until = until.map_err(|_| {
        fault(
            "until",
            "instant",
            "must be an instant such as 2027-01-31T12:00:00Z",
        )
    })?;
    if until.is_some_and(|until| !segments.is_to_come(until)) {
        return Err(fault("until", "past", "must lie in the future"));
    }
    let add = match row.operation.as_deref() {
        None | Some("add") => true,
        Some("remove") if until.is_some() => {
            return Err(fault(
                "until",
                "contradiction",
                "says nothing of whoever is removed",
            ));
        }
        Some("remove") => false,
        Some(_) => return Err(fault("operation", "unknown", "must be add or remove")),
    };
    Ok(PutRow { person, add, until })
}
