//! The program `townhall`: see the library beside it.

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    townhall::commands::run(&townhall::cli::Cli::parse())
}
