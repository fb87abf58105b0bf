//! What can be done with a person. Each change is decided, saved, written down and announced in one transaction in
//! the person's shard; what lies in other shards (the claim on an address, the roll of administrators) is taken
//! before it and settled after it, so that a crash in between leaves nothing that counts and should not.

use front::{ETag, IfMatch};
use kernel::{Moment, PersonId};
use serde_json::json;
use store::{StoreError, Tx, Unavailability, outbox};

use super::emails::{self, Bearing, Claimed};
use super::limits::CHANGE_ATTEMPTS_MAX;
use super::rows;
use super::rules;
use super::types::{About, Edit, Email, Person, Reason, State};
use crate::accounts;
use crate::audit::{self, Act, By, Entry};
use crate::failure::Failure;
use crate::grants::types::{Doer, HOUSE, HouseRole, HouseRoles};
use crate::grants::{self, roll};
use crate::revocations::Revocation;
use crate::service::Registry;
use crate::{groups, links};

/// Somebody to be known from now on.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Their GUID elsewhere; one of ours when there is none.
    pub id: Option<PersonId>,
    pub about: About,
    pub start: Start,
}

/// In which state a person begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Sets a password by an invitation.
    Invited,
    /// Is active at once: demo people and the operator's first administrator, whose password is set with them.
    Active,
}

/// A change as it was made: the person before and after, and what they hold.
pub(crate) struct Changed {
    pub before: Person,
    pub after: Person,
    pub held: HouseRoles,
}

