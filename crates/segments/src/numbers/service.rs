//! Counting.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use kernel::{Moment, PersonId};
use store::StoreError;

use crate::points::Point;
use crate::rules::rulebook::{Members, Rulebook, Way};
use crate::service::{Refused, Segments, Shelf, blocking};
use crate::types::{Definition, Drawn, Key, Reason, Segment};

/// For how long numbers are told again without counting, when no rule changed.
const FRESH_MICROS: i64 = 5_000_000;
/// Segments whose overlap is asked for at once.
pub(crate) const OVERLAPPING_MAX: usize = 10;

/// How many people are in a segment, by what they are in it; by hand counts first, then draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    pub by_hand: u64,
    pub by_draw: u64,
    pub by_rollout: u64,
}

impl Numbers {
    pub const fn members(self) -> u64 {
        self.by_hand + self.by_draw + self.by_rollout
    }

    fn count(&mut self, way: Way) {
        match way {
            Way::Hand => self.by_hand += 1,
            Way::Draw => self.by_draw += 1,
            Way::Rollout => self.by_rollout += 1,
        }
    }
}

/// What was counted last.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    at: Option<Moment>,
    fingerprint: u64,
    people: u64,
    of: BTreeMap<Key, Numbers>,
}

/// What an edit would change for the people of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    pub adds: u64,
    pub removes: u64,
    pub members: u64,
}

/// What segments have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlap {
    pub each: Vec<(Key, u64)>,
    /// Of every two of them, in their order.
    pub pairs: Vec<(Key, Key, u64)>,
    pub all: u64,
    pub any: u64,
}

impl Segments {
    /// How many people there are, and how many are in each active segment, a few seconds ago at most.
    pub async fn numbers(&self) -> Result<(u64, BTreeMap<Key, Numbers>), StoreError> {
        let now = self.0.clock.now();
        let shelf = self.shelf(now);
        // One at a time: whoever waited gets what the first one counted.
        let mut counted = self.0.counted.lock().await;
        let is_fresh = counted.at.is_some_and(|at| now.micros_since(at) < FRESH_MICROS);
        if !is_fresh || counted.fingerprint != shelf.fingerprint {
            let segments = self.clone();
            let fingerprint = shelf.fingerprint;
            let (people, of) = blocking("counting", move || segments.count_all(&shelf, now)).await?;
            *counted = Counted {
                at: Some(now),
                fingerprint,
                people,
                of,
            };
        }
        Ok((counted.people, counted.of.clone()))
    }

    fn count_all(&self, shelf: &Shelf, at: Moment) -> (u64, BTreeMap<Key, Numbers>) {
        let mut counts = vec![Numbers::default(); shelf.book.segments().len()];
        let mut people = 0;
        let mut members = Members::default();
        self.0.census.each(|seen| {
            shelf.book.judge(seen, at, &mut members);
            people += 1;
            for (place, way) in members.ways() {
                counts[place].count(way);
            }
        });
        let keys = shelf.book.segments().iter().map(|segment| segment.key.clone());
        (people, keys.zip(counts).collect())
    }

    /// What would change if a segment were defined like this, for the people of now.
    pub async fn preview(&self, key: &str, definition: Definition) -> Result<Edited, Refused> {
        let now = self.0.clock.now();
        let shelf = self.shelf(now);
        let before = shelf.with_key(key)?;
        if before.archived.is_some() {
            return Err(Reason::Archived(before.key.clone()).into());
        }
        let number = before.number;
        let edited = |one: &Segment| {
            if one.number == number {
                Segment {
                    definition: definition.clone(),
                    ..one.clone()
                }
            } else {
                one.clone()
            }
        };
        let segments: Vec<Segment> = shelf.segments.iter().map(edited).collect();
        let drawn: Vec<Drawn> = shelf.draws.iter().filter_map(crate::types::Draw::seen).collect();
        let book = Rulebook::new(&segments, &drawn, &shelf.holdouts, now);
        let this = self.clone();
        let compare = move || {
            let mut edited = Edited::default();
            let (mut old, mut new) = (Members::default(), Members::default());
            let place = |book: &Rulebook| book.place_of(number);
            let (was, will) = (place(&shelf.book), place(&book));
            this.0.census.each(|seen| {
                shelf.book.judge(seen, now, &mut old);
                book.judge(seen, now, &mut new);
                let was = was.is_some_and(|place| old.contains(place));
                let will = will.is_some_and(|place| new.contains(place));
                edited.adds += u64::from(will && !was);
                edited.removes += u64::from(was && !will);
                edited.members += u64::from(will);
            });
            edited
        };
        Ok(blocking("comparing", compare).await?)
    }

