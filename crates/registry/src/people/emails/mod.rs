//! Who has an e-mail address.
//!
//! People live on many servers, so no unique index can see all of them. Instead, each address has one row, a claim,
//! in the shard that the address itself hashes to. A claim counts while its person exists and bears the address, or
//! for a few minutes after it was made. To take an address: claim it, save the person, confirm the claim.
//!
//! * Two who want the same address meet in that one row, and one of them loses.
//! * A crash after the claim leaves a claim whose person does not bear the address: it lapses by itself.
//! * A save that comes so late that the claim lapsed and went to somebody else is found out by the confirmation, and
//!   the person is saved again without the address.
//! * Whoever takes over a lapsed claim replaces exactly the claim they judged, so a confirmation in between wins.
//!
//! Whoever takes another address leaves the confirmed claim behind: it counts for nobody, so everybody may take it, and until then it
//! tells who bore the address last.
//!
//! The row holds no address, so nothing personal outlives the person.

mod rows;

use kernel::{Id, Moment, PersonId};
use store::{Store, StoreError, Tx};

use super::limits::{CLAIM_ATTEMPTS_MAX, CLAIM_COUNTS_SECONDS};
use super::readers::all_of;
use super::types::{Email, Person};

/// Somebody's hold on an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub person: PersonId,
    pub at: Moment,
    pub confirmed: bool,
}

impl Claim {
    fn is_young(&self, now: Moment) -> bool {
        !self.confirmed && now < self.at.plus_seconds(CLAIM_COUNTS_SECONDS)
    }
}

/// For whom an address is claimed. Where there is a cold server, those who never acted live there with their claims.
/// Later writes to a claim (`write_cold`) leave it where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    Acting,
    Imported,
}

impl Bearing {
    async fn write<T: Send + 'static>(
        self,
        store: &Store,
        address: Id,
        body: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let shard = store.shard_of(address);
        match self {
            Bearing::Acting => shard.write(body).await,
            Bearing::Imported => shard.write_cold(body).await,
        }
    }
}

/// A claim that was won and is to be confirmed once the person bears the address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an address that is not confirmed lapses"]
pub struct Claimed {
    key: String,
    person: PersonId,
    at: Moment,
}

impl Claimed {
    pub fn person(&self) -> PersonId {
        self.person
    }
}

/// The id under which all claims on an address meet.
fn address(key: &str) -> Id {
    Id::named("email", key)
}

/// Claims the address for a person who is about to bear it. `None` when it belongs to somebody else.
pub async fn claim(
    store: &Store,
    email: &Email,
    person: PersonId,
    bearing: Bearing,
    now: Moment,
) -> Result<Option<Claimed>, StoreError> {
    let key = email.key();
    let id = address(&key);
    let new = Claim {
        person,
        at: now,
        confirmed: false,
    };
    for _ in 0..CLAIM_ATTEMPTS_MAX {
        let known = store.shard_of(id).read(move |tx| rows::claim(tx, id)).await?;
        let won = match known {
            None => bearing.write(store, id, move |tx| rows::add(tx, id, new)).await?,
            Some(old) if old.person != person && counts(store, &key, old, now).await? => return Ok(None),
            Some(old) => {
                bearing
                    .write(store, id, move |tx| rows::replace(tx, id, old, new))
                    .await?
            }
        };
        if won {
            return Ok(Some(Claimed { key, person, at: now }));
        }
    }
    Err(StoreError::Busy)
}

async fn counts(store: &Store, key: &str, claim: Claim, now: Moment) -> Result<bool, StoreError> {
    Ok(claim.is_young(now) || bears(store, key, claim.person).await?)
}

async fn bears(store: &Store, key: &str, person: PersonId) -> Result<bool, StoreError> {
    let key = key.to_owned();
    store
        .shard_of(person)
        .read(move |tx| super::rows::bears(tx, person, &key))
        .await
}

/// Confirms the claim, now that the person bears the address. `false` when it lapsed meanwhile and went to somebody
/// else: then the person must not keep the address.
pub async fn confirm(store: &Store, claimed: &Claimed) -> Result<bool, StoreError> {
    let (id, person, at) = (address(&claimed.key), claimed.person, claimed.at);
    store
        .shard_of(id)
        .write_cold(move |tx| rows::confirm(tx, id, person, at))
        .await
}

/// Forgets that somebody had an address. A claim that counts stays, whoever made it.
pub async fn release(store: &Store, email: &Email, person: PersonId, now: Moment) -> Result<(), StoreError> {
    let key = email.key();
    let id = address(&key);
    let known = store.shard_of(id).read(move |tx| rows::claim(tx, id)).await?;
    match known {
        Some(claim) if claim.person == person && !counts(store, &key, claim, now).await? => {
            store
                .shard_of(id)
                .write_cold(move |tx| rows::remove(tx, id, claim))
                .await
        }
        _ => Ok(()),
    }
}

/// Gives back an address that was claimed for a person who then was not saved.
pub async fn give_up(store: &Store, claimed: &Claimed) -> Result<(), StoreError> {
    let id = address(&claimed.key);
    let claim = Claim {
        person: claimed.person,
        at: claimed.at,
        confirmed: false,
    };
    if bears(store, &claimed.key, claimed.person).await? {
        return Ok(());
    }
    store
        .shard_of(id)
        .write_cold(move |tx| rows::remove(tx, id, claim))
        .await
}

/// Who has each of these addresses, or nobody has it and they were the last; in their order.
pub async fn last_bearers(store: &Store, emails: &[Email]) -> Result<Vec<Option<Person>>, StoreError> {
    let keys: Vec<String> = emails.iter().map(Email::key).collect();
    let found = claimants(store, &keys).await?;
    let theirs = |person: &Person, key: &str| {
        let former = person.former_emails.iter();
        let mut all = person.email().into_iter().chain(former);
        all.any(|email| email.key() == *key)
    };
    let found = found.into_iter().zip(&keys);
    Ok(found
        .map(|(person, key)| person.filter(|person| theirs(person, key)))
        .collect())
}

/// Who has this address.
pub async fn bearer(store: &Store, email: &Email) -> Result<Option<Person>, StoreError> {
    let key = email.key();
    let mut found = claimants(store, std::slice::from_ref(&key)).await?;
    let found = found.pop().flatten();
    Ok(found.filter(|person| person.email().is_some_and(|email| email.key() == key)))
}

/// Whose the claims on some addresses are, whether they count or not; in their order.
async fn claimants(store: &Store, keys: &[String]) -> Result<Vec<Option<Person>>, StoreError> {
    let ids: Vec<Id> = keys.iter().map(|key| address(key)).collect();
    let claims = store
        .read_of_many(ids, |id| *id, |tx, id| rows::claim(tx, *id))
        .await?;
    let people = claims.iter().flatten().map(|claim| claim.person).collect();
    let mut people = all_of(store, people).await?.into_iter();
    let claimants = claims.iter().map(|claim| match claim {
        Some(_) => people.next()?,
        None => None,
    });
    Ok(claimants.collect())
}
