//! Reports over HTTP.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Body, Caller, InPath, Problem, Routes, routes};
use http::StatusCode;
use kernel::{Id, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{LOOKS, actor, wire};
use crate::reports::{Report, ReportState, ReportWanted};
use crate::service::Segments;
use crate::types::{Actor, Reason};

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes
        .api(LOOKS, routes!(list_segment_reports))
        .api(LOOKS, routes!(ask_segment_report))
        .api(LOOKS, routes!(get_segment_report))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportIn {
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}$", example = "2026-11")]
    pub(crate) month: String,
    /// Of the IANA database: where the month begins and ends. `UTC` if not given.
    #[schema(max_length = 64, example = "Europe/Moscow")]
    pub(crate) zone: Option<String>,
    /// Only this person.
    #[schema(format = "uuid")]
    pub(crate) person: Option<String>,
    /// Only this segment, by its key.
    pub(crate) segment: Option<String>,
}

impl ReportIn {
    pub(crate) async fn ask(self, segments: &Segments, by: Actor) -> Result<Report, Problem> {
        let person = self.person.as_deref().map(str::parse::<PersonId>).transpose();
        let wanted = ReportWanted {
            month: self.month,
            zone: self.zone.unwrap_or_else(|| "UTC".to_owned()),
            person: person.map_err(|bad| Problem::invalid("person", "id", bad.to_string()))?,
            segment: self.segment,
        };
        Ok(segments.ask_report(wanted, by).await?)
    }
}

/// The report of this id.
pub(crate) async fn report(segments: &Segments, id: &str) -> Result<Report, Problem> {
    let id: Id = id.parse().map_err(|_| Reason::NoReport)?;
    Ok(segments.report(id).await?)
}

/// A report: every joining and leaving of a month.
#[derive(Serialize, ToSchema)]
struct ReportOut {
    id: String,
    /// `making`, `made` or `failed`.
    state: &'static str,
    /// How far it is, in per cent.
    progress: f64,
    lines: u64,
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
    #[schema(format = DateTime)]
    asked_at: String,
    by: String,
    /// Where the file is: CSV with `person;segment;operation;date and time`. Each answer has a new link.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    link_until: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl ReportOut {
    fn of(report: &Report, segments: &Segments) -> ReportOut {
        let link = segments.report_link(report);
        ReportOut {
            id: report.id.to_string(),
            state: match report.state {
                ReportState::Making => "making",
                ReportState::Made => "made",
                ReportState::Failed(_) => "failed",
            },
            progress: f64::from(report.part) / 10.0,
            lines: report.lines,
            from: report.from.to_string(),
            to: report.to.to_string(),
            zone: report.zone.clone(),
            person: report.person.map(|person| person.to_string()),
            segment: report
                .segment
                .map(|number| segments.shelf_now().key_of(number).to_string()),
            asked_at: report.asked.to_string(),
            by: wire::actor(report.by),
            link_until: link.as_ref().map(|link| link.until.to_string()),
            link: link.map(|link| link.url),
            problem: match &report.state {
                ReportState::Failed(problem) => Some(problem.clone()),
                _ => None,
            },
        }
    }
}

/// Reports, the last asked for first.
#[derive(Serialize, ToSchema)]
struct ReportsOut {
    items: Vec<ReportOut>,
}

/// The latest reports
#[utoipa::path(get, path = "/api/v1/segment-reports", operation_id = "list_segment_reports",
    responses((status = OK, body = ReportsOut)))]
async fn list_segment_reports(State(segments): State<Segments>) -> Result<Body<ReportsOut>, Problem> {
    let reports = segments.reports().await?;
    Ok(Body(ReportsOut {
        items: reports
            .iter()
            .map(|report| ReportOut::of(report, &segments))
            .collect(),
    }))
}

/// Asks for a report of a month
///
/// It is made in the background. It is kept for 30 days.
#[utoipa::path(post, path = "/api/v1/segment-reports", operation_id = "ask_segment_report", request_body = ReportIn,
    responses((status = ACCEPTED, body = ReportOut)))]
async fn ask_segment_report(
    State(segments): State<Segments>,
    caller: Caller,
    Body(given): Body<ReportIn>,
) -> Result<Response, Problem> {
    let report = given.ask(&segments, actor(&caller)).await?;
    Ok((
        StatusCode::ACCEPTED,
        axum::Json(ReportOut::of(&report, &segments)),
    )
        .into_response())
}

/// How far a report is, and where its file is
#[utoipa::path(get, path = "/api/v1/segment-reports/{id}", operation_id = "get_segment_report",
    params(("id" = String, Path, format = "uuid", description = "The report")),
    responses((status = OK, body = ReportOut)))]
async fn get_segment_report(
    State(segments): State<Segments>,
    InPath(id): InPath<String>,
) -> Result<Body<ReportOut>, Problem> {
    let report = report(&segments, &id).await?;
    Ok(Body(ReportOut::of(&report, &segments)))
}
