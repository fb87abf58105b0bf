//! Calendars that are shared with groups of people.
//!
//! What is kept true: a share with a group stands beside the calendar and is looked up whenever somebody comes, so it is over at once
//! when it is taken back. Who is in the group is written beside it as well, as the owner's shard heard: all of that is written by
//! those who hear changes of the owner, one after the other, and each asks who is in the group now, so the last word counts.
//! A share with a person and those with groups are rows apart: each ends without the others, and the highest right counts.

mod following;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

pub(crate) use self::following::{MEMBER, SHARED_WITH_GROUP};
use super::{Held, Offer, Rights, Share, following as people};
use crate::rows::most;
use crate::service::{Calendars, Refused, live};
use crate::types::Reason;

/// Groups that one calendar is shared with.
pub const GROUP_SHARES_MAX: usize = 50;
/// Calendars that are shared with one group: whoever joins is offered as many.
pub const GROUP_CALENDARS_MAX: usize = 200;

/// Rows that are written in one transaction.
const AT_ONCE: u16 = 200;

/// What those in a group may do with a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupShare {
    pub calendar: Id,
    pub group: Id,
    pub rights: Rights,
    pub made: Moment,
}

/// A group through which somebody has a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Through {
    group: Id,
    rights: Rights,
    since: Moment,
}

/// All that lets somebody look at a calendar: a share with themselves, and those with groups that they are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub share: Option<Share>,
    pub groups: Vec<Id>,
    /// The highest of all.
    pub rights: Rights,
    /// When the first of them was.
    pub since: Moment,
}

/// Somebody or some people whom a calendar is shared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    Person(PersonId),
    Group(Id),
}

/// `None`: nothing is shared with them.
pub(super) fn given(tx: &mut Tx<'_>, calendar: Id, person: PersonId) -> Result<Option<Given>, StoreError> {
    let share = super::rows::share(tx, calendar, person)?;
    let through = rows::through(tx, calendar, person)?;
    let own = share.iter().map(|share| (share.rights, share.made));
    let all = own.chain(through.iter().map(|one| (one.rights, one.since)));
    let most = all.reduce(|(rights, since), (other, at)| (rights.max(other), since.min(at)));
    Ok(most.map(|(rights, since)| Given {
        groups: through.iter().map(|one| one.group).collect(),
        rights,
        since,
        share,
    }))
}

/// Somebody of whom nobody knows any more has a calendar through no group.
pub(super) fn remove(tx: &mut Tx<'_>, calendar: Id, person: PersonId) -> Result<(), StoreError> {
    rows::remove_everywhere(tx, calendar, person)
}

/// Takes a share with a group back, in the transaction of the act. False when there was none.
pub(super) fn end(tx: &mut Tx<'_>, owner: PersonId, (calendar, group): (Id, Id)) -> Result<bool, StoreError> {
    let was = rows::end_share(tx, calendar, group)?;
    if was {
        following::announce(tx, SHARED_WITH_GROUP, owner, &[calendar, group])?;
    }
    Ok(was)
}

/// Ends what a calendar that is no more was shared with.
pub(super) fn end_all(tx: &mut Tx<'_>, owner: PersonId, calendar: Id) -> Result<(), StoreError> {
    for share in rows::shares(tx, calendar)? {
        end(tx, owner, (calendar, share.group))?;
    }
    Ok(())
}

/// Ends some of what somebody who is no more shared with groups: how much that was.
pub(super) fn forget(tx: &mut Tx<'_>, owner: PersonId, count: u16) -> Result<usize, StoreError> {
    let shares = rows::end_shares(tx, owner, count)?;
    for (calendar, group) in &shares {
        following::announce(tx, SHARED_WITH_GROUP, owner, &[*calendar, *group])?;
    }
    let people = rows::remove_of(tx, owner, count)?;
    for person in &people {
        people::announce(tx, super::SHARED, owner, *person)?;
    }
    Ok(shares.len() + people.len())
}

