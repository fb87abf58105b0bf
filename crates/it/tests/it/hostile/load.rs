//! Clients that write as fast as they are answered and remember every answer, so that a test can ask afterwards
//! whether the house kept its word.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use registry::audit::By;
use registry::keys::NewKey;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use townhall::Opening;
use townhall::config::{Config, Sources};

/// A condition that does not come true by then will not come true.
pub const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// A house as a service with a key sees it.
#[derive(Clone)]
pub struct Api {
    pub base: String,
    key: String,
    client: reqwest::Client,
}

/// What came of one write.
#[derive(Debug)]
pub enum Outcome {
    /// 2xx: it is on disk.
    Kept { id: String },
    /// Told that nothing was changed.
    Refused { status: u16, code: String },
    /// No answer, or one that says that nobody knows.
    Unknown,
    /// Nobody listens there.
    Gone,
}

impl Api {
    pub fn new(base: &str, key: &str) -> Api {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(40))
            .build()
            .unwrap();
        Api {
            base: base.to_owned(),
            key: key.to_owned(),
            client,
        }
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .header("x-api-key", &self.key)
    }

    /// Somebody new; the address tells them apart.
    pub async fn create(&self, email: &str, name: &str) -> Outcome {
        let person = json!({"email": email, "name": name});
        match self
            .request(reqwest::Method::POST, "/api/v1/people")
            .json(&person)
            .send()
            .await
        {
            Err(error) if error.is_connect() => Outcome::Gone,
            Err(_) => Outcome::Unknown,
            Ok(answer) => outcome(answer).await,
        }
    }

    /// The person with this id: status and body.
    pub async fn person(&self, id: &str) -> reqwest::Result<(u16, Value)> {
        let answer = self
            .request(reqwest::Method::GET, &format!("/api/v1/people/{id}"))
            .send()
            .await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or(Value::Null)))
    }

    /// Everyone, by the pages of the list: id and address.
    pub async fn everyone(&self) -> HashMap<String, String> {
        let mut everyone = HashMap::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = vec![("limit", "100".to_owned())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let answer = self
                .request(reqwest::Method::GET, "/api/v1/people")
                .query(&query)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200, "a page of the list of people");
            let page: Value = answer.json().await.unwrap();
            for person in page["items"].as_array().unwrap() {
                let text = |field: &str| person[field].as_str().unwrap_or_default().to_owned();
                everyone.insert(text("id"), text("email"));
            }
            cursor = page["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return everyone;
            }
        }
    }

    /// Status, body and ETag; `None` when nobody answered.
    pub async fn call(
        &self,
        method: reqwest::Method,
        path: &str,
        tag: Option<&str>,
        body: Option<&Value>,
    ) -> Option<(u16, Value, Option<String>)> {
        let mut request = self.request(method, path);
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok());
        let tag = tag.map(str::to_owned);
        Some((answer.status().as_u16(), answer.json().await.ok()?, tag))
    }

    pub async fn get_status(&self, path: &str) -> u16 {
        let answer = self.request(reqwest::Method::GET, path).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }
}

async fn outcome(answer: reqwest::Response) -> Outcome {
    let status = answer.status();
    let Ok(body) = answer.json::<Value>().await else {
        return Outcome::Unknown;
    };
    if status.is_success() {
        return Outcome::Kept {
            id: body["id"].as_str().unwrap().to_owned(),
        };
    }
    let code = body["code"].as_str().unwrap_or_default().to_owned();
    match code.as_str() {
        "took_too_long" | "undecided" | "internal" => Outcome::Unknown,
        _ => Outcome::Refused {
            status: status.as_u16(),
            code,
        },
    }
}

/// What the house said. It has to be true for ever after.
#[derive(Default)]
pub struct Ledger {
    kept: Mutex<Vec<(String, String)>>,
    refused: Mutex<Vec<(String, u16, String)>>,
    unknown: AtomicU64,
    next: AtomicU64,
}

