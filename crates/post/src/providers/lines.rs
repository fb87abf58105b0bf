//! The providers of the house side by side: who takes the next letter, how many each has in its hands, and whose breaker
//! is open. Breakers and concurrency are of this process; of a rate, which is the house's, this process takes as much as
//! it has of the work. What must survive a process stands in the letters.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bell::Part;
use kernel::{Clock, Id, Moment};
use metrics::{counter, gauge};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::rate::{Bucket, Flow};
use super::rules::{self, Breaker, Candidate, Choice};
use super::{Provider, Verdict};
use crate::Lane;
use crate::letters::Stick;

/// Whoever waits for its share of a rate looks again this soon: it may have more of the work by then.
const REST_MAX: Duration = Duration::from_secs(1);

/// A provider as it is configured.
pub struct Line {
    pub provider: Arc<dyn Provider>,
    /// Lower ones are asked first.
    pub order: u32,
    /// Its share among those of the same order. 0: it gets nothing new, and is still asked about what it got.
    pub weight: u32,
    /// Letters it may have in its hands at once.
    pub concurrency: u32,
    /// Letters it may get in a second, from all processes of the house together. 0: as fast as it takes them.
    pub rate_per_second: u32,
}

impl Line {
    pub fn new(provider: Arc<dyn Provider>) -> Line {
        Line {
            provider,
            order: 1,
            weight: 1,
            concurrency: 16,
            rate_per_second: 0,
        }
    }
}

/// All of them. Shared by all workers of the process.
pub struct Lines {
    lines: Vec<Line>,
    now: Mutex<Vec<Now>>,
    shares: Mutex<Shares>,
    /// Workers of a lane that have letters, and no place for any.
    waiting: Mutex<HashMap<Lane, usize>>,
    /// Somebody became free, or well.
    pub(crate) freed: Notify,
}

/// How a provider is right now.
#[derive(Clone, Debug)]
struct Now {
    breaker: Breaker,
    /// Letters in its hands.
    out: u32,
    /// For places that are given.
    given: Bucket,
    /// For letters that leave. They wait for a commit first, and many may come from one that took long.
    left: Bucket,
    handed_over: u64,
    refused: u64,
    unsure: u64,
    last_trouble: Option<(Moment, String)>,
}

/// How a provider is, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct LineStatus {
    pub name: String,
    pub order: u32,
    pub weight: u32,
    pub concurrency: u32,
    pub rate_per_second: u32,
    pub has_idempotency_keys: bool,
    /// `closed`, `open` or `half_open`.
    pub breaker: &'static str,
    pub open_until: Option<Moment>,
    pub out: u32,
    /// Since this process began.
    pub handed_over: u64,
    pub refused: u64,
    pub unsure: u64,
    pub last_trouble: Option<(Moment, String)>,
}

/// Which part of the house's letters goes through this process: of each lane on each server.
#[derive(Default)]
struct Shares {
    parts: HashMap<(Lane, usize), Part>,
    /// How many there would be if all were here.
    of: usize,
}

impl Shares {
    /// Who works alone, or does not know yet that there are others, has everything.
    fn mine(&self) -> f64 {
        if self.parts.is_empty() {
            return 1.0;
        }
        let held: f64 = self.parts.values().map(Part::get).sum();
        let of = u32::try_from(self.of.max(self.parts.len())).unwrap_or(u32::MAX);
        held / f64::from(of)
    }
}

/// A place at a provider, given back when it is dropped.
pub(crate) struct Pass {
    lines: Arc<Lines>,
    at: usize,
    used: bool,
}

/// A worker that has letters and found every place taken. Until it has one, or gives up, others take no new ones.
pub(crate) struct Claim {
    lines: Arc<Lines>,
    lane: Lane,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(count) = self.lines.waiting.lock().get_mut(&self.lane) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Who asks for places: a worker of a lane, and whether it has a claim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub lane: Lane,
    pub has_claim: bool,
}

/// A worker that somebody waits for, as tests have it.
#[cfg(test)]
pub(crate) const PROMPT: Asker = Asker {
    lane: Lane::Prompt,
    has_claim: false,
};

