//! Postfix for tests and measurements: its `smtp-sink` and `smtp-source`, and a whole postfix with TLS and AUTH, found
//! or installed, on loopback, gone when this process is gone.

mod whole;

use std::env;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

pub use whole::{Postfix, Wishes};

const HELP: &str = "the tests of mail need postfix and it is not here: install it, on Debian with `apt-get install \
                    postfix` (it need not run), on Fedora with `dnf install postfix`";
/// A server that does not listen after so long never will.
const START_MAX: Duration = Duration::from_secs(30);

/// Postfix' own server that takes letters and forgets them.
pub struct SmtpSink {
    port: u16,
    _child: Watched,
}

impl SmtpSink {
    pub fn start() -> anyhow::Result<SmtpSink> {
        SmtpSink::start_with(&[])
    }

    /// With more of its own options, as `-q .`: it breaks off after the last dot.
    pub fn start_with(options: &[&str]) -> anyhow::Result<SmtpSink> {
        let program = program("smtp-sink")?;
        let port = free_port()?;
        let mut command = vec![program.display().to_string()];
        if we_are_root() {
            command.extend(["-u", "nobody"].map(String::from));
        }
        command.extend(options.iter().map(|option| (*option).to_owned()));
        command.extend([format!("127.0.0.1:{port}"), String::from("1024")]);
        let child = Watched::start(&command, Path::new("/"))?;
        wait_until_it_listens(port)?;
        Ok(SmtpSink { port, _child: child })
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Where a program of postfix stands; the package is installed when it is missing and can be.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = find(name) {
        return Ok(found);
    }
    if Path::new("/etc/debian_version").exists() && we_are_root() {
        install_on_debian().context(HELP)?;
    }
    find(name).context(HELP)
}

fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/lib/postfix/sbin", "/usr/libexec/postfix"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn we_are_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn install_on_debian() -> anyhow::Result<()> {
    for arguments in [
        &["update"][..],
        &["install", "-y", "--no-install-recommends", "postfix"][..],
    ] {
        let done = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .output()
            .context("apt-get")?;
        if !done.status.success() {
            bail!(
                "apt-get {} failed: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&done.stderr)
            );
        }
    }
    Ok(())
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn wait_until_it_listens(port: u16) -> anyhow::Result<()> {
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > START_MAX {
            bail!("nothing listens on port {port}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// A program under a shell that ends it when our end of the pipe closes, however we end. Both stand in one process
/// group, and nothing else does.
struct Watched(Child);

impl Watched {
    fn start(command: &[String], folder: &Path) -> anyhow::Result<Watched> {
        const SCRIPT: &str = r#"trap '' INT HUP TERM
(trap - INT HUP TERM; exec "$@") < /dev/null &
cat > /dev/null
kill -TERM 0
wait
"#;
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "townhall-mail-watchdog"])
            .args(command)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        Ok(Watched(
            child.with_context(|| format!("starting {}", command[0]))?,
        ))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().ok();
    }
}
