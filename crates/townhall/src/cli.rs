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
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Args)]
pub struct Printed {
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
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
        if let Command::Serve(Serve {
            listen: Some(listen), ..
        }) = &self.command
        {
            flags.push(("server.listen", listen.to_string(), "--listen"));
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
