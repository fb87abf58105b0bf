//! A house in this process with people of every role, and one sample call of each of its routes. Calls go through the
//! whole front (gate, limits, problems) without a socket.

pub mod samples;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use std::time::Duration;

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use front::{Front, Kind, RouteEntry};
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use kernel::{Clock, Id, Language, PersonId, Text};
use registry::grants::types::Doer;
use registry::people::service::{NewPerson, Start};
use registry::people::types::{About, Attributes, Email, Zone};
use serde_json::{Value, json};
use tempfile::TempDir;
use townhall::config::{Config, Sources};
use townhall::{Opening, Running};

const ADMIN: &str = "admin@town.example";
/// What has not happened by then will not happen. Generous, because the test machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);
pub const PASSWORD: &str = "quiet meadow lantern 42";

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    Nobody,
    Plain,
    Analyst,
    Auditor,
    Registrar,
    Admin,
    /// A service whose key has this scope and no other.
    Key(&'static str),
}

impl Role {
    /// The relation to the house that makes somebody this.
    pub fn relation(&self) -> &'static str {
        match self {
            Role::Analyst => "analyst",
            Role::Auditor => "auditor",
            Role::Registrar => "registrar",
            Role::Admin => "admin",
            Role::Nobody | Role::Plain | Role::Key(_) => "",
        }
    }
}

/// Somebody who calls, or who owns what is called for.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    pub id: String,
    pub email: String,
    pub token: Option<String>,
    pub refresh: Option<String>,
    pub key: Option<String>,
}

impl Actor {
    /// An id that nobody has.
    pub fn unknown(town: &Town) -> Actor {
        Actor {
            id: Id::new(town.clock.now()).to_string(),
            ..Actor::default()
        }
    }
}

/// One request: parameters, headers and body of a sample.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Values for the braces of the path, in their order.
    pub path: Vec<String>,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
}

impl Answer {
    /// The beginning of it, for a sentence about what went wrong.
    pub fn text(&self) -> String {
        self.whole().chars().take(300).collect()
    }

    pub fn whole(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// gRPC's status. A stream that goes on has none yet: what it sent is its answer.
    pub fn grpc_code(&self) -> i32 {
        let status = self
            .headers
            .get("grpc-status")
            .or_else(|| self.trailers.get("grpc-status"));
        status
            .and_then(|code| code.to_str().ok())
            .and_then(|code| code.parse().ok())
            .unwrap_or(if self.body.is_empty() { -1 } else { 0 })
    }

    /// gRPC's status in HTTP's words; 0 for what has no place here.
    pub fn grpc_as_http(&self) -> u16 {
        match self.grpc_code() {
            0 => 200,
            5 => 404,
            7 => 403,
            16 => 401,
            _ => 0,
        }
    }
}

/// What providers sign their webhooks with.
pub const WEBHOOK_KEY: &str = "webhook key";
/// The address that was typed at Mailchimp.
pub const WEBHOOK_URL: &str = "https://town.example/api/v1/post/webhooks/mandrill";

#[derive(Clone)]
pub struct Town(Arc<Inner>);

impl std::ops::Deref for Town {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

pub struct Inner {
    pub front: Front,
    pub clock: Clock,
    admin: OnceLock<Actor>,
    next: AtomicU64,
    running: Running,
    folder: TempDir,
}

impl Town {
    /// For what no request can bring about.
    pub fn store(&self) -> &store::Store {
        &self.running.store
    }

    /// A house with one administrator, made as an operator would; with the mailbox of a demo, so that each page that
    /// there is can be asked for.
    pub async fn open() -> Town {
        Town::open_as(true, "").await
    }

    /// A house that has what houses with real people have.
    pub async fn open_for_real() -> Town {
        Town::open_as(false, "").await
    }

    /// A house with one more provider.
    pub async fn open_with(provider: &str) -> Town {
        Town::open_as(false, provider).await
    }

