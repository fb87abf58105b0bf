//! The rows of what is shared with groups: the shares and who has them through which group, in the shard of the calendar's
//! owner, and the calendars of a group, in the shard of the group.

use kernel::{Id, Moment, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use super::{GROUP_SHARES_MAX, GroupShare, Through};
use crate::rows::most;
use crate::sharing::Rights;

pub(super) fn share(tx: &mut Tx<'_>, calendar: Id, group: Id) -> Result<Option<GroupShare>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT calendar, people_group, rights, made_at FROM calendar_group_shares
             WHERE calendar = $1 AND people_group = $2"
        ),
        params![calendar, group],
        read_share,
    )
}

/// Of one calendar.
pub(super) fn shares(tx: &mut Tx<'_>, calendar: Id) -> Result<Vec<GroupShare>, StoreError> {
    tx.query(
        sql!(
            "SELECT calendar, people_group, rights, made_at FROM calendar_group_shares
             WHERE calendar = $1 ORDER BY made_at, people_group LIMIT $2"
        ),
        params![calendar, most(GROUP_SHARES_MAX)],
        read_share,
    )
}

pub(super) fn save_share(tx: &mut Tx<'_>, owner: PersonId, share: &GroupShare) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_group_shares (calendar, people_group, owner, vshard, rights, made_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (calendar, people_group) DO UPDATE SET rights = excluded.rights"
        ),
        params![
            share.calendar,
            share.group,
            owner,
            owner.0.virtual_shard(),
            share.rights.number(),
            share.made
        ],
    )?;
    Ok(())
}

/// Whether there was one.
pub(super) fn end_share(tx: &mut Tx<'_>, calendar: Id, group: Id) -> Result<bool, StoreError> {
    let ended = tx.execute(
        sql!("DELETE FROM calendar_group_shares WHERE calendar = $1 AND people_group = $2"),
        params![calendar, group],
    )?;
    Ok(ended > 0)
}

