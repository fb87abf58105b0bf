//! Defaults, file, environment, flags: laid over one another, each key with the place it was last set, so that an error
//! can say where to put it right. The compiled-in table is the schema: it says which keys there are and of which kind.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::{Config, DEFAULTS};
use crate::nearest::hint;

/// Where values come from besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Read when given; it must exist.
    pub file: Option<PathBuf>,
    /// The whole environment or a part of it; only `TOWNHALL_…` is looked at.
    pub environment: Vec<(String, String)>,
    /// Dotted key, text as in the environment, and the flag's name.
    pub flags: Vec<(&'static str, String, &'static str)>,
}

impl Sources {
    /// Whether a flag sets this key.
    pub fn names_flag(&self, key: &str) -> bool {
        self.flags.iter().any(|(name, _, _)| *name == key)
    }
}

/// The file that is read when none is named.
pub const FILE_DEFAULT: &str = "townhall.toml";
/// Environment variables of ours that are not keys: where the file is, and what the hostile tests set.
const ENVIRONMENT_OTHERS: [&str; 2] = ["TOWNHALL_CONFIG", "TOWNHALL_CRASH_AT"];
/// What Kubernetes sets in every pod when a service is called `townhall`; nobody wrote it, so it is not a mistake.
const ENVIRONMENT_KUBERNETES: [&str; 2] = ["TOWNHALL_PORT", "TOWNHALL_SERVICE_"];
/// What our own tests tell each other.
const ENVIRONMENT_TESTS: &str = "TOWNHALL_TEST_";
/// Keys of one entry of `store.servers`.
pub(super) const SERVER_KEYS: [&str; 6] = [
    "name",
    "url",
    "url_file",
    "replica_url",
    "replica_url_file",
    "root_cert",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf, usize),
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Origin::Environment(name) => write!(f, "environment, {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One thing that is wrong: the key (or the file), what is the matter, and where it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub key: String,
    pub what: String,
    pub origin: Option<Origin>,
}

impl Trouble {
    pub fn new(key: impl Into<String>, what: impl Into<String>) -> Trouble {
        Trouble {
            key: key.into(),
            what: what.into(),
            origin: None,
        }
    }

    fn at(mut self, origin: Origin) -> Trouble {
        self.origin = Some(origin);
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)?;
        match &self.origin {
            Some(origin) => write!(f, " ({origin})"),
            None => Ok(()),
        }
    }
}

/// The merged table with the origin of each key.
pub(super) struct Layers {
    table: Table,
    origins: BTreeMap<String, Origin>,
    troubles: Vec<Trouble>,
}

pub(super) fn merge(sources: &Sources) -> Result<Layers, Vec<Trouble>> {
    let table = DEFAULTS
        .parse()
        .map_err(|e| vec![Trouble::new(FILE_DEFAULT, format!("{e}"))])?;
    let mut layers = Layers {
        table,
        origins: BTreeMap::new(),
        troubles: Vec::new(),
    };
    if let Some(path) = &sources.file {
        layers.lay_file(path);
    }
    for (name, text) in &sources.environment {
        layers.lay_variable(name, text);
    }
    for (key, text, flag) in &sources.flags {
        layers.lay_text(key, text, &Origin::Flag(flag));
    }
    if layers.troubles.is_empty() {
        Ok(layers)
    } else {
        Err(layers.troubles)
    }
}

impl Layers {
    /// The table as a [`Config`]. What serde refuses here is a value of the right kind that does not fit
    /// (a negative number, an address that is none), so the message is kept and the key found by its path.
    pub(super) fn typed(&self) -> Result<Config, Trouble> {
        Config::deserialize(self.table.clone()).map_err(|refused| {
            let message = refused.message().to_owned();
            let key = self
                .refused_key()
                .unwrap_or_else(|| String::from("configuration"));
            self.with_place(Trouble::new(key, message))
        })
    }

    pub(super) fn with_place(&self, mut trouble: Trouble) -> Trouble {
        if trouble.origin.is_none() {
            let key = trouble.key.split('[').next().unwrap_or_default();
            trouble.origin = Some(self.origins.get(key).cloned().unwrap_or(Origin::Default));
        }
        trouble
    }

    /// The key whose value alone makes the defaults unfit: found by trying each value that was set.
    fn refused_key(&self) -> Option<String> {
        let defaults: Table = DEFAULTS.parse().ok()?;
        self.origins.keys().find_map(|key| {
            let mut tried = defaults.clone();
            let value = find(&self.table, key)?.clone();
            put(&mut tried, key, value);
            Config::deserialize(tried).is_err().then(|| key.clone())
        })
    }

