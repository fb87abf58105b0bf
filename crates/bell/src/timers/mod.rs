//! Setting, moving and cancelling timers: only inside a transaction, so that a timer stands if and only if what it is
//! about does.

pub(crate) mod rows;

use kernel::{Id, Moment};
use sha2::{Digest as _, Sha256};
use store::{StoreError, Tx};

use crate::kind::Kind;
use crate::rules;

/// A key says which thing is meant, in ids; it is never the thing itself.
pub const KEY_BYTES_MAX: usize = 192;
/// What is looked up when it rings needs no note; a few counters may.
pub const NOTE_BYTES_MAX: usize = 64;

/// A wish to be rung.
#[derive(Clone, Copy, Debug)]
pub struct Timer<'a> {
    /// Whose rows the timer lies beside, and whose timers wait for each other when there are very many.
    pub owner: Id,
    pub kind: &'static Kind,
    /// Of one owner and kind there is one timer with this key.
    pub key: &'a [u8],
    pub note: &'a [u8],
    pub due: Moment,
}

/// What the row of a timer is found by.
pub(crate) type Name = [u8; 16];

/// The name of a timer: as many bytes of a hash as make a meeting by chance or by design hopeless.
pub(crate) fn name(owner: Id, kind: &Kind, key: &[u8]) -> Name {
    let mut hash = Sha256::new();
    hash.update(kind.code.to_be_bytes());
    hash.update(owner.as_bytes());
    hash.update(key);
    let hash: [u8; 32] = hash.finalize().into();
    let mut name = [0; 16];
    name.copy_from_slice(&hash[..16]);
    name
}

/// Sets a timer, or moves the one of this owner, kind and key. A parked one counts as set anew.
pub fn set(tx: &mut Tx<'_>, timer: &Timer<'_>) -> Result<(), StoreError> {
    if timer.key.len() > KEY_BYTES_MAX || timer.note.len() > NOTE_BYTES_MAX {
        return Err(StoreError::broken(format!(
            "a timer of kind {} with a key of {} bytes and a note of {}; at most {KEY_BYTES_MAX} and {NOTE_BYTES_MAX}",
            timer.kind.name,
            timer.key.len(),
            timer.note.len()
        )));
    }
    let name = name(timer.owner, timer.kind, timer.key);
    let rings_at = rules::spread(timer.kind, timer.due, &name);
    rows::upsert(tx, &name, timer, rings_at)?;
    tx.announced_for(rings_at);
    Ok(())
}

/// Takes a timer back. False when there was none, or it has rung.
pub fn cancel(tx: &mut Tx<'_>, owner: Id, kind: &Kind, key: &[u8]) -> Result<bool, StoreError> {
    rows::delete(tx, owner, &name(owner, kind, key))
}

/// When a timer was asked to ring. `None` when there is none, or it is parked.
pub fn due(tx: &mut Tx<'_>, owner: Id, kind: &Kind, key: &[u8]) -> Result<Option<Moment>, StoreError> {
    let name = name(owner, kind, key);
    let found = rows::find(tx, owner, &name)?.filter(|found| !found.parked);
    Ok(found.map(|found| {
        if found.attempts == 0 {
            rules::asked_for(kind, found.rings_at, &name)
        } else {
            found.rings_at
        }
    }))
}

/// What a timer was given to bear, parked or not. `None` when there is no timer.
pub fn note(tx: &mut Tx<'_>, owner: Id, kind: &Kind, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let found = rows::find(tx, owner, &name(owner, kind, key))?;
    Ok(found.map(|found| found.note.unwrap_or_default()))
}
