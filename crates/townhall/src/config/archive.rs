//! Where files are kept, and what the keys of each kind must be.

use std::path::PathBuf;

use kernel::Secret;
use serde::Deserialize;

use super::checks::readable;
use super::{Config, Trouble};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    pub kind: ArchiveKind,
    pub folder: PathBuf,
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub addressing: Addressing,
    pub prefix: String,
    pub access_key: String,
    #[serde(deserialize_with = "super::secret")]
    pub secret_key: Secret,
    pub secret_key_file: PathBuf,
    #[serde(deserialize_with = "super::secret")]
    pub session_token: Secret,
    pub session_token_file: PathBuf,
    pub storage_class: String,
    pub root_cert: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArchiveKind {
    Folder,
    S3,
}

/// How a bucket is named in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Addressing {
    Path,
    Host,
}

pub(super) fn check(config: &Config, troubles: &mut Vec<Trouble>) {
    let archive = &config.archive;
    let mut say = |key: &str, what: String| troubles.push(Trouble::new(format!("archive.{key}"), what));
    if archive.kind == ArchiveKind::Folder {
        let of_s3 = [
            ("endpoint", archive.endpoint.as_str()),
            ("bucket", &archive.bucket),
            ("prefix", &archive.prefix),
            ("access_key", &archive.access_key),
            ("secret_key", archive.secret_key.reveal()),
            ("session_token", archive.session_token.reveal()),
            ("storage_class", &archive.storage_class),
        ];
        for (key, _) in of_s3.iter().filter(|(_, value)| !value.is_empty()) {
            say(
                key,
                "is set, but archive.kind is \"folder\"; set it to \"s3\" or remove this".to_owned(),
            );
        }
        return;
    }
    if !archive.folder.as_os_str().is_empty() {
        let what = "is set, but archive.kind is \"s3\"; set it to \"folder\" or remove this";
        say("folder", what.to_owned());
    }
    let needed = [
        ("region", archive.region.as_str()),
        ("access_key", &archive.access_key),
        ("secret_key", archive.secret_key.reveal()),
    ];
    for (key, _) in needed.iter().filter(|(_, value)| value.is_empty()) {
        say(key, "is needed for archive.kind = \"s3\"".to_owned());
    }
    let endpoint = &archive.endpoint;
    if !endpoint.is_empty() && !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
        let what = format!("must begin with http:// or https://, and is {endpoint:?}");
        say("endpoint", what);
    }
    let of_bucket = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let bucket = &archive.bucket;
    if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(of_bucket) {
        let what = "must be the name of a bucket: 3 to 63 lower-case letters, digits, - or .";
        say("bucket", format!("{what}, and is {bucket:?}"));
    }
    let of_prefix = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '/';
    let prefix = &archive.prefix;
    if prefix.len() > 100 || !prefix.chars().all(of_prefix) || prefix.contains("//") {
        let what = "must be words of letters, digits, - and _, with a slash between them";
        say("prefix", format!("{what}, and is {prefix:?}"));
    }
    let of_class = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !archive.storage_class.chars().all(of_class) {
        let what = format!(
            "must be a class such as STANDARD_IA, and is {:?}",
            archive.storage_class
        );
        say("storage_class", what);
    }
    if !archive.root_cert.as_os_str().is_empty() {
        troubles.extend(readable("archive.root_cert", &archive.root_cert));
    }
}
