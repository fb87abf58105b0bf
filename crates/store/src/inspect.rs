//! What an operator should know about each database before trusting it with people: looked at, never changed, and
//! told even when the store would refuse to open.

use kernel::Clock;
use postgres::Client;

use crate::OpenError;
use crate::config::{Engine, StoreConfig};
use crate::pg::{self, Address};

/// One database server, or a replica of one.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// As the configuration calls it; a replica has ` (replica)` behind.
    pub name: String,
    pub is_replica: bool,
    /// Why nothing can be known, or what is known.
    pub facts: Result<Facts, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `170004` for 17.4.
    pub version: i32,
    pub encoding: String,
    /// How the database sorts text.
    pub collation: String,
    /// How many two-phase commits may be under way; 0 means none at all.
    pub prepared_transactions_max: i32,
    pub connections_max: i32,
    /// How far its clock is ahead of ours; negative when it is behind.
    pub clock_ahead_micros: i64,
    /// It only reads: a replica.
    pub is_standby: bool,
    /// Commits wait for the disk.
    pub is_durable: bool,
    pub way: Way,
    /// What is said never leaves this machine.
    pub is_local: bool,
}

/// How what is said between us and the server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Clear,
    /// Nobody reads along, but somebody in between could pose as the server.
    Encrypted,
    /// The server has proved to be the one that is meant.
    Verified,
}

/// Looks at each PostgreSQL server and replica of the configuration; the embedded store has none.
pub async fn inspect(config: &StoreConfig, clock: &Clock) -> Vec<Inspected> {
    let Engine::Postgres { servers, .. } = &config.engine else {
        return Vec::new();
    };
    let mut looks = Vec::new();
    for server in servers {
        looks.push((server.name.clone(), false, Address::of(server, &config.lanes)));
        let replica = Address::of_replica(server, &config.lanes);
        looks.extend(replica.map(|address| (format!("{} (replica)", server.name), true, address)));
    }
    let looks = looks.into_iter().map(|(name, is_replica, address)| {
        let clock = clock.clone();
        tokio::task::spawn_blocking(move || {
            let facts = look(address, &clock);
            Inspected {
                name,
                is_replica,
                facts,
            }
        })
    });
    let mut inspected = Vec::new();
    for look in looks.collect::<Vec<_>>() {
        match look.await {
            Ok(found) => inspected.push(found),
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
    }
    inspected
}

fn look(address: Result<Address, OpenError>, clock: &Clock) -> Result<Facts, String> {
    let address = address.map_err(|error| error.to_string())?;
    let mut client = address.connect().map_err(|error| pg::said(&error))?;
    facts(&mut client, &address, clock).map_err(|error| pg::said(&error))
}

fn facts(client: &mut Client, address: &Address, clock: &Clock) -> Result<Facts, postgres::Error> {
    let before = clock.now();
    let row = client.query_one(
        "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT),
                CAST(current_setting('server_version_num') AS INTEGER),
                current_setting('server_encoding'),
                (SELECT CAST(datcollate AS TEXT) FROM pg_database WHERE datname = current_database()),
                CAST(current_setting('max_prepared_transactions') AS INTEGER),
                CAST(current_setting('max_connections') AS INTEGER),
                pg_is_in_recovery(),
                current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off',
                coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)",
        &[],
    )?;
    // Half of the way there and back is not the clock's fault.
    let micros_away = clock.now().micros_since(before);
    let theirs: i64 = row.try_get(0)?;
    let way = match (row.try_get(8)?, address.is_verified()) {
        (false, _) => Way::Clear,
        (true, false) => Way::Encrypted,
        (true, true) => Way::Verified,
    };
    Ok(Facts {
        way,
        is_local: address.is_local(),
        clock_ahead_micros: theirs - before.as_micros() - micros_away / 2,
        version: row.try_get(1)?,
        encoding: row.try_get(2)?,
        collation: row.try_get(3)?,
        prepared_transactions_max: row.try_get(4)?,
        connections_max: row.try_get(5)?,
        is_standby: row.try_get(6)?,
        is_durable: row.try_get(7)?,
    })
}
