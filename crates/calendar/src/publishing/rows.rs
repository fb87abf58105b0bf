//! The rows of links, in the shard of the calendar's owner.

use kernel::{Id, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use super::{Link, Shows};
use crate::directory::PublicName;
use crate::rows::most;
use crate::types::CALENDARS_MAX;

pub(super) fn link(tx: &mut Tx<'_>, calendar: Id) -> Result<Option<Link>, StoreError> {
    tx.query_opt(
        sql!("SELECT calendar, token, shows, made_at, public_name FROM calendar_links WHERE calendar = $1"),
        params![calendar],
        read,
    )
}

/// All of somebody's.
pub(super) fn links(tx: &mut Tx<'_>, owner: PersonId) -> Result<Vec<Link>, StoreError> {
    tx.query(
        sql!(
            "SELECT calendar, token, shows, made_at, public_name FROM calendar_links
             WHERE vshard = $1 AND owner = $2 LIMIT $3"
        ),
        params![owner.0.virtual_shard(), owner, most(CALENDARS_MAX)],
        read,
    )
}

pub(super) fn save(tx: &mut Tx<'_>, owner: PersonId, link: &Link) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_links (calendar, owner, vshard, token, shows, made_at, public_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (calendar) DO UPDATE SET token = excluded.token, shows = excluded.shows,
                made_at = excluded.made_at, public_name = excluded.public_name"
        ),
        params![
            link.calendar,
            owner,
            owner.0.virtual_shard(),
            link.token.as_str(),
            match link.shows {
                Shows::Everything => 1_i64,
                Shows::Busy => 2,
            },
            link.made,
            link.public.as_ref().map(PublicName::as_str)
        ],
    )?;
    Ok(())
}

pub(super) fn withdraw(tx: &mut Tx<'_>, calendar: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_links WHERE calendar = $1"),
        params![calendar],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Link, StoreError> {
    Ok(Link {
        calendar: row.get(0)?,
        token: row.get(1)?,
        shows: match row.get(2)? {
            1_i64 => Shows::Everything,
            _ => Shows::Busy,
        },
        made: row.get(3)?,
        public: row.get::<Option<String>>(4)?.map(PublicName::stored),
    })
}
