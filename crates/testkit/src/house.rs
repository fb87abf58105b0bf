//! The real binary as a process of its own: for what cannot be tested in-process, such as exit codes, signals,
//! kill -9 and two processes on one store.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// A house that is not open by then will not open at all. Generous, because the test machine may be busy.
const OPEN_WITHIN: Duration = Duration::from_secs(30);
/// A process that was asked to end and did not by then hangs.
const END_WITHIN: Duration = Duration::from_secs(40);
/// What `serve` prints before the address it is open at.
const OPEN_LINE: &str = "The house is open: ";

/// Names a binary that is built already, for whoever starts many test programs (`cargo xtask test`).
pub const BINARY: &str = "TOWNHALL_TEST_BINARY";

/// Where the binary `townhall` is, of the same profile as the running test; it is built first, once in a process.
pub fn binary() -> anyhow::Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT
        .get_or_init(|| build().map_err(|e| format!("{e:#}")))
        .clone()
        .map_err(anyhow::Error::msg)
}

fn build() -> anyhow::Result<PathBuf> {
    if let Some(built) = std::env::var_os(BINARY) {
        return Ok(built.into());
    }
    // A test stands in target/PROFILE/deps, a bench in target/PROFILE.
    let me = std::env::current_exe()?;
    let profile = me.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let profile = profile.context("this program stands in no folder")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--quiet", "--package", "townhall", "--bin", "townhall"]);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .status()
        .context("cargo")?;
    ensure!(status.success(), "the binary cannot be built");
    Ok(profile.join("townhall"))
}

/// `townhall …` with nothing of the surroundings: no configuration file, no settings from the environment.
pub fn townhall(folder: &Path, args: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(binary()?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TOWNHALL_") {
            command.env_remove(name);
        }
    }
    command.args(args).current_dir(folder).stdin(Stdio::null());
    Ok(command)
}

/// Runs a command to its end.
pub fn run(folder: &Path, args: &[&str]) -> anyhow::Result<Output> {
    townhall(folder, args)?.output().context("the binary starts")
}

/// A running `townhall serve`; killed when dropped.
pub struct House {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub base: String,
    /// From start to open.
    pub opened_after: Duration,
    printed: Receiver<String>,
    logged: Option<JoinHandle<String>>,
    _watchdog: Watchdog,
}

/// A shell that waits for the end of its input, which the kernel gives it when we die, and then ends the house: one that a
/// static holds is dropped by nobody.
struct Watchdog(Child);

impl Watchdog {
    fn over(process: u32) -> std::io::Result<Watchdog> {
        let child = Command::new("sh")
            .args(["-c", "read -r _; kill -KILL \"$0\"", &process.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Watchdog(child))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl House {
    /// Opens a house in `folder` on a free port; `more` are further arguments of `serve`.
    pub fn open(folder: &Path, more: &[&str]) -> anyhow::Result<House> {
        let mut args = vec!["serve", "--listen", "127.0.0.1:0"];
        args.extend(more);
        House::start(townhall(folder, &args)?)
    }

    /// Starts a prepared command and waits until the house is open; an error holds what it said instead.
    pub fn start(command: Command) -> anyhow::Result<House> {
        House::start_within(command, OPEN_WITHIN)
    }

    /// The same for a house that has more to read before it opens.
    pub fn start_within(mut command: Command, within: Duration) -> anyhow::Result<House> {
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let watchdog = Watchdog::over(child.id())?;
        let mut stderr = child.stderr.take().context("standard error is piped")?;
        let logged = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let stdout = BufReader::new(child.stdout.take().context("standard output is piped")?);
        let (to, printed) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = to.send(line);
            }
        });
        let mut house = House {
            child,
            base: String::new(),
            opened_after: Duration::ZERO,
            printed,
            logged: Some(logged),
            _watchdog: watchdog,
        };
        loop {
            match house.printed.recv_timeout(within.saturating_sub(began.elapsed())) {
                Ok(line) => {
                    if let Some(base) = line.strip_prefix(OPEN_LINE) {
                        house.base = base.to_owned();
                        house.opened_after = began.elapsed();
                        return Ok(house);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    house.kill();
                    bail!("no address within {within:?}; {}", house.log());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = house.child.wait()?;
                    bail!("it ended with {status}; {}", house.log());
                }
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lines of standard output that were printed by now, after the address.
    pub fn printed(&self) -> Vec<String> {
        self.printed.try_iter().collect()
    }

    /// kill -9: nothing can be finished.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM: what was accepted is finished.
    pub fn terminate(&mut self) -> anyhow::Result<ExitStatus> {
        let asked = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status()?;
        ensure!(asked.success(), "SIGTERM cannot be sent");
        self.wait()
    }

    /// Waits for the process to end by itself.
    pub fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let until = Instant::now() + END_WITHIN;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(Instant::now() < until, "the process does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// All that was logged; waits for the process to end.
    pub fn log(&mut self) -> String {
        self.logged
            .take()
            .map_or(String::new(), |logged| logged.join().unwrap_or_default())
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill();
    }
}