/// Whether a letter that has a place may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    AtOnce,
    /// It may, and meanwhile much may have become of it.
    Waited,
    /// The rate did not come to it.
    NotNow,
}

/// What asking for a place says.
pub(crate) enum Reserved {
    Given(Pass),
    /// The provider for this letter has no room right now.
    Full,
    /// No provider for this letter is well.
    Nobody,
}

impl Lines {
    pub fn new(lines: Vec<Line>, now: Moment) -> Lines {
        let fresh = |_: &Line| Now {
            breaker: Breaker::default(),
            out: 0,
            given: Bucket::new(now),
            left: Bucket::new(now),
            handed_over: 0,
            refused: 0,
            unsure: 0,
            last_trouble: None,
        };
        Lines {
            now: Mutex::new(lines.iter().map(fresh).collect()),
            shares: Mutex::default(),
            waiting: Mutex::default(),
            lines,
            freed: Notify::new(),
        }
    }

    /// A worker of a lane on a server says which part of it is done here, and how many servers there are.
    pub(crate) fn shared(&self, lane: Lane, server: usize, part: &Part, servers: usize) {
        let mut shares = self.shares.lock();
        shares.of = servers * Lane::ALL.len();
        shares.parts.insert((lane, server), part.clone());
    }

    /// Which part of a rate of the house this process may use.
    #[cfg(test)]
    pub(crate) fn share(&self) -> f64 {
        self.shares.lock().mine()
    }

