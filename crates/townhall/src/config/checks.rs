//! What a value must be beyond its kind. Each message says what is allowed, so that nobody has to look it up.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use kernel::{Secret, Text};

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
/// As many characters as 24 random bytes make in base64: nobody guesses that.
const SECRET_CHARS_MIN: usize = 32;
/// A name that fits on a page's head and in the subject of a letter.
const HOUSE_CHARS_MAX: usize = 60;
/// Where a larger number can only be a slip of the finger.
const MILLION: u32 = 1_000_000;
const HOUR_SECONDS: u32 = 3600;

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
    let registry = &mut config.registry;
    troubles.extend(read_secret(
        "registry.secret",
        &mut registry.secret,
        &registry.secret_file,
    ));
    for (at, provider) in config.post.providers.iter_mut().enumerate() {
        let key = |name: &str| format!("post.providers[{at}].{name}");
        troubles.extend(read_secret(
            &key("password"),
            &mut provider.password,
            &provider.password_file,
        ));
        troubles.extend(read_secret(
            &key("api_key"),
            &mut provider.api_key,
            &provider.api_key_file,
        ));
        troubles.extend(read_secret(
            &key("webhook_key"),
            &mut provider.webhook_key,
            &provider.webhook_key_file,
        ));
        troubles.extend(read_secret(
            &key("dkim_key"),
            &mut provider.dkim_key,
            &provider.dkim_key_file,
        ));
    }
    let archive = &mut config.archive;
    troubles.extend(read_secret(
        "archive.secret_key",
        &mut archive.secret_key,
        &archive.secret_key_file,
    ));
    troubles.extend(read_secret(
        "archive.session_token",
        &mut archive.session_token,
        &archive.session_token_file,
    ));
    troubles.extend(read_secret(
        "intake.users_token",
        &mut config.intake.users_token,
        &config.intake.users_token_file,
    ));
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
    check_segments(config, &mut troubles);
    check_calendar(config, &mut troubles);
    super::post::check(config, &mut troubles);
    super::archive::check(config, &mut troubles);
    super::intake::check(config, &mut troubles);
    check_reports(config, &mut troubles);
    troubles
}

/// `section of config; key in least..=most` for each number of a section, with one message for all.
macro_rules! bounded {
    ($troubles:expr, $section:ident of $config:expr; $($key:ident in $bounds:expr),* $(,)?) => {
        $(within(
            $troubles,
            concat!(stringify!($section), ".", stringify!($key)),
            u32::from($config.$section.$key),
            $bounds,
        );)*
    };
}

pub(super) fn within(troubles: &mut Vec<Trouble>, key: &str, value: u32, bounds: RangeInclusive<u32>) {
    if !bounds.contains(&value) {
        let (least, most) = bounds.into_inner();
        let what = format!("must be from {least} to {most}, and is {value}");
        troubles.push(Trouble::new(key, what));
    }
}

fn check_server(config: &Config, troubles: &mut Vec<Trouble>) {
    let server = &config.server;
    bounded!(troubles, server of config;
        body_kilobytes_max in 16..=1024 * 1024,
        file_megabytes_max in 1..=1024 * 1024,
        header_seconds_max in 1..=HOUR_SECONDS,
        request_seconds_max in 1..=HOUR_SECONDS,
        requests_max in 1..=MILLION,
        connections_max in 1..=MILLION,
        streams_per_connection_max in 1..=10_000,
        idle_seconds_max in 1..=24 * HOUR_SECONDS,
        drain_seconds_max in 0..=HOUR_SECONDS,
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

fn check_segments(config: &Config, troubles: &mut Vec<Trouble>) {
    for (at, origin) in config.segments.origins.iter().enumerate() {
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        let of_host = |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || b".-:[]".contains(&one);
        if !host.is_some_and(|host| !host.is_empty() && host.bytes().all(of_host)) {
            let what = format!(
                "must be an origin as browsers say it, such as https://shop.example.org, without a path, and is {origin:?}"
            );
            troubles.push(Trouble::new(format!("segments.origins[{at}]"), what));
        }
    }
}

pub(super) fn is_set(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

fn check_calendar(config: &Config, troubles: &mut Vec<Trouble>) {
    let root_cert = &config.calendar.root_cert;
    if is_set(root_cert) {
        troubles.extend(readable("calendar.root_cert", root_cert));
    }
    let maildir = &config.calendar.maildir;
    if is_set(maildir) {
        troubles.extend(maildir_trouble("calendar.maildir", maildir));
    }
}

/// A mail server makes `new` in a Maildir before it delivers anything.
fn maildir_trouble(key: &str, maildir: &Path) -> Option<Trouble> {
    let new = maildir.join("new");
    let read = std::fs::read_dir(&new);
    read.err().map(|error| {
        let what = "is no Maildir that can be read: let the mail server make it, or make its folders new, cur and tmp";
        Trouble::new(key, format!("{what} ({}: {error})", new.display()))
    })
}

pub(super) fn readable(key: &str, path: &PathBuf) -> Option<Trouble> {
    let opened = std::fs::File::open(path);
    opened
        .err()
        .map(|e| Trouble::new(key, format!("{}: {e}", path.display())))
}

fn check_store(config: &Config, troubles: &mut Vec<Trouble>) {
    let store = &config.store;
    bounded!(troubles, store of config;
        read_connections in 1..=CONNECTIONS_MAX,
        write_connections in 1..=CONNECTIONS_MAX,
        queue_max in 1..=MILLION,
        statement_seconds_max in 1..=HOUR_SECONDS,
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
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if server.name.is_empty() || server.name.len() > 32 || !server.name.chars().all(plain) {
            troubles.push(Trouble::new(
                key("name"),
                "must be 1 to 32 lower-case letters, digits, - or _",
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
        if is_set(&server.root_cert) {
            troubles.extend(readable(&key("root_cert"), &server.root_cert));
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
    bounded!(troubles, registry of config;
        access_token_minutes in 1..=ACCESS_TOKEN_MINUTES_MAX,
        session_days in 1..=366,
        signing_key_days in 1..=366,
        invitation_hours in 1..=24 * 366,
        reset_hours in 1..=24 * 7,
        password_chars_min in 8..=64,
        lockout_failures in 3..=MILLION,
        lockout_minutes in 1..=24 * 60,
        account_attempts_per_minute in 1..=MILLION,
        address_attempts_per_minute in 1..=MILLION,
        argon2_memory_kibibytes in ARGON2_KIBIBYTES_MIN..=ARGON2_KIBIBYTES_MAX,
        argon2_passes in 1..=100,
        hashing_threads in 0..=CONNECTIONS_MAX,
        hashing_queue_max in 1..=100_000,
    );
    let registry = &config.registry;
    if let Err(what) = Text::required(&registry.house, HOUSE_CHARS_MAX) {
        troubles.push(Trouble::new("registry.house", what.to_string()));
    }
    let secret = registry.secret.reveal();
    if !secret.is_empty() && secret.len() < SECRET_CHARS_MIN {
        let what =
            format!("must have at least {SECRET_CHARS_MIN} characters: head -c32 /dev/urandom | base64");
        troubles.push(Trouble::new("registry.secret", what));
    }
}

fn check_reports(config: &Config, troubles: &mut Vec<Trouble>) {
    if let Err(what) = crate::logs::filter(&config.log.level) {
        troubles.push(Trouble::new("log.level", what));
    }
    bounded!(troubles, opentelemetry of config; sample_percent in 0..=100);
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
