//! gRPC says and does what REST does, with the same refusals.

use futures_util::stream;
use serde_json::json;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use wire::segments::v1 as pb;
use wire::segments::v1::members_client::MembersClient;
use wire::segments::v1::reports_client::ReportsClient;
use wire::segments::v1::segments_client::SegmentsClient;

use super::Desk;

async fn channel(desk: &Desk) -> Channel {
    let channel = Channel::from_shared(desk.base.clone()).unwrap();
    channel.connect().await.unwrap()
}

/// Asked for by the service.
fn by<T>(desk: &Desk, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let key: MetadataValue<_> = desk.key().parse().unwrap();
    request.metadata_mut().insert("x-api-key", key);
    request
}

/// Asked for by the administrator: a service that changes is not one that asks who is in.
fn by_admin<T>(desk: &Desk, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let token = desk.town.admin().token.as_deref().unwrap();
    let token: MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    request
}

/// The problem in a status: its code (`google.rpc.ErrorInfo.reason`) and its fields stand there in clear.
fn tells(status: &Status, word: &str) -> bool {
    String::from_utf8_lossy(status.details()).contains(word)
}

fn quarter() -> pb::Rollout {
    pb::Rollout {
        share: 25.0,
        conditions: vec![pb::Condition {
            about: Some(pb::condition::About::Language(pb::Texts {
                values: vec!["en".to_owned()],
            })),
        }],
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_made_over_grpc_is_the_one_that_rest_shows() {
    let desk = Desk::open().await;
    let mut segments = SegmentsClient::new(channel(&desk).await);
    let wanted = pb::CreateSegmentRequest {
        key: "VOICE".to_owned(),
        title: "Voice messages".to_owned(),
        rollout: Some(quarter()),
        variants: vec![
            pb::Variant {
                name: "blue".to_owned(),
                weight: 1,
            },
            pb::Variant {
                name: "green".to_owned(),
                weight: 3,
            },
        ],
        ..Default::default()
    };
    let made = segments.create_segment(by(&desk, wanted.clone())).await.unwrap();
    let made = made.into_inner();
    let shown = desk.get("/api/v1/segments/VOICE").await;
    assert_eq!(
        (&shown["rollout"]["share"], &shown["rollout"]["where"][0]),
        (&json!(25.0), &json!({"language": ["en"]}))
    );
    assert_eq!(shown["variants"][1], json!({"name": "green", "weight": 3}));
    assert_eq!((made.version, shown["version"].as_i64()), (1, Some(1)));

    refuses_and_changes(&desk, &mut segments, wanted).await;
}

async fn refuses_and_changes(
    desk: &Desk,
    segments: &mut SegmentsClient<Channel>,
    wanted: pb::CreateSegmentRequest,
) {
    let taken = segments.create_segment(by(desk, wanted)).await.unwrap_err();
    assert!(tells(&taken, "conflict") && tells(&taken, "taken"), "{taken:?}");
    let change = pb::ChangeSegmentRequest {
        key: "VOICE".to_owned(),
        version: 1,
        title: Some("Voices".to_owned()),
        ..Default::default()
    };
    let changed = segments.change_segment(by(desk, change.clone())).await.unwrap();
    let changed = changed.into_inner();
    assert_eq!((changed.version, changed.title.as_str()), (2, "Voices"));
    assert_eq!(changed.rollout.unwrap().share, 25.0, "what is not named stays");
    let stale = segments
        .change_segment(by(desk, change.clone()))
        .await
        .unwrap_err();
    assert!(tells(&stale, "precondition_failed"), "{stale:?}");
    let unread = pb::ChangeSegmentRequest { version: 0, ..change };
    let unread = segments.change_segment(by(desk, unread)).await.unwrap_err();
    assert!(tells(&unread, "precondition_required"), "{unread:?}");
    let ends = pb::ChangeSegmentRequest {
        key: "VOICE".to_owned(),
        version: 2,
        rule: Some(pb::change_segment_request::Rule::NoRollout(true)),
        variants: Some(pb::Variants::default()),
        ..Default::default()
    };
    let ended = segments
        .change_segment(by(desk, ends))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((ended.rollout, ended.variants.len()), (None, 0));
    let versions = pb::ListVersionsRequest {
        key: "VOICE".to_owned(),
    };
    let versions = segments
        .list_versions(by(desk, versions))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(versions.versions.len(), 3);
    let rest = desk.get("/api/v1/segments/VOICE/versions").await;
    assert_eq!(rest["items"][1]["rollout"]["share"], 25.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_with_the_fields_that_rest_names() {
    let desk = Desk::open().await;
    let mut segments = SegmentsClient::new(channel(&desk).await);
    let nobody = segments
        .list_segments(pb::ListSegmentsRequest::default())
        .await
        .unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
    let none = pb::GetSegmentRequest {
        key: "NONE".to_owned(),
    };
    let none = segments.get_segment(by(&desk, none)).await.unwrap_err();
    assert!(
        none.code() == Code::NotFound && none.message().contains("NONE"),
        "{none:?}"
    );
    let bad = |rollout: pb::Rollout| pb::CreateSegmentRequest {
        key: "BAD".to_owned(),
        title: "Bad".to_owned(),
        rollout: Some(rollout),
        ..Default::default()
    };
    let rules = [
        (
            pb::Rollout {
                share: 120.0,
                ..quarter()
            },
            "rollout.share",
        ),
        (
            pb::Rollout {
                conditions: vec![pb::Condition::default()],
                ..quarter()
            },
            "rollout.where[0]",
        ),
        (
            pb::Rollout {
                include: vec!["NONE".to_owned()],
                ..quarter()
            },
            "rollout.include[0]",
        ),
    ];
    for (rollout, field) in rules {
        let refused = segments
            .create_segment(by(&desk, bad(rollout)))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(tells(&refused, field), "{field}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_come_and_go_over_grpc_and_each_is_told_why() {
    let desk = Desk::open().await;
    let person = desk.somebody().await;
    desk.post("/api/v1/segments", json!({"key": "A", "title": "A"}))
        .await;
    let mut members = MembersClient::new(channel(&desk).await);
    let add = pb::ChangeSegmentsOfPersonRequest {
        person: person.clone(),
        add: vec![pb::Added {
            key: "A".to_owned(),
            until_micros: None,
        }],
        remove: Vec::new(),
    };
    let changed = members.change_segments_of_person(by(&desk, add)).await.unwrap();
    assert_eq!(changed.into_inner().added, ["A"]);
    let asked = pb::GetSegmentsOfPersonRequest {
        person: person.clone(),
        at_micros: None,
    };
    let found = members
        .get_segments_of_person(by_admin(&desk, asked.clone()))
        .await
        .unwrap();
    assert_eq!(found.into_inner().segments[0].key, "A");
    let before = pb::GetSegmentsOfPersonRequest {
        at_micros: Some(desk.town.clock.now().plus_seconds(3_600).as_micros()),
        ..asked
    };
    let future = members
        .get_segments_of_person(by_admin(&desk, before))
        .await
        .unwrap_err();
    assert!(tells(&future, "future"), "{future:?}");
    let why = pb::ExplainSegmentOfPersonRequest {
        person: person.clone(),
        key: "A".to_owned(),
        at_micros: None,
    };
    let why = members
        .explain_segment_of_person(by(&desk, why))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((why.is_in, why.why.as_str()), (true, "by_hand"));
    let service = format!("key:{}", desk.service.id);
    assert_eq!(why.by.as_deref(), Some(service.as_str()));
    assert_eq!(why.since_micros, Some(desk.town.clock.now().as_micros()));
    let rest = desk.get(&format!("/api/v1/people/{person}/segments/A")).await;
    assert_eq!(
        (rest["by"].as_str(), rest["since"].as_str()),
        (
            Some(service.as_str()),
            Some(desk.town.clock.now().to_string().as_str())
        )
    );
    desk.town.clock.advance_seconds(1);
    let told = pb::GetHistoryOfPersonRequest {
        person,
        ..Default::default()
    };
    let told = members
        .get_history_of_person(by(&desk, told))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(told.steps.len(), 1);
    assert_eq!(told.steps[0].operation(), pb::Operation::Joined);
}

fn row(person: &str) -> pb::PersonRow {
    pb::PersonRow {
        person: person.to_owned(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_come_in_as_a_stream_all_or_none() {
    let desk = Desk::open().await;
    let person = desk.somebody().await;
    desk.post("/api/v1/segments", json!({"key": "A", "title": "A"}))
        .await;
    let mut members = MembersClient::new(channel(&desk).await);
    let message = |rows: Vec<pb::PersonRow>| pb::ChangePeopleOfSegmentRequest {
        key: "A".to_owned(),
        rows,
    };
    let bad = [message(vec![row(&person)]), message(vec![row("7")])];
    let told = members
        .change_people_of_segment(by(&desk, stream::iter(bad)))
        .await;
    let refused = told.unwrap().into_inner().message().await.unwrap_err();
    assert!(tells(&refused, "rows[2].person"), "{refused:?}");
    let everybody = || pb::ListPeopleOfSegmentRequest {
        key: "A".to_owned(),
        ..Default::default()
    };
    let people = members
        .list_people_of_segment(by(&desk, everybody()))
        .await
        .unwrap();
    assert_eq!(
        people.into_inner().message().await.unwrap(),
        None,
        "one bad row, and none is done"
    );

    let good = [message(vec![row(&person)]), message(vec![row(&person)])];
    let told = members
        .change_people_of_segment(by(&desk, stream::iter(good)))
        .await;
    let mut told = told.unwrap().into_inner();
    let outcomes = told.message().await.unwrap().unwrap();
    let outcomes: Vec<pb::RowOutcome> = outcomes.outcomes().collect();
    assert_eq!(outcomes, [pb::RowOutcome::Added, pb::RowOutcome::Unchanged]);
    let last = told.message().await.unwrap().unwrap().totals.unwrap();
    assert_eq!((last.added, last.removed, last.unchanged), (1, 0, 1));
    assert_eq!(told.message().await.unwrap(), None);
    let people = members
        .list_people_of_segment(by(&desk, everybody()))
        .await
        .unwrap();
    assert_eq!(
        people.into_inner().message().await.unwrap().unwrap().people,
        [person]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn draws_holdouts_and_numbers_are_there_over_grpc() {
    let desk = Desk::open().await;
    let person = desk.somebody().await;
    for key in ["A", "B"] {
        desk.post("/api/v1/segments", json!({"key": key, "title": key}))
            .await;
    }
    let mut segments = SegmentsClient::new(channel(&desk).await);
    let draw = pb::DrawPeopleRequest {
        key: "A".to_owned(),
        share: 100.0,
        idempotency_key: Some("once".to_owned()),
        ..Default::default()
    };
    let drawn = segments
        .draw_people(by(&desk, draw.clone()))
        .await
        .unwrap()
        .into_inner();
    let again = segments.draw_people(by(&desk, draw)).await.unwrap().into_inner();
    assert_eq!(
        (drawn.number, drawn.state()),
        (again.number, pb::DrawState::Visible)
    );
    let why = desk.get(&format!("/api/v1/people/{person}/segments/A")).await;
    let service = format!("key:{}", desk.service.id);
    assert_eq!(
        (&why["why"], &why["draw"], &why["by"]),
        (&json!("drawn"), &json!(drawn.number), &json!(service))
    );
    let overlap = pb::GetOverlapRequest {
        keys: vec!["A".to_owned(), "B".to_owned()],
    };
    let overlap = segments
        .get_overlap(by(&desk, overlap))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((overlap.each[0].members, overlap.all), (drawn.drawn, 0));
    let alone = pb::GetOverlapRequest {
        keys: vec!["A".to_owned()],
    };
    let alone = segments.get_overlap(by(&desk, alone)).await.unwrap_err();
    assert!(tells(&alone, "keys"), "{alone:?}");
    let numbers = segments
        .get_numbers(by(&desk, pb::GetNumbersRequest {}))
        .await
        .unwrap();
    assert_eq!(numbers.into_inner().segments[0].by_draw, drawn.drawn);
    let held = pb::CreateHoldoutRequest {
        name: "WINTER".to_owned(),
        share: 5.0,
        until_micros: None,
    };
    let held = segments
        .create_holdout(by(&desk, held))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((held.name.as_str(), held.share), ("WINTER", 5.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_asked_for_over_grpc() {
    let desk = Desk::open().await;
    let mut reports = ReportsClient::new(channel(&desk).await);
    let wanted = pb::AskReportRequest {
        month: "2026-13".to_owned(),
        ..Default::default()
    };
    let bad = reports.ask_report(by(&desk, wanted.clone())).await.unwrap_err();
    assert!(tells(&bad, "month"), "{bad:?}");
    let wanted = pb::AskReportRequest {
        month: "2026-01".to_owned(),
        ..wanted
    };
    let asked = reports.ask_report(by(&desk, wanted)).await.unwrap().into_inner();
    let asked = pb::GetReportRequest { id: asked.id };
    let report = reports.get_report(by(&desk, asked)).await.unwrap().into_inner();
    assert_eq!(report.zone, "UTC");
}
