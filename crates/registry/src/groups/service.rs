//! Use cases of groups.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt as _};
use kernel::{Cursor, Id, Page, PageSize, PersonId, Text};
use store::{StoreError, Tx};

use super::following::{announce_member, end};
use super::types::{
    GROUP_NAME_CHARS_MAX, Group, KEPT_MAX, MEMBERS_MAX, MEMBERSHIPS_MAX, Member, Membership, Refused, Whole,
    place,
};
use super::{rows, rules};
use crate::Registry;
use crate::audit::{self, Act, By, Entry};
use crate::grants::types::{Acting, Doer};
use crate::people::emails;
use crate::people::types::{Email, Person, State};

/// Groups that are read at the same time, each where it lies.
const READ_AT_ONCE: usize = 16;

impl Registry {
    /// The groups that somebody is in, the oldest first, as far as their servers can be asked now.
    pub async fn groups_of(&self, person: PersonId) -> Result<Vec<Membership>, Refused> {
        let shard = self.store.shard_of(person);
        let ids = shard.read::<_, StoreError>(move |tx| rows::memberships(tx, person));
        let ids = ids.await?;
        let found = self.read_groups(&ids, move |tx, id| {
            // Whether they are still in it is said beside the group.
            match rows::group(tx, id)? {
                Some(group) if rows::is_member(tx, id, person)? => Ok(Some(counted(tx, group)?)),
                _ => Ok(None),
            }
        });
        Ok(in_order(vec![found.await?]))
    }

