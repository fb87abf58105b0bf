//! Where letters leave: each provider is one entry of `post.providers`, and what an entry may say depends on its kind.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use ::post::providers::{NAME_CHARS_MAX, is_name};
use kernel::Secret;
use serde::Deserialize;

use super::{Config, Trouble};
use crate::nearest::hint;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    pub from: String,
    pub reports: PathBuf,
    pub keep_days: u32,
    pub providers: Vec<Provider>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    Smtp,
    Mailgun,
    Mandrill,
    Folder,
}

/// How a connection to an SMTP server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    StartTls,
    Implicit,
    Off,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provider {
    pub kind: ProviderKind,
    pub name: String,
    pub order: u32,
    pub weight: u32,
    pub concurrency: u32,
    pub rate_per_second: u32,
    // folder
    pub path: PathBuf,
    // smtp
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub root_cert: PathBuf,
    pub user: String,
    #[serde(deserialize_with = "super::secret")]
    pub password: Secret,
    pub password_file: PathBuf,
    pub hello: String,
    pub pipelining: bool,
    pub letters_per_connection: u32,
    pub dkim_domain: String,
    pub dkim_selector: String,
    #[serde(deserialize_with = "super::secret")]
    pub dkim_key: Secret,
    pub dkim_key_file: PathBuf,
    // mailgun and mandrill
    pub domain: String,
    pub region: String,
    pub base: String,
    #[serde(deserialize_with = "super::secret")]
    pub api_key: Secret,
    pub api_key_file: PathBuf,
    #[serde(deserialize_with = "super::secret")]
    pub webhook_key: Secret,
    pub webhook_key_file: PathBuf,
    pub webhook_url: String,
}

impl Default for Provider {
    fn default() -> Provider {
        Provider {
            kind: ProviderKind::Folder,
            name: String::new(),
            order: 1,
            weight: 1,
            concurrency: 32,
            rate_per_second: 0,
            path: PathBuf::new(),
            host: String::new(),
            port: 0,
            tls: Tls::StartTls,
            root_cert: PathBuf::new(),
            user: String::new(),
            password: Secret::new(""),
            password_file: PathBuf::new(),
            hello: String::new(),
            pipelining: true,
            letters_per_connection: 0,
            dkim_domain: String::new(),
            dkim_selector: String::new(),
            dkim_key: Secret::new(""),
            dkim_key_file: PathBuf::new(),
            domain: String::new(),
            region: String::new(),
            base: String::new(),
            api_key: Secret::new(""),
            api_key_file: PathBuf::new(),
            webhook_key: Secret::new(""),
            webhook_key_file: PathBuf::new(),
            webhook_url: String::new(),
        }
    }
}

/// Keys of every entry, and further ones of each kind.
const OF_ALL: [&str; 6] = [
    "kind",
    "name",
    "order",
    "weight",
    "concurrency",
    "rate_per_second",
];
const OF_FOLDER: [&str; 1] = ["path"];
const OF_SMTP: [&str; 14] = [
    "host",
    "port",
    "tls",
    "root_cert",
    "user",
    "password",
    "password_file",
    "hello",
    "pipelining",
    "letters_per_connection",
    "dkim_domain",
    "dkim_selector",
    "dkim_key",
    "dkim_key_file",
];
const OF_MAILGUN: [&str; 7] = [
    "domain",
    "region",
    "base",
    "api_key",
    "api_key_file",
    "webhook_key",
    "webhook_key_file",
];
const OF_MANDRILL: [&str; 6] = [
    "base",
    "api_key",
    "api_key_file",
    "webhook_key",
    "webhook_key_file",
    "webhook_url",
];
const KINDS: [&str; 4] = ["smtp", "mailgun", "mandrill", "folder"];
const TLS: [&str; 3] = ["starttls", "implicit", "off"];
const NUMBERS: [&str; 6] = [
    "order",
    "weight",
    "concurrency",
    "rate_per_second",
    "port",
    "letters_per_connection",
];

/// Every key that an entry may have, for the test that each is explained.
#[cfg(test)]
pub(super) fn keys() -> Vec<&'static str> {
    [OF_ALL.as_slice(), &OF_FOLDER, &OF_SMTP, &OF_MAILGUN, &OF_MANDRILL].concat()
}

