//! An open house for one test: a registry on a store of its own behind the front, on a port, with a clock that only
//! the test moves.

use std::sync::Arc;

use front::{Front, Setup};
use kernel::{Clock, Language, PersonId, Text};
use registry::grants::types::Doer;
use registry::people::service::{NewPerson, Start};
use registry::people::types::{About, Attributes, Email, Zone};
use registry::{Options, Registry};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use testkit::stores::{self, TestStore};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub const PASSWORD: &str = "seven green lamps";

pub struct House {
    pub registry: Arc<Registry>,
    pub clock: Clock,
    pub options: Options,
    base: String,
    client: Client,
    /// Dropped with the house, which ends the server.
    _stop: oneshot::Sender<()>,
    _store: TestStore,
}

/// An answer that was read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The code of a problem.
    pub fn code(&self) -> &str {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{self:?}"
        );
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_default().to_owned()
    }

    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    pub fn expect_problem(self, status: u16, code: &str) -> Answer {
        let answer = self.expect(status);
        assert_eq!(answer.code(), code, "{answer:?}");
        answer
    }
}

/// What somebody who signed in holds.
#[derive(Clone, Debug)]
pub struct Held {
    pub access: String,
    pub refresh: String,
    pub session: String,
}

impl House {
    pub async fn open() -> House {
        House::open_with(Options::for_tests()).await
    }

    pub async fn open_with(options: Options) -> House {
        let store = stores::sqlite().await.unwrap();
        let clock = store.clock.clone();
        let registry = Registry::open(store.store.clone(), clock.clone(), options.clone())
            .await
            .unwrap();
        let front = Front::build(registry.routes(), Setup::new(registry.clone())).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            front.serve(listener, None, stopped).await
        });
        House {
            registry,
            clock,
            options,
            base,
            client: Client::new(),
            _stop: stop,
            _store: store,
        }
    }

    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Somebody active with [`PASSWORD`].
    pub async fn person(&self, email: &str) -> PersonId {
        let about = About {
            email: Some(Email::parse(email).unwrap()),
            name: Text::new("Анна Петрова", 100).unwrap(),
            language: Language::English,
            zone: Zone::utc(),
            attributes: Attributes::default(),
        };
        let house = Doer::house("test");
        let new = NewPerson {
            id: None,
            about,
            start: Start::Active,
        };
        let person = self.registry.create_person(&house, new).await.unwrap().id;
        let hash = self.registry.hash_password(PASSWORD).await.unwrap();
        self.registry.give_password(&house, person, &hash).await.unwrap();
        person
    }

    /// Somebody active with a role on the house.
    pub async fn official(&self, email: &str, relation: &str) -> PersonId {
        let person = self.person(email).await;
        self.registry
            .grant(&Doer::house("test"), person, relation, "house")
            .await
            .unwrap();
        person
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        Answer {
            status,
            headers,
            body,
        }
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        self.call(Method::POST, path, token, Some(body)).await
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.call(Method::GET, path, token, None).await
    }

    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.request(method, path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request).await
    }

    pub async fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.post("/api/v1/sign-in", None, &body).await
    }

    pub async fn sign_in(&self, email: &str) -> Held {
        let answer = self.try_sign_in(email, PASSWORD).await.expect(200);
        Held {
            access: answer.text("access_token"),
            refresh: answer.text("refresh_token"),
            session: answer.text("session"),
        }
    }
}
