//! Sessions on a real store: renewal, theft, revocation here and in another instance.

use front::{Code, Credentials, Who};
use kernel::PageSize;
use store::{StoreError, params, sql};
use testkit::stores::KINDS;

use super::{Ended, NotRenewed, Tokens};
use crate::accounts::{self, NotChanged};
use crate::audit::{Actor, By};
use crate::gatekeeper::not_renewed;
use crate::grants::types::Doer;
use crate::keys::NewKey;
use crate::sign_in::Refused;
use crate::testing::{ADDRESS, House, PASSWORD, admit, by_token, cookies, house, house_on};
use crate::tokens::OldTokens;
use crate::{Options, Registry};

const ANNA: &str = "anna@example.org";

fn nobody() -> By {
    By {
        actor: Actor::Nobody,
        request: "request".to_owned(),
    }
}

async fn renew(house: &House, refresh: &str) -> Result<String, NotRenewed> {
    let renewed = house.registry.renew(refresh, ADDRESS, &nobody()).await?;
    Ok(renewed.refresh.unwrap())
}

fn by_cookies<'a>(access: Option<&'a str>, refresh: Option<&'a str>) -> Credentials<'a> {
    Credentials::Cookie { access, refresh }
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_ends_the_session_for_both() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let tokens = house.sign_in(ANNA).await;
    let stolen = tokens.refresh.clone().unwrap();
    let second = renew(&house, &stolen).await.unwrap();
    let third = renew(&house, &second).await.unwrap();
    let reused = renew(&house, &stolen).await.unwrap_err();
    assert_eq!(not_renewed(reused).code(), Code::TokenReused);
    let owner = renew(&house, &third).await.unwrap_err();
    assert_eq!(
        not_renewed(owner).code(),
        Code::TokenReused,
        "the owner hears what happened"
    );
    let access = by_token(&house.registry, &tokens.access.token).await;
    assert_eq!(access, Err(Code::SessionEnded), "within the access token's life");
    assert_eq!(house.audited(anna).await, ["session.started", "session.theft"]);
    assert!(house.registry.sessions(anna).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_guessed_refresh_token_ends_nothing() {
    let house = house().await;
    house.person(ANNA).await;
    let refresh = house.sign_in(ANNA).await.refresh.unwrap();
    let mut parts: Vec<&str> = refresh.split('.').collect();
    let other = "A".repeat(43);
    parts[2] = &other;
    let guess = renew(&house, &parts.join(".")).await.unwrap_err();
    assert_eq!(not_renewed(guess).code(), Code::TokenInvalid);
    renew(&house, &refresh).await.unwrap();
}

#[tokio::test]
async fn a_session_lives_as_long_as_it_is_used() {
    let house = house().await;
    house.person(ANNA).await;
    let mut refresh = house.sign_in(ANNA).await.refresh.unwrap();
    for _ in 0..3 {
        house.clock.advance_seconds(house.options.session_seconds - 1);
        refresh = renew(&house, &refresh).await.unwrap();
    }
    house.clock.advance_seconds(house.options.session_seconds);
    let late = renew(&house, &refresh).await.unwrap_err();
    assert_eq!(not_renewed(late).code(), Code::TokenExpired);
}

#[tokio::test]
async fn sessions_that_are_over_are_swept_and_no_others() {
    for kind in KINDS {
        let house = house_on(kind, Options::for_tests()).await;
        let people: Vec<String> = (0..6).map(|number| format!("p{number}@example.org")).collect();
        for email in &people {
            house.person(email).await;
            house.sign_in(email).await;
        }
        house.clock.advance_seconds(house.options.session_seconds);
        let goes_on = house.sign_in(&people[0]).await.refresh.unwrap();
        house.sign_in(&people[1]).await;
        for _ in 0..64 {
            house.registry.sweep_sessions().await.unwrap();
            house
                .clock
                .advance_seconds(i64::try_from(super::SWEEP_EACH.as_secs()).unwrap());
        }
        let left = house
            .store
            .read_each(|tx| {
                tx.query_one(sql!("SELECT count(*) FROM sessions"), params![], |row| {
                    row.get::<i64>(0)
                })
            })
            .await;
        let left: Vec<i64> = left.map_err(|error: StoreError| error).unwrap();
        assert_eq!(left.iter().sum::<i64>(), 2, "{kind:?}");
        renew(&house, &goes_on).await.unwrap();
    }
}

#[tokio::test]
async fn pages_that_are_loaded_together_renew_once_and_all_are_let_in() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let tokens = house.sign_in_browser(ANNA).await;
    house.clock.advance_seconds(house.options.access_token_seconds);
    let pages = (0..16).map(|_| {
        let (registry, tokens) = (house.registry.clone(), tokens.clone());
        tokio::spawn(async move {
            let brought = by_cookies(Some(&tokens.access.token), tokens.refresh.as_deref());
            admit(&registry, brought).await.unwrap()
        })
    });
    let mut refreshes = Vec::new();
    for page in pages.collect::<Vec<_>>() {
        let admission = page.await.unwrap();
        assert_eq!(admission.who.id(), Some(anna.0));
        refreshes.push(cookies(&admission.cookies).1.unwrap());
    }
    refreshes.dedup();
    assert_eq!(
        refreshes.len(),
        1,
        "whichever answer the browser keeps, its token is the good one"
    );
    renew(&house, &refreshes[0]).await.unwrap();
}

#[tokio::test]
async fn a_page_served_by_another_instance_gets_in_beside_and_a_late_copy_is_theft() {
    let house = house().await;
    house.person(ANNA).await;
    let another = house.another().await;
    let old = house.sign_in_browser(ANNA).await.refresh.unwrap();
    let brought = || by_cookies(None, Some(&old));
    let here = admit(&house.registry, brought()).await.unwrap();
    let there = admit(&another, brought()).await.unwrap();
    assert_eq!(here.who.id(), there.who.id());
    let (access, refresh) = cookies(&there.cookies);
    assert!(
        access.is_some() && refresh.is_none(),
        "one refresh token for one browser"
    );
    house.clock.advance_seconds(super::rules::GRACE_SECONDS);
    let late = admit(&another, brought()).await.unwrap_err();
    assert_eq!(late.code(), Code::TokenReused);
    let forgotten = cookies(
        &late
            .headers()
            .iter()
            .map(|(_, value)| value.clone())
            .collect::<Vec<_>>(),
    );
    assert_eq!(
        forgotten,
        (Some(String::new()), Some(String::new())),
        "the browser forgets them"
    );
}

#[tokio::test]
async fn what_one_instance_revokes_every_other_refuses_within_a_second() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let (kept, ended) = (house.sign_in(ANNA).await, house.sign_in(ANNA).await);
    let another = house.another().await;
    by_token(&another, &ended.access.token).await.unwrap();
    house
        .registry
        .end_session(anna, ended.session, Ended::Revoked, &nobody())
        .await
        .unwrap();
    assert_eq!(
        by_token(&house.registry, &ended.access.token).await,
        Err(Code::SessionEnded),
        "here at once"
    );
    house.clock.advance_seconds(1);
    another.tend().await.unwrap();
    assert_eq!(
        by_token(&another, &ended.access.token).await,
        Err(Code::SessionEnded)
    );
    let restarted = house.another().await;
    assert_eq!(
        by_token(&restarted, &ended.access.token).await,
        Err(Code::SessionEnded),
        "known at the start"
    );
    by_token(&another, &kept.access.token).await.unwrap();
    assert_eq!(
        not_renewed(renew(&house, &ended.refresh.unwrap()).await.unwrap_err()).code(),
        Code::SessionEnded
    );
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    let house = house().await;
    house.person(ANNA).await;
    let boris = house.person("boris@example.org").await;
    let annas = house.sign_in(ANNA).await;
    let found = house
        .registry
        .end_session(boris, annas.session, Ended::Revoked, &nobody())
        .await
        .unwrap();
    assert!(!found);
    by_token(&house.registry, &annas.access.token).await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_every_session_but_the_one_it_was_set_in() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let (here, elsewhere) = (house.sign_in(ANNA).await, house.sign_in(ANNA).await);
    let change = |current: &'static str, new: &'static str| {
        let registry = house.registry.clone();
        async move {
            registry
                .change_password(anna, here.session, current, new, &nobody())
                .await
        }
    };
    assert!(matches!(
        change("wrong wrong", "nine blue doors").await,
        Err(NotChanged::WrongPassword)
    ));
    assert!(matches!(change(PASSWORD, PASSWORD).await, Err(NotChanged::Same)));
    assert!(matches!(
        change(PASSWORD, "Петрова-1984").await,
        Err(NotChanged::Weak(_))
    ));
    change(PASSWORD, "nine blue doors").await.unwrap();
    by_token(&house.registry, &here.access.token).await.unwrap();
    assert_eq!(
        by_token(&house.registry, &elsewhere.access.token).await,
        Err(Code::SessionEnded)
    );
    assert!(house.try_sign_in(ANNA, PASSWORD).await.is_err());
    house.try_sign_in(ANNA, "nine blue doors").await.unwrap();
    assert!(house.audited(anna).await.contains(&"password.changed"));
}

