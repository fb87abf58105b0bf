//! Who was recognised a moment ago, by what they showed.
//!
//! Checking a signature costs more than answering most requests, so what was found once is remembered until it ends.
//! Remembering is only safe because everything that can end earlier is asked anew each time: see `Revocations`.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use front::Who;
use kernel::{Id, Moment};
use parking_lot::RwLock;

/// Locks that requests of different callers take: more than cores.
const COMPARTMENTS: usize = 16;
/// What one compartment remembers, twice: a thousand callers at a time each, some megabytes in all.
const REMEMBERED_MAX: usize = 1_000;

/// Somebody, and what has to be asked before they are recognised again.
#[derive(Clone, Debug)]
pub struct Recognised {
    pub who: Who,
    /// The session, app password or key: it may have been ended.
    pub by: Id,
    /// The person and the generation of what is known of them: it may be outdated.
    pub of: Option<(Id, i64)>,
    pub until: Moment,
}

/// Two halves: when the young one is full it becomes the old one, and what nobody asked for since is gone. So there
/// is neither a queue to keep in order nor a moment at which all is forgotten.
#[derive(Default)]
struct Compartment {
    young: HashMap<Box<str>, Arc<Recognised>>,
    old: HashMap<Box<str>, Arc<Recognised>>,
}

pub struct Memory {
    compartments: Vec<RwLock<Compartment>>,
    hasher: RandomState,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory {
            compartments: (0..COMPARTMENTS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Memory {
    fn compartment(&self, shown: &str) -> Option<&RwLock<Compartment>> {
        let hash = self.hasher.hash_one(shown).to_le_bytes();
        self.compartments.get(usize::from(hash[0]) % COMPARTMENTS)
    }

    pub fn get(&self, shown: &str, now: Moment) -> Option<Arc<Recognised>> {
        let compartment = self.compartment(shown)?;
        let known = {
            let compartment = compartment.read();
            if let Some(known) = compartment.young.get(shown) {
                return Some(Arc::clone(known)).filter(|known| now < known.until);
            }
            compartment
                .old
                .get(shown)
                .filter(|known| now < known.until)
                .cloned()?
        };
        self.put(shown, Arc::clone(&known));
        Some(known)
    }

    pub fn put(&self, shown: &str, known: Arc<Recognised>) {
        let Some(compartment) = self.compartment(shown) else {
            return;
        };
        let mut compartment = compartment.write();
        if compartment.young.len() >= REMEMBERED_MAX {
            compartment.old = std::mem::take(&mut compartment.young);
        }
        compartment.young.insert(Box::from(shown), known);
    }

    pub fn clear(&self) {
        for compartment in &self.compartments {
            *compartment.write() = Compartment::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    fn somebody(until: Moment) -> Arc<Recognised> {
        Arc::new(Recognised {
            who: Who::Nobody,
            by: Id::from_bytes([1; 16]),
            of: None,
            until,
        })
    }

    #[test]
    fn somebody_is_remembered_until_it_ends() {
        let memory = Memory::default();
        memory.put("a", somebody(NOW.plus_seconds(10)));
        assert!(memory.get("a", NOW).is_some());
        assert!(memory.get("a", NOW.plus_seconds(10)).is_none());
        assert!(memory.get("b", NOW).is_none());
    }

    #[test]
    fn a_flood_is_bounded_and_whoever_keeps_coming_is_remembered() {
        let memory = Memory::default();
        memory.put("regular", somebody(NOW.plus_seconds(10)));
        for n in 0..COMPARTMENTS * REMEMBERED_MAX * 4 {
            memory.put(&n.to_string(), somebody(NOW.plus_seconds(10)));
            if n % 500 == 0 {
                assert!(memory.get("regular", NOW).is_some(), "after {n} others");
            }
        }
        let held: usize = memory
            .compartments
            .iter()
            .map(|c| c.read().young.len() + c.read().old.len())
            .sum();
        assert!(held <= COMPARTMENTS * REMEMBERED_MAX * 2);
        memory.clear();
        assert!(memory.get("regular", NOW).is_none());
    }
}
