//! How calendars, groups and the people in them follow each other.

use std::collections::BTreeSet;

use kernel::{Id, PersonId};
use store::outbox::{self, Change};
use store::{StoreError, Tx};

use super::{AT_ONCE, people, rows};
use crate::service::{Calendars, Refused};
use crate::sharing::SHARED;

/// Announced by the owner of a calendar: what those in a group may do with it is another thing now. The key is the calendar, then
/// the group.
pub(crate) const SHARED_WITH_GROUP: &str = "calendar.shared_with_group";
/// Announced by the owner of a calendar: somebody is in a group that it is shared with, or not any more. The key is the calendar,
/// the group, and who.
pub(crate) const MEMBER: &str = "calendar.group_member";

pub(super) fn announce(tx: &mut Tx<'_>, kind: &str, owner: PersonId, ids: &[Id]) -> Result<(), StoreError> {
    let key: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
    outbox::announce(tx, owner.0, kind, &key, b"")
}

impl Calendars {
    /// Has a group and everybody in it know what is shared with them.
    pub(crate) async fn follow_group_share(&self, change: &Change) -> Result<(), Refused> {
        let owner = PersonId(change.owner);
        let [id, group] = change.ids()?;
        let shard = self.store().shard_of(owner);
        let share = shard.read::<_, StoreError>(move |tx| rows::share(tx, id, group));
        let is_shared = share.await?.is_some();
        let shard = self.store().shard_of(group);
        let noted = shard.write::<_, StoreError>(move |tx| {
            if is_shared {
                rows::save_calendar(tx, group, (id, owner))
            } else {
                rows::end_calendar(tx, group, id)
            }
        });
        noted.await?;
        if !is_shared {
            return Ok(self.take_from_group(owner, (id, group)).await?);
        }
        // Asked after the group's shard knows: whoever comes or goes from now on is announced for this calendar as well.
        let name = self.people().group(group).await.map_err(StoreError::broken)?;
        if name.is_none() {
            return self.end_with_group(owner, (id, group)).await;
        }
        let mut people = self.people_in(group).await?;
        loop {
            self.give_to(owner, (id, group), &people).await?;
            self.take_from_others(owner, (id, group), &people).await?;
            // What was told of somebody meanwhile may have been overwritten by what was asked before.
            let now = self.people_in(group).await?;
            if now == people {
                return Ok(());
            }
            people = now;
        }
    }

    async fn people_in(&self, group: Id) -> Result<BTreeSet<PersonId>, StoreError> {
        let people = self.people().people_of_group(group).await;
        Ok(people.map_err(StoreError::broken)?.into_iter().collect())
    }

    async fn give_to(
        &self,
        owner: PersonId,
        shared: (Id, Id),
        people: &BTreeSet<PersonId>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let people: Vec<PersonId> = people.iter().copied().collect();
        for some in people.chunks(usize::from(AT_ONCE)).map(<[PersonId]>::to_vec) {
            let shard = self.store().shard_of(owner);
            let given = shard.write::<_, StoreError>(move |tx| {
                if rows::share(tx, shared.0, shared.1)?.is_none() {
                    return Ok(());
                }
                for person in some.iter().filter(|person| **person != owner) {
                    if rows::add_person(tx, owner, shared, (*person, now))? {
                        people::announce(tx, SHARED, owner, (shared.0, *person))?;
                    }
                }
                Ok(())
            });
            given.await?;
        }
        Ok(())
    }

    /// Takes a calendar from those who have it through a group and are not among its people.
    async fn take_from_others(
        &self,
        owner: PersonId,
        shared: (Id, Id),
        people: &BTreeSet<PersonId>,
    ) -> Result<(), StoreError> {
        let shard = self.store().shard_of(owner);
        let mut after = None;
        loop {
            let known = shard.read::<_, StoreError>(move |tx| rows::people(tx, shared, after, AT_ONCE));
            let known = known.await?;
            let others: Vec<PersonId> = known
                .iter()
                .copied()
                .filter(|one| !people.contains(one))
                .collect();
            if !others.is_empty() {
                let taken = shard.write::<_, StoreError>(move |tx| {
                    for person in &others {
                        if rows::remove_person(tx, shared, *person)? {
                            people::announce(tx, SHARED, owner, (shared.0, *person))?;
                        }
                    }
                    Ok(())
                });
                taken.await?;
            }
            if known.len() < usize::from(AT_ONCE) {
                return Ok(());
            }
            after = known.last().copied();
        }
    }

