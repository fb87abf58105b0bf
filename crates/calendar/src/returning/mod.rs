//! A whole calendar as it was at an instant.
//!
//! What is kept true: it is done in one transaction, all of it or nothing, and each event that is put back or taken out is a change
//! like every other: it is kept, followed by number, told to whoever takes part, and can be put back itself.

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
}

/// What is to be done for it.
struct Plan {
    put_back: Vec<(Name, Id, String)>,
    taken_out: Vec<Name>,
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
        if at > now || at < now.plus_seconds(-KNOWN_SECONDS) {
            let days = KNOWN_SECONDS / DAY_SECONDS;
            let problem = format!("must be an instant of the last {days} days");
            return Err(Reason::field("at", problem).into());
        }
        let mine = self.mine(owner).await?;
        let shard = self.store().shard_of(owner);
        if is_preview {
            let planned = shard.read::<_, Refused>(move |tx| {
                live(tx, owner, calendar)?;
                Ok(plan(tx, calendar, at)?.told())
            });
            return planned.await;
        }
        let returned = shard.write::<_, Refused>(move |tx| {
            let plan = plan(tx, calendar, at)?;
            let told = plan.told();
            put(tx, (owner, calendar), plan, &mine, now)?;
            Ok(told)
        });
        returned.await
    }
}

impl Plan {
    fn told(&self) -> Returned {
        Returned {
            put_back: self.put_back.len(),
            taken_out: self.taken_out.len(),
        }
    }
}

fn plan(tx: &mut Tx<'_>, calendar: Id, at: Moment) -> Result<Plan, Refused> {
    let most = i64::try_from(RETURNED_MAX).unwrap_or(i64::MAX);
    let touched = rows::touched(tx, calendar, at, most + 1)?;
    if touched.len() > RETURNED_MAX {
        let problem = format!("reaches over more than {RETURNED_MAX} changed events: choose a later instant");
        return Err(Reason::field("at", problem).into());
    }
    let mut plan = Plan {
        put_back: Vec::new(),
        taken_out: Vec::new(),
    };
    for one in touched {
        match (rows::text_at(tx, one.object, at)?, one.text) {
            (Some(then), is) if is.as_ref() != Some(&then) => {
                plan.put_back.push((one.name, one.object, then));
            }
            (None, Some(_)) => plan.taken_out.push(one.name),
            _ => {}
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
