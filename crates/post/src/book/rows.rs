//! The lines of the book.

use store::{StoreError, Tx, params, sql};

use super::Line;
use crate::letters::State;

/// How "asked for" stands where a state stands.
const ASKED: i64 = 0;

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
