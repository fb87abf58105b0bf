//! Forgetting what all who follow have read long ago, in small batches.
//!
//! A turn is old when it had ended a quarter of an hour ago, whenever it began: so each round notes what has ended by
//! then for a later one. Whoever looks more often than that loses nothing, however long a transaction stayed open and
//! whatever clocks say. How far it went stands beside it in the same transaction, so that who is further behind is told
//! so instead of reading what is left. On PostgreSQL it runs as READ COMMITTED: a serialisable one would count as having read where others write
//! just now. It needs no more, because all that it looks at has ended, and nobody changes an entry.

use std::sync::Arc;

use kernel::Moment;

use super::mark::{Look, Stretch};
use super::{entries, look};
use crate::gate::Gate;
use crate::lane::{Lane, Server};
use crate::tx::{Failure, Hands};
use crate::{Store, StoreError, Tx, params, sql};

/// A process that could not read for so long loads everything anew.
const KEPT_SECONDS: i64 = 15 * 60;
const BATCH: usize = 1000;

impl Store {
    /// Forgets the entries of the log that had been committed a quarter of an hour ago, on each server.
    pub async fn trim_log(&self) -> Result<(), StoreError> {
        let now = self.now();
        let mut trouble = Ok(());
        for server in self.servers() {
            loop {
                match batch(server, now).await {
                    Ok(BATCH..) => {}
                    Ok(_) => break,
                    // The others' logs grow as well.
                    Err(error) => {
                        trouble = Err(error);
                        break;
                    }
                }
            }
        }
        trouble
    }
}

/// Says how many entries were forgotten.
async fn batch(server: &Arc<Server>, now: Moment) -> Result<usize, StoreError> {
    match &server.lane {
        Lane::Sqlite { .. } => {
            let body = move |tx: &mut Tx<'_>| trim(tx, now);
            server.write(Arc::new(body), Gate::Open, now).await?
        }
        Lane::Postgres { writes, .. } => {
            let told = |failure| match failure {
                Failure::Again(error) | Failure::Final(error) => error,
            };
            let work = move |session: &mut crate::pg::Session| {
                session
                    .batch("BEGIN ISOLATION LEVEL READ COMMITTED")
                    .map_err(told)?;
                let count = trim(&mut Tx::new(Hands::Postgres(session), now), now)?;
                session.batch("COMMIT").map_err(told)?;
                Ok(count)
            };
            writes.with_session(work).await
        }
    }
}

fn trim(tx: &mut Tx<'_>, now: Moment) -> Result<usize, StoreError> {
    let look = look(tx)?;
    let Some(ended_below) = ended_long_ago(tx, &look, now)? else {
        return Ok(0);
    };
    // Of the last turn of the batch before there may be more.
    let oldest = Stretch::of(look.trimmed - 1, ended_below);
    let old = entries(tx, &oldest, i64::try_from(BATCH).unwrap_or(i64::MAX))?;
    let Some((last, _)) = old.last() else {
        return Ok(0);
    };
    tx.execute(
        sql!(
            "UPDATE log_ends SET trimmed = CASE WHEN log = $1 AND trimmed > $2 THEN trimmed ELSE $2 END, log = $1
             WHERE one = 1"
        ),
        params![look.log, last.turn + 1],
    )?;
    // The first bound says no more than the second, but PostgreSQL sees by it that these are few.
    tx.execute(
        sql!("DELETE FROM log_entries WHERE turn BETWEEN $4 AND $1 AND (turn, topic, entry_key) <= ($1, $2, $3)"),
        params![last.turn, last.topic, last.key, oldest.after.turn],
    )?;
    Ok(old.len())
}

/// Which turns had ended when somebody looked so long ago. What has ended by now is noted for then.
fn ended_long_ago(tx: &mut Tx<'_>, look: &Look, now: Moment) -> Result<Option<i64>, StoreError> {
    tx.execute(
        sql!("INSERT INTO log_marks (log, seen_at, ended_below) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"),
        params![look.log, now, look.ended_below()],
    )?;
    let ended_below = tx.query_one(
        sql!("SELECT max(ended_below) FROM log_marks WHERE log = $1 AND seen_at <= $2"),
        params![look.log, now.plus_seconds(-KEPT_SECONDS)],
        |row| row.get(0),
    )?;
    tx.execute(
        sql!("DELETE FROM log_marks WHERE log <> $1 OR seen_at < $2"),
        params![look.log, now.plus_seconds(-2 * KEPT_SECONDS)],
    )?;
    Ok(ended_below)
}
