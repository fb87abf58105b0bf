//! What can be asked about the past.

use std::collections::BTreeSet;

use kernel::{Moment, PersonId};
use store::StoreError;

use super::rows::{self, Kept, Version};
use crate::people::{Membership, rows as people};
use crate::rules::replay::{Books, Life};
use crate::rules::rulebook::{Members, Rulebook};
use crate::rules::why::{Why, why};
use crate::service::{Refused, Segments, Stored, blocking, key_among, stored};
use crate::types::{Actor, Draw, Drawn, Holdout, Key, Number, Reason, Segment};

/// Every version of every segment by an instant, with the draws and holdouts there were: as the store has them, of which
/// this process may not have heard yet.
pub(crate) struct Versions {
    versions: Vec<Version>,
    segments: Vec<Segment>,
    drawn: Vec<Drawn>,
    holdouts: Vec<Holdout>,
}

impl Versions {
    fn new(versions: Vec<Version>, stored: Stored) -> Versions {
        Versions {
            versions,
            segments: stored.segments,
            drawn: stored.draws.iter().filter_map(Draw::seen).collect(),
            holdouts: stored.holdouts,
        }
    }

    /// Those by which one segment is judged: its own, and those of segments that it asks for. So there are fewer instants at
    /// which something changed, and fewer rules to go by.
    pub(crate) fn about(self, segment: Number) -> Versions {
        let mut asked = BTreeSet::from([segment]);
        loop {
            let of_those = self.versions.iter().filter(|one| asked.contains(&one.number));
            let rollouts = of_those.filter_map(|one| one.definition.rollout.as_ref());
            let named = rollouts.flat_map(|rollout| rollout.include.iter().chain(&rollout.exclude));
            let with_named: BTreeSet<Number> = named.copied().chain(asked.iter().copied()).collect();
            if with_named.len() == asked.len() {
                break;
            }
            asked = with_named;
        }
        let Versions {
            mut versions,
            mut segments,
            mut drawn,
            holdouts,
        } = self;
        versions.retain(|one| asked.contains(&one.number));
        segments.retain(|one| asked.contains(&one.number));
        drawn.retain(|one| asked.contains(&one.segment));
        Versions {
            versions,
            segments,
            drawn,
            holdouts,
        }
    }

    pub(crate) fn key_of(&self, number: Number) -> Key {
        key_among(&self.segments, number)
    }

    pub(crate) fn numbers(&self) -> Vec<Number> {
        self.segments.iter().map(|segment| segment.number).collect()
    }

    pub(crate) fn has_draws(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// Whether it matters what is known of people, beside that they are there.
    pub(crate) fn asks_for_facts(&self) -> bool {
        let rollouts = self
            .versions
            .iter()
            .filter_map(|one| one.definition.rollout.as_ref());
        rollouts.into_iter().any(|rollout| !rollout.conditions.is_empty())
    }

    /// The rules as they were at an instant.
    fn book(&self, at: Moment) -> Rulebook {
        let segments: Vec<Segment> = self
            .segments
            .iter()
            .filter_map(|segment| self.then(segment, at))
            .collect();
        Rulebook::new(&segments, &self.drawn, &self.holdouts, at)
    }

    fn then(&self, segment: &Segment, at: Moment) -> Option<Segment> {
        let first = self.versions.partition_point(|one| one.number < segment.number);
        let own = self.versions[first..]
            .iter()
            .take_while(|one| one.number == segment.number);
        let last = own.take_while(|one| one.at <= at).last()?;
        (!last.archived).then(|| Segment {
            definition: last.definition.clone(),
            version: last.version,
            changed: last.at,
            archived: None,
            ..segment.clone()
        })
    }

    /// The rules of a time, one book for each instant at which they changed.
    pub(crate) fn books(&self, from: Moment, to: Moment) -> Books {
        let mut at = from.plus_micros(-1);
        let mut books = Vec::new();
        loop {
            let book = self.book(at);
            let by_itself = book.right_until();
            let by_hand = self
                .versions
                .iter()
                .map(|one| one.at)
                .filter(|made| at < *made)
                .min();
            books.push((at, book));
            match by_itself.into_iter().chain(by_hand).min() {
                Some(next) if next < to => at = next,
                _ => return Books(books),
            }
        }
    }
}

impl Segments {
    /// All that is needed to judge any instant up to one.
    pub(crate) async fn versions(&self, until: Moment) -> Result<Versions, StoreError> {
        let home = self.home()?;
        home.read(move |tx| Ok(Versions::new(rows::versions(tx, until)?, stored(tx)?)))
            .await
    }

