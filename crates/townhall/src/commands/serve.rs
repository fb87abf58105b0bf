//! `townhall serve`: opens the house, says where it is, and closes it when asked to.

use anyhow::Context as _;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Serve;
use crate::config::Config;
use crate::house::{Opening, Running, build};
use crate::{demo, print};

pub async fn run(config: Config, serve: &Serve) -> anyhow::Result<()> {
    // Listened for from the beginning: whoever reads that the house is open may close it at once.
    let mut asked = Asked::listen()?;
    allow_open_files();
    let opening = Opening {
        only: serve.only.clone(),
        demo: serve.demo,
        ..Opening::new(config)
    };
    let (config, demo) = (opening.config.clone(), serve.demo);
    let built = build(opening).await?;
    // Whoever sees that the house answers finds the city in it, and the paper about it.
    let city = if demo {
        Some(demo::settle(&config, &built).await?)
    } else {
        None
    };
    let running = built.open()?;
    print::line(&format!("The house is open: {}", running.base));
    match city {
        Some(city) => city.print(),
        None => say_how_to_begin(&running).await,
    }
    asked.until_asked().await;
    tracing::info!("closing: what was accepted is finished; a second signal ends it at once");
    tokio::select! {
        closed = running.close() => closed,
        () = asked.until_asked() => anyhow::bail!("ended before all was finished"),
    }
}

/// As many as the system lets this process have: its own first limit is often lower than `server.connections_max`.
fn allow_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it was; `townhall check` says whether it is enough");
    }
}

/// Nobody can sign in to a house without people; whoever starts it for the first time should not have to search.
async fn say_how_to_begin(running: &Running) {
    if running
        .registry
        .count_people()
        .await
        .is_ok_and(|people| people == 0)
    {
        print::line("Nobody is in it yet. Make the first admin, and open the link that is printed:");
        print::line(
            "  townhall admin people create --role admin --name \"Your Name\" --email you@example.org",
        );
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

    async fn until_asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
