//! Invitations, times and rooms over gRPC.

use front::Kind;
use http::Method;
use serde_json::json;
use wire::calendar::v1 as pb;

use super::grpc::{method, own};
use crate::town::Call;
use crate::town::samples::apart::{known, outsider, waits};
use crate::town::samples::rooms::somebody;
use crate::town::samples::{Sample, Shows};

const DAY_MICROS: i64 = 86_400_000_000;

pub fn samples() -> Vec<Sample> {
    let mut samples = invitations();
    samples.extend(organizers());
    samples.extend(rooms());
    samples
}

fn invitations() -> Vec<Sample> {
    vec![
        method("/townhall.calendar.v1.Invitations/ListInvitations", async |_| {
            pb::ListInvitationsRequest {}
        }),
        own(
            "/townhall.calendar.v1.Invitations/AnswerInvitation",
            async |ctx| pb::AnswerInvitationRequest {
                id: waits(&ctx).await,
                answer: pb::Answer::Accepted.into(),
            },
        ),
        own("/townhall.calendar.v1.Invitations/LetInInvitation", async |ctx| {
            pb::LetInInvitationRequest {
                id: waits(&ctx).await,
            }
        }),
        own(
            "/townhall.calendar.v1.Invitations/DismissInvitation",
            async |ctx| pb::DismissInvitationRequest {
                id: waits(&ctx).await,
            },
        ),
        own("/townhall.calendar.v1.Invitations/BlockInviter", async |ctx| {
            pb::BlockInviterRequest {
                id: waits(&ctx).await,
            }
        }),
    ]
}

fn organizers() -> Vec<Sample> {
    vec![
        method("/townhall.calendar.v1.Invitations/ListOrganizers", async |_| {
            pb::ListOrganizersRequest {}
        }),
        method("/townhall.calendar.v1.Invitations/PutOrganizer", async |ctx| {
            pb::PutOrganizerRequest {
                organizer: outsider(&ctx),
                standing: pb::Standing::Blocked.into(),
            }
        }),
        own("/townhall.calendar.v1.Invitations/EndOrganizer", async |ctx| {
            pb::EndOrganizerRequest {
                organizer: known(&ctx).await,
            }
        }),
    ]
}

fn rooms() -> Vec<Sample> {
    let mut samples = vec![
        method("/townhall.calendar.v1.FreeBusy/FindTimes", async |ctx| {
            let from_micros = ctx.town.clock.now().as_micros();
            pb::FindTimesRequest {
                minutes: 30,
                from_micros,
                to_micros: from_micros + 7 * DAY_MICROS,
                room_for: Some(4),
                ..Default::default()
            }
        }),
        method("/townhall.calendar.v1.Resources/ListResources", async |_| {
            pb::ListResourcesRequest::default()
        }),
    ];
    let put = own("/townhall.calendar.v1.Resources/PutResource", async |ctx| {
        pb::PutResourceRequest {
            person: somebody(&ctx).await,
            sort: pb::ResourceSort::Room.into(),
            place: "First floor".to_owned(),
            seats: 12,
        }
    });
    let end = own("/townhall.calendar.v1.Resources/EndResource", async |ctx| {
        let person = somebody(&ctx).await;
        if !ctx.unknown() {
            let path = format!("/api/v1/calendar/resources/{person}");
            let call = Call::json(&json!({"sort": "thing"}));
            let admin = ctx.town.admin();
            let made = ctx.town.send(Method::PUT, &path, Kind::Api, admin, call);
            assert_eq!(made.await.status, 200);
        }
        pb::EndResourceRequest { person }
    });
    let of_anybody = |sample: Sample| Sample {
        shows: Shows::Whoever,
        ..sample
    };
    samples.extend([put, end].map(of_anybody));
    samples
}
