//! `townhall serve`: opens the house, says where it is, and closes it when asked to.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Serve;
use crate::config::Config;
use crate::house::{Opening, open};
use crate::print;

pub async fn run(config: Config, serve: &Serve) -> anyhow::Result<()> {
    // Listened for from the beginning: whoever reads that the house is open may close it at once.
    let mut asked = Asked::listen()?;
    let opening = Opening {
        only: serve.only.clone(),
        ..Opening::new(config)
    };
    let running = open(opening).await?;
    print::line(&format!("The house is open: {}", running.base));
    asked.to_close().await;
    tracing::info!("closing: what was accepted is finished; a second signal ends it at once");
    tokio::select! {
        closed = running.close() => closed,
        () = asked.to_close() => anyhow::bail!("ended before all was finished"),
    }
}

/// SIGTERM and SIGINT.
struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    fn listen() -> anyhow::Result<Asked> {
        Ok(Asked {
            terminate: signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?,
            interrupt: signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?,
        })
    }

    async fn to_close(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
