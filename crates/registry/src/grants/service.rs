//! Giving and taking roles.

use kernel::PersonId;
use store::StoreError;

use super::types::{Doer, Given, HOUSE, HouseRole, HouseRoles};
use super::{roll, rows, rules};
use crate::audit::Act;
use crate::failure::Failure;
use crate::people::rules as people_rules;
use crate::people::service::{Decision, RoleStep};
use crate::people::types::Reason;
use crate::service::Registry;

/// The roles on the house are the ones that the registry gives.
fn known(relation: &str, scope: &str) -> Result<HouseRole, Reason> {
    HouseRole::parse(relation)
        .filter(|_| scope == HOUSE)
        .ok_or(Reason::UnknownGrant)
}

impl Registry {
    pub async fn grants(&self, doer: &Doer, id: PersonId) -> Result<Vec<Given>, Failure> {
        rules::may_see(doer.acting, id)?;
        self.known(id).await?;
        Ok(self
            .store
            .shard_of(id)
            .read(move |tx| rows::of_person(tx, id))
            .await?)
    }

    /// Gives a role. Tokens that do not tell it yet are refused from now on.
    pub async fn grant(&self, doer: &Doer, id: PersonId, relation: &str, scope: &str) -> Result<(), Failure> {
        let role = known(relation, scope)?;
        rules::may_grant(doer.acting, id)?;
        let now = self.clock.now();
        let give = move |again: bool| {
            move |person: &crate::people::types::Person, held: HouseRoles| {
                if held.has(role) && !again {
                    return Ok(None);
                }
                Ok(Some(Decision {
                    telling: vec![("relation", role.to_string()), ("scope", HOUSE.to_owned())],
                    role: Some(RoleStep::Give(role)),
                    ..Decision::new(people_rules::regranted(person, now)?, Act::GrantAdded)
                }))
            }
        };
        let changed = self.change(&doer.by, id, now, give(false)).await?;
        if role != HouseRole::Admin {
            return Ok(());
        }
        let held = HouseRoles {
            admin: true,
            ..changed.held
        };
        if !roll::enter(&self.store, &changed.after, held).await? {
            // A change that took them off the roll was not finished. One version on, they enter again.
            let changed = self.change(&doer.by, id, now, give(true)).await?;
            roll::enter(&self.store, &changed.after, held).await?;
        }
        Ok(())
    }

    /// Takes a role away; tokens that tell it are refused from now on. The last administrator keeps theirs.
    pub async fn revoke_grant(
        &self,
        doer: &Doer,
        id: PersonId,
        relation: &str,
        scope: &str,
    ) -> Result<(), Failure> {
        let role = known(relation, scope)?;
        rules::may_grant(doer.acting, id)?;
        let now = self.clock.now();
        let take = move |person: &crate::people::types::Person, held: HouseRoles| {
            if !held.has(role) {
                return Ok(None);
            }
            Ok(Some(Decision {
                telling: vec![("relation", role.to_string()), ("scope", HOUSE.to_owned())],
                role: Some(RoleStep::Take(role)),
                ..Decision::new(people_rules::regranted(person, now)?, Act::GrantRemoved)
            }))
        };
        match role {
            HouseRole::Admin => self.leave_and_change(&doer.by, id, now, take).await?,
            HouseRole::Registrar | HouseRole::Auditor | HouseRole::Analyst => {
                self.change(&doer.by, id, now, take).await?
            }
        };
        Ok(())
    }

    /// Whether anybody can administer this house.
    pub async fn has_admin(&self) -> Result<bool, StoreError> {
        roll::counts_anybody(&self.store).await
    }
}
