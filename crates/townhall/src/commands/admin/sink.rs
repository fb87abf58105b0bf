//! `townhall admin sink`: a mail server that delivers nothing, for dry runs and for trying out a configuration. It needs
//! no store and no house.

use std::fs;

use anyhow::Context as _;
use kernel::Clock;
use post::sink::{Script, Sink};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::SinkOptions;
use crate::print;

/// Runs until SIGINT or SIGTERM, then prints its counts.
pub async fn run(options: &SinkOptions) -> anyhow::Result<()> {
    let script = match &options.script {
        Some(path) => {
            let text = fs::read_to_string(path);
            let text = text.with_context(|| format!("cannot read the script {}", path.display()))?;
            Script::parse(&text).with_context(|| path.display().to_string())?
        }
        None => Script::default(),
    };
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
    let sink = Sink::open(script, options.listen, Clock::system()).await?;
    print::line(&format!("sink listens on {}", sink.address()));
    let counts = match options.counts {
        Some(address) => {
            let listener = TcpListener::bind(address).await;
            let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
            print::line(&format!("counts on http://{}/", listener.local_addr()?));
            Some(listener)
        }
        None => None,
    };
    let telling = async {
        match counts {
            Some(listener) => sink.tell_counts(listener).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        told = telling => told.context("the counts cannot be told")?,
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    print::json(&sink.counts())
}
