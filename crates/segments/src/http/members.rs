//! Many people of one segment over HTTP, as CSV or JSON lines: all rows are read before anything is done.
//!
//! A body is read piece by piece, its good rows are laid on a [`Pile`], and what became of them is told as it becomes
//! so. No step holds more than a few thousand rows, however many there are.

use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::{Buf as _, Bytes};
use front::{Caller, Code, InPath, Pieces, Problem, Routes, routes};
use futures_util::{StreamExt as _, stream};
use http::header;
use kernel::{Moment, PersonId};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::{CHANGES, actor};
use crate::people::{Doing, Pile, PutRow, Totals};
use crate::service::{Refused, Segments};

pub(super) const CSV: &str = "text/csv";
pub(super) const LINES: &str = "application/x-ndjson";
/// Bad rows that are told; whoever mends so many sees the next ones.
const TOLD_MAX: usize = 100;
/// Rows of one request: more than there are people in a large country, and a file of a few gigabytes.
const ROWS_MAX: u64 = 100_000_000;
/// One row with its line; a file without line ends must not be read into memory as one.
const ROW_BYTES_MAX: usize = 64 * 1024;
/// Pieces of a body that may wait to be read.
pub(crate) const AHEAD: usize = 4;

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes.api_of_files(CHANGES, routes!(change_people_of_segment))
}

/// A row as it came.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowIn {
    #[schema(format = "uuid")]
    pub(crate) person: String,
    /// `add` (if not given) or `remove`.
    #[serde(default)]
    pub(crate) operation: Option<String>,
    /// When it ends by itself.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub(crate) until: Option<String>,
}

/// What became of a row.
#[derive(Serialize, ToSchema)]
struct RowOut {
    /// Counted from 1, without the line of names.
    row: u64,
    #[schema(format = "uuid")]
    person: String,
    /// `added`, `removed` or `unchanged`.
    outcome: &'static str,
}

/// What became of all of them. As JSON lines each row is a line, and the last line has the numbers.
#[derive(Serialize, ToSchema)]
struct RowsOut {
    rows: Vec<RowOut>,
    added: u64,
    removed: u64,
    unchanged: u64,
}

/// Puts many people into a segment, and takes others out
///
/// As CSV (`text/csv`) with a line of names, of which `person` is needed and `operation` and `until` may be there; or
/// as JSON lines (`application/x-ndjson`) of objects with those fields. A file may have as many rows as it likes. When one row
/// is bad none is done. Each person's change is kept as soon as it is made and then told, as JSON or (`Accept:
/// application/x-ndjson`) as JSON lines; an answer without its end broke off, and sending all rows again changes nothing that
/// was done.
#[utoipa::path(post, path = "/api/v1/segments/{key}/people", operation_id = "change_people_of_segment",
    request_body(content((String = "text/csv", example = json!("person,until\n6ba7b810-9dad-81d1-80b4-00c04fd430c8,2027-01-31T12:00:00Z\n")),
        (RowIn = "application/x-ndjson"))),
    params(("key" = String, Path, description = "The segment")),
    responses((status = OK, content((RowsOut = "application/json"), (RowOut = "application/x-ndjson")))))]
async fn change_people_of_segment(
    State(segments): State<Segments>,
    caller: Caller,
    InPath(key): InPath<String>,
    request: Request,
) -> Result<Response, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let is_lines = kind.is_some_and(|kind| kind.as_bytes().starts_with(LINES.as_bytes()));
    let form = Form::asked_for(request.headers().get(header::ACCEPT));
    let pieces = Pieces::of(request, if is_lines { LINES } else { CSV })?;
    let doing = segments.to_put(&key, actor(&caller))?;
    let pile = read(pieces, is_lines, Coming::new(&segments)).await?;
    let told = told(doing.over(pile)?, form);
    let headers = [(header::CONTENT_TYPE, form.content_type())];
    Ok((headers, Body::from_stream(told)).into_response())
}

/// How outcomes are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Lines,
}

impl Form {
    fn asked_for(accept: Option<&http::HeaderValue>) -> Form {
        match super::preferred(accept, &["application/json", LINES]) {
            LINES => Form::Lines,
            _ => Form::Json,
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Lines => LINES,
        }
    }
}

/// The answer, written as rows are done.
fn told(doing: Doing, form: Form) -> impl stream::Stream<Item = Result<Bytes, Refused>> {
    let head = match form {
        Form::Json => "{\"rows\":[",
        Form::Lines => "",
    };
    let rows = stream::try_unfold((doing, 0_u64), move |(mut doing, before)| async move {
        let done = doing.next().await.inspect_err(|problem| {
            tracing::warn!(%problem, rows = before, "a change of many people broke off");
        })?;
        let mut after = before;
        let mut text = String::new();
        for (row, outcome) in &done {
            after += 1;
            let line = RowOut {
                row: after,
                person: row.person.to_string(),
                outcome: outcome.word(),
            };
            text.push_str(match (form, after) {
                (Form::Json, 2..) => ",\n",
                _ => "",
            });
            text.push_str(&serde_json::to_string(&line).unwrap_or_default());
            text.push_str(if form == Form::Lines { "\n" } else { "" });
        }
        Ok(match (done.is_empty(), doing.is_told()) {
            (false, _) => Some((Bytes::from(text), (doing, after))),
            (true, false) => {
                doing.has_told();
                Some((Bytes::from(end(doing.totals(), form)), (doing, after)))
            }
            (true, true) => None,
        })
    });
    stream::iter([Ok(Bytes::from_static(head.as_bytes()))]).chain(rows)
}

