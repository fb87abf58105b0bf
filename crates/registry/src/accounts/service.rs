//! Use cases of accounts: change one's password, open a locked account.

use kernel::PersonId;
use store::StoreError;

use super::types::{Account, Failures, NotChanged};
use super::{rows, rules};
use crate::audit::{self, Act, By, Entry};
use crate::failure::Failure;
use crate::grants::types::{Acting, Doer};
use crate::passwords::{self, About, HashingRefused, PasswordHash, TypedPassword};
use crate::people::types::Reason;
use crate::{Registry, people, sessions};

impl Registry {
    /// Changes one's own password, and ends all other sessions. `session` is the one that stays.
    pub async fn change_password(
        &self,
        person: PersonId,
        session: kernel::Id,
        current: &str,
        new: &str,
        by: &By,
    ) -> Result<(), NotChanged> {
        let typed = TypedPassword::new(current).map_err(|_| NotChanged::WrongPassword)?;
        let now = self.clock.now();
        let too_many = |seconds| NotChanged::Locked { seconds };
        self.throttles
            .account
            .take(&person.to_string(), now)
            .map_err(too_many)?;
        let (account, failures, known) = self
            .store
            .shard_of(person)
            .read(move |tx| {
                let account = rows::account(tx, person.0)?;
                Ok::<_, StoreError>((
                    account,
                    rows::failures(tx, person.0)?,
                    people::rows::person(tx, person)?,
                ))
            })
            .await?;
        if let Some(seconds) = rules::locked_seconds(failures.as_ref(), now) {
            return Err(NotChanged::Locked { seconds });
        }
        let stored = account
            .and_then(|account: Account| account.password)
            .ok_or(NotChanged::NoPassword)?;
        let about = known
            .as_ref()
            .and_then(|known| known.about())
            .ok_or(NotChanged::NoPassword)?;
        let about = About {
            email: about.email.as_ref().map_or("", |email| email.as_str()),
            name: &about.name,
            house: &self.options.house,
        };
        let accepted =
            passwords::accept(new, self.options.password_chars_min, &about).map_err(NotChanged::Weak)?;
        if accepted.secret() == typed.secret() {
            return Err(NotChanged::Same);
        }
        if !self
            .passwords
            .verify(&typed, Some(&stored))
            .await
            .map_err(hashing)?
            .matches
        {
            self.count_wrong_password(person, by).await?;
            return Err(NotChanged::WrongPassword);
        }
        let hash = self.passwords.hash(&accepted).await.map_err(hashing)?;
        let kept_until = self.tokens_end(now);
        let entry = Entry::new(now, by, Act::PasswordChanged, person);
        let ended = self
            .store
            .shard_of(person)
            .write(move |tx| {
                let still = rows::account(tx, person.0)?.and_then(|account| account.password);
                if still.as_ref() != Some(&stored) {
                    return Err(NotChanged::WrongPassword);
                }
                super::set_password(tx, person, &hash, now)?;
                audit::record(tx, &entry)?;
                Ok(sessions::end_all(tx, person, Some(session), now, kept_until)?)
            })
            .await?;
        self.revocations.learn(&ended);
        Ok(())
    }

    /// The hash of a password that the operator gives to people: see [`Registry::give_password`].
    pub async fn hash_password(&self, text: &str) -> Result<PasswordHash, Failure> {
        let about = About {
            house: &self.options.house,
            ..About::default()
        };
        let accepted = passwords::accept(text, self.options.password_chars_min, &about)?;
        Ok(self.passwords.hash(&accepted).await?)
    }

    /// Gives somebody a password without a link, and ends what was open: for the operator at the command line, for
    /// whom no letter is needed, and for the people of a demo city, who all share one.
    pub async fn give_password(
        &self,
        doer: &Doer,
        person: PersonId,
        hash: &PasswordHash,
    ) -> Result<(), Failure> {
        if doer.acting != Acting::House {
            return Err(Reason::AdminOnly.into());
        }
        let (now, kept_until) = (self.clock.now(), self.tokens_end(self.clock.now()));
        let entry = Entry::new(now, &doer.by, Act::PasswordChanged, person);
        let hash = hash.clone();
        let ended = self
            .store
            .shard_of(person)
            .write(move |tx| {
                let known = people::rows::person(tx, person)?;
                if !known.is_some_and(|known| known.state.is_active()) {
                    return Err(Failure::from(Reason::NotActive));
                }
                super::set_password(tx, person, &hash, now)?;
                audit::record(tx, &entry)?;
                Ok(super::end_all(tx, person, now, kept_until)?)
            })
            .await?;
        self.revocations.learn(&ended);
        Ok(())
    }

    /// Somebody at an open session must not guess the password either.
    async fn count_wrong_password(&self, person: PersonId, by: &By) -> Result<(), StoreError> {
        let (now, lockout) = (self.clock.now(), self.lockout());
        let entry = Entry::new(now, by, Act::LockedOut, person);
        self.store
            .shard_of(person)
            .write(move |tx| {
                let before = rows::failures(tx, person.0)?;
                let failures = rules::after_failure(before.as_ref(), lockout, now);
                rows::put_failures(
                    tx,
                    person.0,
                    &failures,
                    now.plus_seconds(-super::FAILURES_KEPT_SECONDS),
                )?;
                if failures.locked_until.is_some() {
                    audit::record(tx, &entry)?;
                }
                Ok(())
            })
            .await
    }

    /// Forgets wrong passwords, so that a locked person can try again at once.
    pub async fn unlock_person(&self, doer: &Doer, person: PersonId) -> Result<(), Failure> {
        let entry = Entry::new(self.clock.now(), &doer.by, Act::AccountUnlocked, person);
        let acting = doer.acting;
        self.store
            .shard_of(person)
            .write(move |tx| {
                super::may_administer(tx, acting, person)?;
                if rows::forget_failures(tx, person.0)? {
                    audit::record(tx, &entry)?;
                }
                Ok(())
            })
            .await
    }

    /// For how many seconds more the account takes no password.
    pub async fn locked_seconds(&self, person: PersonId) -> Result<Option<u32>, StoreError> {
        let now = self.clock.now();
        let failures: Option<Failures> = self
            .store
            .shard_of(person)
            .read(move |tx| rows::failures(tx, person.0))
            .await?;
        Ok(rules::locked_seconds(failures.as_ref(), now))
    }
}

fn hashing(refused: HashingRefused) -> NotChanged {
    match refused {
        HashingRefused::Busy => NotChanged::Busy,
        HashingRefused::BadHash => NotChanged::NoPassword,
    }
}
