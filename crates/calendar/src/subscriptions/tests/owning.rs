//! That what somebody follows is theirs to call and to end, and nobody else's.

use super::*;

#[tokio::test]
async fn what_is_followed_is_ones_own_to_call_and_to_colour() {
    let scene = Scene::on(Kind::Sqlite, true).await;
    let (anna, boris) = (visitor("anna"), visitor("boris"));
    let id = scene.subscribes(&anna, "holidays:ru").await.unwrap().id();
    assert!(matches!(
        scene.subscribes(&anna, " holidays:ru ").await,
        Err(Reason::FollowedAlready)
    ));
    for bad in [
        "holidays:xx",
        "town.example/a.ics",
        "https://a:b@town.example/",
        "file:///etc/passwd",
    ] {
        let refused = scene.subscribes(&anna, bad).await.unwrap_err();
        assert!(
            matches!(&refused, Reason::Field { field, .. } if field == "source"),
            "{bad}"
        );
    }
    let change = SubscriptionChange {
        title: Some(Text::new("Days off", 100).unwrap()),
        ..SubscriptionChange::default()
    };
    let foreign = scene
        .calendars
        .change_subscription(boris.id, id, None, change.clone())
        .await;
    assert!(matches!(foreign, Err(Refused::Reason(Reason::NoSubscription))));
    let changed = scene
        .calendars
        .change_subscription(anna.id, id, Some(1), change.clone());
    assert_eq!(changed.await.unwrap().title(Language::English), "Days off");
    let stale = scene
        .calendars
        .change_subscription(anna.id, id, Some(1), change)
        .await;
    assert!(matches!(stale, Err(Refused::Reason(Reason::Stale))));
    assert!(scene.calendars.unsubscribe(boris.id, id).await.is_err());
    for number in 1..crate::subscriptions::types::SUBSCRIPTIONS_MAX {
        scene
            .subscribes(&anna, &format!("https://town.example/{number}"))
            .await
            .unwrap();
    }
    let many = scene.subscribes(&anna, "https://town.example/one-more").await;
    assert!(matches!(many, Err(Reason::TooManySubscriptions)));
}
