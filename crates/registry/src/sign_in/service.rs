//! The sign-in itself.

use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

use super::types::Refused;
use crate::accounts::{self, Account, Failures, Lockout};
use crate::audit::{self, Act, Actor, By, Entry};
use crate::passwords::{HashingRefused, PasswordHash, TypedPassword};
use crate::people::{emails, types::Email};
use crate::revocations::Revocation;
use crate::sessions::rules::{SESSIONS_MAX, device_name};
use crate::sessions::types::{RefreshToken, Session};
use crate::sessions::{self, Client, Ended, Tokens};
use crate::throttle::address_key;
use crate::tokens::Bearer;
use crate::{Registry, sessions::rows as session_rows};

/// Whom an address belongs to, as far as a sign-in needs to know. For an address that nobody has, the id is made of
/// the address itself, and everything goes the same way, so that neither answer nor time tells.
#[derive(Clone)]
struct Candidate {
    owner: Id,
    person: Option<PersonId>,
    account: Option<Account>,
    failures: Option<Failures>,
}

enum Started {
    Yes(Bearer, Vec<Revocation>),
    /// The password was changed while it was checked.
    Changed,
    Blocked,
}

impl Registry {
    /// Signs somebody in by e-mail and password, and starts a session.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        client: &Client,
        request: &str,
    ) -> Result<Tokens, Refused> {
        let result = self.try_sign_in(email, password, client, request).await;
        let label = result.as_ref().map_or_else(Refused::label, |_| "signed_in");
        metrics::counter!("townhall_sign_ins_total", "result" => label).increment(1);
        result
    }

    async fn try_sign_in(
        &self,
        email: &str,
        password: &str,
        client: &Client,
        request: &str,
    ) -> Result<Tokens, Refused> {
        let email = Email::parse(email).map_err(Refused::Email)?;
        let typed = TypedPassword::new(password).map_err(Refused::Password)?;
        let now = self.clock.now();
        let too_many = |seconds| Refused::TooMany { seconds };
        self.throttles
            .address
            .take(&address_key(client.address), now)
            .map_err(too_many)?;
        self.throttles.account.take(&email.key(), now).map_err(too_many)?;

        let candidate = self.candidate(&email).await?;
        if let Some(seconds) = accounts::rules::locked_seconds(candidate.failures.as_ref(), now) {
            return Err(Refused::Locked { seconds });
        }
        let stored = candidate
            .account
            .as_ref()
            .and_then(|account| account.password.as_ref());
        let verdict = self.passwords.verify(&typed, stored).await.map_err(hashing)?;
        let by = By {
            actor: candidate.person.map_or(Actor::Nobody, Actor::Person),
            request: request.to_owned(),
        };
        let (true, Some(person), Some(stored)) = (verdict.matches, candidate.person, stored) else {
            return self.refuse_password(&candidate, request).await;
        };
        let renewed = if verdict.outdated {
            self.passwords.rehash(&typed).await.ok()
        } else {
            None
        };
        self.start_session(person, stored.clone(), renewed, client, &by)
            .await
    }

    async fn candidate(&self, email: &Email) -> Result<Candidate, StoreError> {
        let bearer = emails::bearer(&self.store, email).await?;
        let person = bearer.map(|person| person.id);
        let owner = person.map_or_else(|| Id::named("nobody", &email.key()), |person| person.0);
        self.store
            .shard_of(owner)
            .read(move |tx| {
                Ok(Candidate {
                    owner,
                    person,
                    account: accounts::rows::account(tx, owner)?,
                    failures: accounts::rows::failures(tx, owner)?,
                })
            })
            .await
    }

    /// Counts a wrong password and says no.
    async fn refuse_password(&self, candidate: &Candidate, request: &str) -> Result<Tokens, Refused> {
        let (owner, now) = (candidate.owner, self.clock.now());
        let by = By {
            actor: Actor::Nobody,
            request: request.to_owned(),
        };
        let (refused, locked) = (
            Entry::new(now, &by, Act::SignInRefused, owner),
            Entry::new(now, &by, Act::LockedOut, owner),
        );
        let lockout = self.lockout();
        self.store
            .shard_of(owner)
            .write(move |tx| {
                let before = accounts::rows::failures(tx, owner)?;
                let failures = accounts::rules::after_failure(before.as_ref(), lockout, now);
                let forgotten = now.plus_seconds(-accounts::FAILURES_KEPT_SECONDS);
                accounts::rows::put_failures(tx, owner, &failures, forgotten)?;
                let entry = if failures.locked_until.is_some() {
                    &locked
                } else {
                    &refused
                };
                audit::record(tx, &entry.clone().telling("failures", failures.count.to_string()))
            })
            .await?;
        Err(Refused::WrongCredentials)
    }

    pub(crate) fn lockout(&self) -> Lockout {
        Lockout {
            failures: self.options.lockout_failures,
            seconds: self.options.lockout_seconds,
        }
    }

    async fn start_session(
        &self,
        person: PersonId,
        verified: PasswordHash,
        renewed: Option<PasswordHash>,
        client: &Client,
        by: &By,
    ) -> Result<Tokens, Refused> {
        let now = self.clock.now();
        let refresh = RefreshToken::first(Id::beside(person.0, now));
        let start = Start {
            session: Session {
                id: refresh.session,
                person,
                surface: client.surface,
                device: device_name(client.user_agent.as_deref()),
                address: client.address.to_canonical().to_string(),
                created: now,
                last_seen: now,
                expires: now.plus_seconds(self.options.session_seconds),
                rotation: refresh.rotation(now),
                ended: None,
            },
            verified,
            renewed,
            tokens_end: self.tokens_end(now),
            entry: Entry::new(now, by, Act::SignedIn, person).telling("session", refresh.session.to_string()),
            now,
        };
        let started = self.store.shard_of(person).write(move |tx| start.run(tx)).await?;
        let bearer = match started {
            Started::Yes(bearer, ended) => {
                self.revocations.learn(&ended);
                bearer
            }
            Started::Changed => return Err(Refused::WrongCredentials),
            Started::Blocked => return Err(Refused::Blocked),
        };
        let access = self.access_token(&bearer, now).map_err(Refused::Broken)?;
        Ok(Tokens {
            person,
            session: bearer.session,
            access,
            refresh: Some(refresh.reveal()),
            refresh_seconds: self.options.session_seconds,
            bearer,
        })
    }
}

