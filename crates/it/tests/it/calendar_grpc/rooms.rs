//! Invitations of people one does not know, times at which people are free together, and rooms.

use kernel::Moment;
use wire::calendar::v1 as pb;
use wire::calendar::v1::events_client::EventsClient;
use wire::calendar::v1::free_busy_client::FreeBusyClient;
use wire::calendar::v1::invitations_client::InvitationsClient;
use wire::calendar::v1::resources_client::ResourcesClient;

use super::{Desk, by, refuses, says};
use crate::town::samples::invitation;

const EVE: &str = "eve@elsewhere.example";

fn instant(text: &str) -> i64 {
    text.parse::<Moment>().unwrap().as_micros()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_of_somebody_unknown_is_listed_answered_and_blocked() {
    let desk = Desk::open().await;
    let mut client = InvitationsClient::new(desk.channel.clone());
    let ask = async |title: &str| {
        let mail = invitation(EVE, &desk.anna.email, title, "LOCATION:Hall\r\n");
        desk.town.bring_mail(&mail).await;
        let mut client = InvitationsClient::new(desk.channel.clone());
        let all = client.list_invitations(desk.anna(pb::ListInvitationsRequest {}));
        all.await.unwrap().into_inner().invitations
    };
    let asked = ask("Talks").await;
    assert_eq!((asked.len(), asked[0].address.as_str()), (1, EVE));
    assert_eq!(
        (&asked[0].calendar, asked[0].place.as_deref()),
        (&None, Some("Hall"))
    );
    let when = pb::invitation::When::Span(pb::Span {
        starts_at_micros: instant("2026-11-24T09:00:00Z"),
        ends_at_micros: instant("2026-11-24T10:00:00Z"),
    });
    assert_eq!(asked[0].when, Some(when));

    let block = pb::BlockInviterRequest {
        id: asked[0].id.clone(),
    };
    says(client.block_inviter(desk.boris(block.clone())).await, "not_found");
    client.block_inviter(desk.anna(block)).await.unwrap();
    let list = pb::ListOrganizersRequest {};
    let known = client.list_organizers(desk.anna(list)).await;
    let known = known.unwrap().into_inner().organizers;
    assert_eq!(
        (known[0].organizer.as_str(), known[0].standing()),
        (EVE, pb::Standing::Blocked)
    );
    assert_eq!(ask("Songs").await.len(), 0, "she is not heard");
    let end = pb::EndOrganizerRequest {
        organizer: EVE.to_owned(),
    };
    client.end_organizer(desk.anna(end.clone())).await.unwrap();
    says(client.end_organizer(desk.anna(end)).await, "not_found");

    let asked = ask("Plays").await;
    let dismiss = pb::DismissInvitationRequest {
        id: asked[0].id.clone(),
    };
    client.dismiss_invitation(desk.anna(dismiss)).await.unwrap();
    let asked = ask("Games").await;
    let answer = |answer: i32| pb::AnswerInvitationRequest {
        id: asked[0].id.clone(),
        answer,
    };
    refuses(client.answer_invitation(desk.anna(answer(0))).await, "answer");
    let yes = answer(pb::Answer::Accepted.into());
    let taken = client.answer_invitation(desk.anna(yes)).await;
    assert_eq!(taken.unwrap().into_inner().calendar, Some(desk.calendar().await));
    let put = |standing: i32| pb::PutOrganizerRequest {
        organizer: "bob@elsewhere.example".to_owned(),
        standing,
    };
    refuses(client.put_organizer(desk.anna(put(0))).await, "standing");
    let blocked = put(pb::Standing::Blocked.into());
    client.put_organizer(desk.anna(blocked)).await.unwrap();
}

/// Searches that ask for what cannot be, and the field that is wrong.
fn wrong(find: &pb::FindTimesRequest) -> [(pb::FindTimesRequest, &'static str); 3] {
    let mut wrong = [find.clone(), find.clone(), find.clone()];
    wrong[0].minutes = 0;
    wrong[1].weekdays = vec![9];
    wrong[2].room_for = Some(-5);
    let [minutes, weekdays, room_for] = wrong;
    [
        (minutes, "minutes"),
        (weekdays, "weekdays"),
        (room_for, "room_for"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_found_with_a_room_that_is_free_then() {
    let desk = Desk::open().await;
    let (room, _) = desk.town.invited().await;
    let mut resources = ResourcesClient::new(desk.channel.clone());
    let put = |sort: i32| pb::PutResourceRequest {
        person: room.clone(),
        sort,
        place: "First floor".to_owned(),
        seats: 12,
    };
    let admin = desk.town.admin();
    refuses(resources.put_resource(by(admin, put(0))).await, "sort");
    let made = resources.put_resource(by(admin, put(pb::ResourceSort::Room.into())));
    let made = made.await.unwrap().into_inner();
    assert_eq!((made.seats, made.free), (12, None));
    let list = pb::ListResourcesRequest {
        seats: 10,
        from_micros: Some(instant("2026-11-23T09:00:00Z")),
        to_micros: Some(instant("2026-11-23T10:00:00Z")),
        ..Default::default()
    };
    let listed = resources.list_resources(desk.anna(list.clone())).await;
    let free = pb::Resource {
        free: Some(true),
        ..made.clone()
    };
    let listed = listed.unwrap().into_inner();
    assert_eq!((listed.resources, listed.next.as_str()), (vec![free], ""));
    let few = pb::ListResourcesRequest { seats: -1, ..list };
    refuses(resources.list_resources(desk.anna(few)).await, "seats");

    let rounds = pb::CreateEventRequest {
        calendar: desk.calendar().await,
        fields: Some(pb::EventFields {
            starts: Some("2026-11-23T09:00:00Z".to_owned()),
            ends: Some("2026-11-23T12:00:00Z".to_owned()),
            ..Default::default()
        }),
    };
    let mut events = EventsClient::new(desk.channel.clone());
    events.create_event(desk.anna(rounds)).await.unwrap();
    let find = pb::FindTimesRequest {
        people: vec![desk.anna.email.clone(), "nobody@elsewhere.example".to_owned()],
        minutes: 60,
        from_micros: instant("2026-11-23T00:00:00Z"),
        to_micros: instant("2026-11-24T00:00:00Z"),
        weekdays: vec![pb::Weekday::Mo.into()],
        zone: Some("UTC".to_owned()),
        room_for: Some(4),
        count: Some(1),
        ..Default::default()
    };
    let mut busy = FreeBusyClient::new(desk.channel.clone());
    let found = busy.find_times(desk.boris(find.clone())).await;
    let found = found.unwrap().into_inner();
    assert_eq!(found.unknown, ["nobody@elsewhere.example"]);
    let time = &found.times[0];
    assert_eq!(time.starts_at_micros, instant("2026-11-23T12:00:00Z"));
    assert_eq!((time.missing.len(), &time.rooms), (0, &vec![made]));
    for (wrong, field) in wrong(&find) {
        refuses(busy.find_times(desk.boris(wrong)).await, field);
    }
    let end = pb::EndResourceRequest { person: room };
    resources.end_resource(by(admin, end.clone())).await.unwrap();
    says(resources.end_resource(by(admin, end)).await, "not_found");
}
