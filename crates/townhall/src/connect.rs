//! From the configuration to what the rooms of the house are built with. One function for each room, so that what a
//! key does can be read in one place.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use front::frame::Nav;
use front::{Access, Gatekeeper, Limits, Metrics, Readiness, Role, Setup};
use kernel::Secret;
use registry::Options;
use registry::passwords::Hashing;
use store::{Lanes, ServerConfig, Store, StoreConfig};

use crate::config::{Config, Engine, ProviderKind};

/// The embedded store's file in its folder.
const STORE_FILE: &str = "townhall.db";
/// What seals the signing keys, when the configuration names nothing.
const SECRET_FILE: &str = "townhall.secret";

pub fn store_file(config: &Config) -> PathBuf {
    config.store.data.join(STORE_FILE)
}

pub fn store_config(config: &Config) -> StoreConfig {
    let settings = &config.store;
    let engine = match settings.engine {
        Engine::Sqlite => store::Engine::Sqlite {
            path: store_file(config),
        },
        Engine::Postgres => {
            let servers = settings.servers.iter().map(|server| ServerConfig {
                name: server.name.clone(),
                url: server.url.clone(),
                replica_url: (!server.replica_url.reveal().is_empty()).then(|| server.replica_url.clone()),
                root_cert: (!server.root_cert.as_os_str().is_empty()).then(|| server.root_cert.clone()),
            });
            let cold = (!settings.cold.is_empty()).then(|| settings.cold.clone());
            store::Engine::Postgres {
                servers: servers.collect(),
                cold,
            }
        }
    };
    let lanes = Lanes {
        queue_jobs_max: count(settings.queue_max),
        write_connections: usize::from(settings.write_connections),
        read_connections: usize::from(settings.read_connections),
        statement_timeout: Duration::from_secs(settings.statement_seconds_max.into()),
        ..Lanes::default()
    };
    StoreConfig { engine, lanes }
}

/// What the operator decided about accounts.
pub fn registry_options(config: &Config, base: &str, demo: bool) -> anyhow::Result<Options> {
    let settings = &config.registry;
    let default = Hashing::default();
    Ok(Options {
        house: settings.house.clone(),
        base: base.to_owned(),
        secret: secret(config)?,
        reaches_people: reaches_people(config),
        has_mailbox: demo && has_folder(config),
        hashing: Hashing {
            memory_kib: settings.argon2_memory_kibibytes,
            passes: settings.argon2_passes,
            threads: match settings.hashing_threads {
                0 => default.threads,
                threads => count(threads),
            },
            queue: count(settings.hashing_queue_max),
            ..default
        },
        password_chars_min: count(settings.password_chars_min),
        access_token_seconds: i64::from(settings.access_token_minutes) * MINUTE,
        session_seconds: i64::from(settings.session_days) * DAY,
        signing_key_seconds: i64::from(settings.signing_key_days) * DAY,
        invitation_seconds: i64::from(settings.invitation_hours) * HOUR,
        reset_seconds: i64::from(settings.reset_hours) * HOUR,
        lockout_failures: settings.lockout_failures,
        lockout_seconds: i64::from(settings.lockout_minutes) * MINUTE,
        account_attempts_per_minute: settings.account_attempts_per_minute,
        address_attempts_per_minute: settings.address_attempts_per_minute,
    })
}

/// Whether letters reach people as long as all is well: of the providers that are called first none is a folder, which
/// reaches nobody.
fn reaches_people(config: &Config) -> bool {
    let used = || {
        config
            .post
            .providers
            .iter()
            .filter(|provider| provider.weight > 0)
    };
    let first = used().map(|provider| provider.order).min();
    let mut called_first = used().filter(|provider| Some(provider.order) == first);
    first.is_some() && called_first.all(|provider| provider.kind != ProviderKind::Folder)
}

/// Whether letters go into a folder, which a demo shows on a page.
pub fn has_folder(config: &Config) -> bool {
    let providers = &config.post.providers;
    providers.is_empty()
        || providers
            .iter()
            .any(|provider| provider.kind == ProviderKind::Folder)
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The one of the configuration; else the one that was made at the first start.
fn secret(config: &Config) -> anyhow::Result<Secret> {
    if !config.registry.secret.reveal().is_empty() {
        return Ok(config.registry.secret.clone());
    }
    crate::commands::migrate::make_folder(config)?;
    let file = config.store.data.join(SECRET_FILE);
    let secret = registry::tokens::read_or_make_secret(&file);
    secret.with_context(|| format!("{} cannot be read or made (registry.secret)", file.display()))
}

/// What the front is told, and whom it asks about credentials.
pub fn front_setup(
    config: &Config,
    base: &str,
    gatekeeper: Arc<dyn Gatekeeper>,
    store: &Store,
) -> anyhow::Result<Setup> {
    let metrics = Metrics::install().map_err(anyhow::Error::msg)?;
    Ok(Setup {
        limits: limits(config),
        readiness: readiness(store),
        metrics: Some(metrics),
        metrics_access: if config.server.metrics_public {
            Access::PUBLIC
        } else {
            METRICS_GUARDED
        },
        trusted_proxies: config.server.trusted_proxies.clone(),
        origins: config.segments.origins.clone(),
        https: base.starts_with("https://"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        nav: Nav(registry::pages::NAV
            .into_iter()
            .chain([calendar::pages::NAV, segments::NAV])
            .chain(post::pages::NAV)
            .chain([bell::NAV])
            .collect()),
        ..Setup::new(gatekeeper)
    })
}

const METRICS_GUARDED: Access = Access::role(&[Role::on("admin", "house")]).or_key("metrics:read");

fn limits(config: &Config) -> Limits {
    let server = &config.server;
    Limits {
        body_bytes_max: count(server.body_kilobytes_max).saturating_mul(1024),
        file_bytes_max: count(server.file_megabytes_max).saturating_mul(1024 * 1024),
        header_seconds_max: server.header_seconds_max,
        request_seconds_max: server.request_seconds_max,
        requests_at_once_max: count(server.requests_max),
        connections_max: count(server.connections_max),
        streams_per_connection_max: server.streams_per_connection_max,
        idle_seconds_max: server.idle_seconds_max,
        shutdown_seconds_max: server.drain_seconds_max,
    }
}

/// The house can serve when each of its databases answers. The reasons stand in docs/operators.md.
fn readiness(store: &Store) -> Readiness {
    let store = store.clone();
    Readiness::new().check("store", move || {
        let store = store.clone();
        async move {
            let health = store.ready().await;
            let troubles = health
                .into_iter()
                .filter_map(|server| Some((server.name, server.problem?)));
            let said: Vec<String> = troubles
                .map(|(name, problem)| format!("{name}: {problem}"))
                .collect();
            if said.is_empty() {
                Ok(())
            } else {
                Err(said.join("; "))
            }
        }
    })
}

/// How people on this machine reach an address that was listened on.
pub fn base_of(config: &Config, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let scheme = if config.has_tls() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

/// A number of things; on a machine where it does not fit, as many as fit.
fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
