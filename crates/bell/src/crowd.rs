//! Owners with very many due timers, who must not hold up others.
//!
//! Due timers are read in the order of their instants, so somebody with a million of them would stand before all who
//! come after. Whoever fills most of a batch is worked off in small portions beside a second reader, which walks
//! past their timers to those of everybody else and remembers how far it came. From time to time it begins again,
//! because a timer may also be set for an instant that it has passed already.

use std::collections::HashMap;

use kernel::{Id, Moment};
use store::{StoreError, Tx};

use crate::ringing::BATCH;
use crate::timers::rows::{self, Due};

/// What one owner gets of a batch while others may wait.
const PORTION: usize = 100;
/// Timers that the second reader reads at once, and how often in a round.
const PAGE: u16 = 2_000;
const PAGES_MAX: u32 = 10;
/// More than so many at once are not told apart; they share what is left.
const OWNERS_MAX: usize = 8;
/// How long until the second reader begins again.
const LAP_MICROS: i64 = 10_000_000;

/// Who is in the way, and how far the second reader has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd {
    owners: Vec<Id>,
    from: Option<Moment>,
    /// How many of the timers of the instant `from` it has passed.
    passed: u32,
    lap_began: Option<Moment>,
}

/// What to ring in a round.
pub(crate) struct Portions {
    /// In the order of their instants.
    pub(crate) first: Vec<Due>,
    /// Of those who come after the crowd.
    pub(crate) past: Vec<Due>,
}

impl Crowd {
    /// Whether this batch is mostly one owner's; then they are in the way from now on.
    pub(crate) fn notices(&mut self, batch: &[Due]) -> bool {
        if batch.len() < usize::from(BATCH) {
            self.owners.clear();
            return false;
        }
        self.add_of(batch);
        if !batch.iter().any(|due| self.owners.contains(&due.owner)) {
            self.owners.clear();
        }
        !self.owners.is_empty()
    }

    fn add_of(&mut self, batch: &[Due]) {
        let mut counts: HashMap<Id, usize> = HashMap::new();
        for due in batch {
            *counts.entry(due.owner).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        if let Some((owner, count)) = most
            && count * 2 > usize::from(BATCH)
            && !self.owners.contains(&owner)
            && self.owners.len() < OWNERS_MAX
        {
            self.owners.push(owner);
        }
    }

    /// Divides a batch that was noticed, and reads on behind the crowd.
    pub(crate) fn divide(
        &mut self,
        tx: &mut Tx<'_>,
        quarter: u16,
        kind: i64,
        now: Moment,
        batch: &[Due],
    ) -> Result<Portions, StoreError> {
        let past = self.read_on(tx, quarter, kind, now)?;
        let portion = if past.is_empty() {
            usize::from(BATCH)
        } else {
            PORTION
        };
        let mut taken: HashMap<Id, usize> = HashMap::new();
        let fits = |due: &&Due| {
            let taken = taken.entry(due.owner).or_default();
            *taken += 1;
            *taken <= portion
        };
        let first: Vec<Due> = batch.iter().filter(fits).cloned().collect();
        // What is rung now no longer stands before the second reader.
        self.stepped_aside(&first);
        self.stepped_aside(&past);
        Ok(Portions { first, past })
    }

    fn read_on(
        &mut self,
        tx: &mut Tx<'_>,
        quarter: u16,
        kind: i64,
        now: Moment,
    ) -> Result<Vec<Due>, StoreError> {
        if self
            .lap_began
            .is_none_or(|began| now.micros_since(began) > LAP_MICROS)
        {
            (self.lap_began, self.from, self.passed) = (Some(now), None, 0);
        }
        let mut others = Vec::new();
        for _ in 0..PAGES_MAX {
            let from = self.from.unwrap_or(Moment::from_micros(i64::MIN));
            let page = rows::take_from(tx, quarter, kind, (from, self.passed), now, PAGE)?;
            let is_last = page.len() < usize::from(PAGE);
            self.pass(&page);
            others.extend(page.into_iter().filter(|due| !self.owners.contains(&due.owner)));
            if is_last || others.len() >= usize::from(BATCH) {
                break;
            }
        }
        self.add_of(&others);
        Ok(others)
    }

    /// Passing over too few is harmless; passing over too many would leave somebody out until the next lap.
    fn stepped_aside(&mut self, rung: &[Due]) {
        let alike = rung.iter().filter(|due| Some(due.rings_at) == self.from).count();
        self.passed = self
            .passed
            .saturating_sub(u32::try_from(alike).unwrap_or(u32::MAX));
    }

    fn pass(&mut self, page: &[Due]) {
        let Some(last) = page.last() else { return };
        let alike = page.iter().rev().take_while(|due| due.rings_at == last.rings_at);
        let alike = u32::try_from(alike.count()).unwrap_or(u32::MAX);
        if self.from == Some(last.rings_at) {
            self.passed = self.passed.saturating_add(alike);
        } else {
            (self.from, self.passed) = (Some(last.rings_at), alike);
        }
    }
}
