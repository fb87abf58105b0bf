//! The past, replayed: what was known and done about a person, and the rules of each instant, tell who was in then. So
//! nothing is written down when a rollout takes a million people in, and each of them still has that in their history.

use kernel::{Moment, PersonId};

use super::change::{Happened, What};
use super::rulebook::{Members, Rulebook, Seen};
use super::why::why;
use crate::types::{Actor, ByHand, DrawNumber, Facts, Mark, Number, Side};

/// All that is kept about a person, by which any instant of theirs is judged.
#[derive(Clone, Debug)]
pub struct Life {
    pub id: PersonId,
    /// What was known until an instant, in the order of those instants.
    pub known: Vec<(Moment, Option<Facts>)>,
    /// What is known since then.
    pub facts: Option<Facts>,
    /// What was done by hand, in the order in which it was.
    pub done: Vec<Done>,
    /// Draws that they are among.
    pub drawn: Vec<DrawNumber>,
    pub returned: Option<Moment>,
}

/// Something that was done by hand, or was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub at: Moment,
    pub happened: Happened,
    pub by: Actor,
}

impl Life {
    /// What was known at an instant; `None` before the person was there, and after.
    pub fn facts_at(&self, at: Moment) -> Option<&Facts> {
        let then = self.known.iter().find(|(until, _)| at < *until);
        let facts = match then {
            Some((_, facts)) => facts.as_ref(),
            None => self.facts.as_ref(),
        };
        facts.filter(|facts| facts.created <= at)
    }

    /// How the person stood by hand at an instant.
    pub fn hand_at(&self, at: Moment) -> Vec<ByHand> {
        let mut hand: Vec<ByHand> = Vec::new();
        for done in self.done.iter().take_while(|done| done.at <= at) {
            let one = done.happened;
            hand.retain(|known| known.segment != one.segment);
            let side = match one.what {
                What::Added => Side::In,
                What::Removed => Side::Out,
                What::Ended | What::Gone => continue,
            };
            hand.push(ByHand {
                segment: one.segment,
                side,
                until: one.until,
            });
        }
        hand.sort_by_key(|one| one.segment);
        hand
    }

    /// Looks at the person as they were; `None` when nobody knew them.
    pub fn see<T>(&self, book: &Rulebook, at: Moment, look: impl FnOnce(&Seen<'_>) -> T) -> Option<T> {
        let facts = self.facts_at(at)?;
        let hand = self.hand_at(at);
        let counts = |draw: &&DrawNumber| {
            let drawn = book.draw(**draw);
            drawn.is_some_and(|(_, drawn)| {
                self.returned
                    .is_none_or(|returned| returned <= drawn.at || at < returned)
            })
        };
        let drawn = self
            .drawn
            .iter()
            .filter(counts)
            .map(|draw| Mark::drawn(*draw).code());
        let marks: Vec<u16> = hand.iter().map(|one| one.mark().code()).chain(drawn).collect();
        let ends: Vec<(u16, Moment)> = hand
            .iter()
            .filter_map(|one| Some((one.mark().code(), one.until?)))
            .collect();
        Some(look(&Seen {
            id: self.id,
            version: 0,
            marks: &marks,
            ends: &ends,
            language: facts.language,
            zone: &facts.zone,
            created: facts.created,
            attributes: &facts.attributes,
        }))
    }

    fn who_did(&self, segment: Number, at: Moment) -> Option<Actor> {
        let by_people = self
            .done
            .iter()
            .filter(|done| done.at == at && done.by != Actor::House);
        let of_segment = by_people.filter(|done| done.happened.segment == segment);
        of_segment.map(|done| done.by).next_back()
    }

    /// Instants at which something of the person's own may have changed who they are in, within a time.
    fn turns(&self, from: Moment, to: Moment) -> Vec<Moment> {
        let known = self.known.iter().map(|(until, _)| *until);
        let done = self
            .done
            .iter()
            .flat_map(|done| [Some(done.at), done.happened.until])
            .flatten();
        let everything = self
            .known
            .iter()
            .filter_map(|(_, facts)| facts.as_ref())
            .chain(&self.facts);
        let created = everything.map(|facts| facts.created);
        let all = known.chain(done).chain(created).chain(self.returned);
        all.filter(|at| from < *at && *at < to).collect()
    }
}

/// Somebody came into a segment, or left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Moment,
    pub segment: Number,
    pub joined: bool,
    /// A word of [`why`](super::why::Why::word), or `person_unknown` when there was nobody any more.
    pub cause: &'static str,
    /// Who did it, if it was done by hand.
    pub by: Option<Actor>,
}

