//! Ends what a dead coordinator left behind.
//!
//! A prepared transaction keeps its locks until somebody settles it, whatever happens to the process that prepared
//! it. Each server's are looked at by one process at a time (PostgreSQL's own lock, which ends with its connection,
//! is the lease). For each that has been waiting too long the verdict is asked of its home, and asking makes it final:
//! where nothing was decided, `abort` is written first and stands as a fence against a coordinator that was only slow.

use std::time::Duration;

use kernel::Moment;
use postgres::Client;

use super::link::database_of;
use super::trouble::Attempt;
use super::two_phase::{Gid, Verdict, judge, settle};

/// A healthy coordinator needs milliseconds between PREPARE and the end. After this long it is taken for dead.
pub(crate) const AGE_SECONDS_MIN: f64 = 5.0;
/// For setting up, when nobody may be at work.
pub(crate) const ANY_AGE: f64 = 0.0;
/// A verdict is kept for as long as a coordinator or a prepared transaction could still need it, and far longer.
const VERDICT_AGE: Duration = Duration::from_secs(60 * 60);
/// Whoever holds this lock of a server's database is the one that recovers there.
const LOCK: i64 = 0x746f_776e_0001;

/// What a look at one server found and did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Swept {
    pub(crate) committed: u32,
    pub(crate) undone: u32,
    /// Left alone: young, or not of this house.
    pub(crate) left: u32,
    /// How long the oldest that is left has been waiting.
    pub(crate) oldest_seconds: f64,
}

/// Finds the way to the home of a transaction; `None` when the configuration knows no such server.
pub(crate) type Homes<'a> = dyn FnMut(&Gid) -> Attempt<Option<Client>> + 'a;

struct Prepared {
    text: String,
    age_seconds: f64,
}

/// Settles what has been waiting in this database for at least so long. While somebody else does, it only looks.
pub(crate) fn sweep(
    client: &mut Client,
    age_seconds_min: f64,
    now: Moment,
    homes: &mut Homes<'_>,
) -> Attempt<Swept> {
    let is_mine: bool = client
        .query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK])?
        .get(0);
    if !is_mine {
        return settle_here(client, f64::INFINITY, now, homes);
    }
    let swept = settle_here(client, age_seconds_min, now, homes)?;
    client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK])?;
    Ok(swept)
}

pub(crate) fn settle_here(
    client: &mut Client,
    age_seconds_min: f64,
    now: Moment,
    homes: &mut Homes<'_>,
) -> Attempt<Swept> {
    let mut swept = Swept::default();
    for found in prepared_here(client)? {
        let verdict = if found.age_seconds < age_seconds_min {
            None
        } else {
            ask(&found, now, homes)?
        };
        match verdict {
            Some((gid, verdict)) => {
                settle(client, &gid, verdict)?;
                tracing::warn!(%gid, ?verdict, age_seconds = found.age_seconds, "settled what was left prepared");
                match verdict {
                    Verdict::Commit => swept.committed += 1,
                    Verdict::Abort => swept.undone += 1,
                }
            }
            None => {
                swept.left += 1;
                swept.oldest_seconds = swept.oldest_seconds.max(found.age_seconds);
            }
        }
    }
    Ok(swept)
}

/// Of this database only: another house may live on the same server.
fn prepared_here(client: &mut Client) -> Result<Vec<Prepared>, postgres::Error> {
    let rows = client.query(
        "SELECT gid, extract(epoch FROM clock_timestamp() - prepared)::double precision
         FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared",
        &[],
    )?;
    Ok(rows
        .iter()
        .map(|row| Prepared {
            text: row.get(0),
            age_seconds: row.get(1),
        })
        .collect())
}

/// `None` when it is not ours to judge.
fn ask(found: &Prepared, now: Moment, homes: &mut Homes<'_>) -> Attempt<Option<(Gid, Verdict)>> {
    let Some(gid) = Gid::parse(&found.text) else {
        return Ok(None);
    };
    let Some(mut home) = homes(&gid)? else {
        tracing::error!(%gid, "prepared here, but the configuration does not name its home server");
        return Ok(None);
    };
    if database_of(&mut home)? != gid.database {
        tracing::error!(%gid, "prepared here, but its home server's database has another name");
        return Ok(None);
    }
    let verdict = judge(&mut home, &gid, now)?;
    Ok(Some((gid, verdict)))
}

/// Forgets old verdicts of this home, except those that some server still waits for. All servers must have been
/// asked: what is still `prepared` anywhere keeps its verdict.
pub(crate) fn forget_verdicts(
    home: &mut Client,
    now: Moment,
    prepared: &[String],
) -> Result<u64, postgres::Error> {
    let age = i64::try_from(VERDICT_AGE.as_micros()).unwrap_or(i64::MAX);
    home.execute(
        "DELETE FROM verdicts WHERE decided_at < $1 AND NOT gid = ANY($2)",
        &[&now.plus_micros(-age).as_micros(), &prepared],
    )
}

/// The names of all prepared transactions of this database.
pub(crate) fn names_prepared(client: &mut Client) -> Result<Vec<String>, postgres::Error> {
    Ok(prepared_here(client)?
        .into_iter()
        .map(|found| found.text)
        .collect())
}
