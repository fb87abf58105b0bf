//! Making links, and using them.

use std::sync::Arc;

use front::Caller;
use kernel::{Language, Moment, PersonId, Secret};

use super::types::{Carried, Link, LinkToken, Outgoing, Purpose};
use super::{expiry, rows};
use crate::accounts;
use crate::audit::{self, Act, Actor, By, Entry};
use crate::failure::Failure;
use crate::grants::types::{Doer, HouseRoles};
use crate::grants::{self, roll};
use crate::passwords;
use crate::people::service::{Decision, save};
use crate::people::types::{About, Email, Person, Reason, State};
use crate::people::{emails, rows as people_rows, rules};
use crate::service::Registry;
use crate::throttle::address_key;
use store::StoreError;

/// A link that was made.
#[derive(Clone, Debug)]
pub struct Issued {
    pub purpose: Purpose,
    pub expires: Moment,
    /// The address to pass on; `None` when it is on its way in a letter.
    pub address: Option<Secret>,
}

/// What a link shows to whoever opens it, before it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    pub purpose: Purpose,
    pub email: Email,
    pub name: String,
    pub language: Language,
    pub expires: Moment,
}

impl Registry {
    /// A link by which somebody who was invited sets their first password.
    pub async fn invite(&self, doer: &Doer, id: PersonId) -> Result<Issued, Failure> {
        self.issue(doer, id, Purpose::Invitation, Act::InvitationIssued)
            .await
    }

    /// A link by which somebody who is active sets another password.
    pub async fn issue_reset(&self, doer: &Doer, id: PersonId) -> Result<Issued, Failure> {
        self.issue(doer, id, Purpose::Reset, Act::ResetIssued).await
    }

    async fn issue(&self, doer: &Doer, id: PersonId, purpose: Purpose, act: Act) -> Result<Issued, Failure> {
        let now = self.clock.now();
        let seconds = match purpose {
            Purpose::Invitation => self.options.invitation_seconds,
            Purpose::Reset => self.options.reset_seconds,
        };
        let (link, token) = Link::new(id, purpose, seconds, now);
        let address = Secret::new(format!("{}/links/{}", self.options.base, token.reveal()));
        let entry = Entry::new(now, &doer.by, act, id);
        let (acting, expires) = (doer.acting, link.expires);
        let (carrier, shown) = (self.carrier.clone(), address.clone());
        let carried = self
            .store
            .shard_of(id)
            .write(move |tx| {
                let person = people_rows::person(tx, id)?.ok_or(Reason::NotFound)?;
                grants::rules::may_administer(acting, id, grants::rows::on_house(tx, id)?)?;
                recipient(&person, purpose)?;
                let outgoing = Outgoing {
                    link: link.id,
                    person: id,
                    purpose,
                    address: address.clone(),
                    made: now,
                    expires,
                };
                rows::put(tx, &link)?;
                expiry::watch(tx, &link)?;
                audit::record(tx, &entry)?;
                Ok::<_, Failure>(carrier.carry(tx, &outgoing)?)
            })
            .await?;
        let address = (carried == Carried::ShownToAdmin).then_some(shown);
        Ok(Issued {
            purpose,
            expires,
            address,
        })
    }

    /// What the link is for and whose it is.
    pub async fn open_link(&self, token: &LinkToken) -> Result<LinkView, Failure> {
        let now = self.clock.now();
        let (link, person) = self.opened(token, now).await?;
        let (about, email) = recipient(&person, link.purpose).map_err(|_| Reason::LinkSpent)?;
        Ok(LinkView {
            purpose: link.purpose,
            email: email.clone(),
            name: about.name.to_string(),
            language: about.language,
            expires: link.expires,
        })
    }

    /// Uses the link up: sets the password, and makes an invited person active.
    pub async fn accept_link(
        &self,
        caller: &Caller,
        token: &LinkToken,
        password: &str,
    ) -> Result<Person, Failure> {
        let now = self.clock.now();
        let (link, person) = self.opened(token, now).await?;
        let (about, email) = recipient(&person, link.purpose).map_err(|_| Reason::LinkSpent)?;
        let about_them = passwords::About {
            email: email.as_str(),
            name: &about.name,
            house: &self.options.house,
        };
        let password = passwords::accept(password, self.options.password_chars_min, &about_them)?;
        let hash = self.passwords.hash(&password).await?;
        let (id, link_id, purpose) = (link.person, link.id, link.purpose);
        // Whoever opens the link is the person it was made for, as far as anybody can know.
        let by = By {
            actor: Actor::Person(id),
            ..By::from(caller)
        };
        let act = match purpose {
            Purpose::Invitation => Act::InvitationAccepted,
            Purpose::Reset => Act::ResetAccepted,
        };
        let entry = Entry::new(now, &by, act, id);
        let kept_until = self.tokens_end(now);
        let (person, held, revoked) = self
            .store
            .shard_of(id)
            .write(move |tx| {
                if !rows::spend(tx, link_id)? {
                    return Err(Failure::from(Reason::LinkSpent));
                }
                expiry::unwatch(tx, id, purpose)?;
                let before = people_rows::person(tx, id)?.ok_or(Reason::LinkSpent)?;
                let after = accepted(&before, purpose, now)?;
                let mut revoked = match &after {
                    Some(after) => save(
                        tx,
                        &before,
                        &Decision::new(after.clone(), act),
                        entry.clone(),
                        now,
                        kept_until,
                    )?,
                    None => {
                        audit::record(tx, &entry)?;
                        Vec::new()
                    }
                };
                accounts::set_password(tx, id, &hash, now)?;
                // Whoever knew the old password, or found a session open, is out.
                revoked.extend(accounts::end_all(tx, id, now, kept_until)?);
                let held: HouseRoles = grants::rows::on_house(tx, id)?;
                Ok((after.unwrap_or(before), held, revoked))
            })
            .await?;
        self.revocations.learn(&revoked);
        roll::enter(&self.store, &person, held).await?;
        Ok(person)
    }

