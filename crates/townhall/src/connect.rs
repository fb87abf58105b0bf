//! From the configuration to what the rooms of the house are built with. One function for each room, so that what a
//! key does can be read in one place.

use std::path::PathBuf;
use std::time::Duration;

use store::{Lanes, ServerConfig, StoreConfig};

use crate::config::{Config, Engine};

/// The embedded store's file in its folder.
const STORE_FILE: &str = "townhall.db";

pub fn store_file(config: &Config) -> PathBuf {
    config.store.data.join(STORE_FILE)
}

pub fn store_config(config: &Config) -> StoreConfig {
    let settings = &config.store;
    let engine = match settings.engine {
        Engine::Sqlite => store::Engine::Sqlite {
            path: store_file(config),
        },
        Engine::Postgres => {
            let servers = settings.servers.iter().map(|server| ServerConfig {
                name: server.name.clone(),
                url: server.url.clone(),
                replica_url: (!server.replica_url.reveal().is_empty()).then(|| server.replica_url.clone()),
            });
            let cold = (!settings.cold.is_empty()).then(|| settings.cold.clone());
            store::Engine::Postgres {
                servers: servers.collect(),
                cold,
            }
        }
    };
    let lanes = Lanes {
        queue_jobs_max: count(settings.queue_max),
        write_connections: usize::from(settings.write_connections),
        read_connections: usize::from(settings.read_connections),
        statement_timeout: Duration::from_secs(settings.statement_seconds_max.into()),
        ..Lanes::default()
    };
    StoreConfig { engine, lanes }
}

/// A number of things; on a machine where it does not fit, as many as fit.
fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
