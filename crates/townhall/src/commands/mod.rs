//! What each command does. A command prints its answer on standard output; what went wrong, and what to do about it,
//! goes to standard error, and the exit code tells scripts which kind of trouble it is.

mod admin;
mod backup;
mod check;
pub(crate) mod migrate;
mod serve;
mod shards;

use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::{Cli, Command};
use crate::config::{BadConfig, Config, Sources};
use crate::print;

/// The command could not do what it was asked to.
const NOT_DONE: u8 = 1;
/// The command line or the configuration is wrong; clap uses the same.
const NOT_UNDERSTOOD: u8 = 2;
/// The store cannot be reached, is not migrated, or is newer than this program.
const NO_STORE: u8 = 3;

/// Runs the command and tells the exit code.
pub fn run(cli: &Cli) -> ExitCode {
    match prepare_and_run(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NOT_DONE),
        Err(error) => {
            print::complaint(&format!("townhall: {error:#}"));
            ExitCode::from(exit_code(&error))
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<BadConfig>().is_some() {
        NOT_UNDERSTOOD
    } else if error.downcast_ref::<store::OpenError>().is_some() {
        NO_STORE
    } else {
        NOT_DONE
    }
}

fn prepare_and_run(cli: &Cli) -> anyhow::Result<bool> {
    let sources = cli.sources();
    let mut config = Config::load(&sources)?;
    if !matches!(cli.command, Command::Serve(_)) && !sources.names_flag("log.level") {
        // A command for a person at a terminal speaks through its answer; only trouble is logged beside it.
        config.log.level = String::from("warn");
    }
    let _reports = crate::logs::start(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the runtime cannot be started")?;
    runtime.block_on(run_command(cli, config, &sources))
}

async fn run_command(cli: &Cli, config: Config, sources: &Sources) -> anyhow::Result<bool> {
    match &cli.command {
        Command::Check(printed) => return check::run(&config, sources.file.as_deref(), *printed).await,
        Command::Serve(serve) => serve::run(config, serve).await?,
        Command::Migrate => migrate::run(&config).await?,
        Command::Admin(command) => admin::run(&config, command).await?,
        Command::Shards(command) => shards::run(&config, command).await?,
        Command::Backup { file } => backup::backup(&config, file.clone()).await?,
        Command::Restore { file, force } => backup::restore(&config, file.clone(), *force).await?,
    }
    Ok(true)
}