    /// Somebody who cannot sign in asks for a reset. Whether anybody has the address is not told, neither by the
    /// answer nor by the time it takes: the work is done after the answer.
    pub async fn ask_for_reset(&self, by: &By, email: &Email) -> Result<(), Failure> {
        let Some(person) = emails::bearer(&self.store, email).await? else {
            return Ok(());
        };
        let now = self.clock.now();
        let entry = Entry::new(now, by, Act::ResetAsked, person.id);
        self.store
            .shard_of(person.id)
            .write(move |tx| audit::record(tx, &entry))
            .await?;
        if self.sends_resets() && recipient(&person, Purpose::Reset).is_ok() {
            self.issue_reset(&Doer::house(&by.request), person.id).await?;
        }
        Ok(())
    }

    /// Whether whoever forgot their password gets a letter. Otherwise it would lie in a folder, and an administrator
    /// passes a link on.
    pub fn sends_resets(&self) -> bool {
        self.carrier.reaches_people() || self.options.has_mailbox
    }

    /// Takes a request for a reset, unless there were too many, and answers before the work is done.
    pub fn take_reset_request(self: &Arc<Self>, caller: &Caller, email: Email) -> Result<(), Failure> {
        let now = self.clock.now();
        let too_many = |seconds| Failure::TooMany { seconds };
        self.throttles
            .address
            .take(&address_key(caller.address), now)
            .map_err(too_many)?;
        self.throttles.account.take(&email.key(), now).map_err(too_many)?;
        let Ok(place) = Arc::clone(&self.resets_under_way).try_acquire_owned() else {
            metrics::counter!("townhall_limit_reached_total", "limit" => "resets_under_way").increment(1);
            return Err(StoreError::Busy.into());
        };
        let (registry, by) = (Arc::clone(self), By::from(caller));
        tokio::spawn(async move {
            if let Err(failure) = registry.ask_for_reset(&by, &email).await {
                tracing::error!(
                    request_id = by.request,
                    "a request for a password reset was lost: {failure}"
                );
            }
            drop(place);
        });
        Ok(())
    }

    /// Bounds how often one address may try links: their secrets cannot be guessed, but each try costs a look.
    pub fn pace_links(&self, caller: &Caller) -> Result<(), Failure> {
        let now = self.clock.now();
        let key = address_key(caller.address);
        self.throttles
            .address
            .take(&key, now)
            .map_err(|seconds| Failure::TooMany { seconds })
    }

    async fn opened(&self, token: &LinkToken, now: Moment) -> Result<(Link, Person), Failure> {
        let id = token.person;
        let (links, person) = self
            .store
            .shard_of(id)
            .read(move |tx| Ok::<_, Failure>((rows::of_person(tx, id)?, people_rows::person(tx, id)?)))
            .await?;
        let link = links.into_iter().find(|link| link.opens_with(token, now));
        link.zip(person).ok_or_else(|| Reason::LinkSpent.into())
    }
}

/// Whom a link of this kind may be made for.
fn recipient(person: &Person, purpose: Purpose) -> Result<(&About, &Email), Reason> {
    let about = match (&person.state, purpose) {
        (State::Deleted, _) => return Err(Reason::NotFound),
        (State::Invited(about), Purpose::Invitation) | (State::Active(about), Purpose::Reset) => about,
        (_, Purpose::Invitation) => return Err(Reason::NotInvited),
        (_, Purpose::Reset) => return Err(Reason::NotActive),
    };
    let email = about.email.as_ref().ok_or(Reason::NoEmail)?;
    Ok((about, email))
}

/// The person once the link is used; `None` when they stay as they are.
fn accepted(person: &Person, purpose: Purpose, now: Moment) -> Result<Option<Person>, Reason> {
    match purpose {
        Purpose::Invitation => rules::accept(person, now)
            .map(Some)
            .map_err(|_| Reason::LinkSpent),
        Purpose::Reset if person.state.is_active() => Ok(None),
        Purpose::Reset => Err(Reason::LinkSpent),
    }
}
