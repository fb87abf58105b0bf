//! Throw-away PostgreSQL servers: found or installed, started on loopback, gone when this process is gone.
//!
//! Nothing is left behind however the process ends, because each server has a watchdog: a shell that waits for the
//! end of its input, which the kernel gives it when we die, even of -9. It then stops the server by its id and
//! removes the folder. Each test has a fresh database, so tests may run in any order and in parallel.
//!
//! Two servers are shared by all tests of a process and started by the first that asks. So that several test
//! binaries can share them, whoever starts those binaries (`cargo xtask test`) may hold a [`Pair`] and pass its
//! [`Pair::environment`] on as [`ENVIRONMENT`]: the addresses of two servers with superuser rights, separated by a
//! comma, for instance `postgres://postgres:pw@127.0.0.1:5001/postgres,postgres://postgres:pw@127.0.0.1:5002/postgres`.

mod binaries;
mod database;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

pub use binaries::Binaries;
pub use database::{Address, Database, ENVIRONMENT, Pair, shared};

/// A server on a loaded machine of two cores is up within seconds; recovery after a kill may take a few more.
const START_SECONDS_MAX: u64 = 60;
/// Another process may take the free port between our look and the server's start.
const START_ATTEMPTS_MAX: u32 = 5;
const POLL: Duration = Duration::from_millis(20);

/// What a throw-away server is like.
#[derive(Clone, Debug)]
pub struct Options {
    /// On by default. Off is faster and loses nothing when a process dies, only when the machine does.
    pub fsync: bool,
    /// More lines for `postgresql.conf`, as `("work_mem", "8MB")`.
    pub settings: Vec<(String, String)>,
    /// Certificate and key, both PEM: with them the server offers TLS.
    pub tls: Option<(String, String)>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            fsync: true,
            settings: Vec::new(),
            tls: None,
        }
    }
}

impl Options {
    /// For suites where surviving a power cut is not the point.
    pub fn fast() -> Options {
        Options {
            fsync: false,
            ..Options::default()
        }
    }

    pub fn with_tls(mut self, certificate: String, key: String) -> Options {
        self.tls = Some((certificate, key));
        self
    }

    pub fn with(mut self, key: &str, value: &str) -> Options {
        self.settings.push((key.into(), value.into()));
        self
    }
}

/// A running (or, between [`Server::stop`] and [`Server::start_again`], a stopped) server.
pub struct Server {
    binaries: Binaries,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    password: String,
    process: Mutex<Option<Child>>,
    watchdog: Child,
}

