//! The rows of versions. They are on every server, and never change.

use kernel::Id;
use store::{Row, StoreError, Tx, params, sql};

use super::Made;
use crate::catalog::rows::actor;
use crate::stored::read_definition;
use crate::types::Number;

pub(super) fn made(tx: &mut Tx<'_>, number: Number, count: u16) -> Result<Vec<Made>, StoreError> {
    tx.query(
        sql!(
            "SELECT version, made_at, actor_kind, actor, definition, archived FROM segment_versions
             WHERE number = $1 ORDER BY version DESC LIMIT $2"
        ),
        params![i64::from(number.get()), i64::from(count)],
        version,
    )
}

pub(super) fn numbered(tx: &mut Tx<'_>, number: Number, wanted: i64) -> Result<Option<Made>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT version, made_at, actor_kind, actor, definition, archived FROM segment_versions
             WHERE number = $1 AND version = $2"
        ),
        params![i64::from(number.get()), wanted],
        version,
    )
}

fn version(row: &Row<'_>) -> Result<Made, StoreError> {
    Ok(Made {
        version: row.get(0)?,
        at: row.get(1)?,
        by: actor(row.get(2)?, row.get::<Option<Id>>(3)?)?,
        definition: read_definition(&row.get::<String>(4)?)?,
        archived: row.get::<i64>(5)? == 1,
    })
}
