//! Events: what happens when, and everything that can be done with one.

use kernel::Moment;
use serde_json::json;
use tonic::transport::Channel;
use wire::calendar::v1 as pb;
use wire::calendar::v1::events_client::EventsClient;
use wire::calendar::v1::objects_client::ObjectsClient;

use super::{Desk, refuses, says};

fn client(desk: &Desk) -> EventsClient<Channel> {
    EventsClient::new(desk.channel.clone())
}

/// Mondays and Thursdays at ten.
fn rounds() -> pb::EventFields {
    let recurrence = pb::RecurrenceFields {
        frequency: pb::Frequency::Weekly.into(),
        weekdays: vec!["MO".to_owned(), "TH".to_owned()],
        until: Some("2026-12-31".to_owned()),
        ..Default::default()
    };
    let boris = pb::Participant {
        address: "boris@example.org".to_owned(),
        name: Some("Boris".to_owned()),
        role: pb::ParticipantRole::Optional.into(),
        ..Default::default()
    };
    let reminder = pb::Reminder {
        when: Some(pb::reminder::When::MinutesBeforeStart(10)),
        ..Default::default()
    };
    pb::EventFields {
        title: Some("Rounds".to_owned()),
        starts: Some("2026-11-23T10:00".to_owned()),
        ends: Some("2026-11-23T10:30".to_owned()),
        zone: Some("Europe/Moscow".to_owned()),
        again: Some(pb::event_fields::Again::Recurrence(recurrence)),
        visibility: pb::Visibility::Private.into(),
        participants: Some(pb::Participants {
            participants: vec![boris],
        }),
        reminders: Some(pb::Reminders {
            reminders: vec![reminder],
        }),
        ..Default::default()
    }
}

fn titled(title: &str) -> pb::EventFields {
    pb::EventFields {
        title: Some(title.to_owned()),
        ..Default::default()
    }
}

fn aim(which: pb::Which) -> pb::Aim {
    pb::Aim {
        which: which.into(),
        instance: Some("2026-11-26T10:00:00".to_owned()),
    }
}

async fn made(desk: &Desk) -> pb::Event {
    let wanted = pb::CreateEventRequest {
        calendar: desk.calendar().await,
        fields: Some(rounds()),
    };
    let made = client(desk).create_event(desk.anna(wanted)).await;
    made.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_made_over_grpc_is_the_one_that_rest_shows() {
    let desk = Desk::open().await;
    let made = made(&desk).await;
    let rest = desk
        .get(&format!("/api/v1/calendars/{}/events/{}", made.calendar, made.id))
        .await;
    assert_eq!(made.starts.as_deref(), rest["starts"].as_str());
    assert_eq!((made.change, rest["change"].as_i64()), (1, Some(1)));
    let recurrence = made.recurrence.clone().unwrap();
    assert_eq!(
        recurrence.rules,
        ["FREQ=WEEKLY;UNTIL=20261231T205959Z;BYDAY=MO,TH"]
    );
    assert_eq!(
        Some(recurrence.words.as_str()),
        rest["recurrence"]["words"].as_str()
    );
    assert_eq!(
        (made.visibility(), &rest["visibility"]),
        (pb::Visibility::Private, &json!("private"))
    );
    let boris = &made.participants[0];
    assert_eq!(
        (boris.role(), boris.answer.as_str()),
        (pb::ParticipantRole::Optional, "needs-action")
    );
    let reminder = &made.reminders[0];
    assert_eq!(reminder.when, Some(pb::reminder::When::MinutesBeforeStart(10)));
    assert_eq!(reminder.by(), pb::ReminderBy::Email);

    let one = |instance: &str| pb::GetEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        instance: Some(instance.to_owned()),
    };
    let mut events = client(&desk);
    let thursday = events.get_event(desk.anna(one("2026-11-26T10:00:00"))).await;
    let thursday = thursday.unwrap().into_inner();
    assert_eq!(thursday.ends.as_deref(), Some("2026-11-26T10:30:00"));
    refuses(events.get_event(desk.anna(one("soon"))).await, "instance");
    says(
        events.get_event(desk.boris(one("2026-11-26T10:00:00"))).await,
        "not_found",
    );
}

fn wrong_fields() -> Vec<(pb::EventFields, &'static str)> {
    let guest = pb::Participant {
        address: "nobody".to_owned(),
        ..Default::default()
    };
    let soon = pb::EventFields {
        starts: Some("soon".to_owned()),
        ..rounds()
    };
    let unseen = pb::EventFields {
        visibility: 9,
        ..rounds()
    };
    let unknown = pb::EventFields {
        status: 99,
        ..rounds()
    };
    let with_nobody = pb::EventFields {
        participants: Some(pb::Participants {
            participants: vec![guest],
        }),
        ..rounds()
    };
    let at_no_time = pb::EventFields {
        reminders: Some(pb::Reminders {
            reminders: vec![pb::Reminder::default()],
        }),
        ..rounds()
    };
    vec![
        (soon, "starts"),
        (unseen, "visibility"),
        (unknown, "status"),
        (with_nobody, "participants.address"),
        (at_no_time, "reminders"),
    ]
}

