//! The real binary with its demo city.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::house::House;
use testkit::processes;

/// How many people the requests are spread over.
const READERS: usize = 16;
/// What was needed to open is given back by then.
const SETTLE: Duration = Duration::from_secs(2);

/// The limits that keep guessers away would keep a measurement of sign-ins away, too.
const SETTINGS: [(&str, &str); 3] = [
    ("TOWNHALL_REGISTRY__ACCOUNT_ATTEMPTS_PER_MINUTE", "1000000"),
    ("TOWNHALL_REGISTRY__ADDRESS_ATTEMPTS_PER_MINUTE", "1000000"),
    // One line for each of some hundred thousand requests would measure the pipe they are written to.
    ("TOWNHALL_LOG__LEVEL", "warn"),
];

pub struct City {
    pub address: SocketAddr,
    /// E-mail and password.
    pub people: Vec<(String, String)>,
    pub tokens: Vec<String>,
    pub idle_megabytes: f64,
    _house: House,
    _folder: tempfile::TempDir,
}

impl City {
    /// Makes the city, opens it again as it would be found on another day, and signs some people in.
    pub async fn open() -> anyhow::Result<City> {
        let folder = tempfile::tempdir()?;
        let mut first = start(folder.path(), &["--demo"])?;
        let demo = std::fs::read(folder.path().join("townhall-data/demo.json")).context("demo.json")?;
        let demo: Value = serde_json::from_slice(&demo)?;
        first.terminate()?;
        let house = start(folder.path(), &[])?;
        tokio::time::sleep(SETTLE).await;
        let idle_megabytes = processes::resident_megabytes(house.pid())?;
        let address = house.base.trim_start_matches("http://").parse()?;
        let people: Vec<(String, String)> = demo["people"]
            .as_array()
            .context("people in demo.json")?
            .iter()
            .take(READERS)
            .filter_map(|person| {
                Some((
                    person["email"].as_str()?.to_owned(),
                    person["password"].as_str()?.to_owned(),
                ))
            })
            .collect();
        let mut tokens = Vec::new();
        for (email, password) in &people {
            tokens.push(sign_in(&house.base, email, password).await?);
        }
        Ok(City {
            address,
            people,
            tokens,
            idle_megabytes,
            _house: house,
            _folder: folder,
        })
    }
}

fn start(folder: &Path, more: &[&str]) -> anyhow::Result<House> {
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0"];
    arguments.extend(more);
    let mut command = testkit::house::townhall(folder, &arguments)?;
    command.envs(SETTINGS);
    House::start(command)
}

async fn sign_in(base: &str, email: &str, password: &str) -> anyhow::Result<String> {
    let request = reqwest::Client::new().post(format!("{base}/api/v1/sign-in"));
    let answer = request
        .json(&json!({ "email": email, "password": password }))
        .send()
        .await?;
    let tokens: Value = answer.error_for_status()?.json().await?;
    Ok(tokens["access_token"]
        .as_str()
        .context("an access token")?
        .to_owned())
}