    async fn open_as(demo: bool, provider: &str) -> Town {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Clock::system().now());
        let opening = Opening {
            clock: clock.clone(),
            demo,
            ..Opening::new(config(&folder, provider))
        };
        let running = townhall::open(opening).await.unwrap();
        let (id, link) = first_admin(&running).await;
        let town = Town(Arc::new(Inner {
            front: running.front.clone(),
            clock,
            next: AtomicU64::new(1),
            admin: OnceLock::new(),
            running,
            folder,
        }));
        let admin = Actor {
            id,
            ..town.accept_and_sign_in(ADMIN, &link).await
        };
        town.admin.set(admin).unwrap();
        town
    }

    /// Where a browser finds it.
    pub fn base(&self) -> &str {
        &self.running.base
    }

    pub fn admin(&self) -> &Actor {
        self.admin.get().unwrap()
    }

    /// A number that nothing else in this town has.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Somebody new of that role, signed in.
    pub async fn actor(&self, role: &Role) -> Actor {
        match role {
            Role::Nobody => Actor::default(),
            Role::Key(scope) => self.service(scope).await,
            _ => {
                let (id, link) = self.invited().await;
                if !role.relation().is_empty() {
                    let grant = json!({"relation": role.relation(), "scope": "house"});
                    self.post(self.admin(), &format!("/api/v1/people/{id}/grants"), grant)
                        .await;
                }
                let person = self.get(self.admin(), &format!("/api/v1/people/{id}")).await;
                let email = person["email"].as_str().unwrap();
                Actor {
                    id,
                    ..self.accept_and_sign_in(email, &link).await
                }
            }
        }
    }

    /// Somebody new who may call a route, and whose object it is about: a service has none of its own.
    pub async fn whoever_may(&self, route: &RouteEntry) -> (Actor, Actor) {
        if route.access.people() == front::People::Nobody {
            let scope = route.access.key_scope().unwrap();
            return (self.service(scope).await, self.actor(&Role::Plain).await);
        }
        let admin = self.actor(&Role::Admin).await;
        (admin.clone(), admin)
    }

    /// Somebody who has not set a password yet: their id, and the last part of their link.
    pub async fn invited(&self) -> (String, String) {
        let number = self.number();
        let person = json!({"email": format!("p{number}@town.example"), "name": format!("Person {number}")});
        let person = self.post(self.admin(), "/api/v1/people", person).await;
        let id = person["id"].as_str().unwrap().to_owned();
        let issued = self
            .post(
                self.admin(),
                &format!("/api/v1/people/{id}/invitation"),
                json!({}),
            )
            .await;
        let link = issued["link"].as_str().unwrap();
        (id, last_part(link))
    }

    async fn service(&self, scope: &str) -> Actor {
        let made = self
            .post(
                self.admin(),
                "/api/v1/keys",
                json!({"name": "walker", "scopes": [scope]}),
            )
            .await;
        Actor {
            id: text(&made, "id"),
            key: Some(text(&made, "key")),
            ..Actor::default()
        }
    }

    async fn accept_and_sign_in(&self, email: &str, link: &str) -> Actor {
        let nobody = Actor::default();
        self.post(
            &nobody,
            &format!("/api/v1/links/{link}/accept"),
            json!({"password": PASSWORD}),
        )
        .await;
        self.sign_in(email).await
    }

    pub async fn sign_in(&self, email: &str) -> Actor {
        let credentials = json!({"email": email, "password": PASSWORD});
        let tokens = self.post(&Actor::default(), "/api/v1/sign-in", credentials).await;
        Actor {
            email: email.to_owned(),
            token: Some(text(&tokens, "access_token")),
            refresh: Some(text(&tokens, "refresh_token")),
            ..Actor::default()
        }
    }

    /// A GET that succeeds.
    pub async fn get(&self, caller: &Actor, path: &str) -> Value {
        let answer = self
            .send(Method::GET, path, Kind::Api, caller, Call::default())
            .await;
        self.done(&Method::GET, path, &answer)
    }

    /// A POST that succeeds.
    pub async fn post(&self, caller: &Actor, path: &str, body: Value) -> Value {
        let answer = self
            .send(Method::POST, path, Kind::Api, caller, Call::json(&body))
            .await;
        self.done(&Method::POST, path, &answer)
    }

