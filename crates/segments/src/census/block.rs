//! One of the blocks: people in slots, found by their points; their marks one after another in one long list.
//!
//! Of ten million people with thirty marks each a person takes about a hundred bytes here, sixty of them marks. What
//! many people have in common (language, zone, attributes) stands once. Lists grow by an eighth and not by doubling,
//! because at that size the half that is empty would be half a gigabyte.

use std::collections::{BTreeMap, HashMap};

use hashbrown::HashTable;
use kernel::{Id, Language, Moment, PersonId};
use xxhash_rust::xxh3::xxh3_64;

use super::Entry;
use crate::points::Point;
use crate::rules::rulebook::Seen;
use crate::types::{DrawNumber, Facts, Mark, Says, Value};

/// Marks that nobody has any more, as a part of all, before they are swept.
const WASTE_PART: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Block {
    by_point: HashTable<u32>,
    slots: Vec<Slot>,
    marks: Vec<u16>,
    /// Marks in the list that no slot names.
    waste: usize,
    ends: HashMap<u32, Vec<(u16, Moment)>>,
    /// Of those who were deleted and are here again.
    returned: HashMap<u32, Moment>,
    /// Drawn before they were known here.
    drawn_early: HashMap<PersonId, Vec<(u16, Moment)>>,
    traits: Traits,
}

/// All of a person that has one length, side by side: whoever asks waits for memory once.
#[derive(Clone, Copy, Debug)]
struct Slot {
    id: [u8; 16],
    created: Moment,
    version: u32,
    traits: u32,
    first: u32,
    count: u16,
    /// Whether `ends` names it.
    ends: bool,
}

impl Slot {
    fn person(&self) -> PersonId {
        PersonId(Id::from_bytes(self.id))
    }
}

impl Block {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn find(&self, point: Point, person: PersonId) -> Option<usize> {
        let is_them = |slot: &u32| self.slots[index(*slot)].id == *person.0.as_bytes();
        self.by_point.find(point.hash(), is_them).copied().map(index)
    }

    pub(super) fn seen(&self, at: usize) -> Seen<'_> {
        let slot = self.slots[at];
        let traits = self.traits.get(slot.traits);
        let ends = if slot.ends {
            self.ends.get(&number(at))
        } else {
            None
        };
        Seen {
            id: slot.person(),
            version: slot.version,
            marks: self.marks_of(slot),
            ends: ends.map_or(&[], Vec::as_slice),
            language: traits.language,
            zone: &traits.zone,
            created: slot.created,
            attributes: &traits.attributes,
        }
    }

    fn marks_of(&self, slot: Slot) -> &[u16] {
        let first = index(slot.first);
        &self.marks[first..first + usize::from(slot.count)]
    }

    pub(super) fn each(&self, look: &mut impl FnMut(&Seen<'_>)) {
        for at in 0..self.slots.len() {
            look(&self.seen(at));
        }
    }

    pub(super) fn learn(&mut self, point: Point, entry: &Entry) -> bool {
        let version = u32::try_from(entry.version).unwrap_or(u32::MAX);
        let at = match self.find(point, entry.person) {
            Some(at) if self.slots[at].version > version => return false,
            Some(at) => at,
            None => self.add(point, entry.person),
        };
        if let Some(returned) = entry.returned {
            self.returned.insert(number(at), returned);
        }
        let traits = self.traits.take(&entry.facts);
        self.traits.give_back(self.slots[at].traits);
        self.slots[at].traits = traits;
        self.slots[at].version = version;
        self.slots[at].created = entry.facts.created;
        let drawn = self
            .marks_of(self.slots[at])
            .iter()
            .copied()
            .filter(|code| is_draw(*code));
        let by_hand = entry.hand.iter().map(|one| one.mark().code());
        let mut marks: Vec<u16> = by_hand.chain(drawn).collect();
        let early = self.drawn_early.remove(&entry.person).unwrap_or_default();
        let counting = early.into_iter().filter(|(_, at)| counts(entry.returned, *at));
        marks.extend(counting.map(|(code, _)| code));
        self.set_marks(at, &marks);
        let ends = entry
            .hand
            .iter()
            .filter_map(|one| Some((one.mark().code(), one.until?)));
        self.set_ends(at, ends.collect());
        true
    }

    fn add(&mut self, point: Point, person: PersonId) -> usize {
        let at = self.slots.len();
        grow(&mut self.slots);
        self.slots.push(Slot {
            id: *person.0.as_bytes(),
            created: Moment::from_micros(0),
            version: 0,
            traits: NOTHING,
            first: 0,
            count: 0,
            ends: false,
        });
        let slots = &self.slots;
        let rehash = |slot: &u32| Point::of(slots[index(*slot)].person()).hash();
        self.by_point.insert_unique(point.hash(), number(at), rehash);
        at
    }

    /// The last slot comes into the place of the one that goes.
    pub(super) fn forget(&mut self, point: Point, person: PersonId) {
        self.drawn_early.remove(&person);
        let Some(at) = self.find(point, person) else {
            return;
        };
        let last = self.slots.len() - 1;
        self.traits.give_back(self.slots[at].traits);
        self.waste += usize::from(self.slots[at].count);
        self.ends.remove(&number(at));
        self.returned.remove(&number(at));
        if let Ok(found) = self.by_point.find_entry(point.hash(), |slot| index(*slot) == at) {
            found.remove();
        }
        if at != last {
            let moved = Point::of(self.slots[last].person());
            if let Some(slot) = self.by_point.find_mut(moved.hash(), |slot| index(*slot) == last) {
                *slot = number(at);
            }
            if let Some(ends) = self.ends.remove(&number(last)) {
                self.ends.insert(number(at), ends);
            }
            if let Some(returned) = self.returned.remove(&number(last)) {
                self.returned.insert(number(at), returned);
            }
        }
        self.slots.swap_remove(at);
        self.sweep();
    }

    pub(super) fn draw(&mut self, point: Point, person: PersonId, draw: DrawNumber, drawn: Moment) {
        let code = Mark::drawn(draw).code();
        let Some(at) = self.find(point, person) else {
            let early = self.drawn_early.entry(person).or_default();
            if !early.contains(&(code, drawn)) {
                early.push((code, drawn));
            }
            return;
        };
        let mut marks = self.marks_of(self.slots[at]).to_vec();
        let returned = self.returned.get(&number(at)).copied();
        if counts(returned, drawn) && !marks.contains(&code) {
            marks.push(code);
            self.set_marks(at, &marks);
        }
    }

    fn set_marks(&mut self, at: usize, marks: &[u16]) {
        let slot = self.slots[at];
        // Nobody has as many: there are fewer marks than this, and no list holds one twice.
        let count = u16::try_from(marks.len()).unwrap_or(u16::MAX);
        let marks = &marks[..usize::from(count)];
        if count <= slot.count {
            let first = index(slot.first);
            self.marks[first..first + marks.len()].copy_from_slice(marks);
            self.waste += usize::from(slot.count - count);
        } else {
            self.waste += usize::from(slot.count);
            self.slots[at].first = number(self.marks.len());
            let more = marks.len();
            if self.marks.capacity() - self.marks.len() < more {
                self.marks.reserve_exact(more + self.marks.len() / 8);
            }
            self.marks.extend_from_slice(marks);
        }
        self.slots[at].count = count;
        self.sweep();
    }

    fn set_ends(&mut self, at: usize, ends: Vec<(u16, Moment)>) {
        self.slots[at].ends = !ends.is_empty();
        if ends.is_empty() {
            self.ends.remove(&number(at));
        } else {
            self.ends.insert(number(at), ends);
        }
    }

    fn sweep(&mut self) {
        if self.waste < 1024 || self.waste < self.marks.len() / WASTE_PART {
            return;
        }
        let left = self.marks.len() - self.waste;
        let mut marks = Vec::with_capacity(left + left / 16);
        for at in 0..self.slots.len() {
            let first = number(marks.len());
            marks.extend_from_slice(self.marks_of(self.slots[at]));
            self.slots[at].first = first;
        }
        self.marks = marks;
        self.waste = 0;
    }
}

