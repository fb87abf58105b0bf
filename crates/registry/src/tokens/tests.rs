//! Signing keys on a real store: rotation, other instances, forged tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use front::Code;
use kernel::Secret;

use super::{BadSeal, NoKey, OldTokens};
use crate::audit::By;
use crate::testing::{by_token, house, house_with};
use crate::{Options, Registry, StartError};

const ANNA: &str = "anna@example.org";

fn operator() -> By {
    By::house("test")
}

#[tokio::test]
async fn an_old_key_verifies_until_its_tokens_are_over_and_is_refused_by_name_then() {
    let house = house().await;
    house.person(ANNA).await;
    let old = house.sign_in(ANNA).await.access.token;
    house
        .registry
        .rotate_keys(OldTokens::StayGood, &operator())
        .await
        .unwrap();
    let new = house.sign_in(ANNA).await.access.token;
    assert_ne!(old.split('.').next(), new.split('.').next(), "another kid");
    by_token(&house.registry, &old).await.unwrap();
    by_token(&house.registry, &new).await.unwrap();
    assert_eq!(house.registry.published_keys().len(), 2);
    house
        .clock
        .advance_seconds(house.options.access_token_seconds + 60);
    assert_eq!(by_token(&house.registry, &old).await, Err(Code::TokenKeyUnknown));
    assert_eq!(house.registry.published_keys().len(), 1);
}

#[tokio::test]
async fn a_key_that_may_be_known_to_others_is_refused_at_once_everywhere() {
    let house = house().await;
    house.person(ANNA).await;
    let another = house.another().await;
    let old = house.sign_in(ANNA).await.access.token;
    by_token(&house.registry, &old).await.unwrap();
    by_token(&another, &old).await.unwrap();
    house
        .registry
        .rotate_keys(OldTokens::RefusedAtOnce, &operator())
        .await
        .unwrap();
    assert_eq!(by_token(&house.registry, &old).await, Err(Code::TokenKeyUnknown));
    another.tend().await.unwrap();
    assert_eq!(by_token(&another, &old).await, Err(Code::TokenKeyUnknown));
}

#[tokio::test]
async fn another_instance_asks_for_a_key_it_has_not_seen() {
    let house = house().await;
    house.person(ANNA).await;
    let another = house.another().await;
    house.clock.advance_seconds(2);
    house
        .registry
        .rotate_keys(OldTokens::StayGood, &operator())
        .await
        .unwrap();
    let new = house.sign_in(ANNA).await.access.token;
    by_token(&another, &new).await.unwrap();
}

#[tokio::test]
async fn a_key_that_signed_for_long_enough_is_replaced_by_one_instance() {
    let house = house_with(Options {
        signing_key_seconds: 3_600,
        ..Options::for_tests()
    })
    .await;
    let another = house.another().await;
    assert_eq!(
        house.registry.published_keys(),
        another.published_keys(),
        "both start with one key"
    );
    house.registry.tend().await.unwrap();
    assert_eq!(house.registry.published_keys().len(), 1);
    house.clock.advance_seconds(3_600);
    house.registry.tend().await.unwrap();
    another.tend().await.unwrap();
    assert_eq!(house.registry.published_keys().len(), 2);
    assert_eq!(house.registry.published_keys(), another.published_keys());
}

#[tokio::test]
async fn without_the_secret_nothing_is_signed_and_a_rotation_mends_it() {
    let house = house().await;
    house.person(ANNA).await;
    let token = house.sign_in(ANNA).await.access.token;
    let options = Options {
        secret: Secret::random(),
        ..house.options.clone()
    };
    let registry = Registry::new(house.store.another().await.unwrap(), house.clock.clone(), options).unwrap();
    let refused = registry.prepare().await.unwrap_err();
    assert!(
        matches!(refused, StartError::Key(NoKey::Seal(BadSeal::OtherSecret))),
        "{refused}"
    );
    assert!(refused.to_string().contains("townhall admin keys rotate"));
    registry
        .rotate_keys(OldTokens::StayGood, &operator())
        .await
        .unwrap();
    registry.prepare().await.unwrap();
    by_token(&registry, &token).await.unwrap();
}

#[tokio::test]
async fn a_token_that_we_did_not_sign_is_refused() {
    let house = house().await;
    house.person(ANNA).await;
    let token = house.sign_in(ANNA).await.access.token;
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let kid = house.registry.published_keys()[0].id;
    let headed =
        |alg: &str| URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"{kid}"}}"#));
    let check = |token: String, expected: Code| {
        let registry = house.registry.clone();
        async move { assert_eq!(by_token(&registry, &token).await, Err(expected), "{token}") }
    };
    check(format!("{}.{claims}.", headed("none")), Code::TokenInvalid).await;
    check(
        format!("{}.{claims}.{signature}", headed("none")),
        Code::TokenInvalid,
    )
    .await;
    check(
        format!("{}.{claims}.{signature}", headed("HS256")),
        Code::TokenInvalid,
    )
    .await;
    check(
        format!("{header}.{claims}.{}", "A".repeat(86)),
        Code::TokenInvalid,
    )
    .await;
    let admin = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let admin = URL_SAFE_NO_PAD.encode(admin.replace("\"roles\":[]", "\"roles\":[\"admin@house\"]"));
    check(format!("{header}.{admin}.{signature}"), Code::TokenInvalid).await;
    for text in ["", "x", "th_key", "a.b.c"] {
        check(text.to_owned(), Code::TokenInvalid).await;
    }
    // Another house's token: a good signature by a key that is not ours.
    let other = crate::testing::house().await;
    other.person(ANNA).await;
    check(other.sign_in(ANNA).await.access.token, Code::TokenKeyUnknown).await;
}