impl Server {
    pub fn start(options: &Options) -> anyhow::Result<Server> {
        let binaries = binaries::find_or_install()?;
        let folder = tempfile::Builder::new()
            .prefix("townhall-postgres-")
            .tempdir()?
            .keep();
        let user = user_to_run_as(&folder)?;
        let watchdog = start_watchdog(&folder)?;
        let password = kernel::random_token();
        let mut server = Server {
            binaries,
            folder,
            user,
            port: 0,
            password,
            process: Mutex::new(None),
            watchdog,
        };
        server.initialise(options)?;
        let mut attempt = 1;
        loop {
            server.port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            match server.start_again() {
                Ok(()) => return Ok(server),
                Err(_) if attempt < START_ATTEMPTS_MAX => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    pub fn address(&self) -> Address {
        Address::new(&format!(
            "postgres://postgres:{}@127.0.0.1:{}/postgres",
            self.password, self.port
        ))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process to wound, for tests that do so themselves.
    pub fn process_id(&self) -> Option<u32> {
        self.process().as_ref().map(Child::id)
    }

    /// What the server had to say so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Starts the stopped server on its old port with its old data.
    pub fn start_again(&self) -> anyhow::Result<()> {
        let mut process = self.process();
        if process.is_some() {
            return Ok(());
        }
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        loop {
            let mut child = self.spawn()?;
            fs::write(self.folder.join("pid"), child.id().to_string())?;
            if self.wait_until_ready(&mut child, deadline)? {
                *process = Some(child);
                return Ok(());
            }
            fs::write(self.folder.join("pid"), "")?;
            // After a kill the old backends need a moment to notice; until then the new server refuses to start.
            let says = self.log();
            if !says.contains("pre-existing shared memory block") || Instant::now() > deadline {
                bail!(
                    "PostgreSQL did not start in {}; it says:\n{says}",
                    self.folder.display()
                );
            }
            std::thread::sleep(POLL);
        }
    }

    /// Stops it as an administrator would: connections are cut, open transactions are lost, prepared ones are kept.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.end("INT")
    }

    /// Ends it with -9, as a crash would.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.end("KILL")
    }

    pub fn restart(&self) -> anyhow::Result<()> {
        self.stop()?;
        self.start_again()
    }

    fn end(&self, signal: &str) -> anyhow::Result<()> {
        if let Some(mut child) = self.process().take() {
            run(Command::new("kill").args(["-s", signal, &child.id().to_string()]))?;
            child.wait()?;
            fs::write(self.folder.join("pid"), "")?;
        }
        Ok(())
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn initialise(&self, options: &Options) -> anyhow::Result<()> {
        let password = self.folder.join("password");
        fs::write(&password, &self.password)?;
        self.give_away(&password)?;
        // The C collation orders text by its bytes, as SQLite does, so that both engines give the same pages.
        run(self
            .command(&self.binaries.initdb)
            .arg("--pgdata")
            .arg(self.data())
            .arg("--pwfile")
            .arg(&password)
            .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync"]))?;
        let mut lines = String::from(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\n\
             max_prepared_transactions = 64\nshared_buffers = 64MB\nlog_min_messages = warning\n\
             log_checkpoints = off\nmax_wal_size = 512MB\n",
        );
        lines.push_str(if options.fsync {
            "fsync = on\n"
        } else {
            "fsync = off\nfull_page_writes = off\n"
        });
        if let Some((certificate, key)) = &options.tls {
            for (name, content) in [("server.crt", certificate), ("server.key", key)] {
                let path = self.data().join(name);
                fs::write(&path, content)?;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
                self.give_away(&path)?;
            }
            lines.push_str("ssl = on\n");
        }
        for (key, value) in &options.settings {
            lines.push_str(&format!("{key} = '{value}'\n"));
        }
        let path = self.data().join("postgresql.conf");
        let before = fs::read_to_string(&path)?;
        fs::write(&path, before + &lines)?;
        Ok(())
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = fs::File::create(self.folder.join("log"))?;
        self.command(&self.binaries.postgres)
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own: Ctrl-C at the terminal is for the test, and the watchdog cleans up after it.
            .process_group(0)
            .spawn()
            .context("starting PostgreSQL")
    }

    /// False when it ended instead. The last line of its lock file says `ready` once it takes connections.
    fn wait_until_ready(&self, child: &mut Child, deadline: Instant) -> anyhow::Result<bool> {
        let lock = self.data().join("postmaster.pid");
        let id = child.id().to_string();
        while child.try_wait()?.is_none() {
            let text = fs::read_to_string(&lock).unwrap_or_default();
            if text.lines().next() == Some(&id) && text.lines().nth(7).is_some_and(|s| s.trim() == "ready") {
                return Ok(true);
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                return Ok(false);
            }
            std::thread::sleep(POLL);
        }
        Ok(false)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn give_away(&self, path: &Path) -> anyhow::Result<()> {
        if let Some((user, group)) = self.user {
            chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A failure here leaves the work to the watchdog, which is told by the closing of its input.
        self.end("QUIT").ok();
        drop(self.watchdog.stdin.take());
        self.watchdog.wait().ok();
    }
}

/// PostgreSQL refuses to run as root, so root lends the folder to somebody else.
fn user_to_run_as(folder: &Path) -> anyhow::Result<Option<(u32, u32)>> {
    if fs::metadata(folder)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("looking for a user who is not root")?;
    for name in ["postgres", "nobody"] {
        if let Some(ids) = users.lines().find_map(|line| ids_of(line, name)) {
            chown(folder, Some(ids.0), Some(ids.1))?;
            return Ok(Some(ids));
        }
    }
    bail!(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as: add one"
    )
}

fn ids_of(line: &str, name: &str) -> Option<(u32, u32)> {
    let fields: Vec<&str> = line.split(':').collect();
    (fields.first() == Some(&name)).then_some(())?;
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}

fn start_watchdog(folder: &Path) -> anyhow::Result<Child> {
    const SCRIPT: &str = r#"trap '' INT HUP TERM
cat > /dev/null
pid=$(cat "$1/pid" 2> /dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2> /dev/null
    for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        kill -0 "$pid" 2> /dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2> /dev/null
fi
rm -rf "$1"
"#;
    Command::new("sh")
        .args(["-c", SCRIPT, "townhall-postgres-watchdog"])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("starting the watchdog of a throw-away PostgreSQL")
}

/// Runs to the end; its output is shown only when it fails.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}