    fn lay_file(&mut self, path: &Path) {
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) => {
                return self
                    .troubles
                    .push(Trouble::new(name, format!("cannot be read: {e}")));
            }
        };
        let parsed = text
            .parse::<Table>()
            .and_then(|table| Ok((table, DeTable::parse(&text)?)));
        let (values, placed) = match parsed {
            Ok(both) => both,
            Err(e) => {
                let line = e.span().map_or(1, |span| line_of(&text, span.start));
                let trouble = Trouble::new(name, format!("is not TOML: {}", e.message()));
                return self
                    .troubles
                    .push(trouble.at(Origin::File(path.to_owned(), line)));
            }
        };
        let mut lines = BTreeMap::new();
        note_lines(&text, "", placed.get_ref(), &mut lines);
        let place = |key: &str| Origin::File(path.to_owned(), lines.get(key).copied().unwrap_or(1));
        for (section, value) in values {
            match value {
                Value::Table(keys) if self.section(&section).is_some() => {
                    for (key, value) in keys {
                        let key = format!("{section}.{key}");
                        let origin = place(&key);
                        self.lay(&key, value, &origin);
                    }
                }
                _ => {
                    let sections: Vec<&str> = self.table.keys().map(String::as_str).collect();
                    let what = format!(
                        "is not a section.{} Sections: {}.",
                        hint(&section, sections.iter().copied()),
                        sections.join(", ")
                    );
                    let origin = place(&section);
                    self.troubles.push(Trouble::new(section, what).at(origin));
                }
            }
        }
    }

    fn lay_variable(&mut self, name: &str, text: &str) {
        let Some(rest) = name.strip_prefix("TOWNHALL_") else {
            return;
        };
        let known = ENVIRONMENT_OTHERS.contains(&name) || name.starts_with(ENVIRONMENT_TESTS);
        if known
            || ENVIRONMENT_KUBERNETES
                .iter()
                .any(|prefix| name.starts_with(prefix))
        {
            return;
        }
        let origin = Origin::Environment(name.to_owned());
        match rest.split_once("__") {
            Some((section, key)) => {
                let key = format!("{}.{}", section.to_lowercase(), key.to_lowercase());
                self.lay_text(&key, text, &origin);
            }
            None => {
                let names: Vec<String> = self.keys().iter().map(|key| variable(key)).collect();
                let what = format!(
                    "is not a setting.{} A setting is TOWNHALL_SECTION__KEY, with two underscores between.",
                    hint(name, names.iter().map(String::as_str))
                );
                self.troubles.push(Trouble::new(name, what));
            }
        }
    }

    /// A value written as text: read as what the key holds by default.
    fn lay_text(&mut self, key: &str, text: &str, origin: &Origin) {
        let value = match find(&self.table, key) {
            Some(Value::Integer(_)) => text.trim().parse().map(Value::Integer).ok(),
            Some(Value::Boolean(_)) => text.trim().parse().map(Value::Boolean).ok(),
            Some(Value::Array(_)) => format!("v = {text}")
                .parse::<Table>()
                .ok()
                .and_then(|mut t| t.remove("v")),
            _ => None,
        };
        let value = value.unwrap_or_else(|| Value::String(text.to_owned()));
        self.lay(key, value, origin);
    }

    fn lay(&mut self, key: &str, value: Value, origin: &Origin) {
        let Some(default) = find(&self.table, key) else {
            let keys = self.keys();
            let what = format!("is not a key.{}", hint(key, keys.iter().map(String::as_str)));
            return self.troubles.push(Trouble::new(key, what).at(origin.clone()));
        };
        if !default.same_type(&value) {
            let what = format!("must be {}, and is {}", kind(default), kind(&value));
            return self.troubles.push(Trouble::new(key, what).at(origin.clone()));
        }
        let of_entries = match key {
            "store.servers" => Some(troubles_of_servers(&value)),
            "post.providers" => Some(super::post::troubles_of_entries(&value)),
            _ => None,
        };
        if let Some(found) = of_entries
            && !found.is_empty()
        {
            let found = found.into_iter().map(|trouble| trouble.at(origin.clone()));
            return self.troubles.extend(found);
        }
        put(&mut self.table, key, value);
        self.origins.insert(key.to_owned(), origin.clone());
    }

    fn section(&self, name: &str) -> Option<&Table> {
        self.table.get(name).and_then(Value::as_table)
    }

    fn keys(&self) -> Vec<String> {
        let sections = self
            .table
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_table()?)));
        sections
            .flat_map(|(name, keys)| keys.keys().map(move |key| format!("{name}.{key}")))
            .collect()
    }
}

/// The environment's name of a key.
pub(super) fn variable(key: &str) -> String {
    format!("TOWNHALL_{}", key.to_uppercase().replacen('.', "__", 1))
}

fn troubles_of_servers(servers: &Value) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for (at, server) in servers.as_array().into_iter().flatten().enumerate() {
        let place = format!("store.servers[{at}]");
        let Some(server) = server.as_table() else {
            troubles.push(Trouble::new(
                place,
                format!("must be a table, and is {}", kind(server)),
            ));
            continue;
        };
        for (key, value) in server {
            let path = format!("{place}.{key}");
            if !SERVER_KEYS.contains(&key.as_str()) {
                troubles.push(Trouble::new(
                    path,
                    format!("is not a key.{}", hint(key, SERVER_KEYS)),
                ));
            } else if !value.is_str() {
                troubles.push(Trouble::new(
                    path,
                    format!("must be text, and is {}", kind(value)),
                ));
            }
        }
    }
    troubles
}

fn find<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    let (section, key) = key.split_once('.')?;
    table.get(section)?.as_table()?.get(key)
}

fn put(table: &mut Table, key: &str, value: Value) {
    let place = key
        .split_once('.')
        .and_then(|(section, key)| Some((table.get_mut(section)?.as_table_mut()?, key)));
    if let Some((section, key)) = place {
        section.insert(key.to_owned(), value);
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list in square brackets",
        Value::Table(_) => "a table",
    }
}

fn note_lines(text: &str, prefix: &str, table: &DeTable<'_>, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = if prefix.is_empty() {
            key.get_ref().to_string()
        } else {
            format!("{prefix}.{}", key.get_ref())
        };
        lines.insert(path.clone(), line_of(text, key.span().start));
        if let DeValue::Table(inner) = value.get_ref() {
            note_lines(text, &path, inner, lines);
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
