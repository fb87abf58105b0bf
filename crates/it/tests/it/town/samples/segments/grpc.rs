//! Segments over gRPC.

use prost::Message;
use wire::segments::v1 as pb;

use super::{heard_of, known, made};
use crate::town::Call;
use crate::town::samples::{Ctx, Sample, Shows, sample};

pub fn samples() -> Vec<Sample> {
    let rooms = [
        definitions(),
        numbers(),
        draws_and_holdouts(),
        people(),
        reports(),
    ];
    rooms.into_iter().flatten().collect()
}

/// A method about which there is nothing to know but whether one may call it.
fn method<F, M>(path: &'static str, message: impl Fn(Ctx) -> F + Copy + Send + Sync + 'static) -> Sample
where
    F: Future<Output = M> + Send + 'static,
    M: Message,
{
    sample("POST", path, Shows::Everyone, move |ctx| async move {
        Call::message(&message(ctx).await.encode_to_vec())
    })
}

/// A method about a person.
fn about<F, M>(path: &'static str, message: impl Fn(Ctx) -> F + Copy + Send + Sync + 'static) -> Sample
where
    F: Future<Output = M> + Send + 'static,
    M: Message,
{
    Sample {
        shows: Shows::Whoever,
        ..method(path, message)
    }
}

fn definitions() -> Vec<Sample> {
    vec![
        method("/townhall.segments.v1.Segments/ListSegments", async |_| {
            pb::ListSegmentsRequest::default()
        }),
        method("/townhall.segments.v1.Segments/GetSegment", async |ctx| {
            let key = made(&ctx).await;
            pb::GetSegmentRequest { key }
        }),
        method("/townhall.segments.v1.Segments/CreateSegment", async |ctx| {
            pb::CreateSegmentRequest {
                key: format!("NEW_{}", ctx.town.number()),
                title: "A segment".to_owned(),
                ..Default::default()
            }
        }),
        method("/townhall.segments.v1.Segments/ChangeSegment", async |ctx| {
            pb::ChangeSegmentRequest {
                key: made(&ctx).await,
                version: 1,
                title: Some("Another title".to_owned()),
                ..Default::default()
            }
        }),
        method("/townhall.segments.v1.Segments/ArchiveSegment", async |ctx| {
            let key = made(&ctx).await;
            pb::ArchiveSegmentRequest { key, version: 1 }
        }),
        method("/townhall.segments.v1.Segments/PreviewSegment", async |ctx| {
            pb::PreviewSegmentRequest {
                key: made(&ctx).await,
                rollout: Some(pb::Rollout {
                    share: 60.0,
                    ..Default::default()
                }),
                ..Default::default()
            }
        }),
        method("/townhall.segments.v1.Segments/ListVersions", async |ctx| {
            let key = made(&ctx).await;
            pb::ListVersionsRequest { key }
        }),
    ]
}

fn numbers() -> Vec<Sample> {
    vec![
        method("/townhall.segments.v1.Segments/GetNumbers", async |_| {
            pb::GetNumbersRequest {}
        }),
        method("/townhall.segments.v1.Segments/GetDays", async |ctx| {
            pb::GetDaysRequest {
                key: made(&ctx).await,
                ..Default::default()
            }
        }),
        method("/townhall.segments.v1.Segments/GetOverlap", async |ctx| {
            let keys = vec![made(&ctx).await, made(&ctx).await];
            pb::GetOverlapRequest { keys }
        }),
        method("/townhall.segments.v1.Members/ListPeopleOfSegment", async |ctx| {
            pb::ListPeopleOfSegmentRequest {
                key: made(&ctx).await,
                ..Default::default()
            }
        }),
        method(
            "/townhall.segments.v1.Members/ChangePeopleOfSegment",
            async |ctx| {
                let key = made(&ctx).await;
                let person = ctx.town.admin().id.clone();
                heard_of(&ctx, &person).await;
                let row = pb::PersonRow {
                    person,
                    ..Default::default()
                };
                pb::ChangePeopleOfSegmentRequest { key, rows: vec![row] }
            },
        ),
    ]
}

fn draws_and_holdouts() -> Vec<Sample> {
    vec![
        method("/townhall.segments.v1.Segments/ListDraws", async |ctx| {
            let key = made(&ctx).await;
            pb::ListDrawsRequest { key }
        }),
        method("/townhall.segments.v1.Segments/DrawPeople", async |ctx| {
            pb::DrawPeopleRequest {
                key: made(&ctx).await,
                share: 10.0,
                ..Default::default()
            }
        }),
        method("/townhall.segments.v1.Segments/EndDraw", async |ctx| {
            let key = made(&ctx).await;
            let path = format!("/api/v1/segments/{key}/draws");
            let wanted = serde_json::json!({"share": 10});
            let drawn = ctx.town.post(ctx.town.admin(), &path, wanted).await;
            let number = u32::try_from(drawn["number"].as_u64().unwrap()).unwrap();
            pb::EndDrawRequest { key, number }
        }),
        method("/townhall.segments.v1.Segments/ListHoldouts", async |_| {
            pb::ListHoldoutsRequest {}
        }),
        method("/townhall.segments.v1.Segments/CreateHoldout", async |ctx| {
            pb::CreateHoldoutRequest {
                name: format!("HOLDOUT_{}", ctx.town.number()),
                ..Default::default()
            }
        }),
        method("/townhall.segments.v1.Segments/EndHoldout", async |ctx| {
            let name = format!("HOLDOUT_{}", ctx.town.number());
            let wanted = serde_json::json!({"name": name, "share": 0});
            ctx.town.post(ctx.town.admin(), "/api/v1/holdouts", wanted).await;
            pb::EndHoldoutRequest { name }
        }),
    ]
}

fn people() -> Vec<Sample> {
    vec![
        about("/townhall.segments.v1.Members/GetSegmentsOfPerson", async |ctx| {
            pb::GetSegmentsOfPersonRequest {
                person: known(&ctx).await,
                at_micros: None,
            }
        }),
        about(
            "/townhall.segments.v1.Members/ExplainSegmentOfPerson",
            async |ctx| pb::ExplainSegmentOfPersonRequest {
                key: made(&ctx).await,
                person: known(&ctx).await,
                at_micros: None,
            },
        ),
        about(
            "/townhall.segments.v1.Members/ChangeSegmentsOfPerson",
            async |ctx| pb::ChangeSegmentsOfPersonRequest {
                add: vec![pb::Added {
                    key: made(&ctx).await,
                    until_micros: None,
                }],
                person: known(&ctx).await,
                remove: Vec::new(),
            },
        ),
        about("/townhall.segments.v1.Members/GetHistoryOfPerson", async |ctx| {
            pb::GetHistoryOfPersonRequest {
                person: known(&ctx).await,
                ..Default::default()
            }
        }),
    ]
}

fn reports() -> Vec<Sample> {
    vec![
        method("/townhall.segments.v1.Reports/ListReports", async |_| {
            pb::ListReportsRequest {}
        }),
        method("/townhall.segments.v1.Reports/AskReport", async |_| {
            pb::AskReportRequest {
                month: "2026-01".to_owned(),
                ..Default::default()
            }
        }),
        method("/townhall.segments.v1.Reports/GetReport", async |ctx| {
            let wanted = serde_json::json!({"month": "2026-01"});
            let path = "/api/v1/segment-reports";
            let asked = ctx.town.post(ctx.town.admin(), path, wanted).await;
            let id = asked["id"].as_str().unwrap().to_owned();
            pb::GetReportRequest { id }
        }),
    ]
}
