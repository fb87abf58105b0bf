//! What `townhall check` says about providers: whether somebody listens there, or whether the folder can be written to.

use std::path::Path;
use std::time::Duration;

use post::providers::Mandrill;
use tokio::net::TcpStream;

use super::{Finding, State};
use crate::config::{Config, ProviderEntry, ProviderKind};
use crate::office;

/// A server that does not answer by then would make letters wait, too.
const CONNECT_MAX: Duration = Duration::from_secs(5);

pub(super) async fn providers(config: &Config) -> Vec<Finding> {
    if config.post.providers.is_empty() {
        let found = format!(
            "none is configured; letters are put into {}",
            office::folder(config).display()
        );
        return vec![Finding::warning(
            "letters",
            found,
            "Name a provider in post.providers before anybody waits for a letter.",
        )];
    }
    let mut findings = Vec::new();
    for entry in &config.post.providers {
        let finding = match entry.kind {
            ProviderKind::Folder => {
                let found = format!("letters go into {}", entry.path.display());
                folder(&format!("provider {}", entry.name), &entry.path, &found)
            }
            _ => reachable(entry).await,
        };
        let answers = finding.state == State::Good;
        findings.push(finding);
        if answers && entry.kind == ProviderKind::Mandrill {
            findings.extend(looks_up(entry).await);
        }
    }
    findings
}

/// Whether a folder can be written to. It may not be there yet: then the first one above it that is will hold it.
pub(super) fn folder(what: &str, path: &Path, found: &str) -> Finding {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = absolute.ancestors().find(|folder| folder.is_dir());
    let existing = existing.unwrap_or(path);
    if rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_ok() {
        return Finding::good(what, found);
    }
    let found = format!("{} cannot be written to", existing.display());
    Finding::bad(
        what,
        found,
        "Give the user of this process the right to write there.",
    )
}

/// Whether letters of which nobody knows can be looked up there. `None` when it cannot be asked.
async fn looks_up(entry: &ProviderEntry) -> Option<Finding> {
    let provider = Mandrill::new(office::mandrill(entry)).ok()?;
    let what = format!("provider {}", entry.name);
    match provider.indexes_letters().await {
        Ok(true) => Some(Finding::good(what, "letters can be looked up")),
        Ok(false) => Some(Finding::warning(
            what,
            "letters cannot be looked up: the account does not index the metadata field `letter`",
            "Add the field at Mailchimp, under Settings, Custom Metadata.",
        )),
        Err(refusal) => Some(Finding::warning(
            what,
            refusal.words,
            "It does not answer as it should; look at api_key.",
        )),
    }
}

async fn reachable(entry: &ProviderEntry) -> Finding {
    let what = format!("provider {}", entry.name);
    let (host, port) = office::place(entry);
    let place = format!("{host}:{port}");
    let advice = "Letters wait until it answers; look at its name, its port and the firewall between.";
    match tokio::time::timeout(CONNECT_MAX, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => Finding::good(what, format!("{place} answers")),
        Ok(Err(error)) => Finding::warning(what, format!("{place}: {error}"), advice),
        Err(_) => Finding::warning(what, format!("{place} does not answer"), advice),
    }
}
