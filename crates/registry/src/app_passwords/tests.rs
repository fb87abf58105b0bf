//! App passwords on a real store.

use front::{Code, Credentials, Proof, Who};

use super::Refused;
use crate::audit::By;
use crate::testing::{PASSWORD, admit, house, house_with};
use crate::{Options, Registry};

const ANNA: &str = "anna@example.org";

async fn by_basic(registry: &Registry, user: &str, password: &str) -> Result<Who, Code> {
    let admitted = admit(registry, Credentials::Basic { user, password }).await;
    admitted
        .map(|admission| admission.who)
        .map_err(|problem| problem.code())
}

#[tokio::test]
async fn an_app_password_opens_with_the_e_mail_until_it_is_taken_away() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let by = By::house("test");
    let another = house.another().await;
    let (made, secret) = house
        .registry
        .make_app_password(anna, "Telephone", &by)
        .await
        .unwrap();
    let Who::Person(who) = by_basic(&house.registry, "Anna@example.org", secret.reveal())
        .await
        .unwrap()
    else {
        panic!("a person's")
    };
    assert_eq!(
        (who.id, who.session, who.proof),
        (anna, made.id, Proof::AppPassword)
    );
    by_basic(&another, ANNA, secret.reveal()).await.unwrap();
    assert_eq!(
        by_basic(&house.registry, ANNA, PASSWORD).await,
        Err(Code::CredentialsInvalid),
        "not the real one"
    );
    assert_eq!(
        by_basic(&house.registry, "x@example.org", secret.reveal()).await,
        Err(Code::CredentialsInvalid)
    );
    house
        .registry
        .remove_app_password(anna, made.id, &by)
        .await
        .unwrap();
    assert_eq!(
        by_basic(&house.registry, ANNA, secret.reveal()).await,
        Err(Code::CredentialsInvalid)
    );
    another.tend().await.unwrap();
    assert_eq!(
        by_basic(&another, ANNA, secret.reveal()).await,
        Err(Code::CredentialsInvalid)
    );
    let again = house.registry.remove_app_password(anna, made.id, &by).await;
    assert!(matches!(again, Err(Refused::NotFound)));
    assert_eq!(
        house.audited(anna).await,
        ["app_password.created", "app_password.revoked"]
    );
}

#[tokio::test]
async fn a_blocked_persons_app_passwords_are_gone() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let (_, secret) = house
        .registry
        .make_app_password(anna, "Telephone", &By::house("test"))
        .await
        .unwrap();
    by_basic(&house.registry, ANNA, secret.reveal()).await.unwrap();
    house.block(anna).await;
    assert_eq!(
        by_basic(&house.registry, ANNA, secret.reveal()).await,
        Err(Code::CredentialsInvalid)
    );
    assert!(house.registry.app_passwords(anna).await.unwrap().is_empty());
}

#[tokio::test]
async fn guesses_from_one_address_are_counted_and_a_known_client_is_not() {
    let house = house_with(Options {
        address_attempts_per_minute: 3,
        ..Options::for_tests()
    })
    .await;
    let anna = house.person(ANNA).await;
    let (_, secret) = house
        .registry
        .make_app_password(anna, "Telephone", &By::house("test"))
        .await
        .unwrap();
    for _ in 0..10 {
        by_basic(&house.registry, ANNA, secret.reveal()).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(
            by_basic(&house.registry, ANNA, "guess").await,
            Err(Code::CredentialsInvalid)
        );
    }
    assert_eq!(
        by_basic(&house.registry, ANNA, "guess").await,
        Err(Code::TooManyRequests)
    );
    by_basic(&house.registry, ANNA, secret.reveal()).await.unwrap();
}