/// What is wrong with the entries before anybody can read them: keys that are none, values of another kind.
pub(super) fn troubles_of_entries(entries: &toml::Value) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for (at, entry) in entries.as_array().into_iter().flatten().enumerate() {
        let place = format!("post.providers[{at}]");
        let Some(entry) = entry.as_table() else {
            troubles.push(Trouble::new(place, "must be a table"));
            continue;
        };
        let kind = entry
            .get("kind")
            .and_then(toml::Value::as_str)
            .unwrap_or_default();
        let of_kind: &[&str] = match kind {
            "folder" => &OF_FOLDER,
            "smtp" => &OF_SMTP,
            "mailgun" => &OF_MAILGUN,
            "mandrill" => &OF_MANDRILL,
            _ => {
                let what = format!("must be one of {}.{}", KINDS.join(", "), hint(kind, KINDS));
                troubles.push(Trouble::new(format!("{place}.kind"), what));
                continue;
            }
        };
        let keys = [OF_ALL.as_slice(), of_kind].concat();
        for (key, value) in entry {
            let path = format!("{place}.{key}");
            if !keys.contains(&key.as_str()) {
                let what = format!(
                    "is not a key of kind {kind:?}.{}",
                    hint(key, keys.iter().copied())
                );
                troubles.push(Trouble::new(path, what));
                continue;
            }
            troubles.extend(wrong_kind(key, value).map(|what| Trouble::new(path, what)));
        }
    }
    troubles
}

fn wrong_kind(key: &str, value: &toml::Value) -> Option<String> {
    if NUMBERS.contains(&key) {
        let fits = value
            .as_integer()
            .is_some_and(|number| (0..=1_000_000).contains(&number) && (key != "port" || number <= 65_535));
        return (!fits).then(|| "must be a whole number that is not negative".to_owned());
    }
    if key == "pipelining" {
        return (!value.is_bool()).then(|| "must be true or false".to_owned());
    }
    let Some(text) = value.as_str() else {
        return Some("must be text".to_owned());
    };
    let unknown = key == "tls" && !TLS.contains(&text);
    unknown.then(|| format!("must be one of {}.{}", TLS.join(", "), hint(text, TLS)))
}

/// Reports are believed for two weeks, and somebody may ask what became of a letter of last month.
const KEEP_DAYS: RangeInclusive<u32> = 30..=36_500;

pub(super) fn check(config: &Config, troubles: &mut Vec<Trouble>) {
    let keep_days = config.post.keep_days;
    if !KEEP_DAYS.contains(&keep_days) {
        let (least, most) = (KEEP_DAYS.start(), KEEP_DAYS.end());
        let what = format!("must be from {least} to {most}, and is {keep_days}");
        troubles.push(Trouble::new("post.keep_days", what));
    }
    let from = &config.post.from;
    if !from.is_empty() && ::post::Mailbox::new("", from).is_none() {
        troubles.push(Trouble::new(
            "post.from",
            format!("{from:?} is not an address that letters can be from"),
        ));
    }
    let providers = &config.post.providers;
    for (at, provider) in providers.iter().enumerate() {
        let mut say = |key: &str, what: String| {
            troubles.push(Trouble::new(format!("post.providers[{at}].{key}"), what));
        };
        if !is_name(&provider.name) {
            say(
                "name",
                format!("must be 1 to {NAME_CHARS_MAX} lower-case letters, digits, - or _"),
            );
        }
        if providers[..at]
            .iter()
            .any(|earlier| earlier.name == provider.name)
        {
            say("name", format!("{:?} is there twice", provider.name));
        }
        if !(1..=1000).contains(&provider.concurrency) {
            say(
                "concurrency",
                format!("must be from 1 to 1000, and is {}", provider.concurrency),
            );
        }
        let needed: &[(&str, bool)] = match provider.kind {
            ProviderKind::Folder => &[("path", provider.path.as_os_str().is_empty())],
            ProviderKind::Smtp => &[("host", provider.host.is_empty())],
            ProviderKind::Mailgun => &[
                ("domain", provider.domain.is_empty()),
                ("api_key", provider.api_key.reveal().is_empty()),
            ],
            ProviderKind::Mandrill => &[("api_key", provider.api_key.reveal().is_empty())],
        };
        for (key, _) in needed.iter().filter(|(_, is_missing)| *is_missing) {
            say(key, "is needed".to_owned());
        }
        if !provider.user.is_empty() && provider.password.reveal().is_empty() {
            say("password", "is needed beside user".to_owned());
        }
        let dkim = [&provider.dkim_domain, &provider.dkim_selector].map(|name| !name.is_empty());
        if dkim != [!provider.dkim_key.reveal().is_empty(); 2] {
            say(
                "dkim_key",
                "dkim_domain, dkim_selector and dkim_key are set together".to_owned(),
            );
        }
        if !matches!(provider.region.as_str(), "" | "us" | "eu") {
            say(
                "region",
                format!("must be us or eu, and is {:?}", provider.region),
            );
        }
    }
}
