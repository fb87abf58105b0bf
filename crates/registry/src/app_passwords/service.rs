//! Use cases of app passwords.

use std::net::IpAddr;
use std::sync::Arc;

use front::{Proof, Who};
use kernel::{Id, PersonId, Secret, Text};
use store::StoreError;

use super::rows;
use super::types::{APP_PASSWORDS_MAX, AppPassword, NAME_CHARS_MAX, Refused, spell, typed_hash};
use crate::audit::{self, Act, By, Entry};
use crate::gatekeeper::Recognised;
use crate::people::emails;
use crate::people::types::Email;
use crate::sessions::bearer_of;
use crate::sessions::types::{Hash, hash, hex};
use crate::throttle::address_key;
use crate::{Registry, revocations};

/// How exactly it is known when one was last used: a write per hour and not per request.
pub(crate) const LAST_USED_SECONDS: i64 = 3_600;

impl Registry {
    pub async fn app_passwords(&self, person: PersonId) -> Result<Vec<AppPassword>, Refused> {
        Ok(self
            .store
            .shard_of(person)
            .read(move |tx| rows::all_of(tx, person))
            .await?)
    }

    /// Makes one. The secret is told here and never again.
    pub async fn make_app_password(
        &self,
        person: PersonId,
        name: &str,
        by: &By,
    ) -> Result<(AppPassword, Secret), Refused> {
        let name = Text::required(name, NAME_CHARS_MAX).map_err(Refused::Name)?;
        let now = self.clock.now();
        let secret = Secret::new(spell(&random()));
        let hash = typed_hash(secret.reveal());
        let made = AppPassword {
            id: Id::beside(person.0, now),
            person,
            name,
            created: now,
            last_used: None,
        };
        let entry =
            Entry::new(now, by, Act::AppPasswordCreated, person).telling("app_password", made.id.to_string());
        let written = made.clone();
        self.store
            .shard_of(person)
            .write(move |tx| {
                if rows::all_of(tx, person)?.len() >= APP_PASSWORDS_MAX {
                    return Err(Refused::TooManyOfThem);
                }
                rows::insert(tx, &written, &hash)?;
                Ok(audit::record(tx, &entry)?)
            })
            .await?;
        Ok((made, secret))
    }

    pub async fn remove_app_password(&self, person: PersonId, id: Id, by: &By) -> Result<(), Refused> {
        let (now, kept_until) = (self.clock.now(), self.tokens_end(self.clock.now()));
        let entry =
            Entry::new(now, by, Act::AppPasswordRevoked, person).telling("app_password", id.to_string());
        let ended = self
            .store
            .shard_of(person)
            .write(move |tx| {
                if !rows::delete(tx, person, id)? {
                    return Err(Refused::NotFound);
                }
                audit::record(tx, &entry)?;
                Ok(revocations::end(tx, id, now, kept_until)?)
            })
            .await?;
        self.revocations.learn(&[ended]);
        Ok(())
    }

    /// Whose e-mail and app password these are. They are recognised for a minute without asking the store.
    pub(crate) async fn recognise_app_password(
        &self,
        email: &str,
        password: &str,
        address: IpAddr,
    ) -> Result<Who, Refused> {
        let now = self.clock.now();
        let email = Email::parse(email).map_err(|_| Refused::WrongCredentials)?;
        let typed = typed_hash(password);
        let shown = memory_key(&email, &typed);
        if let Some(known) = self.recognised.others.get(&shown, now)
            && self.still_good(&known).is_ok()
        {
            return Ok(known.who.clone());
        }
        let too_many = |seconds| Refused::TooMany { seconds };
        self.throttles
            .address
            .take(&address_key(address), now)
            .map_err(too_many)?;
        let person = emails::bearer(&self.store, &email)
            .await?
            .ok_or(Refused::WrongCredentials)?
            .id;
        let found = self
            .store
            .shard_of(person)
            .read(move |tx| {
                let Some(known) = rows::with_hash(tx, person, &typed)? else {
                    return Ok(None);
                };
                Ok::<_, StoreError>(bearer_of(tx, person, known.id)?.map(|bearer| (known, bearer)))
            })
            .await?;
        let (known, bearer) = found.ok_or(Refused::WrongCredentials)?;
        if known
            .last_used
            .is_none_or(|used| used.plus_seconds(LAST_USED_SECONDS) <= now)
        {
            self.store
                .shard_of(person)
                .write(move |tx| rows::used(tx, known.id, now))
                .await?;
        }
        let recognised = Arc::new(Recognised {
            by: known.id,
            of: Some((person.0, bearer.generation)),
            who: Who::Person(Arc::new(bearer.signed_in(Proof::AppPassword))),
            until: self.remembered_until(now),
        });
        self.recognised.others.put(&shown, Arc::clone(&recognised));
        self.still_good(&recognised)
            .map_err(|_| Refused::WrongCredentials)?;
        Ok(recognised.who.clone())
    }
}

/// What stands in memory for an e-mail and app password: not they themselves.
fn memory_key(email: &Email, typed: &Hash) -> String {
    hex(&[hash(&email.key()), *typed].concat())
}

/// Twenty random bytes; 256 is a multiple of the alphabet's 32 letters, so none is likelier than another.
fn random() -> [u8; 20] {
    let digest = hash(Secret::random().reveal());
    std::array::from_fn(|at| digest[at])
}