#[tokio::test]
async fn tokens_that_are_no_longer_true_are_cut_short_and_the_session_goes_on() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let (api, browser) = (house.sign_in(ANNA).await, house.sign_in_browser(ANNA).await);
    let (now, kept_until) = (house.clock.now(), house.registry.tokens_end(house.clock.now()));
    let cut = move |tx: &mut store::Tx<'_>| accounts::outdate_tokens(tx, anna, now, kept_until);
    let cut = house
        .registry
        .store
        .shard_of(anna)
        .write::<_, store::StoreError>(cut)
        .await
        .unwrap();
    house.registry.revocations.learn(&cut);
    assert_eq!(
        by_token(&house.registry, &api.access.token).await,
        Err(Code::TokenExpired)
    );
    let renewed = house
        .registry
        .renew(&api.refresh.unwrap(), ADDRESS, &nobody())
        .await
        .unwrap();
    by_token(&house.registry, &renewed.access.token).await.unwrap();
    let brought = by_cookies(Some(&browser.access.token), browser.refresh.as_deref());
    let admission = admit(&house.registry, brought).await.unwrap();
    assert!(
        matches!(admission.who, Who::Person(_)) && admission.cookies.len() == 2,
        "renewed in passing"
    );
}

#[tokio::test]
async fn a_blocked_person_is_out_at_once() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let tokens = house.sign_in(ANNA).await;
    house.block(anna).await;
    assert_eq!(
        by_token(&house.registry, &tokens.access.token).await,
        Err(Code::SessionEnded)
    );
    assert_eq!(
        not_renewed(renew(&house, &tokens.refresh.unwrap()).await.unwrap_err()).code(),
        Code::SessionEnded
    );
}

