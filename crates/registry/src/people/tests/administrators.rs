//! The house keeps an administrator, and nobody acts on somebody who may do more.

use testkit::stores::{KINDS, Kind};

use super::super::types::{Edit, Reason, StateName};
use super::*;
use crate::audit::{Act, Filter};

fn is_last(result: &Result<impl std::fmt::Debug, Failure>) -> bool {
    matches!(result, Err(Failure::Refused(Reason::LastAdmin)))
}

#[tokio::test]
async fn the_last_administrator_cannot_be_unmade_blocked_or_deleted() {
    let house = house(Kind::Sqlite).await;
    let registry = &house.registry;
    let anna = house.admin("Anna", "anna@example.org").await;
    for (what, refused) in [
        (
            "unmade",
            is_last(&registry.revoke_grant(&operator(), anna, "admin", "house").await),
        ),
        (
            "blocked",
            is_last(&registry.block_person(&operator(), anna).await),
        ),
        (
            "deleted",
            is_last(&registry.delete_person(&operator(), anna).await),
        ),
    ] {
        assert!(refused, "{what}");
    }
    // Somebody who was invited to be an administrator cannot sign in yet, so they do not count.
    let boris = house
        .add("Boris", Some("boris@example.org"), Start::Invited)
        .await
        .unwrap()
        .id;
    registry
        .grant(&operator(), boris, "admin", "house")
        .await
        .unwrap();
    assert!(is_last(&registry.block_person(&operator(), anna).await));
    let vera = house.admin("Vera", "vera@example.org").await;
    assert_eq!(
        registry
            .block_person(&operator(), anna)
            .await
            .unwrap()
            .state
            .name(),
        StateName::Blocked
    );
    assert!(is_last(&registry.delete_person(&operator(), vera).await));
    registry.unblock_person(&operator(), anna).await.unwrap();
    registry.delete_person(&operator(), vera).await.unwrap();
    assert!(registry.has_admin().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_who_unmake_each_other_leave_one() {
    for kind in KINDS {
        let house = house(kind).await;
        let anna = house.admin("Anna", "anna@example.org").await;
        let boris = house.admin("Boris", "boris@example.org").await;
        let (operator, registry) = (operator(), &house.registry);
        let (one, other) = tokio::join!(
            registry.revoke_grant(&operator, anna, "admin", "house"),
            registry.revoke_grant(&operator, boris, "admin", "house"),
        );
        assert!(one.is_ok() != other.is_ok(), "{kind:?}: {one:?} {other:?}");
        assert!(registry.has_admin().await.unwrap(), "{kind:?}");
    }
}

#[tokio::test]
async fn an_administrator_who_left_the_roll_and_stayed_enters_it_when_granted_again() {
    let house = house(Kind::Sqlite).await;
    let anna = house.admin("Anna", "anna@example.org").await;
    let boris = house.admin("Boris", "boris@example.org").await;
    // As if the program ended between leaving the roll and the change.
    let version = house.registry.known(anna).await.unwrap().version;
    crate::grants::roll::leave(&house.store, anna, version + 1)
        .await
        .unwrap();
    assert!(is_last(&house.registry.block_person(&operator(), boris).await));
    house
        .registry
        .grant(&operator(), anna, "admin", "house")
        .await
        .unwrap();
    house.registry.block_person(&operator(), boris).await.unwrap();
}

#[tokio::test]
async fn a_registrar_neither_gives_roles_nor_touches_those_who_hold_more() {
    let house = house(Kind::Sqlite).await;
    let registry = &house.registry;
    let admin = house.admin("Anna", "anna@example.org").await;
    let auditor = house.active("Olga", "olga@example.org").await;
    registry
        .grant(&operator(), auditor, "auditor", "house")
        .await
        .unwrap();
    let plain = house.active("Pavel", "pavel@example.org").await;
    let roman = doer(
        house.active("Roman", "roman@example.org").await,
        &[HouseRole::Registrar],
    );
    let outranked = |result: Result<(), Failure>| matches!(result, Err(Failure::Refused(Reason::Outranked)));
    for above in [admin, auditor] {
        assert!(outranked(registry.block_person(&roman, above).await.map(drop)));
        assert!(outranked(registry.delete_person(&roman, above).await));
        assert!(outranked(registry.issue_reset(&roman, above).await.map(drop)));
        assert!(outranked(registry.export_person(&roman, above).await.map(drop)));
        let edit = Edit {
            language: Some(Language::Russian),
            ..Edit::default()
        };
        assert!(outranked(
            registry.change_person(&roman, above, edit, None).await.map(drop)
        ));
    }
    let refused = registry.grant(&roman, plain, "registrar", "house").await;
    assert!(matches!(refused, Err(Failure::Refused(Reason::AdminOnly))));
    registry.block_person(&roman, plain).await.unwrap();
    let unknown = registry.grant(&operator(), plain, "emperor", "house").await;
    assert!(matches!(unknown, Err(Failure::Refused(Reason::UnknownGrant))));
}

#[tokio::test]
async fn every_act_is_in_the_trail_and_a_repeated_one_is_there_once() {
    let house = house(Kind::TwoPostgres).await;
    let registry = &house.registry;
    let anna = house.admin("Anna", "anna@example.org").await;
    let boris = house.active("Boris", "boris@example.org").await;
    let by_anna = doer(anna, &[HouseRole::Admin]);
    for _ in 0..2 {
        registry.grant(&by_anna, boris, "auditor", "house").await.unwrap();
        registry.block_person(&by_anna, boris).await.unwrap();
    }
    house.store.clock.advance_seconds(1);
    registry.unblock_person(&by_anna, boris).await.unwrap();
    let size = kernel::PageSize::clamped(None);
    let acts = |filter: Filter| async move {
        let page = registry.audit(&filter, None, size).await.unwrap();
        let people = page
            .items
            .iter()
            .filter(|entry| entry.act != Act::SigningKeyRotated);
        people.map(|entry| entry.act).collect::<Vec<_>>()
    };
    let mut on_boris = acts(Filter {
        on: Some(boris.0),
        ..Filter::default()
    })
    .await;
    assert_eq!(on_boris[0], Act::PersonUnblocked, "the newest first");
    on_boris.sort_by_key(|act| act.code());
    assert_eq!(
        on_boris,
        [
            Act::GrantAdded,
            Act::PersonBlocked,
            Act::PersonCreated,
            Act::PersonUnblocked
        ]
    );
    assert_eq!(
        acts(Filter {
            by: Some(anna.0),
            ..Filter::default()
        })
        .await
        .len(),
        3
    );
    let created = Filter {
        act: Some(Act::PersonCreated),
        ..Filter::default()
    };
    assert_eq!(acts(created).await.len(), 2);
    let later = Filter {
        from: Some(house.store.clock.now()),
        ..Filter::default()
    };
    assert_eq!(acts(later).await, [Act::PersonUnblocked]);
    let earlier = Filter {
        until: Some(house.store.clock.now()),
        ..Filter::default()
    };
    assert_eq!(acts(earlier).await.len(), 5);
}

#[tokio::test]
async fn page_by_page_the_trail_is_the_same() {
    let house = house(Kind::TwoPostgres).await;
    for n in 0..7 {
        house.active("Somebody", &format!("p{n}@example.org")).await;
    }
    let registry = &house.registry;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = registry
            .audit(
                &Filter::default(),
                after.as_ref(),
                kernel::PageSize::clamped(Some(2)),
            )
            .await
            .unwrap();
        seen.extend(page.items.iter().map(|entry| entry.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let all = registry
        .audit(&Filter::default(), None, kernel::PageSize::clamped(None))
        .await
        .unwrap();
    assert_eq!(
        seen,
        all.items.iter().map(|entry| entry.id).collect::<Vec<_>>(),
        "page by page it is the same trail"
    );
}
