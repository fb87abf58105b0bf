//! Everybody, in memory: what a sign-in is answered from.
//!
//! It is a fold of the store and is never written back; whoever is not in it is unknown here, which is told and never
//! taken for "in no segment". People stand in blocks by a hash of their id, each behind a lock of its own, so that what
//! is learned about one person holds up nobody else for longer than a block takes to be tidied (some milliseconds).
//!
//! There are no sets of people beside the lists of marks: all people of a segment, overlaps and previews are found by
//! going over everybody, which takes a tenth of a second for ten million and cannot disagree with the answers.

mod block;
#[cfg(test)]
mod tests;

use kernel::{Moment, PersonId};
use parking_lot::RwLock;

use self::block::Block;
use crate::points::Point;
use crate::rules::rulebook::{Members, Rulebook, Seen};
use crate::types::{ByHand, DrawNumber, Facts};

pub(crate) const BLOCKS: usize = 256;

/// What the store says of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub person: PersonId,
    pub facts: Facts,
    /// In the order of segments.
    pub hand: Vec<ByHand>,
    /// An older one is late and changes nothing.
    pub version: i64,
    /// Since when somebody who was deleted is here again: earlier draws do not count.
    pub returned: Option<Moment>,
}

/// Everybody that this instance knows.
#[derive(Debug)]
pub struct Census {
    blocks: Vec<RwLock<Block>>,
}

impl Default for Census {
    fn default() -> Census {
        Census {
            blocks: (0..BLOCKS).map(|_| RwLock::default()).collect(),
        }
    }
}

impl Census {
    fn block_of(&self, point: Point) -> &RwLock<Block> {
        &self.blocks[usize::from(point.first_byte())]
    }

    /// Learns what is true of a person now. False when something later is known already.
    pub fn learn(&self, entry: &Entry) -> bool {
        let point = Point::of(entry.person);
        self.block_of(point).write().learn(point, entry)
    }

    /// The person is no more.
    pub fn forget(&self, person: PersonId) {
        let point = Point::of(person);
        self.block_of(point).write().forget(point, person);
    }

    /// These were drawn at an instant. Whoever is not known here yet is marked when they are learned about.
    pub fn draw(&self, draw: DrawNumber, at: Moment, people: &[PersonId]) {
        for &person in people {
            let point = Point::of(person);
            self.block_of(point).write().draw(point, person, draw, at);
        }
    }

    /// Which segments a person is in; false when nobody here knows the person.
    pub fn judge(&self, book: &Rulebook, person: PersonId, at: Moment, members: &mut Members) -> bool {
        self.see(person, |seen| book.judge(seen, at, members)).is_some()
    }

    /// Looks at a person; `None` when nobody here knows them.
    pub fn see<T>(&self, person: PersonId, look: impl FnOnce(&Seen<'_>) -> T) -> Option<T> {
        let point = Point::of(person);
        let block = self.block_of(point).read();
        block.find(point, person).map(|slot| look(&block.seen(slot)))
    }

    /// Looks at everybody, block by block. What is learned meanwhile is seen or not.
    pub fn each(&self, mut look: impl FnMut(&Seen<'_>)) {
        for at in 0..BLOCKS {
            self.each_of(at, &mut look);
        }
    }

    /// Looks at everybody of one block, in the order of their ids when asked so.
    pub(crate) fn each_of(&self, at: usize, look: &mut impl FnMut(&Seen<'_>)) {
        if let Some(block) = self.blocks.get(at) {
            block.read().each(look);
        }
    }

    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.read().len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.blocks.iter().all(|block| block.read().len() == 0)
    }
}
