//! Sign-in on a real store.

use super::Refused;
use crate::grants::types::Doer;
use crate::passwords::Hashing;
use crate::sessions::Surface;
use crate::testing::{PASSWORD, by_token, client, house, house_with};
use crate::{Options, accounts};

const ANNA: &str = "anna@example.org";

#[tokio::test]
async fn who_knows_the_password_is_recognised_by_what_they_get() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let tokens = house.sign_in("Anna@Example.org").await;
    let who = by_token(&house.registry, &tokens.access.token).await.unwrap();
    assert_eq!((who.id, who.session), (anna, tokens.session));
    assert_eq!(house.audited(anna).await, ["session.started"]);
    house.clock.advance_seconds(house.options.access_token_seconds);
    let late = by_token(&house.registry, &tokens.access.token).await;
    assert_eq!(late, Err(front::Code::TokenExpired));
}

#[tokio::test]
async fn who_does_not_know_the_password_learns_nothing() {
    let house = house().await;
    house.person(ANNA).await;
    house.person_without_password("boris@example.org").await;
    for (email, password) in [
        (ANNA, "seven green lamp"),
        ("boris@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
    ] {
        let refused = house.try_sign_in(email, password).await.unwrap_err();
        assert!(matches!(refused, Refused::WrongCredentials), "{email}: {refused}");
    }
    let overlong = house.try_sign_in(ANNA, &"x".repeat(129)).await.unwrap_err();
    assert!(matches!(overlong, Refused::Password(_)), "{overlong}");
    let nul = house.try_sign_in(ANNA, "seven\0green lamps").await.unwrap_err();
    assert!(matches!(nul, Refused::Password(_)), "{nul}");
    let no_address = house.try_sign_in("anna", PASSWORD).await.unwrap_err();
    assert!(matches!(no_address, Refused::Email(_)), "{no_address}");
}

#[tokio::test]
async fn wrong_passwords_lock_an_account_and_an_address_that_nobody_has() {
    let options = Options {
        lockout_failures: 3,
        lockout_seconds: 60,
        ..Options::for_tests()
    };
    let house = house_with(options).await;
    let anna = house.person(ANNA).await;
    for email in [ANNA, "nobody@example.org"] {
        for _ in 0..3 {
            let wrong = house.try_sign_in(email, "wrong wrong wrong").await.unwrap_err();
            assert!(matches!(wrong, Refused::WrongCredentials), "{wrong}");
        }
        let locked = house.try_sign_in(email, PASSWORD).await.unwrap_err();
        assert!(
            matches!(locked, Refused::Locked { seconds: 61 }),
            "{email}: {locked}"
        );
    }
    assert_eq!(
        house.audited(anna).await,
        ["sign_in.locked_out", "sign_in.refused", "sign_in.refused"]
    );
    let another = house.another().await;
    let there = another
        .sign_in(ANNA, PASSWORD, &client(Surface::Api), "request")
        .await
        .unwrap_err();
    assert!(
        matches!(there, Refused::Locked { .. }),
        "the lock is in the store: {there}"
    );
    house.clock.advance_seconds(60);
    house.sign_in(ANNA).await;
    let again = house.try_sign_in(ANNA, "wrong wrong wrong").await.unwrap_err();
    assert!(
        matches!(again, Refused::WrongCredentials),
        "the right password forgives the wrong ones: {again}"
    );
}

#[tokio::test]
async fn who_administers_people_opens_a_locked_account() {
    let house = house_with(Options {
        lockout_failures: 1,
        ..Options::for_tests()
    })
    .await;
    let anna = house.person(ANNA).await;
    house.try_sign_in(ANNA, "wrong wrong wrong").await.unwrap_err();
    assert!(house.registry.locked_seconds(anna).await.unwrap().is_some());
    house
        .registry
        .unlock_person(&Doer::house("request"), anna)
        .await
        .unwrap();
    house.sign_in(ANNA).await;
    assert!(house.audited(anna).await.contains(&"sign_in.unlocked"));
}

#[tokio::test]
async fn somebody_who_is_kept_out_hears_so_only_with_the_right_password() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    house.block(anna).await;
    let wrong = house.try_sign_in(ANNA, "wrong wrong wrong").await.unwrap_err();
    assert!(matches!(wrong, Refused::WrongCredentials), "{wrong}");
    let right = house.try_sign_in(ANNA, PASSWORD).await.unwrap_err();
    assert!(matches!(right, Refused::Blocked), "{right}");
}