#[tokio::test]
async fn a_page_that_comes_right_after_the_end_is_not_let_in() {
    let house = house().await;
    let anna = house.person(ANNA).await;
    let tokens = house.sign_in_browser(ANNA).await;
    let brought = || by_cookies(None, tokens.refresh.as_deref());
    admit(&house.registry, brought()).await.unwrap();
    house
        .registry
        .end_session(anna, tokens.session, Ended::SignedOut, &nobody())
        .await
        .unwrap();
    let late = admit(&house.registry, brought()).await.unwrap_err();
    assert_eq!(late.code(), Code::SessionEnded);
}

#[tokio::test]
async fn a_browser_that_leaves_a_page_before_it_is_there_stays_signed_in() {
    let house = house().await;
    house.person(ANNA).await;
    let tokens = house.sign_in_browser(ANNA).await;
    let brought = || by_cookies(None, tokens.refresh.as_deref());
    let left = admit(&house.registry, brought());
    // Polled once, so that the renewal begins, and dropped.
    assert!(futures_util::FutureExt::now_or_never(left).is_none());
    let admission = admit(&house.registry, brought()).await.unwrap();
    let refresh = cookies(&admission.cookies).1.unwrap();
    renew(&house, &refresh).await.unwrap();
}

/// One text and one body per operation: the same story on each kind of store.
#[tokio::test]
async fn access_is_the_same_on_every_store() {
    for kind in KINDS {
        let options = Options {
            lockout_failures: 1,
            ..Options::for_tests()
        };
        let house = house_on(kind, options).await;
        let another = house.another().await;
        let mut stories = Vec::new();
        for n in 0..4 {
            stories.push(lock_unlock_and_end(&house, &another, &format!("person{n}@example.org")).await);
        }
        another.tend().await.unwrap();
        for (kept, ended) in stories {
            assert_eq!(
                by_token(&another, &ended.access.token).await,
                Err(Code::SessionEnded)
            );
            by_token(&another, &kept.access.token).await.unwrap();
            let stolen = renew(&house, &kept.refresh.unwrap()).await.unwrap_err();
            assert_eq!(not_renewed(stolen).code(), Code::TokenReused, "{kind:?}");
        }
        let by = By::house("test");
        let scopes = vec!["a:b".to_owned()];
        for _ in 0..5 {
            let (name, scopes) = ("loader".to_owned(), scopes.clone());
            let new = NewKey {
                name,
                scopes,
                expires: None,
            };
            house.registry.make_key(new, &by).await.unwrap();
        }
        let listed = house
            .registry
            .keys(None, PageSize::clamped(Some(3)))
            .await
            .unwrap();
        assert_eq!((listed.items.len(), listed.next.is_some()), (3, true), "{kind:?}");
        house
            .registry
            .rotate_keys(OldTokens::RefusedAtOnce, &by)
            .await
            .unwrap();
        another.tend().await.unwrap();
        assert_eq!(house.registry.published_keys(), another.published_keys());
    }
}

/// One person's tokens: of a session that goes on and was renewed once, and of one that was ended.
async fn lock_unlock_and_end(house: &House, another: &Registry, email: &str) -> (Tokens, Tokens) {
    let person = house.person(email).await;
    house.try_sign_in(email, "wrong wrong wrong").await.unwrap_err();
    let locked = house.try_sign_in(email, PASSWORD).await;
    assert!(matches!(locked, Err(Refused::Locked { .. })));
    let registry = &house.registry;
    registry
        .unlock_person(&Doer::house("test"), person)
        .await
        .unwrap();
    let ended = house.sign_in(email).await;
    by_token(another, &ended.access.token).await.unwrap();
    let (_, secret) = registry
        .make_app_password(person, "Telephone", &nobody())
        .await
        .unwrap();
    let basic = Credentials::Basic {
        user: email,
        password: secret.reveal(),
    };
    admit(another, basic).await.unwrap();
    registry
        .end_session(person, ended.session, Ended::Revoked, &nobody())
        .await
        .unwrap();
    let kept = house.sign_in(email).await;
    renew(house, kept.refresh.as_deref().unwrap()).await.unwrap();
    (kept, ended)
}
