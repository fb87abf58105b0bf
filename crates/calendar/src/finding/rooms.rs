//! Rooms for times that were found.

use futures_util::future::try_join_all;
use kernel::{Page, PageSize};
use store::StoreError;

use super::{AT_ONCE, Time};
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
        let mut free: Vec<Vec<Resource>> = vec![Vec::new(); times.len()];
        let mut after = None;
        while free.iter().any(|rooms| rooms.len() < count) {
            let page = self.resources(after, seats, PageSize::clamped(Some(PAGE)));
            let Page { items, next } = page.await?;
            let busy = self.slots_of_rooms(&items, times).await?;
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

    /// When rooms are busy, from the first of these times to the last; `None`: nobody knows it any more, so nobody can invite it.
    async fn slots_of_rooms(
        &self,
        rooms: &[Resource],
        times: &[Time],
    ) -> Result<Vec<Option<Slots>>, Refused> {
        let first = times.iter().map(|time| time.slots().start).min();
        let last = times.iter().map(|time| time.slots().end).max();
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        let cards = self.cards(rooms.iter().map(|room| room.person).collect()).await?;
        let mut busy = Vec::with_capacity(rooms.len());
        for some in rooms.chunks(AT_ONCE) {
            let looks = some.iter().map(async |room| match cards.get(&room.person) {
                Some(card) => {
                    let slots = self.busy_slots(room.person, card, (first, last - first));
                    slots.await.map(Some)
                }
                None => Ok(None),
            });
            busy.extend(try_join_all(looks).await?);
        }
        Ok(busy)
    }
}

/// Whether rooms can have so many seats.
pub(crate) fn check_seats(field: &'static str, seats: i64) -> Result<(), Reason> {
    match (0..=SEATS_MAX).contains(&seats) {
        true => Ok(()),
        false => Err(Reason::field(field, format!("must be 0 to {SEATS_MAX}"))),
    }
}
