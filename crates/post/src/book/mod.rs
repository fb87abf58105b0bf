//! The book of letters: how many of a kind, asked for on a day, are in each state with each provider.
//!
//! It is kept by the very transactions that ask for letters and change them, from what those decided and not from the
//! rows, so the two can be held against each other: whatever is asked for is in exactly one state, for ever.

mod rows;

use std::collections::BTreeMap;

use kernel::Moment;
use store::{StoreError, Tx};

use crate::letters::State;

/// Letters of one day of asking, UTC.
const DAY_SECONDS: i64 = 24 * 3600;
/// Writers that ask are spread over so many pages of the book, so that they rarely meet on a row.
const PAGES_OF_ASKERS: u16 = 64;

/// A line of the book.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub day: i64,
    pub kind: i64,
    /// `None`: asked for.
    pub state: Option<State>,
    pub provider: String,
}

/// The day, counted from 1970, that a letter asked for at `asked` belongs to for ever.
pub(crate) fn day_of(asked: Moment) -> i64 {
    asked.as_seconds().div_euclid(DAY_SECONDS)
}

/// Writes down that a letter was asked for. It waits from then on; no line of its own says so.
pub(crate) fn asked(tx: &mut Tx<'_>, kind: i64, now: Moment, vshard: u16) -> Result<(), StoreError> {
    let line = Line {
        day: day_of(now),
        kind,
        state: None,
        provider: String::new(),
    };
    rows::add(tx, &line, i64::from(vshard % PAGES_OF_ASKERS), 1)
}

/// What one transaction changes, to be written as few lines.
#[derive(Debug, Default)]
pub(crate) struct Entries(BTreeMap<Line, i64>);

impl Entries {
    pub fn moved(&mut self, kind: i64, asked: Moment, from: (State, &str), to: (State, &str)) {
        for ((state, provider), count) in [(from, -1), (to, 1)] {
            let line = Line {
                day: day_of(asked),
                kind,
                state: Some(state),
                provider: provider.to_owned(),
            };
            *self.0.entry(line).or_default() += count;
        }
    }

    /// `page` is that of a worker's range: nobody else writes there while the worker holds it.
    pub fn write(&self, tx: &mut Tx<'_>, page: u16) -> Result<(), StoreError> {
        for (line, count) in self.0.iter().filter(|(_, count)| **count != 0) {
            rows::add(tx, line, i64::from(PAGES_OF_ASKERS) + i64::from(page), *count)?;
        }
        Ok(())
    }
}
