//! The rows of shares, in the shard of the calendar's owner, and of offers, in the shard of whom they were made to.

use kernel::{Id, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use super::{Consent, OFFERS_MAX, Offer, Rights, SHARES_MAX, Share};
use crate::rows::most;
use crate::types::Color;

pub(super) fn share(tx: &mut Tx<'_>, calendar: Id, person: PersonId) -> Result<Option<Share>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT calendar, person, rights, answer, made_at FROM calendar_shares
             WHERE calendar = $1 AND person = $2"
        ),
        params![calendar, person],
        read_share,
    )
}

/// Of one calendar.
pub(super) fn shares(tx: &mut Tx<'_>, calendar: Id) -> Result<Vec<Share>, StoreError> {
    tx.query(
        sql!(
            "SELECT calendar, person, rights, answer, made_at FROM calendar_shares
             WHERE calendar = $1 ORDER BY made_at, person LIMIT $2"
        ),
        params![calendar, most(SHARES_MAX)],
        read_share,
    )
}

pub(super) fn save_share(tx: &mut Tx<'_>, owner: PersonId, share: &Share) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_shares (calendar, person, owner, vshard, rights, answer, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (calendar, person) DO UPDATE SET rights = excluded.rights, answer = excluded.answer"
        ),
        params![
            share.calendar,
            share.person,
            owner,
            owner.0.virtual_shard(),
            share.rights.number(),
            answer(share.reply),
            share.made
        ],
    )?;
    Ok(())
}

/// Whether there was one.
pub(super) fn end_share(tx: &mut Tx<'_>, calendar: Id, person: PersonId) -> Result<bool, StoreError> {
    let ended = tx.execute(
        sql!("DELETE FROM calendar_shares WHERE calendar = $1 AND person = $2"),
        params![calendar, person],
    )?;
    Ok(ended > 0)
}

/// Ends some shares of somebody's calendars: which, and whose they were.
pub(super) fn end_some(
    tx: &mut Tx<'_>,
    owner: PersonId,
    count: u16,
) -> Result<Vec<(Id, PersonId)>, StoreError> {
    tx.query(
        sql!(
            "DELETE FROM calendar_shares WHERE (calendar, person) IN
             (SELECT calendar, person FROM calendar_shares WHERE vshard = $1 AND owner = $2 LIMIT $3)
             RETURNING calendar, person"
        ),
        params![owner.0.virtual_shard(), owner, count],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Ends some shares of one calendar: with whom.
pub(super) fn end_some_of(tx: &mut Tx<'_>, calendar: Id, count: u16) -> Result<Vec<PersonId>, StoreError> {
    tx.query(
        sql!(
            "DELETE FROM calendar_shares WHERE calendar = $1 AND person IN
             (SELECT person FROM calendar_shares WHERE calendar = $1 LIMIT $2)
             RETURNING person"
        ),
        params![calendar, count],
        |row| row.get(0),
    )
}

pub(super) fn offer(tx: &mut Tx<'_>, person: PersonId, calendar: Id) -> Result<Option<Offer>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT calendar, held_by, answer, color, offered_at FROM calendar_offers
             WHERE owner = $1 AND calendar = $2"
        ),
        params![person, calendar],
        read_offer,
    )
}

/// All that somebody was offered, what they refused last.
pub(super) fn offers(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Offer>, StoreError> {
    tx.query(
        sql!(
            "SELECT calendar, held_by, answer, color, offered_at FROM calendar_offers
             WHERE vshard = $1 AND owner = $2
             ORDER BY CASE answer WHEN 2 THEN 1 ELSE 0 END, offered_at, calendar LIMIT $3"
        ),
        params![person.0.virtual_shard(), person, most(OFFERS_MAX)],
        read_offer,
    )
}

/// What somebody took of it.
pub(super) fn taken(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Offer>, StoreError> {
    tx.query(
        sql!(
            "SELECT calendar, held_by, answer, color, offered_at FROM calendar_offers
             WHERE vshard = $1 AND owner = $2 AND answer = 1 ORDER BY offered_at, calendar LIMIT $3"
        ),
        params![person.0.virtual_shard(), person, most(OFFERS_MAX)],
        read_offer,
    )
}

/// How many offers somebody has that they did not refuse.
pub(super) fn open_offers(tx: &mut Tx<'_>, person: PersonId) -> Result<usize, StoreError> {
    let count: i64 = tx.query_one(
        sql!("SELECT COUNT(*) FROM calendar_offers WHERE vshard = $1 AND owner = $2 AND answer <> 2"),
        params![person.0.virtual_shard(), person],
        |row| row.get(0),
    )?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

pub(super) fn save_offer(tx: &mut Tx<'_>, person: PersonId, offer: &Offer) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_offers (owner, calendar, vshard, held_by, answer, color, offered_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (owner, calendar) DO UPDATE SET answer = excluded.answer, color = excluded.color,
                offered_at = excluded.offered_at"
        ),
        params![
            person,
            offer.calendar,
            person.0.virtual_shard(),
            offer.held_by,
            answer(offer.reply),
            offer.color.map(Color::rgb),
            offer.offered
        ],
    )?;
    Ok(())
}

pub(super) fn end_offer(tx: &mut Tx<'_>, person: PersonId, calendar: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_offers WHERE owner = $1 AND calendar = $2"),
        params![person, calendar],
    )?;
    Ok(())
}

/// Ends some offers that were made to somebody: which, and whose calendars they are.
pub(super) fn end_offers(
    tx: &mut Tx<'_>,
    person: PersonId,
    count: u16,
) -> Result<Vec<(Id, PersonId)>, StoreError> {
    tx.query(
        sql!(
            "DELETE FROM calendar_offers WHERE (owner, calendar) IN
             (SELECT owner, calendar FROM calendar_offers WHERE vshard = $1 AND owner = $2 LIMIT $3)
             RETURNING calendar, held_by"
        ),
        params![person.0.virtual_shard(), person, count],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

const fn answer(reply: Consent) -> i64 {
    match reply {
        Consent::Waiting => 0,
        Consent::Taken => 1,
        Consent::Refused => 2,
    }
}

fn replied(answer: i64) -> Consent {
    match answer {
        1 => Consent::Taken,
        2 => Consent::Refused,
        _ => Consent::Waiting,
    }
}

fn read_share(row: &Row<'_>) -> Result<Share, StoreError> {
    Ok(Share {
        calendar: row.get(0)?,
        person: row.get(1)?,
        rights: Rights::numbered(row.get(2)?),
        reply: replied(row.get(3)?),
        made: row.get(4)?,
    })
}

fn read_offer(row: &Row<'_>) -> Result<Offer, StoreError> {
    Ok(Offer {
        calendar: row.get(0)?,
        held_by: row.get(1)?,
        reply: replied(row.get(2)?),
        color: row.get::<Option<i64>>(3)?.and_then(Color::stored),
        offered: row.get(4)?,
    })
}
