//! The book of letters: how many of a kind, asked for on a day, are in each state with each provider.
//!
//! It is kept by the very transactions that ask for letters and change them, from what those decided and not from the
//! rows, so the two can be held against each other: whatever is asked for is in exactly one state, for ever. A letter
//! whose row is forgotten is counted by the same transaction among the forgotten, in the state in which it ended; and the
//! pages of a day that is over are summed up into one.

mod rows;

use std::collections::BTreeMap;

use kernel::Moment;
use store::{Store, StoreError, Tx};

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

/// Letters whose rows one transaction forgets.
#[derive(Debug, Default)]
pub(crate) struct Forgotten(BTreeMap<Line, i64>);

impl Forgotten {
    pub fn add(&mut self, kind: i64, asked: Moment, state: State, provider: &str) {
        let line = Line {
            day: day_of(asked),
            kind,
            state: Some(state),
            provider: provider.to_owned(),
        };
        *self.0.entry(line).or_default() += 1;
    }

    pub fn write(&self, tx: &mut Tx<'_>, vshard: u16) -> Result<(), StoreError> {
        for (line, letters) in &self.0 {
            rows::add_forgotten(tx, line, i64::from(vshard % PAGES_OF_ASKERS), *letters)?;
        }
        Ok(())
    }
}

/// Sums up the pages of one day before `before`, of the book and of the forgotten. False when there is none to do.
pub(crate) fn fold(tx: &mut Tx<'_>, before: i64) -> Result<bool, StoreError> {
    let mut folded = false;
    if let Some(day) = rows::day_in_pages(tx, before)? {
        folded = true;
        for (line, letters) in rows::take_day(tx, day)? {
            rows::add(tx, &line, rows::SUMMED_UP, letters)?;
        }
    }
    if let Some(day) = rows::forgotten_in_pages(tx, before)? {
        folded = true;
        for (line, letters) in rows::take_forgotten(tx, day)? {
            rows::add_forgotten(tx, &line, rows::SUMMED_UP, letters)?;
        }
    }
    Ok(folded)
}

/// How many letters of a kind, asked for on a day, are in a state with a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Counted from 1970, UTC.
    pub day: i64,
    pub kind: i64,
    /// `None`: all that were asked for.
    pub state: Option<State>,
    pub provider: String,
    pub letters: i64,
}

/// Where book and rows do not agree: a fault of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub day: i64,
    pub kind: i64,
    pub state: Option<State>,
    pub provider: String,
    pub in_book: i64,
    pub in_rows: i64,
}

/// The book of all servers together, since a day.
pub(crate) async fn sums(store: &Store, since: i64) -> Result<Vec<Sum>, StoreError> {
    let pages = store.read_each(move |tx| rows::since(tx, since)).await?;
    let sum = |(line, letters): (Line, i64)| Sum {
        day: line.day,
        kind: line.kind,
        state: line.state,
        provider: line.provider,
        letters,
    };
    Ok(balanced(pages.into_iter().flatten())
        .into_iter()
        .map(sum)
        .collect())
}

/// Book and rows held against each other, each server's in one snapshot.
pub(crate) async fn differences(store: &Store, since: i64) -> Result<Vec<Difference>, StoreError> {
    let from = Moment::from_seconds(since * DAY_SECONDS);
    let read = store.read_each::<_, StoreError>(move |tx| {
        let (letters, forgotten) = (rows::letters_since(tx, from)?, rows::forgotten_since(tx, since)?);
        Ok((rows::since(tx, since)?, letters, forgotten))
    });
    let (mut in_book, mut in_rows) = (Vec::new(), Vec::new());
    for (book, letters, forgotten) in read.await? {
        in_book.extend(book);
        in_rows.extend(letters);
        in_rows.extend(forgotten);
    }
    Ok(compared(&balanced(in_book), &counted(in_rows)))
}

/// The book with a line for what waits: everything that was asked for and is written down nowhere else.
fn balanced(lines: impl IntoIterator<Item = (Line, i64)>) -> BTreeMap<Line, i64> {
    let mut book = BTreeMap::new();
    for (line, letters) in lines {
        if line.state.is_none() {
            let waiting = Line {
                state: Some(State::Waiting),
                ..line.clone()
            };
            *book.entry(waiting).or_default() += letters;
        }
        *book.entry(line).or_default() += letters;
    }
    book.retain(|_, letters| *letters != 0);
    book
}

/// Rows with a line for what was asked for: all of them.
fn counted(lines: impl IntoIterator<Item = (Line, i64)>) -> BTreeMap<Line, i64> {
    let mut rows = BTreeMap::new();
    for (line, letters) in lines {
        let asked = Line {
            state: None,
            provider: String::new(),
            ..line.clone()
        };
        *rows.entry(asked).or_default() += letters;
        *rows.entry(line).or_default() += letters;
    }
    rows
}

fn compared(in_book: &BTreeMap<Line, i64>, in_rows: &BTreeMap<Line, i64>) -> Vec<Difference> {
    let mut lines: Vec<&Line> = in_book.keys().chain(in_rows.keys()).collect();
    lines.sort();
    lines.dedup();
    let count = |of: &BTreeMap<Line, i64>, line: &Line| of.get(line).copied().unwrap_or(0);
    let differing = lines
        .into_iter()
        .filter(|line| count(in_book, line) != count(in_rows, line));
    let difference = |line: &Line| Difference {
        day: line.day,
        kind: line.kind,
        state: line.state,
        provider: line.provider.clone(),
        in_book: count(in_book, line),
        in_rows: count(in_rows, line),
    };
    differing.map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(state: Option<State>, provider: &str) -> Line {
        Line {
            day: 20_000,
            kind: 7,
            state,
            provider: provider.to_owned(),
        }
    }

    #[test]
    fn a_book_that_was_kept_balances_and_a_lost_letter_shows() {
        let mut entries = Entries::default();
        let asked = Moment::from_seconds(20_000 * DAY_SECONDS + 5);
        entries.moved(7, asked, (State::Waiting, ""), (State::Sending, "a"));
        entries.moved(7, asked, (State::Sending, "a"), (State::HandedOver, "a"));
        let mut book: Vec<(Line, i64)> = entries.0.into_iter().collect();
        book.push((line(None, ""), 3));
        let book = balanced(book);
        let rows = |waiting| {
            counted([
                (line(Some(State::HandedOver), "a"), 1),
                (line(Some(State::Waiting), ""), waiting),
            ])
        };
        assert_eq!(compared(&book, &rows(2)), []);
        let lost = compared(&book, &rows(1));
        let shown: Vec<_> = lost
            .iter()
            .map(|one| (one.state, one.in_book, one.in_rows))
            .collect();
        assert_eq!(shown, [(None, 3, 2), (Some(State::Waiting), 2, 1)]);
    }
}
