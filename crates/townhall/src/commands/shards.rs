//! `townhall shards`: which server holds which virtual shards, and moving them while the house is open.

use anyhow::Context as _;
use kernel::Clock;
use serde::Serialize;
use store::{Store, VshardRange};

use crate::cli::Shards;
use crate::config::Config;
use crate::{connect, print};

#[derive(Serialize)]
struct Shown {
    range: String,
    server: String,
    epoch: i64,
    state: String,
    rows: u64,
}

pub async fn run(config: &Config, command: &Shards) -> anyhow::Result<()> {
    // What is asked is understood before anybody is asked.
    let range = match command {
        Shards::Move { range, .. } => Some(
            range
                .parse::<VshardRange>()
                .with_context(|| format!("{range:?}"))?,
        ),
        Shards::List(_) => None,
    };
    let store = Store::open(connect::store_config(config), Clock::system()).await?;
    let done = match (command, range) {
        (Shards::List(printed), _) => list(&store, printed.json).await,
        (Shards::Move { to, .. }, Some(range)) => move_range(&store, range, to).await,
        (Shards::Move { .. }, None) => Ok(()),
    };
    store.close().await;
    done
}

async fn list(store: &Store, json: bool) -> anyhow::Result<()> {
    let shown: Vec<Shown> = store
        .shards()
        .await?
        .into_iter()
        .map(|info| Shown {
            range: info.range.to_string(),
            server: info.server,
            epoch: info.epoch,
            state: info.state.to_string(),
            rows: info.rows,
        })
        .collect();
    if json {
        return print::json(&shown);
    }
    let rows: Vec<[String; 5]> = shown
        .into_iter()
        .map(|row| {
            [
                row.range,
                row.server,
                row.epoch.to_string(),
                row.state,
                row.rows.to_string(),
            ]
        })
        .collect();
    print::table(["range", "server", "epoch", "state", "rows"], &rows);
    Ok(())
}

async fn move_range(store: &Store, range: VshardRange, to: &str) -> anyhow::Result<()> {
    let report = store.move_range(range, to).await?;
    if report.shards == 0 {
        print::line(&format!("Nothing to do: {range} is on {to} already."));
    } else {
        print::line(&format!(
            "Moved {} virtual shards with {} rows to {to}, in {} pieces.",
            report.shards, report.rows, report.pieces
        ));
    }
    Ok(())
}
