//! What a return would do, event by event, and who would hear of it: it comes of the same plan as the return itself.

use std::collections::HashSet;

use kernel::{Id, Moment, PersonId};

use super::{Plan, Returned, check_instant, plan};
use crate::rows::{self, Slot};
use crate::rules::edits::seen;
use crate::scheduling::Reached;
use crate::service::{Calendars, Refused, live};
use crate::types::Name;

/// Events that are told one by one, with whom they reach: more nobody reads before they decide.
const TOLD_MAX: usize = 100;

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is gone now.
    ComesBack,
    /// It is another one now.
    Changes,
    /// It was not there then.
    Goes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foretold {
    pub all: Returned,
    /// The first ones.
    pub events: Vec<(Fate, String)>,
    /// Whoever hears of these.
    pub reached: Vec<Reached>,
}

/// One event as it is and as it is to be.
struct Step {
    before: Option<String>,
    after: Option<String>,
}

impl Step {
    fn fate(&self) -> Fate {
        match (&self.before, &self.after) {
            (None, _) => Fate::ComesBack,
            (Some(_), Some(_)) => Fate::Changes,
            (Some(_), None) => Fate::Goes,
        }
    }

    fn title(&self) -> String {
        let text = self.after.as_ref().or(self.before.as_ref());
        let seen = text.and_then(|text| seen(text, None).ok());
        seen.map(|seen| seen.title).unwrap_or_default()
    }
}

impl Calendars {
    pub async fn foretell_return(
        &self,
        owner: PersonId,
        calendar: Id,
        at: Moment,
    ) -> Result<Foretold, Refused> {
        check_instant(at, self.now())?;
        let mine = self.mine(owner).await?;
        let shard = self.store().shard_of(owner);
        let steps = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let plan = plan(tx, calendar, at, &mine)?;
            let all = plan.told();
            let mut steps = Vec::new();
            for (name, after) in of(plan).into_iter().take(TOLD_MAX) {
                let is = rows::slot(tx, calendar, &name)?.and_then(Slot::stored);
                let before = is.map(|stored| stored.text);
                steps.push(Step { before, after });
            }
            Ok((all, steps))
        });
        let (all, steps) = steps.await?;
        let mut reached: Vec<Reached> = Vec::new();
        let mut known = HashSet::new();
        for step in &steps {
            let (before, after) = (step.before.as_deref(), step.after.as_deref());
            let told = match before {
                Some(before) => self.reached(owner, before, after, None).await?,
                None => self.reached(owner, "", None, after).await?,
            };
            let new = told.into_iter().filter(|one| known.insert(one.address.clone()));
            reached.extend(new);
        }
        Ok(Foretold {
            all,
            events: steps.iter().map(|step| (step.fate(), step.title())).collect(),
            reached,
        })
    }
}

fn of(plan: Plan) -> Vec<(Name, Option<String>)> {
    let back = plan
        .put_back
        .into_iter()
        .map(|(name, _, then)| (name, Some(then)));
    back.chain(plan.taken_out.into_iter().map(|name| (name, None)))
        .collect()
}

#[cfg(test)]
mod tests {
    use testkit::stores::KINDS;

    use super::*;
    use crate::scheduling::tests::meeting;
    use crate::tests::{Scene, visitor};
    use crate::types::Expected;

    #[tokio::test]
    async fn a_return_is_foretold_by_titles_and_by_those_who_hear_of_it() {
        for kind in KINDS {
            let scene = Scene::on(kind).await;
            let calendar = scene.invite().await;
            let anna = visitor("anna").id;
            scene.store.clock.advance_seconds(3_600);
            let then = scene.calendars.now();
            scene.store.clock.advance_seconds(3_600);
            let later = meeting(1, "20261125T090000Z", "").replace("Plans", "Later plans");
            scene
                .put(&calendar, "m.ics", &later, Expected::Something)
                .await
                .unwrap();
            let new = meeting(0, "20261125T090000Z", "").replace("UID:meeting", "UID:new");
            let new = new.replace("boris@", "clara@").replace("Plans", "New");
            scene
                .put(&calendar, "n.ics", &new, Expected::Nothing)
                .await
                .unwrap();
            let told = scene
                .calendars
                .foretell_return(anna, calendar.id, then)
                .await
                .unwrap();
            let events: Vec<_> = told
                .events
                .iter()
                .map(|(fate, title)| (*fate, title.as_str()))
                .collect();
            assert_eq!(events, [(Fate::Changes, "Plans"), (Fate::Goes, "New")]);
            let mut reached: Vec<_> = told
                .reached
                .iter()
                .map(|one| (one.address.as_str(), one.sent.word()))
                .collect();
            reached.sort_unstable();
            let cancelled = ("mailto:clara@town.example", "cancellation");
            assert_eq!(reached, [("mailto:boris@town.example", "change"), cancelled]);
            assert_eq!((told.all.put_back, told.all.taken_out), (1, 1));
        }
    }
}
