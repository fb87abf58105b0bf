//! What came to a sink.

use std::collections::{BTreeMap, HashMap, VecDeque};

use kernel::Moment;
use serde::Serialize;

/// Doubled letters are told by name up to so many.
const DOUBLED_MAX: usize = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub connections: u64,
    pub connections_open: u64,
    /// Letters that were kept, told to the sender or not.
    pub kept: u64,
    /// Of how many Message-IDs.
    pub distinct: u64,
    /// Message-IDs that came more than once, and how often.
    pub doubled: BTreeMap<String, u64>,
    /// Kept, and the connection was cut instead of the answer.
    pub kept_and_cut: u64,
    /// Connections that the script cut.
    pub cut: u64,
    /// Refusals by their code.
    pub refused: BTreeMap<u16, u64>,
    pub domains: BTreeMap<String, OfDomain>,
    /// Letters kept in each minute, by its start in seconds since 1970.
    pub minutes: BTreeMap<i64, u64>,
    /// Letters kept within one second, whenever it began, where most were.
    pub most_in_a_second: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OfDomain {
    pub kept: u64,
    pub refused: u64,
}

#[derive(Debug, Default)]
pub struct Book {
    counts: Counts,
    by_id: HashMap<Box<str>, u64>,
    /// When the letters of the last second came.
    last_second: VecDeque<Moment>,
}

impl Book {
    pub fn connected(&mut self) {
        self.counts.connections += 1;
        self.counts.connections_open += 1;
    }

    pub fn left(&mut self) {
        self.counts.connections_open = self.counts.connections_open.saturating_sub(1);
    }

    pub fn keep(&mut self, message_id: &str, to: &[String], now: Moment) {
        self.counts.kept += 1;
        let minute = now.as_seconds().div_euclid(60) * 60;
        *self.counts.minutes.entry(minute).or_default() += 1;
        self.count_second(now);
        for address in to {
            self.of_domain(address).kept += 1;
        }
        match self.by_id.get_mut(message_id) {
            Some(times) => *times += 1,
            None => {
                self.by_id.insert(message_id.into(), 1);
            }
        }
    }

    fn count_second(&mut self, now: Moment) {
        let is_over = |at: &Moment| now.micros_since(*at) >= 1_000_000;
        while self.last_second.front().is_some_and(is_over) {
            self.last_second.pop_front();
        }
        self.last_second.push_back(now);
        let letters = u64::try_from(self.last_second.len()).unwrap_or(u64::MAX);
        self.counts.most_in_a_second = self.counts.most_in_a_second.max(letters);
    }

    pub fn cut(&mut self, kept: bool) {
        self.counts.cut += 1;
        self.counts.kept_and_cut += u64::from(kept);
    }

    pub fn refuse(&mut self, answer: &str, to: Option<&str>) {
        let code = answer.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
        *self.counts.refused.entry(code).or_default() += 1;
        if let Some(address) = to {
            self.of_domain(address).refused += 1;
        }
    }

    pub fn of_minute(&self, start: Moment) -> u64 {
        let minutes = &self.counts.minutes;
        minutes.get(&start.as_seconds()).copied().unwrap_or(0)
    }

    pub fn times(&self, message_id: &str) -> u64 {
        self.by_id.get(message_id).copied().unwrap_or(0)
    }

    pub fn counts(&self) -> Counts {
        let mut counts = self.counts.clone();
        counts.distinct = u64::try_from(self.by_id.len()).unwrap_or(u64::MAX);
        let doubled = self.by_id.iter().filter(|(_, times)| **times > 1);
        counts.doubled = doubled
            .take(DOUBLED_MAX)
            .map(|(id, times)| (id.to_string(), *times))
            .collect();
        counts
    }

    fn of_domain(&mut self, address: &str) -> &mut OfDomain {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.counts.domains.entry(domain.to_owned()).or_default()
    }
}
