//! Where there is a cold server, people who were imported live there until they act.

use std::net::{IpAddr, Ipv4Addr};

use kernel::Id;
use testkit::stores::Ground;

use super::super::list::Search;
use super::super::rows;
use super::super::types::ReplicaRow;
use super::*;
use crate::audit::By;
use crate::links::LinkToken;
use crate::sessions::{Client, Surface};

const PASSWORD: &str = "a quiet brown river";

async fn people_on_each(house: &House) -> Vec<i64> {
    house.store.read_each(rows::count).await.unwrap()
}

#[tokio::test]
async fn imported_people_are_cold_until_they_sign_in_and_are_found_all_the_while() {
    let store = Ground::postgres(3)
        .await
        .unwrap()
        .with_cold()
        .migrate_and_open()
        .await
        .unwrap();
    let registry = Registry::open(store.store.clone(), store.clock.clone(), Options::for_tests())
        .await
        .unwrap();
    let house = House { registry, store };
    let registry = &house.registry;
    let by = By::house("feed");
    let rows = (0..9)
        .map(|n| ReplicaRow {
            id: PersonId(Id::named("source", &n.to_string())),
            blocked: false,
            about: about(&format!("P{n}"), Some(&format!("p{n}@example.org"))),
            source_version: 1,
        })
        .collect::<Vec<_>>();
    registry.upsert_replica(&by, rows.clone()).await.unwrap();
    registry.upsert_replica(&by, rows.clone()).await.unwrap();
    assert_eq!(people_on_each(&house).await, [0, 0, 9]);
    let anna = rows[4].id;
    assert_eq!(house.bearer("p4@example.org").await, Some(anna));

    let issued = registry
        .issue_reset(&operator(), anna)
        .await
        .unwrap()
        .address
        .unwrap();
    let token: LinkToken = issued.reveal().rsplit('/').next().unwrap().parse().unwrap();
    let caller = front::Caller::nobody(front::RequestId::new());
    registry.accept_link(&caller, &token, PASSWORD).await.unwrap();
    assert_eq!(people_on_each(&house).await[2], 8, "one of them acted");
    let client = Client {
        surface: Surface::Api,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: None,
    };
    let tokens = registry
        .sign_in("p4@example.org", PASSWORD, &client, "test")
        .await
        .unwrap();
    let refresh = tokens.refresh.unwrap();
    registry.renew(&refresh, client.address, &by).await.unwrap();

    let newer = rows.iter().cloned().map(|row| ReplicaRow {
        source_version: 2,
        blocked: true,
        ..row
    });
    registry.upsert_replica(&by, newer.collect()).await.unwrap();
    assert_eq!(people_on_each(&house).await[2], 8, "being fed is no act");
    let page = registry
        .people(&Search::default(), None, kernel::PageSize::clamped(None))
        .await
        .unwrap();
    assert_eq!(page.items.len(), 9);
    assert!(page.items.iter().all(|person| !person.state.is_active()));
}
