//! What owners let others do, links, and when people are busy.

use std::time::Duration;

use kernel::Moment;
use tonic::Code;
use tonic::transport::Channel;
use wire::calendar::v1 as pb;
use wire::calendar::v1::events_client::EventsClient;
use wire::calendar::v1::free_busy_client::FreeBusyClient;
use wire::calendar::v1::sharing_client::SharingClient;

use super::{Desk, refuses, says};

fn client(desk: &Desk) -> SharingClient<Channel> {
    SharingClient::new(desk.channel.clone())
}

/// The first offer that Boris heard of.
async fn offered(desk: &Desk) -> pb::Offer {
    loop {
        let offers = client(desk)
            .list_offers(desk.boris(pb::ListOffersRequest {}))
            .await;
        match offers.unwrap().into_inner().offers.pop() {
            Some(offer) => return offer,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

fn choir(calendar: &str) -> pb::CreateEventRequest {
    pb::CreateEventRequest {
        calendar: calendar.to_owned(),
        fields: Some(pb::EventFields {
            title: Some("Choir".to_owned()),
            starts: Some("2026-11-24T09:00:00Z".to_owned()),
            ends: Some("2026-11-24T10:00:00Z".to_owned()),
            ..Default::default()
        }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_takes_an_offer_and_changes_nothing() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let mut sharing = client(&desk);
    let share = |with: &str, rights: i32| pb::ShareCalendarRequest {
        calendar: calendar.clone(),
        with: with.to_owned(),
        rights,
    };
    let (read, own) = (pb::Rights::Read.into(), pb::Rights::Own.into());
    let email = &desk.boris.email;
    for nothing in [0, own] {
        refuses(
            sharing.share_calendar(desk.anna(share(email, nothing))).await,
            "rights",
        );
    }
    refuses(
        sharing
            .share_calendar(desk.anna(share("nobody@town.example", read)))
            .await,
        "with",
    );
    let foreign = sharing.share_calendar(desk.boris(share(email, read))).await;
    says(foreign, "not_found");
    let shared = sharing.share_calendar(desk.anna(share(email, read))).await;
    let shared = shared.unwrap().into_inner();
    assert_eq!(
        (shared.person.as_deref(), shared.rights()),
        (Some(desk.boris.id.as_str()), pb::Rights::Read)
    );

    let offer = offered(&desk).await;
    assert_eq!(
        (offer.owner.as_str(), offer.reply()),
        (desk.anna.id.as_str(), pb::OfferReply::Waiting)
    );
    let answer = |reply, color: &str| pb::AnswerOfferRequest {
        calendar: calendar.clone(),
        reply,
        color: Some(color.to_owned()),
    };
    refuses(
        sharing.answer_offer(desk.boris(answer(9, "#aa0044"))).await,
        "reply",
    );
    refuses(sharing.answer_offer(desk.boris(answer(0, "red"))).await, "color");
    let taken = pb::OfferReply::Taken.into();
    let taken = sharing.answer_offer(desk.boris(answer(taken, "#aa0044"))).await;
    let taken = taken.unwrap().into_inner();
    assert_eq!(
        (taken.reply(), taken.color.as_str()),
        (pb::OfferReply::Taken, "#aa0044")
    );
    let held = pb::GetCalendarRequest { id: calendar.clone() };
    let held = desk.calendars().get_calendar(desk.boris(held)).await;
    assert_eq!(held.unwrap().into_inner().rights(), pb::Rights::Read);

    let mut events = EventsClient::new(desk.channel.clone());
    let refused = events.create_event(desk.boris(choir(&calendar))).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let link = pb::GetLinkRequest {
        calendar: calendar.clone(),
    };
    let refused = sharing.get_link(desk.boris(link)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    ends(&desk, &calendar).await;
}

async fn ends(desk: &Desk, calendar: &str) {
    let mut sharing = client(desk);
    let list = pb::ListSharesRequest {
        calendar: calendar.to_owned(),
    };
    let refused = sharing.list_shares(desk.boris(list.clone())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    // Whoever shares hears of the answer a moment later.
    loop {
        let shares = sharing.list_shares(desk.anna(list.clone())).await;
        let shares = shares.unwrap().into_inner().shares;
        assert_eq!(shares.len(), 1);
        match shares[0].reply() {
            pb::OfferReply::Taken => break,
            pb::OfferReply::Waiting => tokio::time::sleep(Duration::from_millis(20)).await,
            other => panic!("{other:?}"),
        }
    }
    let end = pb::EndShareRequest {
        calendar: calendar.to_owned(),
        with: desk.boris.id.clone(),
    };
    sharing.end_share(desk.anna(end.clone())).await.unwrap();
    says(sharing.end_share(desk.anna(end)).await, "not_found");
    let held = pb::GetCalendarRequest {
        id: calendar.to_owned(),
    };
    says(desk.calendars().get_calendar(desk.boris(held)).await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_made_renewed_and_withdrawn() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let mut sharing = client(&desk);
    let get = pb::GetLinkRequest {
        calendar: calendar.clone(),
    };
    says(sharing.get_link(desk.anna(get.clone())).await, "not_found");
    let publish = |shows| pb::PublishCalendarRequest {
        calendar: calendar.clone(),
        shows,
    };
    refuses(sharing.publish_calendar(desk.anna(publish(0))).await, "shows");
    let made = sharing
        .publish_calendar(desk.anna(publish(pb::Shows::Busy.into())))
        .await;
    let made = made.unwrap().into_inner();
    assert_eq!(
        (made.shows(), made.path.starts_with("/calendar/public/")),
        (pb::Shows::Busy, true)
    );
    assert_eq!(made.path, format!("{}.ics", made.page));
    assert_eq!(
        sharing
            .get_link(desk.anna(get.clone()))
            .await
            .unwrap()
            .into_inner(),
        made
    );
    let renew = |calendar: &str| pb::RenewLinkRequest {
        calendar: calendar.to_owned(),
    };
    let renewed = sharing
        .renew_link(desk.anna(renew(&calendar)))
        .await
        .unwrap()
        .into_inner();
    assert!(renewed.path != made.path && renewed.shows() == pb::Shows::Busy);
    says(sharing.renew_link(desk.anna(renew("7"))).await, "not_found");
    is_listed(&desk, &calendar).await;
    let withdraw = pb::WithdrawLinkRequest { calendar };
    says(
        sharing.withdraw_link(desk.boris(withdraw.clone())).await,
        "not_found",
    );
    sharing.withdraw_link(desk.anna(withdraw)).await.unwrap();
    says(sharing.get_link(desk.anna(get)).await, "not_found");
}

/// A published calendar has a name for as long as its owner, or an administrator, wants it.
async fn is_listed(desk: &Desk, calendar: &str) {
    let mut sharing = client(desk);
    let name = |name: &str| pb::MakePublicRequest {
        calendar: calendar.to_owned(),
        name: name.to_owned(),
    };
    refuses(sharing.make_public(desk.anna(name("Choir"))).await, "name");
    let named = sharing.make_public(desk.anna(name("choir"))).await.unwrap();
    assert_eq!(named.into_inner().name.as_deref(), Some("choir"));
    let list = pb::ListPublicCalendarsRequest::default();
    let listed = sharing.list_public_calendars(desk.boris(list)).await.unwrap();
    let listed = listed.into_inner().calendars.remove(0);
    assert_eq!((listed.name.as_str(), listed.shows()), ("choir", pb::Shows::Busy));
    let down = pb::TakeDownPublicCalendarRequest {
        name: "choir".to_owned(),
    };
    says(
        sharing.take_down_public_calendar(desk.boris(down)).await,
        "forbidden",
    );
    let calendar = calendar.to_owned();
    let unlist = pb::MakeUnlistedRequest { calendar };
    let link = sharing.make_unlisted(desk.anna(unlist)).await.unwrap();
    assert_eq!(link.into_inner().name, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_busy_when_something_is_on_and_nobody_learns_what() {
    let desk = Desk::open().await;
    let calendar = desk.calendar().await;
    let mut events = EventsClient::new(desk.channel.clone());
    let made = events.create_event(desk.anna(choir(&calendar))).await;
    let made = made.unwrap().into_inner();
    // What touches is one time.
    let after = pb::CreateEventRequest {
        fields: Some(pb::EventFields {
            starts: Some("2026-11-24T10:00:00Z".to_owned()),
            ends: Some("2026-11-24T10:30:00Z".to_owned()),
            ..Default::default()
        }),
        ..choir(&calendar)
    };
    events.create_event(desk.anna(after)).await.unwrap();
    let instant = |text: &str| text.parse::<Moment>().unwrap().as_micros();
    let asked = pb::GetBusyTimesRequest {
        people: vec![
            desk.anna.email.clone(),
            desk.anna.id.clone(),
            desk.boris.id.clone(),
            "somebody@elsewhere.example".to_owned(),
            format!("urn:uuid:{}", desk.anna.id),
        ],
        from_micros: instant("2026-11-23T00:00:00Z"),
        to_micros: instant("2026-11-30T00:00:00Z"),
    };
    let mut busy = FreeBusyClient::new(desk.channel.clone());
    let told = busy
        .get_busy_times(desk.boris(asked.clone()))
        .await
        .unwrap()
        .into_inner();
    let choir = pb::BusyTime {
        starts_at_micros: instant("2026-11-24T09:00:00Z"),
        ends_at_micros: instant("2026-11-24T10:30:00Z"),
        tentative: false,
    };
    let times = |at: usize| (told.people[at].known, told.people[at].times.clone());
    assert_eq!(made.title, "Choir");
    assert_eq!((times(0), times(1)), ((true, vec![choir]), (true, vec![choir])));
    assert_eq!((times(2), times(3)), ((true, vec![]), (false, vec![])));
    assert_eq!(times(4), times(0), "a calendar address is somebody, too");
    let long = pb::GetBusyTimesRequest {
        to_micros: instant("2027-01-30T00:00:00Z"),
        ..asked.clone()
    };
    refuses(busy.get_busy_times(desk.boris(long)).await, "to");
    let backwards = pb::GetBusyTimesRequest {
        to_micros: 0,
        ..asked.clone()
    };
    refuses(busy.get_busy_times(desk.boris(backwards)).await, "to");
    for people in [vec![], vec![desk.anna.id.clone(); 51]] {
        let asked = pb::GetBusyTimesRequest {
            people,
            ..asked.clone()
        };
        refuses(busy.get_busy_times(desk.boris(asked)).await, "people");
    }
}