/// What a decision comes to: the person as they will be, what the audit trail shall tell of it, and the role that is
/// given or taken with it.
pub(crate) struct Decision {
    pub person: Person,
    pub act: Act,
    pub telling: Vec<(&'static str, String)>,
    pub role: Option<RoleStep>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleStep {
    Give(HouseRole),
    Take(HouseRole),
}

impl Decision {
    pub(crate) fn new(person: Person, act: Act) -> Decision {
        Decision {
            person,
            act,
            telling: Vec::new(),
            role: None,
        }
    }
}

impl Registry {
    pub async fn person(&self, doer: &Doer, id: PersonId) -> Result<Person, Failure> {
        grants::rules::may_see(doer.acting, id)?;
        self.known(id).await
    }

    /// A person whom nobody asked for by name: for the registry's own work.
    pub(crate) async fn known(&self, id: PersonId) -> Result<Person, Failure> {
        let person = self
            .store
            .shard_of(id)
            .read(move |tx| rows::person(tx, id))
            .await?;
        person.ok_or_else(|| Reason::NotFound.into())
    }

    /// Who has this address.
    pub async fn person_by_email(&self, email: &Email) -> Result<Option<Person>, Failure> {
        Ok(emails::bearer(&self.store, email).await?)
    }

    pub async fn create_person(&self, doer: &Doer, new: NewPerson) -> Result<Person, Failure> {
        self.create_person_as_of(doer, new, self.clock.now()).await
    }

    /// The same for somebody who has been here since an instant.
    pub(crate) async fn create_person_as_of(
        &self,
        doer: &Doer,
        new: NewPerson,
        since: Moment,
    ) -> Result<Person, Failure> {
        let now = self.clock.now();
        let id = new.id.unwrap_or_else(|| PersonId::new(now));
        grants::rules::may_administer(doer.acting, id, HouseRoles::default())?;
        let person = match new.start {
            Start::Invited => rules::invited(id, new.about, since),
            Start::Active => rules::admitted(id, new.about, since),
        };
        let claimed = self.claim(person.email(), id, now).await?;
        let entry = Entry::new(since, &doer.by, Act::PersonCreated, id)
            .telling("state", person.state.name().as_str());
        let written = person.clone();
        let created = self
            .store
            .shard_of(id)
            .write(move |tx| {
                if rows::person(tx, id)?.is_some() {
                    return Err(Failure::from(Reason::IdTaken));
                }
                rows::insert(tx, &written)?;
                audit::record(tx, &entry)?;
                announce(tx, Change::Created, &written)?;
                Ok(())
            })
            .await;
        if let Err(failure) = created {
            self.give_up(claimed.as_ref(), &failure).await;
            return Err(failure);
        }
        if !self.confirm(claimed.as_ref()).await? {
            self.delete_person(&Doer::house(&doer.by.request), id).await?;
            return Err(Reason::EmailTaken.into());
        }
        Ok(person)
    }

    /// Changes what is known about somebody; `if_match` names the version that the change was made for.
    pub async fn change_person(
        &self,
        doer: &Doer,
        id: PersonId,
        edit: Edit,
        if_match: Option<IfMatch>,
    ) -> Result<Person, Failure> {
        grants::rules::may_see(doer.acting, id)?;
        let now = self.clock.now();
        let acting = doer.acting;
        // Asked before an address is claimed, so that whoever may not change it does not learn whether it is taken.
        let (person, held) = self.person_and_roles(id).await?;
        grants::rules::may_edit(acting, id, held, &edit)?;
        let wanted = edit.email.clone().flatten();
        let borne = person.email().map(Email::key);
        let claimed = match &wanted {
            Some(email) if borne != Some(email.key()) => self.claim(Some(email), id, now).await?,
            _ => None,
        };
        let changed = self
            .change(&doer.by, id, now, move |person, held| {
                grants::rules::may_edit(acting, id, held, &edit)?;
                if if_match
                    .as_ref()
                    .is_some_and(|wanted| !wanted.matches(ETag::of(person.version)))
                {
                    return Err(Reason::Stale);
                }
                Ok(
                    rules::edit(person, edit.clone(), now)?.map(|(person, fields)| Decision {
                        telling: vec![("fields", fields.join(" "))],
                        ..Decision::new(person, Act::PersonChanged)
                    }),
                )
            })
            .await;
        let changed = match changed {
            Ok(changed) => changed,
            Err(failure) => {
                self.give_up(claimed.as_ref(), &failure).await;
                return Err(failure);
            }
        };
        if !self.confirm(claimed.as_ref()).await? {
            let without = Edit {
                email: Some(None),
                ..Edit::default()
            };
            Box::pin(self.change_person(&Doer::house(&doer.by.request), id, without, None)).await?;
            return Err(Reason::EmailTaken.into());
        }
        self.release(&changed, now).await;
        Ok(changed.after)
    }

    pub async fn block_person(&self, doer: &Doer, id: PersonId) -> Result<Person, Failure> {
        let acting = doer.acting;
        let now = self.clock.now();
        let changed = self
            .leave_and_change(&doer.by, id, now, move |person, held| {
                grants::rules::may_administer(acting, id, held)?;
                Ok(rules::block(person, now)?.map(|person| Decision::new(person, Act::PersonBlocked)))
            })
            .await?;
        Ok(changed.after)
    }

    pub async fn unblock_person(&self, doer: &Doer, id: PersonId) -> Result<Person, Failure> {
        let acting = doer.acting;
        let now = self.clock.now();
        let changed = self
            .change(&doer.by, id, now, move |person, held| {
                grants::rules::may_administer(acting, id, held)?;
                Ok(rules::unblock(person, now)?.map(|person| Decision::new(person, Act::PersonUnblocked)))
            })
            .await?;
        roll::enter(&self.store, &changed.after, changed.held).await?;
        Ok(changed.after)
    }

    /// Forgets everything about somebody but their id. Doing it twice is doing it once.
    pub async fn delete_person(&self, doer: &Doer, id: PersonId) -> Result<(), Failure> {
        let acting = doer.acting;
        let now = self.clock.now();
        let (person, held) = self.person_and_roles(id).await?;
        grants::rules::may_administer(acting, id, held)?;
        for email in person.email().into_iter().chain(&person.former_emails) {
            // Before the person, whose row alone knows the addresses: whatever dies in between, none is left behind.
            post::suppressions::Suppressions::forget_email(&self.store, email.as_str()).await?;
        }
        let changed = self
            .leave_and_change(&doer.by, id, now, move |person, held| {
                grants::rules::may_administer(acting, id, held)?;
                Ok(rules::delete(person, now).map(|person| Decision::new(person, Act::PersonDeleted)))
            })
            .await?;
        self.release(&changed, now).await;
        Ok(())
    }

    /// Makes a change that may end somebody's being an active administrator: they leave the roll first, which is
    /// refused for the last one. Repeated when somebody else changed the person meanwhile.
    pub(crate) async fn leave_and_change(
        &self,
        by: &By,
        id: PersonId,
        now: Moment,
        decide: impl Fn(&Person, HouseRoles) -> Result<Option<Decision>, Reason> + Clone + Send + Sync + 'static,
    ) -> Result<Changed, Failure> {
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let (person, held) = self.person_and_roles(id).await?;
            let leaves = roll::counts(&person, held);
            // Asked beforehand too, so that whoever may not do it never touches the roll.
            let Some(_) = decide(&person, held)? else {
                return Ok(Changed {
                    before: person.clone(),
                    after: person,
                    held,
                });
            };
            if leaves {
                roll::leave(&self.store, id, person.version + 1).await?;
            }
            let (decide, seen) = (decide.clone(), person.version);
            let changed = self
                .change(by, id, now, move |person, held| {
                    if person.version != seen {
                        return Err(Reason::Stale);
                    }
                    decide(person, held)
                })
                .await;
            match changed {
                Err(Failure::Refused(Reason::Stale)) => {}
                other => return other,
            }
        }
        Err(StoreError::Busy.into())
    }

    /// One change of one person in one transaction. Without a decision nothing is written.
    pub(crate) async fn change(
        &self,
        by: &By,
        id: PersonId,
        now: Moment,
        decide: impl Fn(&Person, HouseRoles) -> Result<Option<Decision>, Reason> + Send + Sync + 'static,
    ) -> Result<Changed, Failure> {
        let entry = Entry::new(now, by, Act::PersonChanged, id);
        let kept_until = self.tokens_end(now);
        let (changed, revoked) = self
            .store
            .shard_of(id)
            .write(move |tx| {
                let before = rows::person(tx, id)?.ok_or(Reason::NotFound)?;
                let held = grants::rows::on_house(tx, id)?;
                let Some(decision) = decide(&before, held)? else {
                    return Ok((
                        Changed {
                            after: before.clone(),
                            before,
                            held,
                        },
                        Vec::new(),
                    ));
                };
                let revoked = save(tx, &before, &decision, entry.clone(), now, kept_until)?;
                Ok::<_, Failure>((
                    Changed {
                        before,
                        after: decision.person,
                        held,
                    },
                    revoked,
                ))
            })
            .await?;
        self.revocations.learn(&revoked);
        Ok(changed)
    }

    pub(crate) async fn person_and_roles(&self, id: PersonId) -> Result<(Person, HouseRoles), Failure> {
        self.store
            .shard_of(id)
            .read(move |tx| {
                let person = rows::person(tx, id)?.ok_or(Reason::NotFound)?;
                Ok((person, grants::rows::on_house(tx, id)?))
            })
            .await
    }

    async fn claim(
        &self,
        email: Option<&Email>,
        id: PersonId,
        now: Moment,
    ) -> Result<Option<Claimed>, Failure> {
        let Some(email) = email else { return Ok(None) };
        let claimed = emails::claim(&self.store, email, id, Bearing::Acting, now).await?;
        claimed.map(Some).ok_or_else(|| Reason::EmailTaken.into())
    }

    /// Confirms the claim of a person who is saved. A store that cannot do it now does not unsave them, and need not:
    /// the claim of somebody who bears the address counts without it.
    async fn confirm(&self, claimed: Option<&Claimed>) -> Result<bool, Failure> {
        let Some(claimed) = claimed else { return Ok(true) };
        match emails::confirm(&self.store, claimed).await {
            Err(error @ (StoreError::Unavailable { .. } | StoreError::Busy)) => {
                tracing::warn!(%error, "a claim on an address stays unconfirmed");
                Ok(true)
            }
            confirmed => Ok(confirmed?),
        }
    }

    /// Gives back what was claimed for a change that was refused. Where nobody knows whether the change was kept the
    /// claim stays, as it must if it was; otherwise it lapses.
    async fn give_up(&self, claimed: Option<&Claimed>, refused: &Failure) {
        let undecided = Unavailability::Undecided;
        let unknown =
            matches!(refused, Failure::Store(StoreError::Unavailable { reason, .. }) if *reason == undecided);
        if let (Some(claimed), false) = (claimed, unknown)
            && let Err(error) = emails::give_up(&self.store, claimed).await
        {
            tracing::warn!(%error, "a claim on an address is left to lapse");
        }
    }

    /// Forgets the addresses of somebody whom a change deleted. The change is saved already, so a store that cannot do it now
    /// leaves claims behind, which no longer count.
    pub(crate) async fn release(&self, changed: &Changed, now: Moment) {
        let before = &changed.before;
        if changed.after.about().is_some() {
            return;
        }
        for email in before.email().into_iter().chain(&before.former_emails) {
            if let Err(error) = emails::release(&self.store, email, before.id, now).await {
                tracing::warn!(%error, "a claim on an address that nobody bears is left to lapse");
            }
        }
    }
}

/// Writes a decided change: the row, the entry, the announcement, and what follows from the new state. Gives what
/// this instance has to refuse once it is committed.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    before: &Person,
    decision: &Decision,
    entry: Entry,
    now: Moment,
    kept_until: Moment,
) -> Result<Vec<Revocation>, StoreError> {
    let after = &decision.person;
    rows::save(tx, after)?;
    let entry = decision.telling.iter().fold(
        Entry {
            act: decision.act,
            ..entry
        },
        |entry, (what, value)| entry.telling(what, value.clone()),
    );
    audit::record(tx, &entry)?;
    announce(tx, Change::between(before, after), after)?;
    match decision.role {
        Some(RoleStep::Give(role)) => grants::rows::add(tx, after.id, role.relation(), HOUSE, now)?,
        Some(RoleStep::Take(role)) => grants::rows::remove(tx, after.id, role.relation(), HOUSE)?,
        None => return settle(tx, before, after, now, kept_until),
    };
    // A token tells the roles it was made with.
    accounts::outdate_tokens(tx, after.id, now, kept_until)
}