/// Whether a draw of that instant counts for somebody who returned then, or was never away.
fn counts(returned: Option<Moment>, drawn: Moment) -> bool {
    returned.is_none_or(|returned| returned <= drawn)
}

fn is_draw(code: u16) -> bool {
    matches!(Mark::from_code(code).says(), Says::Drawn(_))
}

fn grow<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact(16 + list.len() / 8);
    }
}

fn index(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

/// A block holds a 256th of everybody, so its slots and marks are counted by 32 bits.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What a slot has before anything is known.
const NOTHING: u32 = u32::MAX;

/// What many people have in common, each once.
#[derive(Debug, Default)]
struct Traits {
    all: Vec<Trait>,
    by_hash: HashTable<u32>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Trait {
    language: Language,
    zone: String,
    attributes: BTreeMap<String, Value>,
    hash: u64,
    people: u32,
}

impl Traits {
    fn get(&self, at: u32) -> &Trait {
        &self.all[index(at)]
    }

    fn take(&mut self, facts: &Facts) -> u32 {
        let hash = xxh3_64(format!("{:?} {} {:?}", facts.language, facts.zone, facts.attributes).as_bytes());
        let is_same = |at: &u32| {
            let one = &self.all[index(*at)];
            one.language == facts.language && one.zone == facts.zone && one.attributes == facts.attributes
        };
        if let Some(&at) = self.by_hash.find(hash, is_same) {
            self.all[index(at)].people += 1;
            return at;
        }
        let new = Trait {
            language: facts.language,
            zone: facts.zone.clone(),
            attributes: facts.attributes.clone(),
            hash,
            people: 1,
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.all[index(at)] = new;
                at
            }
            None => {
                self.all.push(new);
                number(self.all.len() - 1)
            }
        };
        let all = &self.all;
        self.by_hash.insert_unique(hash, at, |at| all[index(*at)].hash);
        at
    }

    fn give_back(&mut self, at: u32) {
        let Some(one) = self.all.get_mut(index(at)) else {
            return;
        };
        one.people -= 1;
        if one.people > 0 {
            return;
        }
        let hash = one.hash;
        one.attributes = BTreeMap::new();
        if let Ok(found) = self.by_hash.find_entry(hash, |other| *other == at) {
            found.remove();
        }
        self.free.push(at);
    }
}
