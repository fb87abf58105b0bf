//! What an operator should know about each database before trusting it with people: looked at, never changed, and
//! told even when the store would refuse to open.

use kernel::{Clock, Secret};
use postgres::{Client, NoTls};

use crate::config::{Engine, Lanes, StoreConfig};
use crate::pg;

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
}

/// Looks at each PostgreSQL server and replica of the configuration; the embedded store has none.
pub async fn inspect(config: &StoreConfig, clock: &Clock) -> Vec<Inspected> {
    let Engine::Postgres { servers, .. } = &config.engine else {
        return Vec::new();
    };
    let mut looks = Vec::new();
    for server in servers {
        looks.push((server.name.clone(), false, server.url.clone()));
        let replica = server.replica_url.clone();
        looks.extend(replica.map(|url| (format!("{} (replica)", server.name), true, url)));
    }
    let looks = looks.into_iter().map(|(name, is_replica, url)| {
        let (lanes, clock) = (config.lanes.clone(), clock.clone());
        tokio::task::spawn_blocking(move || {
            let facts = look(&name, &url, &lanes, &clock);
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

fn look(name: &str, url: &Secret, lanes: &Lanes, clock: &Clock) -> Result<Facts, String> {
    let address = pg::address(name, url, lanes).map_err(|error| error.to_string())?;
    let mut client = address.connect(NoTls).map_err(|error| pg::said(&error))?;
    facts(&mut client, clock).map_err(|error| pg::said(&error))
}

fn facts(client: &mut Client, clock: &Clock) -> Result<Facts, postgres::Error> {
    let before = clock.now();
    let row = client.query_one(
        "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT),
                CAST(current_setting('server_version_num') AS INTEGER),
                current_setting('server_encoding'),
                (SELECT CAST(datcollate AS TEXT) FROM pg_database WHERE datname = current_database()),
                CAST(current_setting('max_prepared_transactions') AS INTEGER),
                CAST(current_setting('max_connections') AS INTEGER),
                pg_is_in_recovery(),
                current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'",
        &[],
    )?;
    // Half of the way there and back is not the clock's fault.
    let micros_away = clock.now().micros_since(before);
    let theirs: i64 = row.try_get(0)?;
    Ok(Facts {
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
