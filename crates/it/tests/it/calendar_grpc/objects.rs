//! What lies in calendars as iCalendar texts, and files of it.

use front::Kind;
use futures_util::stream;
use http::Method;
use tonic::transport::Channel;
use tonic::{Response, Status, Streaming};
use wire::calendar::v1 as pb;
use wire::calendar::v1::mail_client::MailClient;
use wire::calendar::v1::objects_client::ObjectsClient;
use wire::calendar::v1::put_object_request::Expected;

use super::{Desk, by, refuses, says};
use crate::town::{Call, Role};

const WALK: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nX-OURS:kept\r\nBEGIN:VEVENT\r\nUID:walk\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261123T090000Z\r\nDURATION:PT1H\r\nSUMMARY:A walk\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

fn client(desk: &Desk) -> ObjectsClient<Channel> {
    ObjectsClient::new(desk.channel.clone())
}

fn walk(calendar: &str, expected: Option<Expected>) -> pb::PutObjectRequest {
    pb::PutObjectRequest {
        calendar: calendar.to_owned(),
        name: "walk.ics".to_owned(),
        text: WALK.to_owned(),
        expected,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_comes_back_byte_for_byte_and_is_replaced_by_whoever_read_it() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let mut objects = client(&desk);
    let put = objects
        .put_object(desk.anna(walk(&calendar, Some(Expected::Nothing(true)))))
        .await;
    let put = put.unwrap().into_inner();
    assert!(put.created);
    let get = |name: &str| pb::GetObjectRequest {
        calendar: calendar.clone(),
        name: name.to_owned(),
    };
    let got = objects
        .get_object(desk.anna(get("walk.ics")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((got.text.as_str(), got.change), (WALK, put.change));
    says(
        objects.get_object(desk.anna(get("nothing.ics"))).await,
        "not_found",
    );
    says(objects.get_object(desk.boris(get("walk.ics"))).await, "not_found");

    for wrong in [Expected::Nothing(true), Expected::Change(put.change + 1)] {
        let stale = objects.put_object(desk.anna(walk(&calendar, Some(wrong)))).await;
        says(stale, "precondition_failed");
    }
    for right in [Expected::Change(put.change), Expected::Something(true)] {
        let again = objects.put_object(desk.anna(walk(&calendar, Some(right)))).await;
        assert!(!again.unwrap().into_inner().created);
    }
    for nothing in [Expected::Nothing(false), Expected::Something(false)] {
        let said = objects
            .put_object(desk.anna(walk(&calendar, Some(nothing))))
            .await;
        refuses(said, "expected");
    }
    let long = pb::PutObjectRequest {
        text: " ".repeat((1 << 20) + 1),
        ..walk(&calendar, None)
    };
    says(objects.put_object(desk.anna(long)).await, "body_too_large");
    let broken = pb::PutObjectRequest {
        text: WALK.replace("DURATION:PT1H", "RRULE:FREQ=NEVER"),
        ..walk(&calendar, None)
    };
    says(objects.put_object(desk.anna(broken)).await, "line 9");
    let unnamed = pb::PutObjectRequest {
        name: "a/b".to_owned(),
        ..walk(&calendar, None)
    };
    refuses(objects.put_object(desk.anna(unnamed)).await, "name");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_followed_by_number() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let mut objects = client(&desk);
    objects
        .put_object(desk.anna(walk(&calendar, None)))
        .await
        .unwrap();
    let since = |after, limit| pb::ListChangesRequest {
        calendar: calendar.clone(),
        after,
        limit,
        began: 0,
    };
    let first = objects
        .list_changes(desk.anna(since(0, None)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((first.changes.len(), first.more), (1, false));
    assert_eq!(first.began, first.until, "all of it was read");
    assert_eq!(first.changes[0].name, "walk.ics");
    let delete = |change| pb::DeleteObjectRequest {
        calendar: calendar.clone(),
        name: "walk.ics".to_owned(),
        change,
    };
    says(
        objects.delete_object(desk.anna(delete(Some(99)))).await,
        "precondition_failed",
    );
    let known = first.changes[0].change;
    objects
        .delete_object(desk.anna(delete(Some(known))))
        .await
        .unwrap();
    says(objects.delete_object(desk.anna(delete(None))).await, "not_found");
    let then = objects.list_changes(desk.anna(since(first.until, Some(1)))).await;
    assert!(then.unwrap().into_inner().changes[0].deleted);
    refuses(objects.list_changes(desk.anna(since(-1, None))).await, "after");
    refuses(objects.list_changes(desk.anna(since(0, Some(0)))).await, "limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_in_by_pieces_after_a_look_at_what_it_would_do() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let mut objects = client(&desk);
    let pieces = |calendar: &str, preview| {
        let (first, rest) = WALK.split_at(100);
        let first = pb::ImportFileRequest {
            calendar: calendar.to_owned(),
            preview,
            piece: first.into(),
        };
        let rest = pb::ImportFileRequest {
            piece: rest.into(),
            ..Default::default()
        };
        stream::iter([first, rest])
    };
    for preview in [true, false] {
        let told = objects.import_file(desk.anna(pieces(&calendar, preview))).await;
        let told = only(told).await.unwrap();
        assert_eq!((told.new, told.known, told.refused), (1, 0, 0));
        assert_eq!(
            (told.rows[0].what.as_str(), told.rows[0].title.as_str()),
            ("new", "A walk")
        );
    }
    let again = objects.import_file(desk.anna(pieces(&calendar, false))).await;
    assert_eq!(only(again).await.unwrap().known, 1);
    let empty = stream::iter(Vec::<pb::ImportFileRequest>::new());
    refuses(only(objects.import_file(desk.anna(empty)).await).await, "piece");
    let foreign = objects.import_file(desk.boris(pieces(&calendar, false))).await;
    says(only(foreign).await, "not_found");
}

/// The one message that an import tells.
async fn only(
    told: Result<Response<Streaming<pb::ImportFileResponse>>, Status>,
) -> Result<pb::ImportFileResponse, Status> {
    let mut told = told?.into_inner();
    let message = told.message().await?.unwrap();
    assert!(told.message().await?.is_none());
    Ok(message)
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_with_a_picture_in_it_is_taken_up_to_its_limit_and_not_further() {
    let desk = Desk::open().await;
    let service = desk.town.actor(&Role::Key("calendar:mail")).await;
    let mail = |bytes: usize| {
        let head = "From: guest@elsewhere.example\r\nSubject: Yes\r\n\r\n";
        format!("{head}{}", "x".repeat(bytes - head.len()))
    };
    let most = 4 << 20;
    let mut client = MailClient::new(desk.channel.clone());
    for (bytes, code) in [(most, None), (most + 1, Some("body_too_large"))] {
        let brought = pb::BringMailRequest {
            mail: mail(bytes).into(),
        };
        let told = client.bring_mail(by(&service, brought)).await;
        let call = Call {
            body: mail(bytes).into(),
            ..Call::default()
        };
        let call = call.header("content-type", "message/rfc822");
        let sent = desk
            .town
            .send(Method::POST, "/api/v1/calendar/mail", Kind::Api, &service, call)
            .await;
        match code {
            Some(code) => {
                says(told, code);
                assert_eq!(sent.status, 413);
            }
            None => {
                assert!(
                    !told.unwrap().into_inner().taken,
                    "it has nothing for calendars in it"
                );
                assert_eq!(sent.status, 200);
            }
        }
    }
}
