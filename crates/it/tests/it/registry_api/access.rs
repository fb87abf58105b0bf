//! Sign-in, tokens, sessions, keys and app passwords over HTTP, with what an attacker would send.

use registry::Options;
use registry::audit::By;
use registry::passwords::Hashing;
use registry::tokens::OldTokens;
use reqwest::Method;
use serde_json::{Value, json};

use super::house::{House, PASSWORD};

const ANNA: &str = "anna@example.org";

#[tokio::test]
async fn somebody_signs_in_is_recognised_and_signs_out() {
    let house = House::open().await;
    let anna = house.person(ANNA).await;
    let answer = house.try_sign_in(ANNA, PASSWORD).await.expect(200);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.text("token_type"), "Bearer");
    assert_eq!(answer.body["expires_in"], house.options.access_token_seconds);
    assert_eq!(answer.text("person"), anna.to_string());
    let token = answer.text("access_token");
    let me = house.get("/api/v1/me", Some(&token)).await.expect(200);
    assert_eq!(me.text("id"), anna.to_string());
    house
        .post("/api/v1/sign-out", Some(&token), &json!({}))
        .await
        .expect(204);
    house
        .get("/api/v1/me", Some(&token))
        .await
        .expect_problem(401, "session_ended");
    let refresh = json!({ "refresh_token": answer.text("refresh_token") });
    house
        .post("/api/v1/tokens/refresh", None, &refresh)
        .await
        .expect_problem(401, "session_ended");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let house = House::open().await;
    house.person(ANNA).await;
    let mut bodies = Vec::new();
    for (email, password) in [(ANNA, "wrong wrong wrong"), ("nobody@example.org", PASSWORD)] {
        let mut answer = house
            .try_sign_in(email, password)
            .await
            .expect_problem(401, "credentials_invalid");
        answer.body["request_id"] = Value::Null;
        bodies.push(answer.body);
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn what_cannot_be_a_sign_in_is_told_by_field() {
    let house = House::open().await;
    let check = |body: Value, status: u16, field: &'static str, code: &'static str| {
        let house = &house;
        async move {
            let answer = house.post("/api/v1/sign-in", None, &body).await.expect(status);
            let error = &answer.body["errors"][0];
            assert_eq!(
                (&error["field"], &error["code"]),
                (&json!(field), &json!(code)),
                "{body}"
            );
        }
    };
    check(json!({"email": "anna", "password": "x"}), 422, "email", "email").await;
    check(
        json!({"email": ANNA, "password": "x".repeat(129)}),
        422,
        "password",
        "too_long",
    )
    .await;
    check(
        json!({"email": ANNA, "password": "a\0b"}),
        422,
        "password",
        "control_character",
    )
    .await;
    check(
        json!({"email": "anna\0@example.org", "password": "x"}),
        422,
        "email",
        "email",
    )
    .await;
    check(
        json!({"email": format!("{}@example.org", "a".repeat(300)), "password": "x"}),
        422,
        "email",
        "email",
    )
    .await;
    check(json!({"email": 7, "password": "x"}), 422, "email", "type").await;
    let extra = json!({"email": ANNA, "password": "x", "admin": true});
    house
        .post("/api/v1/sign-in", None, &extra)
        .await
        .expect_problem(422, "invalid");
    let broken = house
        .request(Method::POST, "/api/v1/sign-in")
        .header("content-type", "application/json");
    house
        .send(broken.body("{\"email\""))
        .await
        .expect_problem(400, "malformed");
    let form = house
        .request(Method::POST, "/api/v1/sign-in")
        .form(&[("email", ANNA)]);
    house
        .send(form)
        .await
        .expect_problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn wrong_passwords_lock_the_account_until_an_administrator_opens_it() {
    let house = House::open_with(Options {
        lockout_failures: 2,
        ..Options::for_tests()
    })
    .await;
    let anna = house.person(ANNA).await;
    house.official("olga@example.org", "registrar").await;
    let registrar = house.sign_in("olga@example.org").await.access;
    for _ in 0..2 {
        house
            .try_sign_in(ANNA, "wrong wrong wrong")
            .await
            .expect_problem(401, "credentials_invalid");
    }
    let locked = house
        .try_sign_in(ANNA, PASSWORD)
        .await
        .expect_problem(429, "too_many_requests");
    let seconds: i64 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=house.options.lockout_seconds + 1).contains(&seconds));
    let unlock = format!("/api/v1/people/{anna}/unlock");
    house
        .post(&unlock, Some(&registrar), &json!({}))
        .await
        .expect(204);
    let annas = house.sign_in(ANNA).await.access;
    house
        .post(&unlock, Some(&annas), &json!({}))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_told_when_to_come_back() {
    let house = House::open_with(Options {
        address_attempts_per_minute: 3,
        ..Options::for_tests()
    })
    .await;
    for n in 0..3 {
        house
            .try_sign_in(&format!("p{n}@example.org"), PASSWORD)
            .await
            .expect(401);
    }
    let answer = house
        .try_sign_in(ANNA, PASSWORD)
        .await
        .expect_problem(429, "too_many_requests");
    assert!(answer.headers.contains_key("retry-after"));

    let slow = Hashing {
        memory_kib: 19 * 1024,
        passes: 3,
        lanes: 1,
        threads: 1,
        queue: 1,
    };
    let house = House::open_with(Options {
        hashing: slow,
        ..Options::for_tests()
    })
    .await;
    let flood = (0..8).map(|n| {
        let body = json!({ "email": format!("p{n}@example.org"), "password": PASSWORD });
        tokio::spawn(house.request(Method::POST, "/api/v1/sign-in").json(&body).send())
    });
    let mut statuses = Vec::new();
    for answer in flood.collect::<Vec<_>>() {
        let answer = answer.await.unwrap().unwrap();
        let has_retry = answer.headers().contains_key("retry-after");
        statuses.push(answer.status().as_u16());
        assert_eq!(has_retry, answer.status() == 503);
    }
    assert!(statuses.contains(&401) && statuses.contains(&503), "{statuses:?}");
}

#[tokio::test]
async fn a_stolen_refresh_token_used_twice_ends_the_session() {
    let house = House::open().await;
    house.person(ANNA).await;
    let held = house.sign_in(ANNA).await;
    let refresh = |token: String| {
        let house = &house;
        async move {
            house
                .post("/api/v1/tokens/refresh", None, &json!({ "refresh_token": token }))
                .await
        }
    };
    let next = refresh(held.refresh.clone()).await.expect(200);
    house
        .get("/api/v1/me", Some(&next.text("access_token")))
        .await
        .expect(200);
    refresh(held.refresh).await.expect_problem(401, "token_reused");
    refresh(next.text("refresh_token"))
        .await
        .expect_problem(401, "token_reused");
    house
        .get("/api/v1/me", Some(&next.text("access_token")))
        .await
        .expect_problem(401, "session_ended");
    refresh("tr.made.up.token".to_owned())
        .await
        .expect_problem(401, "token_invalid");
    refresh(String::new()).await.expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn an_expired_token_and_one_of_an_old_key_are_told_apart() {
    let house = House::open().await;
    house.person(ANNA).await;
    let first = house.sign_in(ANNA).await;
    house
        .registry
        .rotate_keys(OldTokens::StayGood, &By::house("test"))
        .await
        .unwrap();
    house.get("/api/v1/me", Some(&first.access)).await.expect(200);
    let keys = house.get("/.well-known/jwks.json", None).await.expect(200);
    assert_eq!(keys.body["keys"].as_array().unwrap().len(), 2);
    assert_eq!(keys.body["keys"][0]["crv"], "Ed25519");
    house.clock.advance_seconds(house.options.access_token_seconds);
    house
        .get("/api/v1/me", Some(&first.access))
        .await
        .expect_problem(401, "token_expired");
    house.clock.advance_seconds(60);
    house
        .get("/api/v1/me", Some(&first.access))
        .await
        .expect_problem(401, "token_key_unknown");
    let renewed = json!({ "refresh_token": first.refresh });
    house
        .post("/api/v1/tokens/refresh", None, &renewed)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_token_cannot_choose_its_own_algorithm() {
    let house = House::open().await;
    house.person(ANNA).await;
    let token = house.sign_in(ANNA).await.access;
    let claims = token.split('.').nth(1).unwrap();
    // {"alg":"none"} and {"alg":"HS256"}
    for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9"] {
        for signature in ["", "AAAA"] {
            let forged = format!("{header}.{claims}.{signature}");
            house
                .get("/api/v1/me", Some(&forged))
                .await
                .expect_problem(401, "token_invalid");
        }
    }
    house
        .get("/api/v1/me", Some("nonsense"))
        .await
        .expect_problem(401, "token_invalid");
    house
        .get("/api/v1/me", None)
        .await
        .expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn ones_sessions_are_listed_and_ended_and_nobody_elses() {
    let house = House::open().await;
    let anna = house.person(ANNA).await;
    house.person("boris@example.org").await;
    house.official("admin@example.org", "admin").await;
    let (here, there) = (house.sign_in(ANNA).await, house.sign_in(ANNA).await);
    let boris = house.sign_in("boris@example.org").await;
    let list = house
        .get("/api/v1/me/sessions", Some(&here.access))
        .await
        .expect(200);
    let items = list.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let current: Vec<_> = items.iter().filter(|item| item["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["id"], here.session);
    assert_eq!(current[0]["address"], "127.0.0.1");
    let path = format!("/api/v1/me/sessions/{}", there.session);
    house
        .call(Method::DELETE, &path, Some(&boris.access), None)
        .await
        .expect_problem(404, "not_found");
    house
        .call(Method::DELETE, &path, Some(&here.access), None)
        .await
        .expect(204);
    house
        .get("/api/v1/me", Some(&there.access))
        .await
        .expect_problem(401, "session_ended");
    let third = house.sign_in(ANNA).await;
    let ended = house
        .call(Method::DELETE, "/api/v1/me/sessions", Some(&here.access), None)
        .await
        .expect(200);
    assert_eq!(ended.body["ended"], 1);
    house
        .get("/api/v1/me", Some(&third.access))
        .await
        .expect_problem(401, "session_ended");
    let theirs = format!("/api/v1/people/{anna}/sessions");
    house
        .get(&theirs, Some(&boris.access))
        .await
        .expect_problem(403, "forbidden");
    let admin = house.sign_in("admin@example.org").await.access;
    let seen = house.get(&theirs, Some(&admin)).await.expect(200);
    assert_eq!(seen.body["items"].as_array().unwrap().len(), 1);
    house
        .call(Method::DELETE, &theirs, Some(&admin), None)
        .await
        .expect(200);
    house
        .get("/api/v1/me", Some(&here.access))
        .await
        .expect_problem(401, "session_ended");
}

#[tokio::test]
async fn a_new_password_is_judged_and_ends_other_sessions() {
    let house = House::open().await;
    house.person(ANNA).await;
    let (here, there) = (house.sign_in(ANNA).await, house.sign_in(ANNA).await);
    let change = |current: &'static str, new: &'static str| {
        let (house, token) = (&house, here.access.clone());
        async move {
            let body = json!({ "current": current, "new": new });
            house
                .call(Method::PUT, "/api/v1/me/password", Some(&token), Some(&body))
                .await
        }
    };
    for (current, new, field, code) in [
        (PASSWORD, "short", "new", "too_short"),
        (PASSWORD, "Password2026!", "new", "password_common"),
        (PASSWORD, "anna@example.org", "new", "password_about_you"),
        (PASSWORD, "qwertyuiop123", "new", "password_sequence"),
        (PASSWORD, PASSWORD, "new", "same"),
        (
            "wrong wrong wrong",
            "nine blue doors",
            "current",
            "wrong_password",
        ),
    ] {
        let answer = change(current, new).await.expect_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["field"], field, "{new}");
        assert_eq!(answer.body["errors"][0]["code"], code, "{new}");
    }
    change(PASSWORD, "nine blue doors").await.expect(204);
    house.get("/api/v1/me", Some(&here.access)).await.expect(200);
    house
        .get("/api/v1/me", Some(&there.access))
        .await
        .expect_problem(401, "session_ended");
    house.try_sign_in(ANNA, PASSWORD).await.expect(401);
    house.try_sign_in(ANNA, "nine blue doors").await.expect(200);
}

#[tokio::test]
async fn a_key_is_shown_once_opens_its_scopes_and_is_revoked() {
    let house = House::open().await;
    house.official("admin@example.org", "admin").await;
    house.person(ANNA).await;
    let admin = house.sign_in("admin@example.org").await.access;
    let anna = house.sign_in(ANNA).await.access;
    let body = json!({ "name": "loader", "scopes": ["people:read"] });
    house
        .post("/api/v1/keys", Some(&anna), &body)
        .await
        .expect_problem(403, "forbidden");
    let made = house.post("/api/v1/keys", Some(&admin), &body).await.expect(201);
    assert_eq!(made.headers["cache-control"], "no-store");
    let key = made.text("key");
    assert!(key.starts_with("th_"), "{key}");
    let with_key = |path: &'static str| {
        let (house, key) = (&house, key.clone());
        async move {
            house
                .send(house.request(Method::GET, path).header("x-api-key", key))
                .await
        }
    };
    with_key("/api/v1/people").await.expect(200);
    with_key("/api/v1/keys").await.expect_problem(403, "forbidden");
    let path = format!("/api/v1/keys/{}", made.text("id"));
    let shown = house.get(&path, Some(&admin)).await.expect(200);
    assert!(
        shown.body.get("key").is_none() && shown.body.get("last_used_at").is_some(),
        "{shown:?}"
    );
    house
        .call(Method::DELETE, &path, Some(&admin), None)
        .await
        .expect(204);
    with_key("/api/v1/people")
        .await
        .expect_problem(401, "token_invalid");
    for (bad, field) in [
        (json!({ "name": "", "scopes": ["people:read"] }), "name"),
        (json!({ "name": "a\0b", "scopes": ["people:read"] }), "name"),
        (json!({ "name": "x", "scopes": [] }), "scopes"),
        (
            json!({ "name": "x", "scopes": ["a:b"], "expires_at": "soon" }),
            "expires_at",
        ),
        (
            json!({ "name": "x", "scopes": ["a:b"], "expires_at": "2001-01-01T00:00:00Z" }),
            "expires_at",
        ),
    ] {
        let answer = house
            .post("/api/v1/keys", Some(&admin), &bad)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["field"], field, "{bad}");
    }
}

#[tokio::test]
async fn an_app_password_is_made_listed_and_taken_away() {
    let house = House::open().await;
    house.person(ANNA).await;
    house.person("boris@example.org").await;
    let (anna, boris) = (
        house.sign_in(ANNA).await.access,
        house.sign_in("boris@example.org").await.access,
    );
    let list = "/api/v1/me/app-passwords";
    let made = house
        .post(list, Some(&anna), &json!({ "name": "Telephone" }))
        .await
        .expect(201);
    assert_eq!(made.text("password").len(), 24);
    let known = house.get(list, Some(&anna)).await.expect(200);
    assert_eq!(known.body["items"][0]["name"], "Telephone");
    assert!(known.body["items"][0].get("password").is_none());
    // No route of the registry takes Basic: it is for calendars.
    let basic = house
        .request(Method::GET, "/api/v1/me")
        .basic_auth(ANNA, Some(made.text("password")));
    house.send(basic).await.expect_problem(401, "token_invalid");
    let path = format!("{list}/{}", made.text("id"));
    house
        .call(Method::DELETE, &path, Some(&boris), None)
        .await
        .expect_problem(404, "not_found");
    house
        .call(Method::DELETE, &path, Some(&anna), None)
        .await
        .expect(204);
    house
        .call(Method::DELETE, &path, Some(&anna), None)
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_browser_is_renewed_in_passing_and_guarded_against_other_sites() {
    let house = House::open().await;
    house.person(ANNA).await;
    let client = registry::sessions::Client {
        surface: registry::sessions::Surface::Browser,
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        user_agent: None,
    };
    let tokens = house
        .registry
        .sign_in(ANNA, PASSWORD, &client, "test")
        .await
        .unwrap();
    let cookie = format!(
        "townhall_access={}; townhall_refresh={}",
        tokens.access.token,
        tokens.refresh.clone().unwrap()
    );
    let ask =
        |method: Method, path: &'static str| house.request(method, path).header("cookie", cookie.clone());
    let fresh = house.send(ask(Method::GET, "/api/v1/me")).await.expect(200);
    assert!(!fresh.headers.contains_key("set-cookie"));
    let foreign = ask(Method::POST, "/api/v1/sign-out").header("sec-fetch-site", "cross-site");
    house.send(foreign).await.expect_problem(403, "cross_site");
    house.clock.advance_seconds(house.options.access_token_seconds);
    let renewed = house.send(ask(Method::GET, "/api/v1/me")).await.expect(200);
    let set: Vec<_> = renewed
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|v| v.to_str().unwrap())
        .collect();
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(
        set.iter().all(|cookie| cookie.contains("HttpOnly; SameSite=Lax")),
        "{set:?}"
    );
}
