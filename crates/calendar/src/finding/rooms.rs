//! Rooms for times that were found.

use kernel::{Page, PageSize};
use store::StoreError;

use super::Time;
use crate::resources::{Place, Resource, SEATS_MAX};
use crate::rules::slots::{Slots, slot_from, slot_of};
use crate::service::{Calendars, Refused};
use crate::types::Reason;

/// Rooms that are read at once.
const PAGE: u32 = 200;

impl Time {
    /// The quarters of an hour that it touches.
    fn slots(&self) -> std::ops::Range<i64> {
        slot_of(self.starts)..slot_from(self.ends)
    }
}

impl Calendars {
    /// For each time, `count` rooms at most with so many seats that are free then, by name. Each room is looked at once for all of
    /// the times, and only as long as one of them wants more.
    pub(crate) async fn rooms_at(
        &self,
        times: &[Time],
        seats: i64,
        count: usize,
    ) -> Result<Vec<Vec<Resource>>, Refused> {
        let first = times.iter().map(|time| time.slots().start).min();
        let last = times.iter().map(|time| time.slots().end).max();
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        let mut free: Vec<Vec<Resource>> = vec![Vec::new(); times.len()];
        let mut after = None;
        while free.iter().any(|rooms| rooms.len() < count) {
            let page = self.resources(after, seats, PageSize::clamped(Some(PAGE)));
            let Page { items, next } = page.await?;
            let busy = self.slots_of_rooms(&items, (first, last - first)).await?;
            for (room, busy) in items.into_iter().zip(busy) {
                let Some(busy) = busy else { continue };
                let open = times.iter().zip(&mut free);
                let open = open.filter(|(time, rooms)| {
                    rooms.len() < count && time.slots().all(|slot| !busy.is_taken(slot))
                });
                open.for_each(|(_, rooms)| rooms.push(room.clone()));
            }
            let Some(next) = next else { break };
            after = Some(Place::of(&next).map_err(|bad| StoreError::broken(bad.to_string()))?);
        }
        Ok(free)
    }

    /// When rooms are busy; `None`: nobody knows it any more, so nobody can invite it.
    pub(crate) async fn slots_of_rooms(
        &self,
        rooms: &[Resource],
        range: (i64, i64),
    ) -> Result<Vec<Option<Slots>>, Refused> {
        let cards = self.cards(rooms.iter().map(|room| room.person).collect()).await?;
        let known = rooms
            .iter()
            .map(|room| Some((room.person, cards.get(&room.person)?)));
        self.slots_of(&known.collect::<Vec<_>>(), range).await
    }
}

/// Whether rooms can have so many seats.
pub(crate) fn check_seats(field: &'static str, seats: i64) -> Result<(), Reason> {
    match (0..=SEATS_MAX).contains(&seats) {
        true => Ok(()),
        false => Err(Reason::field(field, format!("must be 0 to {SEATS_MAX}"))),
    }
}