    /// Takes a calendar from everybody who had it through a group.
    async fn take_from_group(&self, owner: PersonId, shared: (Id, Id)) -> Result<(), StoreError> {
        loop {
            let shard = self.store().shard_of(owner);
            let taken = shard.write::<_, StoreError>(move |tx| {
                let taken = rows::remove_some(tx, shared, AT_ONCE)?;
                for person in &taken {
                    people::announce(tx, SHARED, owner, (shared.0, *person))?;
                }
                Ok(taken.len())
            });
            if taken.await? < usize::from(AT_ONCE) {
                return Ok(());
            }
        }
    }

    /// Ends a share with a group that is no more.
    async fn end_with_group(&self, owner: PersonId, shared: (Id, Id)) -> Result<(), Refused> {
        let shard = self.store().shard_of(owner);
        let ended = shard.write::<_, StoreError>(move |tx| rows::end_share(tx, shared.0, shared.1));
        ended.await?;
        let shard = self.store().shard_of(shared.1);
        let noted = shard.write::<_, StoreError>(move |tx| rows::end_calendar(tx, shared.1, shared.0));
        noted.await?;
        Ok(self.take_from_group(owner, shared).await?)
    }

    /// Has the shard of a calendar's owner know whether somebody is in a group. The two lie apart, so it is asked again after it was
    /// written: whoever hears of another change at the same time may have written in between.
    pub(crate) async fn follow_group_member(&self, change: &Change) -> Result<(), Refused> {
        let owner = PersonId(change.owner);
        let [id, group, person] = change.ids()?;
        let (person, now) = (PersonId(person), self.now());
        let shard = self.store().shard_of(owner);
        let mut is_in = self.is_in_group(group, person).await?;
        loop {
            let followed = shard.write::<_, StoreError>(move |tx| {
                let gives = is_in && person != owner && rows::share(tx, id, group)?.is_some();
                let is_another = if gives {
                    rows::add_person(tx, owner, (id, group), (person, now))?
                } else {
                    rows::remove_person(tx, (id, group), person)?
                };
                if is_another {
                    people::announce(tx, SHARED, owner, (id, person))?;
                }
                Ok(())
            });
            followed.await?;
            let is_in_now = self.is_in_group(group, person).await?;
            if is_in_now == is_in {
                return Ok(());
            }
            is_in = is_in_now;
        }
    }

    /// Somebody came into a group, or left it: each calendar that is shared with it hears of them.
    pub async fn group_changed(&self, group: Id, person: PersonId) -> Result<(), Refused> {
        let name = self.people().group(group).await.map_err(StoreError::broken)?;
        if name.is_none() {
            // Its end is told once for everybody.
            return Ok(());
        }
        for (id, owner) in self.calendars_of_group(group).await? {
            let shard = self.store().shard_of(owner);
            let told =
                shard.write::<_, StoreError>(move |tx| announce(tx, MEMBER, owner, &[id, group, person.0]));
            told.await?;
        }
        Ok(())
    }

    /// A group is no more: each calendar that was shared with it hears of that.
    pub async fn group_deleted(&self, group: Id) -> Result<(), Refused> {
        for (id, owner) in self.calendars_of_group(group).await? {
            let shard = self.store().shard_of(owner);
            let told =
                shard.write::<_, StoreError>(move |tx| announce(tx, SHARED_WITH_GROUP, owner, &[id, group]));
            told.await?;
        }
        Ok(())
    }

    /// All of them, however many there are: of one that was left out, whoever leaves the group would keep it.
    async fn calendars_of_group(&self, group: Id) -> Result<Vec<(Id, PersonId)>, StoreError> {
        let shard = self.store().shard_of(group);
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = shard.read::<_, StoreError>(move |tx| rows::calendars(tx, group, after, AT_ONCE));
            let page = page.await?;
            let is_last = page.len() < usize::from(AT_ONCE);
            after = page.last().map(|(id, _)| *id);
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }
}
