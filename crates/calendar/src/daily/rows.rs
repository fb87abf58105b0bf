//! People as calendars know them.

use kernel::PersonId;
use store::{StoreError, Tx, params, sql};

use super::Daily;

pub(super) fn daily(tx: &mut Tx<'_>, owner: PersonId) -> Result<Option<Daily>, StoreError> {
    let found = tx.query_opt(
        sql!("SELECT daily_at, zone FROM calendar_people WHERE owner = $1"),
        params![owner],
        |row| {
            let at: Option<i64> = row.get(0)?;
            Ok((at, row.get::<String>(1)?))
        },
    )?;
    let daily = found.and_then(|(at, zone)| {
        let at = i16::try_from(at?).ok()?;
        Some(Daily { at, zone })
    });
    Ok(daily)
}

pub(super) fn save(tx: &mut Tx<'_>, owner: PersonId, daily: Option<&Daily>) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_people (owner, vshard, had_calendars, daily_at, zone) VALUES ($1, $2, 0, $3, $4)
             ON CONFLICT (owner) DO UPDATE SET daily_at = excluded.daily_at, zone = excluded.zone"
        ),
        params![
            owner,
            owner.0.virtual_shard(),
            daily.map(|daily| i64::from(daily.at)),
            daily.map_or("UTC", |daily| daily.zone.as_str())
        ],
    )?;
    Ok(())
}
