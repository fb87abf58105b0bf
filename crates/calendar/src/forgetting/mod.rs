//! What is kept long enough: calendars that lay in the bin for a month, how things were half a year ago, and that something
//! was deleted then; messages in inboxes; invitations that nobody let in and that are over.
//!
//! All of it goes in small transactions, so nobody waits for it, and it may be cut off anywhere. Nobody is misled by it: a reader
//! who has not heard of a deletion that is forgotten begins anew.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kernel::{Id, Moment};
use store::{StoreError, Tx};

use crate::rows as objects;
use crate::rules::slots::{block_of, slot_of};
use crate::service::{BIN_SECONDS, Calendars};
use crate::{finding, reminders, sharing};

/// How things were, and that they were deleted, is known for so long.
pub(crate) const KNOWN_SECONDS: i64 = 180 * 86_400;
/// An invitation that nobody let in goes so long after it is over.
pub(crate) const APART_SECONDS: i64 = 30 * 86_400;
/// Objects that one transaction deletes with everything about them.
const OBJECTS_AT_ONCE: u16 = 100;
/// Rows that one transaction deletes where nothing else hangs on them.
const ROWS_AT_ONCE: u16 = 500;

impl Calendars {
    /// Forgets what is old enough.
    pub async fn forget_old(&self) -> Result<(), StoreError> {
        let at = self.now();
        let (binned, known) = (at.plus_seconds(-BIN_SECONDS), at.plus_seconds(-KNOWN_SECONDS));
        let over = at.plus_seconds(-APART_SECONDS);
        for shard in self.store().everywhere() {
            while shard.write(move |tx| empty_bin(tx, binned)).await? {}
            while shard.write(move |tx| forget_history(tx, known)).await? {}
            while shard.write(move |tx| forget_messages(tx, (known, at))).await? {}
            while shard.write(move |tx| forget_deletions(tx, known)).await? {}
            while shard.write(move |tx| forget_busy(tx, at)).await? {}
            while shard.write(move |tx| forget_apart(tx, over)).await? {}
        }
        self.sweep_names().await
    }
}

/// Deletes some of what lies in a calendar that was deleted by then, then its shares, in the end the calendar itself. False when
/// there is none.
fn empty_bin(tx: &mut Tx<'_>, deleted_by: Moment) -> Result<bool, StoreError> {
    let Some((owner, calendar)) = rows::in_the_bin(tx, deleted_by)? else {
        return Ok(false);
    };
    let objects = rows::objects(tx, calendar, OBJECTS_AT_ONCE)?;
    for object in &objects {
        reminders::take_back(tx, owner, *object)?;
        rows::delete_object(tx, *object)?;
    }
    if objects.is_empty() && sharing::forget_calendar(tx, owner, calendar, OBJECTS_AT_ONCE)? == 0 {
        rows::delete_calendar(tx, owner, calendar)?;
    }
    Ok(true)
}

fn forget_history(tx: &mut Tx<'_>, until: Moment) -> Result<bool, StoreError> {
    let forgotten = rows::forget_history(tx, until, ROWS_AT_ONCE)?;
    Ok(forgotten == u64::from(ROWS_AT_ONCE))
}

/// When people were busy in weeks that are over: nobody looks for a time in these.
fn forget_busy(tx: &mut Tx<'_>, at: Moment) -> Result<bool, StoreError> {
    let forgotten = finding::forget_before(tx, block_of(slot_of(at)), ROWS_AT_ONCE)?;
    Ok(forgotten == u64::from(ROWS_AT_ONCE))
}

fn forget_apart(tx: &mut Tx<'_>, over: Moment) -> Result<bool, StoreError> {
    let forgotten = rows::forget_apart(tx, over, ROWS_AT_ONCE)?;
    Ok(forgotten == u64::from(ROWS_AT_ONCE))
}

/// Messages go as everything that somebody deletes, so their readers hear of it.
fn forget_messages(tx: &mut Tx<'_>, (until, at): (Moment, Moment)) -> Result<bool, StoreError> {
    let old = rows::messages(tx, until, ROWS_AT_ONCE)?;
    for (inbox, message) in &old {
        let change = objects::next_change(tx, *inbox)?;
        objects::empty_object(tx, *message, change, at)?;
    }
    Ok(old.len() == usize::from(ROWS_AT_ONCE))
}

fn forget_deletions(tx: &mut Tx<'_>, until: Moment) -> Result<bool, StoreError> {
    let emptied = rows::forget_emptied(tx, until, ROWS_AT_ONCE)?;
    let mut last: BTreeMap<Id, i64> = BTreeMap::new();
    for (calendar, change) in &emptied {
        let last = last.entry(*calendar).or_default();
        *last = (*last).max(*change);
    }
    for (calendar, change) in last {
        rows::forgot(tx, calendar, change)?;
    }
    Ok(emptied.len() == usize::from(ROWS_AT_ONCE))
}
