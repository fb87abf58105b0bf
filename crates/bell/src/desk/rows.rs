//! Counts and lists over the timers and changes of one server.

use kernel::{Id, Moment};
use store::{StoreError, Tx, params, sql};

use super::{COUNT_MAX, ParkedChange, Unheard};
use crate::hearing::rows::NEVER;

pub(super) struct Counts {
    pub(super) waiting: u32,
    pub(super) due: u32,
    pub(super) late: u32,
    pub(super) parked: u32,
    pub(super) first: Option<Moment>,
}

pub(super) struct RowOfTimer {
    pub(super) owner: Id,
    pub(super) name: Id,
    pub(super) kind: i64,
    pub(super) key: Vec<u8>,
    pub(super) due: Moment,
    pub(super) attempts: u32,
    pub(super) reason: String,
}

pub(super) fn counts(tx: &mut Tx<'_>, kind: i64, now: Moment, late: Moment) -> Result<Counts, StoreError> {
    let never = Moment::from_micros(i64::MAX);
    Ok(Counts {
        waiting: up_to(tx, kind, never)?,
        due: up_to(tx, kind, now)?,
        late: up_to(tx, kind, late)?,
        parked: parked_count(tx, kind)?,
        first: first(tx, kind)?,
    })
}

fn up_to(tx: &mut Tx<'_>, kind: i64, until: Moment) -> Result<u32, StoreError> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM timers WHERE vshard / 1024 IN (0, 1, 2, 3)
             AND kind = $1 AND parked = 0 AND due_at <= $2 LIMIT $3) AS t"
        ),
        params![kind, until, COUNT_MAX],
        |row| row.get(0),
    )
}

fn parked_count(tx: &mut Tx<'_>, kind: i64) -> Result<u32, StoreError> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM timers WHERE kind = $1 AND parked = 1 LIMIT $2) AS t"
        ),
        params![kind, COUNT_MAX],
        |row| row.get(0),
    )
}

fn first(tx: &mut Tx<'_>, kind: i64) -> Result<Option<Moment>, StoreError> {
    let mut first = None;
    for quarter in 0..crate::shift::QUARTERS {
        let next = crate::timers::rows::next(tx, quarter, kind)?;
        first = first.into_iter().chain(next).min();
    }
    Ok(first)
}

/// How many changes wait, and how many are parked.
pub(super) fn changes(tx: &mut Tx<'_>) -> Result<(u32, u32), StoreError> {
    tx.query_one(
        sql!(
            "SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM outbox LIMIT $1) AS w),
                    (SELECT count(*) FROM (SELECT 1 AS one FROM outbox_parked LIMIT $1) AS p)"
        ),
        params![COUNT_MAX],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The first change of each kind that was not heard yet. It looks at all that wait, as the relay does in each round.
pub(super) fn unheard(tx: &mut Tx<'_>) -> Result<Vec<Unheard>, StoreError> {
    tx.query(
        sql!("SELECT kind, min(number) FROM outbox GROUP BY kind ORDER BY kind LIMIT $1"),
        params![COUNT_MAX],
        |row| {
            Ok(Unheard {
                kind: row.get(0)?,
                since: row.get(1)?,
            })
        },
    )
}

pub(super) fn parked_timers(tx: &mut Tx<'_>, after: Id, count: i64) -> Result<Vec<RowOfTimer>, StoreError> {
    tx.query(
        sql!(
            "SELECT owner, name, kind, timer_key, due_at, attempts, reason FROM timers
             WHERE parked = 1 AND name > $1 ORDER BY name LIMIT $2"
        ),
        params![after, count],
        |row| {
            Ok(RowOfTimer {
                owner: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                key: row.get(3)?,
                due: row.get(4)?,
                attempts: row.get(5)?,
                reason: row.get::<Option<String>>(6)?.unwrap_or_default(),
            })
        },
    )
}

pub(super) fn parked_changes(
    tx: &mut Tx<'_>,
    after: (Id, i64),
    count: i64,
) -> Result<Vec<ParkedChange>, StoreError> {
    tx.query(
        sql!(
            "SELECT p.owner, p.number, o.kind, o.change_key, p.parked_at, o.attempts, p.reason,
                    (SELECT count(*) FROM outbox AS b
                     WHERE b.vshard = p.vshard AND b.owner = p.owner AND b.number > p.number)
             FROM outbox_parked AS p
             JOIN outbox AS o ON o.vshard = p.vshard AND o.owner = p.owner AND o.number = p.number
             WHERE o.due_at = $4 AND (p.owner, p.number) > ($1, $2) ORDER BY p.owner, p.number LIMIT $3"
        ),
        params![after.0, after.1, count, NEVER],
        |row| {
            Ok(ParkedChange {
                owner: row.get(0)?,
                number: row.get(1)?,
                kind: row.get(2)?,
                key: row.get::<Vec<u8>>(3)?.escape_ascii().to_string(),
                since: row.get(4)?,
                attempts: row.get(5)?,
                reason: row.get(6)?,
                behind: row.get(7)?,
            })
        },
    )
}

pub(super) fn retry_timer(tx: &mut Tx<'_>, owner: Id, name: Id, now: Moment) -> Result<bool, StoreError> {
    let retried = tx.execute(
        sql!(
            "UPDATE timers SET parked = 0, attempts = 0, reason = NULL, due_at = $4
             WHERE vshard = $1 AND name = $2 AND owner = $3 AND parked = 1"
        ),
        params![owner.virtual_shard(), name, owner, now],
    )?;
    tx.announced();
    Ok(retried == 1)
}
