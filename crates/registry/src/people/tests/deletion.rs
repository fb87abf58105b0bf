//! Deletion leaves an id and nothing else; links work once.

use testkit::stores::Kind;

use super::super::types::{Reason, StateName};
use super::*;
use crate::audit::{Act, Filter};
use crate::links::LinkToken;

const PASSWORD: &str = "a quiet brown river";

fn caller() -> front::Caller {
    front::Caller::nobody(front::RequestId::new())
}

async fn token(house: &House, id: PersonId, purpose: crate::links::Purpose) -> LinkToken {
    let issued = match purpose {
        crate::links::Purpose::Invitation => house.registry.invite(&operator(), id).await.unwrap(),
        crate::links::Purpose::Reset => house.registry.issue_reset(&operator(), id).await.unwrap(),
    };
    let address = issued.address.unwrap();
    address.reveal().rsplit('/').next().unwrap().parse().unwrap()
}

/// Zelda stops a stream, wants quiet at night, and has complained of a letter.
async fn wishes(house: &House, zelda: PersonId) -> post::suppressions::Suppressions {
    let shard = house.store.shard_of(zelda);
    let stopped = shard.write(move |tx| {
        let night = post::streams::QuietHours::new(22 * 60, 7 * 60);
        post::streams::rows::stop(tx, zelda.0, "digest", kernel::Moment::from_seconds(0))?;
        post::streams::rows::set_quiet_hours(tx, zelda.0, night)
    });
    stopped.await.map_err(|error: store::StoreError| error).unwrap();
    let gone = post::suppressions::New {
        address: post::suppressions::Address::parse("zelda@example.org").unwrap(),
        scope: post::suppressions::Scope::Bulk,
        reason: post::suppressions::Reason::Complaint,
        source: "report".to_owned(),
        words: "zelda@example.org complains".to_owned(),
    };
    let list = post::suppressions::Suppressions::new(house.store.store.clone(), house.store.clock.clone());
    list.stop(gone).await.unwrap();
    list
}

#[tokio::test]
async fn a_deleted_person_leaves_an_id_and_nothing_else() {
    let house = house(Kind::Sqlite).await;
    let registry = &house.registry;
    house.admin("Root", "root@example.org").await;
    let zelda = house
        .add("Zelda Zimmermann", Some("zelda@example.org"), Start::Invited)
        .await
        .unwrap()
        .id;
    let link = token(&house, zelda, crate::links::Purpose::Invitation).await;
    registry.accept_link(&caller(), &link, PASSWORD).await.unwrap();
    registry
        .grant(&operator(), zelda, "auditor", "house")
        .await
        .unwrap();
    let list = wishes(&house, zelda).await;
    let export = registry.export_person(&operator(), zelda).await.unwrap();
    assert_eq!((export.post.stopped.len(), export.post.letters.len()), (1, 1));
    assert!(export.post.quiet.is_some());
    assert_eq!(export.grants.len(), 1);
    assert!(export.account.is_some_and(|account| account.password.is_some()));
    assert!(
        export
            .audit
            .iter()
            .any(|entry| entry.act == Act::InvitationAccepted)
    );

    for _ in 0..2 {
        registry.delete_person(&operator(), zelda).await.unwrap();
    }
    let left = registry.export_person(&operator(), zelda).await.unwrap();
    assert_eq!(left.person.state.name(), StateName::Deleted);
    assert_eq!(left.person.about(), None);
    assert!(left.post.stopped.is_empty() && left.post.quiet.is_none() && left.post.letters.is_empty());
    let size = kernel::PageSize::clamped(None);
    let suppressed = list.list(None, None, size).await.unwrap();
    assert_eq!(suppressed.items.len(), 1);
    assert!(!format!("{suppressed:?}").contains("elda"), "only a hash is left");
    assert!(
        left.grants.is_empty() && left.account.is_none() && left.sessions.is_empty() && left.links.is_empty()
    );
    let trail = registry
        .audit(&Filter::default(), None, kernel::PageSize::clamped(Some(500)))
        .await
        .unwrap();
    let deletions = trail
        .items
        .iter()
        .filter(|entry| entry.act == Act::PersonDeleted)
        .count();
    assert_eq!(deletions, 1, "deleting twice is deleting once");
    assert!(
        !format!("{trail:?}").contains("elda"),
        "the trail keeps ids, not names"
    );

    assert_eq!(house.bearer("zelda@example.org").await, None);
    house.active("Another Zelda", "zelda@example.org").await;
    let again = NewPerson {
        id: Some(zelda),
        about: about("Zelda", None),
        start: Start::Active,
    };
    let refused = registry.create_person(&operator(), again).await;
    assert!(
        matches!(refused, Err(Failure::Refused(Reason::IdTaken))),
        "an id is never given again"
    );
}

#[tokio::test]
async fn a_link_works_once_until_it_expires_or_is_replaced() {
    use crate::links::Purpose::{Invitation, Reset};
    let house = house(Kind::Sqlite).await;
    let registry = &house.registry;
    let spent = |result: Result<Person, Failure>| matches!(result, Err(Failure::Refused(Reason::LinkSpent)));
    let anna = house
        .add("Anna", Some("anna@example.org"), Start::Invited)
        .await
        .unwrap()
        .id;
    let first = token(&house, anna, Invitation).await;
    let second = token(&house, anna, Invitation).await;
    assert!(
        spent(registry.accept_link(&caller(), &first, PASSWORD).await),
        "a newer one replaced it"
    );
    let weak = registry.accept_link(&caller(), &second, "password123").await;
    assert!(
        matches!(weak, Err(Failure::Weak(_))),
        "a weak password does not use it up"
    );
    assert_eq!(registry.open_link(&second).await.unwrap().name, "Anna");
    let accepted = registry.accept_link(&caller(), &second, PASSWORD).await.unwrap();
    assert_eq!(accepted.state.name(), StateName::Active);
    assert!(
        spent(registry.accept_link(&caller(), &second, PASSWORD).await),
        "it was used"
    );
    let invited = registry.invite(&operator(), anna).await;
    assert!(matches!(invited, Err(Failure::Refused(Reason::NotInvited))));

    let reset = token(&house, anna, Reset).await;
    house
        .store
        .clock
        .advance_seconds(registry.options().reset_seconds);
    assert!(
        spent(registry.accept_link(&caller(), &reset, PASSWORD).await),
        "it expired"
    );
    let reset = token(&house, anna, Reset).await;
    house.admin("Root", "root@example.org").await;
    registry.block_person(&operator(), anna).await.unwrap();
    registry.unblock_person(&operator(), anna).await.unwrap();
    assert!(
        spent(registry.accept_link(&caller(), &reset, PASSWORD).await),
        "being blocked ends it"
    );
}

#[tokio::test]
async fn a_request_for_a_reset_is_told_to_administrators_and_never_to_who_asks() {
    let house = house(Kind::Sqlite).await;
    let anna = house.active("Anna", "anna@example.org").await;
    let by = crate::audit::By::from(&caller());
    for address in ["anna@example.org", "nobody@example.org"] {
        house
            .registry
            .ask_for_reset(&by, &Email::parse(address).unwrap())
            .await
            .unwrap();
    }
    let asked = Filter {
        act: Some(Act::ResetAsked),
        ..Filter::default()
    };
    let trail = house
        .registry
        .audit(&asked, None, kernel::PageSize::clamped(None))
        .await
        .unwrap();
    assert_eq!(
        trail.items.iter().map(|entry| entry.on).collect::<Vec<_>>(),
        [anna.0]
    );
}
