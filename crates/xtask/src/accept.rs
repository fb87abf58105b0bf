//! What `cargo xtask test` leaves out because it needs a build of its own: features of the binary that are off by
//! default, servers of others. Minutes when cold, so they are run when what they touch was changed, and before a release.

mod caldav;
mod kafka;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

#[derive(Args)]
pub struct Choice {
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// The binary with Sentry and OpenTelemetry sends a span and an error to a small collector
    Reports,
    /// The suite's promises about Kafka, against a real broker on this machine
    Kafka,
    /// CalDAV, before caldav-server-tester, the suite of the caldav library, vdirsyncer, khal and tsdav
    Caldav,
}

pub fn run(choice: &Choice) -> Result<bool> {
    match choice.what {
        What::Reports => reports(),
        What::Kafka => kafka::run(),
        What::Caldav => caldav::run(),
    }
}

fn reports() -> Result<bool> {
    let arguments = [
        "--package",
        "townhall",
        "--features",
        "sentry,otel",
        "--test",
        "reports",
    ];
    let status = crate::cargo()
        .arg("test")
        .args(arguments)
        .status()
        .context("cannot start cargo test")?;
    Ok(status.success())
}
