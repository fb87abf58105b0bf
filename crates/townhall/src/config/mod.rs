//! What can be configured. `townhall.toml` is compiled in as the default and is the list of all keys: a key that is
//! there and not here, or here and not there, fails a test; a key that is in neither is refused with the nearest name.
//! No field is optional, so a value always has a place it came from, and an error can name that place.

mod archive;
mod checks;
mod intake;
mod layers;
mod post;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use kernel::Secret;
use serde::Deserialize;

pub use self::archive::{Addressing, Archive, ArchiveKind};
pub use self::intake::Intake;
pub use self::post::{Post, Provider as ProviderEntry, ProviderKind, Tls};
pub use layers::{FILE_DEFAULT, Origin, Sources, Trouble};

/// The default, and the documentation.
pub const DEFAULTS: &str = include_str!("../../../../townhall.toml");

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub store: Store,
    pub registry: Registry,
    pub segments: Segments,
    pub calendar: Calendar,
    pub post: Post,
    pub archive: Archive,
    pub intake: Intake,
    pub log: Log,
    pub sentry: Sentry,
    pub opentelemetry: OpenTelemetry,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: SocketAddr,
    pub base: String,
    pub tls_cert: PathBuf,
    pub tls_key: PathBuf,
    pub body_kilobytes_max: u32,
    pub file_megabytes_max: u32,
    pub header_seconds_max: u32,
    pub request_seconds_max: u32,
    pub requests_max: u32,
    pub connections_max: u32,
    pub streams_per_connection_max: u32,
    pub idle_seconds_max: u32,
    pub drain_seconds_max: u32,
    pub trusted_proxies: Vec<IpAddr>,
    pub metrics_public: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub engine: Engine,
    pub data: PathBuf,
    pub servers: Vec<StoreServer>,
    pub cold: String,
    pub read_connections: u16,
    pub write_connections: u16,
    pub queue_max: u32,
    pub statement_seconds_max: u32,
    pub migrate_on_start: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreServer {
    pub name: String,
    #[serde(deserialize_with = "secret")]
    pub url: Secret,
    pub url_file: PathBuf,
    #[serde(deserialize_with = "secret")]
    pub replica_url: Secret,
    pub replica_url_file: PathBuf,
    pub root_cert: PathBuf,
}

impl Default for StoreServer {
    fn default() -> StoreServer {
        StoreServer {
            name: String::new(),
            url: Secret::new(""),
            url_file: PathBuf::new(),
            replica_url: Secret::new(""),
            replica_url_file: PathBuf::new(),
            root_cert: PathBuf::new(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    pub house: String,
    #[serde(deserialize_with = "secret")]
    pub secret: Secret,
    pub secret_file: PathBuf,
    pub access_token_minutes: u32,
    pub session_days: u32,
    pub signing_key_days: u32,
    pub invitation_hours: u32,
    pub reset_hours: u32,
    pub password_chars_min: u32,
    pub lockout_failures: u32,
    pub lockout_minutes: u32,
    pub account_attempts_per_minute: u32,
    pub address_attempts_per_minute: u32,
    pub argon2_memory_kibibytes: u32,
    pub argon2_passes: u32,
    pub hashing_threads: u32,
    pub hashing_queue_max: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    pub origins: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    pub private_addresses: bool,
    pub root_cert: PathBuf,
    pub maildir: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Auto,
    Pretty,
    Json,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentry {
    #[serde(deserialize_with = "secret")]
    pub dsn: Secret,
    pub dsn_file: PathBuf,
    pub environment: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenTelemetry {
    pub endpoint: String,
    pub sample_percent: u32,
}

fn secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
    String::deserialize(from).map(Secret::new)
}

/// All that is wrong with a configuration, so that it can be put right in one go.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:{}", lines(.0))]
pub struct BadConfig(pub Vec<Trouble>);

fn lines(troubles: &[Trouble]) -> String {
    troubles.iter().map(|trouble| format!("\n  {trouble}")).collect()
}

impl Config {
    /// The defaults, then the file, the environment and the flags; secrets read from their files; every value checked.
    pub fn load(sources: &Sources) -> Result<Config, BadConfig> {
        let layers = layers::merge(sources).map_err(BadConfig)?;
        let mut config: Config = layers.typed().map_err(|trouble| BadConfig(vec![trouble]))?;
        let mut troubles = checks::read_secrets(&mut config);
        troubles.extend(checks::check(&config));
        if troubles.is_empty() {
            return Ok(config);
        }
        Err(BadConfig(
            troubles
                .into_iter()
                .map(|trouble| layers.with_place(trouble))
                .collect(),
        ))
    }

    /// Whether segments know people from Kafka and the users service, in place of the registry.
    pub fn has_intake(&self) -> bool {
        !self.intake.brokers.is_empty()
    }

    /// Whether connections are encrypted by us.
    pub fn has_tls(&self) -> bool {
        !self.server.tls_cert.as_os_str().is_empty()
    }
}

#[cfg(test)]
mod tests;