/// The rules of a time: each book is right from its instant until the next one's, the first from the beginning.
#[derive(Debug)]
pub struct Books(pub Vec<(Moment, Rulebook)>);

impl Books {
    fn at(&self, at: Moment) -> Option<&Rulebook> {
        let after = self.0.partition_point(|(from, _)| *from <= at);
        self.0.get(after.checked_sub(1)?).map(|(_, book)| book)
    }

    /// The first instant of a time, and those in it at which the rules changed.
    pub fn turns(&self, from: Moment, to: Moment) -> Vec<Moment> {
        let changes = self.0.iter().map(|(at, _)| *at);
        let within = changes.filter(|at| from < *at && *at < to);
        std::iter::once(from).chain(within).collect()
    }

    /// When somebody joined one segment (true) or left it, to whom nothing was done and of whom nothing was learned since
    /// the first of these turns: only rules, the clock, and the person's own beginning can have moved them.
    pub fn steps_of_unmoved(
        &self,
        person: &Seen<'_>,
        segment: Number,
        turns: &[Moment],
        to: Moment,
        members: &mut Members,
    ) -> Vec<(Moment, bool)> {
        let Some(&from) = turns.first() else {
            return Vec::new();
        };
        let mut is_in = |at: Moment| {
            let place = self.at(at).and_then(|book| Some((book, book.place_of(segment)?)));
            place
                .filter(|_| person.created <= at)
                .is_some_and(|(book, place)| {
                    book.judge(person, at, members);
                    members.contains(place)
                })
        };
        let ends = person.ends.iter().map(|(_, until)| *until);
        let own = ends.chain([person.created]).filter(|at| from < *at && *at < to);
        let mut turns: Vec<Moment> = turns.iter().copied().chain(own).collect();
        turns.sort_unstable();
        turns.dedup();
        let mut before = is_in(from.plus_micros(-1));
        let mut steps = Vec::new();
        for at in turns {
            let after = is_in(at);
            if before != after {
                steps.push((at, after));
            }
            before = after;
        }
        steps
    }

    /// Every joining and leaving of a person from one instant (those of that very instant too) to before another.
    pub fn steps(&self, life: &Life, from: Moment, to: Moment) -> Vec<Step> {
        let mut turns = life.turns(from, to);
        turns.extend(
            self.0
                .iter()
                .map(|(at, _)| *at)
                .filter(|at| from < *at && *at < to),
        );
        turns.push(from);
        turns.sort_unstable();
        turns.dedup();
        let mut steps = Vec::new();
        let mut before = self.members(life, from.plus_micros(-1));
        for at in turns {
            let after = self.members(life, at);
            let left = before
                .iter()
                .filter(|number| after.binary_search(number).is_err());
            let joined = after
                .iter()
                .filter(|number| before.binary_search(number).is_err());
            let step = |segment: &Number, joined| Step {
                at,
                segment: *segment,
                joined,
                cause: self.cause(life, *segment, at),
                by: life.who_did(*segment, at),
            };
            steps.extend(left.map(|number| step(number, false)));
            steps.extend(joined.map(|number| step(number, true)));
            before = after;
        }
        steps
    }

    /// In the order of numbers.
    fn members(&self, life: &Life, at: Moment) -> Vec<Number> {
        let Some(book) = self.at(at) else {
            return Vec::new();
        };
        let mut members = Members::default();
        let known = life.see(book, at, |seen| book.judge(seen, at, &mut members));
        if known.is_none() {
            return Vec::new();
        }
        let segments = members.places().filter_map(|place| book.segment(place));
        let mut numbers: Vec<Number> = segments.map(|segment| segment.number).collect();
        numbers.sort_unstable();
        numbers
    }

    fn cause(&self, life: &Life, segment: Number, at: Moment) -> &'static str {
        let Some(book) = self.at(at) else {
            return "no_segment";
        };
        let decided = life.see(book, at, |seen| why(book, segment, seen, at));
        decided.map_or("person_unknown", |why| why.word())
    }
}
