//! `townhall serve`: opens the house, says where it is, and closes it when asked to.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Serve;
use crate::config::Config;
use crate::house::{Opening, open};
use crate::print;

pub async fn run(config: Config, serve: &Serve) -> anyhow::Result<()> {
    let opening = Opening {
        only: serve.only.clone(),
        ..Opening::new(config)
    };
    let running = open(opening).await?;
    print::line(&format!("The house is open: {}", running.base));
    asked_to_close().await?;
    tracing::info!("closing: what was accepted is finished; a second signal ends it at once");
    tokio::select! {
        closed = running.close() => closed,
        again = asked_to_close() => again.and_then(|()| anyhow::bail!("ended before all was finished")),
    }
}

async fn asked_to_close() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
