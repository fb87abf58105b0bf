//! Calendars themselves, and what somebody wants of them as a whole.

use serde_json::json;
use tonic::Code;
use wire::calendar::v1 as pb;
use wire::calendar::v1::events_client::EventsClient;
use wire::calendar::v1::put_settings_request::Letter;

use super::{Desk, refuses, says};

fn work() -> pb::CreateCalendarRequest {
    pb::CreateCalendarRequest {
        title: "Work".to_owned(),
        color: Some("#aa0044".to_owned()),
        zone: Some("Europe/Moscow".to_owned()),
        reminders: Some(pb::Minutes { minutes: vec![15] }),
        kinds: vec![pb::Kind::Event.into(), pb::Kind::Journal.into()],
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_made_over_grpc_is_the_one_that_rest_shows() {
    let desk = Desk::open().await;
    let mut calendars = desk.calendars();
    let made = calendars.create_calendar(desk.anna(work())).await;
    let made = made.unwrap().into_inner();
    let rest = desk.get(&format!("/api/v1/calendars/{}", made.id)).await;
    assert_eq!(
        (&rest["title"], &rest["color"], &rest["zone"], &rest["busy"]),
        (
            &json!("Work"),
            &json!("#aa0044"),
            &json!("Europe/Moscow"),
            &json!(true)
        )
    );
    assert_eq!(
        (&rest["reminders"], &rest["kinds"]),
        (&json!([15]), &json!(["event", "journal"]))
    );
    assert_eq!(
        (made.rights(), made.version, made.busy),
        (pb::Rights::Own, 1, true)
    );
    assert_eq!(made.owner, desk.anna.id);
    let got = pb::GetCalendarRequest { id: made.id.clone() };
    let got = calendars.get_calendar(desk.anna(got)).await.unwrap().into_inner();
    assert_eq!(got, made);
    let all = calendars
        .list_calendars(desk.anna(pb::ListCalendarsRequest {}))
        .await;
    let all = all.unwrap().into_inner().calendars;
    assert_eq!(all, std::slice::from_ref(&made));

    let no_color = pb::CreateCalendarRequest {
        color: Some("red".to_owned()),
        ..work()
    };
    refuses(calendars.create_calendar(desk.anna(no_color)).await, "color");
    let no_kind = pb::CreateCalendarRequest {
        kinds: vec![9],
        ..work()
    };
    refuses(calendars.create_calendar(desk.anna(no_kind)).await, "kinds");
    for id in ["7", &desk.boris.id] {
        let none = pb::GetCalendarRequest { id: id.to_owned() };
        let none = calendars.get_calendar(desk.anna(none)).await.unwrap_err();
        assert_eq!(none.code(), Code::NotFound);
    }
    let foreign = pb::GetCalendarRequest { id: made.id };
    let foreign = calendars.get_calendar(desk.boris(foreign)).await.unwrap_err();
    assert_eq!(foreign.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_changed_deleted_and_restored_by_whoever_read_it() {
    let desk = Desk::open().await;
    let mut calendars = desk.calendars();
    let made = calendars.create_calendar(desk.anna(work())).await;
    let id = made.unwrap().into_inner().id;
    let change = pb::ChangeCalendarRequest {
        id: id.clone(),
        version: 1,
        title: Some("Home".to_owned()),
        reminders: Some(pb::Minutes::default()),
        ..Default::default()
    };
    let changed = calendars.change_calendar(desk.anna(change.clone())).await;
    let changed = changed.unwrap().into_inner();
    assert_eq!((changed.version, changed.title.as_str()), (2, "Home"));
    assert_eq!((changed.reminders.len(), changed.color.as_str()), (0, "#aa0044"));
    let stale = calendars.change_calendar(desk.anna(change.clone())).await;
    says(stale, "precondition_failed");
    let unread = pb::ChangeCalendarRequest {
        version: 0,
        ..change.clone()
    };
    says(
        calendars.change_calendar(desk.anna(unread)).await,
        "precondition_required",
    );
    let nowhere = pb::ChangeCalendarRequest {
        version: 2,
        zone: Some("Nowhere".to_owned()),
        ..change
    };
    refuses(calendars.change_calendar(desk.anna(nowhere)).await, "zone");

    let delete = |version| pb::DeleteCalendarRequest {
        id: id.clone(),
        version,
    };
    says(
        calendars.delete_calendar(desk.anna(delete(0))).await,
        "precondition_required",
    );
    says(
        calendars.delete_calendar(desk.anna(delete(1))).await,
        "precondition_failed",
    );
    calendars.delete_calendar(desk.anna(delete(2))).await.unwrap();
    let got = pb::GetCalendarRequest { id: id.clone() };
    says(calendars.get_calendar(desk.anna(got)).await, "not_found");
    let restore = |id: &str| pb::RestoreCalendarRequest { id: id.to_owned() };
    let restored = calendars.restore_calendar(desk.anna(restore(&id))).await;
    assert_eq!(restored.unwrap().into_inner().title, "Home");
    let none = calendars.restore_calendar(desk.anna(restore("7"))).await;
    says(none, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_each_day_is_asked_for_and_ended() {
    let desk = Desk::open().await;
    let mut calendars = desk.calendars();
    let put = |letter: Letter| pb::PutSettingsRequest {
        letter: Some(letter),
        ..pb::PutSettingsRequest::default()
    };
    let daily = |at: &str, zone: &str| {
        Letter::Daily(pb::Daily {
            at: at.to_owned(),
            zone: Some(zone.to_owned()),
        })
    };
    let set = calendars
        .put_settings(desk.anna(put(daily("07:00", "Europe/Moscow"))))
        .await;
    let set = set.unwrap().into_inner();
    let got = calendars.get_settings(desk.anna(pb::GetSettingsRequest {})).await;
    assert_eq!(got.unwrap().into_inner(), set);
    let rest = desk.get("/api/v1/calendar/settings").await;
    assert_eq!(
        rest,
        json!({"daily_at": "07:00", "zone": "Europe/Moscow", "invitations": "house"})
    );
    for (letter, field) in [
        (daily("7", "UTC"), "daily_at"),
        (daily("07:00", "Nowhere"), "zone"),
        (Letter::NoLetter(false), "no_letter"),
    ] {
        refuses(calendars.put_settings(desk.anna(put(letter))).await, field);
    }
    let known = pb::PutSettingsRequest {
        letter: None,
        invitations: pb::Inviters::House.into(),
    };
    let kept = calendars.put_settings(desk.anna(known)).await;
    assert_eq!(kept.unwrap().into_inner(), set, "the letter stays");
    let ended = calendars
        .put_settings(desk.anna(put(Letter::NoLetter(true))))
        .await;
    let left = pb::Settings {
        invitations: pb::Inviters::House.into(),
        ..pb::Settings::default()
    };
    assert_eq!(ended.unwrap().into_inner(), left);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_goes_back_to_how_it_was() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let walk = pb::CreateEventRequest {
        calendar: calendar.clone(),
        fields: Some(pb::EventFields {
            starts: Some("2026-11-23T09:00:00Z".to_owned()),
            ..Default::default()
        }),
    };
    let mut events = EventsClient::new(desk.channel.clone());
    events.create_event(desk.anna(walk)).await.unwrap();
    let before = desk.town.clock.now().plus_seconds(-3_600).as_micros();
    let back = |at_micros, preview| pb::ReturnCalendarRequest {
        id: calendar.clone(),
        at_micros,
        preview,
    };
    let mut calendars = desk.calendars();
    let foreign = calendars.return_calendar(desk.boris(back(before, true))).await;
    says(foreign, "not_found");
    refuses(calendars.return_calendar(desk.anna(back(0, true))).await, "at");
    for (preview, taken_out) in [(true, 1), (false, 1), (true, 0)] {
        let told = calendars.return_calendar(desk.anna(back(before, preview))).await;
        let told = told.unwrap().into_inner();
        assert_eq!((told.put_back, told.taken_out), (0, taken_out));
    }
}
