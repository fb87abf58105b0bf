//! The replica: people as another system knows them, fed in batches.
//!
//! A batch may come late, twice or out of order: the highest version of the source wins for each person, so a feeder
//! simply sends a batch again until it is answered, and a row that says nothing new writes nothing. An address that belongs to somebody else is left out and reported; the person is
//! kept, because segments need them with or without it.
//!
//! The audit trail tells of people whom the source took away. That it brought or changed somebody is told by the
//! source's version in their row and by the announcement; an entry for each would double what a city's import writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Moment, PersonId};
use store::{StoreError, Tx};
use tokio::task::JoinSet;

use super::emails::{self, Bearing, Claimed};
use super::limits::REPLICA_WRITES_AT_ONCE;
use super::service::{Change, Decision, announce, settle};
use super::types::{Edit, Email, Person, Reason, ReplicaRow, Replicated};
use super::{rows, rules};
use crate::audit::{self, Act, By, Entry};
use crate::failure::Failure;
use crate::grants::types::{Doer, HouseRoles};
use crate::grants::{self, roll};
use crate::revocations::Revocation;
use crate::service::Registry;

/// What the source says of one person.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    Known(ReplicaRow),
    /// The source no longer has the person.
    Gone {
        id: PersonId,
        source_version: i64,
    },
}

impl Fact {
    fn id(&self) -> PersonId {
        match self {
            Fact::Known(row) => row.id,
            Fact::Gone { id, .. } => *id,
        }
    }

    fn source_version(&self) -> i64 {
        match self {
            Fact::Known(row) => row.source_version,
            Fact::Gone { source_version, .. } => *source_version,
        }
    }

    fn email(&self) -> Option<&Email> {
        match self {
            Fact::Known(row) => row.about.email.as_ref(),
            Fact::Gone { .. } => None,
        }
    }

    fn without_email(mut self) -> Fact {
        if let Fact::Known(row) = &mut self {
            row.about.email = None;
        }
        self
    }

    fn judge(&self, known: Option<&Person>, now: Moment) -> (Replicated, Option<Person>) {
        match self {
            Fact::Known(row) => rules::replicate(known, row.clone(), now),
            Fact::Gone { id, source_version } => rules::retire(known, *id, *source_version, now),
        }
    }
}

/// What became of one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub id: PersonId,
    pub outcome: Replicated,
    /// The address belongs to somebody else, so the person is kept without it.
    pub email_taken: bool,
}

/// A fact at its place in the batch.
#[derive(Clone, Debug)]
struct Numbered {
    at: usize,
    fact: Fact,
    entry: Entry,
    email_taken: bool,
}

/// What a transaction did with a fact.
struct Written {
    at: usize,
    taken: Taken,
    before: Option<Person>,
    after: Option<Person>,
    revoked: Vec<Revocation>,
    /// The change would end an administrator, which takes the roll.
    needs_roll: bool,
}

impl Registry {
    /// Takes in people as the source knows them. The answers stand in the order of the rows.
    pub async fn upsert_replica(
        self: &Arc<Self>,
        by: &By,
        rows: Vec<ReplicaRow>,
    ) -> Result<Vec<Taken>, Failure> {
        self.take_facts(by, rows.into_iter().map(Fact::Known).collect())
            .await
    }

    /// Forgets people whom the source no longer has.
    pub async fn retire_replica(
        self: &Arc<Self>,
        by: &By,
        gone: Vec<(PersonId, i64)>,
    ) -> Result<Vec<Taken>, Failure> {
        let facts = gone
            .into_iter()
            .map(|(id, source_version)| Fact::Gone { id, source_version });
        self.take_facts(by, facts.collect()).await
    }

    /// Takes in both, in any mixture. Each person is a transaction of their own, many of them at once: a batch is
    /// spread over all virtual shards anyway, and the store commits together what comes together.
    pub async fn take_facts(self: &Arc<Self>, by: &By, facts: Vec<Fact>) -> Result<Vec<Taken>, Failure> {
        let now = self.clock.now();
        let mut of_person: BTreeMap<PersonId, Vec<Numbered>> = BTreeMap::new();
        for (at, fact) in facts.into_iter().enumerate() {
            let entry = Entry::new(now, by, Act::PersonRetired, fact.id());
            of_person.entry(fact.id()).or_default().push(Numbered {
                at,
                fact,
                entry,
                email_taken: false,
            });
        }
        let mut waiting = of_person.into_values();
        let mut under_way = JoinSet::new();
        let mut answers = Vec::new();
        loop {
            while under_way.len() < REPLICA_WRITES_AT_ONCE
                && let Some(facts) = waiting.next()
            {
                let (registry, by) = (Arc::clone(self), by.clone());
                under_way.spawn(async move { registry.take_person(&by, facts, now).await });
            }
            match under_way.join_next().await {
                Some(Ok(taken)) => answers.extend(taken?),
                Some(Err(ended)) => {
                    return Err(StoreError::broken(format!("a replica write ended: {ended}")).into());
                }
                None => break,
            }
        }
        answers.sort_by_key(|(at, _)| *at);
        Ok(answers.into_iter().map(|(_, taken)| taken).collect())
    }

