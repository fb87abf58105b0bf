//! The lines of the book.

use kernel::Moment;
use store::{Row, StoreError, Tx, params, sql};

use super::Line;
use crate::letters::State;

/// How "asked for" stands where a state stands.
const ASKED: i64 = 0;
/// More lines than a book of a year has; a bound for the answer, not a rule.
const LINES_MAX: i64 = 1_000_000;

/// The page of days that are summed up.
pub(super) const SUMMED_UP: i64 = 0;

pub(super) fn add(tx: &mut Tx<'_>, line: &Line, page: i64, letters: i64) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO letter_book (kind, day, state, provider, page, letters) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (day, kind, state, provider, page)
             DO UPDATE SET letters = letter_book.letters + excluded.letters"
        ),
        params![line.kind, line.day, line.state.map_or(ASKED, State::code), line.provider, page, letters],
    )?;
    Ok(())
}

/// The book of this server since a day: its lines, and how many letters each counts.
pub(super) fn since(tx: &mut Tx<'_>, day: i64) -> Result<Vec<(Line, i64)>, StoreError> {
    tx.query(
        sql!(
            "SELECT day, kind, state, provider, CAST(sum(letters) AS BIGINT) FROM letter_book WHERE day >= $1
             GROUP BY day, kind, state, provider LIMIT $2"
        ),
        params![day, LINES_MAX],
        line,
    )
}

/// The letters of this server that were asked for since an instant, counted as the book counts them.
pub(super) fn letters_since(tx: &mut Tx<'_>, from: Moment) -> Result<Vec<(Line, i64)>, StoreError> {
    tx.query(
        sql!(
            "SELECT (asked_at / 86400000000), kind, state, provider, count(*) FROM letters WHERE asked_at >= $1
             GROUP BY (asked_at / 86400000000), kind, state, provider LIMIT $2"
        ),
        params![from, LINES_MAX],
        line,
    )
}

pub(super) fn add_forgotten(tx: &mut Tx<'_>, line: &Line, page: i64, letters: i64) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO letters_forgotten (kind, day, state, provider, page, letters) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (day, kind, state, provider, page)
             DO UPDATE SET letters = letters_forgotten.letters + excluded.letters"
        ),
        params![line.kind, line.day, line.state.map_or(ASKED, State::code), line.provider, page, letters],
    )?;
    Ok(())
}

/// The letters of this server that were forgotten, by the day on which they had been asked for.
pub(super) fn forgotten_since(tx: &mut Tx<'_>, day: i64) -> Result<Vec<(Line, i64)>, StoreError> {
    tx.query(
        sql!(
            "SELECT day, kind, state, provider, CAST(sum(letters) AS BIGINT) FROM letters_forgotten WHERE day >= $1
             GROUP BY day, kind, state, provider LIMIT $2"
        ),
        params![day, LINES_MAX],
        line,
    )
}

/// A day before `before` whose lines are still spread over pages.
pub(super) fn day_in_pages(tx: &mut Tx<'_>, before: i64) -> Result<Option<i64>, StoreError> {
    tx.query_one(
        sql!("SELECT min(day) FROM letter_book WHERE day < $1 AND page <> $2"),
        params![before, SUMMED_UP],
        |row| row.get(0),
    )
}

pub(super) fn forgotten_in_pages(tx: &mut Tx<'_>, before: i64) -> Result<Option<i64>, StoreError> {
    tx.query_one(
        sql!("SELECT min(day) FROM letters_forgotten WHERE day < $1 AND page <> $2"),
        params![before, SUMMED_UP],
        |row| row.get(0),
    )
}

/// Takes the lines of a day out of the book, summed up.
pub(super) fn take_day(tx: &mut Tx<'_>, day: i64) -> Result<Vec<(Line, i64)>, StoreError> {
    let mut lines = tx.query(
        sql!(
            "SELECT day, kind, state, provider, CAST(sum(letters) AS BIGINT) FROM letter_book WHERE day = $1
             GROUP BY day, kind, state, provider LIMIT $2"
        ),
        params![day, LINES_MAX],
        line,
    )?;
    tx.execute(sql!("DELETE FROM letter_book WHERE day = $1"), params![day])?;
    lines.retain(|(_, letters)| *letters != 0);
    Ok(lines)
}

pub(super) fn take_forgotten(tx: &mut Tx<'_>, day: i64) -> Result<Vec<(Line, i64)>, StoreError> {
    let lines = tx.query(
        sql!(
            "SELECT day, kind, state, provider, CAST(sum(letters) AS BIGINT) FROM letters_forgotten WHERE day = $1
             GROUP BY day, kind, state, provider LIMIT $2"
        ),
        params![day, LINES_MAX],
        line,
    )?;
    tx.execute(sql!("DELETE FROM letters_forgotten WHERE day = $1"), params![day])?;
    Ok(lines)
}

fn line(row: &Row<'_>) -> Result<(Line, i64), StoreError> {
    let line = Line {
        day: row.get(0)?,
        kind: row.get(1)?,
        state: State::of_code(row.get(2)?),
        provider: row.get(3)?,
    };
    Ok((line, row.get(4)?))
}
