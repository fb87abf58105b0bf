//! The rows of grants, and of the roll of administrators.

use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx, params, sql};

use super::types::{Given, HOUSE, HouseRole, HouseRoles};

pub fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Given>, StoreError> {
    tx.query(
        sql!("SELECT relation, scope, granted_at FROM grants WHERE person = $1 ORDER BY scope, relation"),
        params![person],
        |row| {
            Ok(Given {
                relation: row.get(0)?,
                scope: row.get(1)?,
                at: row.get(2)?,
            })
        },
    )
}

/// The roles on the house that the person holds.
pub fn on_house(tx: &mut Tx<'_>, person: PersonId) -> Result<HouseRoles, StoreError> {
    let given = of_person(tx, person)?;
    let on_house = given.iter().filter(|given| given.scope == HOUSE);
    Ok(HouseRoles::of(
        on_house.filter_map(|given| HouseRole::parse(&given.relation)),
    ))
}

/// `false` when the person had it already.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    person: PersonId,
    relation: &str,
    scope: &str,
    at: Moment,
) -> Result<bool, StoreError> {
    let added = tx.execute(
        sql!(
            "INSERT INTO grants (person, vshard, scope, relation, granted_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (person, scope, relation) DO NOTHING"
        ),
        params![person, person.0.virtual_shard(), scope, relation, at],
    )?;
    Ok(added == 1)
}

/// `false` when the person did not have it.
pub(crate) fn remove(
    tx: &mut Tx<'_>,
    person: PersonId,
    relation: &str,
    scope: &str,
) -> Result<bool, StoreError> {
    let removed = tx.execute(
        sql!("DELETE FROM grants WHERE person = $1 AND scope = $2 AND relation = $3"),
        params![person, scope, relation],
    )?;
    Ok(removed == 1)
}

pub fn remove_all(tx: &mut Tx<'_>, person: PersonId) -> Result<(), StoreError> {
    tx.execute(sql!("DELETE FROM grants WHERE person = $1"), params![person])?;
    Ok(())
}

/// Whether the roll counts anybody besides this person.
pub(super) fn others_on_roll(tx: &mut Tx<'_>, house: Id, person: PersonId) -> Result<bool, StoreError> {
    let others: i64 = tx.query_one(
        sql!("SELECT count(*) FROM house_admins WHERE house = $1 AND counted = 1 AND person <> $2"),
        params![house, person],
        |row| row.get(0),
    )?;
    Ok(others > 0)
}

/// Writes what a version of the person says about the roll. `false` when a later version's word stands.
pub(super) fn put_on_roll(
    tx: &mut Tx<'_>,
    house: Id,
    person: PersonId,
    counted: bool,
    fence: i64,
) -> Result<bool, StoreError> {
    let written = tx.execute(
        sql!(
            "INSERT INTO house_admins (house, vshard, person, counted, fence) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (house, person) DO UPDATE SET counted = $4, fence = $5 WHERE house_admins.fence <= $5"
        ),
        params![house, house.virtual_shard(), person, counted, fence],
    )?;
    Ok(written == 1)
}

pub(super) fn anybody_on_roll(tx: &mut Tx<'_>, house: Id) -> Result<bool, StoreError> {
    let counted: i64 = tx.query_one(
        sql!("SELECT count(*) FROM house_admins WHERE house = $1 AND counted = 1"),
        params![house],
        |row| row.get(0),
    )?;
    Ok(counted > 0)
}
