//! HTTP/1.1, HTTP/2, gRPC, limits and shutdown of the front, through real clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use front::{
    Access, Admission, Body, Code, Credentials, ETag, Form, Front, Gatekeeper, IfMatch, InPath, KeyHolder,
    Kind, Knock, Limits, Problem, Proof, Readiness, Roles, Routes, Setup, SignedIn, Stopped, Who,
};
use http::{Method, StatusCode};
use kernel::{Id, Language, PersonId};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// Longer than anything here should take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Knows one person and one key.
struct Doorman;

impl Gatekeeper for Doorman {
    fn admit<'a>(
        &'a self,
        knock: Knock<'a>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Admission, Problem>> + Send + 'a>> {
        let anna = || {
            Who::Person(Arc::new(SignedIn {
                id: PersonId(Id::from_bytes([7; 16])),
                session: Id::from_bytes([8; 16]),
                roles: Roles::default(),
                language: Language::English,
                zone: "UTC".to_owned(),
                proof: Proof::Token,
            }))
        };
        let found = match knock.credentials {
            Credentials::Bearer("anna")
            | Credentials::Cookie {
                access: Some("anna"), ..
            } => Ok(anna().into()),
            Credentials::ApiKey("loader") => Ok(Who::Key(Arc::new(KeyHolder {
                id: Id::from_bytes([9; 16]),
                name: "loader".to_owned(),
                scopes: vec![Box::from("people:read")],
            }))
            .into()),
            _ => Err(Problem::new(Code::TokenInvalid)),
        };
        Box::pin(std::future::ready(found))
    }
}

/// A request that is under way until the test lets it end.
#[derive(Clone, Default)]
struct Held {
    begun: Arc<Notify>,
    end: Arc<Notify>,
}

fn routes(held: &Held) -> Routes {
    let held = held.clone();
    let wait = move || {
        let held = held.clone();
        async move {
            held.begun.notify_one();
            held.end.notified().await;
            "done"
        }
    };
    let api = Kind::Api;
    Routes::new("test")
        .plain(Access::PUBLIC, api, Method::GET, "/api/quick", async || "quick")
        .plain(Access::PUBLIC, api, Method::GET, "/api/wait", wait)
        .plain(
            Access::PUBLIC,
            api,
            Method::GET,
            "/api/panic",
            async || -> &'static str { panic!("on purpose") },
        )
        .plain(Access::PUBLIC, api, Method::GET, "/api/long", async || {
            axum::Json("long ".repeat(2000))
        })
        .plain(
            Access::PUBLIC,
            api,
            Method::POST,
            "/api/body",
            async |Body(body): Body<Vec<Point>>| axum::Json(body.len()),
        )
        .plain(
            Access::PUBLIC,
            api,
            Method::GET,
            "/api/points/{id}",
            async |InPath(id): InPath<Id>| id.to_string(),
        )
        .plain(
            Access::PUBLIC,
            api,
            Method::PUT,
            "/api/versioned",
            async |given: IfMatch| {
                given.check(ETag::of(3))?;
                Ok::<_, Problem>((ETag::of(4), "changed"))
            },
        )
        .plain(Access::SIGNED_IN, api, Method::GET, "/api/mine", async || "mine")
        .plain(
            Access::SIGNED_IN,
            api,
            Method::POST,
            "/api/mine",
            async || "changed",
        )
        .plain(
            Access::SIGNED_IN.or_key("people:read"),
            api,
            Method::GET,
            "/api/either",
            async || "either",
        )
        .plain(
            Access::SIGNED_IN.or_basic(),
            api,
            Method::GET,
            "/api/basic",
            async || "basic",
        )
        .page(Access::SIGNED_IN, Method::GET, "/mine", async || "a page")
        .page(
            Access::PUBLIC,
            Method::POST,
            "/form",
            async |Form(form): Form<Vec<(String, String)>>| form.len().to_string(),
        )
}

#[derive(Debug, serde::Deserialize)]
struct Point {
    #[expect(dead_code, reason = "only whether it can be read matters")]
    x: i64,
}

struct Open {
    address: SocketAddr,
    held: Held,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Stopped>,
}

