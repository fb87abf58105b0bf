//! A real browser for tests of pages: Chromium and its driver, found or installed, started on loopback, gone when
//! this process is gone.
//!
//! Each session has a folder of its own for its profile, so that no cookie of one test is seen by another. As with
//! PostgreSQL, a shell that waits for the end of its input ends the driver and its browsers however we end.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::debian;

const HELP: &str = "the tests of pages need Chromium and chromedriver and they are not here: install them, on Debian \
                    with `apt-get install chromium chromium-driver`, on Fedora with `dnf install chromium \
                    chromedriver`, on macOS with `brew install --cask chromium chromedriver`";

/// What keeps a browser of a test to itself: no window, no first-run pages, no talk with the world.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1100,900",
];

struct Programs {
    chromium: PathBuf,
    driver: PathBuf,
}

/// A running chromedriver; it starts a browser for each session.
pub struct Driver {
    chromium: PathBuf,
    address: String,
    folder: PathBuf,
    sessions: AtomicU32,
    watchdog: Child,
}

/// One driver for all tests of this process.
pub fn shared() -> anyhow::Result<&'static Driver> {
    static SHARED: OnceLock<Result<Driver, String>> = OnceLock::new();
    SHARED
        .get_or_init(|| Driver::start().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

impl Driver {
    pub fn start() -> anyhow::Result<Driver> {
        let programs = find_or_install()?;
        let folder = tempfile::Builder::new()
            .prefix("townhall-browser-")
            .tempdir()?
            .keep();
        let mut watchdog = start_watched(&programs.driver, &folder)?;
        let said = BufReader::new(watchdog.stdout.take().context("the driver's output is piped")?);
        for line in said.lines() {
            let line = line?;
            let port = line
                .split_once("started successfully on port ")
                .map(|(_, port)| port);
            if let Some(port) = port.and_then(|port| port.trim_end_matches('.').parse::<u16>().ok()) {
                return Ok(Driver {
                    chromium: programs.chromium,
                    address: format!("http://127.0.0.1:{port}"),
                    folder,
                    sessions: AtomicU32::new(0),
                    watchdog,
                });
            }
        }
        bail!("chromedriver ended without saying its port")
    }

    /// Where a WebDriver client connects to.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What a client asks for: a browser with a fresh profile whose pages come in `language` where they can choose.
    pub fn capabilities(&self, language: &str) -> Value {
        let number = self.sessions.fetch_add(1, Ordering::Relaxed);
        let profile = self.folder.join(format!("profile-{number}"));
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        flags.push(format!("--lang={language}"));
        json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": self.chromium,
                "args": flags,
                "prefs": { "intl.accept_languages": language },
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        self.watchdog.wait().ok();
    }
}

fn find_or_install() -> anyhow::Result<Programs> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = find() {
        return Ok(found);
    }
    if debian::is_ours() {
        debian::install(&["chromium", "chromium-driver"]).context(HELP)?;
    }
    find().context(HELP)
}

fn find() -> Option<Programs> {
    Some(Programs {
        chromium: in_path(&["chromium", "chromium-browser", "google-chrome"])?,
        driver: in_path(&["chromedriver"])?,
    })
}

fn in_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path)
        .chain([PathBuf::from("/usr/lib/chromium")])
        .collect();
    names.iter().find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
}

/// The driver under a shell that ends it, its browsers and their folder when our end of the pipe closes. All of them
/// stand in one process group, and nothing else does.
fn start_watched(driver: &Path, folder: &Path) -> anyhow::Result<Child> {
    const SCRIPT: &str = r#"trap '' INT HUP TERM
(trap - INT HUP TERM; exec "$1" --port=0) &
cat > /dev/null
kill -TERM 0
wait
rm -rf "$2"
"#;
    Command::new("sh")
        .args(["-c", SCRIPT, "townhall-browser-watchdog"])
        .arg(driver)
        .arg(folder)
        .current_dir("/")
        .env("TMPDIR", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("starting chromedriver")
}
