//! Kafka: the tests of the suite that need a broker, against Tansu, which is somebody else's and speaks the real protocol
//! over its own store. The suite runs the same tests against librdkafka's mock cluster.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::{cargo, root, say};

const VERSION: &str = "0.6.0";
/// Its store is memory, so it is there in a moment.
const OPEN_WITHIN: Duration = Duration::from_secs(60);
/// What the tests find it by.
const ADDRESS: &str = "TOWNHALL_TEST_KAFKA";

pub fn run() -> Result<bool> {
    let program = installed()?;
    let broker = Broker::start(&program)?;
    say(format_args!("── tansu {VERSION} listens on {}", broker.address));
    // The same selection as everywhere, so that nothing is built twice.
    let status = cargo()
        .args(["test", "--workspace", "--test", "it", "--", "intake::"])
        .env(ADDRESS, &broker.address)
        .status()
        .context("cannot start cargo test")?;
    if !status.success() {
        say(format_args!("── the broker's log: {}", broker.log.display()));
    }
    Ok(status.success())
}

/// Builds the broker once; it is kept under `target`.
fn installed() -> Result<PathBuf> {
    let target = root().join("target");
    let place = target.join(format!("tansu-{VERSION}"));
    let program = place.join("bin/tansu");
    if program.exists() {
        return Ok(program);
    }
    say(format_args!(
        "── building tansu {VERSION}, which takes some minutes"
    ));
    let status = cargo()
        .args(["install", "tansu", "--version", VERSION, "--locked"])
        .args(["--no-default-features", "--features", "dynostore"])
        .arg("--root")
        .arg(&place)
        .arg("--target-dir")
        .arg(target.join("tansu-build"))
        .status()
        .context("cannot start cargo install")?;
    ensure!(status.success(), "tansu cannot be built");
    Ok(program)
}

/// Ended when dropped.
struct Broker {
    process: Child,
    address: String,
    log: PathBuf,
}

impl Broker {
    fn start(program: &Path) -> Result<Broker> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let log = root().join("target/tansu.log");
        let out = File::create(&log)?;
        let process = Command::new(program)
            .args(["broker", "--storage-engine", "memory://tansu/"])
            .args(["--listener-url", &format!("tcp://{address}")])
            .args(["--advertised-listener-url", &format!("tcp://{address}")])
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .context("tansu cannot be started")?;
        let mut broker = Broker {
            process,
            address,
            log,
        };
        let began = Instant::now();
        while TcpStream::connect(&broker.address).is_err() {
            let ended = broker.process.try_wait()?;
            ensure!(
                ended.is_none() && began.elapsed() < OPEN_WITHIN,
                "tansu does not open; see {}",
                broker.log.display()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(broker)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