    /// Reads groups where each of them lies, side by side. Those whose server cannot be asked now are left out.
    async fn read_groups<T: Send + 'static>(
        &self,
        ids: &[Id],
        read: impl Fn(&mut Tx<'_>, Id) -> Result<Option<T>, StoreError> + Clone + Send + Sync + 'static,
    ) -> Result<Vec<T>, StoreError> {
        let reads = ids.iter().map(|id| {
            let (id, shard, read) = (*id, self.store.shard_of(*id), read.clone());
            async move { shard.read(move |tx| read(tx, id)).await }
        });
        let reads: Vec<_> = reads.collect();
        let mut reads = stream::iter(reads).buffer_unordered(READ_AT_ONCE);
        let mut found = Vec::new();
        while let Some(one) = reads.next().await {
            match one {
                Ok(one) => found.extend(one),
                Err(StoreError::Unavailable { .. }) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(found)
    }

    /// All groups of the house, the oldest first. Who may read them is said at the route.
    pub async fn all_groups(
        &self,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<Membership>, Refused> {
        let after = after.map_or(Ok(Id::from_bytes([0; 16])), place)?;
        let rows = size.rows_and_one();
        let found = self.store.read_each::<_, StoreError>(move |tx| {
            let groups = rows::after(tx, after, rows)?.into_iter();
            groups
                .map(|group| counted(tx, group))
                .collect::<Result<Vec<_>, _>>()
        });
        let found = in_order(found.await?);
        Ok(Page::cut(found, size, |one| one.group.id.as_bytes().to_vec()))
    }

    /// A group with everybody in it, for those who are in it.
    pub async fn group(&self, doer: &Doer, id: Id) -> Result<Whole, Refused> {
        let acting = doer.acting;
        let shard = self.store.shard_of(id);
        shard
            .read(move |tx| {
                let group = seen(tx, acting, id)?;
                let members = rows::members(tx, id)?;
                Ok(Whole { group, members })
            })
            .await
    }

    /// Makes a group that whoever acts keeps and is in.
    pub async fn make_group(&self, keeper: PersonId, name: &str, by: &By) -> Result<Group, Refused> {
        let name = Text::required(name, GROUP_NAME_CHARS_MAX).map_err(Refused::Name)?;
        self.keeps_one_more(keeper).await?;
        self.is_in_one_more(keeper).await?;
        let now = self.clock.now();
        let group = Group {
            id: Id::new(now),
            name,
            keeper,
            made: now,
        };
        let entry = Entry::new(now, by, Act::GroupCreated, group.id);
        let written = group.clone();
        let first = Member {
            person: keeper,
            since: now,
        };
        let shard = self.store.shard_of(group.id);
        let made = shard.write::<_, StoreError>(move |tx| {
            rows::save_group(tx, &written)?;
            rows::add_member(tx, written.id, &first)?;
            audit::record(tx, &entry)?;
            announce_member(tx, written.id, keeper)
        });
        made.await?;
        Ok(group)
    }

    /// Gives a group another name, or another keeper who is in it. `None`: as it was.
    pub async fn change_group(
        &self,
        doer: &Doer,
        id: Id,
        name: Option<&str>,
        keeper: Option<PersonId>,
    ) -> Result<Group, Refused> {
        // Asked first, so that whoever may not change it learns nothing of others.
        self.may_keep(doer, id).await?;
        let name = name.map(|name| Text::required(name, GROUP_NAME_CHARS_MAX));
        let name = name.transpose().map_err(Refused::Name)?;
        if let Some(keeper) = keeper {
            let known = self.person_at(keeper).await?;
            let is_active = known.is_some_and(|known| matches!(known.state, State::Active(_)));
            if !is_active {
                return Err(Refused::NotActive);
            }
        }
        let (now, acting) = (self.clock.now(), doer.acting);
        let renamed = Entry::new(now, &doer.by, Act::GroupRenamed, id);
        let over = Entry::new(now, &doer.by, Act::GroupHandedOver, id);
        let kept = match keeper {
            Some(keeper) => self.count_kept(keeper).await?,
            None => 0,
        };
        let shard = self.store.shard_of(id);
        shard
            .write(move |tx| {
                let mut group = kept_by(tx, acting, id)?;
                if let Some(name) = name.clone().filter(|name| *name != group.name) {
                    group.name = name;
                    audit::record(tx, &renamed)?;
                }
                if let Some(keeper) = keeper.filter(|keeper| *keeper != group.keeper) {
                    if !rows::is_member(tx, id, keeper)? {
                        return Err(Refused::NotIn);
                    }
                    if kept >= KEPT_MAX {
                        return Err(Refused::TooManyKept);
                    }
                    group.keeper = keeper;
                    audit::record(tx, &over.clone().telling("keeper", keeper.to_string()))?;
                }
                rows::save_group(tx, &group)?;
                Ok(group)
            })
            .await
    }

    /// Takes somebody into a group, by their id or their e-mail address. Whoever is in it already stays in it.
    pub async fn add_to_group(&self, doer: &Doer, id: Id, given: &str) -> Result<Member, Refused> {
        // Asked first, so that whoever may not add anybody does not learn who there is.
        self.may_keep(doer, id).await?;
        let person = self.somebody_called(given).await?;
        let (now, acting) = (self.clock.now(), doer.acting);
        let entry =
            Entry::new(now, &doer.by, Act::GroupMemberAdded, id).telling("person", person.to_string());
        self.is_in_one_more(person).await?;
        let new = Member { person, since: now };
        let shard = self.store.shard_of(id);
        shard
            .write(move |tx| {
                kept_by(tx, acting, id)?;
                let members = rows::members(tx, id)?;
                if let Some(known) = members.iter().find(|member| member.person == person) {
                    return Ok(*known);
                }
                if members.len() >= MEMBERS_MAX {
                    return Err(Refused::TooManyMembers);
                }
                rows::add_member(tx, id, &new)?;
                audit::record(tx, &entry)?;
                announce_member(tx, id, person)?;
                Ok(new)
            })
            .await
    }

    /// Takes somebody out of a group: the keeper does it with others, and everybody with themselves.
    pub async fn remove_from_group(&self, doer: &Doer, id: Id, person: PersonId) -> Result<(), Refused> {
        let (now, acting) = (self.clock.now(), doer.acting);
        let entry =
            Entry::new(now, &doer.by, Act::GroupMemberRemoved, id).telling("person", person.to_string());
        let is_own = matches!(acting, Acting::Person { id, .. } if id == person);
        let shard = self.store.shard_of(id);
        shard
            .write(move |tx| {
                let group = if is_own {
                    seen(tx, acting, id)?
                } else {
                    kept_by(tx, acting, id)?
                };
                if group.keeper == person {
                    return Err(Refused::KeeperStays);
                }
                if !rows::remove_member(tx, id, person)? {
                    return Err(Refused::NotIn);
                }
                audit::record(tx, &entry)?;
                Ok(announce_member(tx, id, person)?)
            })
            .await
    }

    pub async fn delete_group(&self, doer: &Doer, id: Id) -> Result<(), Refused> {
        let (now, acting) = (self.clock.now(), doer.acting);
        let entry = Entry::new(now, &doer.by, Act::GroupDeleted, id);
        let shard = self.store.shard_of(id);
        shard
            .write(move |tx| {
                kept_by(tx, acting, id)?;
                audit::record(tx, &entry)?;
                Ok(end(tx, id)?)
            })
            .await
    }

    /// How those in a group are called, who have a name.
    pub(crate) async fn names_in(&self, members: &[Member]) -> Result<HashMap<PersonId, String>, StoreError> {
        let ids: Vec<PersonId> = members.iter().map(|member| member.person).collect();
        let known = self.all_of(&ids).await?.into_iter().flatten();
        let named = known.filter_map(|person| {
            let name = person.about()?.name.to_string();
            (!name.is_empty()).then_some((person.id, name))
        });
        Ok(named.collect())
    }

    /// A group for other services, which say themselves who may know of it.
    pub async fn known_group(&self, id: Id) -> Result<Option<Group>, StoreError> {
        self.store.shard_of(id).read(move |tx| rows::group(tx, id)).await
    }

    /// The same of many, in no order, as far as their servers can be asked now.
    pub async fn known_groups(&self, ids: &[Id]) -> Result<Vec<Group>, StoreError> {
        self.read_groups(ids, rows::group).await
    }

    /// Everybody in a group, for other services; nobody when there is none.
    pub async fn people_of_group(&self, id: Id) -> Result<Vec<PersonId>, StoreError> {
        let shard = self.store.shard_of(id);
        let members = shard.read(move |tx| rows::members(tx, id)).await?;
        Ok(members.into_iter().map(|member| member.person).collect())
    }

    pub async fn is_in_group(&self, id: Id, person: PersonId) -> Result<bool, StoreError> {
        let shard = self.store.shard_of(id);
        shard.read(move |tx| rows::is_member(tx, id, person)).await
    }

    async fn may_keep(&self, doer: &Doer, id: Id) -> Result<(), Refused> {
        let acting = doer.acting;
        let shard = self.store.shard_of(id);
        shard.read(move |tx| kept_by(tx, acting, id).map(|_| ())).await
    }

    async fn person_at(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        let shard = self.store.shard_of(id);
        let found = shard.read(move |tx| crate::people::rows::person(tx, id)).await?;
        Ok(found)
    }

    async fn somebody_called(&self, given: &str) -> Result<PersonId, Refused> {
        let given = given.trim();
        let found = match given.parse().map(PersonId) {
            Ok(id) => self.person_at(id).await?,
            Err(_) => match Email::parse(given) {
                Ok(email) => emails::bearer(&self.store, &email).await?,
                Err(_) => None,
            },
        };
        let found = found.filter(|person| person.about().is_some());
        Ok(found.ok_or(Refused::Nobody)?.id)
    }

    async fn count_kept(&self, keeper: PersonId) -> Result<usize, StoreError> {
        let counts = self.store.read_each(move |tx| rows::kept(tx, keeper)).await?;
        Ok(usize::try_from(counts.into_iter().sum::<i64>()).unwrap_or(usize::MAX))
    }

    /// Groups lie on many servers, so two that are made in the same instant may pass this together: it bounds what
    /// is kept, and nothing depends on the exact number.
    async fn keeps_one_more(&self, keeper: PersonId) -> Result<(), Refused> {
        if self.count_kept(keeper).await? >= KEPT_MAX {
            return Err(Refused::TooManyKept);
        }
        Ok(())
    }

    /// As exact as the number of groups that somebody keeps.
    async fn is_in_one_more(&self, person: PersonId) -> Result<(), Refused> {
        let shard = self.store.shard_of(person);
        let known = shard.read::<_, StoreError>(move |tx| rows::memberships(tx, person));
        if known.await?.len() >= MEMBERSHIPS_MAX {
            return Err(Refused::TooManyMemberships);
        }
        Ok(())
    }
}

/// A group that whoever acts may know of.
fn seen(tx: &mut Tx<'_>, acting: Acting, id: Id) -> Result<Group, Refused> {
    let group = rows::group(tx, id)?.ok_or(Refused::NoGroup)?;
    let is_in = match acting {
        Acting::Person { id: person, .. } => rows::is_member(tx, id, person)?,
        Acting::House | Acting::Service | Acting::Nobody => false,
    };
    if rules::may_see(acting, is_in) {
        Ok(group)
    } else {
        Err(Refused::NoGroup)
    }
}

/// A group that whoever acts may change.
fn kept_by(tx: &mut Tx<'_>, acting: Acting, id: Id) -> Result<Group, Refused> {
    let group = seen(tx, acting, id)?;
    if rules::may_keep(acting, &group) {
        Ok(group)
    } else {
        Err(Refused::NotKeeper)
    }
}

fn counted(tx: &mut Tx<'_>, group: Group) -> Result<Membership, StoreError> {
    let people = rows::count_members(tx, group.id)?;
    Ok(Membership {
        group,
        people: usize::try_from(people).unwrap_or_default(),
    })
}

/// The groups of all servers. While a range of virtual shards moves, two servers may both show one.
fn in_order(found: Vec<Vec<Membership>>) -> Vec<Membership> {
    let mut found: Vec<Membership> = found.into_iter().flatten().collect();
    found.sort_by_key(|one| one.group.id);
    found.dedup_by_key(|one| one.group.id);
    found
}
