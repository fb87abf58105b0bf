//! Chores of the workspace: `test`, `tidy`, `accept`, `codegen`, `bench`. A chore is a Rust function here and not a shell script, so it
//! runs the same on each machine and a reader finds what a step does by its name.

mod accept;
mod bench;
mod codegen;
mod test;
mod tidy;

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Chores of the workspace", disable_help_subcommand = true)]
struct Chores {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Every check and every test; ends with the line `N passed, N failed`
    Test(test::Choice),
    /// The absences that ARCHITECTURE.md promises
    Tidy,
    /// What `test` leaves out because it needs a build of its own
    Accept(accept::Choice),
    /// Writes `crates/wire/src` from `proto/`
    Codegen,
    /// Without a name: lists the measurements. With one: runs it in release
    Bench(bench::Choice),
}

fn main() -> ExitCode {
    let outcome = match Chores::parse().chore {
        Chore::Test(choice) => test::run(&choice),
        Chore::Tidy => tidy::run(),
        Chore::Accept(choice) => accept::run(&choice),
        Chore::Codegen => codegen::run(),
        Chore::Bench(choice) => bench::run(&choice),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// One line for whoever runs the chore. A closed pipe is no reason to fail a chore.
fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Cargo in the workspace, as from a shell. We were started by `cargo run`, which tells us of our own package in variables;
/// a build script that looks at those (ring's) would run again, and all that depends on it be built again, each time
/// that chores and shells take turns.
fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let told = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if told.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    command.current_dir(root());
    command
}

/// The folder of the workspace that we stand in; the one this chore was built from when we stand elsewhere.
fn root() -> PathBuf {
    let is_root = |folder: &Path| folder.join("Cargo.lock").is_file() && folder.join("crates").is_dir();
    let here = std::env::current_dir().unwrap_or_default();
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here
        .ancestors()
        .chain(built.ancestors())
        .find(|folder| is_root(folder));
    found.unwrap_or(built).to_owned()
}
