//! The rows of names, on every server.

use kernel::{Id, Moment, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use super::{Holder, PublicName};

pub(super) fn holder(tx: &mut Tx<'_>, name: &PublicName) -> Result<Option<Holder>, StoreError> {
    tx.query_opt(
        sql!("SELECT name, calendar, owner, sought, made_at FROM calendar_public WHERE name = $1"),
        params![name.as_str()],
        read,
    )
}

/// Those after a name, whose name or title has these words in it.
pub(super) fn holders(
    tx: &mut Tx<'_>,
    after: &str,
    words: &str,
    count: i64,
) -> Result<Vec<Holder>, StoreError> {
    tx.query(
        sql!(
            "SELECT name, calendar, owner, sought, made_at FROM calendar_public
             WHERE name > $1 AND sought LIKE $2 ESCAPE '!' ORDER BY name LIMIT $3"
        ),
        params![after, containing(words), count],
        read,
    )
}

pub(super) fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one(sql!("SELECT COUNT(*) FROM calendar_public"), params![], |row| {
        row.get(0)
    })
}

/// Names of other calendars of somebody.
pub(super) fn count_of(tx: &mut Tx<'_>, owner: PersonId, calendar: Id) -> Result<i64, StoreError> {
    tx.query_one(
        sql!("SELECT COUNT(*) FROM calendar_public WHERE owner = $1 AND calendar <> $2"),
        params![owner, calendar],
        |row| row.get(0),
    )
}

pub(super) fn save(tx: &mut Tx<'_>, holder: &Holder) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_public (name, calendar, owner, sought, made_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO UPDATE SET sought = excluded.sought, made_at = excluded.made_at"
        ),
        params![
            holder.name.as_str(),
            holder.calendar,
            holder.owner,
            holder.sought.as_str(),
            holder.made
        ],
    )?;
    Ok(())
}

pub(super) fn seek_by(
    tx: &mut Tx<'_>,
    name: &PublicName,
    calendar: Id,
    sought: &str,
) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE calendar_public SET sought = $3 WHERE name = $1 AND calendar = $2"),
        params![name.as_str(), calendar, sought],
    )?;
    Ok(())
}

/// Deletes a name that a calendar had until then.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    name: &PublicName,
    calendar: Id,
    until: Moment,
) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_public WHERE name = $1 AND calendar = $2 AND made_at <= $3"),
        params![name.as_str(), calendar, until],
    )?;
    Ok(())
}

pub(super) fn delete_all(tx: &mut Tx<'_>, owner: PersonId) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_public WHERE owner = $1"),
        params![owner],
    )?;
    Ok(())
}

/// A pattern for whatever has this in it, as it is written.
fn containing(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.chars() {
        if ['%', '_', '!'].contains(&c) {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn read(row: &Row<'_>) -> Result<Holder, StoreError> {
    Ok(Holder {
        name: PublicName::stored(row.get(0)?),
        calendar: row.get(1)?,
        owner: row.get(2)?,
        sought: row.get(3)?,
        made: row.get(4)?,
    })
}