/// What follows for the means to sign in: whoever is no longer active is out, and a token that tells an old language
/// or zone is cut short.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    before: &Person,
    after: &Person,
    now: Moment,
    kept_until: Moment,
) -> Result<Vec<Revocation>, StoreError> {
    let told = |person: &Person| person.about().map(|about| (about.language, about.zone.clone()));
    match &after.state {
        State::Deleted => {
            grants::rows::remove_all(tx, after.id)?;
            links::forget(tx, after.id)?;
            groups::leave_all(tx, after.id)?;
            post::forget_person(tx, after.id.0)?;
            accounts::erase(tx, after.id, now, kept_until)
        }
        State::Blocked { .. } if before.state.name() != after.state.name() => {
            links::forget(tx, after.id)?;
            accounts::end_all(tx, after.id, now, kept_until)
        }
        _ if told(before) != told(after) => accounts::outdate_tokens(tx, after.id, now, kept_until),
        _ => Ok(Vec::new()),
    }
}

/// What others are told about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Changed,
    Deleted,
}

impl Change {
    pub(crate) fn between(before: &Person, after: &Person) -> Change {
        match (&before.state, &after.state) {
            (_, State::Deleted) => Change::Deleted,
            (State::Deleted, _) => Change::Created,
            _ => Change::Changed,
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Change::Created => "registry.person.created",
            Change::Changed => "registry.person.changed",
            Change::Deleted => "registry.person.deleted",
        }
    }
}

/// Tells others, with what they choose people by and without a name or an address: an announcement may outlive the
/// person by as long as its receiver is down.
pub(crate) fn announce(tx: &mut Tx<'_>, change: Change, person: &Person) -> Result<(), StoreError> {
    let mut body = json!({
        "id": person.id.to_string(),
        "state": person.state.name().as_str(),
        "version": person.version,
    });
    if let (Some(about), Some(body)) = (person.about(), body.as_object_mut()) {
        body.insert("language".to_owned(), json!(about.language.code()));
        body.insert("zone".to_owned(), json!(about.zone.as_str()));
    }
    let body = body.to_string();
    outbox::announce(
        tx,
        person.id.0,
        change.kind(),
        person.id.0.as_bytes(),
        body.as_bytes(),
    )
}
