//! When people are busy, a bit for each quarter of an hour: how a time for many of them is found.
//!
//! What is kept true: whoever is busy for a part of a quarter is busy for all of it, so a time that is found is free. Who is free
//! together is one AND over words of 64 quarters, however many people there are.

use ical::zones::Zone;
use jiff::ToSpan as _;
use jiff::civil::{Time, Weekday};
use kernel::Moment;

/// A quarter of an hour.
pub const SLOT_MICROS: i64 = 15 * 60 * 1_000_000;
/// Four weeks.
pub const BLOCK_SLOTS: i64 = 28 * 96;
const BITS: i64 = 64;

/// Quarters of an hour, counted since 1970, each taken or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    first: i64,
    count: i64,
    words: Vec<u64>,
}

/// The quarter that an instant lies in.
pub fn slot_of(at: Moment) -> i64 {
    at.as_micros().div_euclid(SLOT_MICROS)
}

/// The first quarter that begins at an instant or later.
pub fn slot_from(at: Moment) -> i64 {
    slot_of(at.plus_micros(SLOT_MICROS - 1))
}

pub fn start_of(slot: i64) -> Moment {
    Moment::from_micros(slot * SLOT_MICROS)
}

/// The block that a quarter lies in.
pub fn block_of(slot: i64) -> i64 {
    slot.div_euclid(BLOCK_SLOTS)
}

impl Slots {
    /// None of them is taken.
    pub fn none(first: i64, count: i64) -> Slots {
        let count = count.max(0);
        let words = usize::try_from((count + BITS - 1) / BITS).unwrap_or_default();
        Slots {
            first,
            count,
            words: vec![0; words],
        }
    }

    pub fn of_block(block: i64) -> Slots {
        Slots::none(block * BLOCK_SLOTS, BLOCK_SLOTS)
    }

    /// What was stored of a block; `None`: it is none.
    pub fn stored(block: i64, bytes: &[u8]) -> Option<Slots> {
        let mut slots = Slots::of_block(block);
        let (words, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() || words.len() != slots.words.len() {
            return None;
        }
        slots.words = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        Some(slots)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Takes every quarter that a time touches.
    pub fn take(&mut self, starts: Moment, ends: Moment) {
        self.fill(slot_of(starts), slot_from(ends));
    }

    /// Takes every quarter that lies wholly in a time.
    pub fn take_within(&mut self, starts: Moment, ends: Moment) {
        self.fill(slot_from(starts), slot_of(ends));
    }

    fn fill(&mut self, from: i64, to: i64) {
        let (mut at, to) = ((from - self.first).max(0), (to - self.first).min(self.count));
        while at < to {
            let (word, bit) = (at / BITS, at % BITS);
            let here = (BITS - bit).min(to - at);
            let mask = if here == BITS {
                u64::MAX
            } else {
                ((1 << here) - 1) << bit
            };
            if let Some(word) = usize::try_from(word)
                .ok()
                .and_then(|word| self.words.get_mut(word))
            {
                *word |= mask;
            }
            at += here;
        }
    }

    pub fn is_taken(&self, slot: i64) -> bool {
        let at = slot - self.first;
        (0..self.count).contains(&at) && {
            let word = usize::try_from(at / BITS)
                .ok()
                .and_then(|word| self.words.get(word));
            word.is_some_and(|word| word >> (at % BITS) & 1 == 1)
        }
    }

    /// Takes what others have taken, wherever they begin.
    pub fn add(&mut self, other: &Slots) {
        let ahead = other.first - self.first;
        let (by, bits) = (ahead.div_euclid(BITS), ahead.rem_euclid(BITS));
        for (at, word) in (0_i64..).zip(&other.words) {
            self.or_word(at + by, word << bits);
            if bits > 0 {
                self.or_word(at + by + 1, word >> (BITS - bits));
            }
        }
        self.trim();
    }

    fn or_word(&mut self, at: i64, bits: u64) {
        if let Some(word) = usize::try_from(at).ok().and_then(|at| self.words.get_mut(at)) {
            *word |= bits;
        }
    }

    /// Those that are not taken here.
    #[must_use]
    pub fn others(&self) -> Slots {
        let mut others = self.clone();
        for word in &mut others.words {
            *word = !*word;
        }
        others.trim();
        others
    }

    /// Leaves taken what both have taken. Both are of the same quarters.
    pub fn keep(&mut self, other: &Slots) {
        for (own, other) in self.words.iter_mut().zip(&other.words) {
            *own &= other;
        }
    }

    /// The quarters at which something of this length cannot begin without touching one that is taken, or the end.
    #[must_use]
    pub fn barred(&self, length: i64) -> Slots {
        let mut barred = self.clone();
        let mut reach = 1;
        while reach < length {
            let step = reach.min(length - reach);
            let ahead = barred.earlier(step);
            barred.add(&ahead);
            reach += step;
        }
        let end = self.first + self.count;
        barred.fill(end - length + 1, end);
        barred
    }

    /// The same, so many quarters before.
    fn earlier(&self, by: i64) -> Slots {
        let mut moved = Slots::none(self.first, self.count);
        let shifted = Slots {
            first: self.first - by,
            ..self.clone()
        };
        moved.add(&shifted);
        moved
    }

    /// What lies behind the last quarter is never taken.
    fn trim(&mut self) {
        let over = self.count % BITS;
        if let (true, Some(last)) = (over > 0, self.words.last_mut()) {
            *last &= (1 << over) - 1;
        }
    }

    fn each(&self) -> impl Iterator<Item = i64> {
        let words = (0_i64..).zip(&self.words);
        let slots = words.flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.checked_sub(1)?;
                Some(at * BITS + i64::from(bit))
            })
        });
        slots.map(|at| self.first + at)
    }
}

