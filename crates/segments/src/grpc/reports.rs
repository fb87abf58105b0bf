//! Reports.

use front::Problem;
use tonic::{Request, Response, Status};
use wire::segments::v1 as pb;
use wire::segments::v1::reports_server::Reports;

use super::{Speaker, caller};
use crate::http::reports::{ReportIn, report};
use crate::http::{actor, wire as shapes};
use crate::reports::{Report, ReportState};

#[tonic::async_trait]
impl Reports for Speaker {
    async fn list_reports(
        &self,
        _: Request<pb::ListReportsRequest>,
    ) -> Result<Response<pb::ListReportsResponse>, Status> {
        let reports = self.0.reports().await.map_err(Problem::internal)?;
        Ok(Response::new(pb::ListReportsResponse {
            reports: reports.iter().map(|report| self.report_out(report)).collect(),
        }))
    }

    async fn ask_report(
        &self,
        request: Request<pb::AskReportRequest>,
    ) -> Result<Response<pb::Report>, Status> {
        let by = actor(&caller(&request)?);
        let given = request.into_inner();
        let asked = ReportIn {
            month: given.month,
            zone: given.zone,
            person: given.person,
            segment: given.segment,
        };
        let report = asked.ask(&self.0, by).await?;
        Ok(Response::new(self.report_out(&report)))
    }

    async fn get_report(
        &self,
        request: Request<pb::GetReportRequest>,
    ) -> Result<Response<pb::Report>, Status> {
        let report = report(&self.0, &request.get_ref().id).await?;
        Ok(Response::new(self.report_out(&report)))
    }
}

impl Speaker {
    fn report_out(&self, report: &Report) -> pb::Report {
        let link = self.0.report_link(report);
        let state = match report.state {
            ReportState::Making => pb::ReportState::Making,
            ReportState::Made => pb::ReportState::Made,
            ReportState::Failed(_) => pb::ReportState::Failed,
        };
        let segment = report.segment;
        pb::Report {
            id: report.id.to_string(),
            state: state.into(),
            progress: f64::from(report.part) / 10.0,
            lines: report.lines,
            from_micros: report.from.as_micros(),
            to_micros: report.to.as_micros(),
            zone: report.zone.clone(),
            person: report.person.map(|person| person.to_string()),
            segment: segment.map(|number| self.0.shelf_now().key_of(number).to_string()),
            asked_at_micros: report.asked.as_micros(),
            by: shapes::actor(report.by),
            link_until_micros: link.as_ref().map(|link| link.until.as_micros()),
            link: link.map(|link| link.url),
            problem: match &report.state {
                ReportState::Failed(problem) => Some(problem.clone()),
                _ => None,
            },
        }
    }
}
