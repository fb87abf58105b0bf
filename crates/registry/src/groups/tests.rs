//! What groups promise, on real stores.

use bell::{Bell, Failed, Hear};
use futures_util::future::BoxFuture;
use kernel::{Id, PersonId};
use store::outbox::Change;
use testkit::stores::{KINDS, Kind};

use super::{Group, KEPT_MAX, MEMBERS_MAX, Refused, hearing};
use crate::audit::By;
use crate::grants::types::{Doer, HouseRole};
use crate::people::Start;
use crate::people::tests::{House, doer, house, operator};

impl House {
    /// Brings what is waiting to be heard.
    async fn hear(&self) {
        let bell = Bell::new(self.store.store.clone(), self.store.clock.clone());
        // What people announce of themselves stands before what they announce of groups.
        let bell = bell
            .hear("registry.person.created", Deaf)
            .hear("registry.person.changed", Deaf)
            .hear("registry.person.deleted", Deaf);
        hearing(bell, &self.registry).catch_up().await.unwrap();
    }

    async fn make(&self, keeper: PersonId, name: &str) -> Group {
        let by = By::house("test");
        self.registry.make_group(keeper, name, &by).await.unwrap()
    }

    async fn names_of_groups(&self, person: PersonId) -> Vec<String> {
        let groups = self.registry.groups_of(person).await.unwrap();
        // Those of one instant stand in any order.
        let mut names: Vec<String> = groups
            .into_iter()
            .map(|one| one.group.name.into_string())
            .collect();
        names.sort();
        names
    }

    async fn people_in(&self, group: Id) -> Vec<PersonId> {
        self.registry.people_of_group(group).await.unwrap()
    }
}

/// Other services, which do with it what they like.
struct Deaf;

impl Hear for Deaf {
    fn hear<'a>(&'a self, _: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async { Ok(()) })
    }
}

