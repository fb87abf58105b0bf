//! A log that every process follows by itself: what is kept in memory in each of them learns here what to look up again.
//!
//! An entry is written in the transaction of the change, so it is told if and only if the change was made. It says
//! *where* something changed and not what it is now: the reader looks that up, so it does no harm that an entry is
//! about rows that have changed again, or moved to another server. The outbox is heard once; this is read by each.
//!
//! Each server has its own log, in an internal table that stays when shards move. An entry bears the number of its
//! transaction, its *turn*; turns come in any order, and which of them have ended is what a reader's snapshot says
//! (see [`mark`]). So a reader misses no entry, reads none twice, and waits for nobody's open transaction.
//!
//! Writing takes no lock and reads nothing that others write: an entry is one row that is never changed. Trimming is
//! not serialisable on purpose, so that no writer can meet it.

mod follower;
mod mark;
mod trim;

use kernel::{Id, Moment};
use postgres::Client;

pub use follower::{Entry, Follower, Page, Unread};

use crate::sql::engine_sql;
use crate::{StoreError, Tx, VshardRange, params, sql};
use mark::{Look, Place, Stretch};

/// What the store itself tells: rows came from another server.
const ARRIVALS: i64 = -1;

/// Rows that came to a server from another, as they are, with what was written before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Range(VshardRange),
    /// From the cold server.
    Owner(Id),
}

impl Arrival {
    fn key(self) -> Vec<u8> {
        match self {
            Arrival::Range(VshardRange { first, last }) => {
                [first.number().to_be_bytes(), last.number().to_be_bytes()].concat()
            }
            Arrival::Owner(owner) => owner.as_bytes().to_vec(),
        }
    }

    fn of_key(key: &[u8]) -> Option<Arrival> {
        match *key {
            [a, b, c, d] => {
                let range = VshardRange::new(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))?;
                Some(Arrival::Range(range))
            }
            _ => Some(Arrival::Owner(Id::from_bytes(key.try_into().ok()?))),
        }
    }
}

/// Tells all processes that what `key` names in `topic` has changed, in the transaction that changes it. However often a
/// transaction tells the same, it is one entry. In a `write_everywhere` there is one on each server.
pub fn tell(tx: &mut Tx<'_>, topic: i64, key: &[u8]) -> Result<(), StoreError> {
    if topic < 0 {
        return Err(StoreError::broken("topics of the log are not negative"));
    }
    if tx.takes_a_turn() {
        tx.execute(sql!("UPDATE log_ends SET last_turn = last_turn + 1"), params![])?;
    }
    let told_at = tx.asked_at();
    tx.execute(
        engine_sql!(
            sqlite: "INSERT INTO log_entries (turn, topic, entry_key, told_at)
                SELECT last_turn, $1, $2, $3 FROM log_ends WHERE one = 1 ON CONFLICT DO NOTHING",
            postgres: "INSERT INTO log_entries (turn, topic, entry_key, told_at)
                VALUES (CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT), $1, $2, $3) ON CONFLICT DO NOTHING",
        ),
        params![topic, key, told_at],
    )?;
    tx.announced();
    Ok(())
}

/// The same for the store's own transactions over several servers.
pub(crate) fn tell_arrival(client: &mut Client, arrival: Arrival, at: Moment) -> Result<(), postgres::Error> {
    client.execute(
        "INSERT INTO log_entries (turn, topic, entry_key, told_at)
         VALUES (CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT), $1, $2, $3) ON CONFLICT DO NOTHING",
        &[&ARRIVALS, &arrival.key(), &at.as_micros()],
    )?;
    Ok(())
}

/// Which turns have ended, and which log this is.
///
/// On PostgreSQL that is the cluster, its time line (another one after a fail-over or a recovery to a point in time), the
/// database and the table: after any of them changed, the same number may be another transaction.
fn look(tx: &mut Tx<'_>) -> Result<Look, StoreError> {
    let (snapshot, log, trimmed_log, trimmed) = tx.query_one(
        engine_sql!(
            sqlite: "SELECT (last_turn + 1) || ':' || (last_turn + 1) || ':', 'file', log, trimmed
                FROM log_ends WHERE one = 1",
            postgres: "SELECT CAST(pg_current_snapshot() AS TEXT),
                CAST(c.system_identifier AS TEXT) || '/' ||
                    substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) || '/' ||
                    CAST(d.oid AS TEXT) || '/' || CAST(CAST(to_regclass('log_entries') AS OID) AS TEXT),
                e.log, e.trimmed
                FROM log_ends AS e, pg_control_system() AS c, pg_database AS d
                WHERE e.one = 1 AND d.datname = current_database()",
        ),
        params![],
        |row| {
            let texts: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((texts.0, texts.1, texts.2, row.get::<i64>(3)?))
        },
    )?;
    let trimmed = if trimmed_log == log { trimmed } else { 0 };
    Look::new(&snapshot, log, trimmed).ok_or_else(|| StoreError::broken("a snapshot reads otherwise"))
}

/// At most so many entries of a stretch of turns, in order.
fn entries(tx: &mut Tx<'_>, stretch: &Stretch, count: i64) -> Result<Vec<(Place, Moment)>, StoreError> {
    let after = &stretch.after;
    tx.query(
        sql!(
            "SELECT turn, topic, entry_key, told_at FROM log_entries
             WHERE (turn, topic, entry_key) > ($1, $2, $3) AND turn < $4 ORDER BY turn, topic, entry_key LIMIT $5"
        ),
        params![after.turn, after.topic, after.key, stretch.before, count],
        |row| {
            let place = Place {
                turn: row.get(0)?,
                topic: row.get(1)?,
                key: row.get(2)?,
            };
            Ok((place, row.get(3)?))
        },
    )
}
