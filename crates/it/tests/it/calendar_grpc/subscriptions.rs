//! What people follow.

use tonic::transport::Channel;
use wire::calendar::v1 as pb;
use wire::calendar::v1::subscriptions_client::SubscriptionsClient;

use super::{Desk, refuses, says};

fn client(desk: &Desk) -> SubscriptionsClient<Channel> {
    SubscriptionsClient::new(desk.channel.clone())
}

fn holidays() -> pb::CreateSubscriptionRequest {
    pb::CreateSubscriptionRequest {
        source: "holidays:ru".to_owned(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn holidays_are_followed_called_otherwise_and_let_go() {
    let desk = Desk::open().await;
    let mut subscriptions = client(&desk);
    let made = subscriptions.create_subscription(desk.anna(holidays())).await;
    let made = made.unwrap().into_inner();
    assert_eq!((made.state(), made.version), (pb::SubscriptionState::BuiltIn, 1));
    let rest = desk.get(&format!("/api/v1/subscriptions/{}", made.id)).await;
    assert_eq!(rest["title"].as_str(), Some(made.title.as_str()));
    let again = subscriptions.create_subscription(desk.anna(holidays())).await;
    says(again, "conflict");
    let nothing = pb::CreateSubscriptionRequest {
        source: "ftp://example.org/a.ics".to_owned(),
        ..holidays()
    };
    refuses(
        subscriptions.create_subscription(desk.anna(nothing)).await,
        "source",
    );

    let change = |version, color: &str| pb::ChangeSubscriptionRequest {
        id: made.id.clone(),
        version,
        title: Some("Days off".to_owned()),
        color: Some(color.to_owned()),
        daily: None,
    };
    let unread = subscriptions
        .change_subscription(desk.anna(change(0, "#aa0044")))
        .await;
    says(unread, "precondition_required");
    refuses(
        subscriptions
            .change_subscription(desk.anna(change(1, "red")))
            .await,
        "color",
    );
    let changed = subscriptions
        .change_subscription(desk.anna(change(1, "#aa0044")))
        .await;
    let changed = changed.unwrap().into_inner();
    assert_eq!((changed.version, changed.title.as_str()), (2, "Days off"));
    let stale = subscriptions
        .change_subscription(desk.anna(change(1, "#aa0044")))
        .await;
    says(stale, "precondition_failed");
    let all = subscriptions
        .list_subscriptions(desk.anna(pb::ListSubscriptionsRequest {}))
        .await;
    assert_eq!(
        all.unwrap().into_inner().subscriptions,
        std::slice::from_ref(&changed)
    );
    let get = pb::GetSubscriptionRequest { id: made.id.clone() };
    let got = subscriptions.get_subscription(desk.anna(get.clone())).await;
    assert_eq!(got.unwrap().into_inner(), changed);
    says(subscriptions.get_subscription(desk.boris(get)).await, "not_found");
    let delete = pb::DeleteSubscriptionRequest { id: made.id };
    subscriptions
        .delete_subscription(desk.anna(delete.clone()))
        .await
        .unwrap();
    says(
        subscriptions.delete_subscription(desk.anna(delete)).await,
        "not_found",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_elsewhere_is_got_before_its_time_and_countries_are_listed() {
    let desk = Desk::open().await;
    let mut subscriptions = client(&desk);
    let elsewhere = pb::CreateSubscriptionRequest {
        source: "https://127.0.0.1/bins.ics".to_owned(),
        title: "Bins".to_owned(),
        color: None,
    };
    let made = subscriptions.create_subscription(desk.anna(elsewhere)).await;
    let fetch = |id: &str| pb::FetchSubscriptionRequest { id: id.to_owned() };
    let id = made.unwrap().into_inner().id;
    let asked = subscriptions.fetch_subscription(desk.anna(fetch(&id))).await;
    assert_eq!(asked.unwrap().into_inner().title, "Bins");
    says(
        subscriptions.fetch_subscription(desk.anna(fetch("7"))).await,
        "not_found",
    );
    let built_in = subscriptions.create_subscription(desk.anna(holidays())).await;
    let built_in = built_in.unwrap().into_inner().id;
    says(
        subscriptions
            .fetch_subscription(desk.anna(fetch(&built_in)))
            .await,
        "conflict",
    );
    let countries = pb::ListHolidayCountriesRequest {};
    let countries = subscriptions.list_holiday_countries(desk.anna(countries)).await;
    let countries = countries.unwrap().into_inner().countries;
    assert!(
        countries
            .iter()
            .any(|one| one.source == "holidays:ru" && one.name == "Russia")
    );
}