    fn done(&self, method: &Method, path: &str, answer: &Answer) -> Value {
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path}: {} {}",
            answer.status,
            answer.text()
        );
        answer.json()
    }

    /// Brings a mail of a calendar program elsewhere; it changes something.
    pub async fn bring_mail(&self, mail: &str) {
        let ignored = self.running.calendars.hear_mail(mail.as_bytes()).await;
        assert!(ignored.unwrap().is_none(), "{mail}");
    }

    /// The last part of the link by which somebody stops a stream.
    pub fn stop_link(&self, owner: Id, stream: &str) -> String {
        let options = self.running.registry.options();
        post::streams::StopLinks::new(&options.base, &options.secret).token(owner, stream)
    }

    /// The last part of the link by which somebody outside the house answers an invitation.
    pub fn answer_link(&self, host: &Actor, uid: &str, guest: &str) -> String {
        let host = PersonId(host.id.parse().unwrap());
        let links = self
            .running
            .calendars
            .answer_links(host, uid, &format!("mailto:{guest}"));
        let (_, link) = &links[0];
        last_part(link).split('?').next().unwrap().to_owned()
    }

    /// The last part of a link to a file that was put for it.
    pub async fn file_link(&self) -> String {
        let path = format!("walk/{}.txt", self.number());
        let name = archive::Name::until(&path, self.clock.now().plus_seconds(3600)).unwrap();
        let body = futures_util::stream::iter([Ok::<_, String>(Bytes::from_static(b"walked"))]);
        self.archive().put(&name, body).await.unwrap();
        let link = self.archive().link(&name, "walk.txt", 60).unwrap();
        last_part(&link.url)
    }

    /// Where its store and its files are.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("townhall-data")
    }

    pub fn archive(&self) -> &archive::Archive {
        &self.running.archive
    }

    /// Waits until a letter is with its provider.
    pub async fn has_handed_over(&self, letter: &str) {
        let path = format!("/api/v1/letters/{letter}");
        let began = std::time::Instant::now();
        while self.get(self.admin(), &path).await["state"] != "handed_over" {
            assert!(began.elapsed() < PATIENCE, "{letter} does not go out");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The letters that went into the folder.
    pub fn letters(&self) -> Vec<Vec<u8>> {
        let folder = self.data().join("letters");
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let letters = files.filter(|file| file.path().extension().is_some_and(|e| e == "eml"));
        letters
            .filter_map(|file| std::fs::read(file.path()).ok())
            .collect()
    }

    /// Asks for a page, or sends a form.
    pub async fn page(&self, method: Method, path: &str, caller: &Actor, call: Call) -> Answer {
        self.send(method, path, Kind::Page, caller, call).await
    }

    /// Calls a route with the parameters of a sample.
    pub async fn call(&self, route: &RouteEntry, caller: &Actor, call: Call) -> Answer {
        let mut path = String::new();
        let mut values = call.path.iter();
        for (at, part) in route.path.split(['{', '}']).enumerate() {
            path.push_str(if at % 2 == 0 {
                part
            } else {
                values.next().expect("a value for each brace")
            });
        }
        path.push_str(&call.query);
        self.send(route.method.clone(), &path, route.kind, caller, call)
            .await
    }

    /// Answered in this process. Each call comes from an address of its own, so that no limit per address is met.
    pub async fn send(&self, method: Method, path: &str, kind: Kind, caller: &Actor, call: Call) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "town.example");
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(token) = &caller.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = &caller.key {
            request = request.header("x-api-key", key);
        }
        if kind == Kind::Grpc {
            request = request
                .header(header::CONTENT_TYPE, "application/grpc")
                .header(header::TE, "trailers");
        }
        let number = u32::try_from(self.number()).unwrap();
        let address = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number));
        let request = request.body(Body::from(call.body)).unwrap();
        Answer::read(self.front.answer(request, address).await, kind).await
    }
}

impl Call {
    pub fn json(body: &Value) -> Call {
        Call {
            body: body.to_string().into(),
            ..Call::default()
        }
        .header("content-type", "application/json")
    }

