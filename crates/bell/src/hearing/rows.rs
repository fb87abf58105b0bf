//! Changes that nobody could take in. A parked one stands in the outbox for ever later, so that those after it wait;
//! here stands why.

use kernel::{Id, Moment};
use store::outbox::Change;
use store::{StoreError, Tx, params, sql};

/// When a parked change is due: never.
pub(crate) const NEVER: Moment = Moment::from_micros(i64::MAX);

pub(crate) fn park(tx: &mut Tx<'_>, change: &Change, now: Moment, reason: &str) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO outbox_parked (vshard, owner, number, parked_at, reason) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (vshard, owner, number) DO UPDATE SET parked_at = excluded.parked_at, reason = excluded.reason"
        ),
        params![change.owner.virtual_shard(), change.owner, change.number, now, reason],
    )?;
    Ok(())
}

/// Lets a parked change be delivered again, with all its attempts. False when it is not parked.
pub(crate) fn unpark(tx: &mut Tx<'_>, owner: Id, number: i64, now: Moment) -> Result<bool, StoreError> {
    let gone = tx.execute(
        sql!("DELETE FROM outbox_parked WHERE vshard = $1 AND owner = $2 AND number = $3"),
        params![owner.virtual_shard(), owner, number],
    )?;
    if gone == 0 {
        return Ok(false);
    }
    tx.execute(
        sql!("UPDATE outbox SET attempts = 0, due_at = $4 WHERE vshard = $1 AND owner = $2 AND number = $3"),
        params![owner.virtual_shard(), owner, number, now],
    )?;
    tx.announced();
    Ok(true)
}
