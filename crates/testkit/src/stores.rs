//! Stores of every kind, migrated and empty, each test's own.

use kernel::{Clock, Moment, Secret};
use store::{Engine, ServerConfig, Store, StoreConfig};
use tempfile::TempDir;

use crate::postgres::{self, Database};

/// What a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    OnePostgres,
    TwoPostgres,
}

/// Every kind: a test of what all stores promise runs on each.
pub const KINDS: [Kind; 3] = [Kind::Sqlite, Kind::OnePostgres, Kind::TwoPostgres];

/// When the clocks of tests start: a Saturday in November 2026.
pub const START: Moment = Moment::from_seconds(1_795_000_000);

/// A store with what it stands on. Derefs to the [`Store`].
pub struct TestStore {
    pub store: Store,
    /// Moves only when the test moves it.
    pub clock: Clock,
    pub config: StoreConfig,
    pub databases: Vec<Database>,
    folder: Option<TempDir>,
}

impl std::ops::Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl TestStore {
    /// A second program on the same data: it has its own threads, connections and map, and the same clock.
    pub async fn another(&self) -> anyhow::Result<Store> {
        Ok(Store::open(self.config.clone(), self.clock.clone()).await?)
    }

    /// The folder of a store in a file.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(TempDir::path)
    }
}

pub async fn open(kind: Kind) -> anyhow::Result<TestStore> {
    let ground = Ground::of(kind).await?;
    ground.migrate_and_open().await
}

pub async fn sqlite() -> anyhow::Result<TestStore> {
    open(Kind::Sqlite).await
}

pub async fn one_postgres() -> anyhow::Result<TestStore> {
    open(Kind::OnePostgres).await
}

pub async fn two_postgres() -> anyhow::Result<TestStore> {
    open(Kind::TwoPostgres).await
}

/// Empty databases and the configuration that names them; nothing migrated yet.
pub struct Ground {
    pub config: StoreConfig,
    pub databases: Vec<Database>,
    folder: Option<TempDir>,
}

impl Ground {
    pub async fn of(kind: Kind) -> anyhow::Result<Ground> {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::Builder::new().prefix("townhall-store-").tempdir()?;
                let config = StoreConfig::sqlite(folder.path().join("townhall.db"));
                Ok(Ground {
                    config,
                    databases: Vec::new(),
                    folder: Some(folder),
                })
            }
            Kind::OnePostgres => Ground::postgres(1).await,
            Kind::TwoPostgres => Ground::postgres(2).await,
        }
    }

    /// As many databases, named `one`, `two`, `three` and on, in turn on the two shared servers.
    pub async fn postgres(count: usize) -> anyhow::Result<Ground> {
        let databases = tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<Database>> {
            let servers = postgres::shared()?;
            (0..count)
                .map(|at| servers[at % servers.len()].create_database())
                .collect()
        })
        .await??;
        let servers = ["one", "two", "three", "four"]
            .iter()
            .zip(&databases)
            .map(|(name, database)| ServerConfig {
                name: (*name).to_owned(),
                url: Secret::new(database.url()),
                replica_url: None,
                root_cert: None,
            });
        Ok(Ground {
            config: StoreConfig::postgres(servers.collect()),
            databases,
            folder: None,
        })
    }

    /// With the last server as the cold one.
    pub fn with_cold(mut self) -> Ground {
        if let Engine::Postgres { servers, cold } = &mut self.config.engine {
            *cold = servers.last().map(|server| server.name.clone());
        }
        self
    }

    pub async fn migrate_and_open(self) -> anyhow::Result<TestStore> {
        let clock = Clock::manual(START);
        Store::migrate(&self.config, &clock).await?;
        let store = Store::open(self.config.clone(), clock.clone()).await?;
        Ok(TestStore {
            store,
            clock,
            config: self.config,
            databases: self.databases,
            folder: self.folder,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_kind_of_store_opens_and_answers() {
        for kind in KINDS {
            let store = open(kind).await.unwrap();
            let health = store.ready().await;
            assert!(
                health.iter().all(|server| server.problem.is_none()),
                "{kind:?}: {health:?}"
            );
        }
    }
}
