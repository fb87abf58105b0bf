//! The program `townhall`: see the library beside it.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    townhall::commands::run(&townhall::cli::Cli::parse())
}
