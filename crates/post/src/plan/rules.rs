//! The plan as arithmetic over windows that are counted and not listed: ten million people in forty zones are some
//! hundred windows.
//!
//! Why the cap is the lowest: the letters whose windows lie inside an interval have to leave within it, so no rate below
//! their number divided by its length will do, whatever the order. Why it is enough: with whole letters in whole minutes,
//! earliest deadline first misses a deadline only when some interval holds more letters than the cap allows (Hall's
//! condition), and the cap was taken so that none does. Letters that left in time only shrink what every interval holds,
//! so a plan that is made again from what is left never asks for more than the one before it.

use std::collections::{BTreeMap, BinaryHeap};

use kernel::Moment;

/// Microseconds.
pub const MINUTE: i64 = 60_000_000;

/// The minutes in which a letter may leave, counted from 1970: `open` is the first, `close` the first too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    pub open: i64,
    pub close: i64,
}

impl Window {
    /// The whole minutes between both instants. Who leaves less than one has the minute in which it begins.
    pub fn between(not_before: Moment, wanted_until: Moment) -> Window {
        let open = -(-not_before.as_micros()).div_euclid(MINUTE);
        let close = wanted_until.as_micros().div_euclid(MINUTE);
        if open < close {
            return Window { open, close };
        }
        let open = not_before.as_micros().div_euclid(MINUTE);
        Window {
            open,
            close: open + 1,
        }
    }

    pub fn minutes(self) -> u64 {
        u64::try_from(self.close - self.open).unwrap_or(0)
    }
}

/// Letters that wait, counted by their windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// By deadline first, which is the order in which they leave.
    letters: BTreeMap<(i64, i64), u64>,
}

/// The rate of this minute, and why it cannot be lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// At most so many letters leave in this minute.
    pub per_minute: u64,
    /// `None` when nothing waits.
    pub proof: Option<Proof>,
    /// Letters whose window is over: no rate helps them.
    pub too_late: u64,
    /// Letters that a quota below the cap will make late.
    pub will_be_late: u64,
}

/// So many letters have to leave between both minutes, and no order changes that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    pub from: i64,
    pub until: i64,
    pub letters: u64,
}

impl Proof {
    fn minutes(&self) -> u64 {
        Window {
            open: self.from,
            close: self.until,
        }
        .minutes()
    }

    /// The rate that the interval demands.
    pub fn per_minute(&self) -> u64 {
        self.letters.div_ceil(self.minutes().max(1))
    }

    fn demands_more_than(&self, other: &Proof) -> bool {
        let demand = u128::from(self.letters) * u128::from(other.minutes());
        demand > u128::from(other.letters) * u128::from(self.minutes())
    }
}

impl Waiting {
    pub fn add(&mut self, window: Window, letters: u64) {
        if letters > 0 {
            *self.letters.entry((window.close, window.open)).or_default() += letters;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    pub fn letters(&self) -> u64 {
        self.letters.values().sum()
    }

    /// The plan for minute `this`, with `quota` letters a minute at most where a provider allows no more.
    pub fn plan(&self, this: i64, quota: Option<u64>) -> Plan {
        let too_late = self
            .letters
            .range(..(this + 1, i64::MIN))
            .map(|(_, count)| count)
            .sum();
        let proof = self.tightest(this);
        let lowest = proof.map_or(0, |proof| proof.per_minute());
        let per_minute = quota.map_or(lowest, |quota| lowest.min(quota));
        let will_be_late = if per_minute < lowest {
            self.late_at(this, per_minute)
        } else {
            0
        };
        Plan {
            per_minute,
            proof,
            too_late,
            will_be_late,
        }
    }

    /// The interval with the most letters for its length. Openings are taken from the last to the first, so each letter
    /// is added once; then every deadline ends one interval.
    fn tightest(&self, this: i64) -> Option<Proof> {
        let live = || self.letters.range((this + 1, i64::MIN)..);
        let mut closes: Vec<i64> = live().map(|((close, _), _)| *close).collect();
        closes.dedup();
        let mut by_open: Vec<(i64, usize, u64)> = Vec::new();
        for ((close, open), count) in live() {
            if let Ok(at) = closes.binary_search(close) {
                by_open.push(((*open).max(this), at, *count));
            }
        }
        by_open.sort_unstable_by_key(|(open, ..)| std::cmp::Reverse(*open));
        let mut ending = vec![0u64; closes.len()];
        let mut tightest: Option<Proof> = None;
        for letters in by_open.chunk_by(|one, other| one.0 == other.0) {
            let from = letters[0].0;
            for (_, at, count) in letters {
                ending[*at] += count;
            }
            let mut inside = 0;
            for (close, count) in closes.iter().zip(&ending) {
                inside += count;
                let proof = Proof {
                    from,
                    until: *close,
                    letters: inside,
                };
                let possible = *count > 0 && *close > from;
                if possible && tightest.is_none_or(|known| proof.demands_more_than(&known)) {
                    tightest = Some(proof);
                }
            }
        }
        tightest
    }

    /// Takes what leaves in minute `this`: earliest deadline first, at most so many. What is too late stays.
    pub fn leave(&mut self, this: i64, at_most: u64) -> Vec<(Window, u64)> {
        let mut left = at_most;
        let mut gone = Vec::new();
        for ((close, open), count) in self.letters.range((this + 1, i64::MIN)..) {
            if left == 0 {
                break;
            }
            if *open <= this {
                let part = left.min(*count);
                left -= part;
                let window = Window {
                    open: *open,
                    close: *close,
                };
                gone.push((window, part));
            }
        }
        for (window, count) in &gone {
            let key = (window.close, window.open);
            if let Some(waiting) = self.letters.get_mut(&key) {
                *waiting -= count;
                if *waiting == 0 {
                    self.letters.remove(&key);
                }
            }
        }
        gone
    }

    /// How many miss their deadline when no more than `per_minute` leave from now on.
    fn late_at(&self, this: i64, per_minute: u64) -> u64 {
        let mut coming: Vec<(i64, i64, u64)> = self
            .letters
            .range((this + 1, i64::MIN)..)
            .map(|((close, open), count)| ((*open).max(this), *close, *count))
            .collect();
        coming.sort_unstable_by_key(|(open, ..)| std::cmp::Reverse(*open));
        let mut open: BinaryHeap<(std::cmp::Reverse<i64>, u64)> = BinaryHeap::new();
        let (mut late, mut minute) = (0, this);
        while !coming.is_empty() || !open.is_empty() {
            if open.is_empty() {
                minute = coming.last().map_or(minute, |(opens, ..)| minute.max(*opens));
            }
            while let Some((_, close, count)) = coming.pop_if(|(opens, ..)| *opens <= minute) {
                open.push((std::cmp::Reverse(close), count));
            }
            let mut left = per_minute;
            while let Some((std::cmp::Reverse(close), count)) = open.pop() {
                if close <= minute {
                    late += count;
                    continue;
                }
                let part = left.min(count);
                left -= part;
                if count > part {
                    open.push((std::cmp::Reverse(close), count - part));
                    break;
                }
            }
            minute += 1;
        }
        late
    }
}

#[cfg(test)]
mod tests;