fn wrong_recurrences() -> Vec<(pb::RecurrenceFields, &'static str)> {
    let daily = pb::RecurrenceFields {
        frequency: pb::Frequency::Daily.into(),
        ..Default::default()
    };
    let twice = pb::RecurrenceFields {
        rule: Some("FREQ=DAILY".to_owned()),
        ..daily.clone()
    };
    let unknown = pb::RecurrenceFields {
        frequency: 9,
        ..Default::default()
    };
    let never = pb::RecurrenceFields {
        months: vec![70_000],
        ..daily
    };
    vec![
        (twice, "recurrence.rule"),
        (unknown, "recurrence.frequency"),
        (pb::RecurrenceFields::default(), "recurrence.frequency"),
        (never, "recurrence"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_event_is_told_with_the_fields_that_rest_names() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let mut events = client(&desk);
    let again = |(recurrence, field)| {
        let fields = pb::EventFields {
            again: Some(pb::event_fields::Again::Recurrence(recurrence)),
            ..rounds()
        };
        (fields, field)
    };
    let recurrences = wrong_recurrences().into_iter().map(again);
    for (fields, field) in wrong_fields().into_iter().chain(recurrences) {
        let wanted = pb::CreateEventRequest {
            calendar: calendar.clone(),
            fields: Some(fields),
        };
        refuses(events.create_event(desk.anna(wanted)).await, field);
    }
    let nowhere = pb::CreateEventRequest {
        calendar: "7".to_owned(),
        fields: Some(rounds()),
    };
    says(events.create_event(desk.anna(nowhere)).await, "not_found");
}

fn micros(instant: &str) -> i64 {
    instant.parse::<Moment>().unwrap().as_micros()
}

fn two_weeks() -> pb::ListInstancesRequest {
    pb::ListInstancesRequest {
        from_micros: micros("2026-11-22T00:00:00Z"),
        to_micros: micros("2026-12-06T00:00:00Z"),
        ..Default::default()
    }
}

async fn listed(desk: &Desk, asked: pb::ListInstancesRequest) -> Vec<pb::Instance> {
    let told = client(desk).list_instances(desk.anna(asked)).await;
    let mut told = told.unwrap().into_inner();
    let mut instances = Vec::new();
    while let Some(message) = told.message().await.unwrap() {
        instances.extend(message.instances);
    }
    instances
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_has_every_instance_and_a_search_those_that_say_the_words() {
    let desk = Desk::open().await;
    let made = made(&desk).await;
    let days_off = pb::EventFields {
        starts: Some("2026-11-24".to_owned()),
        ends: Some("2026-11-25".to_owned()),
        ..titled("Days off")
    };
    let wanted = pb::CreateEventRequest {
        calendar: made.calendar.clone(),
        fields: Some(days_off),
    };
    client(&desk).create_event(desk.anna(wanted)).await.unwrap();
    let found = listed(&desk, two_weeks()).await;
    assert_eq!(found.len(), 5);
    let monday = &found[0];
    assert_eq!((monday.event.as_str(), monday.private), (made.id.as_str(), true));
    assert_eq!(monday.instance.as_deref(), Some("2026-11-23T10:00:00"));
    let span = pb::Span {
        starts_at_micros: micros("2026-11-23T07:00:00Z"),
        ends_at_micros: micros("2026-11-23T07:30:00Z"),
    };
    assert_eq!(monday.when, Some(pb::instance::When::Span(span)));
    let days = pb::Days {
        first: "2026-11-24".to_owned(),
        last: "2026-11-25".to_owned(),
    };
    assert_eq!(found[1].when, Some(pb::instance::When::Days(days)));
    let search = |words: &str| pb::ListInstancesRequest {
        search: Some(words.to_owned()),
        calendar: Some(made.calendar.clone()),
        ..two_weeks()
    };
    assert_eq!(listed(&desk, search("rounds boris")).await.len(), 4);
    assert_eq!(listed(&desk, search("rounds anna")).await.len(), 0);

    let wrong = [
        (
            pb::ListInstancesRequest {
                to_micros: 0,
                ..two_weeks()
            },
            "to",
        ),
        (
            pb::ListInstancesRequest {
                zone: Some("Nowhere".to_owned()),
                ..two_weeks()
            },
            "zone",
        ),
        (
            pb::ListInstancesRequest {
                calendar: Some("7".to_owned()),
                ..two_weeks()
            },
            "calendar",
        ),
        (
            pb::ListInstancesRequest {
                search: Some("a".repeat(201)),
                ..two_weeks()
            },
            "search",
        ),
    ];
    for (asked, field) in wrong {
        let refused = client(&desk).list_instances(desk.anna(asked)).await;
        refuses(refused.map(|_| ()), field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn this_one_and_the_following_ones_are_changed_and_all_deleted() {
    let desk = Desk::open().await;
    let made = made(&desk).await;
    let mut events = client(&desk);
    let change = |change, which, fields| pb::ChangeEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        change,
        aim: Some(aim(which)),
        fields: Some(fields),
    };
    let this = change(1, pb::Which::This, titled("Long rounds"));
    let changed = events.change_event(desk.anna(this.clone())).await;
    let changed = changed.unwrap().into_inner().event.unwrap();
    assert_eq!(changed.title, "Rounds", "the series");
    assert_eq!(changed.recurrence.unwrap().changed, ["2026-11-26T10:00:00"]);
    says(
        events.change_event(desk.anna(this.clone())).await,
        "precondition_failed",
    );
    let unread = pb::ChangeEventRequest {
        change: 0,
        ..this.clone()
    };
    says(
        events.change_event(desk.anna(unread)).await,
        "precondition_required",
    );
    let neither = |which| pb::ChangeEventRequest {
        aim: Some(pb::Aim {
            which,
            ..aim(pb::Which::This)
        }),
        change: changed.change,
        ..this.clone()
    };
    for which in [9, 0] {
        refuses(events.change_event(desk.anna(neither(which))).await, "which");
    }
    let unsaid = pb::DeleteEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        change: changed.change,
        aim: neither(0).aim,
    };
    refuses(events.delete_event(desk.anna(unsaid)).await, "which");

    let following = change(changed.change, pb::Which::Following, titled("Late rounds"));
    let cut = events
        .change_event(desk.anna(following))
        .await
        .unwrap()
        .into_inner();
    let (first, second) = (cut.event.unwrap(), cut.following.unwrap());
    assert_eq!(
        (first.title.as_str(), second.title.as_str()),
        ("Rounds", "Late rounds")
    );
    assert_eq!(second.related, [first.uid.as_str()]);
    let delete = |change| pb::DeleteEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        change,
        aim: None,
    };
    says(
        events.delete_event(desk.anna(delete(1))).await,
        "precondition_failed",
    );
    let deleted = events.delete_event(desk.anna(delete(first.change))).await;
    assert_eq!(deleted.unwrap().into_inner(), pb::ChangedEvent::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_becomes_an_event_that_happens_once() {
    let desk = Desk::open().await;
    let made = made(&desk).await;
    let once = pb::ChangeEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        change: 1,
        aim: None,
        fields: Some(pb::EventFields {
            again: Some(pb::event_fields::Again::Once(true)),
            place: Some("Room 5".to_owned()),
            ..Default::default()
        }),
    };
    let mut events = client(&desk);
    let changed = events.change_event(desk.anna(once)).await;
    let changed = changed.unwrap().into_inner().event.unwrap();
    assert_eq!((changed.recurrence, changed.place.as_str()), (None, "Room 5"));
    assert_eq!(changed.starts, made.starts, "what is not named stays");
    assert_eq!(listed(&desk, two_weeks()).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_edit_would_change_and_why_an_event_is_there_are_told() {
    let desk = Desk::open().await;
    let made = made(&desk).await;
    let mut events = client(&desk);
    let preview = |aim, fields| pb::PreviewEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        aim: Some(aim),
        fields,
    };
    let deletes = events
        .preview_event(desk.anna(preview(aim(pb::Which::This), None)))
        .await;
    let deletes = deletes.unwrap().into_inner();
    assert_eq!((deletes.differences.len(), deletes.more), (1, false));
    let before = deletes.differences[0].before.clone().unwrap();
    assert_eq!(before.starts_at_micros, micros("2026-11-26T07:00:00Z"));
    assert_eq!(deletes.differences[0].after, None);
    let retitles = preview(aim(pb::Which::This), Some(titled("Long rounds")));
    let retitles = events
        .preview_event(desk.anna(retitles))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        retitles.differences[0].after.as_ref().unwrap().title,
        "Long rounds"
    );
    let soon = pb::Aim {
        which: 0,
        instance: Some("soon".to_owned()),
    };
    refuses(
        events.preview_event(desk.anna(preview(soon, None))).await,
        "instance",
    );

    let at = |at: &str| pb::ExplainEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        at: at.to_owned(),
    };
    for (time, there) in [("2026-11-26T10:00:00", true), ("2026-11-27T10:00:00", false)] {
        let why = events
            .explain_event(desk.anna(at(time)))
            .await
            .unwrap()
            .into_inner();
        assert!(why.there == there && !why.why.is_empty(), "{why:?}");
    }
    refuses(events.explain_event(desk.anna(at("soon"))).await, "at");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_put_back_as_it_was() {
    let desk = Desk::open().await;
    let made = made(&desk).await;
    let mut events = client(&desk);
    let delete = pb::DeleteEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        change: 1,
        aim: None,
    };
    events.delete_event(desk.anna(delete)).await.unwrap();
    let versions = |calendar: &str| pb::ListVersionsOfEventRequest {
        calendar: calendar.to_owned(),
        event: made.id.clone(),
    };
    let told = events
        .list_versions_of_event(desk.anna(versions(&made.calendar)))
        .await;
    let told = told.unwrap().into_inner();
    assert_eq!((told.change, told.versions.len()), (2, 1));
    assert_eq!(
        (told.versions[0].change, told.versions[0].title.as_str()),
        (1, "Rounds")
    );
    assert!(told.versions[0].until_micros.is_some());
    let nowhere = events.list_versions_of_event(desk.anna(versions("7"))).await;
    says(nowhere, "not_found");

    let put_back = |change| pb::ReturnEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        change,
        version: 1,
    };
    says(
        events.return_event(desk.anna(put_back(0))).await,
        "precondition_required",
    );
    says(
        events.return_event(desk.anna(put_back(1))).await,
        "precondition_failed",
    );
    let never = pb::ReturnEventRequest {
        version: 99,
        ..put_back(told.change)
    };
    refuses(events.return_event(desk.anna(never)).await, "version");
    let returned = events.return_event(desk.anna(put_back(told.change))).await;
    assert_eq!(returned.unwrap().into_inner().title, "Rounds");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_made_once_more_and_moved() {
    let desk = Desk::open().await;
    let made = made(&desk).await;
    let mut events = client(&desk);
    let duplicate = |event: &str| pb::DuplicateEventRequest {
        calendar: made.calendar.clone(),
        event: event.to_owned(),
    };
    let copy = events.duplicate_event(desk.anna(duplicate(&made.id))).await;
    let copy = copy.unwrap().into_inner();
    assert!(copy.uid != made.uid && copy.title == made.title);
    says(
        events.duplicate_event(desk.anna(duplicate("7"))).await,
        "not_found",
    );

    let other = pb::CreateCalendarRequest {
        title: "Other".to_owned(),
        ..Default::default()
    };
    let other = desk.calendars().create_calendar(desk.anna(other)).await;
    let other = other.unwrap().into_inner().id;
    let to = |change, to: &str| pb::MoveEventRequest {
        calendar: made.calendar.clone(),
        event: made.id.clone(),
        change,
        to: to.to_owned(),
    };
    refuses(events.move_event(desk.anna(to(1, "7"))).await, "calendar");
    says(
        events.move_event(desk.anna(to(0, &other))).await,
        "precondition_required",
    );
    let moved = events
        .move_event(desk.anna(to(1, &other)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (moved.calendar.as_str(), moved.uid.as_str()),
        (other.as_str(), made.uid.as_str())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_answered() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:talk\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:20261123T090000Z\r\nDURATION:PT1H\r\nSUMMARY:A talk\r\n\
         ORGANIZER:mailto:host@elsewhere.example\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{}\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n",
        desk.anna.email
    );
    let put = pb::PutObjectRequest {
        calendar: calendar.clone(),
        name: "talk.ics".to_owned(),
        text,
        expected: None,
    };
    let put = ObjectsClient::new(desk.channel.clone())
        .put_object(desk.anna(put))
        .await;
    let change = put.unwrap().into_inner().change;
    let event = listed(&desk, two_weeks()).await[0].event.clone();
    let answer = |answer, change| pb::AnswerEventRequest {
        calendar: calendar.clone(),
        event: event.clone(),
        change,
        aim: None,
        answer,
    };
    let mut events = client(&desk);
    refuses(events.answer_event(desk.anna(answer(0, change))).await, "answer");
    let yes = pb::Answer::Accepted.into();
    says(
        events.answer_event(desk.anna(answer(yes, 0))).await,
        "precondition_required",
    );
    let answered = events.answer_event(desk.anna(answer(yes, change))).await;
    let answered = answered.unwrap().into_inner().event.unwrap();
    assert_eq!(answered.participants[0].answer, "accepted");
}