/// Hours in which somebody wants to meet, by a clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    pub from: Time,
    pub to: Time,
    pub weekdays: Vec<Weekday>,
}

impl Hours {
    /// Those of these quarters that lie in the hours by the clock of a zone.
    pub fn within(&self, first: i64, count: i64, zone: &Zone) -> Slots {
        let mut within = Slots::none(first, count);
        let day_of = |slot| zone.local_at(start_of(slot).to_timestamp()).date();
        let (day, last) = (day_of(first), day_of(first + count));
        // Hours over midnight that began the day before reach into the first one.
        let mut day = day.yesterday().unwrap_or(day);
        while day <= last {
            if self.weekdays.contains(&day.weekday()) {
                let from = zone.instant_of(day.to_datetime(self.from));
                // Midnight is that of the next day.
                let end = match self.to <= self.from {
                    true => day.saturating_add(1.day()).to_datetime(self.to),
                    false => day.to_datetime(self.to),
                };
                within.take_within(from.into(), zone.instant_of(end).into());
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        within
    }
}

/// Somebody who shall come.
#[derive(Clone, Debug)]
pub struct Invitee {
    pub busy: Slots,
    /// Without whom it makes no sense.
    pub is_needed: bool,
}

/// A time at which something can begin, and who cannot come then, by their places in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub slot: i64,
    pub missing: Vec<usize>,
}

/// The best times for something of `length` quarters: those at which most who are needed can come, of these those at which most of
/// the others can, and of these the earliest. None of them overlap.
pub fn find(people: &[Invitee], open: &Slots, length: i64, count: usize) -> Vec<Found> {
    let closed = open.others().barred(length);
    let starts: Vec<i64> = closed.others().each().collect();
    let barred: Vec<(bool, Slots)> = people
        .iter()
        .map(|one| (one.is_needed, one.busy.barred(length)))
        .collect();
    let mut free = closed;
    for (_, barred) in &barred {
        free.add(barred);
    }
    let mut found = apart(free.others().each(), length, count, &[]);
    if found.len() < count {
        let mut ranked: Vec<((usize, usize), i64)> = starts
            .into_iter()
            .map(|slot| {
                let absent = |needed: bool| {
                    let among = barred.iter().filter(|(is_needed, _)| *is_needed == needed);
                    among.filter(|(_, barred)| barred.is_taken(slot)).count()
                };
                ((absent(true), absent(false)), slot)
            })
            .collect();
        ranked.sort_unstable();
        let more = ranked.into_iter().map(|(_, slot)| slot);
        let more = apart(more, length, count - found.len(), &found);
        found.extend(more);
    }
    let missing = |slot: i64| {
        let missing = barred.iter().enumerate();
        missing
            .filter(|(_, (_, barred))| barred.is_taken(slot))
            .map(|(at, _)| at)
            .collect()
    };
    found
        .into_iter()
        .map(|slot| Found {
            slot,
            missing: missing(slot),
        })
        .collect()
}

/// The first of them that overlap neither each other nor those that are chosen already.
fn apart(slots: impl Iterator<Item = i64>, length: i64, count: usize, chosen: &[i64]) -> Vec<i64> {
    let mut apart: Vec<i64> = Vec::new();
    for slot in slots {
        if apart.len() >= count {
            break;
        }
        let overlaps = |other: &i64| (slot - other).abs() < length;
        if !apart.iter().chain(chosen).any(overlaps) {
            apart.push(slot);
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn busy(first: i64, count: i64, taken: &[i64]) -> Slots {
        let mut slots = Slots::none(first, count);
        for slot in taken {
            slots.fill(*slot, slot + 1);
        }
        slots
    }

    #[test]
    fn who_is_busy_for_a_part_of_a_quarter_is_busy_for_all_of_it() {
        let first = slot_of(at("2026-11-23T09:00:00Z"));
        let mut slots = Slots::none(first, 8);
        slots.take(at("2026-11-23T09:20:00Z"), at("2026-11-23T09:31:00Z"));
        let taken: Vec<i64> = slots.each().map(|slot| slot - first).collect();
        assert_eq!(taken, [1, 2]);
        let mut within = Slots::none(first, 8);
        within.take_within(at("2026-11-23T09:20:00Z"), at("2026-11-23T10:10:00Z"));
        let taken: Vec<i64> = within.each().map(|slot| slot - first).collect();
        assert_eq!(taken, [2, 3], "only whole quarters are open");
    }

    #[test]
    fn hours_are_those_of_the_place_also_when_its_clocks_change() {
        let hours = Hours {
            from: Time::midnight(),
            to: Time::midnight(),
            weekdays: vec![Weekday::Sunday],
        };
        let zone = Zone::iana("Europe/Berlin").unwrap();
        // The night of 25 October 2026 has an hour more.
        let first = slot_of(at("2026-10-24T00:00:00Z"));
        assert_eq!(hours.within(first, 4 * 96, &zone).each().count(), 25 * 4);
        let office = Hours {
            from: jiff::civil::time(9, 0, 0, 0),
            to: jiff::civil::time(17, 0, 0, 0),
            weekdays: vec![Weekday::Monday],
        };
        let open = office.within(first, 4 * 96, &zone);
        assert_eq!(start_of(open.each().next().unwrap()), at("2026-10-26T08:00:00Z"));
    }

    #[test]
    fn hours_over_midnight_are_open_in_the_first_night_as_well() {
        let night = Hours {
            from: jiff::civil::time(22, 0, 0, 0),
            to: jiff::civil::time(6, 0, 0, 0),
            weekdays: vec![Weekday::Sunday],
        };
        let first = slot_of(at("2026-11-23T00:00:00Z"));
        let open = night.within(first, 96, &Zone::UTC);
        let taken: Vec<i64> = open.each().map(|slot| slot - first).collect();
        assert_eq!(
            taken,
            (0..24).collect::<Vec<_>>(),
            "from Sunday on, until six on Monday"
        );
    }

    #[test]
    fn the_best_time_is_one_where_all_can_come_then_where_those_can_who_are_needed() {
        let mut open = Slots::none(0, 96);
        open.fill(36, 72);
        let needed = Invitee {
            busy: busy(0, 96, &[36, 37, 38, 39, 40]),
            is_needed: true,
        };
        let mut late = Slots::none(0, 96);
        late.fill(41, 70);
        let other = Invitee {
            busy: late,
            is_needed: false,
        };
        let found = find(&[needed, other], &open, 4, 3);
        assert_eq!(
            found[0],
            Found {
                slot: 41,
                missing: vec![1]
            }
        );
        assert_eq!(
            found[1],
            Found {
                slot: 45,
                missing: vec![1]
            }
        );
        let nobody = find(&[], &open, 40, 3);
        assert_eq!(nobody, [], "it is longer than the hours");
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_looking_at_each_quarter_finds(
            people in prop::collection::vec((prop::collection::vec(0_i64..200, 0..40), any::<bool>()), 0..6),
            closed in prop::collection::vec(0_i64..200, 0..60),
            (first, length) in (-3_000_i64..3_000, 1_i64..12),
        ) {
            let count = 200;
            let invitees: Vec<Invitee> = people.iter().map(|(taken, is_needed)| {
                let taken: Vec<i64> = taken.iter().map(|slot| slot + first).collect();
                Invitee { busy: busy(first, count, &taken), is_needed: *is_needed }
            }).collect();
            let closed: Vec<i64> = closed.iter().map(|slot| slot + first).collect();
            let open = busy(first, count, &closed).others();
            let cost = |start: i64| {
                let slots = || start..start + length;
                let fits = start >= first && start + length <= first + count && slots().all(|slot| open.is_taken(slot));
                fits.then(|| {
                    let absent = |needed: bool| invitees.iter()
                        .filter(|one| one.is_needed == needed && slots().any(|slot| one.busy.is_taken(slot))).count();
                    (absent(true), absent(false))
                })
            };
            let best = (first..first + count).filter_map(|start| Some((cost(start)?, start))).min();
            let found = find(&invitees, &open, length, 3);
            prop_assert_eq!(found.first().map(|one| one.slot), best.map(|(_, start)| start));
            for one in &found {
                let (needed, others) = cost(one.slot).unwrap();
                prop_assert_eq!(one.missing.len(), needed + others);
            }
        }

        #[test]
        fn a_block_comes_back_as_it_was_stored(block in -50_i64..800, taken in prop::collection::vec(0_i64..BLOCK_SLOTS, 0..50)) {
            let taken: Vec<i64> = taken.iter().map(|slot| slot + block * BLOCK_SLOTS).collect();
            let slots = busy(block * BLOCK_SLOTS, BLOCK_SLOTS, &taken);
            prop_assert_eq!(Slots::stored(block, &slots.to_bytes()), Some(slots.clone()));
            let mut part = Slots::none(block * BLOCK_SLOTS + 100, 300);
            part.add(&slots);
            for slot in block * BLOCK_SLOTS..(block + 1) * BLOCK_SLOTS {
                let wanted = slots.is_taken(slot) && (100..400).contains(&(slot - block * BLOCK_SLOTS));
                prop_assert_eq!(part.is_taken(slot), wanted);
            }
        }
    }
}
