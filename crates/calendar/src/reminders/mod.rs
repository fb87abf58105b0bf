//! Reminders: letters to whom a calendar belongs, before something in it happens.
//!
//! What is kept true:
//! * Of each object only the next reminder is a timer, set in the transaction that writes the object. So what was moved, called
//!   off or deleted reminds as it is now, or of nothing.
//! * The letter is asked for and the next timer is set in the transaction that takes the timer out: whatever dies in between,
//!   one is reminded once.
//! * A timer bears the instant that it is about. One that is overdue when its object is written over is not skipped by that.
//! * What lies in the bin goes on without a letter, so a calendar that is taken out of it reminds again at once. So does what lies
//!   with a room: nobody reads letters to it.

pub(crate) mod again;
mod rows;
#[cfg(test)]
mod tests;
pub mod types;

use std::time::Duration;

use bell::{Failed, Kind, Rung, Timer};
use ical::zones::Zone;
use kernel::{Id, Moment, PersonId};
use post::{Ask, To};
use store::{StoreError, Tx};

use crate::letters::reminder::{REMINDER, Told};
use crate::resources;
use crate::rules::reminding::{Reminder, Reminding};
use crate::types::{Calendar, Stored};

/// What begins on the full hour begins for everybody: the letters of that second may take some.
const SPREAD: Duration = Duration::from_secs(5);

/// One for each object that will remind.
pub(crate) static NEXT: Kind = Kind::new(20, "calendar.reminder").spread_over(SPREAD);

/// Between two rings about one object, however often it happens.
const APART_MICROS: i64 = 60 * 1_000_000;

/// Sets the timer of an object that was just written, or takes it back. `may_remind`: whether there can be a reminder at all.
pub(crate) fn plan(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    object: &Stored,
    (may_remind, is_new): (bool, bool),
    at: Moment,
) -> Result<(), StoreError> {
    let owner = calendar.owner;
    let planned = if is_new {
        None
    } else {
        planned(tx, owner, object.id)?
    };
    // What was due and has not rung yet still is.
    let after = planned.filter(|planned| *planned <= at);
    let after = after.map_or(at, |overdue| overdue.plus_micros(-1));
    let next = if may_remind {
        next(calendar, object, after)
    } else {
        None
    };
    match next {
        Some(next) => set(tx, owner, object.id, (next, next)),
        None if planned.is_some() => take_back(tx, owner, object.id),
        None => Ok(()),
    }
}

/// Of what is deleted nobody is reminded.
pub(crate) fn take_back(tx: &mut Tx<'_>, owner: PersonId, object: Id) -> Result<(), StoreError> {
    bell::cancel(tx, owner.0, &NEXT, object.as_bytes())?;
    Ok(())
}

/// The instant that the timer of an object is about.
fn planned(tx: &mut Tx<'_>, owner: PersonId, object: Id) -> Result<Option<Moment>, StoreError> {
    let note = bell::note(tx, owner.0, &NEXT, object.as_bytes())?;
    Ok(note.as_deref().and_then(instant))
}

fn instant(note: &[u8]) -> Option<Moment> {
    let micros: [u8; 8] = note.try_into().ok()?;
    Some(Moment::from_micros(i64::from_be_bytes(micros)))
}

fn set(
    tx: &mut Tx<'_>,
    owner: PersonId,
    object: Id,
    (about, due): (Moment, Moment),
) -> Result<(), StoreError> {
    let timer = Timer {
        owner: owner.0,
        kind: &NEXT,
        key: object.as_bytes(),
        note: &about.as_micros().to_be_bytes(),
        due,
    };
    bell::set(tx, &timer)
}

fn next(calendar: &Calendar, object: &Stored, after: Moment) -> Option<Moment> {
    looked_at(calendar, object, |reminding| reminding.next(after))?
}

/// What was understood when it was stored is understood now; should it not be, it reminds of nothing.
fn looked_at<T>(calendar: &Calendar, object: &Stored, look: impl FnOnce(&Reminding<'_>) -> T) -> Option<T> {
    let text = ical::parse(object.text.as_bytes()).ok()?;
    let checked = ical::check(&text).ok()?;
    let zone = zone(calendar);
    let reminding = Reminding::new(&checked, &calendar.about.reminders, &zone).ok()?;
    Some(look(&reminding))
}

/// Where the days of a calendar begin.
pub(crate) fn zone(calendar: &Calendar) -> Zone {
    Zone::iana(&calendar.about.zone).unwrap_or(Zone::UTC)
}

/// A timer rings: its object is looked at as it is now.
pub(crate) fn ring(tx: &mut Tx<'_>, rung: &Rung<'_>) -> Result<(), Failed> {
    let owner = PersonId(rung.owner);
    let key: [u8; 16] = rung
        .key
        .try_into()
        .map_err(|_| Failed::because("the timer names no object"))?;
    let Some(object) = crate::rows::object_with_id(tx, owner, Id::from_bytes(key))? else {
        return Ok(());
    };
    let Some(calendar) = crate::rows::calendar_with_id(tx, owner, object.calendar)? else {
        return Ok(());
    };
    let from = instant(rung.note).unwrap_or(rung.due);
    let found = looked_at(&calendar, &object, |reminding| {
        (reminding.due(from, rung.now), reminding.next(rung.now))
    });
    let Some((due, next)) = found else {
        return Ok(());
    };
    if calendar.deleted.is_none() && !resources::is_one(tx, owner)? {
        for reminder in &due {
            ask(tx, owner, &object, reminder, rung.now)?;
        }
    }
    if let Some(next) = next {
        let rings = next.max(rung.now.plus_micros(APART_MICROS));
        set(tx, owner, object.id, (next, rings))?;
    }
    Ok(())
}

fn ask(
    tx: &mut Tx<'_>,
    owner: PersonId,
    object: &Stored,
    reminder: &Reminder,
    at: Moment,
) -> Result<(), StoreError> {
    let mut key = object.id.as_bytes().to_vec();
    for instant in [reminder.starts, reminder.at] {
        key.extend(instant.as_micros().to_be_bytes());
    }
    let told = Told::new(object, reminder).as_json()?;
    let ask = Ask::new(&REMINDER, To::Person(owner), key, at);
    let ask = ask.telling(told).wanted_until(reminder.wanted_until());
    post::ask(tx, &ask, at)?;
    Ok(())
}
