//! How long until one process answers by what another has changed, both on one PostgreSQL: rules, and a person by hand.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use testkit::house::House;
use testkit::postgres::{Options, Server};

use crate::house::{SETTINGS, make_key};
use crate::{Better, Size, exact, say};

/// What the design asks for.
const P99_MILLISECONDS_MAX: f64 = 1_000.0;
const GIVEN_UP_AFTER: Duration = Duration::from_secs(30);
/// An edit that takes longer is counted as this long.
const MICROSECONDS_MAX: u64 = 60_000_000;
const SEGMENT: &str = "SEEN";
const SCOPES: [&str; 3] = ["people:write", "segments:read", "segments:write"];

pub fn measure(size: &Size) -> Result<()> {
    let edits = if size.quick { 60 } else { 500 };
    let server = Server::start(&Options::default())?;
    let database = server.address().create_database()?;
    let folder = tempfile::tempdir()?;
    let servers = format!("[{{ name = \"one\", url = \"{}\" }}]", database.url());
    let config = format!("[store]\nengine = \"postgres\"\nservers = {servers}\nmigrate_on_start = true\n");
    std::fs::write(folder.path().join("townhall.toml"), config)?;
    let open = || {
        let mut command = testkit::house::townhall(folder.path(), &["serve", "--listen", "127.0.0.1:0"])?;
        command.envs(SETTINGS);
        House::start(command)
    };
    let writer = open()?;
    let key = make_key(folder.path(), &SCOPES)?;
    let reader = open()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let writer = Api::new(&writer.base, &key);
        let reader = Api::new(&reader.base, &key);
        writer
            .send(
                "POST",
                "/api/v1/segments",
                None,
                &json!({ "key": SEGMENT, "title": SEGMENT }),
            )
            .await?;
        let rules = rules(&writer, &reader, edits).await?;
        tell("a rule", &rules)?;
        let person = json!({ "email": "seen@bench.example", "name": "Somebody" });
        let person = writer.send("POST", "/api/v1/people", None, &person).await?;
        let person = person["id"].as_str().context("a person")?.to_owned();
        let people = people(&writer, &reader, &person, edits).await?;
        tell("a person by hand", &people)
    })
}

fn tell(what: &str, took: &Histogram<u64>) -> Result<()> {
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("the slowest", 1.0)] {
        let case = format!("edit of {what} seen by the other process, {name}");
        let milliseconds = exact(took.value_at_quantile(quantile)) / 1000.0;
        let peer = "most that is asked for of p99";
        say(
            &case,
            milliseconds,
            P99_MILLISECONDS_MAX,
            peer,
            "ms",
            Better::Less,
        )?;
    }
    Ok(())
}

async fn rules(writer: &Api, reader: &Api, edits: u32) -> Result<Histogram<u64>> {
    let path = format!("/api/v1/segments/{SEGMENT}");
    let mut took = Histogram::<u64>::new_with_max(MICROSECONDS_MAX, 3)?;
    for number in 0..edits {
        let change = json!({ "rollout": { "share": number % 100 } });
        let version = writer.get(&path).await?["version"]
            .as_i64()
            .context("a version")?;
        writer
            .send("PATCH", &path, Some(&format!("\"v{version}\"")), &change)
            .await?;
        let began = Instant::now();
        let is_seen = |found: &Value| found["version"].as_i64() > Some(version);
        took.saturating_record(reader.until(&path, began, is_seen).await?);
    }
    Ok(took)
}

async fn people(writer: &Api, reader: &Api, person: &str, edits: u32) -> Result<Histogram<u64>> {
    let path = format!("/api/v1/people/{person}/segments");
    let mut took = Histogram::<u64>::new_with_max(MICROSECONDS_MAX, 3)?;
    let end_of_rollout = json!({ "rollout": null });
    let segment = format!("/api/v1/segments/{SEGMENT}");
    let version = writer.get(&segment).await?["version"]
        .as_i64()
        .context("a version")?;
    writer
        .send(
            "PATCH",
            &segment,
            Some(&format!("\"v{version}\"")),
            &end_of_rollout,
        )
        .await?;
    for api in [writer, reader] {
        api.until(&path, Instant::now(), |found| {
            found["segments"].as_array().is_some_and(Vec::is_empty)
        })
        .await?;
    }
    for number in 0..edits {
        let wanted = number.is_multiple_of(2);
        let change = if wanted {
            json!({ "add": [{ "key": SEGMENT }] })
        } else {
            json!({ "remove": [SEGMENT] })
        };
        writer.send("PATCH", &path, None, &change).await?;
        let began = Instant::now();
        let is_seen = |found: &Value| {
            found["segments"]
                .as_array()
                .is_some_and(|all| all.is_empty() != wanted)
        };
        took.saturating_record(reader.until(&path, began, is_seen).await?);
    }
    Ok(took)
}

/// One of the two processes.
struct Api {
    base: String,
    key: String,
    client: reqwest::Client,
}

impl Api {
    fn new(base: &str, key: &str) -> Api {
        Api {
            base: base.to_owned(),
            key: key.to_owned(),
            client: reqwest::Client::new(),
        }
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let ask = self
            .client
            .get(format!("{}{path}", self.base))
            .header("x-api-key", &self.key);
        Ok(ask.send().await?.json().await?)
    }

    async fn send(&self, method: &str, path: &str, tag: Option<&str>, body: &Value) -> Result<Value> {
        let ask = self
            .client
            .request(method.parse()?, format!("{}{path}", self.base));
        let ask = ask.header("x-api-key", &self.key).json(body);
        let answer = match tag {
            Some(tag) => ask.header("if-match", tag),
            None => ask,
        };
        let answer = answer.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// Asks until it is so; microseconds since `began`.
    async fn until(&self, path: &str, began: Instant, is_so: impl Fn(&Value) -> bool) -> Result<u64> {
        loop {
            if is_so(&self.get(path).await?) {
                return Ok(u64::try_from(began.elapsed().as_micros())?);
            }
            ensure!(began.elapsed() < GIVEN_UP_AFTER, "{path} is never seen to change");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
