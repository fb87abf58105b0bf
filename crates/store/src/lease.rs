//! Who works on what. A lease is a row that is taken by compare-and-set, for a while, with a fence that grows each time
//! it changes hands; work done under it checks the fence in its own transaction, so a worker that slept through the
//! end of its lease cannot overwrite what its successor did.
//!
//! There is one lease for each task and range of virtual shards on each server, so workers never meet on the rows
//! themselves. All workers of a task use the same ranges; leases of overlapping ranges do not know of each other.

use kernel::Moment;

pub use crate::shards::VshardRange;
use crate::{StoreError, Tx, params, sql};

/// The right to work on a task until an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub task: String,
    pub range: VshardRange,
    pub owner: String,
    pub until: Moment,
    /// Grows each time the lease changes hands.
    pub fence: i64,
}

/// Takes a lease that nobody holds now. `None` when somebody does. `owner` is unique to the worker, not to the machine.
pub fn acquire(
    tx: &mut Tx<'_>,
    task: &str,
    range: VshardRange,
    owner: &str,
    now: Moment,
    until: Moment,
) -> Result<Option<Lease>, StoreError> {
    let fence = tx.query_opt(
        sql!(
            "INSERT INTO leases (task, first_vshard, last_vshard, owner, held_until, fence)
             VALUES ($1, $2, $3, $4, $6, 1)
             ON CONFLICT (task, first_vshard, last_vshard) DO UPDATE
             SET owner = excluded.owner, held_until = excluded.held_until, fence = leases.fence + 1
             WHERE leases.held_until <= $5
             RETURNING fence"
        ),
        params![task, range.first, range.last, owner, now, until],
        |row| row.get(0),
    )?;
    Ok(fence.map(|fence| Lease {
        task: task.to_owned(),
        range,
        owner: owner.to_owned(),
        until,
        fence,
    }))
}

/// Holds a lease for longer. `None` when it was lost: it ended, or changed hands.
pub fn renew(
    tx: &mut Tx<'_>,
    lease: &Lease,
    now: Moment,
    until: Moment,
) -> Result<Option<Lease>, StoreError> {
    let renewed = tx.execute(
        sql!(
            "UPDATE leases SET held_until = $7 WHERE task = $1 AND first_vshard = $2 AND last_vshard = $3
             AND owner = $4 AND fence = $5 AND held_until > $6"
        ),
        params![
            lease.task,
            lease.range.first,
            lease.range.last,
            lease.owner,
            lease.fence,
            now,
            until
        ],
    )?;
    Ok((renewed == 1).then(|| Lease {
        until,
        ..lease.clone()
    }))
}

/// Holds all that `owner` holds on this server for longer, and says what that is; what was lost is missing.
pub fn renew_all(tx: &mut Tx<'_>, owner: &str, now: Moment, until: Moment) -> Result<Vec<Lease>, StoreError> {
    tx.query(
        sql!(
            "UPDATE leases SET held_until = $3 WHERE owner = $1 AND held_until > $2
             RETURNING task, first_vshard, last_vshard, fence"
        ),
        params![owner, now, until],
        |row| {
            let range = VshardRange::of_columns(row.get(1)?, row.get(2)?)
                .ok_or_else(|| StoreError::broken("a lease of no range of virtual shards"))?;
            Ok(Lease {
                task: row.get(0)?,
                range,
                owner: owner.to_owned(),
                until,
                fence: row.get(3)?,
            })
        },
    )
}

/// Gives a lease back before its end. A lease that was lost already stays with whoever holds it.
pub fn release(tx: &mut Tx<'_>, lease: &Lease) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "UPDATE leases SET held_until = 0 WHERE task = $1 AND first_vshard = $2 AND last_vshard = $3
             AND owner = $4 AND fence = $5"
        ),
        params![
            lease.task,
            lease.range.first,
            lease.range.last,
            lease.owner,
            lease.fence
        ],
    )?;
    Ok(())
}

/// Whether work under this lease may still be kept. Asked in the transaction that does the work.
pub fn is_held(tx: &mut Tx<'_>, lease: &Lease, now: Moment) -> Result<bool, StoreError> {
    let held = tx.query_opt(
        sql!(
            "SELECT held_until FROM leases WHERE task = $1 AND first_vshard = $2 AND last_vshard = $3
             AND owner = $4 AND fence = $5 AND held_until > $6"
        ),
        params![
            lease.task,
            lease.range.first,
            lease.range.last,
            lease.owner,
            lease.fence,
            now
        ],
        |row| row.get::<Moment>(0),
    )?;
    Ok(held.is_some())
}
