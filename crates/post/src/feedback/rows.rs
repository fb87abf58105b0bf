//! The rows of webhooks that were heard.

use kernel::{Id, Moment};
use store::{StoreError, Tx, params, sql};

pub(super) fn is_known(tx: &mut Tx<'_>, webhook: Id) -> Result<bool, StoreError> {
    let known = tx.query_opt(
        sql!("SELECT kept_until FROM webhooks WHERE id = $1"),
        params![webhook],
        |row| row.get::<Moment>(0),
    )?;
    Ok(known.is_some())
}

pub(super) fn remember(tx: &mut Tx<'_>, webhook: Id, until: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("INSERT INTO webhooks (id, vshard, kept_until) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING"),
        params![webhook, webhook.virtual_shard(), until],
    )?;
    Ok(())
}

/// Forgets some that cannot be said again. `true` when there may be more.
pub(super) fn forget(tx: &mut Tx<'_>, now: Moment) -> Result<bool, StoreError> {
    const ROWS_MAX: u16 = 2_000;
    let forgotten = tx.execute(
        sql!(
            "DELETE FROM webhooks WHERE id IN (SELECT id FROM webhooks WHERE kept_until < $1
             ORDER BY kept_until LIMIT $2)"
        ),
        params![now, ROWS_MAX],
    )?;
    Ok(forgotten == u64::from(ROWS_MAX))
}
