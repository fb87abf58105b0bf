//! The rows of revocations.

use kernel::{Id, Moment};
use store::{StoreError, Tx, params, sql};

use super::types::Revocation;

/// Writes it, and drops those of the same virtual shard that are of no more use, so that nobody has to sweep.
pub(super) fn add(tx: &mut Tx<'_>, new: &Revocation) -> Result<(), StoreError> {
    let shard = new.subject.virtual_shard();
    tx.execute(
        sql!("DELETE FROM revocations WHERE vshard = $1 AND kept_until <= $2"),
        params![shard, new.at],
    )?;
    tx.execute(
        sql!(
            "INSERT INTO revocations (subject, vshard, lowest, revoked_at, kept_until) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (subject) DO UPDATE SET
                 lowest = CASE WHEN revocations.lowest > $3 THEN revocations.lowest ELSE $3 END,
                 revoked_at = $4,
                 kept_until = CASE WHEN revocations.kept_until > $5 THEN revocations.kept_until ELSE $5 END"
        ),
        params![new.subject, shard, new.lowest, new.at, new.kept_until],
    )?;
    Ok(())
}

/// The next rows of this server, in the order in which they were written.
pub(super) fn after(
    tx: &mut Tx<'_>,
    after: (Moment, Id),
    now: Moment,
    rows: i64,
) -> Result<Vec<Revocation>, StoreError> {
    tx.query(
        sql!(
            "SELECT subject, lowest, revoked_at, kept_until FROM revocations
             WHERE (revoked_at, subject) > ($1, $2) AND kept_until > $3
             ORDER BY revoked_at, subject LIMIT $4"
        ),
        params![after.0, after.1, now, rows],
        |row| {
            Ok(Revocation {
                subject: row.get(0)?,
                lowest: row.get(1)?,
                at: row.get(2)?,
                kept_until: row.get(3)?,
            })
        },
    )
}