/// All that the transaction of a sign-in needs; made before it, because it may run twice.
struct Start {
    session: Session,
    /// The hash that the typed password was found to fit.
    verified: PasswordHash,
    renewed: Option<PasswordHash>,
    tokens_end: Moment,
    entry: Entry,
    now: Moment,
}

impl Start {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Started, StoreError> {
        let person = self.session.person;
        let account = accounts::rows::account(tx, person.0)?;
        if account.and_then(|account| account.password).as_ref() != Some(&self.verified) {
            return Ok(Started::Changed);
        }
        let Some(bearer) = sessions::bearer_of(tx, person, self.session.id)? else {
            return Ok(Started::Blocked);
        };
        if let Some(renewed) = &self.renewed {
            accounts::rows::renew_hash(tx, person, &self.verified, renewed)?;
        }
        accounts::rows::forget_failures(tx, person.0)?;
        session_rows::drop_expired(tx, person, self.now)?;
        let ended = self.make_room(tx)?;
        session_rows::insert(tx, &self.session)?;
        audit::record(tx, &self.entry)?;
        Ok(Started::Yes(bearer, ended))
    }

    /// Ends the sessions that were not used for the longest, when there are too many.
    fn make_room(&self, tx: &mut Tx<'_>) -> Result<Vec<Revocation>, StoreError> {
        let open = session_rows::open_of(tx, self.session.person, self.now, i64::MAX)?;
        let mut ended = Vec::new();
        for session in open.iter().skip(SESSIONS_MAX - 1) {
            ended.extend(sessions::end_one(
                tx,
                session.id,
                Ended::Revoked,
                self.now,
                self.tokens_end,
            )?);
        }
        Ok(ended)
    }
}

fn hashing(refused: HashingRefused) -> Refused {
    match refused {
        HashingRefused::Busy => Refused::Busy,
        HashingRefused::BadHash => Refused::Broken(refused.to_string()),
    }
}
