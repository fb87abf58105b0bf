//! Unleash's own server with a PostgreSQL, asked by its frontend API, which evaluates all flags for one user.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use postgres::{Client, NoTls};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::peers::{self, Running, find, free_address};
use testkit::postgres::{Database, Options, Server};

use crate::crowd;
use crate::house::Town;
use crate::load::Asked;

const PACKAGE: &str = "unleash-server@8.2.0";
pub const FRONTEND_TOKEN: &str = "default:development.frontend0frontend0frontend0";
const BACKEND_TOKEN: &str = "default:development.backend0backend0backend00";
/// It migrates its database first.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// Its answers follow its database by a poll.
const FLAGS_WITHIN: Duration = Duration::from_secs(60);
const NO_LIMIT: &str = "1000000000";

pub struct Unleash {
    base: String,
    address: std::net::SocketAddr,
    node: Running,
    _database: Database,
    _postgres: Server,
}

impl Unleash {
    /// `None` where npm is not at hand.
    pub fn start() -> Result<Option<Unleash>> {
        let (Some(npm), Some(node)) = (find("npm"), find("node")) else {
            return Ok(None);
        };
        let folder = install(npm)?;
        let postgres = Server::start(&Options::fast())?;
        let database = postgres.address().create_database()?;
        // It wants to make extensions and schemas as its owner; the superuser of a throw-away server is.
        Client::connect(database.url(), NoTls)?;
        let address = free_address()?;
        let child = Command::new(node)
            .arg(folder.join("node_modules/unleash-server/dist/server.js"))
            .current_dir(&folder)
            .env("DATABASE_URL", database.url())
            .env("DATABASE_SSL", "false")
            .env("HTTP_HOST", "127.0.0.1")
            .env("HTTP_PORT", address.port().to_string())
            .env("INIT_FRONTEND_API_TOKENS", FRONTEND_TOKEN)
            .env("INIT_BACKEND_API_TOKENS", BACKEND_TOKEN)
            .env("SDK_API_RATE_LIMIT_PER_MINUTE", NO_LIMIT)
            .env("TOKEN_AUTHENTICATION_RATE_LIMIT_PER_MINUTE", NO_LIMIT)
            .env("NODE_ENV", "production")
            .env("LOG_LEVEL", "error")
            .env("CHECK_VERSION", "false")
            .env("SEND_TELEMETRY", "false")
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("server.log"))?)
            .spawn()?;
        let mut node = Running::new(child);
        node.answers_at(address, READY_WITHIN)?;
        Ok(Some(Unleash {
            base: format!("http://{address}"),
            address,
            node,
            _database: database,
            _postgres: postgres,
        }))
    }

    pub fn process(&self) -> u32 {
        self.node.id()
    }

    /// A flag for each segment, with the same share of all users; waits until it answers by them.
    pub fn roll_out(&self, percent: u32) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let cookie = self.sign_in().await?;
            let import = self
                .to(Method::POST, "/api/admin/features-batch/import")
                .header("cookie", cookie);
            let answer = import.json(&flags(percent)).send().await?;
            let status = answer.status();
            ensure!(status.is_success(), "Unleash: {status} {}", answer.text().await?);
            let began = Instant::now();
            loop {
                let ask = self.to(Method::GET, "/api/frontend?userId=somebody");
                let answer: Value = ask
                    .header("authorization", FRONTEND_TOKEN)
                    .send()
                    .await?
                    .json()
                    .await?;
                let toggles = answer["toggles"].as_array().map_or(0, Vec::len);
                if toggles > 0 {
                    return Ok(());
                }
                ensure!(began.elapsed() < FLAGS_WITHIN, "Unleash knows no flags");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        })
    }

    async fn sign_in(&self) -> Result<String> {
        let first = json!({ "username": "admin", "password": "unleash4all" });
        let answer = self
            .to(Method::POST, "/auth/simple/login")
            .json(&first)
            .send()
            .await?;
        let cookie = answer
            .headers()
            .get("set-cookie")
            .context("a session of Unleash")?;
        let (cookie, _) = cookie.to_str()?.split_once(';').context("a cookie")?;
        Ok(cookie.to_owned())
    }

    fn to(&self, method: Method, path: &str) -> RequestBuilder {
        reqwest::Client::new().request(method, format!("{}{path}", self.base))
    }

    /// What its own clients are told, and what Edge can begin with.
    pub fn features(&self) -> Result<String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let ask = self
                .to(Method::GET, "/api/client/features")
                .header("authorization", BACKEND_TOKEN);
            Ok(ask.send().await?.error_for_status()?.text().await?)
        })
    }

    pub fn questions(&self, town: &Town) -> Asked {
        questions(self.address, town)
    }
}

/// The frontend API, which Edge has too.
pub fn questions(address: std::net::SocketAddr, town: &Town) -> Asked {
    let ask = |number| {
        format!(
            "GET /api/frontend?userId={} HTTP/1.1\r\nhost: localhost\r\nauthorization: {FRONTEND_TOKEN}\r\n\r\n",
            crowd::person(number)
        )
        .into_bytes()
    };
    Asked::http(address, town.asked_about().map(ask).collect())
}

fn flags(percent: u32) -> Value {
    let keys = || (0..crowd::SEGMENTS).map(crowd::key);
    let features: Vec<Value> = keys()
        .map(|key| json!({ "name": key, "type": "release", "project": "default" }))
        .collect();
    let strategy = |key: String| {
        json!({
            "name": "flexibleRollout", "featureName": key, "constraints": [], "segments": [],
            "parameters": { "rollout": percent.to_string(), "stickiness": "userId", "groupId": key },
        })
    };
    let strategies: Vec<Value> = keys().map(strategy).collect();
    let enabled = |key: String| json!({ "name": key, "featureName": key, "environment": "development", "enabled": true });
    let environments: Vec<Value> = keys().map(enabled).collect();
    json!({
        "project": "default", "environment": "development",
        "data": {
            "features": features, "featureStrategies": strategies, "featureEnvironments": environments,
            "contextFields": [], "featureTags": [], "segments": [], "tagTypes": [], "dependencies": [],
        },
    })
}

/// Once, beside what cargo builds.
fn install(npm: PathBuf) -> Result<PathBuf> {
    let folder = peers::tools()?.join("unleash");
    if folder
        .join("node_modules/unleash-server/dist/server.js")
        .is_file()
    {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    let installed = Command::new(npm)
        .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
        .arg(&folder)
        .arg(PACKAGE)
        .stdout(Stdio::null())
        .status()?;
    ensure!(installed.success(), "npm cannot install {PACKAGE}");
    Ok(folder)
}
