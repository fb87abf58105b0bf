//! The archive of this house, as it is configured, and what it does later.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use archive::{Archive, S3Options};
use bell::{Bell, Duty, Failed, Scope};
use kernel::{Clock, Secret};

use crate::config::{Addressing, ArchiveKind, Config};

/// Where files are kept when the configuration names nothing, in the folder of the embedded store.
const FOLDER: &str = "files";
/// What has ended is neither read nor linked to from its instant on; that it is removed may take a while.
const SWEEP: Duration = Duration::from_secs(600);
/// How long an S3 may take to connect, and for one request: a part of eight megabytes over a slow line.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(120);
/// The pause before a request is sent again for the first time.
const RETRY_AFTER: Duration = Duration::from_millis(200);

pub fn open(config: &Config, base: &str, secret: &Secret, clock: &Clock) -> anyhow::Result<Archive> {
    match config.archive.kind {
        ArchiveKind::Folder => {
            let folder = folder(config);
            let archive = Archive::folder(&folder, base, secret, clock.clone());
            archive.with_context(|| format!("files cannot be kept in {} (archive.folder)", folder.display()))
        }
        ArchiveKind::S3 => bucket(config, clock),
    }
}

/// The archive in a bucket.
pub fn bucket(config: &Config, clock: &Clock) -> anyhow::Result<Archive> {
    let settings = &config.archive;
    let root_cert = &settings.root_cert;
    let options = S3Options {
        endpoint: endpoint(config),
        addressing: match settings.addressing {
            Addressing::Path => archive::Addressing::Path,
            Addressing::Host => archive::Addressing::Host,
        },
        bucket: settings.bucket.clone(),
        region: settings.region.clone(),
        prefix: settings.prefix.clone(),
        access_key: settings.access_key.clone(),
        secret_key: settings.secret_key.clone(),
        session_token: settings.session_token.clone(),
        storage_class: settings.storage_class.clone(),
        root_certificates: (!root_cert.as_os_str().is_empty()).then(|| root_cert.clone()),
        connect_timeout: CONNECT,
        answer_timeout: ANSWER,
        retry_after: RETRY_AFTER,
    };
    let archive = Archive::s3(options, clock.clone()).map_err(|why| anyhow!(why));
    archive.context("files cannot be kept in S3 (section archive)")
}

pub fn endpoint(config: &Config) -> String {
    match config.archive.endpoint.as_str() {
        "" => format!("https://s3.{}.amazonaws.com", config.archive.region),
        endpoint => endpoint.to_owned(),
    }
}

pub fn folder(config: &Config) -> PathBuf {
    if config.archive.folder.as_os_str().is_empty() {
        config.store.data.join(FOLDER)
    } else {
        config.archive.folder.clone()
    }
}

/// Has what has ended removed.
pub fn sweeping(bell: Bell, archive: &Archive) -> Bell {
    let archive = archive.clone();
    bell.duty(Duty::new(
        "archive.sweep",
        SWEEP,
        Scope::OncePerHouse,
        move || {
            let archive = archive.clone();
            async move {
                let swept = archive.sweep().await;
                swept
                    .map(drop)
                    .map_err(|error| Failed::because(error.to_string()))
            }
        },
    ))
}
