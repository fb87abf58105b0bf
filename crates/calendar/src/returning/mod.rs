//! A whole calendar as it was at an instant.
//!
//! What is kept true: it is done in one transaction, all of it or nothing, and each event that is put back or taken out is a change
//! like every other: it is kept, followed by number, told to whoever takes part, and can be put back itself. What others organize is
//! theirs and stays as it is, and so do the answers of guests.

mod deleted;
mod preview;
mod rows;
#[cfg(test)]
mod tests;

use kernel::{Id, Moment, PersonId};
use store::Tx;

pub use preview::{Fate, Foretold};

use crate::forgetting::KNOWN_SECONDS;
use crate::objects::{Piece, put_in, take_out};
use crate::rules::again::{is_of_others, is_same_but_for_answers, with_answers};
use crate::rules::itip::Mine;
use crate::service::{Calendars, Refused, live};
use crate::types::{Expected, Name, Reason};

/// Events that one return changes: it is one transaction.
pub const RETURNED_MAX: usize = 2_000;
const DAY_SECONDS: i64 = 86_400;

/// What a return does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returned {
    pub put_back: usize,
    pub taken_out: usize,
    /// Otherwise than they were, and organized by others.
    pub left_out: usize,
}

/// What is to be done for it.
#[derive(Default)]
struct Plan {
    put_back: Vec<(Name, Id, String)>,
    taken_out: Vec<Name>,
    left_out: usize,
}

impl Calendars {
    /// Puts a calendar back as it was at an instant, or says what that would do.
    pub async fn return_calendar(
        &self,
        owner: PersonId,
        calendar: Id,
        at: Moment,
        is_preview: bool,
    ) -> Result<Returned, Refused> {
        let now = self.now();
        check_instant(at, now)?;
        let mine = self.mine(owner).await?;
        let shard = self.store().shard_of(owner);
        if is_preview {
            let planned = shard.read::<_, Refused>(move |tx| {
                live(tx, owner, calendar)?;
                Ok(plan(tx, calendar, at, &mine)?.told())
            });
            return planned.await;
        }
        let returned = shard.write::<_, Refused>(move |tx| {
            let plan = plan(tx, calendar, at, &mine)?;
            let told = plan.told();
            put(tx, (owner, calendar), plan, &mine, now)?;
            Ok(told)
        });
        returned.await
    }
}

/// Of earlier times what was deleted is no longer known.
fn check_instant(at: Moment, now: Moment) -> Result<(), Reason> {
    if at > now || at < now.plus_seconds(-KNOWN_SECONDS) {
        let days = KNOWN_SECONDS / DAY_SECONDS;
        let problem = format!("must be an instant of the last {days} days");
        return Err(Reason::field("at", problem));
    }
    Ok(())
}

impl Plan {
    fn told(&self) -> Returned {
        Returned {
            put_back: self.put_back.len(),
            taken_out: self.taken_out.len(),
            left_out: self.left_out,
        }
    }
}

fn plan(tx: &mut Tx<'_>, calendar: Id, at: Moment, mine: &Mine) -> Result<Plan, Refused> {
    let most = crate::rows::most(RETURNED_MAX);
    let touched = rows::touched(tx, calendar, at, most + 1)?;
    if touched.len() > RETURNED_MAX {
        let problem = format!("reaches over more than {RETURNED_MAX} changed events: choose a later instant");
        return Err(Reason::field("at", problem).into());
    }
    let mut plan = Plan::default();
    for one in touched {
        let (then, is) = (rows::text_at(tx, one.object, at)?, one.text);
        if then == is {
            continue;
        }
        if [&then, &is]
            .into_iter()
            .flatten()
            .any(|text| is_of_others(text, mine))
        {
            plan.left_out += 1;
            continue;
        }
        match (then, is) {
            (Some(then), Some(is)) if is_same_but_for_answers(&then, &is, mine) => {}
            (Some(then), Some(is)) => {
                let then = with_answers(&is, then, mine);
                plan.put_back.push((one.name, one.object, then));
            }
            (Some(then), None) => plan.put_back.push((one.name, one.object, then)),
            (None, _) => plan.taken_out.push(one.name),
        }
    }
    Ok(plan)
}

/// What came since goes first: its UID may be that of something that is put back.
fn put(
    tx: &mut Tx<'_>,
    (owner, calendar): (PersonId, Id),
    plan: Plan,
    mine: &Mine,
    now: Moment,
) -> Result<(), Refused> {
    let into = live(tx, owner, calendar)?;
    for name in &plan.taken_out {
        take_out(tx, &into, name, Expected::Something, (now, Some(mine)))?;
    }
    for (name, object, text) in plan.put_back {
        let piece = Piece::of(text, object, now, mine)?;
        put_in(tx, &into, &name, &piece, Expected::Anything, Some(mine))?;
    }
    Ok(())
}
