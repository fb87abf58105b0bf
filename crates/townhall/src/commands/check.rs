//! `townhall check`: what an operator wants to know before opening the house, each finding with what to do about it.
//! It changes nothing, but for a trial file in the archive that it deletes again. One finding that keeps the house shut
//! makes the exit code 1; a warning does not.

mod files;
mod intake;
mod later;
mod post;
mod servers;

use std::net::TcpListener;
use std::path::Path;

use kernel::{Clock, Moment};
use rustix::process::{Resource, getrlimit};
use serde::Serialize;
use store::{OpenError, ServerHealth, Store};

use crate::cli::Printed;
use crate::config::{Config, Engine};
use crate::{connect, print};

/// Below this the house still opens, but a busy day could fill the disk.
const DISK_FREE_WARNING: u64 = 2 << 30;
/// Below this a backup or a log can fill the disk at once, and every write is refused.
const DISK_FREE_LEAST: u64 = 256 << 20;
/// No clock of a working machine shows an earlier year than this program was made in.
const CLOCK_EARLIEST: Moment = Moment::from_seconds(1_767_225_600);
/// Open files that are not connections: the store, logs, libraries, with room to spare.
const FILES_BESIDE_CONNECTIONS: u64 = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Good,
    Warning,
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub what: String,
    pub state: State,
    pub found: String,
    /// What to do; empty when nothing is to be done.
    pub advice: String,
}

impl Finding {
    pub fn good(what: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding {
            what: what.into(),
            state: State::Good,
            found: found.into(),
            advice: String::new(),
        }
    }

    pub fn warning(what: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding {
            what: what.into(),
            state: State::Warning,
            found: found.into(),
            advice: advice.into(),
        }
    }

    pub fn bad(what: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding {
            what: what.into(),
            state: State::Bad,
            found: found.into(),
            advice: advice.into(),
        }
    }
}

/// Looks at everything, prints it, and tells whether the house could open.
pub async fn run(config: &Config, file: Option<&Path>, printed: Printed) -> anyhow::Result<bool> {
    let clock = Clock::system();
    let mut findings = vec![
        configuration(file),
        address(config),
        open_files(config),
        time(&clock),
    ];
    if config.store.engine == Engine::Sqlite {
        findings.push(disk(&config.store.data));
    }
    findings.extend(databases(config, &clock).await);
    findings.extend(post::providers(config).await);
    findings.extend(intake::findings(config).await);
    findings.push(files::archive(config, &clock).await);
    if printed.json {
        print::json(&findings)?;
    } else {
        show(&findings);
    }
    Ok(findings.iter().all(|finding| finding.state != State::Bad))
}

fn show(findings: &[Finding]) {
    for finding in findings {
        let mark = match finding.state {
            State::Good => "ok  ",
            State::Warning => "warn",
            State::Bad => "BAD ",
        };
        print::line(&format!("{mark}  {}: {}", finding.what, finding.found));
        if !finding.advice.is_empty() {
            print::line(&format!("      {}", finding.advice));
        }
    }
}

fn configuration(file: Option<&Path>) -> Finding {
    let from = file.map_or(String::from("the defaults"), |file| file.display().to_string());
    Finding::good(
        "configuration",
        format!("{from}, the environment and flags: every key is known and fits"),
    )
}

fn address(config: &Config) -> Finding {
    let listen = config.server.listen;
    match TcpListener::bind(listen) {
        Ok(_) => Finding::good("address", format!("{listen} is free")),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => Finding::warning(
            "address",
            format!("{listen} is in use"),
            "If that is this house, all is well; otherwise set server.listen or --listen to another one.",
        ),
        Err(e) => Finding::bad(
            "address",
            format!("{listen}: {e}"),
            "Set server.listen to an address of this machine; ports below 1024 need CAP_NET_BIND_SERVICE.",
        ),
    }
}

