//! The rows of groups and of who is in them, in the shards of the groups, and of where people find theirs.

use kernel::{Id, Moment, PersonId, Text};
use store::{Row, StoreError, Tx, params, sql};

use super::types::{Group, MEMBERS_MAX, MEMBERSHIPS_MAX, Member};

pub(super) fn group(tx: &mut Tx<'_>, id: Id) -> Result<Option<Group>, StoreError> {
    tx.query_opt(
        sql!("SELECT people_group, name, keeper, made_at FROM people_groups WHERE people_group = $1"),
        params![id],
        read_group,
    )
}

/// The groups of this server after `after`, in the order of their ids, which is that of their making.
pub(super) fn after(tx: &mut Tx<'_>, after: Id, rows: i64) -> Result<Vec<Group>, StoreError> {
    tx.query(
        sql!(
            "SELECT people_group, name, keeper, made_at FROM people_groups WHERE people_group > $1
             ORDER BY people_group LIMIT $2"
        ),
        params![after, rows],
        read_group,
    )
}

/// How many groups of this server somebody keeps.
pub(super) fn kept(tx: &mut Tx<'_>, keeper: PersonId) -> Result<i64, StoreError> {
    tx.query_one(
        sql!("SELECT count(*) FROM people_groups WHERE keeper = $1"),
        params![keeper],
        |row| row.get(0),
    )
}

pub(super) fn save_group(tx: &mut Tx<'_>, group: &Group) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO people_groups (people_group, vshard, name, keeper, made_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (people_group) DO UPDATE SET name = excluded.name, keeper = excluded.keeper"
        ),
        params![
            group.id,
            group.id.virtual_shard(),
            group.name,
            group.keeper,
            group.made
        ],
    )?;
    Ok(())
}

pub(super) fn delete_group(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    for table in [
        sql!("DELETE FROM people_group_members WHERE people_group = $1"),
        sql!("DELETE FROM people_groups WHERE people_group = $1"),
    ] {
        tx.execute(table, params![id])?;
    }
    Ok(())
}

/// Those first who are in it for longest.
pub(super) fn members(tx: &mut Tx<'_>, group: Id) -> Result<Vec<Member>, StoreError> {
    tx.query(
        sql!(
            "SELECT person, since FROM people_group_members WHERE people_group = $1
             ORDER BY since, person LIMIT $2"
        ),
        params![group, i64::try_from(MEMBERS_MAX).unwrap_or(i64::MAX)],
        |row| {
            Ok(Member {
                person: row.get(0)?,
                since: row.get(1)?,
            })
        },
    )
}

pub(super) fn count_members(tx: &mut Tx<'_>, group: Id) -> Result<i64, StoreError> {
    tx.query_one(
        sql!("SELECT count(*) FROM people_group_members WHERE people_group = $1"),
        params![group],
        |row| row.get(0),
    )
}

pub(super) fn is_member(tx: &mut Tx<'_>, group: Id, person: PersonId) -> Result<bool, StoreError> {
    let since: Option<Moment> = tx.query_opt(
        sql!("SELECT since FROM people_group_members WHERE people_group = $1 AND person = $2"),
        params![group, person],
        |row| row.get(0),
    )?;
    Ok(since.is_some())
}

/// `false` when they were in it already.
pub(super) fn add_member(tx: &mut Tx<'_>, group: Id, member: &Member) -> Result<bool, StoreError> {
    let added = tx.execute(
        sql!(
            "INSERT INTO people_group_members (people_group, person, vshard, since) VALUES ($1, $2, $3, $4)
             ON CONFLICT (people_group, person) DO NOTHING"
        ),
        params![group, member.person, group.virtual_shard(), member.since],
    )?;
    Ok(added == 1)
}

/// `false` when they were not in it.
pub(super) fn remove_member(tx: &mut Tx<'_>, group: Id, person: PersonId) -> Result<bool, StoreError> {
    let removed = tx.execute(
        sql!("DELETE FROM people_group_members WHERE people_group = $1 AND person = $2"),
        params![group, person],
    )?;
    Ok(removed == 1)
}

/// The groups that somebody is in, as their own shard heard; the oldest first.
pub(crate) fn memberships(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Id>, StoreError> {
    tx.query(
        sql!(
            "SELECT people_group FROM people_memberships WHERE vshard = $1 AND person = $2
             ORDER BY people_group LIMIT $3"
        ),
        params![
            person.0.virtual_shard(),
            person,
            i64::try_from(MEMBERSHIPS_MAX).unwrap_or(i64::MAX)
        ],
        |row| row.get(0),
    )
}

pub(super) fn save_membership(tx: &mut Tx<'_>, person: PersonId, group: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO people_memberships (person, people_group, vshard) VALUES ($1, $2, $3)
             ON CONFLICT (person, people_group) DO NOTHING"
        ),
        params![person, group, person.0.virtual_shard()],
    )?;
    Ok(())
}

pub(super) fn end_membership(tx: &mut Tx<'_>, person: PersonId, group: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM people_memberships WHERE person = $1 AND people_group = $2"),
        params![person, group],
    )?;
    Ok(())
}

fn read_group(row: &Row<'_>) -> Result<Group, StoreError> {
    Ok(Group {
        id: row.get(0)?,
        name: Text::stored(row.get(1)?),
        keeper: row.get(2)?,
        made: row.get(3)?,
    })
}
