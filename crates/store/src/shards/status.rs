//! Where the virtual shards are, for people.

use std::fmt;

use super::fleet::Fleet;
use super::map;
use super::range::VshardRange;
use super::trouble::Attempt;
use crate::lane::Lane;
use crate::{Store, StoreError, TableKind};

/// A range of virtual shards that are in one place and one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardInfo {
    pub range: VshardRange,
    pub server: String,
    /// Grows each time the range changes its server.
    pub epoch: i64,
    pub state: ShardState,
    /// In all tables that move with their owner.
    pub rows: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardState {
    Here,
    /// Being copied to another server while it is in use.
    Moving,
    /// Writes wait while it changes its server.
    Fenced,
    /// On the cold server: owners who never acted.
    Cold,
    /// The map says it is there and the server says it is not: a move is just being decided, or a database was restored.
    Missing,
}

impl fmt::Display for ShardState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ShardState::Here => "here",
            ShardState::Moving => "moving",
            ShardState::Fenced => "fenced",
            ShardState::Cold => "cold",
            ShardState::Missing => "missing",
        })
    }
}

pub(super) fn of_fleet(fleet: &Fleet) -> Attempt<Vec<ShardInfo>> {
    let entries = map::load(&mut fleet.connect_home()?)?;
    let mut infos = Vec::new();
    for contact in &fleet.contacts {
        let name = contact.name();
        let mut client = contact.connect()?;
        let counts = fleet.tables.count(&mut client, VshardRange::ALL)?;
        let rows_in = |range: VshardRange| {
            counts
                .iter()
                .filter(|(vshard, _)| range.contains(*vshard))
                .map(|(_, rows)| rows)
                .sum::<u64>()
        };
        if fleet.cold.as_deref() == Some(name) {
            let (range, server) = (VshardRange::ALL, name.to_owned());
            infos.push(ShardInfo {
                range,
                server,
                epoch: 0,
                state: ShardState::Cold,
                rows: rows_in(range),
            });
            continue;
        }
        let owned = owned(&mut client)?;
        for entry in entries.iter().filter(|entry| entry.server == name) {
            for (range, state) in parts(entry.range, entry.epoch, &owned) {
                let (server, epoch, rows) = (name.to_owned(), entry.epoch, rows_in(range));
                infos.push(ShardInfo {
                    range,
                    server,
                    epoch,
                    state,
                    rows,
                });
            }
        }
    }
    infos.sort_by_key(|info| (info.state == ShardState::Cold, info.range.first));
    Ok(merge(infos))
}

struct Owned {
    range: VshardRange,
    epoch: i64,
    state: ShardState,
}

fn owned(client: &mut postgres::Client) -> Result<Vec<Owned>, postgres::Error> {
    let rows = client.query(
        "SELECT first_vshard, last_vshard, epoch, state FROM shard_ranges ORDER BY first_vshard",
        &[],
    )?;
    let read = |row: &postgres::Row| {
        let state = match row.get(3) {
            "here" => ShardState::Here,
            "moving" => ShardState::Moving,
            _ => ShardState::Fenced,
        };
        Some(Owned {
            range: VshardRange::of_columns(row.get(0), row.get(1))?,
            epoch: row.get(2),
            state,
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// What the server says of a range that the map gives to it.
fn parts(range: VshardRange, epoch: i64, owned: &[Owned]) -> Vec<(VshardRange, ShardState)> {
    let mut parts: Vec<(VshardRange, ShardState)> = Vec::new();
    for vshard in range.shards() {
        let found = owned
            .iter()
            .find(|owned| owned.range.contains(vshard) && owned.epoch == epoch);
        let state = found.map_or(ShardState::Missing, |owned| owned.state);
        match parts.last_mut() {
            Some((part, before)) if *before == state => part.last = vshard,
            _ => parts.push((
                VshardRange {
                    first: vshard,
                    last: vshard,
                },
                state,
            )),
        }
    }
    parts
}

/// Pieces of one move are neighbours with nothing to tell them apart.
fn merge(infos: Vec<ShardInfo>) -> Vec<ShardInfo> {
    let mut merged: Vec<ShardInfo> = Vec::new();
    for info in infos {
        match merged.last_mut() {
            Some(before)
                if before.server == info.server
                    && before.epoch == info.epoch
                    && before.state == info.state
                    && before.range.last.number() + 1 == info.range.first.number() =>
            {
                before.range.last = info.range.last;
                before.rows += info.rows;
            }
            _ => merged.push(info),
        }
    }
    merged
}

/// One file holds everything.
pub(super) fn of_file(store: &Store) -> Result<Vec<ShardInfo>, StoreError> {
    let Some(server) = store.routes().servers().first() else {
        return Ok(Vec::new());
    };
    let Lane::Sqlite { readers, .. } = &server.lane else {
        return Ok(Vec::new());
    };
    let connection = readers.connection()?;
    let mut rows = 0;
    for table in crate::tables().map_err(|error| StoreError::broken(error.to_string()))? {
        if matches!(table.kind, TableKind::Sharded { .. }) {
            let question = format!("SELECT count(*) FROM {}", table.name);
            let count: i64 = connection
                .query_row(&question, [], |row| row.get(0))
                .map_err(|error| StoreError::broken_by("counting rows failed", error))?;
            rows += u64::try_from(count).unwrap_or(0);
        }
    }
    let (range, server) = (VshardRange::ALL, server.name.clone());
    Ok(vec![ShardInfo {
        range,
        server,
        epoch: 1,
        state: ShardState::Here,
        rows,
    }])
}