#[tokio::test]
async fn a_hash_of_old_parameters_is_renewed_at_the_next_sign_in() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let dearer = Hashing {
        memory_kib: 16,
        passes: 2,
        ..Hashing::cheapest()
    };
    let later = house
        .another_with(Options {
            hashing: dearer,
            ..house.options.clone()
        })
        .await;
    later
        .sign_in(ANNA, PASSWORD, &client(Surface::Api), "request")
        .await
        .unwrap();
    let read = move |tx: &mut store::Tx<'_>| accounts::rows::account(tx, anna.0);
    let account = later
        .store
        .shard_of(anna)
        .read::<_, store::StoreError>(read)
        .await
        .unwrap()
        .unwrap();
    assert!(
        account
            .password
            .unwrap()
            .as_str()
            .contains(&later.passwords.parameters())
    );
    house.sign_in(ANNA).await;
}

#[tokio::test]
async fn a_flood_for_one_account_or_from_one_address_is_told_when_to_come_back() {
    let one = house_with(Options {
        account_attempts_per_minute: 2,
        ..Options::for_tests()
    })
    .await;
    one.person(ANNA).await;
    one.sign_in(ANNA).await;
    one.sign_in(ANNA).await;
    let third = one.try_sign_in(ANNA, PASSWORD).await.unwrap_err();
    assert!(matches!(third, Refused::TooMany { seconds: 1..=31 }), "{third}");
    one.clock.advance_seconds(31);
    one.sign_in(ANNA).await;

    let many = house_with(Options {
        address_attempts_per_minute: 2,
        ..Options::for_tests()
    })
    .await;
    for n in 0..2 {
        many.try_sign_in(&format!("p{n}@example.org"), PASSWORD)
            .await
            .unwrap_err();
    }
    let third = many.try_sign_in("p3@example.org", PASSWORD).await.unwrap_err();
    assert!(matches!(third, Refused::TooMany { .. }), "{third}");
}

#[tokio::test]
async fn more_sign_ins_than_can_be_hashed_are_refused_at_once() {
    let slow = Hashing {
        memory_kib: 19 * 1024,
        passes: 3,
        lanes: 1,
        threads: 1,
        queue: 1,
    };
    let house = house_with(Options {
        hashing: slow,
        ..Options::for_tests()
    })
    .await;
    let flood = (0..8).map(|n| {
        let registry = house.registry.clone();
        tokio::spawn(async move {
            let email = format!("p{n}@example.org");
            registry
                .sign_in(&email, PASSWORD, &client(Surface::Api), "request")
                .await
        })
    });
    let mut refused = 0;
    for task in flood.collect::<Vec<_>>() {
        refused += usize::from(matches!(task.await.unwrap(), Err(Refused::Busy)));
    }
    assert!(
        (1..8).contains(&refused),
        "some are hashed, the others hear it at once: {refused}"
    );
}

#[tokio::test]
async fn the_session_that_was_not_used_for_the_longest_makes_room() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let first = house.sign_in(ANNA).await;
    for _ in 0..crate::sessions::rules::SESSIONS_MAX {
        house.clock.advance_seconds(1);
        house.sign_in(ANNA).await;
    }
    assert_eq!(
        house.registry.sessions(anna).await.unwrap().len(),
        crate::sessions::rules::SESSIONS_MAX
    );
    let refused = by_token(&house.registry, &first.access.token).await;
    assert_eq!(refused, Err(front::Code::SessionEnded));
}
