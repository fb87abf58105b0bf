//! Event streams, over sockets: who is told what and when, who may listen, and how it ends.

use std::time::{Duration, Instant};

use kernel::Clock;
use registry::audit::By;
use registry::keys::NewKey;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::house::House;
use testkit::postgres::{Database, shared};
use townhall::config::{Config, Sources};
use townhall::{Opening, Running};

use crate::town::{PATIENCE, Role, Town};

/// As long as nothing is said, nothing was to be said.
const SILENCE: Duration = Duration::from_millis(400);

/// A house as a program with a key sees it.
struct Api {
    base: String,
    key: String,
    client: Client,
}

impl Api {
    fn new(base: &str, key: &str) -> Api {
        Api {
            base: base.to_owned(),
            key: key.to_owned(),
            client: Client::new(),
        }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.base));
        let answer = request.header("x-api-key", &self.key).json(&body).send();
        let answer = answer.await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn has_segment(&self, key: &str) {
        let wanted = json!({"key": key, "title": "A segment"});
        self.send("POST", "/api/v1/segments", wanted).await;
    }

    async fn put(&self, person: &str, key: &str, what: &str) {
        let one = match what {
            "add" => json!({"key": key}),
            _ => json!(key),
        };
        let path = format!("/api/v1/people/{person}/segments");
        self.send("PATCH", &path, json!({what: [one]})).await;
    }

    /// The flags of somebody, as a client asks that has those of `tag` already.
    async fn fetch(&self, person: &str, tag: Option<&str>, told: Option<&str>) -> Fetched {
        let mut request = self
            .client
            .post(format!("{}/ofrep/v1/evaluate/flags", self.base))
            .header("x-api-key", &self.key)
            .json(&json!({"context": {"targetingKey": person}}));
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        if let Some(told) = told {
            request = request.query(&[("flagConfigEtag", told)]);
        }
        let answer = request.send().await.unwrap();
        Fetched {
            status: answer.status(),
            tag: answer.headers()["etag"].to_str().unwrap().to_owned(),
            body: answer.json().await.unwrap_or_default(),
        }
    }

    /// Waits until segments have heard of somebody.
    async fn knows(&self, person: &str) {
        let began = Instant::now();
        while self.fetch(person, None, None).await.body["flags"][0]["reason"] == "UNKNOWN" {
            assert!(began.elapsed() < PATIENCE, "segments do not know {person}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

struct Fetched {
    status: StatusCode,
    tag: String,
    body: Value,
}

impl Fetched {
    fn stream(&self) -> &str {
        let stream = &self.body["eventStreams"][0];
        assert_eq!(stream["type"], "sse");
        assert_eq!(stream["inactivityDelaySec"], 120);
        stream["url"].as_str().unwrap()
    }

    fn value(&self, key: &str) -> &Value {
        let flags = self.body["flags"].as_array().unwrap();
        &flags.iter().find(|flag| flag["key"] == key).unwrap()["value"]
    }
}

struct Stream {
    answer: reqwest::Response,
    text: String,
    /// What was told last, as far as it was read.
    last: String,
}

#[derive(Debug)]
struct Event {
    id: String,
    data: Option<Value>,
}

impl Stream {
    async fn open(url: &str, version: http::Version, last: Option<&str>) -> Stream {
        let client = match version {
            http::Version::HTTP_2 => Client::builder().http2_prior_knowledge().build().unwrap(),
            _ => Client::new(),
        };
        let mut request = client.get(url).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.version(), version);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        Stream {
            answer,
            text: String::new(),
            last: "nothing".to_owned(),
        }
    }

    /// The next block that is more than a sign of life; nothing at the end.
    async fn next(&mut self) -> Option<Event> {
        let read = async {
            loop {
                while let Some((block, rest)) = self.text.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.text = rest;
                    if let Some(event) = event(&block) {
                        return Some(event);
                    }
                }
                let chunk = self.answer.chunk().await.expect("a stream ends in order")?;
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("an event")
    }

    /// The next word to fetch again; its id.
    async fn told(&mut self) -> String {
        let event = self.next().await.expect("the stream goes on");
        let data = event.data.expect("an event with data");
        assert_eq!(data["type"], "refetchEvaluation");
        assert_eq!(data["etag"], json!(event.id));
        event.id
    }

    /// Waits until what was told last is what a process knows; both may learn of somebody in several steps.
    async fn tells_of(&mut self, api: &Api, person: &str) -> String {
        let began = Instant::now();
        loop {
            let known = api.fetch(person, None, None).await.tag;
            if known.starts_with(&format!("\"{}", self.last)) {
                return self.last.clone();
            }
            assert!(began.elapsed() < PATIENCE, "not told of {known}");
            if let Ok(told) = tokio::time::timeout(SILENCE, self.told()).await {
                self.last = told;
            }
        }
    }

    async fn is_silent(&mut self) -> bool {
        tokio::time::timeout(SILENCE, self.next()).await.is_err()
    }
}

fn event(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let data = field("data").map(|data| serde_json::from_str(data).unwrap());
    Some(Event {
        id: field("id")?.to_owned(),
        data,
    })
}

/// A town, its flags, and somebody whom segments know.
async fn town() -> (Town, Api, String) {
    let town = Town::open().await;
    let key = town.actor(&Role::Key("segments:write")).await.key.unwrap();
    let reader = town.actor(&Role::Key("segments:read")).await.key.unwrap();
    Api::new(town.base(), &key).has_segment("NEW_DESK").await;
    let somebody = town.invited().await.0;
    Api::new(town.base(), &reader).knows(&somebody).await;
    // Both in one, as a program has them that asks and changes.
    let path = "/api/v1/keys";
    let both = json!({"name": "both", "scopes": ["segments:read", "segments:write"]});
    let both = town.post(town.admin(), path, both).await;
    let api = Api::new(town.base(), both["key"].as_str().unwrap());
    (town, api, somebody)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_when_rules_or_its_person_change_and_not_of_others() {
    let (town, api, somebody) = town().await;
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        let key = format!("FOR_{version:?}").replace('/', "_");
        let fetched = api.fetch(&somebody, None, None).await;
        let mut stream = Stream::open(fetched.stream(), version, None).await;
        let first = stream.told().await;
        assert!(fetched.tag.contains(&first), "who was silent is told at once");
        assert!(stream.is_silent().await, "and then only of changes");

        api.has_segment(&key).await;
        let told = stream.told().await;
        let again = api.fetch(&somebody, Some(&fetched.tag), Some(&told)).await;
        assert_eq!(again.status, 200);
        assert_eq!(again.value(&key), false);
        assert_eq!(again.stream(), fetched.stream(), "the stream stays open");

        let other = town.invited().await.0;
        api.knows(&other).await;
        api.put(&other, &key, "add").await;
        assert!(stream.is_silent().await, "others are nobody's business");
        api.put(&somebody, &key, "add").await;
        let told = stream.told().await;
        let again = api.fetch(&somebody, Some(&again.tag), Some(&told)).await;
        assert_eq!(again.value(&key), true);
        let same = api.fetch(&somebody, Some(&again.tag), Some(&told)).await;
        assert_eq!(same.status, 304, "nothing is fetched twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_told_exactly_when_something_changed_meanwhile() {
    let (_town, api, somebody) = town().await;
    let fetched = api.fetch(&somebody, None, None).await;
    let url = fetched.stream();
    let one = http::Version::HTTP_11;
    let first = Stream::open(url, one, None).await.told().await;

    let mut back = Stream::open(url, one, Some(&first)).await;
    let noted = back.next().await.unwrap();
    assert_eq!(noted.id, first, "the client notes where it is");
    assert!(noted.data.is_none(), "nothing happened");
    drop(back);

    api.put(&somebody, "NEW_DESK", "add").await;
    let mut back = Stream::open(url, one, Some(&first)).await;
    let missed = back.told().await;
    assert_ne!(missed, first);
    api.put(&somebody, "NEW_DESK", "remove").await;
    assert_ne!(back.told().await, missed, "and goes on from there");
    let strange = Stream::open(url, one, Some("evt-1234")).await.told().await;
    assert!(!strange.is_empty(), "an id of another house is no id");
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_of_a_rollout_are_told_at_their_instant() {
    let (town, api, somebody) = town().await;
    let at = town.clock.now().plus_seconds(3600).to_string();
    let rollout = json!({"share": 0, "steps": [{"at": at, "share": 100}]});
    let wanted = json!({"key": "LATER", "title": "Later", "rollout": rollout});
    api.send("POST", "/api/v1/segments", wanted).await;
    let fetched = api.fetch(&somebody, None, None).await;
    let mut stream = Stream::open(fetched.stream(), http::Version::HTTP_11, None).await;
    let first = stream.told().await;
    assert!(stream.is_silent().await);
    town.clock.advance_seconds(3601);
    assert_ne!(stream.told().await, first);
    let again = api.fetch(&somebody, Some(&fetched.tag), None).await;
    assert_eq!(again.value("LATER"), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_for_a_day_and_cannot_be_made_up() {
    let (town, api, somebody) = town().await;
    let fetched = api.fetch(&somebody, None, None).await;
    let url = fetched.stream().to_owned();
    let status = async |url: &str| Client::new().get(url).send().await.unwrap().status();
    let (rest, last) = url.split_at(url.len() - 2);
    let other = if last == "AA" { "BA" } else { "AA" };
    assert_eq!(status(&format!("{rest}{other}")).await, 404, "not {last}");
    town.clock.advance_seconds(24 * 60 * 60);
    assert_eq!(status(&url).await, 410);
    let again = api.fetch(&somebody, Some(&fetched.tag), None).await;
    assert_eq!(again.status, 200, "not as before: it has another address");
    let mut stream = Stream::open(again.stream(), http::Version::HTTP_11, None).await;
    stream.told().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_does_not_take_the_places_of_others() {
    let (town, api, somebody) = town().await;
    let url = api.fetch(&somebody, None, None).await.stream().to_owned();
    let two = Client::builder().http2_prior_knowledge().build().unwrap();
    let mut open = Vec::new();
    let refused = loop {
        let answer = two.get(&url).send().await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        open.push(answer);
        assert!(open.len() < 100, "there is an end");
    };
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    let other = town.invited().await.0;
    let fetched = api.fetch(&other, None, None).await;
    let mut stream = Stream::open(fetched.stream(), http::Version::HTTP_11, None).await;
    stream.told().await;
}

async fn open_on(databases: &[Database], folder: &std::path::Path) -> Running {
    let entry = |(name, one): (&str, &Database)| format!("{{ name = \"{name}\", url = \"{}\" }}", one.url());
    let entries: Vec<String> = ["one", "two"].into_iter().zip(databases).map(entry).collect();
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let sources = Sources {
        file: None,
        environment: vec![
            setting("TOWNHALL_SERVER__LISTEN", "127.0.0.1:0"),
            setting("TOWNHALL_STORE__ENGINE", "postgres"),
            setting("TOWNHALL_STORE__SERVERS", &format!("[{}]", entries.join(", "))),
            setting("TOWNHALL_STORE__MIGRATE_ON_START", "true"),
            setting("TOWNHALL_STORE__DATA", folder.to_str().unwrap()),
        ],
        flags: Vec::new(),
    };
    townhall::open(Opening::new(Config::load(&sources).unwrap()))
        .await
        .unwrap()
}

async fn key(running: &Running) -> String {
    let scopes = ["people:write", "segments:read", "segments:write"];
    let new = NewKey {
        name: "flags".to_owned(),
        scopes: scopes.map(str::to_owned).to_vec(),
        expires: None,
    };
    let made = running.registry.make_key(new, &By::house("flags")).await;
    made.unwrap().1.reveal().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_edited_at_one_process_is_told_by_the_other_and_closing_ends_the_streams() {
    let databases: Vec<Database> = shared()
        .unwrap()
        .iter()
        .map(|server| server.create_database().unwrap())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let edited = open_on(&databases, folder.path()).await;
    let other = open_on(&databases, folder.path()).await;
    let key = key(&edited).await;
    let (editor, api) = (Api::new(&edited.base, &key), Api::new(&other.base, &key));
    editor.has_segment("NEW_DESK").await;
    let born = Clock::system().now().as_micros();
    let person = json!({"email": format!("p{born}@town.example"), "name": "Ada"});
    let person = editor.send("POST", "/api/v1/people", person).await;
    let person = person["id"].as_str().unwrap();
    for process in [&editor, &api] {
        process.knows(person).await;
    }

    let fetched = api.fetch(person, None, None).await;
    let mut streams = Vec::new();
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        let mut stream = Stream::open(fetched.stream(), version, None).await;
        stream.told().await;
        streams.push(stream);
    }
    // The address that one process gave, at the other.
    let at_editor = fetched.stream().replace(&other.base, &edited.base);
    let mut quick = Stream::open(&at_editor, http::Version::HTTP_11, None).await;
    quick.told().await;
    for is_in in [true, false, true] {
        let what = if is_in { "add" } else { "remove" };
        editor.put(person, "NEW_DESK", what).await;
        let told = quick.tells_of(&editor, person).await;
        // Told by the one, fetched from the other, which may not have heard of it.
        let began = Instant::now();
        while api.fetch(person, None, Some(&told)).await.value("NEW_DESK") != is_in {
            assert!(began.elapsed() < PATIENCE, "the other process does not follow");
        }
        for stream in &mut streams {
            stream.tells_of(&editor, person).await;
        }
    }
    editor.has_segment("SECOND").await;
    for stream in streams.iter_mut().chain([&mut quick]) {
        stream.tells_of(&editor, person).await;
    }

    let closing = tokio::spawn(other.close());
    for stream in &mut streams {
        assert!(stream.next().await.is_none(), "it ends, and is not cut off");
    }
    drop(streams);
    closing.await.unwrap().unwrap();
    editor.has_segment("THIRD").await;
    quick.tells_of(&editor, person).await;
    drop(quick);
    edited.close().await.unwrap();
}

/// How long it takes depends on the machine, so it is told and not judged; that it comes at all is.
#[tokio::test(flavor = "multi_thread")]
async fn each_edit_at_one_process_reaches_the_streams_of_the_other() {
    const EDITS: usize = 16;
    let databases: Vec<Database> = shared()
        .unwrap()
        .iter()
        .map(|server| server.create_database().unwrap())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let edited = open_on(&databases, folder.path()).await;
    let other = open_on(&databases, folder.path()).await;
    let key = key(&edited).await;
    let (editor, api) = (Api::new(&edited.base, &key), Api::new(&other.base, &key));
    editor.has_segment("NEW_DESK").await;
    let person = json!({"email": "ada@town.example", "name": "Ada"});
    let person = editor.send("POST", "/api/v1/people", person).await;
    let person = person["id"].as_str().unwrap();
    for process in [&editor, &api] {
        process.knows(person).await;
    }
    let fetched = api.fetch(person, None, None).await;
    let mut stream = Stream::open(fetched.stream(), http::Version::HTTP_11, None).await;
    stream.tells_of(&editor, person).await;
    let mut took = Vec::new();
    for edit in 0..EDITS {
        let what = if edit % 2 == 0 { "add" } else { "remove" };
        let began = Instant::now();
        editor.put(person, "NEW_DESK", what).await;
        let told = stream.told().await;
        took.push(began.elapsed());
        let state = editor.fetch(person, None, None).await.tag;
        assert!(
            state.starts_with(&format!("\"{told}")),
            "it was told of this edit"
        );
    }
    took.sort();
    let report = format!(
        "from an edit until the other process tells of it: median {:?}, longest {:?}\n",
        took[EDITS / 2],
        took[EDITS - 1]
    );
    std::io::Write::write_all(&mut std::io::stderr(), report.as_bytes()).unwrap();
    drop(stream);
    other.close().await.unwrap();
    edited.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_streams_are_in_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), &["--demo", "--log", "trace"]).unwrap();
    let demo = std::fs::read_to_string(folder.path().join("townhall-data/demo.json")).unwrap();
    let demo: Value = serde_json::from_str(&demo).unwrap();
    let api = Api::new(&house.base, demo["service_key"].as_str().unwrap());
    let person = demo["people"][0]["id"].as_str().unwrap();
    let url = api.fetch(person, None, None).await.stream().to_owned();
    let mut stream = Stream::open(&url, http::Version::HTTP_11, None).await;
    stream.told().await;
    let token = url.rsplit('/').next().unwrap();
    let forged = format!("{}{}", &token[1..], "AA");
    let answer = Client::new().get(url.replace(token, &forged)).send().await;
    assert_eq!(answer.unwrap().status(), 404);
    drop(stream);
    assert!(house.terminate().unwrap().success());
    let log = house.log();
    assert!(log.contains("/ofrep/v1/streams/{token}"), "the log tells of it");
    assert!(
        !log.contains(token) && !log.contains(&forged),
        "but not where it is"
    );
}