    /// All that is kept about a person; `None` when nobody ever knew them.
    pub(crate) async fn life(&self, person: PersonId) -> Result<Option<Life>, StoreError> {
        let kept = self
            .0
            .store
            .shard_of(person)
            .read::<_, StoreError>(move |tx| {
                let known = people::known(tx, person)?;
                known.map(|known| rows::kept(tx, known)).transpose()
            })
            .await?;
        let Some(kept) = kept else { return Ok(None) };
        let vshard = person.0.virtual_shard();
        let drawn = self
            .0
            .store
            .read_each::<_, StoreError>(move |tx| rows::drawn(tx, vshard));
        let drawn = drawn
            .await?
            .into_iter()
            .filter_map(|mut server| server.remove(&person));
        Ok(Some(life(kept, drawn.flatten().collect())))
    }

    /// Which segments a person was in at an instant; `None` when nobody knew them then.
    pub async fn of_person_at(
        &self,
        person: PersonId,
        at: Moment,
    ) -> Result<Option<Vec<Membership>>, Refused> {
        let book = self.versions(at).await?.book(at);
        let mut members = Members::default();
        let life = self.life(person).await?;
        let known = life.and_then(|life| life.see(&book, at, |seen| book.judge(seen, at, &mut members)));
        let membership = |place| {
            Some(Membership {
                segment: book.segment(place)?.key.clone(),
                variant: book.variant(place, person).cloned(),
            })
        };
        Ok(known.map(|()| members.places().filter_map(membership).collect()))
    }

    /// Every joining and leaving of a person from one instant to before another.
    pub async fn steps(&self, person: PersonId, from: Moment, to: Moment) -> Result<Vec<Step>, Refused> {
        let life = self.life(person).await?.ok_or(Reason::NoPerson)?;
        let versions = self.versions(to).await?;
        let books = versions.books(from, to);
        let steps = blocking("a replay", move || books.steps(&life, from, to)).await?;
        let named = steps.into_iter().map(|step| Step {
            segment: versions.key_of(step.segment),
            at: step.at,
            joined: step.joined,
            cause: step.cause,
            by: step.by,
        });
        Ok(named.collect())
    }

    /// Why a person was, or was not, in a segment at an instant.
    pub async fn why_at(&self, person: PersonId, key: &str, at: Moment) -> Result<Why, Refused> {
        let number: Number = self.shelf_now().with_key(key)?.number;
        let book = self.versions(at).await?.book(at);
        let life = self.life(person).await?;
        let decided = life.and_then(|life| life.see(&book, at, |seen| why(&book, number, seen, at)));
        Ok(decided.ok_or(Reason::NoPerson)?)
    }
}

/// A joining or leaving, by the key of its segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub segment: Key,
    pub at: Moment,
    pub joined: bool,
    /// The word of [`why`](crate::rules::why::Why::word).
    pub cause: &'static str,
    pub by: Option<Actor>,
}

/// What a store keeps of a person, as rules replay it.
pub(crate) fn life(kept: Kept, drawn: Vec<crate::types::DrawNumber>) -> Life {
    Life {
        id: kept.person.id,
        known: kept.known,
        facts: kept.person.facts,
        done: kept.done,
        drawn,
        returned: kept.person.returned,
    }
}