/// Ends some shares of somebody's calendars: which, and the groups.
pub(super) fn end_shares(tx: &mut Tx<'_>, owner: PersonId, count: u16) -> Result<Vec<(Id, Id)>, StoreError> {
    tx.query(
        sql!(
            "DELETE FROM calendar_group_shares WHERE (calendar, people_group) IN
             (SELECT calendar, people_group FROM calendar_group_shares WHERE vshard = $1 AND owner = $2 LIMIT $3)
             RETURNING calendar, people_group"
        ),
        params![owner.0.virtual_shard(), owner, count],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The groups through which somebody has a calendar, with what each lets them do.
pub(super) fn through(tx: &mut Tx<'_>, calendar: Id, person: PersonId) -> Result<Vec<Through>, StoreError> {
    tx.query(
        sql!(
            "SELECT s.people_group, s.rights, p.since FROM calendar_group_people AS p
             JOIN calendar_group_shares AS s ON s.calendar = p.calendar AND s.people_group = p.people_group
             WHERE p.calendar = $1 AND p.person = $2 ORDER BY p.since, s.people_group LIMIT $3"
        ),
        params![calendar, person, most(GROUP_SHARES_MAX)],
        |row| {
            Ok(Through {
                group: row.get(0)?,
                rights: Rights::numbered(row.get(1)?),
                since: row.get(2)?,
            })
        },
    )
}

/// `false` when they were there already.
pub(super) fn add_person(
    tx: &mut Tx<'_>,
    owner: PersonId,
    (calendar, group): (Id, Id),
    (person, since): (PersonId, Moment),
) -> Result<bool, StoreError> {
    let added = tx.execute(
        sql!(
            "INSERT INTO calendar_group_people (calendar, person, people_group, owner, vshard, since)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (calendar, person, people_group) DO NOTHING"
        ),
        params![calendar, person, group, owner, owner.0.virtual_shard(), since],
    )?;
    Ok(added == 1)
}

/// `false` when they were not there.
pub(super) fn remove_person(
    tx: &mut Tx<'_>,
    (calendar, group): (Id, Id),
    person: PersonId,
) -> Result<bool, StoreError> {
    let removed = tx.execute(
        sql!("DELETE FROM calendar_group_people WHERE calendar = $1 AND person = $2 AND people_group = $3"),
        params![calendar, person, group],
    )?;
    Ok(removed == 1)
}

/// Somebody has a calendar through no group any more.
pub(super) fn remove_everywhere(tx: &mut Tx<'_>, calendar: Id, person: PersonId) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_group_people WHERE calendar = $1 AND person = $2"),
        params![calendar, person],
    )?;
    Ok(())
}

/// Removes some of those who had a calendar through a group: who they are.
pub(super) fn remove_some(
    tx: &mut Tx<'_>,
    (calendar, group): (Id, Id),
    count: u16,
) -> Result<Vec<PersonId>, StoreError> {
    tx.query(
        sql!(
            "DELETE FROM calendar_group_people WHERE (calendar, person, people_group) IN
             (SELECT calendar, person, people_group FROM calendar_group_people
              WHERE calendar = $1 AND people_group = $2 LIMIT $3)
             RETURNING person"
        ),
        params![calendar, group, count],
        |row| row.get(0),
    )
}

/// Removes some of those who have somebody's calendars through groups: which, and who.
pub(super) fn remove_of(
    tx: &mut Tx<'_>,
    owner: PersonId,
    count: u16,
) -> Result<Vec<(Id, PersonId)>, StoreError> {
    tx.query(
        sql!(
            "DELETE FROM calendar_group_people WHERE (calendar, person, people_group) IN
             (SELECT calendar, person, people_group FROM calendar_group_people
              WHERE vshard = $1 AND owner = $2 LIMIT $3)
             RETURNING calendar, person"
        ),
        params![owner.0.virtual_shard(), owner, count],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Some who have a calendar through a group, those after one of them.
pub(super) fn people(
    tx: &mut Tx<'_>,
    (calendar, group): (Id, Id),
    after: Option<PersonId>,
    count: u16,
) -> Result<Vec<PersonId>, StoreError> {
    let after = after.map_or(Id::from_bytes([0; 16]), |after| after.0);
    tx.query(
        sql!(
            "SELECT person FROM calendar_group_people WHERE calendar = $1 AND people_group = $2 AND person > $3
             ORDER BY person LIMIT $4"
        ),
        params![calendar, group, after, count],
        |row| row.get(0),
    )
}

/// Some of the calendars that are shared with a group, those after one of them, and whose they are.
pub(super) fn calendars(
    tx: &mut Tx<'_>,
    group: Id,
    after: Option<Id>,
    count: u16,
) -> Result<Vec<(Id, PersonId)>, StoreError> {
    tx.query(
        sql!(
            "SELECT calendar, held_by FROM calendar_group_calendars WHERE people_group = $1 AND calendar > $2
             ORDER BY calendar LIMIT $3"
        ),
        params![group, after.unwrap_or(Id::from_bytes([0; 16])), count],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// How many other calendars are shared with a group.
pub(super) fn count_others(tx: &mut Tx<'_>, group: Id, calendar: Id) -> Result<i64, StoreError> {
    tx.query_one(
        sql!("SELECT COUNT(*) FROM calendar_group_calendars WHERE people_group = $1 AND calendar <> $2"),
        params![group, calendar],
        |row| row.get(0),
    )
}

pub(super) fn save_calendar(
    tx: &mut Tx<'_>,
    group: Id,
    (calendar, owner): (Id, PersonId),
) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_group_calendars (people_group, calendar, vshard, held_by) VALUES ($1, $2, $3, $4)
             ON CONFLICT (people_group, calendar) DO NOTHING"
        ),
        params![group, calendar, group.virtual_shard(), owner],
    )?;
    Ok(())
}

pub(super) fn end_calendar(tx: &mut Tx<'_>, group: Id, calendar: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_group_calendars WHERE people_group = $1 AND calendar = $2"),
        params![group, calendar],
    )?;
    Ok(())
}

fn read_share(row: &Row<'_>) -> Result<GroupShare, StoreError> {
    Ok(GroupShare {
        calendar: row.get(0)?,
        group: row.get(1)?,
        rights: Rights::numbered(row.get(2)?),
        made: row.get(3)?,
    })
}