    /// Asks for a place for a letter. Places of `returned` count as free for whoever holds them, and are given first:
    /// they change hands without being anybody else's in between.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        returned: &mut Vec<Pass>,
        asker: Asker,
        letter: (Id, Stick, &str),
        now: Moment,
    ) -> Reserved {
        let (letter, stick, last) = letter;
        let gives_way = self.gives_way(asker);
        let mut state = self.now.lock();
        self.fill(&mut state, now);
        let candidates: Vec<Candidate<'_>> = self
            .lines
            .iter()
            .zip(state.iter())
            .enumerate()
            .map(|(at, (line, current))| Candidate {
                name: line.provider.name(),
                order: line.order,
                weight: line.weight,
                is_open_for: current.breaker.lets_through(now),
                has_room: free_places(line, current, asker.lane, (returned_at(returned, at), gives_way)) > 0,
            })
            .collect();
        let at = match rules::choose(&candidates, letter, stick, last) {
            Choice::Take(at) => at,
            Choice::Full => return Reserved::Full,
            Choice::Nobody => return Reserved::Nobody,
        };
        let current = &mut state[at];
        current.breaker = current.breaker.giving();
        current.given.take();
        if let Some(held) = returned.iter().position(|pass| pass.at == at) {
            let mut pass = returned.swap_remove(held);
            pass.used = false;
            return Reserved::Given(pass);
        }
        current.out += 1;
        Reserved::Given(Pass {
            lines: Arc::clone(self),
            at,
            used: false,
        })
    }

    fn fill(&self, state: &mut [Now], now: Moment) {
        let mine = self.shares.lock().mine();
        for (line, current) in self.lines.iter().zip(state) {
            current.given.fill(Flow::new(line.rate_per_second, mine), now);
        }
    }

    /// While the rates of all providers that are well are used up: how long until one may get a letter again.
    pub(crate) fn rests(&self, now: Moment) -> Option<Duration> {
        let mut state = self.now.lock();
        self.fill(&mut state, now);
        let mine = self.shares.lock().mine();
        let lines = self.lines.iter().zip(state.iter());
        let well = lines.filter(|(line, current)| line.weight > 0 && current.breaker.lets_through(now));
        let rests = well.map(|(line, current)| {
            let flow = Flow::new(line.rate_per_second, mine);
            let waits = line.rate_per_second > 0;
            waits.then(|| current.given.rests(flow, REST_MAX)).flatten()
        });
        // None, who has not to wait, is the least.
        rests.min().flatten()
    }

    /// Lets a letter leave by the rate of its provider, or says when to ask again.
    fn leaves(&self, at: usize, now: Moment) -> Option<Duration> {
        let rate = self.lines[at].rate_per_second;
        if rate == 0 {
            return None;
        }
        let flow = Flow::new(rate, self.shares.lock().mine());
        let left = &mut self.now.lock()[at].left;
        left.fill(flow, now);
        let rests = left.rests(flow, REST_MAX);
        if rests.is_none() {
            left.take();
        }
        rests
    }

    /// How many letters of a lane could be given now, over all providers that are well, by whoever has `returned`.
    pub(crate) fn room(&self, now: Moment, asker: Asker, returned: &[Pass]) -> usize {
        let gives_way = self.gives_way(asker);
        let mut state = self.now.lock();
        self.fill(&mut state, now);
        let lines = self.lines.iter().zip(state.iter()).enumerate();
        let free = lines.filter_map(|(at, (line, current))| {
            let open = line.weight > 0 && current.breaker.lets_through(now);
            open.then(|| free_places(line, current, asker.lane, (returned_at(returned, at), gives_way)))
        });
        free.map(|places| usize::try_from(places).unwrap_or(0)).sum()
    }

    /// Whether a provider is well and could take letters of a lane, if only the places of all such were not taken.
    pub(crate) fn is_crowded(&self, now: Moment, lane: Lane) -> bool {
        let mut state = self.now.lock();
        self.fill(&mut state, now);
        let lines = self.lines.iter().zip(state.iter());
        let mut well = lines.filter(|(line, current)| {
            let flows = line.rate_per_second == 0 || current.given.has_one();
            line.weight > 0 && flows && current.breaker.lets_through(now)
        });
        let is_full = |(line, current): (&Line, &Now)| places(line, lane) <= current.out;
        well.next().is_some_and(is_full) && well.all(is_full)
    }

    /// Lets a worker stand in line.
    pub(crate) fn claim(self: &Arc<Self>, lane: Lane) -> Claim {
        *self.waiting.lock().entry(lane).or_default() += 1;
        Claim {
            lines: Arc::clone(self),
            lane,
        }
    }

    /// Whether others of its lane go before somebody. A worker that has places would keep them for as long as it has letters,
    /// and the letters of others would wait for all of those.
    pub(crate) fn gives_way(&self, asker: Asker) -> bool {
        !asker.has_claim
            && self
                .waiting
                .lock()
                .get(&asker.lane)
                .is_some_and(|count| *count > 0)
    }

    /// Whether any provider is well. If not, when the first may be probed.
    pub(crate) fn well_at(&self, now: Moment) -> Option<Moment> {
        let state = self.now.lock();
        let when = self
            .lines
            .iter()
            .zip(state.iter())
            .filter(|(line, _)| line.weight > 0);
        when.map(|(_, current)| match current.breaker {
            Breaker::Closed { .. } => now,
            Breaker::Open { until, .. } => until.max(now),
            // Its end is near, and wakes who waits.
            Breaker::Probing { .. } => now.plus_seconds(1),
        })
        .min()
    }

    /// Whether another provider than this one could take letters.
    pub(crate) fn has_other(&self, name: &str, now: Moment) -> bool {
        let state = self.now.lock();
        self.lines.iter().zip(state.iter()).any(|(line, current)| {
            line.provider.name() != name && line.weight > 0 && current.breaker.lets_through(now)
        })
    }

    pub fn named(&self, name: &str) -> Option<Arc<dyn Provider>> {
        let found = self.lines.iter().find(|line| line.provider.name() == name);
        found.map(|line| Arc::clone(&line.provider))
    }

    /// How each of them is.
    pub fn status(&self) -> Vec<LineStatus> {
        let state = self.now.lock();
        let statuses = self
            .lines
            .iter()
            .zip(state.iter())
            .map(|(line, current)| LineStatus {
                name: line.provider.name().to_owned(),
                order: line.order,
                weight: line.weight,
                concurrency: line.concurrency,
                rate_per_second: line.rate_per_second,
                has_idempotency_keys: line.provider.has_idempotency_keys(),
                breaker: current.breaker.name(),
                open_until: match current.breaker {
                    Breaker::Open { until, .. } => Some(until),
                    _ => None,
                },
                out: current.out,
                handed_over: current.handed_over,
                refused: current.refused,
                unsure: current.unsure,
                last_trouble: current.last_trouble.clone(),
            });
        statuses.collect()
    }
}

