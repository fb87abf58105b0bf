//! The post office of this house: its providers as they are configured, and whom it asks about readers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use calendar::Calendars;
use kernel::Clock;
use post::dkim::Dkim;
use post::feedback::{Feedback, FeedbackSetup, Webhooks};
use post::pages::{DemoMailbox, Desk};
use post::providers::smtp::{Login, Security, Smtp, SmtpOptions};
use post::providers::{
    BASE_EU, BASE_US, Folder, Line, MANDRILL_BASE, Mailgun, MailgunOptions, Mandrill, MandrillOptions,
    Provider,
};
use post::suppressions::Suppressions;
use post::{Post, Setup, Stationery};
use registry::Registry;
use store::Store;

use crate::config::{Config, ProviderEntry, ProviderKind, Tls};
use crate::letters;

/// Where letters go when no provider is configured, in the folder of the embedded store.
const FOLDER: &str = "letters";
/// What that provider is called.
const FOLDER_NAME: &str = "folder";
/// How long an HTTP provider may take to connect and to answer.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(10);
const ANSWER: std::time::Duration = std::time::Duration::from_secs(60);

pub fn open(
    config: &Config,
    (store, clock): (&Store, &Clock),
    registry: &Arc<Registry>,
    calendars: &Calendars,
    suppressions: &Suppressions,
) -> anyhow::Result<Post> {
    let options = registry.options();
    let stationery = Stationery::new(
        &options.house,
        &options.base,
        &from(config, &options.base),
        &options.secret,
    )
    .context("post.from")?;
    let post = Post::new(Setup {
        store: store.clone(),
        clock: clock.clone(),
        desks: letters::desks(registry, calendars),
        lines: lines(config)?,
        recipients: registry.clone(),
        stationery,
        suppressions: suppressions.clone(),
    });
    post.context("the post office")
}

/// Who listens to what is said of letters, and whom they believe.
pub fn feedback(
    config: &Config,
    (store, clock): (&Store, &Clock),
    registry: &Arc<Registry>,
    suppressions: &Suppressions,
    post: &Post,
) -> Feedback {
    let keys = |kind: ProviderKind| {
        let entries = config
            .post
            .providers
            .iter()
            .filter(move |entry| entry.kind == kind);
        let keys = entries.map(|entry| entry.webhook_key.clone());
        keys.filter(|key| !key.reveal().is_empty()).collect()
    };
    let mut typed = config.post.providers.iter().map(|entry| &entry.webhook_url);
    let typed = typed.find(|url| !url.is_empty()).cloned();
    let base = &registry.options().base;
    let maildir = &config.post.reports;
    Feedback::new(FeedbackSetup {
        store: store.clone(),
        clock: clock.clone(),
        desks: post.desks().clone(),
        recipients: registry.clone(),
        suppressions: suppressions.clone(),
        webhooks: Webhooks {
            mailgun_keys: keys(ProviderKind::Mailgun),
            mandrill_keys: keys(ProviderKind::Mandrill),
            mandrill_url: typed.unwrap_or_else(|| format!("{base}/api/v1/post/webhooks/mandrill")),
        },
        maildir: (!maildir.as_os_str().is_empty()).then(|| maildir.clone()),
    })
}

/// Who letters are from: `post.from`, or a name at the host by which the house is reached.
fn from(config: &Config, base: &str) -> String {
    if !config.post.from.is_empty() {
        return config.post.from.clone();
    }
    format!("townhall@{}", host_of(base))
}

