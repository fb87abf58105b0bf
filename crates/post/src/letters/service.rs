//! What is done to one letter, inside the transaction of whoever does it.

use kernel::{Id, Moment};
use store::{StoreError, Tx};

use super::rows::{self, Change};
use super::rules::{self, Event, Feedback, Standing};
use super::types::{Ask, Asked, DATA_BYTES_MAX, KEY_BYTES_MAX, Letter, State, Step, To, id_of};
use crate::Kind;
use crate::book::{self, Entries};

/// Asks for a letter in the transaction of its cause. Asked for again under the same key it stays one letter, except
/// that one which was withdrawn goes out after all.
pub fn ask(tx: &mut Tx<'_>, ask: &Ask, now: Moment) -> Result<Asked, StoreError> {
    if ask.key.len() > KEY_BYTES_MAX || ask.data.len() > DATA_BYTES_MAX {
        let (key, data) = (ask.key.len(), ask.data.len());
        return Err(StoreError::broken(format!(
            "a letter of kind {} with a key of {key} and data of {data} bytes is too large",
            ask.kind.name
        )));
    }
    let id = ask.id();
    let until = ask.wanted_until.unwrap_or_else(|| {
        let micros = i64::try_from(ask.kind.wanted_for.as_micros()).unwrap_or(i64::MAX);
        ask.not_before.max(now).plus_micros(micros)
    });
    if rows::insert(tx, ask, until, now)? {
        book::asked(tx, ask.kind.code, now, id.virtual_shard().number())?;
    } else if rows::ask_again(tx, ask, until, now)? {
        let letter = rows::letter(tx, id)?;
        let mut entries = Entries::default();
        if let Some(letter) = letter {
            let at = letter.provider.as_str();
            entries.moved(
                letter.kind,
                letter.asked,
                (State::Withdrawn, at),
                (State::Waiting, at),
            );
        }
        entries.write(tx, id.virtual_shard().number())?;
    } else {
        return Ok(Asked::Already(id));
    }
    tx.announced();
    Ok(Asked::New(id))
}

/// Takes a letter back that is not on its way yet. False when it is, or was never asked for.
pub fn withdraw(tx: &mut Tx<'_>, kind: &Kind, to: &To, key: &[u8], now: Moment) -> Result<bool, StoreError> {
    let id = id_of(kind, to.owner(), key);
    happened(tx, id, Event::Withdrawn, now, "")
}

/// What the world says of a letter: a webhook, or a notification. False when it says nothing new. `words` are for
/// people: what the reader's server said.
pub fn hear(
    tx: &mut Tx<'_>,
    letter: Id,
    feedback: Feedback,
    words: &str,
    now: Moment,
) -> Result<bool, StoreError> {
    happened(tx, letter, Event::Heard(feedback), now, words)
}

/// Something happened to a letter outside the workers.
pub(crate) fn happened(
    tx: &mut Tx<'_>,
    id: Id,
    event: Event<'_>,
    now: Moment,
    reason: &str,
) -> Result<bool, StoreError> {
    let Some(letter) = rows::letter(tx, id)? else {
        return Ok(false);
    };
    let Some(change) = decide(&letter, event, now, reason) else {
        return Ok(false);
    };
    if !rows::change(tx, &change)? {
        return Ok(false);
    }
    let mut entries = Entries::default();
    note(&mut entries, &letter, &change);
    entries.write(tx, id.virtual_shard().number())?;
    if change.next.due.is_some() {
        tx.announced();
    }
    Ok(true)
}

/// What becomes of a letter, as it will be written down. `None` when nothing does.
pub(crate) fn decide(letter: &Letter, event: Event<'_>, now: Moment, reason: &str) -> Option<Change> {
    let standing = Standing {
        id: letter.id,
        state: letter.state,
        attempts: letter.attempts,
        writings: letter.writings,
        wanted_until: letter.wanted_until,
    };
    let next = rules::after(&standing, event, now)?;
    let step = Step::new(now, next.state)
        .at_provider(&letter.provider)
        .because(reason);
    Some(Change {
        id: letter.id,
        from: letter.state,
        attempts: letter.attempts,
        next,
        provider: letter.provider.clone(),
        provider_name: letter.provider_name.clone(),
        steps: vec![step],
    })
}

/// Enters a change that was kept into the book.
pub(crate) fn note(entries: &mut Entries, letter: &Letter, change: &Change) {
    entries.moved(
        letter.kind,
        letter.asked,
        (letter.state, &letter.provider),
        (change.next.state, &change.provider),
    );
}