impl Calendars {
    /// Somebody of the house by their id or their e-mail address, or by its id a group that `by` is in, or that has the calendar already.
    pub async fn sharer_called(&self, by: PersonId, calendar: Id, given: &str) -> Result<With, Refused> {
        let given = given.trim();
        let nobody =
            "is nobody of this house and no group of yours: publish the calendar to show it to others";
        let found = match given.parse::<Id>() {
            Ok(id) if self.card(PersonId(id)).await?.is_some() => Some(With::Person(PersonId(id))),
            Ok(id) if self.has_group(by, calendar, id).await? => Some(With::Group(id)),
            Ok(id) if self.is_in_group(id, by).await? => Some(With::Group(id)),
            Ok(_) => None,
            Err(_) => {
                let bearer = self.people().bearer(given).await?;
                bearer.map(With::Person)
            }
        };
        Ok(found.ok_or_else(|| Reason::field("with", nobody))?)
    }

    /// Whether a calendar that `by` may share is shared with a group.
    async fn has_group(&self, by: PersonId, calendar: Id, group: Id) -> Result<bool, Refused> {
        let owner = self.owner_of(by, calendar, Rights::Manage).await?;
        let shard = self.store().shard_of(owner);
        let share = shard.read::<_, StoreError>(move |tx| rows::share(tx, calendar, group));
        Ok(share.await?.is_some())
    }

    /// Shares a calendar with everybody in a group, or lets them do something else with it from now on.
    pub async fn share_with_group(
        &self,
        by: PersonId,
        id: Id,
        group: Id,
        rights: Rights,
    ) -> Result<GroupShare, Refused> {
        let owner = self.owner_of(by, id, Rights::Manage).await?;
        // The shard of the group hears of it later: calendars that come in the same instant may be a few more.
        let shard = self.store().shard_of(group);
        let others = shard.read::<_, StoreError>(move |tx| rows::count_others(tx, group, id));
        let is_full = others.await? >= most(GROUP_CALENDARS_MAX);
        let now = self.now();
        let shard = self.store().shard_of(owner);
        let shared = shard.write::<_, Refused>(move |tx| {
            live(tx, owner, id)?;
            let before = rows::share(tx, id, group)?;
            if before.is_none() && is_full {
                return Err(Reason::TooManyGroupCalendars.into());
            }
            if before.is_none() && rows::shares(tx, id)?.len() >= GROUP_SHARES_MAX {
                return Err(Reason::TooManyGroupShares.into());
            }
            let share = GroupShare {
                calendar: id,
                group,
                rights,
                made: before.map_or(now, |before| before.made),
            };
            rows::save_share(tx, owner, &share)?;
            following::announce(tx, SHARED_WITH_GROUP, owner, &[id, group])?;
            Ok(share)
        });
        shared.await
    }

    /// Which groups a calendar is shared with, those first that came first.
    pub async fn group_shares(&self, by: PersonId, id: Id) -> Result<Vec<GroupShare>, Refused> {
        let owner = self.owner_of(by, id, Rights::Manage).await?;
        let shard = self.store().shard_of(owner);
        Ok(shard
            .read::<_, StoreError>(move |tx| rows::shares(tx, id))
            .await?)
    }

    /// How groups are called. A group that is no more has no name.
    pub async fn group_names(&self, groups: &[Id]) -> Result<BTreeMap<Id, String>, Refused> {
        let names = self.people().groups(groups).await;
        Ok(names.map_err(StoreError::broken)?.into_iter().collect())
    }

    /// How the groups are called through which something is shared.
    pub async fn names_of_groups(&self, offers: &[(Offer, Held)]) -> Result<BTreeMap<Id, String>, Refused> {
        let mut groups: Vec<Id> = offers.iter().flat_map(|(_, held)| held.groups.clone()).collect();
        groups.sort_unstable();
        groups.dedup();
        self.group_names(&groups).await
    }

    /// The groups that somebody is in, with their names.
    pub async fn groups_of(&self, person: PersonId) -> Result<Vec<(Id, String)>, Refused> {
        let groups = self.people().groups_of(person).await;
        Ok(groups.map_err(StoreError::broken)?)
    }

    async fn is_in_group(&self, group: Id, person: PersonId) -> Result<bool, Refused> {
        let is_in = self.people().is_in_group(group, person).await;
        Ok(is_in.map_err(StoreError::broken)?)
    }
}