fn host_of(base: &str) -> &str {
    let host = base.split_once("://").map_or(base, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or(host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
    .trim_matches(['[', ']'])
}

/// What the pages of letters are made of.
pub fn desk(post: &Post, suppressions: Suppressions, mailbox: Option<DemoMailbox>) -> Desk {
    Desk {
        post: post.clone(),
        suppressions,
        mailbox,
    }
}

/// The page with all letters of a demo, if they go into a folder; of several folders the first.
pub fn mailbox(config: &Config, post: &Post, demo: bool) -> anyhow::Result<Option<DemoMailbox>> {
    if !demo {
        return Ok(None);
    }
    let mut entries = config.post.providers.iter();
    let folder = match entries.find(|entry| entry.kind == ProviderKind::Folder) {
        Some(entry) => open_folder(&entry.name, &entry.path)?,
        None if config.post.providers.is_empty() => open_folder(FOLDER_NAME, &folder(config))?,
        None => return Ok(None),
    };
    Ok(Some(DemoMailbox::new(post.clone(), folder)))
}

/// The folder that is used when no provider is configured.
pub fn folder(config: &Config) -> PathBuf {
    config.store.data.join(FOLDER)
}

pub fn lines(config: &Config) -> anyhow::Result<Vec<Line>> {
    if config.post.providers.is_empty() {
        let folder = open_folder(FOLDER_NAME, &folder(config))?;
        return Ok(vec![Line::new(Arc::new(folder))]);
    }
    config.post.providers.iter().map(line).collect()
}

fn line(entry: &ProviderEntry) -> anyhow::Result<Line> {
    let context = || format!("post.providers: {}", entry.name);
    let provider: Arc<dyn Provider> = match entry.kind {
        ProviderKind::Folder => Arc::new(open_folder(&entry.name, &entry.path)?),
        ProviderKind::Smtp => {
            let dkim = dkim(entry).with_context(context)?;
            let options = SmtpOptions { dkim, ..smtp(entry) };
            Arc::new(Smtp::new(options).with_context(context)?)
        }
        ProviderKind::Mailgun => {
            let made = Mailgun::new(mailgun(entry));
            Arc::new(made.map_err(|why| anyhow!(why)).with_context(context)?)
        }
        ProviderKind::Mandrill => {
            let made = Mandrill::new(mandrill(entry));
            Arc::new(made.map_err(|why| anyhow!(why)).with_context(context)?)
        }
    };
    Ok(Line {
        provider,
        order: entry.order,
        weight: entry.weight,
        concurrency: entry.concurrency,
        rate_per_second: entry.rate_per_second,
    })
}

/// Where a provider listens.
pub fn place(entry: &ProviderEntry) -> (String, u16) {
    let base = match entry.kind {
        ProviderKind::Mailgun => mailgun(entry).base,
        ProviderKind::Mandrill => mandrill(entry).base,
        ProviderKind::Smtp | ProviderKind::Folder => {
            let options = smtp(entry);
            return (options.host, options.port);
        }
    };
    let rest = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
    let usual = if base.starts_with("http://") { 80 } else { 443 };
    let authority = rest.split('/').next().unwrap_or(rest);
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    (host_of(&base).to_owned(), port.unwrap_or(usual))
}

fn open_folder(name: &str, path: &Path) -> anyhow::Result<Folder> {
    Folder::open(name, path).with_context(|| format!("letters cannot be put into {}", path.display()))
}

fn smtp(entry: &ProviderEntry) -> SmtpOptions {
    let security = match entry.tls {
        Tls::StartTls => Security::StartTls,
        Tls::Implicit => Security::Implicit,
        Tls::Off => Security::Off,
    };
    let port = match (entry.port, entry.tls) {
        (0, Tls::StartTls) => 587,
        (0, Tls::Implicit) => 465,
        (0, Tls::Off) => 25,
        (port, _) => port,
    };
    let mut options = SmtpOptions::new(&entry.name, &entry.host, port);
    options.security = security;
    options.root_certificates = (!entry.root_cert.as_os_str().is_empty()).then(|| entry.root_cert.clone());
    options.login = (!entry.user.is_empty()).then(|| Login {
        user: entry.user.clone(),
        password: entry.password.clone(),
    });
    if !entry.hello.is_empty() {
        options.hello.clone_from(&entry.hello);
    }
    // While one letter of a connection is being answered, the next one is there already.
    options.connections = usize::try_from(entry.concurrency.div_ceil(2)).unwrap_or(1);
    options.letters_per_connection = u64::from(entry.letters_per_connection);
    options.pipelining = entry.pipelining;
    options
}

fn dkim(entry: &ProviderEntry) -> anyhow::Result<Option<Arc<Dkim>>> {
    if entry.dkim_key.reveal().is_empty() {
        return Ok(None);
    }
    let dkim = Dkim::new(&entry.dkim_domain, &entry.dkim_selector, &entry.dkim_key);
    Ok(Some(Arc::new(dkim.context("dkim_key")?)))
}

fn concurrency(entry: &ProviderEntry) -> usize {
    usize::try_from(entry.concurrency).unwrap_or(1)
}

fn mailgun(entry: &ProviderEntry) -> MailgunOptions {
    let base = match (entry.base.as_str(), entry.region.as_str()) {
        ("", "eu") => BASE_EU,
        ("", _) => BASE_US,
        (base, _) => base,
    };
    MailgunOptions {
        name: entry.name.clone(),
        domain: entry.domain.clone(),
        api_key: entry.api_key.clone(),
        base: base.to_owned(),
        connect_timeout: CONNECT,
        answer_timeout: ANSWER,
        concurrency: concurrency(entry),
    }
}

/// How Mailchimp Transactional is reached.
pub fn mandrill(entry: &ProviderEntry) -> MandrillOptions {
    let base = if entry.base.is_empty() {
        MANDRILL_BASE
    } else {
        &entry.base
    };
    MandrillOptions {
        name: entry.name.clone(),
        api_key: entry.api_key.clone(),
        base: base.to_owned(),
        connect_timeout: CONNECT,
        answer_timeout: ANSWER,
        concurrency: concurrency(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn letters_are_from_the_host_by_which_the_house_is_reached() {
        for (base, host) in [
            ("https://people.example.org", "people.example.org"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "::1"),
            ("https://example.org/town", "example.org"),
        ] {
            assert_eq!(host_of(base), host);
        }
    }
}