    /// A form of one of our own pages.
    pub fn form(fields: &[(&str, &str)]) -> Call {
        let mut body = String::new();
        for (name, value) in fields {
            let pair = format!("{name}={}&", value.replace('@', "%40").replace(' ', "+"));
            body.push_str(&pair);
        }
        Call {
            body: body.into(),
            ..Call::default()
        }
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
    }

    /// One encoded message of a gRPC call.
    pub fn message(encoded: &[u8]) -> Call {
        let mut body = vec![0];
        body.extend(u32::try_from(encoded.len()).unwrap().to_be_bytes());
        body.extend(encoded);
        Call {
            body: body.into(),
            ..Call::default()
        }
    }

    pub fn at(self, path: &[&str]) -> Call {
        Call {
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            ..self
        }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Call {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }
}

/// A stream that says nothing more for so long has said what it had to say.
const SILENCE: Duration = Duration::from_millis(300);

impl Answer {
    async fn read(response: axum::response::Response, kind: Kind) -> Answer {
        let (parts, mut body) = response.into_parts();
        let mut read = BytesMut::new();
        let mut trailers = HeaderMap::new();
        loop {
            let next = if kind == Kind::Grpc || is_stream(&parts.headers) {
                let next = tokio::time::timeout(SILENCE, body.frame());
                next.await.unwrap_or_default()
            } else {
                body.frame().await
            };
            match next.map(|frame| frame.unwrap().into_data()) {
                None => break,
                Some(Ok(data)) => read.extend_from_slice(&data),
                Some(Err(last)) => trailers = last.into_trailers().unwrap_or_default(),
            }
        }
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: read.freeze(),
            trailers,
        }
    }
}

fn is_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "text/event-stream")
}

fn text(value: &Value, field: &str) -> String {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {value}"))
        .to_owned()
}

fn last_part(link: &str) -> String {
    link.rsplit('/').next().unwrap().to_owned()
}

fn config(folder: &TempDir, provider: &str) -> Config {
    let data = folder.path().join("townhall-data");
    let letters = data.join("letters");
    let providers = format!(
        r#"[{{ kind = "folder", name = "folder", path = {letters:?} }},
            {{ kind = "mailgun", name = "mailgun", domain = "mg.town.example", api_key = "x", webhook_key = "{WEBHOOK_KEY}", weight = 0 }},
            {{ kind = "mandrill", name = "mandrill", api_key = "x", webhook_key = "{WEBHOOK_KEY}", webhook_url = "{WEBHOOK_URL}", weight = 0 }},
            {provider}]"#
    )
    .replace('\n', " ");
    let environment = [
        ("TOWNHALL_POST__PROVIDERS", providers.as_str()),
        ("TOWNHALL_STORE__DATA", data.to_str().unwrap()),
        ("TOWNHALL_SERVER__LISTEN", "127.0.0.1:0"),
        ("TOWNHALL_REGISTRY__ARGON2_MEMORY_KIBIBYTES", "8192"),
        ("TOWNHALL_REGISTRY__ARGON2_PASSES", "1"),
    ];
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(&Sources {
        file: None,
        environment: environment.collect(),
        flags: Vec::new(),
    })
    .unwrap()
}

/// The first administrator of an empty house: their id, and the last part of their link.
async fn first_admin(running: &Running) -> (String, String) {
    let operator = Doer::house("town");
    let about = About {
        email: Some(Email::parse(ADMIN).unwrap()),
        name: Text::new("Ada", 20).unwrap(),
        language: Language::default(),
        zone: Zone::parse("UTC").unwrap(),
        attributes: Attributes::default(),
    };
    let new = NewPerson {
        id: None,
        about,
        start: Start::Invited,
    };
    let person = running.registry.create_person(&operator, new).await.unwrap();
    running
        .registry
        .grant(&operator, person.id, "admin", "house")
        .await
        .unwrap();
    let issued = running.registry.invite(&operator, person.id).await.unwrap();
    (person.id.to_string(), last_part(issued.address.unwrap().reveal()))
}
