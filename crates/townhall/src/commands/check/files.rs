//! What `townhall check` says about the archive: whether a small file can be put there, read and deleted.

use std::time::Duration;

use kernel::{Clock, Secret};

use super::Finding;
use crate::config::{ArchiveKind, Config};
use crate::files;

const WHAT: &str = "archive";
/// The tries of a request together take longer when nobody answers; an operator who waits knows enough by then.
const TRIAL_MAX: Duration = Duration::from_secs(15);

pub(super) async fn archive(config: &Config, clock: &Clock) -> Finding {
    let in_folder = config.archive.kind == ArchiveKind::Folder;
    let folder = files::folder(config);
    let place = match config.archive.kind {
        ArchiveKind::Folder => folder.display().to_string(),
        ArchiveKind::S3 => format!("bucket {} at {}", config.archive.bucket, files::endpoint(config)),
    };
    if in_folder && !folder.is_dir() {
        return super::post::folder(
            WHAT,
            &folder,
            &format!("{place} is not there yet; serve makes it"),
        );
    }
    // No link is made, so it does not matter who would sign it.
    let archive = match files::open(config, "", &Secret::random(), clock) {
        Ok(archive) => archive,
        Err(refused) => return Finding::bad(WHAT, format!("{refused:#}"), advice(in_folder)),
    };
    match tokio::time::timeout(TRIAL_MAX, archive.try_out()).await {
        Ok(Ok(())) => Finding::good(WHAT, format!("{place} can be written to and read from")),
        Ok(Err(failed)) => Finding::bad(WHAT, format!("{place}: {failed}"), advice(in_folder)),
        Err(_) => {
            let found = format!("{place} does not answer within {} s", TRIAL_MAX.as_secs());
            Finding::bad(WHAT, found, advice(in_folder))
        }
    }
}

fn advice(in_folder: bool) -> &'static str {
    if in_folder {
        "Give the user of this process the right to write there, and make room; or set archive.folder."
    } else {
        "Look at archive.endpoint, region, bucket and keys, and at what these keys may do there."
    }
}
