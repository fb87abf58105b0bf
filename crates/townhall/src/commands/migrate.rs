//! `townhall migrate`: brings every server up to date and says what it did.

use anyhow::Context as _;
use kernel::Clock;
use store::{Migrated, Store};

use crate::config::{Config, Engine};
use crate::{connect, print};

pub async fn run(config: &Config) -> anyhow::Result<()> {
    let done = migrate(config).await?;
    for applied in &done.applied {
        print::line(&format!("applied {applied}"));
    }
    if done.applied.is_empty() {
        print::line("Nothing to do: the schema is up to date.");
    }
    Ok(())
}

/// Makes the folder of the embedded store if it is not there, and applies what is missing.
pub async fn migrate(config: &Config) -> anyhow::Result<Migrated> {
    if config.store.engine == Engine::Sqlite {
        make_folder(config)?;
    }
    Ok(Store::migrate(&connect::store_config(config), &Clock::system()).await?)
}

/// Only its owner may look into it: it holds what people are and how they sign in.
pub fn make_folder(config: &Config) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let data = &config.store.data;
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data);
    made.with_context(|| {
        format!(
            "{} cannot be made; create it, or set store.data or --data",
            data.display()
        )
    })
}
