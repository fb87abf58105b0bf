//! Working reminders out again, when what they follow from was changed elsewhere than in the object: what its calendar does by
//! itself, where the calendar is, or the rules of zones. Under other rules an object may also happen at another instant, so it is
//! found anew by when it happens.
//!
//! It goes on in small transactions and may be cut off anywhere: done again it ends the same. Objects that are written meanwhile
//! are planned by whoever writes them, by what the calendar says then.

use ical::zones;
use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx, outbox};

use super::{plan, rows};
use crate::checking;
use crate::service::Calendars;
use crate::types::Calendar;

/// The change that says that the reminders of a calendar are to be worked out again; its key is the calendar.
pub const CHANGE: &str = "calendar.reminders";

/// Objects of one transaction: others of the shard do not wait long for it.
const OBJECTS_AT_ONCE: u16 = 100;
/// Calendars that are found at once to follow other rules of zones.
const CALENDARS_AT_ONCE: u16 = 100;

/// Has reminders worked out again when they follow from something that an edit of their calendar changed.
pub(crate) fn announce(tx: &mut Tx<'_>, before: &Calendar, after: &Calendar) -> Result<(), StoreError> {
    let same = before.about.zone == after.about.zone && before.about.reminders == after.about.reminders;
    if same {
        return Ok(());
    }
    outbox::announce(tx, after.owner.0, CHANGE, after.id.as_bytes(), b"")
}

/// What changed elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Calendar,
    /// Those of zones.
    Rules,
}

impl Calendars {
    /// Works out all reminders of a calendar, by what it says now.
    pub async fn remind_again(&self, owner: PersonId, calendar: Id) -> Result<(), StoreError> {
        self.again(owner, calendar, Why::Calendar).await
    }

    async fn again(&self, owner: PersonId, calendar: Id, why: Why) -> Result<(), StoreError> {
        let at = self.now();
        let shard = self.store().shard_of(owner);
        let mut reached = Some(0);
        while let Some(after) = reached {
            reached = shard
                .write(move |tx| some_again(tx, (owner, calendar), why, (after, at)))
                .await?;
        }
        Ok(())
    }

    /// Works out reminders that were worked out by other rules of zones than this program has, calendar by calendar.
    pub async fn follow_zone_rules(&self) -> Result<(), StoreError> {
        let rules = zones::fingerprint();
        for shard in self.store().everywhere() {
            loop {
                let found = shard
                    .read(move |tx| rows::by_other_rules(tx, rules, CALENDARS_AT_ONCE))
                    .await?;
                for (owner, calendar) in &found {
                    self.again(*owner, *calendar, Why::Rules).await?;
                }
                let is_all = found.len() < usize::from(CALENDARS_AT_ONCE);
                shard
                    .write::<_, StoreError>(move |tx| {
                        found
                            .iter()
                            .try_for_each(|(_, calendar)| rows::follow_rules(tx, *calendar, rules))
                    })
                    .await?;
                if is_all {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Some objects after a change of their calendar; how far that was, if there may be more.
fn some_again(
    tx: &mut Tx<'_>,
    (owner, calendar): (PersonId, Id),
    why: Why,
    (after, at): (i64, Moment),
) -> Result<Option<i64>, StoreError> {
    let Some(calendar) = crate::rows::calendar_with_id(tx, owner, calendar)? else {
        return Ok(None);
    };
    let objects = rows::objects_after(tx, calendar.id, after, OBJECTS_AT_ONCE)?;
    for object in &objects {
        plan(tx, &calendar, object, (true, false), at)?;
        if why == Why::Rules {
            checking::find_anew(tx, (owner, calendar.id, object.id), &object.text, at)?;
        }
    }
    let is_all = objects.len() < usize::from(OBJECTS_AT_ONCE);
    Ok(objects.last().filter(|_| !is_all).map(|last| last.change))
}