    /// What two or more segments have in common.
    pub async fn overlap(&self, keys: &[String]) -> Result<Overlap, Refused> {
        let now = self.0.clock.now();
        let shelf = self.shelf(now);
        let found: Vec<Segment> = keys
            .iter()
            .map(|key| shelf.with_key(key).cloned())
            .collect::<Result<_, _>>()?;
        let this = self.clone();
        let count = move || {
            let places: Vec<Option<usize>> = found
                .iter()
                .map(|segment| shelf.book.place_of(segment.number))
                .collect();
            let mut each = vec![0_u64; found.len()];
            let mut both = vec![vec![0_u64; found.len()]; found.len()];
            let (mut all, mut any) = (0, 0);
            let mut members = Members::default();
            let mut inside = Vec::new();
            this.0.census.each(|seen| {
                shelf.book.judge(seen, now, &mut members);
                inside.clear();
                let is_in = |place: &Option<usize>| place.is_some_and(|place| members.contains(place));
                inside.extend(
                    places
                        .iter()
                        .enumerate()
                        .filter(|(_, place)| is_in(place))
                        .map(|(at, _)| at),
                );
                for (nth, &one) in inside.iter().enumerate() {
                    each[one] += 1;
                    for &other in &inside[nth + 1..] {
                        both[one][other] += 1;
                    }
                }
                all += u64::from(inside.len() == places.len());
                any += u64::from(!inside.is_empty());
            });
            let key = |at: usize| found[at].key.clone();
            let pairs =
                (0..found.len()).flat_map(|one| (one + 1..found.len()).map(move |other| (one, other)));
            Overlap {
                each: each
                    .iter()
                    .enumerate()
                    .map(|(at, count)| (key(at), *count))
                    .collect(),
                pairs: pairs
                    .map(|(one, other)| (key(one), key(other), both[one][other]))
                    .collect(),
                all,
                any,
            }
        };
        Ok(blocking("counting", count).await?)
    }

    /// At most so many people of a segment, after one of them, in an order of their own that does not change. Whoever
    /// comes or goes meanwhile makes nobody else be told twice or not at all.
    pub async fn people_of(
        &self,
        key: &str,
        after: Option<PersonId>,
        count: usize,
    ) -> Result<Vec<PersonId>, Refused> {
        let now = self.0.clock.now();
        let shelf: Arc<Shelf> = self.shelf(now);
        let Some(place) = shelf.book.place_of(shelf.with_key(key)?.number) else {
            return Ok(Vec::new());
        };
        let within = Within {
            segments: self.clone(),
            shelf,
            place,
            at: now,
            after: after.map(order),
        };
        let gather = move || {
            let mut people = Vec::new();
            for block in within.first_block()..=u8::MAX {
                people.append(&mut within.of_block(block));
                if people.len() >= count {
                    break;
                }
            }
            people.truncate(count);
            people
        };
        Ok(blocking("gathering people", gather).await?)
    }

    /// Everybody of a segment after one of them, by the rules of this instant, in the same order: some thousands at a time,
    /// so that however many there are no more than those are held.
    pub fn all_people_of(
        &self,
        key: &str,
        after: Option<PersonId>,
    ) -> Result<impl Stream<Item = Result<Vec<PersonId>, StoreError>> + Send + use<>, Reason> {
        let at = self.0.clock.now();
        let shelf = self.shelf(at);
        let place = shelf.book.place_of(shelf.with_key(key)?.number);
        let within = place.map(|place| {
            Arc::new(Within {
                segments: self.clone(),
                place,
                at,
                after: after.map(order),
                shelf,
            })
        });
        let blocks = within.as_ref().map(|within| within.first_block()..=u8::MAX);
        let blocks = stream::iter(blocks.into_iter().flatten());
        Ok(blocks
            .then(move |block| {
                let within = within.clone();
                blocking("listing people", move || {
                    within.map_or_else(Vec::new, |within| within.of_block(block))
                })
            })
            .try_filter(|people| ready(!people.is_empty())))
    }
}

/// How people of a segment are told one after another: by the block they stand in, and there by their ids.
fn order(person: PersonId) -> (u8, PersonId) {
    (Point::of(person).first_byte(), person)
}

/// Those of a segment at an instant, from one of them on.
struct Within {
    segments: Segments,
    shelf: Arc<Shelf>,
    place: usize,
    at: Moment,
    after: Option<(u8, PersonId)>,
}

impl Within {
    fn first_block(&self) -> u8 {
        self.after.map_or(0, |(block, _)| block)
    }

    fn of_block(&self, block: u8) -> Vec<PersonId> {
        let mut people = Vec::new();
        let mut members = Members::default();
        self.segments.0.census.each_of(usize::from(block), &mut |seen| {
            self.shelf.book.judge(seen, self.at, &mut members);
            if members.contains(self.place) && self.after.is_none_or(|after| after < order(seen.id)) {
                people.push(seen.id);
            }
        });
        people.sort_unstable();
        people
    }
}