impl Ledger {
    pub fn kept(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    pub fn refusals(&self) -> Vec<(u16, String)> {
        self.refused
            .lock()
            .unwrap()
            .iter()
            .map(|(_, status, code)| (*status, code.clone()))
            .collect()
    }

    pub fn unknown(&self) -> u64 {
        self.unknown.load(Ordering::Relaxed)
    }

    fn note(&self, email: String, outcome: Outcome) {
        match outcome {
            Outcome::Kept { id } => self.kept.lock().unwrap().push((id, email)),
            Outcome::Refused { status, code } => self.refused.lock().unwrap().push((email, status, code)),
            Outcome::Unknown => {
                self.unknown.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Gone => {}
        }
    }

    /// Whoever was acknowledged is there, and nobody who was refused.
    pub async fn is_true(&self, api: &Api) {
        let (kept, refused) = (
            self.kept.lock().unwrap().clone(),
            self.refused.lock().unwrap().clone(),
        );
        let everyone = api.everyone().await;
        for (id, email) in kept {
            assert_eq!(
                everyone.get(&id),
                Some(&email),
                "{email} was acknowledged and is lost"
            );
        }
        let there: HashSet<&String> = everyone.values().collect();
        for (email, status, code) in refused {
            assert!(
                !there.contains(&email),
                "{email} was refused ({status} {code}) and is there"
            );
        }
    }

    /// Each of the last ones acknowledged can be asked for by id.
    pub async fn shows_the_last(&self, api: &Api, count: usize) {
        let kept: Vec<_> = self
            .kept
            .lock()
            .unwrap()
            .iter()
            .rev()
            .take(count)
            .cloned()
            .collect();
        for (id, email) in kept {
            let (status, person) = api.person(&id).await.unwrap();
            assert_eq!(
                (status, person["email"].as_str()),
                (200, Some(email.as_str())),
                "{person}"
            );
        }
    }
}

/// Writers that are at work until they are stopped or nobody listens any more.
pub struct Load {
    stop: Arc<AtomicBool>,
    writers: JoinSet<()>,
}

impl Load {
    pub fn start(api: &Api, ledger: &Arc<Ledger>, writers: usize) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let mut set = JoinSet::new();
        for _ in 0..writers {
            set.spawn(write(api.clone(), Arc::clone(ledger), Arc::clone(&stop)));
        }
        Load { stop, writers: set }
    }

    pub async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.ended().await;
    }

    /// All writers saw that nobody listens.
    pub async fn ended(&mut self) {
        while let Some(done) = self.writers.join_next().await {
            done.unwrap();
        }
    }
}

async fn write(api: Api, ledger: Arc<Ledger>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let number = ledger.next.fetch_add(1, Ordering::Relaxed);
        let email = format!("writer{number}@load.example");
        let outcome = api.create(&email, &format!("Writer {number}")).await;
        let gone = matches!(outcome, Outcome::Gone);
        let refused = matches!(outcome, Outcome::Refused { .. });
        ledger.note(email, outcome);
        if gone {
            break;
        }
        if refused {
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Waits for a condition of the world outside, which no test can move by hand.
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < deadline, "still not after {PATIENCE:?}: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// A key that may do what the load does, made while the house of this folder is closed. The store is migrated by it.
pub async fn key(folder: &Path) -> String {
    key_for(folder, &["people:read", "people:write"]).await
}

/// The same for whoever does something else.
pub async fn key_for(folder: &Path, scopes: &[&str]) -> String {
    let file = folder.join("townhall.toml");
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let sources = Sources {
        file: file.exists().then_some(file),
        environment: vec![
            setting("TOWNHALL_SERVER__LISTEN", "127.0.0.1:0"),
            setting("TOWNHALL_STORE__MIGRATE_ON_START", "true"),
            setting(
                "TOWNHALL_STORE__DATA",
                folder.join("townhall-data").to_str().unwrap(),
            ),
        ],
        flags: Vec::new(),
    };
    let running = townhall::open(Opening::new(Config::load(&sources).unwrap()))
        .await
        .unwrap();
    let new = NewKey {
        name: "load".to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expires: None,
    };
    let (_, key) = running.registry.make_key(new, &By::house("load")).await.unwrap();
    running.close().await.unwrap();
    key.reveal().to_owned()
}
