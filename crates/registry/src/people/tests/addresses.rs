//! An address belongs to at most one person, on however many servers people live.

use testkit::stores::{KINDS, Kind};
use tokio::task::JoinSet;

use super::super::emails::Bearing;
use super::super::limits::CLAIM_COUNTS_SECONDS;
use super::super::service::Start;
use super::super::types::{Edit, Email, Reason};
use super::super::{emails, rows, rules};
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_an_address_at_once_one_gets_it() {
    for kind in KINDS {
        let house = Arc::new(house(kind).await);
        let mut wanting = JoinSet::new();
        for n in 0..24 {
            let house = Arc::clone(&house);
            let spelling = if n % 2 == 0 {
                "anna@example.org"
            } else {
                "Anna@Example.ORG"
            };
            wanting.spawn(async move {
                house
                    .add(&format!("Anna {n}"), Some(spelling), Start::Active)
                    .await
            });
        }
        let mut winners = Vec::new();
        while let Some(result) = wanting.join_next().await {
            match result.unwrap() {
                Ok(person) => winners.push(person.id),
                Err(Failure::Refused(Reason::EmailTaken)) => {}
                Err(other) => panic!("{kind:?}: {other:?}"),
            }
        }
        assert_eq!(winners.len(), 1, "{kind:?}");
        assert_eq!(
            house.bearer("anna@example.org").await,
            Some(winners[0]),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_claim_whose_person_never_came_lapses() {
    let house = house(Kind::Sqlite).await;
    let email = Email::parse("anna@example.org").unwrap();
    let never = PersonId::new(house.store.clock.now());
    let claimed = emails::claim(
        &house.store,
        &email,
        never,
        Bearing::Acting,
        house.store.clock.now(),
    )
    .await
    .unwrap();
    assert!(claimed.is_some());
    let refused = house
        .add("Anna", Some("anna@example.org"), Start::Active)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Failure::Refused(Reason::EmailTaken)),
        "{refused:?}"
    );
    assert_eq!(house.bearer("anna@example.org").await, None);
    house.store.clock.advance_seconds(CLAIM_COUNTS_SECONDS);
    let anna = house.active("Anna", "anna@example.org").await;
    assert_eq!(house.bearer("anna@example.org").await, Some(anna));
}

#[tokio::test]
async fn who_comes_after_their_claim_lapsed_finds_out() {
    let house = house(Kind::Sqlite).await;
    let email = Email::parse("anna@example.org").unwrap();
    let now = house.store.clock.now();
    let late = rules::admitted(PersonId::new(now), about("Late", Some("anna@example.org")), now);
    let claimed = emails::claim(&house.store, &email, late.id, Bearing::Acting, now)
        .await
        .unwrap()
        .unwrap();
    house.store.clock.advance_seconds(CLAIM_COUNTS_SECONDS);
    let anna = house.active("Anna", "anna@example.org").await;
    let row = late.clone();
    house
        .store
        .shard_of(late.id)
        .write(move |tx| rows::insert(tx, &row))
        .await
        .unwrap();
    assert!(!emails::confirm(&house.store, &claimed).await.unwrap());
    assert_eq!(house.bearer("anna@example.org").await, Some(anna));
}

#[tokio::test]
async fn an_address_that_was_given_up_is_free_and_one_that_was_taken_back_is_not() {
    let house = house(Kind::Sqlite).await;
    let anna = house.active("Anna", "anna@example.org").await;
    let to = |email: &str| Edit {
        email: Some(Some(Email::parse(email).unwrap())),
        ..Edit::default()
    };
    house
        .registry
        .change_person(&operator(), anna, to("petrova@example.org"), None)
        .await
        .unwrap();
    assert_eq!(house.last_bearer("anna@example.org").await, Some(anna));
    let other = house.active("Other Anna", "anna@example.org").await;
    assert_eq!(house.last_bearer("anna@example.org").await, Some(other));
    let refused = house
        .registry
        .change_person(&operator(), anna, to("anna@example.org"), None)
        .await;
    assert!(matches!(refused, Err(Failure::Refused(Reason::EmailTaken))));
    assert_eq!(house.bearer("anna@example.org").await, Some(other));
    assert_eq!(house.bearer("petrova@example.org").await, Some(anna));
    // Only the spelling changes: that is no new claim.
    house
        .registry
        .change_person(&operator(), anna, to("Petrova@example.org"), None)
        .await
        .unwrap();
    assert_eq!(house.bearer("petrova@example.org").await, Some(anna));
    house.registry.delete_person(&operator(), other).await.unwrap();
    assert_eq!(
        house.last_bearer("anna@example.org").await,
        None,
        "what somebody took over does not come back"
    );
}

#[tokio::test]
async fn who_bore_an_address_last_is_known_until_they_are_deleted() {
    let house = house(Kind::Sqlite).await;
    let anna = house.active("Anna", "anna@example.org").await;
    for email in ["second@example.org", "third@example.org"] {
        let to = Edit {
            email: Some(Some(Email::parse(email).unwrap())),
            ..Edit::default()
        };
        let by = operator();
        let changed = house.registry.change_person(&by, anna, to, None);
        let person = changed.await.unwrap();
        let former = house.registry.former_emails(&person).await.unwrap();
        assert_eq!(former.last().map(String::as_str), Some("anna@example.org"));
    }
    let export = house.registry.export_person(&operator(), anna).await.unwrap();
    let former: Vec<&str> = export.person.former_emails.iter().map(Email::as_str).collect();
    assert_eq!(former, ["second@example.org", "anna@example.org"]);
    for email in ["anna@example.org", "second@example.org", "third@example.org"] {
        assert_eq!(house.last_bearer(email).await, Some(anna), "{email}");
    }
    house.registry.delete_person(&operator(), anna).await.unwrap();
    for email in ["anna@example.org", "second@example.org", "third@example.org"] {
        assert_eq!(house.last_bearer(email).await, None, "{email}");
    }
}

#[tokio::test]
async fn a_change_made_for_an_old_version_is_refused_and_leaves_no_claim() {
    let house = house(Kind::Sqlite).await;
    let anna = house.active("Anna", "anna@example.org").await;
    let named = Edit {
        name: Some(Text::new("Anna P.", 99).unwrap()),
        ..Edit::default()
    };
    let changed = house
        .registry
        .change_person(&operator(), anna, named, Some(if_match(1).await))
        .await
        .unwrap();
    assert_eq!(changed.version, 2);
    let moved = Edit {
        email: Some(Some(Email::parse("free@example.org").unwrap())),
        ..Edit::default()
    };
    let stale = house
        .registry
        .change_person(&operator(), anna, moved, Some(if_match(1).await))
        .await;
    assert!(matches!(stale, Err(Failure::Refused(Reason::Stale))), "{stale:?}");
    house.active("Boris", "free@example.org").await;
}