/// Places that are free now, for somebody who would give back so many of those that are taken; who gives way has no others.
fn free_places(line: &Line, now: &Now, lane: Lane, (given_back, gives_way): (u32, bool)) -> u32 {
    if line.rate_per_second > 0 && !now.given.has_one() {
        return 0;
    }
    let free = places(line, lane).saturating_sub(now.out.saturating_sub(given_back));
    if gives_way { free.min(given_back) } else { free }
}

fn returned_at(returned: &[Pass], at: usize) -> u32 {
    let count = returned.iter().filter(|pass| pass.at == at).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A quarter of the places is kept free of what goes to many, so that what somebody waits for finds one.
fn places(line: &Line, lane: Lane) -> u32 {
    match lane {
        Lane::Prompt => line.concurrency,
        Lane::Bulk => (line.concurrency - line.concurrency / 4).max(1),
    }
}

impl Pass {
    pub fn provider(&self) -> Arc<dyn Provider> {
        Arc::clone(&self.lines.lines[self.at].provider)
    }

    pub fn name(&self) -> &str {
        self.lines.lines[self.at].provider.name()
    }

    /// Waits until the letter may leave, for so long at most. It has to wait only after a stall of the store, because places are
    /// given at the same rate, or when another process has the whole rate by now.
    pub async fn may_leave(&self, clock: &Clock, most: Duration) -> Leave {
        let Some(first) = self.lines.leaves(self.at, clock.now()) else {
            return Leave::AtOnce;
        };
        let waited = async {
            tokio::time::sleep(first).await;
            while let Some(rests) = self.lines.leaves(self.at, clock.now()) {
                tokio::time::sleep(rests).await;
            }
        };
        let waited = tokio::time::timeout(most, waited).await;
        waited.map_or(Leave::NotNow, |()| Leave::Waited)
    }

    /// The letter was given, and this came of it.
    pub fn ended(&mut self, verdict: &Verdict, now: Moment) {
        self.used = true;
        let line = &self.lines.lines[self.at];
        let name = line.provider.name().to_owned();
        let mut state = self.lines.now.lock();
        let current = &mut state[self.at];
        let (before, health) = (current.breaker, rules::health(verdict));
        current.breaker = before.after(health, now);
        let trouble = match verdict {
            Verdict::HandedOver { .. } => {
                current.handed_over += 1;
                None
            }
            Verdict::Refused(refusal) => {
                current.refused += 1;
                counter!("townhall_post_refusals_total", "provider" => name.clone(), "class" => refusal.class.name())
                    .increment(1);
                Some(refusal.words.clone())
            }
            Verdict::Unsure { why } => {
                current.unsure += 1;
                Some(why.clone())
            }
        };
        if let Some(words) = trouble.filter(|_| health != rules::Health::Well) {
            current.last_trouble = Some((now, words));
        }
        let after = current.breaker;
        drop(state);
        tell(&name, before, after);
    }
}

/// A breaker that opens or closes is an event for the log.
fn tell(provider: &str, before: Breaker, after: Breaker) {
    let is_open = matches!(after, Breaker::Open { .. });
    gauge!("townhall_post_breaker_open", "provider" => provider.to_owned()).set(if is_open {
        1.0
    } else {
        0.0
    });
    match (before, after) {
        (Breaker::Closed { .. }, Breaker::Open { until, .. }) => {
            tracing::warn!(provider, %until, "the provider of letters is in trouble and left alone");
        }
        (Breaker::Open { .. } | Breaker::Probing { .. }, Breaker::Closed { .. }) => {
            tracing::info!(provider, "the provider of letters is well again");
        }
        _ => {}
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.lines.now.lock();
        let current = &mut state[self.at];
        current.out = current.out.saturating_sub(1);
        if !self.used {
            let now = current.given.filled();
            current.breaker = current.breaker.not_given(now);
            current.given.put_back();
        }
        drop(state);
        self.lines.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
