//! What a value must be beyond its kind. Each message says what is allowed, so that nobody has to look it up.

use std::path::{Path, PathBuf};

use kernel::Secret;

use super::{Config, Engine, Trouble};

/// A secret's file that is larger was surely named by mistake.
const SECRET_BYTES_MAX: u64 = 64 * 1024;
/// Access tokens are believed without a look-up, so they must not live long.
const ACCESS_TOKEN_MINUTES_MAX: u32 = 15;
/// The least memory that makes guessing of passwords dear (OWASP's smallest argon2id setting).
const ARGON2_KIBIBYTES_MIN: u32 = 7168;
/// One hash must not be able to take the machine's memory.
const ARGON2_KIBIBYTES_MAX: u32 = 1024 * 1024;
/// SQLite and PostgreSQL both get slower, not faster, beyond some dozens of connections.
const CONNECTIONS_MAX: u32 = 256;

/// Reads what the `*_file` keys name into the keys beside them.
pub(super) fn read_secrets(config: &mut Config) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for (at, server) in config.store.servers.iter_mut().enumerate() {
        let key = |name: &str| format!("store.servers[{at}].{name}");
        troubles.extend(read_secret(&key("url"), &mut server.url, &server.url_file));
        troubles.extend(read_secret(
            &key("replica_url"),
            &mut server.replica_url,
            &server.replica_url_file,
        ));
    }
    troubles.extend(read_secret(
        "sentry.dsn",
        &mut config.sentry.dsn,
        &config.sentry.dsn_file,
    ));
    troubles
}

fn read_secret(key: &str, secret: &mut Secret, file: &Path) -> Option<Trouble> {
    if file.as_os_str().is_empty() {
        return None;
    }
    if !secret.reveal().is_empty() {
        return Some(Trouble::new(
            key,
            format!("is set, and so is {key}_file; keep one of the two"),
        ));
    }
    let read = std::fs::metadata(file).and_then(|about| {
        if about.len() > SECRET_BYTES_MAX {
            return Err(std::io::Error::other("is too large for a secret"));
        }
        std::fs::read_to_string(file)
    });
    match read {
        Ok(text) => {
            *secret = Secret::new(text.trim());
            None
        }
        Err(e) => Some(Trouble::new(
            format!("{key}_file"),
            format!("{}: {e}", file.display()),
        )),
    }
}

pub(super) fn check(config: &Config) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    check_server(config, &mut troubles);
    check_store(config, &mut troubles);
    check_registry(config, &mut troubles);
    check_reports(config, &mut troubles);
    troubles
}

fn within(troubles: &mut Vec<Trouble>, key: &str, value: u32, least: u32, most: u32) {
    if !(least..=most).contains(&value) {
        troubles.push(Trouble::new(
            key,
            format!("must be from {least} to {most}, and is {value}"),
        ));
    }
}

fn check_server(config: &Config, troubles: &mut Vec<Trouble>) {
    let server = &config.server;
    within(
        troubles,
        "server.body_kilobytes_max",
        server.body_kilobytes_max,
        16,
        1024 * 1024,
    );
    within(
        troubles,
        "server.request_seconds_max",
        server.request_seconds_max,
        1,
        3600,
    );
    within(troubles, "server.requests_max", server.requests_max, 1, 1_000_000);
    within(
        troubles,
        "server.connections_max",
        server.connections_max,
        1,
        1_000_000,
    );
    within(
        troubles,
        "server.drain_seconds_max",
        server.drain_seconds_max,
        0,
        3600,
    );
    let base = server.base.as_str();
    let is_address = base.starts_with("http://") || base.starts_with("https://");
    if !base.is_empty() && (!is_address || base.ends_with('/')) {
        let what = format!("must begin with http:// or https:// and not end with a slash, and is {base:?}");
        troubles.push(Trouble::new("server.base", what));
    }
    let (cert, key) = (&server.tls_cert, &server.tls_key);
    match (is_set(cert), is_set(key)) {
        (true, false) => troubles.push(Trouble::new(
            "server.tls_key",
            "is not set, but server.tls_cert is; set both",
        )),
        (false, true) => troubles.push(Trouble::new(
            "server.tls_cert",
            "is not set, but server.tls_key is; set both",
        )),
        (true, true) => {
            troubles.extend(readable("server.tls_cert", cert));
            troubles.extend(readable("server.tls_key", key));
        }
        (false, false) => {}
    }
}

