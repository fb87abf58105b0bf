//! `townhall backup` and `townhall restore`: the embedded store as one file, and back.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use kernel::Clock;
use store::Store;

use crate::config::{Config, Engine};
use crate::lock::HouseLock;
use crate::{connect, print};

/// Copies the store while it runs.
pub async fn backup(config: &Config, file: PathBuf) -> anyhow::Result<()> {
    only_embedded(config)?;
    let store = Store::open(connect::store_config(config), Clock::system()).await?;
    let written = store.backup_to(&file).await;
    store.close().await;
    written?;
    let bytes = std::fs::metadata(&file)?.len();
    print::line(&format!(
        "{}: {} KB, whole and on disk",
        file.display(),
        bytes.div_ceil(1024)
    ));
    Ok(())
}

/// Puts a backup in place of the store. The house must be closed.
pub async fn restore(config: &Config, file: PathBuf, force: bool) -> anyhow::Result<()> {
    only_embedded(config)?;
    let to = connect::store_file(config);
    let data = &config.store.data;
    std::fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    let _lock = HouseLock::take(data)?;
    let existed = to.exists();
    if existed && !force {
        bail!(
            "{} holds a store; to replace it, say --force (it is kept beside)",
            data.display()
        );
    }
    let kept = kept_name(&to);
    Store::restore(&file, &to, &kept).await?;
    print::line(&format!("{} is restored from {}", to.display(), file.display()));
    if existed {
        print::line(&format!("The store that was there is kept as {}", kept.display()));
    }
    Ok(())
}

/// A name of its own for each restore, so that none overwrites what an earlier one kept.
fn kept_name(store: &Path) -> PathBuf {
    let when = Clock::system().now().to_string().replace(':', "-");
    store.with_file_name(format!("townhall.db.before-restore-{when}"))
}

fn only_embedded(config: &Config) -> anyhow::Result<()> {
    if config.store.engine == Engine::Postgres {
        bail!(
            "backup and restore are for the embedded store; for PostgreSQL use pg_dump or your own way for each server"
        );
    }
    Ok(())
}