fn open_files(config: &Config) -> Finding {
    // `serve` raises its own limit to this one.
    let limit = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let needed = u64::from(config.server.connections_max) + FILES_BESIDE_CONNECTIONS;
    let found = format!("{limit} allowed, {needed} wanted for server.connections_max");
    if limit >= needed {
        return Finding::good("open files", found);
    }
    let advice = format!(
        "Raise the limit (ulimit -Hn {needed}, LimitNOFILE={needed}) or lower server.connections_max."
    );
    Finding::warning("open files", found, advice)
}

fn time(clock: &Clock) -> Finding {
    let now = clock.now();
    if now < CLOCK_EARLIEST {
        let advice = "Set the clock and let NTP keep it; access tokens are judged by it.";
        return Finding::bad("clock", format!("{now} cannot be"), advice);
    }
    Finding::good("clock", now.to_string())
}

fn disk(data: &Path) -> Finding {
    let what = format!("disk of {}", data.display());
    // The folder may not be there yet: then the first one above it that is will hold it.
    let existing = std::path::absolute(data).ok();
    let existing = existing
        .as_deref()
        .and_then(|path| path.ancestors().find(|folder| folder.is_dir()));
    let Some(existing) = existing else {
        return Finding::bad(
            what,
            "no such folder, and none above it",
            "Create it, or set store.data.",
        );
    };
    if rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_err() {
        let found = format!("{} cannot be written to", existing.display());
        return Finding::bad(
            what,
            found,
            "Give the user of this process the right to write there.",
        );
    }
    match rustix::fs::statvfs(existing) {
        Err(e) => Finding::warning(what, format!("cannot be measured: {e}"), "Look with df."),
        Ok(about) => {
            let free = about.f_bavail.saturating_mul(about.f_frsize);
            let found = format!("{} MB free", free >> 20);
            if free < DISK_FREE_LEAST {
                Finding::bad(what, found, "Make room: a full disk refuses every write.")
            } else if free < DISK_FREE_WARNING {
                Finding::warning(
                    what,
                    found,
                    "Make room before it is full: a full disk refuses every write.",
                )
            } else {
                Finding::good(what, found)
            }
        }
    }
}

/// What each database says of itself, and what opening the store says; nothing is made or changed.
async fn databases(config: &Config, clock: &Clock) -> Vec<Finding> {
    let embedded = config.store.engine == Engine::Sqlite;
    let file = connect::store_file(config);
    if embedded && !file.exists() {
        let found = format!("{} is not there yet; serve makes it", file.display());
        return vec![Finding::good("database", found)];
    }
    let inspected = store::inspect::inspect(&connect::store_config(config), clock).await;
    let mut findings: Vec<Finding> = inspected
        .iter()
        .flat_map(|server| servers::findings(config, server))
        .collect();
    if findings.iter().all(|finding| finding.state != State::Bad) {
        findings.extend(opened(config, clock, embedded).await);
    }
    findings
}

async fn opened(config: &Config, clock: &Clock, embedded: bool) -> Vec<Finding> {
    match Store::open(connect::store_config(config), clock.clone()).await {
        Ok(store) => {
            let health = store.ready().await;
            let mut findings: Vec<Finding> = health.into_iter().map(health_of).collect();
            if findings.iter().all(|finding| finding.state != State::Bad) {
                findings.push(later::finding(&store, clock).await);
            }
            store.close().await;
            findings
        }
        Err(refused @ OpenError::Unmigrated { .. }) if embedded => {
            vec![Finding::good(
                "database",
                format!("{refused}, or just `townhall serve`"),
            )]
        }
        Err(refused) => {
            let advice = match &refused {
                OpenError::Unmigrated { .. } => "Run `townhall migrate`.",
                _ => "Nothing can be opened before this is put right.",
            };
            vec![Finding::bad("database", refused.to_string(), advice)]
        }
    }
}

fn health_of(server: ServerHealth) -> Finding {
    let what = format!("database {}", server.name);
    match server.problem {
        None => Finding::good(what, "answers, and its schema is up to date"),
        Some(problem) => Finding::bad(what, problem, "Look into the log of the database."),
    }
}
