//! The command line. Help texts say what a command does and what it needs; the rest stands in docs/operators.md.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Sources;

#[derive(Debug, Parser)]
#[command(
    name = "townhall",
    version,
    about = "The people services of a city in one binary",
    after_help = "Start with `townhall serve --demo` and open http://127.0.0.1:8080.\n\
                  Settings: townhall.toml (every key, with its default), TOWNHALL_SECTION__KEY, flags.\n\
                  Exit codes: 0 done, 1 not done, 2 wrong command line or configuration, 3 the store cannot be used."
)]
pub struct Cli {
    #[command(flatten)]
    pub settings: Settings,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes, because every command reads the configuration.
#[derive(Debug, Args)]
pub struct Settings {
    /// Configuration file [default: ./townhall.toml when it is there]
    #[arg(long, global = true, value_name = "FILE", env = "TOWNHALL_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the embedded store [default: townhall-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What to log: error, warn, info, debug, trace, or "info,store=debug"
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the house: answer requests until SIGTERM or SIGINT
    Serve(Serve),
    /// Bring the store's schema up to date
    Migrate,
    /// Look at configuration, databases, clock and disk, and say what to do
    Check(Printed),
    /// People, API keys, signing keys and the audit trail
    #[command(subcommand)]
    Admin(Admin),
    /// Which server holds which virtual shards
    #[command(subcommand)]
    Shards(Shards),
    /// Copy the embedded store into FILE, consistent while it runs
    Backup {
        /// The file to write; it must not exist
        file: PathBuf,
    },
    /// Put a backup in place of the embedded store, after checking it
    Restore {
        /// A file that `townhall backup` wrote
        file: PathBuf,
        /// Replace the store that is there (it is kept beside, as townhall.db.before-restore)
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port to answer on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Run only these services, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Fill an empty store with a demo city and say how to sign in
    #[arg(long)]
    pub demo: bool,
    /// Bring a PostgreSQL schema up to date first (the embedded store always is)
    #[arg(long)]
    migrate: bool,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Args)]
pub struct Printed {
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Who is in the house
    #[command(subcommand)]
    People(People),
    /// Keys of services, and the keys that sign access tokens
    #[command(subcommand)]
    Keys(Keys),
    /// Who did what
    #[command(subcommand)]
    Audit(Audit),
    /// Timers and changes that are late or parked
    #[command(subcommand)]
    Bell(Bell),
    /// How letters look
    #[command(subcommand)]
    Letters(Letters),
    /// A mail server for dry runs: it delivers nothing, fails as its script says, and counts by Message-ID
    Sink(SinkOptions),
}

#[derive(Debug, Subcommand)]
pub enum Bell {
    /// What waits, what is late, and what is parked and why
    List(Printed),
    /// Try a parked timer or change again
    Retry {
        /// As `list` shows it: timer/OWNER/NAME or change/OWNER/NUMBER
        id: String,
    },
    /// Try again all that `list` shows as parked
    RetryAll,
}

#[derive(Debug, Args)]
pub struct SinkOptions {
    /// Where it takes letters; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2525")]
    pub listen: SocketAddr,
    /// What goes wrong and when, in TOML (see docs/bell-and-post.md) [default: nothing]
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Where it answers its counts as JSON over HTTP [default: they are printed at the end only]
    #[arg(long, value_name = "ADDR")]
    pub counts: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub enum People {
    /// List people
    List {
        /// Only those whose name or e-mail address begins with this
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// At most so many
        #[arg(long, value_name = "ROWS", default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        printed: Printed,
    },
    /// Show one person
    Show {
        /// Id or e-mail address
        person: String,
        #[command(flatten)]
        printed: Printed,
    },
    /// Create a person and print an invitation link
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// Role in the house: admin, registrar, auditor, analyst; may be repeated
        #[arg(long, value_name = "ROLE")]
        role: Vec<String>,
        /// en or ru
        #[arg(long, default_value = "en")]
        language: String,
        /// Time zone, such as Europe/Moscow
        #[arg(long, default_value = "UTC")]
        zone: String,
        #[command(flatten)]
        printed: Printed,
    },
    /// Block a person: sessions end, nothing can be signed in to
    Block {
        /// Id or e-mail address
        person: String,
    },
    /// Let a blocked person in again
    Unblock {
        /// Id or e-mail address
        person: String,
    },
    /// Print a link with which the person sets a new password
    ResetLink {
        /// Id or e-mail address
        person: String,
        #[command(flatten)]
        printed: Printed,
    },
    /// Give a person a role
    Grant {
        /// Id or e-mail address
        person: String,
        /// admin, registrar, auditor or analyst
        role: String,
        #[arg(long, default_value = "house")]
        scope: String,
    },
    /// Take a role from a person
    Revoke {
        /// Id or e-mail address
        person: String,
        /// admin, registrar, auditor or analyst
        role: String,
        #[arg(long, default_value = "house")]
        scope: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// List API keys (never the keys themselves)
    List(Printed),
    /// Create an API key for a service and print it, once
    Create {
        /// What the key is for
        name: String,
        /// What it may do, such as people:read; may be repeated
        #[arg(long, value_name = "SCOPE", required = true)]
        scope: Vec<String>,
        #[command(flatten)]
        printed: Printed,
    },
    /// Revoke an API key
    Revoke {
        /// Its id
        id: String,
    },
    /// Sign access tokens with a new key
    Rotate {
        /// Refuse tokens of the old key at once, because somebody may know it [default: they stay good until they end]
        #[arg(long)]
        at_once: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Letters {
    /// Print a letter with sample data, as HTML
    Preview {
        /// Which one, such as registry.invitation
        #[arg(long, value_name = "KIND")]
        kind: String,
        /// en or ru
        #[arg(long, default_value = "en")]
        language: String,
        /// Into this file [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// day or night [default: as the reader's system says]
        #[arg(long, value_name = "LIGHT")]
        light: Option<String>,
        /// The plain text instead of the HTML
        #[arg(long)]
        text: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List the newest entries
    List {
        /// Only about this person: id or e-mail address
        #[arg(long, value_name = "PERSON")]
        about: Option<String>,
        /// At most so many
        #[arg(long, value_name = "ROWS", default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        printed: Printed,
    },
}

#[derive(Debug, Subcommand)]
pub enum Shards {
    /// Which server holds which range
    List(Printed),
    /// Move a range to another server while the house is open
    Move {
        /// One virtual shard or a range: 0-1023
        range: String,
        /// Name of the server in store.servers
        #[arg(long, value_name = "SERVER")]
        to: String,
    },
}

impl Cli {
    /// Where this run takes its settings from.
    pub fn sources(&self) -> Sources {
        let beside = PathBuf::from(crate::config::FILE_DEFAULT);
        let file = self
            .settings
            .config
            .clone()
            .or_else(|| beside.exists().then_some(beside));
        let mut flags = Vec::new();
        if let Some(data) = &self.settings.data {
            flags.push(("store.data", data.display().to_string(), "--data"));
        }
        if let Some(level) = &self.settings.log {
            flags.push(("log.level", level.clone(), "--log"));
        }
        if let Command::Serve(serve) = &self.command {
            flags.extend(
                serve
                    .listen
                    .map(|listen| ("server.listen", listen.to_string(), "--listen")),
            );
            if serve.migrate {
                flags.push(("store.migrate_on_start", true.to_string(), "--migrate"));
            }
        }
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Sources {
            file,
            environment: std::env::vars_os().filter_map(text).collect(),
            flags,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
