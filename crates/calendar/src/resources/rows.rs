//! The rows of rooms and things, each in the shard of the person of the registry that it is.

use kernel::{Moment, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use super::{Resource, Sort};

/// Counts an invitation of a room; false where it is none. Until the end of the transaction, nobody else invites it.
pub(super) fn ask(tx: &mut Tx<'_>, owner: PersonId) -> Result<bool, StoreError> {
    let asked = tx.execute(
        sql!("UPDATE calendar_resources SET asked = asked + 1 WHERE owner = $1"),
        params![owner],
    )?;
    Ok(asked > 0)
}

pub(super) fn resource(tx: &mut Tx<'_>, owner: PersonId) -> Result<Option<Resource>, StoreError> {
    tx.query_opt(
        sql!("SELECT owner, sort, name, place, seats, made_at FROM calendar_resources WHERE owner = $1"),
        params![owner],
        read,
    )
}

/// Those behind a name, in their order.
pub(super) fn resources(
    tx: &mut Tx<'_>,
    (key, owner): (&[u8], PersonId),
    seats: i64,
    count: i64,
) -> Result<Vec<Resource>, StoreError> {
    tx.query(
        sql!(
            "SELECT owner, sort, name, place, seats, made_at FROM calendar_resources
             WHERE (name_key, owner) > ($1, $2) AND seats >= $3 ORDER BY name_key, owner LIMIT $4"
        ),
        params![key, owner, seats, count],
        read,
    )
}

pub(super) fn save(tx: &mut Tx<'_>, resource: &Resource) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_resources (owner, vshard, sort, name, name_key, place, seats, asked, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)
             ON CONFLICT (owner) DO UPDATE SET sort = excluded.sort, name = excluded.name,
                name_key = excluded.name_key, place = excluded.place,
                seats = excluded.seats"
        ),
        params![
            resource.person,
            resource.person.0.virtual_shard(),
            resource.sort.code(),
            resource.name.as_str(),
            resource.key(),
            resource.place.as_str(),
            resource.seats,
            resource.made
        ],
    )?;
    Ok(())
}

/// False: it was none.
pub(crate) fn delete(tx: &mut Tx<'_>, owner: PersonId) -> Result<bool, StoreError> {
    let deleted = tx.execute(
        sql!("DELETE FROM calendar_resources WHERE owner = $1"),
        params![owner],
    )?;
    Ok(deleted > 0)
}

fn read(row: &Row<'_>) -> Result<Resource, StoreError> {
    let made: Moment = row.get(5)?;
    Ok(Resource {
        person: row.get(0)?,
        sort: Sort::stored(row.get(1)?).ok_or_else(|| StoreError::broken("the sort of a room is none"))?,
        name: row.get(2)?,
        place: row.get(3)?,
        seats: row.get(4)?,
        made,
    })
}
