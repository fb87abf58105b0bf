//! Whom calendar programs find: oneself, rooms and things, and those whose address one knows.

use std::collections::HashMap;

use dav::{Denied, Principal};
use front::SignedIn;
use ical::Sort;
use kernel::{PageSize, PersonId};
use store::StoreError;

use crate::service::{Calendars, Refused};

/// The first rooms by their names: a program that searches shows a few.
const ROOMS_LOOKED_THROUGH: u32 = 500;
const OTHERS_TOLD: usize = 100;

pub(super) async fn oneself(calendars: &Calendars, who: &SignedIn) -> Result<Principal, Denied> {
    let card = calendars.card(who.id).await?.ok_or(Denied::NotFound)?;
    Ok(Principal {
        id: who.id,
        sort: Sort::Individual,
        name: card.name,
        addresses: card.email.into_iter().chain(card.former).collect(),
    })
}

/// Rooms and things with these words in their names, and whoever has them as their address.
pub(super) async fn others(calendars: &Calendars, words: &str) -> Result<Vec<Principal>, Denied> {
    let address = words.strip_prefix("mailto:").unwrap_or(words);
    let somebody = match address.contains('@') {
        true => bearer(calendars, address).await?,
        false => None,
    };
    let folded = words.to_lowercase();
    let rooms = calendars.resources(None, 0, PageSize::clamped(Some(ROOMS_LOOKED_THROUGH)));
    let mut rooms = rooms.await?.items;
    rooms.retain(|room| room.name.to_lowercase().contains(&folded) || Some(room.person) == somebody);
    rooms.truncate(OTHERS_TOLD);
    let sorts: HashMap<PersonId, Sort> = rooms
        .iter()
        .map(|room| (room.person, room.sort.written()))
        .collect();
    let all = rooms.iter().map(|room| room.person).chain(somebody);
    let mut cards = calendars.cards(all.clone().collect()).await?;
    let told = all.filter_map(|person| {
        let card = cards.remove(&person)?;
        Some(Principal {
            id: person,
            sort: sorts.get(&person).copied().unwrap_or(Sort::Individual),
            name: card.name,
            addresses: card.email.into_iter().collect(),
        })
    });
    Ok(told.collect())
}

async fn bearer(calendars: &Calendars, address: &str) -> Result<Option<PersonId>, Refused> {
    let found: Result<_, StoreError> = calendars.people().bearer(address).await;
    Ok(found?)
}
