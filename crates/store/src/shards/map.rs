//! The shard map: every virtual shard on exactly one server, in some epoch.
//!
//! Each process holds a copy and may hold an old one: the servers themselves know what they own, so an old map costs
//! a detour and never a wrong write.

use kernel::{VIRTUAL_SHARDS, VirtualShard};
use postgres::Client;

use super::range::VshardRange;
use crate::{StoreError, Tx, params, sql};

/// One row of the table `shard_map`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) range: VshardRange,
    pub(crate) server: String,
    pub(crate) epoch: i64,
}

/// Where a virtual shard is, by the number of the server in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) server: usize,
    pub(crate) epoch: i64,
}

/// What is wrong with a map. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadMap {
    #[error(
        "the shard map gives the virtual shards {range} to a server named `{name}`, which the configuration does not \
         name (it names {known}): add that server to [store], or put its old name back"
    )]
    UnknownServer {
        range: VshardRange,
        name: String,
        known: String,
    },
    #[error(
        "the shard map says nothing of virtual shard {0}: restore the home server's database from a backup"
    )]
    Hole(u16),
    #[error(
        "the shard map gives virtual shard {0} to two servers: restore the home server's database from a backup"
    )]
    Overlap(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Map {
    entries: Vec<Entry>,
    /// For each virtual shard.
    spots: Vec<Spot>,
}

impl Map {
    pub(crate) fn new(entries: Vec<Entry>, servers: &[String]) -> Result<Map, BadMap> {
        let mut spots = Vec::with_capacity(usize::from(VIRTUAL_SHARDS));
        for entry in &entries {
            let expected = u16::try_from(spots.len()).unwrap_or(VIRTUAL_SHARDS);
            let first = entry.range.first.number();
            if first > expected {
                return Err(BadMap::Hole(expected));
            }
            if first < expected {
                return Err(BadMap::Overlap(first));
            }
            let server = servers
                .iter()
                .position(|name| *name == entry.server)
                .ok_or_else(|| {
                    let known = servers
                        .iter()
                        .map(|name| format!("`{name}`"))
                        .collect::<Vec<_>>()
                        .join(", ");
                    BadMap::UnknownServer {
                        range: entry.range,
                        name: entry.server.clone(),
                        known,
                    }
                })?;
            spots.extend(entry.range.shards().map(|_| Spot {
                server,
                epoch: entry.epoch,
            }));
        }
        match u16::try_from(spots.len()) {
            Ok(VIRTUAL_SHARDS) => Ok(Map { entries, spots }),
            Ok(count) => Err(BadMap::Hole(count)),
            Err(_) => Err(BadMap::Overlap(VIRTUAL_SHARDS - 1)),
        }
    }

    /// All virtual shards in as many even ranges as there are servers.
    pub(crate) fn even(servers: &[&str]) -> Vec<Entry> {
        let count = servers.len().max(1);
        let bound =
            |at: usize| u16::try_from(usize::from(VIRTUAL_SHARDS) * at / count).unwrap_or(VIRTUAL_SHARDS);
        servers
            .iter()
            .enumerate()
            .filter_map(|(at, server)| {
                let range = VshardRange::new(bound(at), bound(at + 1).checked_sub(1)?)?;
                Some(Entry {
                    range,
                    server: (*server).to_owned(),
                    epoch: 1,
                })
            })
            .collect()
    }

    pub(crate) fn spot(&self, vshard: VirtualShard) -> Option<Spot> {
        self.spots.get(usize::from(vshard.number())).copied()
    }
}

/// The map as it stands on the home server.
pub(crate) fn load(home: &mut Client) -> Result<Vec<Entry>, postgres::Error> {
    let rows = home.query(
        "SELECT first_vshard, last_vshard, server, epoch FROM shard_map ORDER BY first_vshard",
        &[],
    )?;
    let entry = |row: &postgres::Row| {
        let range = VshardRange::of_columns(row.get(0), row.get(1))?;
        Some(Entry {
            range,
            server: row.get(2),
            epoch: row.get(3),
        })
    };
    // A CHECK keeps the numbers in their bounds; a row that is not would show as a hole.
    Ok(rows.iter().filter_map(entry).collect())
}

/// The same in a transaction of a lane.
pub(crate) fn read(tx: &mut Tx<'_>) -> Result<Vec<Entry>, StoreError> {
    let rows = tx.query(
        sql!(
            "SELECT first_vshard, last_vshard, server, epoch FROM shard_map ORDER BY first_vshard LIMIT 4096"
        ),
        params![],
        |row| {
            let range = VshardRange::of_columns(row.get(0)?, row.get(1)?);
            Ok(range.map(|range| {
                Ok(Entry {
                    range,
                    server: row.get(2)?,
                    epoch: row.get(3)?,
                })
            }))
        },
    )?;
    rows.into_iter().flatten().collect()
}

/// Gives `range` to `server` in a later epoch, and says which. Runs in the transaction of the flip.
pub(crate) fn give(home: &mut Client, range: VshardRange, server: &str) -> Result<i64, postgres::Error> {
    let (first, last) = (range.first_column(), range.last_column());
    cut(home, "shard_map", "server, epoch", range)?;
    let epoch: i64 = home
        .query_one(
            "DELETE FROM shard_map WHERE first_vshard >= $1 AND last_vshard <= $2 RETURNING epoch",
            &[&first, &last],
        )?
        .get(0);
    let epoch = epoch.saturating_add(1);
    home.execute(
        "INSERT INTO shard_map (first_vshard, last_vshard, server, epoch) VALUES ($1, $2, $3, $4)",
        &[&first, &last, &server, &epoch],
    )?;
    Ok(epoch)
}

/// Splits the row that holds `range` so that `range` is a row of its own. Both halves keep everything else.
pub(crate) fn cut(
    client: &mut Client,
    table: &str,
    other_columns: &str,
    range: VshardRange,
) -> Result<(), postgres::Error> {
    let (first, last) = (range.first_column(), range.last_column());
    client.execute(
        &format!(
            "INSERT INTO {table} (first_vshard, last_vshard, {other_columns})
             SELECT $1::bigint + 1, last_vshard, {other_columns} FROM {table} WHERE first_vshard <= $1 AND last_vshard > $1"
        ),
        &[&last],
    )?;
    client.execute(
        &format!("UPDATE {table} SET last_vshard = $1 WHERE first_vshard <= $1 AND last_vshard > $1"),
        &[&last],
    )?;
    client.execute(
        &format!(
            "INSERT INTO {table} (first_vshard, last_vshard, {other_columns})
             SELECT $1::bigint, last_vshard, {other_columns} FROM {table} WHERE first_vshard < $1 AND last_vshard >= $1"
        ),
        &[&first],
    )?;
    client.execute(
        &format!(
            "UPDATE {table} SET last_vshard = $1::bigint - 1 WHERE first_vshard < $1 AND last_vshard >= $1"
        ),
        &[&first],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(first: u16, last: u16, server: &str) -> Entry {
        Entry {
            range: VshardRange::new(first, last).unwrap(),
            server: server.into(),
            epoch: 1,
        }
    }

    fn servers() -> Vec<String> {
        vec!["a".into(), "b".into()]
    }

    #[test]
    fn an_even_map_gives_every_virtual_shard_to_one_server() {
        for count in 1..8 {
            let names: Vec<String> = (0..count).map(|n| format!("s{n}")).collect();
            let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
            let map = Map::new(Map::even(&borrowed), &names).unwrap();
            assert_eq!(map.entries.len(), count);
            assert_eq!(map.spot(VirtualShard::FIRST).unwrap().server, 0);
            assert_eq!(map.spot(VirtualShard::LAST).unwrap().server, count - 1);
        }
    }

    #[test]
    fn a_bad_map_says_what_is_wrong_with_it() {
        let check = |entries: Vec<Entry>, expected: BadMap| {
            assert_eq!(Map::new(entries, &servers()), Err(expected));
        };
        check(vec![], BadMap::Hole(0));
        check(vec![entry(0, 10, "a")], BadMap::Hole(11));
        check(vec![entry(0, 10, "a"), entry(12, 4095, "b")], BadMap::Hole(11));
        check(vec![entry(0, 10, "a"), entry(10, 4095, "b")], BadMap::Overlap(10));
        let says = Map::new(vec![entry(0, 4095, "c")], &servers())
            .unwrap_err()
            .to_string();
        assert!(
            says.contains("0-4095") && says.contains("`c`") && says.contains("`a`, `b`"),
            "{says}"
        );
    }
}
