//! Changes on their way to other services: ordinary rows beside the data they tell of.
//!
//! A change is announced in the transaction that makes it, so it is told if and only if it was made. It is delivered
//! at least once; a receiver that hears it twice must end where it was. The waiting changes of one owner are numbered
//! in the order of their commits and taken in that order: while one of them waits for another attempt, those after it
//! wait too. Nothing orders the changes of different owners.

use kernel::{Id, Moment};

use crate::lease::{self, Lease, VshardRange};
use crate::{Row, StoreError, Tx, params, sql};

const ID_BYTES: usize = 16;

/// A change that waits to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub owner: Id,
    pub number: i64,
    pub kind: String,
    pub key: Vec<u8>,
    pub body: Vec<u8>,
    /// How often it was tried in vain.
    pub attempts: u32,
}

impl Change {
    /// The ids that its key is made of, one after the other.
    pub fn ids<const COUNT: usize>(&self) -> Result<[Id; COUNT], StoreError> {
        let broken = || StoreError::broken(format!("the key of {} is not {COUNT} ids", self.kind));
        let ids = self
            .key
            .chunks(ID_BYTES)
            .map(|bytes| bytes.try_into().map(Id::from_bytes).map_err(|_| broken()));
        let ids = ids.collect::<Result<Vec<Id>, StoreError>>()?;
        ids.try_into().map_err(|_| broken())
    }
}

/// Writes down that something changed, in the transaction that changes it.
pub fn announce(tx: &mut Tx<'_>, owner: Id, kind: &str, key: &[u8], body: &[u8]) -> Result<(), StoreError> {
    let now = tx.asked_at();
    // Later than all that waits for this owner, whatever the clocks of two processes say.
    tx.execute(
        sql!(
            "INSERT INTO outbox (vshard, owner, number, kind, change_key, body, attempts, due_at)
             SELECT $1, $2, CASE WHEN max(number) >= $3 THEN max(number) + 1 ELSE $3 END, $4, $5, $6, 0, $3
             FROM outbox WHERE vshard = $1 AND owner = $2"
        ),
        params![owner.virtual_shard(), owner, now, kind, key, body],
    )?;
    tx.announced();
    Ok(())
}

/// At most `count` changes of a range that are due, in the order to deliver them. Whoever takes holds a lease.
pub fn take(tx: &mut Tx<'_>, range: VshardRange, now: Moment, count: u16) -> Result<Vec<Change>, StoreError> {
    take_after(tx, range, now, None, count)
}

/// The same after a change that was taken, by its number and owner: for whoever passes over some of them.
pub fn take_after(
    tx: &mut Tx<'_>,
    range: VshardRange,
    now: Moment,
    after: Option<(i64, Id)>,
    count: u16,
) -> Result<Vec<Change>, StoreError> {
    let (number, owner) = after.unwrap_or((i64::MIN, Id::from_bytes([0; 16])));
    tx.query(
        sql!(
            "SELECT owner, number, kind, change_key, body, attempts FROM outbox AS o
             WHERE vshard BETWEEN $1 AND $2 AND due_at <= $3 AND (number, owner) > ($5, $6) AND NOT EXISTS (
                 SELECT 1 FROM outbox AS e WHERE e.vshard = o.vshard AND e.owner = o.owner
                 AND e.number < o.number AND e.due_at > $3)
             ORDER BY number, owner LIMIT $4"
        ),
        params![range.first, range.last, now, count, number, owner],
        change,
    )
}

fn change(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change {
        owner: row.get(0)?,
        number: row.get(1)?,
        kind: row.get(2)?,
        key: row.get(3)?,
        body: row.get(4)?,
        attempts: row.get(5)?,
    })
}

/// Forgets what was delivered. False, and nothing is forgotten, when the lease was lost meanwhile.
pub fn settle(tx: &mut Tx<'_>, lease: &Lease, now: Moment, delivered: &[Change]) -> Result<bool, StoreError> {
    if !lease::is_held(tx, lease, now)? {
        return Ok(false);
    }
    for change in delivered {
        tx.execute(
            sql!("DELETE FROM outbox WHERE vshard = $1 AND owner = $2 AND number = $3"),
            params![change.owner.virtual_shard(), change.owner, change.number],
        )?;
    }
    Ok(true)
}

/// Tries a change again at `due_at`. False, and nothing is changed, when the lease was lost meanwhile.
pub fn postpone(
    tx: &mut Tx<'_>,
    lease: &Lease,
    now: Moment,
    change: &Change,
    due_at: Moment,
) -> Result<bool, StoreError> {
    if !lease::is_held(tx, lease, now)? {
        return Ok(false);
    }
    tx.execute(
        sql!(
            "UPDATE outbox SET attempts = attempts + 1, due_at = $4
             WHERE vshard = $1 AND owner = $2 AND number = $3"
        ),
        params![change.owner.virtual_shard(), change.owner, change.number, due_at],
    )?;
    Ok(true)
}

/// When the earliest change of a range is due, for a relay that wants to sleep until then.
pub fn next_due(tx: &mut Tx<'_>, range: VshardRange) -> Result<Option<Moment>, StoreError> {
    tx.query_one(
        sql!("SELECT min(due_at) FROM outbox WHERE vshard BETWEEN $1 AND $2"),
        params![range.first, range.last],
        |row| row.get(0),
    )
}
