//! What is refused, and in which words.

use super::*;

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let limits = Limits {
        body_bytes_max: 1000,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    let body = format!("[{}]", "{\"x\":1},".repeat(100_000));
    let post = || {
        Client::new()
            .post(open.at("/api/body"))
            .header("content-type", "application/json")
    };
    let said = problem(post().body(body).send().await.unwrap(), 413, "body_too_large").await;
    assert_eq!(said["detail"], "Send at most 1000 bytes.");
    let mut chunked = b"POST /api/body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
        connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    chunked.extend(format!("7d0\r\n[{}\r\n0\r\n\r\n", " ".repeat(1999)).into_bytes());
    let answer = open.raw(&chunked).await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_too_large"),
        "{answer}"
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_with_its_place() {
    let open = Open::with(|_| ()).await;
    let post = |kind: &'static str, body: &'static str| {
        Client::new()
            .post(open.at("/api/body"))
            .header("content-type", kind)
            .body(body)
            .send()
    };
    let json = "application/json";
    let said = problem(
        post(json, r#"[{"x":1},{"x":"two"}]"#).await.unwrap(),
        422,
        "invalid",
    )
    .await;
    assert_eq!(said["errors"][0]["field"], "[1].x");
    let said = problem(post(json, r#"[{"x":1},{"x":"#).await.unwrap(), 400, "malformed").await;
    assert_eq!(said["errors"][0]["field"], "[1].x");
    problem(
        post("text/plain", "[]").await.unwrap(),
        415,
        "unsupported_media_type",
    )
    .await;
    let deep = Client::new()
        .post(open.at("/api/body"))
        .header("content-type", json)
        .body("[".repeat(100_000));
    let said = deep.send().await.unwrap();
    assert!(
        said.status().is_client_error(),
        "nesting without end is refused, not followed"
    );
    assert_eq!(
        post(json, r#"[{"x":1}]"#).await.unwrap().text().await.unwrap(),
        "1"
    );
}

#[tokio::test]
async fn what_does_not_exist_is_a_problem_too() {
    let open = Open::with(|_| ()).await;
    problem(open.get("/api/nothing").await, 404, "not_found").await;
    problem(open.get("/api/points/no-id").await, 404, "not_found").await;
    let wrong = Client::new().delete(open.at("/api/mine")).send().await.unwrap();
    let allow = wrong.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    problem(wrong, 405, "method_not_allowed").await;
    let long = open.get(&format!("/api/quick?{}", "x".repeat(9000))).await;
    problem(long, 414, "address_too_long").await;
    let page = Client::new()
        .get(open.at("/nowhere"))
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
}

#[tokio::test]
async fn a_panic_is_one_answer_and_not_the_end_of_the_connection() {
    let open = Open::with(|_| ()).await;
    let client = Client::new();
    let answer = client.get(open.at("/api/panic")).send().await.unwrap();
    let said = problem(answer, 500, "internal").await;
    assert!(
        !said.to_string().contains("on purpose"),
        "what happened is for the log"
    );
    assert_eq!(
        client.get(open.at("/api/quick")).send().await.unwrap().status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_change_needs_the_version_that_was_read() {
    let open = Open::with(|_| ()).await;
    let put = || Client::new().put(open.at("/api/versioned"));
    problem(put().send().await.unwrap(), 428, "precondition_required").await;
    let old = put().header("if-match", "\"v2\"").send().await.unwrap();
    problem(old, 412, "precondition_failed").await;
    let new = put().header("if-match", "\"v3\"").send().await.unwrap();
    assert_eq!(
        (new.status(), &new.headers()["etag"]),
        (StatusCode::OK, &"\"v4\"".parse().unwrap())
    );
}

#[tokio::test]
async fn the_gate_lets_in_whom_the_route_names() {
    let open = Open::with(|_| ()).await;
    let get = |path: &str, name: &'static str, value: &'static str| {
        Client::new().get(open.at(path)).header(name, value).send()
    };
    let nobody = open.get("/api/mine").await;
    assert_eq!(nobody.headers()["www-authenticate"], "Bearer realm=\"townhall\"");
    problem(nobody, 401, "not_signed_in").await;
    problem(
        get("/api/mine", "authorization", "Bearer wrong").await.unwrap(),
        401,
        "token_invalid",
    )
    .await;
    assert_eq!(
        get("/api/mine", "authorization", "Bearer anna")
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
    assert_eq!(
        get("/api/either", "x-api-key", "loader").await.unwrap().status(),
        StatusCode::OK
    );
    problem(
        get("/api/mine", "x-api-key", "loader").await.unwrap(),
        403,
        "forbidden",
    )
    .await;
    let basic = open.get("/api/basic").await;
    assert!(
        basic.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .starts_with("Basic ")
    );
    assert_eq!(
        open.get("/api/quick").await.status(),
        StatusCode::OK,
        "nobody is asked at a public route"
    );
}

#[tokio::test]
async fn a_browser_without_a_session_is_led_to_the_sign_in() {
    let open = Open::with(|_| ()).await;
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let page = client
        .get(open.at("/mine?x=1&y=2"))
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        page.headers()["location"],
        "/sign-in?next=%2Fmine%3Fx%3D1%26y%3D2"
    );
}

#[tokio::test]
async fn another_site_cannot_change_anything_with_a_browsers_cookies() {
    let open = Open::with(|_| ()).await;
    let post = |path: &str| Client::new().post(open.at(path));
    let cookie = || post("/api/mine").header("cookie", "townhall_access=anna");
    problem(cookie().send().await.unwrap(), 403, "cross_site").await;
    let foreign = cookie()
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    problem(foreign, 403, "cross_site").await;
    let ours = cookie().header("origin", open.at("")).send().await.unwrap();
    assert_eq!(ours.status(), StatusCode::OK);
    let ours = cookie()
        .header("sec-fetch-site", "same-origin")
        .send()
        .await
        .unwrap();
    assert_eq!(ours.status(), StatusCode::OK);
    let token = post("/api/mine")
        .header("authorization", "Bearer anna")
        .send()
        .await
        .unwrap();
    assert_eq!(token.status(), StatusCode::OK, "a token is not sent by itself");
    let form = post("/form")
        .form(&[("a", "b")])
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .unwrap();
    problem(form, 403, "cross_site").await;
}
