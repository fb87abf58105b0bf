//! The rows of draws: what was drawn on every server, who was drawn where their virtual shards are.

use kernel::{Id, Moment, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use crate::catalog::rows::{actor, actor_columns};
use crate::stored::{broken, read_rollout, write_rollout};
use crate::types::{Draw, DrawNumber, DrawState, Number};

/// Draws that are read: as many as there can be.
const ALL: u16 = 32_768;

/// Every draw, in the order of their numbers.
pub(crate) fn all(tx: &mut Tx<'_>) -> Result<Vec<Draw>, StoreError> {
    tx.query(
        sql!(
            "SELECT number, segment, state, definition, request_key, matching, drawn, begun_at, visible_at, ends_at,
                actor_kind, actor
             FROM segment_draws ORDER BY number LIMIT $1"
        ),
        params![ALL],
        draw,
    )
}

pub(crate) fn numbered(tx: &mut Tx<'_>, number: DrawNumber) -> Result<Option<Draw>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT number, segment, state, definition, request_key, matching, drawn, begun_at, visible_at, ends_at,
                actor_kind, actor
             FROM segment_draws WHERE number = $1"
        ),
        params![i64::from(number.get())],
        draw,
    )
}

pub(crate) fn requested(tx: &mut Tx<'_>, request: &str) -> Result<Option<Draw>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT number, segment, state, definition, request_key, matching, drawn, begun_at, visible_at, ends_at,
                actor_kind, actor
             FROM segment_draws WHERE request_key = $1"
        ),
        params![request],
        draw,
    )
}

/// Those that somebody began by then and did not end.
pub(crate) fn cut_off(tx: &mut Tx<'_>, begun_by: Moment) -> Result<Vec<Draw>, StoreError> {
    tx.query(
        sql!(
            "SELECT number, segment, state, definition, request_key, matching, drawn, begun_at, visible_at, ends_at,
                actor_kind, actor
             FROM segment_draws WHERE state = 1 AND begun_at <= $1 ORDER BY number LIMIT $2"
        ),
        params![begun_by, ALL],
        draw,
    )
}

/// The number that no draw ever had; `None` when there are as many as there can be.
pub(crate) fn next_number(tx: &mut Tx<'_>) -> Result<Option<DrawNumber>, StoreError> {
    let next: i64 = tx.query_one(
        sql!("SELECT COALESCE(max(number), -1) + 1 FROM segment_draws"),
        params![],
        |row| row.get(0),
    )?;
    Ok(u16::try_from(next).ok().and_then(DrawNumber::new))
}

pub(crate) fn save(tx: &mut Tx<'_>, draw: &Draw) -> Result<(), StoreError> {
    let (kind, actor) = actor_columns(draw.by);
    tx.execute(
        sql!(
            "INSERT INTO segment_draws (number, segment, state, definition, request_key, matching, drawn, begun_at,
                visible_at, ends_at, actor_kind, actor)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (number) DO UPDATE SET state = excluded.state, matching = excluded.matching,
                drawn = excluded.drawn, visible_at = excluded.visible_at, ends_at = excluded.ends_at"
        ),
        params![
            i64::from(draw.number.get()),
            i64::from(draw.segment.get()),
            match draw.state {
                DrawState::Drawing => 1_i64,
                DrawState::Visible => 2,
                DrawState::Failed => 3,
            },
            write_rollout(&draw.wanted)?,
            draw.request.as_deref(),
            count(draw.matching),
            count(draw.drawn),
            draw.begun,
            draw.visible,
            draw.until,
            kind,
            actor
        ],
    )?;
    Ok(())
}

/// Keeps who was drawn of one virtual shard; nothing when nobody was.
pub(crate) fn keep(tx: &mut Tx<'_>, draw: DrawNumber, people: &[PersonId]) -> Result<(), StoreError> {
    let Some(first) = people.first() else {
        return Ok(());
    };
    let packed: Vec<u8> = people.iter().flat_map(|person| *person.0.as_bytes()).collect();
    tx.execute(
        sql!("INSERT INTO segment_drawn (draw, first_person, vshard, people) VALUES ($1, $2, $3, $4)"),
        params![i64::from(draw.get()), *first, first.0.virtual_shard(), packed],
    )?;
    Ok(())
}

/// The rows of a draw on a server, after one of them: the first person of each, and all of it.
pub(crate) fn kept(
    tx: &mut Tx<'_>,
    draw: DrawNumber,
    after: Id,
    count: u16,
) -> Result<Vec<(Id, Vec<PersonId>)>, StoreError> {
    tx.query(
        sql!(
            "SELECT first_person, people FROM segment_drawn WHERE draw = $1 AND first_person > $2
             ORDER BY first_person LIMIT $3"
        ),
        params![i64::from(draw.get()), after, count],
        |row| {
            let packed: Vec<u8> = row.get(1)?;
            let (people, rest) = packed.as_chunks::<16>();
            if !rest.is_empty() {
                return Err(broken("who was drawn"));
            }
            let people = people.iter().map(|bytes| PersonId(Id::from_bytes(*bytes)));
            Ok((row.get(0)?, people.collect()))
        },
    )
}

/// Forgets at most so many rows of who was drawn on a server, and says how many those were.
pub(crate) fn forget(tx: &mut Tx<'_>, draw: DrawNumber, count: u16) -> Result<u64, StoreError> {
    tx.execute(
        sql!(
            "DELETE FROM segment_drawn WHERE draw = $1 AND first_person IN
                (SELECT first_person FROM segment_drawn WHERE draw = $1 ORDER BY first_person LIMIT $2)"
        ),
        params![i64::from(draw.get()), count],
    )
}

fn draw(row: &Row<'_>) -> Result<Draw, StoreError> {
    let number = |column: i64| u16::try_from(column).map_err(|_| broken("the number of a draw"));
    Ok(Draw {
        number: DrawNumber::new(number(row.get(0)?)?).ok_or_else(|| broken("the number of a draw"))?,
        segment: Number::new(number(row.get(1)?)?).ok_or_else(|| broken("the number"))?,
        state: match row.get::<i64>(2)? {
            1 => DrawState::Drawing,
            2 => DrawState::Visible,
            3 => DrawState::Failed,
            _ => return Err(broken("the state of a draw")),
        },
        wanted: read_rollout(&row.get::<String>(3)?)?,
        request: row.get(4)?,
        matching: row.get::<i64>(5)?.unsigned_abs(),
        drawn: row.get::<i64>(6)?.unsigned_abs(),
        begun: row.get(7)?,
        visible: row.get(8)?,
        until: row.get(9)?,
        by: actor(row.get(10)?, row.get(11)?)?,
    })
}

fn count(people: u64) -> i64 {
    i64::try_from(people).unwrap_or(i64::MAX)
}