    /// All facts of a batch about one person.
    async fn take_person(
        &self,
        by: &By,
        mut facts: Vec<Numbered>,
        now: Moment,
    ) -> Result<Vec<(usize, Taken)>, Failure> {
        // The latest first: then at most one of them has anything to say.
        facts.sort_by_key(|numbered| std::cmp::Reverse(numbered.fact.source_version()));
        let Some(latest) = facts.first_mut() else {
            return Ok(Vec::new());
        };
        let id = latest.fact.id();
        let claimed = self.claim_for(latest, now).await?;
        let kept_until = self.tokens_end(now);
        let body = {
            let facts = facts.clone();
            move |tx: &mut Tx<'_>| {
                facts
                    .iter()
                    .map(|numbered| write(tx, numbered, now, kept_until))
                    .collect::<Result<Vec<_>, Failure>>()
            }
        };
        // Somebody who never acted lives on the cold server, if there is one, and being fed is no act of theirs.
        let written = match self.store.shard_of(id).write_cold(body).await {
            Ok(written) => written,
            Err(failure) => {
                if let Some(claimed) = &claimed {
                    emails::give_up(&self.store, claimed).await?;
                }
                return Err(failure);
            }
        };
        self.settle_claims(claimed.as_ref(), &written, now).await?;
        let mut answers = Vec::new();
        for (numbered, done) in facts.iter().zip(written) {
            self.revocations.learn(&done.revoked);
            let taken = if done.needs_roll {
                self.take_from_admin(by, numbered, now).await?
            } else {
                done.taken
            };
            answers.push((done.at, taken));
        }
        Ok(answers)
    }

    /// Claims the address that the person will bear and does not bear yet; drops it when it is somebody else's.
    async fn claim_for(&self, numbered: &mut Numbered, now: Moment) -> Result<Option<Claimed>, Failure> {
        let Some(email) = numbered.fact.email().cloned() else {
            return Ok(None);
        };
        let id = numbered.fact.id();
        let known = self
            .store
            .shard_of(id)
            .read(move |tx| rows::person(tx, id))
            .await?;
        let borne = known.as_ref().and_then(Person::email).map(Email::key);
        if borne == Some(email.key()) || numbered.fact.judge(known.as_ref(), now).1.is_none() {
            return Ok(None);
        }
        let claimed = emails::claim(&self.store, &email, id, Bearing::Imported, now).await?;
        if claimed.is_none() {
            numbered.fact = numbered.fact.clone().without_email();
            numbered.email_taken = true;
        }
        Ok(claimed)
    }

    /// Confirms what was claimed, takes it away again from whoever came too late, and forgets those of whoever is no more.
    async fn settle_claims(
        &self,
        claimed: Option<&Claimed>,
        written: &[Written],
        now: Moment,
    ) -> Result<(), Failure> {
        if let Some(claimed) = claimed
            && !emails::confirm(&self.store, claimed).await?
        {
            let without = Edit {
                email: Some(None),
                ..Edit::default()
            };
            self.change_person(&Doer::house("replica"), claimed.person(), without, None)
                .await?;
        }
        for done in written {
            let (Some(before), Some(after)) = (&done.before, &done.after) else {
                continue;
            };
            if after.about().is_none() {
                for email in before.email().into_iter().chain(&before.former_emails) {
                    emails::release(&self.store, email, before.id, now).await?;
                }
            }
        }
        Ok(())
    }

    /// The same for an administrator, who has to leave the roll first; the last one is kept as they are.
    async fn take_from_admin(&self, by: &By, numbered: &Numbered, now: Moment) -> Result<Taken, Failure> {
        let fact = numbered.fact.clone();
        let id = fact.id();
        let taken = |outcome| Taken {
            id,
            outcome,
            email_taken: numbered.email_taken,
        };
        let known = self.known(id).await?;
        let (outcome, _) = fact.judge(Some(&known), now);
        let changed = self
            .leave_and_change(by, id, now, move |person, _| {
                let act = match fact {
                    Fact::Known(_) => Act::PersonChanged,
                    Fact::Gone { .. } => Act::PersonRetired,
                };
                Ok(fact
                    .judge(Some(person), now)
                    .1
                    .map(|person| Decision::new(person, act)))
            })
            .await;
        match changed {
            Ok(changed) => {
                self.release(&changed, now).await;
                Ok(taken(outcome))
            }
            Err(Failure::Refused(Reason::LastAdmin)) => Ok(taken(Replicated::LastAdmin)),
            Err(failure) => Err(failure),
        }
    }
}

/// One fact inside the transaction of its person.
fn write(tx: &mut Tx<'_>, numbered: &Numbered, now: Moment, kept_until: Moment) -> Result<Written, Failure> {
    let fact = &numbered.fact;
    let id = fact.id();
    let before = rows::person(tx, id)?;
    let (outcome, after) = fact.judge(before.as_ref(), now);
    let taken = Taken {
        id,
        outcome,
        email_taken: numbered.email_taken,
    };
    let mut done = Written {
        at: numbered.at,
        taken,
        before,
        after,
        revoked: Vec::new(),
        needs_roll: false,
    };
    let Some(after) = done.after.as_ref() else {
        return Ok(done);
    };
    let Some(before) = done.before.as_ref() else {
        rows::insert(tx, after)?;
        if outcome == Replicated::Created {
            announce(tx, Change::Created, after)?;
        }
        return Ok(done);
    };
    let held: HouseRoles = grants::rows::on_house(tx, id)?;
    if roll::counts(before, held) && !after.state.is_active() {
        done.needs_roll = true;
        done.after = None;
        return Ok(done);
    }
    rows::save(tx, after)?;
    if outcome == Replicated::Retired {
        audit::record(tx, &numbered.entry)?;
    }
    if outcome != Replicated::Unchanged {
        done.revoked = settle(tx, before, after, now, kept_until)?;
        announce(tx, Change::between(before, after), after)?;
    }
    Ok(done)
}
