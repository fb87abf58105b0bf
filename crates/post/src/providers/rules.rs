//! Which provider takes a letter, and when one that is in trouble is left alone.
//!
//! * A breaker opens when a provider fails again and again, or says that it does not know us. When its pause is over, one
//!   letter probes it; what becomes of that letter closes the breaker or doubles the pause.
//! * What a server says about a reader or a letter is not the provider's trouble.
//! * Weights are kept by the letter's id and not by dice, so that the same letter asks for the same provider again.

use kernel::{Id, Moment};

use super::{Class, Verdict};
use crate::letters::Stick;

/// Failures in a row that open a breaker.
const FAILURES_MAX: u32 = 5;
/// The first pause of an open breaker; it doubles up to the longest.
const PAUSE_FIRST_SECONDS: i64 = 2;
const PAUSE_MAX_SECONDS: i64 = 120;
/// The pause when the provider does not know us: somebody has to mend something first.
const PAUSE_STRANGER_SECONDS: i64 = 60;
/// The longest that a provider is believed when it says how long it wants to be left alone.
const PAUSE_ASKED_MAX_SECONDS: i64 = 3600;

/// Whether a provider is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// As usual.
    Closed { failures: u32 },
    /// Not before `until`. `opened`: how often in a row.
    Open { until: Moment, opened: u32 },
    /// One letter is on its way to find out.
    Probing { opened: u32 },
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker::Closed { failures: 0 }
    }
}

/// What a verdict says about the provider itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Well,
    Failed,
    Stranger,
    /// It wants to be left alone for so many seconds.
    Busy {
        seconds: i64,
    },
}

/// What an attempt tells about the provider, as opposed to the letter and its reader.
pub fn health(verdict: &Verdict) -> Health {
    let refusal = match verdict {
        Verdict::HandedOver { .. } => return Health::Well,
        Verdict::Unsure { .. } => return Health::Failed,
        Verdict::Refused(refusal) => refusal,
    };
    let asked = refusal
        .retry_after
        .and_then(|pause| i64::try_from(pause.as_secs()).ok());
    match refusal.class {
        Class::Authentication => Health::Stranger,
        Class::Quota => match asked {
            Some(seconds) => Health::Busy {
                seconds: seconds.clamp(1, PAUSE_ASKED_MAX_SECONDS),
            },
            None => Health::Failed,
        },
        Class::Network | Class::Latency => Health::Failed,
        Class::Policy | Class::Mailbox | Class::Unwanted | Class::Letter => Health::Well,
    }
}

impl Breaker {
    /// Whether a letter may be given now.
    pub fn lets_through(self, instant: Moment) -> bool {
        match self {
            Breaker::Closed { .. } => true,
            Breaker::Open { until, .. } => until <= instant,
            Breaker::Probing { .. } => false,
        }
    }

    /// A letter is about to be given: one that comes when the pause is over is the probe.
    #[must_use]
    pub fn giving(self) -> Breaker {
        match self {
            Breaker::Open { opened, .. } => Breaker::Probing { opened },
            other => other,
        }
    }

    /// The letter that was to be the probe was not given after all.
    #[must_use]
    pub fn not_given(self, instant: Moment) -> Breaker {
        match self {
            Breaker::Probing { opened } => Breaker::Open {
                until: instant,
                opened,
            },
            other => other,
        }
    }

    /// What an attempt that ended at `now` makes of it.
    #[must_use]
    pub fn after(self, health: Health, instant: Moment) -> Breaker {
        let opened = match self {
            Breaker::Closed { .. } => 0,
            Breaker::Open { opened, .. } | Breaker::Probing { opened } => opened,
        };
        let open = |seconds: i64| Breaker::Open {
            until: instant.plus_seconds(seconds),
            opened: opened.saturating_add(1),
        };
        match (self, health) {
            // Letters that were under way when it opened tell nothing new, unless it is well after all.
            (Breaker::Open { .. }, Health::Failed | Health::Stranger | Health::Busy { .. }) => self,
            (_, Health::Well) => Breaker::default(),
            (_, Health::Stranger) => open(PAUSE_STRANGER_SECONDS),
            (_, Health::Busy { seconds }) => open(seconds),
            (Breaker::Closed { failures }, Health::Failed) if failures + 1 < FAILURES_MAX => {
                Breaker::Closed {
                    failures: failures + 1,
                }
            }
            (_, Health::Failed) => open((PAUSE_FIRST_SECONDS << opened.min(16)).min(PAUSE_MAX_SECONDS)),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Breaker::Closed { .. } => "closed",
            Breaker::Open { .. } => "open",
            Breaker::Probing { .. } => "half_open",
        }
    }
}

/// A provider as the choice sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    pub name: &'a str,
    /// Lower ones are asked first.
    pub order: u32,
    /// Its share among those of the same order.
    pub weight: u32,
    /// Its breaker lets letters through.
    pub is_open_for: bool,
    /// It can take one more right now, by its rate and concurrency.
    pub has_room: bool,
}

/// What the choice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The provider at this place.
    Take(usize),
    /// The provider for it is well, but full: soon.
    Full,
    /// None for it is well now.
    Nobody,
}

/// Which provider takes a letter. A full provider is waited for and not skipped, so that rates hold what they promise;
/// one in trouble is skipped.
pub fn choose(candidates: &[Candidate<'_>], letter: Id, stick: Stick, last: &str) -> Choice {
    let usable: Vec<usize> = (0..candidates.len())
        .filter(|&at| candidates[at].is_open_for && candidates[at].weight > 0)
        .collect();
    let of_order = |usable: &[usize]| {
        let order = usable.iter().map(|&at| candidates[at].order).min();
        let first = usable
            .iter()
            .copied()
            .filter(|&at| Some(candidates[at].order) == order);
        by_weight(candidates, &first.collect::<Vec<_>>(), letter)
    };
    let is_last = |at: &usize| candidates[*at].name == last;
    let wanted = match stick {
        Stick::Anywhere => of_order(&usable),
        Stick::OnlyThere => (0..candidates.len())
            .find(is_last)
            .filter(|&at| candidates[at].is_open_for),
        Stick::RatherElsewhere => {
            let others: Vec<usize> = usable.iter().copied().filter(|at| !is_last(at)).collect();
            of_order(&others).or_else(|| of_order(&usable))
        }
    };
    match wanted {
        None => Choice::Nobody,
        Some(at) if candidates[at].has_room => Choice::Take(at),
        Some(_) => Choice::Full,
    }
}

fn by_weight(candidates: &[Candidate<'_>], among: &[usize], letter: Id) -> Option<usize> {
    let total: u64 = among.iter().map(|&at| u64::from(candidates[at].weight)).sum();
    let tail: [u8; 8] = letter.as_bytes()[8..].try_into().unwrap_or_default();
    let mut point = (u64::from_be_bytes(tail) & 0x3fff_ffff).checked_rem(total)?;
    for &at in among {
        let weight = u64::from(candidates[at].weight);
        if point < weight {
            return Some(at);
        }
        point -= weight;
    }
    None
}

#[cfg(test)]
mod tests;
