//! Several PostgreSQL servers as one store: the map of virtual shards, their moves, and transactions that span servers.

pub(crate) mod cold;
mod everywhere;
mod fleet;
mod link;
pub(crate) mod map;
mod moves;
mod order;
mod piece;
mod range;
mod recovery;
pub(crate) mod setup;
mod status;
mod tables;
mod trouble;
mod two_phase;
mod upkeep;

pub use fleet::HOUSEKEEPING_CONNECTIONS_MAX;
pub use moves::{MoveError, MoveReport};
pub use range::{BadRange, VshardRange};
pub use status::{ShardInfo, ShardState};
pub use upkeep::Upkeep;

pub(crate) use everywhere::Everywhere;
pub(crate) use fleet::Fleet;
pub(crate) use map::Map;

/// What a write that belongs to no single virtual shard leaves in `shard_touched`.
pub(crate) const ANYTHING: i64 = -1;
