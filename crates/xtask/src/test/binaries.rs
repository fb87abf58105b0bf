//! Builds every test binary at once and runs each one as `cargo test` would, in its crate's folder.
//!
//! They are started from here and not by `cargo test`, so that each test's own time is known (libtest tells it only
//! to those who ask for its unstable options) and a binary that says nothing for long is ended and counted as failed.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cargo_metadata::Message;

use super::tally::{Line, Tally, read_line};

/// A binary from which no line came for so long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(600);

/// What the build made: the test binaries, and the programs that tests start.
#[derive(Default)]
pub struct Built {
    pub tests: Vec<Binary>,
    programs: Vec<(String, PathBuf)>,
}

impl Built {
    pub fn program(&self, name: &str) -> Result<PathBuf> {
        let found = self.programs.iter().find(|(known, _)| known == name);
        Ok(found
            .with_context(|| format!("the build made no program `{name}`"))?
            .1
            .clone())
    }
}

pub struct Binary {
    name: String,
    program: PathBuf,
    folder: PathBuf,
}

/// Builds binaries, libraries and tests in one resolution of features, so that no crate is compiled twice.
pub fn build() -> Result<Built> {
    let mut cargo = crate::cargo()
        .args([
            "build",
            "--workspace",
            "--all-targets",
            "--message-format",
            "json-render-diagnostics",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo build")?;
    let out = cargo.stdout.take().context("cargo build has no output")?;
    let mut built = Built::default();
    for message in Message::parse_stream(BufReader::new(out)) {
        let Message::CompilerArtifact(artifact) = message? else {
            continue;
        };
        let Some(program) = artifact.executable else {
            continue;
        };
        if !artifact.profile.test {
            built.programs.push((artifact.target.name, program.into()));
            continue;
        }
        let folder = artifact
            .manifest_path
            .parent()
            .map(PathBuf::from)
            .unwrap_or_default();
        let member = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let target = artifact.target.name;
        let name = if target == member {
            member
        } else {
            format!("{member}/{target}")
        };
        built.tests.push(Binary {
            name,
            program: program.into(),
            folder,
        });
    }
    if !cargo.wait()?.success() {
        bail!("the workspace does not build");
    }
    built.tests.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(built)
}

/// Runs one binary; its passing tests stay silent, everything else is shown.
pub fn run(binary: &Binary, filters: &[String], environment: &[(String, String)], tally: &mut Tally) {
    let started = Instant::now();
    let before = tally.counts();
    let passed = launch(binary, filters, environment, tally).unwrap_or_else(|error| {
        crate::say(format_args!("{}: {error:#}", binary.name));
        false
    });
    let after = tally.counts();
    if !passed && after.1 == before.1 {
        tally.count_failure(format!("{} (ended without a failed test)", binary.name));
    }
    let (good, bad) = (after.0 - before.0, after.1 - before.1);
    if good + bad > 0 {
        let took = started.elapsed().as_secs_f64();
        crate::say(format_args!(
            "{took:>8.1} s  {}: {good} passed, {bad} failed",
            binary.name
        ));
    }
}

fn launch(
    binary: &Binary,
    filters: &[String],
    environment: &[(String, String)],
    tally: &mut Tally,
) -> Result<bool> {
    let mut child = Command::new(&binary.program)
        .current_dir(&binary.folder)
        .args(filters)
        .args(["-Zunstable-options", "--report-time"])
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_MANIFEST_DIR", &binary.folder)
        .env("CARGO", env!("CARGO"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", binary.program.display()))?;
    let lines = lines_of(&mut child)?;
    loop {
        match lines.recv_timeout(SILENCE_MAX) {
            Ok(line) => {
                tally.count_line(&binary.name, &line);
                if !is_noise(&line) {
                    crate::say(line);
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                bail!("no line for {} seconds: ended", SILENCE_MAX.as_secs());
            }
        }
    }
    Ok(child.wait()?.success())
}

fn lines_of(child: &mut Child) -> Result<mpsc::Receiver<String>> {
    let out = child.stdout.take().context("a test binary has no output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

fn is_noise(line: &str) -> bool {
    line.trim().is_empty()
        || matches!(read_line(line), Line::Passed(..))
        || line.starts_with("running ")
        || line.starts_with("test result: ok")
}