fn end(totals: Totals, form: Form) -> String {
    let Totals {
        added,
        removed,
        unchanged,
    } = totals;
    let numbers = format!("\"added\":{added},\"removed\":{removed},\"unchanged\":{unchanged}}}");
    match form {
        Form::Json => format!("],{numbers}"),
        Form::Lines => format!("{{{numbers}\n"),
    }
}

/// Reads a whole body. Whoever reads files reads on a thread of its own, and is handed the pieces as they come.
async fn read(mut pieces: Pieces, is_lines: bool, coming: Coming) -> Result<Pile, Problem> {
    let (hand, handed) = mpsc::channel(AHEAD);
    let file = Handed::new(handed);
    let reading = tokio::task::spawn_blocking(move || {
        if is_lines {
            of_lines(file, coming)
        } else {
            of_csv(file, coming)
        }
    });
    let mut is_whole = false;
    loop {
        let Some(piece) = pieces.next().await? else {
            is_whole = true;
            break;
        };
        // Nobody takes it any more: so much is wrong already.
        if hand.send(piece).await.is_err() {
            break;
        }
    }
    drop(hand);
    let read = reading.await.map_err(Problem::internal)?;
    if !is_whole {
        pieces.forget().await;
    }
    read
}

/// Pieces as they are handed over, as a file.
struct Handed {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
    /// Bytes that were read since somebody set this to zero.
    since: Arc<AtomicUsize>,
}

impl Handed {
    fn new(pieces: mpsc::Receiver<Bytes>) -> Handed {
        Handed {
            pieces,
            piece: Bytes::new(),
            since: Arc::default(),
        }
    }
}

impl Read for Handed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let count = into.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut into[..count]);
        if self.since.fetch_add(count, Ordering::Relaxed) > ROW_BYTES_MAX {
            let what = format!("A row has more than {ROW_BYTES_MAX} bytes.");
            return Err(io::Error::other(what));
        }
        Ok(count)
    }
}

/// A row, or what is wrong with how it is written.
pub(crate) type Written = Result<RowIn, String>;

fn of_csv(file: Handed, mut coming: Coming) -> Result<Pile, Problem> {
    let since = Arc::clone(&file.since);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let names = reader.headers().map_err(|bad| malformed(&said(&bad)))?;
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
    for row in reader.deserialize() {
        since.store(0, Ordering::Relaxed);
        let row = match row {
            Ok(row) => Ok(empty_as_none(row)),
            Err(bad) if bad.is_io_error() => return Err(malformed(&said(&bad))),
            Err(bad) => Err(bad.to_string()),
        };
        if !coming.take(row)? {
            break;
        }
    }
    coming.all()
}

/// What is wrong with a file, without the words that the library puts around it.
fn said(bad: &csv::Error) -> String {
    match bad.kind() {
        csv::ErrorKind::Io(bad) => bad.to_string(),
        _ => bad.to_string(),
    }
}

fn of_lines(file: Handed, mut coming: Coming) -> Result<Pile, Problem> {
    let since = Arc::clone(&file.since);
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    loop {
        line.clear();
        since.store(0, Ordering::Relaxed);
        let count = reader.read_line(&mut line).map_err(|bad| match bad.kind() {
            io::ErrorKind::InvalidData => malformed("The body must be UTF-8."),
            _ => malformed(&bad.to_string()),
        })?;
        if count == 0 {
            return coming.all();
        }
        if line.trim().is_empty() {
            continue;
        }
        if !coming.take(serde_json::from_str(&line).map_err(|bad| bad.to_string()))? {
            return coming.all();
        }
    }
}

fn malformed(what: &str) -> Problem {
    Problem::new(Code::Malformed).detail(what.to_owned())
}

/// What is wrong with a row: in which field, by which word, in which sentence.
type Fault = (&'static str, &'static str, String);

/// Rows as they come: good ones are laid on a pile, and what is wrong with bad ones is noted.
pub(crate) struct Coming {
    segments: Segments,
    pile: Pile,
    rows: u64,
    bad: Vec<(String, &'static str, String)>,
}

impl Coming {
    pub(crate) fn new(segments: &Segments) -> Coming {
        Coming {
            segments: segments.clone(),
            pile: Pile::default(),
            rows: 0,
            bad: Vec::new(),
        }
    }

    /// Takes the next row. False when so many were bad that no more needs to come.
    pub(crate) fn take(&mut self, row: Written) -> Result<bool, Problem> {
        self.rows += 1;
        if self.rows > ROWS_MAX {
            return Err(Problem::new(Code::BodyTooLarge).detail(format!("Send at most {ROWS_MAX} rows.")));
        }
        let checked = row.map_err(|text| ("", "row", text));
        match checked.and_then(|row| check(&row, &self.segments)) {
            Ok(row) if self.bad.is_empty() => self.pile.add(row).map_err(Problem::internal)?,
            Ok(_) => {}
            Err((field, code, message)) => {
                let dot = if field.is_empty() { "" } else { "." };
                self.bad
                    .push((format!("rows[{}]{dot}{field}", self.rows), code, message));
            }
        }
        Ok(self.bad.len() < TOLD_MAX)
    }

    /// All rows, or what is wrong with those that are bad.
    pub(crate) fn all(self) -> Result<Pile, Problem> {
        if self.rows == 0 {
            return Err(Problem::invalid("rows", "empty", "must be at least one"));
        }
        if self.bad.is_empty() {
            return Ok(self.pile);
        }
        let problem = Problem::new(Code::Invalid);
        let told = self.bad.into_iter();
        Err(told.fold(problem, |problem, (field, code, message)| {
            problem.field(field, code, message)
        }))
    }
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
