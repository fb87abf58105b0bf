//! The table of timers. Due ones are read by quarters of the virtual shards, as the index on them is made.

use kernel::{Id, Moment};
use store::{Row, StoreError, Tx, params, sql};

use super::{Name, Timer};

/// What is known of one timer.
pub(crate) struct Found {
    pub(crate) rings_at: Moment,
    pub(crate) attempts: u32,
    pub(crate) parked: bool,
    pub(crate) note: Option<Vec<u8>>,
}

/// A timer that is due.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) name: Name,
    pub(crate) owner: Id,
    pub(crate) key: Vec<u8>,
    pub(crate) rings_at: Moment,
    pub(crate) attempts: u32,
}

impl Due {
    /// A number of its own for each timer and attempt.
    pub(crate) fn dice(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.name;
        u64::from_be_bytes([a, b, c, d, e, f, g, h]).rotate_left(self.attempts * 7)
    }
}

pub(crate) fn upsert(
    tx: &mut Tx<'_>,
    name: &Name,
    timer: &Timer<'_>,
    rings_at: Moment,
) -> Result<(), StoreError> {
    let note = (!timer.note.is_empty()).then_some(timer.note);
    tx.execute(
        sql!(
            "INSERT INTO timers (name, vshard, owner, kind, due_at, attempts, parked, timer_key, note)
             VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7)
             ON CONFLICT (vshard, name) DO UPDATE
             SET due_at = excluded.due_at, note = excluded.note, attempts = 0, parked = 0, reason = NULL"
        ),
        params![
            name,
            timer.owner.virtual_shard(),
            timer.owner,
            timer.kind.code,
            rings_at,
            timer.key,
            note
        ],
    )?;
    Ok(())
}

pub(crate) fn delete(tx: &mut Tx<'_>, owner: Id, name: &Name) -> Result<bool, StoreError> {
    let deleted = tx.execute(
        sql!("DELETE FROM timers WHERE vshard = $1 AND name = $2"),
        params![owner.virtual_shard(), name],
    )?;
    Ok(deleted == 1)
}

pub(crate) fn find(tx: &mut Tx<'_>, owner: Id, name: &Name) -> Result<Option<Found>, StoreError> {
    tx.query_opt(
        sql!("SELECT due_at, attempts, parked, note FROM timers WHERE vshard = $1 AND name = $2"),
        params![owner.virtual_shard(), name],
        |row| {
            Ok(Found {
                rings_at: row.get(0)?,
                attempts: row.get(1)?,
                parked: row.get(2)?,
                note: row.get(3)?,
            })
        },
    )
}

/// The first `count` due timers of a kind, in the order of their instants.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    quarter: u16,
    kind: i64,
    now: Moment,
    count: u16,
) -> Result<Vec<Due>, StoreError> {
    take_from(tx, quarter, kind, (Moment::from_micros(i64::MIN), 0), now, count)
}

/// The same from an instant on, without so many of that instant's first.
pub(crate) fn take_from(
    tx: &mut Tx<'_>,
    quarter: u16,
    kind: i64,
    (from, passed): (Moment, u32),
    now: Moment,
    count: u16,
) -> Result<Vec<Due>, StoreError> {
    tx.query(
        sql!(
            "SELECT name, owner, timer_key, due_at, attempts FROM timers
             WHERE vshard / 1024 = $1 AND kind = $2 AND parked = 0 AND due_at >= $5 AND due_at <= $3
             ORDER BY due_at LIMIT $4 OFFSET $6"
        ),
        params![quarter, kind, now, count, from, passed],
        due,
    )
}

fn due(row: &Row<'_>) -> Result<Due, StoreError> {
    Ok(Due {
        name: row.get(0)?,
        owner: row.get(1)?,
        key: row.get(2)?,
        rings_at: row.get(3)?,
        attempts: row.get(4)?,
    })
}

/// When the next timer of a kind rings, if any is set.
pub(crate) fn next(tx: &mut Tx<'_>, quarter: u16, kind: i64) -> Result<Option<Moment>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT due_at FROM timers WHERE vshard / 1024 = $1 AND kind = $2 AND parked = 0
             ORDER BY due_at LIMIT 1"
        ),
        params![quarter, kind],
        |row| row.get(0),
    )
}

/// Takes a timer out to ring it, and says its note. `None` when it was moved, cancelled or rung since it was read.
pub(crate) fn remove(tx: &mut Tx<'_>, due: &Due) -> Result<Option<Vec<u8>>, StoreError> {
    let note = tx.query_opt(
        sql!(
            "DELETE FROM timers WHERE vshard = $1 AND name = $2 AND due_at = $3 AND attempts = $4 AND parked = 0
             RETURNING note"
        ),
        params![due.owner.virtual_shard(), due.name, due.rings_at, due.attempts],
        |row| row.get::<Option<Vec<u8>>>(0),
    )?;
    Ok(note.map(Option::unwrap_or_default))
}

/// Counts a failure, unless the timer was moved or cancelled meanwhile.
pub(crate) fn postpone(
    tx: &mut Tx<'_>,
    due: &Due,
    rings_at: Moment,
    parked: bool,
    reason: &str,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        sql!(
            "UPDATE timers SET due_at = $5, attempts = attempts + 1, parked = $6, reason = $7
             WHERE vshard = $1 AND name = $2 AND due_at = $3 AND attempts = $4 AND parked = 0"
        ),
        params![
            due.owner.virtual_shard(),
            due.name,
            due.rings_at,
            due.attempts,
            rings_at,
            parked,
            reason
        ],
    )?;
    Ok(changed == 1)
}
