//! Files of other calendars, over HTTP.

use axum::extract::{Request, State};
use front::{Body, Caller, Code, InPath, Pieces, Problem, Query, Routes, routes};
use ical::Limits;
use kernel::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{OWN, written_by};
use crate::importing::{Imported, Row, What, Wrong};
use crate::service::Calendars;

/// Rows that an answer names. Those that were refused come first.
const ROWS_MAX: usize = 1_000;

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes.api_of_files(OWN, routes!(import_calendar))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportIn {
    /// Only say what it would do.
    #[serde(default)]
    preview: bool,
}

/// One event or task of the file.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportedRowOut {
    pub(crate) uid: String,
    /// Where it begins in the file.
    pub(crate) line: usize,
    pub(crate) title: String,
    /// `new`, `changed` (the file's is newer), `known` (as it was, or newer there) or `refused`.
    pub(crate) what: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// The same in a word: `uid-twice`, `kind`, `full`, `other`, or what is wrong with its text, such as `no-uid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'static str>,
    /// What the word is about: a name, a value or a limit. Absent where it says all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<String>,
}

/// Something that is wrong with a file outside of its rows, or that it has several times.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportProblemOut {
    /// 0: the file as a whole.
    pub(crate) line: usize,
    pub(crate) problem: String,
    /// The same in a word, such as `outside`.
    pub(crate) code: &'static str,
    /// What the word is about: a name, a value or a limit. Absent where it says all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<String>,
}

impl From<ical::Problem> for ImportProblemOut {
    fn from(problem: ical::Problem) -> ImportProblemOut {
        ImportProblemOut {
            line: problem.line,
            problem: problem.to_string(),
            code: problem.reason.word(),
            about: told(problem.reason.about()),
        }
    }
}

fn told(about: String) -> Option<String> {
    (!about.is_empty()).then_some(about)
}

/// What a file does to a calendar, row by row.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportOut {
    /// As the file calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    pub(crate) new: usize,
    pub(crate) changed: usize,
    pub(crate) known: usize,
    pub(crate) refused: usize,
    /// Those that were refused first, then in the order of the file; at most 1,000.
    pub(crate) rows: Vec<ImportedRowOut>,
    /// What is wrong outside of rows, and what the file has several times; at most 1,000.
    pub(crate) problems: Vec<ImportProblemOut>,
}

/// Takes a file of another calendar in
///
/// Events and tasks are known by their UIDs, so the same file twice changes nothing. A row that cannot be taken hinders no other.
/// Nobody is invited by it. With `preview` nothing is changed.
#[utoipa::path(post, path = "/api/v1/calendars/{id}/import", operation_id = "import_calendar",
    request_body(content((String = "text/calendar"))),
    params(("id" = String, Path, format = "uuid", description = "The calendar"), ImportIn),
    responses((status = OK, body = ImportOut)))]
async fn import_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Query(asked): Query<ImportIn>,
    request: Request,
) -> Result<Body<ImportOut>, Problem> {
    let owner = written_by(&calendars, &caller, id).await?;
    let mut pieces = Pieces::of(request, "text/calendar")?;
    let mut file = Vec::new();
    while let Some(piece) = pieces.next().await? {
        if file.len() + piece.len() > Limits::FILE.bytes {
            pieces.forget().await;
            return Err(Problem::new(Code::BodyTooLarge));
        }
        file.extend_from_slice(&piece);
    }
    let imported = calendars.import(owner, id, file, asked.preview).await?;
    Ok(Body(ImportOut::from(imported)))
}

impl From<Imported> for ImportOut {
    fn from(imported: Imported) -> ImportOut {
        let count = |what: fn(&What) -> bool| imported.rows.iter().filter(|row| what(&row.what)).count();
        let (new, changed) = (
            count(|what| *what == What::New),
            count(|what| *what == What::Changed),
        );
        let (known, refused) = (
            count(|what| *what == What::Known),
            count(|what| matches!(what, What::Refused(..))),
        );
        let mut rows = imported.rows;
        rows.sort_by_key(|row| (!matches!(row.what, What::Refused(..)), row.line));
        rows.truncate(ROWS_MAX);
        let mut problems = imported.problems;
        problems.truncate(ROWS_MAX);
        ImportOut {
            title: imported.title,
            new,
            changed,
            known,
            refused,
            rows: rows.into_iter().map(ImportedRowOut::from).collect(),
            problems: problems.into_iter().map(ImportProblemOut::from).collect(),
        }
    }
}

impl From<Row> for ImportedRowOut {
    fn from(row: Row) -> ImportedRowOut {
        let (what, wrong) = match row.what {
            What::New => ("new", None),
            What::Changed => ("changed", None),
            What::Known => ("known", None),
            What::Refused(wrong) => ("refused", Some(wrong)),
        };
        ImportedRowOut {
            uid: row.uid,
            line: row.line,
            title: row.title,
            what,
            problem: wrong.as_ref().map(ToString::to_string),
            code: wrong.as_ref().map(Wrong::word),
            about: wrong.and_then(|wrong| told(wrong.about())),
        }
    }
}