impl Open {
    async fn with(change: impl FnOnce(&mut Setup)) -> Open {
        let held = Held::default();
        let mut setup = Setup::new(Arc::new(Doorman));
        change(&mut setup);
        let front = Front::build(routes(&held), setup).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            front
                .serve(listener, None, async {
                    let _ = stopped.await;
                })
                .await
        });
        Open {
            address,
            held,
            stop,
            served,
        }
    }

    async fn limited(limits: Limits) -> Open {
        Open::with(|setup| setup.limits = limits).await
    }

    fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn get(&self, path: &str) -> Response {
        Client::new().get(self.at(path)).send().await.unwrap()
    }

    /// Sends `bytes` and no more, and reads until the server ends the connection.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A connection that is reset has ended, too.
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer))
            .await
            .expect("the server hangs up");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

async fn problem(response: Response, status: u16, code: &str) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["request_id"], id.as_str());
    problem
}

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

#[tokio::test]
async fn slow_clients_are_hung_up_on() {
    let limits = Limits {
        header_seconds_max: 1,
        request_seconds_max: 1,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    assert_eq!(open.raw(b"").await, "", "not a byte");
    assert_eq!(open.raw(b"GET /api/qui").await, "", "half a request line");
    assert_eq!(
        open.raw(b"GET /api/quick HTTP/1.1\r\nhost: x\r\nx-a: ").await,
        "",
        "headers without end"
    );
    assert_eq!(open.raw(b"PRI * HTTP/2.0\r\n").await, "", "half a preface");
    let body =
        b"POST /api/body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n[";
    let answer = open.raw(body).await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_timeout"),
        "{answer}"
    );
    let answer = open.get("/api/wait").await;
    assert_eq!(answer.headers()["retry-after"], "1");
    problem(answer, 503, "took_too_long").await;
}

#[tokio::test]
async fn a_full_server_sheds_at_once_and_still_tells_how_it_is() {
    let limits = Limits {
        requests_at_once_max: 1,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    let first = tokio::spawn(Client::new().get(open.at("/api/wait")).send());
    open.held.begun.notified().await;
    let shed = open.get("/api/quick").await;
    assert_eq!(shed.headers()["retry-after"], "1");
    problem(shed, 503, "overloaded").await;
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(open.get(probe).await.status(), StatusCode::OK, "{probe}");
    }
    open.held.end.notify_one();
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(
        open.get("/api/quick").await.status(),
        StatusCode::OK,
        "the seat is free again"
    );
}

#[tokio::test]
async fn a_house_full_of_connections_answers_probes_only() {
    let limits = Limits {
        connections_max: 1,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    let sitting = Client::new();
    assert_eq!(
        sitting.get(open.at("/api/quick")).send().await.unwrap().status(),
        StatusCode::OK
    );
    problem(open.get("/api/quick").await, 503, "overloaded").await;
    let probe = open.get("/healthz").await;
    assert_eq!(probe.status(), StatusCode::OK);
    assert_eq!(
        probe.headers()["connection"],
        "close",
        "the place is for the next who asks"
    );
    assert_eq!(
        sitting.get(open.at("/api/quick")).send().await.unwrap().status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_shutdown_finishes_what_was_accepted() {
    let open = Open::with(|_| ()).await;
    let under_way = tokio::spawn(Client::new().get(open.at("/api/wait")).send());
    open.held.begun.notified().await;
    open.stop.send(()).unwrap();
    let closed = async {
        while TcpStream::connect(open.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, closed)
        .await
        .expect("nobody new is let in");
    open.held.end.notify_one();
    assert_eq!(under_way.await.unwrap().unwrap().text().await.unwrap(), "done");
    assert_eq!(open.served.await.unwrap(), Stopped { cut_off: 0 });
}

#[tokio::test]
async fn the_shutdown_does_not_wait_for_ever() {
    let limits = Limits {
        shutdown_seconds_max: 1,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    let under_way = tokio::spawn(Client::new().get(open.at("/api/wait")).send());
    open.held.begun.notified().await;
    open.stop.send(()).unwrap();
    assert_eq!(open.served.await.unwrap(), Stopped { cut_off: 1 });
    assert!(under_way.await.unwrap().is_err());
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
        !policy.contains("http") && policy.contains("default-src 'self'"),
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
