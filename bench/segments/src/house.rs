//! The real binary on its embedded store, with as many people as are asked for.
//!
//! Segments are created by the API, as product teams do. People's rows are written into the store's file beside it, as the
//! service writes them: a million changes by hand would be thirty million lines of history that nobody measures here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kernel::{Id, PersonId};
use rusqlite::Connection;
use segments::types::{Mark, Number};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::house::House;

use crate::crowd;
use crate::load::Asked;

/// A house of ten million people reads them before it opens.
const OPEN_WITHIN: Duration = Duration::from_secs(600);
/// One line for each of some hundred thousand requests would measure the pipe they are written to.
pub const SETTINGS: [(&str, &str); 1] = [("TOWNHALL_LOG__LEVEL", "warn")];
/// Whom the questions are about, at most.
const ASKED_ABOUT: u32 = 50_000;
/// People of one transaction.
const ROWS: usize = 50_000;
const INDEX: &str = "segment_people_by_vshard";

pub struct Town {
    folder: TempDir,
    pub people: u32,
    pub key: String,
}

impl Town {
    pub fn build(people: u32) -> Result<Town> {
        let folder = tempfile::tempdir()?;
        House::open(folder.path(), &[])?.terminate()?;
        let key = make_key(folder.path(), &["segments:read", "segments:write"])?;
        let town = Town { folder, people, key };
        let mut house = town.open()?;
        create_segments(&house.base, &town.key)?;
        house.terminate()?;
        fill(&town.file()?, people)?;
        Ok(town)
    }

    pub fn open(&self) -> Result<House> {
        let mut command = testkit::house::townhall(self.path(), &["serve", "--listen", "127.0.0.1:0"])?;
        command.envs(SETTINGS);
        House::start_within(command, OPEN_WITHIN)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self) -> Result<PathBuf> {
        let data = self.path().join("townhall-data");
        let files = std::fs::read_dir(&data)?.filter_map(|entry| Some(entry.ok()?.path()));
        let mut stores = files.filter(|path| path.extension().is_some_and(|end| end == "db"));
        stores
            .next()
            .with_context(|| format!("no store in {}", data.display()))
    }

    /// The question of every sign-in, about people all over the town.
    pub fn questions(&self, house: &House) -> Result<Asked> {
        let ask = |person: PersonId| {
            format!(
                "GET /api/v1/people/{person}/segments HTTP/1.1\r\nhost: localhost\r\nx-api-key: {}\r\n\r\n",
                self.key
            )
            .into_bytes()
        };
        let requests = self.asked_about().map(|number| ask(crowd::person(number)));
        Ok(Asked::http(address(house)?, requests.collect()))
    }

    pub fn asked_about(&self) -> impl Iterator<Item = u32> {
        crowd::sample(self.people, ASKED_ABOUT)
    }
}

/// Of a house that is there already, open or not.
pub fn make_key(folder: &Path, scopes: &[&str]) -> Result<String> {
    let mut arguments = vec!["admin", "keys", "create", "bench", "--json"];
    for scope in scopes {
        arguments.extend(["--scope", scope]);
    }
    let made = testkit::house::run(folder, &arguments)?;
    ensure!(
        made.status.success(),
        "no key: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let made: Value = serde_json::from_slice(&made.stdout)?;
    Ok(made["key"].as_str().context("a key")?.to_owned())
}

pub fn address(house: &House) -> Result<std::net::SocketAddr> {
    Ok(house.base.trim_start_matches("http://").parse()?)
}

fn create_segments(base: &str, key: &str) -> Result<()> {
    for number in 0..crowd::SEGMENTS {
        let key_of = crowd::key(number);
        let draft = json!({ "key": key_of, "title": key_of, "owner": "bench" });
        call(base, key, "POST", "/api/v1/segments", None, &draft)?;
    }
    Ok(())
}

/// Gives every segment the same share of all people.
pub fn roll_out(base: &str, key: &str, percent: f64) -> Result<()> {
    for number in 0..crowd::SEGMENTS {
        let path = format!("/api/v1/segments/{}", crowd::key(number));
        let edit = json!({ "rollout": { "share": percent } });
        let (_, tag) = call(base, key, "GET", &path, None, &Value::Null)?;
        call(base, key, "PATCH", &path, tag.as_deref(), &edit)?;
    }
    Ok(())
}

/// What was answered, and its ETag.
fn call(
    base: &str,
    key: &str,
    method: &str,
    path: &str,
    tag: Option<&str>,
    body: &Value,
) -> Result<(Value, Option<String>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut request = reqwest::Client::new()
            .request(method.parse()?, format!("{base}{path}"))
            .header("x-api-key", key);
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok());
        let tag = tag.map(str::to_owned);
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        Ok((serde_json::from_str(&text)?, tag))
    })
}

/// Writes people in the order of their ids, and the other index at the end: both ways are several times faster than theirs.
fn fill(file: &Path, people: u32) -> Result<()> {
    let mut numbers: Vec<(Id, u32)> = (0..people)
        .map(|number| (crowd::person(number).0, number))
        .collect();
    numbers.sort_unstable();
    let mut store = Connection::open(file)?;
    let index: String = store.query_row("SELECT sql FROM sqlite_master WHERE name = ?1", [INDEX], |row| {
        row.get(0)
    })?;
    store.execute_batch(&format!(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; DROP INDEX {INDEX}"
    ))?;
    for part in numbers.chunks(ROWS) {
        let write = store.transaction()?;
        {
            let mut insert = write.prepare_cached(
                "INSERT INTO segment_people (person, vshard, version, facts, hand) VALUES (?1, ?2, 1, ?3, ?4)",
            )?;
            for (id, number) in part {
                let vshard = id.virtual_shard().number();
                insert.execute((id.as_bytes(), vshard, facts(*number), hand(*number)))?;
            }
        }
        write.commit()?;
    }
    store.execute_batch(&format!("{index}; ANALYZE"))?;
    Ok(())
}

/// Two languages, eight zones: as many kinds of people as a country has.
fn facts(number: u32) -> String {
    let language = if number.is_multiple_of(3) { "en" } else { "ru" };
    let zones = [
        "Europe/Kaliningrad",
        "Europe/Moscow",
        "Europe/Samara",
        "Asia/Yekaterinburg",
        "Asia/Omsk",
        "Asia/Krasnoyarsk",
        "Asia/Irkutsk",
        "Asia/Vladivostok",
    ];
    let zone = zones[usize::try_from(number).unwrap_or_default() % zones.len()];
    let created = 1_700_000_000_000_000_i64 + i64::from(number) * 1_000_000;
    json!({ "language": language, "zone": zone, "created": created }).to_string()
}

fn hand(number: u32) -> Vec<u8> {
    let segments = crowd::memberships(number).into_iter().filter_map(Number::new);
    segments
        .flat_map(|segment| Mark::inside(segment).code().to_be_bytes())
        .collect()
}
