//! HTTP/1.1, HTTP/2 and gRPC on one port, and what every answer has.

use super::*;

#[tokio::test]
async fn one_port_speaks_http_1_and_http_2() {
    let open = Open::with(|_| ()).await;
    let one = open.get("/api/quick").await;
    assert_eq!(one.version(), http::Version::HTTP_11);
    let two = Client::builder().http2_prior_knowledge().build().unwrap();
    let two = two.get(open.at("/api/quick")).send().await.unwrap();
    assert_eq!(two.version(), http::Version::HTTP_2);
    assert_eq!(two.text().await.unwrap(), "quick");
}

#[tokio::test]
async fn every_answer_is_dressed_for_browsers_and_carries_the_request_id() {
    let open = Open::with(|setup| setup.https = true).await;
    let request = Client::new()
        .get(open.at("/api/quick"))
        .header("x-request-id", "from-the-proxy-1");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "from-the-proxy-1");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(
        answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
    assert!(answer.headers().contains_key("strict-transport-security"));
    let forged = Client::new()
        .get(open.at("/api/quick"))
        .header("x-request-id", "a b\tc d e f");
    let id = forged.send().await.unwrap().headers()["x-request-id"].clone();
    assert_eq!(id.len(), 32, "an insane id is replaced");
}

#[tokio::test]
async fn long_text_is_compressed_for_those_who_ask() {
    let open = Open::with(|_| ()).await;
    let get = |path: &str, encoding: &'static str| {
        Client::new()
            .get(open.at(path))
            .header("accept-encoding", encoding)
            .send()
    };
    for (asked, expected) in [("br, gzip", "br"), ("gzip", "gzip")] {
        let answer = get("/api/long", asked).await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], expected);
        assert!(answer.bytes().await.unwrap().len() < 1000);
    }
    assert!(
        !get("/api/quick", "br")
            .await
            .unwrap()
            .headers()
            .contains_key("content-encoding"),
        "too short"
    );
    assert!(
        !open
            .get("/api/long")
            .await
            .headers()
            .contains_key("content-encoding"),
        "not asked for"
    );
}

#[tokio::test]
async fn grpc_health_and_reflection_answer_on_the_same_port() {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let open = Open::with(|_| ()).await;
    let channel = tonic::transport::Channel::from_shared(open.at(""))
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut health = HealthClient::new(channel.clone());
    let serving = health
        .check(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(serving.status, 1);
    let unknown = HealthCheckRequest {
        service: "no.such.Service".to_owned(),
    };
    assert_eq!(
        health.check(unknown).await.unwrap_err().code(),
        tonic::Code::NotFound
    );

    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(channel);
    let asked = futures_util::stream::iter([list]);
    let mut answers = reflection
        .server_reflection_info(asked)
        .await
        .unwrap()
        .into_inner();
    let answer = answers
        .message()
        .await
        .unwrap()
        .unwrap()
        .message_response
        .unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else {
        panic!("{answer:?}")
    };
    assert!(
        list.service
            .iter()
            .any(|service| service.name == "grpc.health.v1.Health"),
        "{list:?}"
    );

    let mut watching = health
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(watching.message().await.unwrap().unwrap().status, 1);
    open.stop.send(()).unwrap();
    assert_eq!(
        watching.message().await.unwrap().unwrap().status,
        2,
        "watchers hear of the end"
    );
    assert!(watching.message().await.unwrap().is_none());
    drop((health, answers, reflection));
    assert_eq!(open.served.await.unwrap(), Stopped { cut_off: 0 });
}

#[tokio::test]
async fn a_grpc_client_is_told_in_its_own_words() {
    let limits = Limits {
        requests_at_once_max: 0,
        ..Limits::default()
    };
    let two = Client::builder().http2_prior_knowledge().build().unwrap();
    let call = |open: &Open| {
        let call = two
            .post(open.at("/town.Hall/Open"))
            .header("content-type", "application/grpc");
        call.body(vec![0, 0, 0, 0, 0]).send()
    };
    let open = Open::with(|_| ()).await;
    let answer = call(&open).await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["grpc-status"]),
        (StatusCode::OK, &"12".parse().unwrap())
    );
    let disguised = two
        .post(open.at("/api/body"))
        .header("content-type", "application/grpc");
    let answer = disguised.body("x".repeat(3_000_000)).send().await.unwrap();
    assert_eq!(
        answer.headers()["grpc-status"],
        "3",
        "nothing else gets around the limit of bodies that way"
    );
    let full = Open::limited(limits).await;
    let answer = call(&full).await.unwrap();
    assert_eq!(answer.headers()["grpc-status"], "14");
    assert!(answer.headers().contains_key("grpc-status-details-bin"));
}

#[tokio::test]
async fn the_api_explains_itself_without_other_hosts() {
    let open = Open::with(|_| ()).await;
    let document: Value = open.get("/api/openapi.json").await.json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let operation = &document["paths"]["/api/problems"]["get"];
    assert_eq!(operation["x-access"], json!({"people": "public"}));
    let codes: Value = open.get("/api/problems").await.json().await.unwrap();
    assert_eq!(codes.as_array().unwrap().len(), Code::ALL.len());
    let page = open.get("/api/docs/").await;
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        !policy.contains("http") && !policy.contains("unsafe") && policy.contains("default-src 'self'"),
        "{policy}"
    );
    let html = page.text().await.unwrap();
    assert!(html.contains("swagger") && !html.contains("://"), "{html}");
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
        assert_eq!(
            open.get(&format!("/api/docs/{file}")).await.status(),
            StatusCode::OK,
            "{file}"
        );
    }
}

#[tokio::test]
async fn readiness_says_why_not() {
    let readiness = Readiness::new().check("store", async || Err("the disk is full".to_owned()));
    let open = Open::with(|setup| setup.readiness = readiness).await;
    let answer = open.get("/readyz").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let said: Value = answer.json().await.unwrap();
    assert_eq!(
        said["checks"][0],
        json!({"name": "store", "ok": false, "reason": "the disk is full"})
    );
    assert_eq!(
        open.get("/healthz").await.text().await.unwrap(),
        "alive\n",
        "alive all the same"
    );
}

#[tokio::test]
async fn what_is_counted_can_be_read_in_both_formats() {
    let metrics = front::Metrics::install().unwrap();
    let open = Open::with(|setup| setup.metrics = Some(metrics)).await;
    let _ = open.get("/api/points/01997a3c-5f0e-8a31-9d2c-4b7a11c0ffee").await;
    let text = open.get("/metrics").await.text().await.unwrap();
    let line = r#"townhall_http_requests_total{route="/api/points/{id}",method="GET",status="200"}"#;
    assert!(text.contains(line), "{text}");
    assert!(
        text.contains(r#"townhall_http_request_seconds_bucket{route="/api/points/{id}""#),
        "{text}"
    );
    let request = Client::new()
        .get(open.at("/metrics"))
        .header("accept", "application/openmetrics-text");
    let answer = request.send().await.unwrap();
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    assert!(answer.text().await.unwrap().ends_with("# EOF\n"));
}
