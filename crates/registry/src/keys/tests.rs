//! API keys on a real store.

use front::{Code, Credentials, Who};
use kernel::{Cursor, Id, PageSize};

use super::{NewKey, Refused};
use crate::audit::By;
use crate::testing::{admit, house};
use crate::{Registry, keys};

fn key_for(scopes: &[&str]) -> NewKey {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    NewKey {
        name: "loader".to_owned(),
        scopes,
        expires: None,
    }
}

async fn by_key(registry: &Registry, key: &str) -> Result<Vec<String>, Code> {
    match admit(registry, Credentials::ApiKey(key))
        .await
        .map_err(|problem| problem.code())?
        .who
    {
        Who::Key(key) => Ok(key.scopes.iter().map(ToString::to_string).collect()),
        other => panic!("a key is a service's: {other:?}"),
    }
}

#[tokio::test]
async fn a_key_is_recognised_with_its_scopes_until_it_is_revoked() {
    let house = house().await;
    let another = house.another().await;
    let by = By::house("test");
    let (key, secret) = house
        .registry
        .make_key(key_for(&["people:read"]), &by)
        .await
        .unwrap();
    assert_eq!(
        by_key(&house.registry, secret.reveal()).await.unwrap(),
        ["people:read"]
    );
    by_key(&another, secret.reveal()).await.unwrap();
    assert_eq!(
        house.registry.key(key.id).await.unwrap().last_used,
        Some(house.clock.now())
    );
    house.registry.revoke_key(key.id, &by).await.unwrap();
    assert_eq!(
        by_key(&house.registry, secret.reveal()).await,
        Err(Code::TokenInvalid),
        "here at once"
    );
    another.tend().await.unwrap();
    assert_eq!(by_key(&another, secret.reveal()).await, Err(Code::TokenInvalid));
    house.clock.advance_seconds(100_000);
    assert_eq!(
        by_key(&house.registry, secret.reveal()).await,
        Err(Code::TokenInvalid),
        "and for ever"
    );
    house.registry.revoke_key(key.id, &by).await.unwrap();
    assert!(matches!(
        house.registry.revoke_key(Id::new(house.clock.now()), &by).await,
        Err(Refused::NotFound)
    ));
}

#[tokio::test]
async fn a_key_expires_and_a_wrong_one_is_refused() {
    let house = house().await;
    let by = By::house("test");
    let expires = Some(house.clock.now().plus_seconds(30));
    let new = NewKey {
        expires,
        ..key_for(&["people:read"])
    };
    let (_, secret) = house.registry.make_key(new.clone(), &by).await.unwrap();
    by_key(&house.registry, secret.reveal()).await.unwrap();
    house.clock.advance_seconds(30);
    assert_eq!(
        by_key(&house.registry, secret.reveal()).await,
        Err(Code::TokenInvalid)
    );
    assert!(matches!(
        house.registry.make_key(new, &by).await,
        Err(Refused::Expiry)
    ));
    let (_, good) = house
        .registry
        .make_key(key_for(&["people:read"]), &by)
        .await
        .unwrap();
    let mut forged = good.reveal().to_owned();
    forged.truncate(forged.len() - 1);
    for wrong in [forged.clone() + "A", forged.clone() + "B", forged, String::new()] {
        if wrong != good.reveal() {
            assert_eq!(
                by_key(&house.registry, &wrong).await,
                Err(Code::TokenInvalid),
                "{wrong}"
            );
        }
    }
}

#[tokio::test]
async fn keys_are_listed_page_by_page_and_never_with_their_secret() {
    let house = house().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let (key, _) = house
            .registry
            .make_key(key_for(&["a:b"]), &By::house("test"))
            .await
            .unwrap();
        made.push(key.id);
        house.clock.advance_seconds(1);
    }
    let size = PageSize::clamped(Some(2));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = house.registry.keys(after.as_ref(), size).await.unwrap();
        seen.extend(page.items.iter().map(|key| key.id));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let foreign = house
        .registry
        .keys(Some(&Cursor::new(b"x")), size)
        .await
        .unwrap_err();
    assert_eq!(keys::refused(foreign).code(), Code::Malformed);
}
