//! Looking through what is stored, a little at a time: whether what is found by an object is still what the object says.
//!
//! What is kept true: nobody waits for it, and it is a witness, not a repair that hides a fault: every mismatch is counted and
//! logged before the spans of the object are written anew. What was worked out from the wrong ones of when its owner is busy goes
//! with them.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use ical::Timing;
use kernel::{Id, Moment, PersonId, VIRTUAL_SHARDS};
use metrics::{counter, describe_counter};
use parking_lot::Mutex;
use store::{Shard, StoreError, Tx};

use self::rows::{Checked, Place};
use crate::rules::checking::{Mismatch, check};
use crate::rules::spans::spans;
use crate::service::Calendars;

/// Objects of one server that are looked at in one round.
const AT_ONCE: u16 = 50;

const CHECKED: &str = "townhall_calendar_checked_total";
const MISMATCHES: &str = "townhall_calendar_mismatches_total";

pub(crate) fn describe() {
    describe_counter!(
        CHECKED,
        "Events and tasks whose times were worked out again, to see whether they are found by them."
    );
    describe_counter!(
        MISMATCHES,
        "Those of them that were not: by spans, or whose series gave other instances. Should be 0; tell us."
    );
}

/// Where the rounds of one process are, server by server.
#[derive(Clone, Default)]
pub(crate) struct Rounds(Arc<Mutex<HashMap<usize, Place>>>);

impl Calendars {
    /// Looks at some objects of each server, behind those of the last round; how many do not fit.
    pub(crate) async fn check_some(&self, rounds: &Rounds) -> Result<usize, StoreError> {
        let at = self.now();
        let mut mismatches = 0;
        for (number, shard) in self.store().everywhere().into_iter().enumerate() {
            let place = rounds.0.lock().get(&number).copied().unwrap_or_else(somewhere);
            let found = shard.read::<_, StoreError>(move |tx| {
                let objects = rows::objects_behind(tx, place, AT_ONCE)?;
                let spans = objects.iter().map(|one| rows::spans(tx, one.place.object));
                let spans = spans.collect::<Result<Vec<_>, StoreError>>()?;
                Ok(objects.into_iter().zip(spans).collect::<Vec<_>>())
            });
            let found = found.await?;
            let reached = match found.len() < usize::from(AT_ONCE) {
                true => beginning(),
                false => found.last().map_or_else(beginning, |(one, _)| one.place),
            };
            counter!(CHECKED).increment(u64::try_from(found.len()).unwrap_or_default());
            let checking = tokio::task::spawn_blocking(move || {
                let wrong = found.into_iter().filter_map(|(one, spans)| {
                    let mismatch = check(&one.text, &spans, at)?;
                    Some((one, mismatch))
                });
                wrong.collect::<Vec<_>>()
            });
            let wrong = checking
                .await
                .map_err(|_| StoreError::broken("checking calendars broke off"))?;
            for (one, mismatch) in wrong {
                mismatches += 1;
                note(&one, mismatch);
                mend(&shard, one, at).await?;
            }
            rounds.0.lock().insert(number, reached);
        }
        Ok(mismatches)
    }
}

fn note(one: &Checked, mismatch: Mismatch) {
    counter!(MISMATCHES, "what" => mismatch.word()).increment(1);
    tracing::error!(
        object = %one.place.object, owner = %one.place.owner, change = one.change, what = mismatch.word(),
        "what is found by an object of a calendar is not what it says"
    );
}

/// Writes the spans of an object anew, if it is still what was looked at, and has its owner's busy times worked out anew.
async fn mend(shard: &Shard, one: Checked, at: Moment) -> Result<(), StoreError> {
    let mended = shard.write::<_, StoreError>(move |tx| {
        let place = crate::rows::place_of(tx, one.place.owner, one.place.object)?;
        if place.is_none_or(|(_, _, change)| change != one.change) {
            return Ok(());
        }
        // What was worked out from what was wrong is worked out anew.
        crate::finding::forget(tx, one.place.owner, u16::MAX)?;
        find_anew(
            tx,
            (one.place.owner, one.calendar, one.place.object),
            &one.text,
            at,
        )
    });
    mended.await
}

fn beginning() -> Place {
    Place {
        vshard: -1,
        owner: PersonId(Id::from_bytes([0; 16])),
        object: Id::from_bytes([0; 16]),
    }
}

/// Where a process begins: not all of them with the same objects after each start.
fn somewhere() -> Place {
    let bytes = *Id::named("where to begin", &kernel::random_token()).as_bytes();
    let number = u16::from_be_bytes([bytes[0], bytes[1]]) % VIRTUAL_SHARDS;
    Place {
        vshard: i64::from(number) - 1,
        ..beginning()
    }
}

/// Writes the spans of an object, if they are others than are written.
pub(crate) fn find_anew(
    tx: &mut Tx<'_>,
    (owner, calendar, object): (PersonId, Id, Id),
    text: &str,
    at: Moment,
) -> Result<(), StoreError> {
    let anew = ical::parse(text.as_bytes()).ok().and_then(|tree| {
        let checked = ical::check(&tree).ok()?;
        Some(spans(&Timing::new(&checked).ok()?, at))
    });
    match anew {
        Some(anew) if anew != rows::spans(tx, object)? => {
            crate::rows::save_spans(tx, owner, calendar, object, &anew)
        }
        _ => Ok(()),
    }
}
