//! Founding the demo city by the ordinary use cases, so that its people are no other than real ones.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kernel::{Moment, PersonId};
use store::StoreError;

use super::plan::{City, Dweller, Standing};
use crate::accounts;
use crate::failure::Failure;
use crate::grants::types::{Doer, HOUSE};
use crate::passwords::{self, PasswordHash};
use crate::people::types::Reason;
use crate::people::{NewPerson, Start};
use crate::service::Registry;

/// For how long the first people of the city have been there.
const DAYS_MAX: i64 = 500;
/// People that settle at a time: enough to share the flushes of the disk, and well below any queue.
const AT_A_TIME: usize = 32;

/// What a store holds, seen from a city that is to be founded there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Empty,
    /// This city, or a part of it if founding was interrupted.
    ThisCity,
    /// Other people live here: nobody may be put among them.
    Others,
}

impl Registry {
    pub async fn ground(&self, city: &City) -> Result<Ground, Failure> {
        if self.count_people().await? == 0 {
            return Ok(Ground::Empty);
        }
        let Some(first) = city.dwellers.first() else {
            return Ok(Ground::Others);
        };
        match self.known(first.id).await {
            Ok(_) => Ok(Ground::ThisCity),
            Err(Failure::Refused(Reason::NotFound)) => Ok(Ground::Others),
            Err(failure) => Err(failure),
        }
    }

    /// Puts the people of the city in. Whoever is there already stays as they are.
    pub async fn found(self: &Arc<Self>, city: &City) -> Result<(), Failure> {
        let doer = Doer::house("demo");
        let mut hashes: Vec<(&str, PasswordHash)> = Vec::new();
        let mut settling = Vec::new();
        for dweller in &city.dwellers {
            let password = dweller.password.reveal();
            // Few passwords for many people: each is hashed once.
            let hash = match hashes.iter().find(|(known, _)| *known == password) {
                Some((_, hash)) => hash.clone(),
                None => {
                    let hash = self.hash_for(dweller).await?;
                    hashes.push((password, hash.clone()));
                    hash
                }
            };
            settling.push(self.settle_dweller(&doer, dweller, hash));
        }
        let mut settling = settling.into_iter();
        // The first one alone: whoever finds them knows that the others are to come.
        if let Some(first) = settling.next() {
            first.await?;
        }
        stream::iter(settling)
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await
    }

    async fn hash_for(&self, dweller: &Dweller) -> Result<PasswordHash, Failure> {
        let about = passwords::About {
            house: &self.options.house,
            ..passwords::About::default()
        };
        let password = passwords::accept(dweller.password.reveal(), self.options.password_chars_min, &about)?;
        Ok(self.passwords.hash(&password).await?)
    }

    async fn settle_dweller(
        &self,
        doer: &Doer,
        dweller: &Dweller,
        hash: PasswordHash,
    ) -> Result<(), Failure> {
        let start = if dweller.standing == Standing::Invited {
            Start::Invited
        } else {
            Start::Active
        };
        let new = NewPerson {
            id: Some(dweller.id),
            about: dweller.about.clone(),
            start,
        };
        match self
            .create_person_as_of(doer, new, self.here_since(dweller))
            .await
        {
            Ok(_) => {}
            Err(Failure::Refused(Reason::IdTaken)) if self.is_unfinished(dweller).await? => {}
            Err(Failure::Refused(Reason::IdTaken)) => return Ok(()),
            Err(failure) => return Err(failure),
        }
        if let Some(role) = dweller.role.on_house() {
            self.grant(doer, dweller.id, role.relation(), HOUSE).await?;
        }
        if dweller.standing != Standing::Invited {
            self.set_first_password(dweller.id, hash).await?;
        }
        if dweller.standing == Standing::Blocked {
            self.block_person(doer, dweller.id).await?;
        }
        Ok(())
    }

    /// The city is more than a year old: its people came over time, those who are invited just now.
    fn here_since(&self, dweller: &Dweller) -> Moment {
        let now = self.clock.now();
        if dweller.standing == Standing::Invited {
            return now;
        }
        let days = i64::from(dweller.id.0.as_bytes()[15]) * DAYS_MAX / i64::from(u8::MAX);
        now.plus_seconds(-days * 86_400)
    }

    /// Whether founding was interrupted between adding the person and giving them their password, which comes last.
    async fn is_unfinished(&self, dweller: &Dweller) -> Result<bool, Failure> {
        let id = dweller.id;
        let account = self
            .store
            .shard_of(id)
            .read(move |tx| accounts::rows::account(tx, id.0))
            .await?;
        let has_password = account.is_some_and(|account| account.password.is_some());
        Ok(self.known(id).await?.state.is_active() && !has_password)
    }

    async fn set_first_password(&self, id: PersonId, hash: PasswordHash) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store
            .shard_of(id)
            .write(move |tx| accounts::set_password(tx, id, &hash, now))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::plan;
    use crate::people::tests::house;
    use testkit::stores::Kind;

    #[tokio::test]
    async fn founding_a_city_twice_is_founding_it_once_and_never_among_others() {
        let house = house(Kind::Sqlite).await;
        let city = plan(1);
        assert_eq!(house.registry.ground(&city).await.unwrap(), Ground::Empty);
        house.registry.found(&city).await.unwrap();
        let entries = trail(&house.registry).await;
        house.registry.found(&city).await.unwrap();
        assert_eq!(
            trail(&house.registry).await,
            entries,
            "the second time nothing is done"
        );
        assert_eq!(house.registry.count_people().await.unwrap(), 200);
        assert_eq!(house.registry.ground(&city).await.unwrap(), Ground::ThisCity);
        assert_eq!(house.registry.ground(&plan(2)).await.unwrap(), Ground::Others);
        assert!(house.registry.has_admin().await.unwrap());
    }

    async fn trail(registry: &Registry) -> usize {
        let filter = crate::audit::Filter::default();
        registry
            .audit(&filter, None, kernel::PageSize::clamped(Some(500)))
            .await
            .unwrap()
            .items
            .len()
    }
}
