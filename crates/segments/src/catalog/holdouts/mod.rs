//! Holdouts: people who are kept out of all rollouts and draws for a while, to compare the others with.
//!
//! One that ended stays, because the past is judged by it; so its name is not given again.

pub(crate) mod rows;

use kernel::Moment;
use store::{StoreError, Tx, log};

use crate::service::{RULES, Refused, Segments};
use crate::types::{Holdout, Key, Reason, Share};

impl Segments {
    /// Keeps so many people out from now on.
    pub async fn hold_out(&self, name: Key, share: Share, until: Option<Moment>) -> Result<Holdout, Refused> {
        let now = self.0.clock.now();
        if until.is_some_and(|until| until <= now) {
            return Err(Reason::EndsInThePast.into());
        }
        let holdout = Holdout {
            salt: format!("holdout {name}"),
            name,
            share,
            since: now,
            until,
        };
        let held = self
            .0
            .store
            .write_everywhere::<_, Refused>(move |tx| {
                if rows::named(tx, &holdout.name)?.is_some() {
                    return Err(Reason::HoldoutTaken(holdout.name.clone()).into());
                }
                rows::save(tx, &holdout)?;
                tell(tx)?;
                Ok(holdout.clone())
            })
            .await?;
        self.reload_rules().await?;
        Ok(held)
    }

    /// Lets everybody in again whom a holdout kept out.
    pub async fn end_holdout(&self, name: &str) -> Result<Holdout, Refused> {
        let now = self.0.clock.now();
        let name = name.to_owned();
        let ended = self
            .0
            .store
            .write_everywhere::<_, Refused>(move |tx| {
                let none = || Reason::NoHoldout(name.clone());
                let key = Key::parse(&name).map_err(|_| none())?;
                let before = rows::named(tx, &key)?.ok_or_else(none)?;
                if before.until.is_some_and(|until| until <= now) {
                    return Ok(before);
                }
                let after = Holdout {
                    until: Some(now),
                    ..before
                };
                rows::save(tx, &after)?;
                tell(tx)?;
                Ok(after)
            })
            .await?;
        self.reload_rules().await?;
        Ok(ended)
    }

    /// All there ever were, the latest first.
    pub fn holdouts(&self) -> Vec<Holdout> {
        let mut holdouts = self.shelf_now().holdouts.clone();
        holdouts.sort_by_key(|one| std::cmp::Reverse(one.since));
        holdouts
    }
}

fn tell(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    log::tell(tx, RULES, b"holdouts")
}
