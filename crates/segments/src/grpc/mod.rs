//! Segments over gRPC: the same use cases, the same gate, the same codes as over HTTP.
//!
//! What comes in is put into the shapes of REST and read there, so that both refuse the same with the same words; what goes
//! out is written from the same values.

mod draws;
mod members;
mod reports;
mod segments;
mod shapes;

use front::{Access, Caller, Problem, Routes};
use tonic::Request;
use wire::segments::v1::members_server::MembersServer;
use wire::segments::v1::reports_server::ReportsServer;
use wire::segments::v1::segments_server::SegmentsServer;

use crate::http::{ASKS, CHANGES, LOOKS};
use crate::service::Segments;

pub(crate) fn routes(segments: &Segments) -> Routes {
    let speaker = Speaker(segments.clone());
    let definitions: [(&str, Access); 16] = [
        ("ListSegments", LOOKS),
        ("GetSegment", LOOKS),
        ("CreateSegment", CHANGES),
        ("ChangeSegment", CHANGES),
        ("ArchiveSegment", CHANGES),
        ("PreviewSegment", LOOKS),
        ("ListVersions", LOOKS),
        ("GetNumbers", LOOKS),
        ("GetOverlap", LOOKS),
        ("GetDays", LOOKS),
        ("ListDraws", LOOKS),
        ("DrawPeople", CHANGES),
        ("EndDraw", CHANGES),
        ("ListHoldouts", LOOKS),
        ("CreateHoldout", CHANGES),
        ("EndHoldout", CHANGES),
    ];
    let members = [
        ("GetSegmentsOfPerson", ASKS),
        ("ExplainSegmentOfPerson", LOOKS),
        ("ChangeSegmentsOfPerson", CHANGES),
        ("GetHistoryOfPerson", LOOKS),
        ("ChangePeopleOfSegment", CHANGES),
        ("ListPeopleOfSegment", LOOKS),
    ];
    let reports = [("ListReports", LOOKS), ("AskReport", LOOKS), ("GetReport", LOOKS)];
    Routes::new("segments")
        .grpc(
            &SegmentsServer::new(speaker.clone()),
            &definitions,
            Some(wire::DESCRIPTORS),
        )
        .grpc(&MembersServer::new(speaker.clone()), &members, None)
        .grpc(&ReportsServer::new(speaker), &reports, None)
}

/// Segments as gRPC sees them.
#[derive(Clone)]
struct Speaker(Segments);

/// Who the gate let in.
fn caller<T>(request: &Request<T>) -> Result<Caller, Problem> {
    let caller = request.extensions().get::<Caller>().cloned();
    caller.ok_or_else(|| Problem::internal("a gRPC method without a gate asked for its caller"))
}
