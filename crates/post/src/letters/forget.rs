//! Letters that are forgotten: old ones, and those of somebody who is deleted.
//!
//! A row goes in the same transaction that counts it among the forgotten, so the book still adds up. A letter that is on its
//! way is not forgotten: what becomes of it has to be written down somewhere.

use kernel::{Id, Moment};
use store::{StoreError, Tx};

use super::rows::{self, Gone};
use super::types::State;
use crate::book::{Entries, Forgotten};

/// Old letters that one transaction forgets.
const OLD_AT_ONCE: u16 = 500;
/// Letters of one person that are read at once.
const OF_PERSON_AT_ONCE: u16 = 1_000;

/// Forgets some letters that were asked for before `before`, that nobody wants any more, and that are at their end. True
/// when there may be more.
pub(crate) fn old(tx: &mut Tx<'_>, before: Moment) -> Result<bool, StoreError> {
    let found = rows::old(tx, before, OLD_AT_ONCE)?;
    let mut forgotten = Forgotten::default();
    for letter in &found {
        if rows::remove(tx, letter)? {
            forgotten.add(letter.kind, letter.asked, letter.state, &letter.provider);
        }
    }
    forgotten.write(tx, 0)?;
    Ok(found.len() == usize::from(OLD_AT_ONCE))
}

/// Forgets all letters to somebody: what waits is withdrawn first. Of what is with a provider at this moment only what
/// it was told and its story are forgotten.
pub(crate) fn of_person(tx: &mut Tx<'_>, owner: Id) -> Result<(), StoreError> {
    let mut after = Id::from_bytes([0; 16]);
    let (mut forgotten, mut entries) = (Forgotten::default(), Entries::default());
    loop {
        let found = rows::of_owner(tx, owner, after, OF_PERSON_AT_ONCE)?;
        let Some(last) = found.last() else { break };
        after = last.id;
        for letter in &found {
            end(tx, letter, &mut forgotten, &mut entries)?;
        }
    }
    let page = owner.virtual_shard().number();
    entries.write(tx, page)?;
    forgotten.write(tx, page)
}

fn end(
    tx: &mut Tx<'_>,
    letter: &Gone,
    forgotten: &mut Forgotten,
    entries: &mut Entries,
) -> Result<(), StoreError> {
    let is_out = letter.state == State::Sending || (letter.state == State::Unsure && letter.is_due);
    if is_out {
        return rows::blank(tx, letter.id);
    }
    if !rows::remove(tx, letter)? {
        return Ok(());
    }
    let at = letter.provider.as_str();
    let mut state = letter.state;
    if matches!(state, State::Waiting | State::Parked) {
        entries.moved(letter.kind, letter.asked, (state, at), (State::Withdrawn, at));
        state = State::Withdrawn;
    }
    forgotten.add(letter.kind, letter.asked, state, at);
    Ok(())
}
