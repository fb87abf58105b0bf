//! HTTP/1.1, HTTP/2, gRPC, limits and shutdown of the front, through real clients.

mod limits;
mod protocols;
mod refusals;

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
        .merge(guarded())
}

/// Those that not everybody may use.
fn guarded() -> Routes {
    let api = Kind::Api;
    Routes::new("test")
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
