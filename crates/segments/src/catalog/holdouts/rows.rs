//! The rows of holdouts, on every server.

use store::{Row, StoreError, Tx, params, sql};

use crate::stored::broken;
use crate::types::{Holdout, Key, Share};

/// More than anybody can want: each that ended stays.
const ALL: u16 = 10_000;

pub(crate) fn all(tx: &mut Tx<'_>) -> Result<Vec<Holdout>, StoreError> {
    tx.query(
        sql!("SELECT name, salt, share, since, ends_at FROM segment_holdouts ORDER BY name LIMIT $1"),
        params![ALL],
        holdout,
    )
}

pub(crate) fn named(tx: &mut Tx<'_>, name: &Key) -> Result<Option<Holdout>, StoreError> {
    tx.query_opt(
        sql!("SELECT name, salt, share, since, ends_at FROM segment_holdouts WHERE name = $1"),
        params![name.as_str()],
        holdout,
    )
}

pub(crate) fn save(tx: &mut Tx<'_>, holdout: &Holdout) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO segment_holdouts (name, salt, share, since, ends_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO UPDATE SET ends_at = excluded.ends_at"
        ),
        params![
            holdout.name.as_str(),
            holdout.salt,
            i64::from(holdout.share.parts()),
            holdout.since,
            holdout.until
        ],
    )?;
    Ok(())
}

fn holdout(row: &Row<'_>) -> Result<Holdout, StoreError> {
    let share = u32::try_from(row.get::<i64>(2)?).ok().and_then(Share::of_parts);
    Ok(Holdout {
        name: Key::stored(row.get(0)?),
        salt: row.get(1)?,
        share: share.ok_or_else(|| broken("the share of a holdout"))?,
        since: row.get(3)?,
        until: row.get(4)?,
    })
}
