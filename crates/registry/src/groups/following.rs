//! How people's own shards follow the groups that they are in, and groups the people who are no more.

use std::collections::HashSet;
use std::sync::Arc;

use bell::{Bell, Failed, Hear};
use futures_util::future::BoxFuture;
use kernel::{Id, PersonId};
use store::outbox::{self, Change};
use store::{StoreError, Tx};

use super::{rows, rules};
use crate::Registry;
use crate::audit::{self, Act, By, Entry};
use crate::people;
use crate::people::types::State;

/// Announced by a group: somebody is in it now, or not any more. The key is the group, then who.
pub const MEMBER: &str = "registry.group.member";
/// Announced by a group that is no more. The key is the group.
pub const DELETED: &str = "registry.group.deleted";
/// Announced by a person who is no more, of each group that they were in. The key is the group.
const GONE: &str = "registry.person.left_group";

pub(super) fn announce_member(tx: &mut Tx<'_>, group: Id, person: PersonId) -> Result<(), StoreError> {
    let key = [group.as_bytes().as_slice(), person.0.as_bytes().as_slice()].concat();
    outbox::announce(tx, group, MEMBER, &key, b"")
}

/// Ends a group, in the transaction of the act.
pub(super) fn end(tx: &mut Tx<'_>, group: Id) -> Result<(), StoreError> {
    for member in rows::members(tx, group)? {
        announce_member(tx, group, member.person)?;
    }
    rows::delete_group(tx, group)?;
    outbox::announce(tx, group, DELETED, group.as_bytes(), b"")
}

/// A person who is no more leaves all groups, in the transaction that deletes them.
pub(crate) fn leave_all(tx: &mut Tx<'_>, person: PersonId) -> Result<(), StoreError> {
    for group in rows::memberships(tx, person)? {
        rows::end_membership(tx, person, group)?;
        outbox::announce(tx, person.0, GONE, group.as_bytes(), b"")?;
    }
    Ok(())
}

/// Has the registry hear of its own changes. Every process of a house does.
pub fn hearing(bell: Bell, registry: &Arc<Registry>) -> Bell {
    bell.hear(MEMBER, Members(Arc::clone(registry)))
        .hear(GONE, Leavers(Arc::clone(registry)))
}

impl Registry {
    /// Has somebody's own shard know whether they are in a group. Whoever is no more is taken out of it.
    pub(crate) async fn follow_member(&self, change: &Change) -> Result<(), StoreError> {
        let [group, person] = change.ids()?;
        let person = PersonId(person);
        let shard = self.store.shard_of(group);
        let is_in = shard.read(move |tx| rows::is_member(tx, group, person)).await?;
        let shard = self.store.shard_of(person);
        let is_known = shard.write(move |tx| {
            let known = people::rows::person(tx, person)?;
            let is_known = known.is_some_and(|known| known.about().is_some());
            if is_in && is_known {
                rows::save_membership(tx, person, group)?;
            } else {
                rows::end_membership(tx, person, group)?;
            }
            Ok::<_, StoreError>(is_known)
        });
        if is_known.await? || !is_in {
            return Ok(());
        }
        self.leave_for_ever(group, person).await
    }

    /// Has a group know that somebody is no more.
    pub(crate) async fn follow_leaver(&self, change: &Change) -> Result<(), StoreError> {
        let [group] = change.ids()?;
        self.leave_for_ever(group, PersonId(change.owner)).await
    }

    /// Takes somebody out of a group who is no more. If they kept it, whoever is in it for longest does from now on, of
    /// those who can sign in.
    async fn leave_for_ever(&self, id: Id, person: PersonId) -> Result<(), StoreError> {
        let active = self.active_in(id).await?;
        let (now, by) = (self.clock.now(), By::house("deletion"));
        let entry = |act| Entry::new(now, &by, act, id).telling("person", person.to_string());
        let (left, over, ended) = (
            entry(Act::GroupMemberRemoved),
            entry(Act::GroupHandedOver),
            entry(Act::GroupDeleted),
        );
        let shard = self.store.shard_of(id);
        let settled = shard.write(move |tx| {
            let Some(mut group) = rows::group(tx, id)? else {
                return Ok(());
            };
            if !rows::is_member(tx, id, person)? {
                return Ok(());
            }
            let heir = rules::heir(&rows::members(tx, id)?, person, |one| active.contains(&one));
            let Some(heir) = heir else {
                audit::record(tx, &ended)?;
                return end(tx, id);
            };
            rows::remove_member(tx, id, person)?;
            announce_member(tx, id, person)?;
            audit::record(tx, &left)?;
            if group.keeper == person {
                group.keeper = heir;
                rows::save_group(tx, &group)?;
                audit::record(tx, &over.clone().telling("keeper", heir.to_string()))?;
            }
            Ok(())
        });
        settled.await
    }

    /// Those in a group who can sign in.
    async fn active_in(&self, group: Id) -> Result<HashSet<PersonId>, StoreError> {
        let people = self.all_of(&self.people_of_group(group).await?).await?;
        let active = people
            .into_iter()
            .flatten()
            .filter(|one| matches!(one.state, State::Active(_)));
        Ok(active.map(|one| one.id).collect())
    }
}

/// Has people find the groups that they are in.
struct Members(Arc<Registry>);

impl Hear for Members {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move { Ok(self.0.follow_member(change).await?) })
    }
}

/// Takes those out of groups who are no more.
struct Leavers(Arc<Registry>);

impl Hear for Leavers {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move { Ok(self.0.follow_leaver(change).await?) })
    }
}
