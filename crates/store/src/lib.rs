//! Shards and transactions over SQLite and PostgreSQL. It knows no domain.
//!
//! What it keeps true: an answer means that the work is on disk; a transaction is kept whole or not at all; one text
//! and one body per operation run on both engines, so that they cannot drift apart; nothing waits without bound; and
//! nobody outside this crate can tell which engine runs.

mod check;
mod config;
pub mod crash;
mod ddl;
mod error;
mod gate;
mod health;
pub mod inspect;
mod job;
mod lane;
pub mod lease;
pub mod log;
mod many;
mod meter;
pub mod outbox;
mod pg;
mod queue;
mod routes;
mod schema;
mod shards;
mod sql;
mod sqlite;
mod store;
mod tx;
mod value;

pub use config::{Engine, Lanes, ServerConfig, StoreConfig};
pub use ddl::{Table, TableKind};
pub use error::{Breakage, Elsewhere, OpenError, StoreError, Unavailability};
pub use schema::{Migrated, Migration, migrations, tables};
pub use shards::{
    BadRange, HOUSEKEEPING_CONNECTIONS_MAX, MoveError, MoveReport, ShardInfo, ShardState, Upkeep, VshardRange,
};
pub use sql::Sql;
pub use store::{ServerHealth, Shard, Store};
pub use tx::{Row, Tx};
pub use value::{Bind, FromValue, ValueRef, WrongValue};
