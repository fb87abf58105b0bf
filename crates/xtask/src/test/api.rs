//! The property-based API tester: schemathesis reads our OpenAPI document and tries what it allows and what it does
//! not, against a running house, once as an admin and once as a service with a key. It must find no 5xx and no answer
//! that the document does not declare. As a service it also reads the text of OpenFeature's protocol, which others wrote.
//!
//! Its versions are pinned in `api/requirements.txt`, it draws the same examples each time, and their number is
//! bounded, so that a finding can be repeated and the run takes a known time.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::tools;

const REQUIREMENTS: &str = include_str!("../../api/requirements.txt");
const EXAMPLES_MAX: &str = "25";
/// The text of OpenFeature's protocol, of which the first lines say where it is from.
const OFREP: &str = "crates/xtask/api/ofrep/openapi.yaml";
/// What `serve` prints before the address it is open at.
const OPEN_LINE: &str = "The house is open: ";

/// A virtual environment of Python with the tester in it, made once under `target/`.
pub fn install() -> Result<PathBuf> {
    let folder = folder().join("python");
    let tester = folder.join("bin/st");
    let stamp = folder.join("requirements.txt");
    if tester.is_file() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(tester);
    }
    fs::create_dir_all(&folder)?;
    make_environment(&folder)?;
    let wanted = crate::root().join("crates/xtask/api/requirements.txt");
    let pip = [
        folder.join("bin/pip").display().to_string(),
        "install".into(),
        "--quiet".into(),
        "-r".into(),
    ];
    tools::run(Command::new(&pip[0]).args(&pip[1..]).arg(&wanted))?;
    fs::copy(&wanted, &stamp)?;
    Ok(tester)
}

fn folder() -> PathBuf {
    crate::root().join("target/api-tester")
}

pub fn make_environment(folder: &Path) -> Result<()> {
    let make = || {
        tools::run(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(folder),
        )
    };
    let Err(first) = make() else { return Ok(()) };
    if !tools::install_packages(&["python3", "python3-venv"])? {
        return Err(first).context("the API tester needs Python 3.11 or newer with `venv`: install it");
    }
    make()
}

/// A demo city that is open for the tester; closed when dropped.
pub struct City {
    child: Child,
    base: String,
    demo: PathBuf,
}

impl City {
    pub fn open(townhall: &Path) -> Result<City> {
        let data = folder().join("data");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        fs::create_dir_all(&data)?;
        let mut child = Command::new(townhall)
            .args([
                "serve",
                "--demo",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "warn",
                "--data",
            ])
            .arg(&data)
            .current_dir(folder())
            .env("TOWNHALL_REGISTRY__ADDRESS_ATTEMPTS_PER_MINUTE", "1000000")
            .env("TOWNHALL_REGISTRY__ACCOUNT_ATTEMPTS_PER_MINUTE", "1000000")
            .env("TOWNHALL_REGISTRY__LOCKOUT_FAILURES", "1000000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("the house has no output")?;
        let mut city = City {
            child,
            base: String::new(),
            demo: data.join("demo.json"),
        };
        for line in BufReader::new(out).lines() {
            if let Some(base) = line?.strip_prefix(OPEN_LINE) {
                city.base = base.trim().to_owned();
                return Ok(city);
            }
        }
        bail!("the demo city did not open");
    }

    /// One run of the tester by our own document, as `admin` or as `service`.
    pub fn try_as(&self, tester: &Path, who: &str) -> Result<bool> {
        let document = format!("{}/api/openapi.json", self.base);
        tools::succeeds(self.tester(tester, who, "credentials").arg(document))
    }

    /// One run of the tester by the text of OpenFeature's protocol.
    pub fn try_flags(&self, tester: &Path) -> Result<bool> {
        let mut tester = self.tester(tester, "service", "flags");
        let text = tester.args(["--url", &self.base]).arg(crate::root().join(OFREP));
        tools::succeeds(text)
    }

    fn tester(&self, tester: &Path, who: &str, hooks: &str) -> Command {
        let files = crate::root().join("crates/xtask/api");
        let mut command = Command::new(tester);
        command
            .arg("--config-file")
            .arg(files.join("schemathesis.toml"))
            .args(["--no-color", "run", "--max-examples", EXAMPLES_MAX])
            .args(["--generation-deterministic", "--continue-on-failure"])
            .args(["--no-shrink", "--warnings", "off", "--request-timeout", "30"])
            .current_dir(folder())
            .env("SCHEMATHESIS_HOOKS", hooks)
            .env("PYTHONPATH", files)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("TESTER_AS", who);
        self.tell(&mut command);
        command
    }

    /// Tells a program where the city is, and who lives in it.
    pub fn tell(&self, command: &mut Command) {
        command
            .env("TESTER_BASE", &self.base)
            .env("TESTER_DEMO", &self.demo);
    }
}

impl Drop for City {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