fn is_set(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

fn readable(key: &str, path: &PathBuf) -> Option<Trouble> {
    let opened = std::fs::File::open(path);
    opened
        .err()
        .map(|e| Trouble::new(key, format!("{}: {e}", path.display())))
}

fn check_store(config: &Config, troubles: &mut Vec<Trouble>) {
    let store = &config.store;
    within(
        troubles,
        "store.read_connections",
        u32::from(store.read_connections),
        1,
        CONNECTIONS_MAX,
    );
    within(
        troubles,
        "store.write_connections",
        u32::from(store.write_connections),
        1,
        CONNECTIONS_MAX,
    );
    within(troubles, "store.queue_max", store.queue_max, 1, 1_000_000);
    within(
        troubles,
        "store.statement_seconds_max",
        store.statement_seconds_max,
        1,
        3600,
    );
    match store.engine {
        Engine::Sqlite if !is_set(&store.data) => {
            troubles.push(Trouble::new("store.data", "must name a folder"));
        }
        Engine::Sqlite if !store.servers.is_empty() => {
            let what = "has entries, but store.engine is \"sqlite\"; set it to \"postgres\" or remove them";
            troubles.push(Trouble::new("store.servers", what));
        }
        Engine::Postgres if store.servers.is_empty() => {
            troubles.push(Trouble::new(
                "store.servers",
                "must name at least one server for store.engine = \"postgres\"",
            ));
        }
        _ => {}
    }
    check_servers(config, troubles);
}

fn check_servers(config: &Config, troubles: &mut Vec<Trouble>) {
    let servers = &config.store.servers;
    for (at, server) in servers.iter().enumerate() {
        let key = |name: &str| format!("store.servers[{at}].{name}");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if server.name.is_empty() || server.name.len() > 32 || !server.name.chars().all(plain) {
            troubles.push(Trouble::new(
                key("name"),
                "must be 1 to 32 letters, digits, - or _",
            ));
        }
        if servers[..at].iter().any(|earlier| earlier.name == server.name) {
            troubles.push(Trouble::new(
                key("name"),
                format!("{:?} is there twice", server.name),
            ));
        }
        if server.url.reveal().is_empty() {
            troubles.push(Trouble::new(
                key("url"),
                "is needed: postgres://user:password@host/database, or url_file",
            ));
        }
    }
    let cold = &config.store.cold;
    if !cold.is_empty() && !servers.iter().any(|server| server.name == *cold) {
        let names = servers.iter().map(|server| server.name.as_str());
        let what = format!(
            "{cold:?} is not among store.servers.{}",
            crate::nearest::hint(cold, names)
        );
        troubles.push(Trouble::new("store.cold", what));
    }
}

fn check_registry(config: &Config, troubles: &mut Vec<Trouble>) {
    let registry = &config.registry;
    let bounds = [
        (
            "access_token_minutes",
            registry.access_token_minutes,
            1,
            ACCESS_TOKEN_MINUTES_MAX,
        ),
        ("refresh_token_days", registry.refresh_token_days, 1, 366),
        ("invitation_hours", registry.invitation_hours, 1, 24 * 366),
        ("reset_hours", registry.reset_hours, 1, 24 * 7),
        ("password_chars_min", registry.password_chars_min, 8, 64),
        ("lockout_failures", registry.lockout_failures, 3, 1000),
        ("lockout_minutes", registry.lockout_minutes, 1, 24 * 60),
        (
            "address_attempts_per_minute",
            registry.address_attempts_per_minute,
            1,
            1_000_000,
        ),
        (
            "argon2_memory_kibibytes",
            registry.argon2_memory_kibibytes,
            ARGON2_KIBIBYTES_MIN,
            ARGON2_KIBIBYTES_MAX,
        ),
        ("argon2_passes", registry.argon2_passes, 1, 100),
        ("hashing_threads", registry.hashing_threads, 0, CONNECTIONS_MAX),
        ("hashing_queue_max", registry.hashing_queue_max, 1, 100_000),
    ];
    for (key, value, least, most) in bounds {
        within(troubles, &format!("registry.{key}"), value, least, most);
    }
}

fn check_reports(config: &Config, troubles: &mut Vec<Trouble>) {
    if let Err(what) = crate::logs::filter(&config.log.level) {
        troubles.push(Trouble::new("log.level", what));
    }
    within(
        troubles,
        "opentelemetry.sample_percent",
        config.opentelemetry.sample_percent,
        0,
        100,
    );
    let endpoint = &config.opentelemetry.endpoint;
    if !endpoint.is_empty() && !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
        troubles.push(Trouble::new(
            "opentelemetry.endpoint",
            "must begin with http:// or https://",
        ));
    }
    let without = "this binary was built without it: build with `cargo build --release --features";
    if !config.sentry.dsn.reveal().is_empty() && !cfg!(feature = "sentry") {
        troubles.push(Trouble::new(
            "sentry.dsn",
            format!("{without} sentry`, or leave the key empty"),
        ));
    }
    if !endpoint.is_empty() && !cfg!(feature = "otel") {
        troubles.push(Trouble::new(
            "opentelemetry.endpoint",
            format!("{without} otel`, or leave the key empty"),
        ));
    }
}