fn plain(id: PersonId) -> Doer {
    doer(id, &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn those_in_a_group_find_it_until_they_leave_or_it_is_no_more() {
    for kind in KINDS {
        let house = house(kind).await;
        let registry = &house.registry;
        let anna = house.active("Anna", "anna@example.org").await;
        let boris = house.active("Boris", "boris@example.org").await;
        let choir = house.make(anna, "Choir").await;
        let by_address = registry
            .add_to_group(&plain(anna), choir.id, " Boris@example.org ")
            .await;
        assert_eq!(by_address.unwrap().person, boris, "{kind:?}");
        let again = registry
            .add_to_group(&plain(anna), choir.id, &boris.to_string())
            .await;
        assert_eq!(again.unwrap().person, boris, "{kind:?}: who is in it stays in it");
        house.hear().await;
        for person in [anna, boris] {
            assert_eq!(house.names_of_groups(person).await, ["Choir"], "{kind:?}");
            let whole = registry.group(&plain(person), choir.id).await.unwrap();
            assert_eq!(whole.members.len(), 2, "{kind:?}");
        }
        registry
            .remove_from_group(&plain(boris), choir.id, boris)
            .await
            .unwrap();
        assert_eq!(house.names_of_groups(boris).await, [""; 0], "{kind:?}: at once");
        house.hear().await;
        let told = registry.group(&plain(boris), choir.id).await;
        assert!(matches!(told, Err(Refused::NoGroup)), "{kind:?}");
        registry.delete_group(&plain(anna), choir.id).await.unwrap();
        house.hear().await;
        assert_eq!(house.names_of_groups(anna).await, [""; 0], "{kind:?}");
        assert_eq!(house.people_in(choir.id).await, [], "{kind:?}");
        let shard = house.store.shard_of(anna);
        let left = shard.read::<_, store::StoreError>(move |tx| super::rows::memberships(tx, anna));
        assert_eq!(left.await.unwrap(), [], "{kind:?}: nothing is left to look for");
    }
}

#[tokio::test]
async fn only_the_keeper_says_who_is_in_a_group() {
    let house = house(Kind::Sqlite).await;
    let registry = &house.registry;
    let anna = house.active("Anna", "anna@example.org").await;
    let boris = house.active("Boris", "boris@example.org").await;
    let chen = house.active("Chen", "chen@example.org").await;
    let choir = house.make(anna, "Choir").await;
    registry
        .add_to_group(&plain(anna), choir.id, "boris@example.org")
        .await
        .unwrap();
    for (who, hidden) in [(boris, false), (chen, true)] {
        let refused = [
            registry
                .add_to_group(&plain(who), choir.id, "nobody@example.org")
                .await
                .map(|_| ()),
            registry
                .change_group(&plain(who), choir.id, Some("Band"), None)
                .await
                .map(|_| ()),
            registry.remove_from_group(&plain(who), choir.id, anna).await,
            registry.delete_group(&plain(who), choir.id).await,
        ];
        for told in refused {
            match told {
                Err(Refused::NoGroup) => assert!(hidden),
                Err(Refused::NotKeeper) => assert!(!hidden),
                other => panic!("{other:?}"),
            }
        }
    }
    let admin = doer(chen, &[HouseRole::Admin]);
    let renamed = registry
        .change_group(&admin, choir.id, Some("Big choir"), None)
        .await;
    assert_eq!(
        renamed.unwrap().name.as_str(),
        "Big choir",
        "for when a keeper is away"
    );
    let nobody = registry
        .add_to_group(&plain(anna), choir.id, "nobody@example.org")
        .await;
    assert!(matches!(nobody, Err(Refused::Nobody)));
    let stays = registry.remove_from_group(&plain(anna), choir.id, anna).await;
    assert!(matches!(stays, Err(Refused::KeeperStays)));
    let stranger = registry
        .change_group(&plain(anna), choir.id, None, Some(chen))
        .await;
    assert!(matches!(stranger, Err(Refused::NotIn)));
    let handed = registry
        .change_group(&plain(anna), choir.id, None, Some(boris))
        .await;
    assert_eq!(handed.unwrap().keeper, boris);
    registry
        .remove_from_group(&plain(anna), choir.id, anna)
        .await
        .unwrap();
    assert_eq!(house.people_in(choir.id).await, [boris]);
}

#[tokio::test]
async fn whoever_cannot_sign_in_keeps_no_group() {
    let house = house(Kind::Sqlite).await;
    let anna = house.active("Anna", "anna@example.org").await;
    let invited = house
        .add("Dora", Some("dora@example.org"), Start::Invited)
        .await
        .unwrap();
    let choir = house.make(anna, "Choir").await;
    let registry = &house.registry;
    registry
        .add_to_group(&plain(anna), choir.id, "dora@example.org")
        .await
        .unwrap();
    let over = registry
        .change_group(&plain(anna), choir.id, None, Some(invited.id))
        .await;
    assert!(matches!(over, Err(Refused::NotActive)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_deleted_is_in_no_group_and_what_they_kept_is_kept_on() {
    for kind in KINDS {
        let house = house(kind).await;
        let registry = &house.registry;
        let anna = house.active("Anna", "anna@example.org").await;
        let boris = house.active("Boris", "boris@example.org").await;
        let choir = house.make(anna, "Choir").await;
        let alone = house.make(anna, "Alone").await;
        registry
            .add_to_group(&plain(anna), choir.id, "boris@example.org")
            .await
            .unwrap();
        house.hear().await;
        // One more that their shard has not heard of.
        let late = house.make(anna, "Late").await;
        registry
            .add_to_group(&plain(anna), late.id, "boris@example.org")
            .await
            .unwrap();
        registry.delete_person(&operator(), anna).await.unwrap();
        house.hear().await;
        for group in [choir.id, late.id] {
            let whole = registry.group(&plain(boris), group).await.unwrap();
            assert_eq!(whole.group.keeper, boris, "{kind:?}");
            assert_eq!(house.people_in(group).await, [boris], "{kind:?}");
        }
        assert!(
            registry.known_group(alone.id).await.unwrap().is_none(),
            "{kind:?}"
        );
        assert_eq!(house.names_of_groups(anna).await, [""; 0], "{kind:?}");
        assert_eq!(house.names_of_groups(boris).await, ["Choir", "Late"], "{kind:?}");
    }
}

#[tokio::test]
async fn a_group_and_a_keeper_have_their_limits() {
    let house = house(Kind::Sqlite).await;
    let registry = &house.registry;
    let anna = house.active("Anna", "anna@example.org").await;
    let boris = house.active("Boris", "boris@example.org").await;
    for number in 0..KEPT_MAX {
        house.make(anna, &format!("Group {number}")).await;
    }
    let by = By::house("test");
    let more = registry.make_group(anna, "One more", &by).await;
    assert!(matches!(more, Err(Refused::TooManyKept)));
    let named = registry.make_group(boris, " ", &by).await;
    assert!(matches!(named, Err(Refused::Name(_))));
    let choir = house.make(boris, "Choir").await;
    registry
        .add_to_group(&plain(boris), choir.id, "anna@example.org")
        .await
        .unwrap();
    let over = registry
        .change_group(&plain(boris), choir.id, None, Some(anna))
        .await;
    assert!(matches!(over, Err(Refused::TooManyKept)));
    let (id, since) = (choir.id, choir.made);
    let shard = house.store.shard_of(id);
    let filled = shard.write::<_, store::StoreError>(move |tx| {
        for number in 2..MEMBERS_MAX {
            let person = PersonId(Id::named("person", &number.to_string()));
            super::rows::add_member(tx, id, &super::Member { person, since })?;
        }
        Ok(())
    });
    filled.await.unwrap();
    house.active("Chen", "chen@example.org").await;
    let more = registry
        .add_to_group(&plain(boris), choir.id, "chen@example.org")
        .await;
    assert!(matches!(more, Err(Refused::TooManyMembers)));
}

#[tokio::test]
async fn administrators_see_all_groups_page_by_page() {
    let house = house(Kind::Sqlite).await;
    let anna = house.active("Anna", "anna@example.org").await;
    for name in ["One", "Two", "Three"] {
        house.make(anna, name).await;
        house.store.clock.advance_seconds(1);
    }
    let size = kernel::PageSize::clamped(Some(2));
    let first = house.registry.all_groups(None, size).await.unwrap();
    let rest = house
        .registry
        .all_groups(first.next.as_ref(), size)
        .await
        .unwrap();
    let names = first.items.into_iter().chain(rest.items);
    let names: Vec<String> = names.map(|one| one.group.name.into_string()).collect();
    assert_eq!(names, ["One", "Two", "Three"]);
    assert_eq!(rest.next, None);
}

#[tokio::test]
async fn what_is_done_with_a_group_stands_in_the_trail() {
    let house = house(Kind::Sqlite).await;
    let registry = &house.registry;
    let anna = house.active("Anna", "anna@example.org").await;
    let boris = house.active("Boris", "boris@example.org").await;
    let choir = house.make(anna, "Choir").await;
    registry
        .add_to_group(&plain(anna), choir.id, "boris@example.org")
        .await
        .unwrap();
    registry
        .change_group(&plain(anna), choir.id, Some("Band"), Some(boris))
        .await
        .unwrap();
    registry
        .remove_from_group(&plain(anna), choir.id, anna)
        .await
        .unwrap();
    registry.delete_group(&plain(boris), choir.id).await.unwrap();
    let filter = crate::audit::Filter {
        on: Some(choir.id),
        ..crate::audit::Filter::default()
    };
    let size = kernel::PageSize::clamped(None);
    let trail = registry.audit(&filter, None, size).await.unwrap();
    let mut codes: Vec<_> = trail.items.iter().map(|entry| entry.act.code()).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "group.created",
            "group.deleted",
            "group.handed_over",
            "group.member_added",
            "group.member_removed",
            "group.renamed"
        ]
    );
}
