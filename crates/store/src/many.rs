//! One question about many owners: those whose rows lie together are read together.
//!
//! Each owner's gate is asked on the same snapshot as their rows, as if they were read alone. Whoever lives on the cold server is
//! then looked for there, and who is just on the way is waited for.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::try_join_all;
use kernel::{Id, Moment};

use crate::gate::Gate;
use crate::lane::{Freshness, Server};
use crate::routes::{Journey, Place, Purpose};
use crate::{Elsewhere, Store, StoreError, Tx};

/// Owners who are read on one snapshot: whoever shares the thread with them does not wait long.
const OWNERS_AT_ONCE: usize = 32;

/// Where an owner stands among those who were asked for, and what must be true of their rows.
type Guarded = (usize, Gate);

/// Those who are read together.
type Party<'a> = (&'a Arc<Server>, Vec<Guarded>);

/// What was read of an owner who stands there.
type Found<T> = (usize, Result<T, Elsewhere>);

impl Store {
    /// Reads the same of many owners; the answers stand in their order. Each owner is read on one snapshot, and not all of them on
    /// the same.
    pub async fn read_of_many<I, T, E>(
        &self,
        asked: Vec<I>,
        owner: impl Fn(&I) -> Id,
        body: impl Fn(&mut Tx<'_>, &I) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Vec<T>, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let owners: Vec<Id> = asked.iter().map(owner).collect();
        let body = Arc::new(move |tx: &mut Tx<'_>, at: usize| match asked.get(at) {
            Some(one) => body(tx, one),
            None => Err(StoreError::broken("nobody was asked for there").into()),
        });
        let mut answers: BTreeMap<usize, T> = BTreeMap::new();
        let mut sought: Vec<usize> = (0..owners.len()).collect();
        for to_cold in [false, true] {
            let parties = self.parties(&owners, &sought, to_cold)?;
            sought.clear();
            let looks = parties
                .into_iter()
                .map(|(server, party)| read_party(server, party, Arc::clone(&body), self.now()));
            for (at, found) in try_join_all(looks).await?.into_iter().flatten() {
                match found {
                    Ok(answer) => drop(answers.insert(at, answer)),
                    Err(Elsewhere::Cold) => sought.push(at),
                    Err(Elsewhere::Remapped | Elsewhere::Fenced | Elsewhere::Warm) => {}
                }
            }
        }
        let mut told = Vec::with_capacity(owners.len());
        for (at, owner) in owners.into_iter().enumerate() {
            told.push(match answers.remove(&at) {
                Some(answer) => answer,
                None => {
                    let body = Arc::clone(&body);
                    self.shard_of(owner).read(move |tx| body(tx, at)).await?
                }
            });
        }
        Ok(told)
    }

    /// Those of the owners who are sought, with their neighbours on the same server.
    fn parties(&self, owners: &[Id], sought: &[usize], to_cold: bool) -> Result<Vec<Party<'_>>, StoreError> {
        let mut by_server: BTreeMap<&str, Party<'_>> = BTreeMap::new();
        for at in sought {
            let Some(owner) = owners.get(*at) else { continue };
            let place = Place::Owner(*owner);
            let journey = match to_cold {
                true => Journey::to_cold(place, Purpose::Read),
                false => Journey::new(place, Purpose::Read),
            };
            let (server, gate) = self.routes().find(&journey)?;
            let known = by_server.entry(&server.name).or_insert((server, Vec::new()));
            known.1.push((*at, gate));
        }
        let mut parties = Vec::new();
        for (server, all) in by_server.into_values() {
            parties.extend(all.chunks(OWNERS_AT_ONCE).map(|party| (server, party.to_vec())));
        }
        Ok(parties)
    }
}

async fn read_party<B, T, E>(
    server: &Server,
    party: Vec<Guarded>,
    body: Arc<B>,
    now: Moment,
) -> Result<Vec<Found<T>>, E>
where
    B: Fn(&mut Tx<'_>, usize) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    // A file is read by whoever asks: others are let in between two parties.
    tokio::task::yield_now().await;
    let each = Arc::new(move |tx: &mut Tx<'_>| {
        let each = party.iter().map(|(at, gate)| match gate.check(tx) {
            Ok(()) => Ok((*at, Ok(body(tx, *at)?))),
            Err(StoreError::Moved(why)) => Ok((*at, Err(why))),
            Err(error) => Err(error.into()),
        });
        each.collect::<Result<Vec<_>, E>>()
    });
    server.read(&each, Gate::Open, now, Freshness::Latest).await?
}
