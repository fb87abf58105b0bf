//! How many letters a provider gets in a second, from all processes of the house together.
//!
//! Each process keeps its share of the rate by a bucket of tokens. A bucket may be full after a quiet time, and is filled
//! meanwhile, so it is filled by that much less than the rate: in no second do more letters go than the rate says, whatever
//! was before it. While shares pass from one process to another it may be one more for each further process, because
//! letters are whole. Where a share is less than two letters a second, next to nothing would be left to fill; it is half
//! of the share then.

use std::time::Duration;

use kernel::Moment;

/// How much of what a provider may get in a second it may get at once: a worker asks for places once a commit.
const BURST_PARTS: f64 = 20.0;

/// A process's share of a rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    share: f64,
    burst: f64,
    per_second: f64,
}

impl Flow {
    pub fn new(rate_per_second: u32, share: f64) -> Flow {
        let rate = f64::from(rate_per_second);
        let burst = if share > 0.0 {
            (rate * share / BURST_PARTS).max(1.0)
        } else {
            0.0
        };
        Flow {
            share,
            burst,
            per_second: ((rate + 1.0) * share - burst).max(rate * share / 2.0),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    tokens: f64,
    filled: Moment,
    /// Of the rate, when it was filled last.
    share: f64,
}

impl Bucket {
    /// Empty: what goes in the first second may be on top of what another process gave in it.
    pub fn new(now: Moment) -> Bucket {
        Bucket {
            tokens: 0.0,
            filled: now,
            share: 0.0,
        }
    }

    pub fn fill(&mut self, flow: Flow, now: Moment) {
        let micros = u32::try_from(now.micros_since(self.filled).max(0)).unwrap_or(u32::MAX);
        let mut grown = f64::from(micros) / 1e6 * flow.per_second;
        if self.share < flow.share {
            // Part of that time somebody else may have had what is new.
            grown *= self.share / flow.share;
        }
        self.tokens = (self.tokens + grown).min(flow.burst);
        (self.filled, self.share) = (now, flow.share);
    }

    pub fn has_one(&self) -> bool {
        self.tokens >= 1.0
    }

    pub fn take(&mut self) {
        self.tokens -= 1.0;
    }

    pub fn put_back(&mut self) {
        self.tokens += 1.0;
    }

    pub fn filled(&self) -> Moment {
        self.filled
    }

    /// How long until there is a token, when none is there now. `most` when it is filled by nothing.
    pub fn rests(&self, flow: Flow, most: Duration) -> Option<Duration> {
        let missing = (!self.has_one()).then(|| (1.0 - self.tokens) / flow.per_second)?;
        let rests = Duration::try_from_secs_f64(missing).unwrap_or(most);
        // No shorter than a clock can tell.
        Some(rests.clamp(Duration::from_millis(1), most))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);
    const STEP_MICROS: i64 = 5_000;

    /// Whoever has quarters asks whenever it can. `turns`: for how long who has how many of the four quarters. Says how
    /// many letters went, and how many in the busiest second.
    fn play(rate: u32, turns: &[(i64, [u8; 3])]) -> (u64, usize) {
        let mut buckets = [Bucket::new(NOW); 3];
        let (mut second, mut all, mut most) = (VecDeque::new(), 0, 0);
        let mut now = NOW;
        for (steps, quarters) in turns {
            for _ in 0..*steps {
                now = now.plus_micros(STEP_MICROS);
                for (bucket, quarters) in buckets.iter_mut().zip(quarters) {
                    bucket.fill(Flow::new(rate, f64::from(*quarters) / 4.0), now);
                    while *quarters > 0 && bucket.has_one() {
                        bucket.take();
                        second.push_back(now);
                        all += 1;
                    }
                }
                while second
                    .front()
                    .is_some_and(|at| now.micros_since(*at) >= 1_000_000)
                {
                    second.pop_front();
                }
                most = most.max(second.len());
            }
        }
        (all, most)
    }

    #[test]
    fn whoever_is_alone_gives_nearly_all_that_the_rate_allows_and_never_more() {
        for rate in [1, 2, 5, 20, 50, 400] {
            let (all, most) = play(rate, &[(12_000, [4, 0, 0])]);
            assert!(most <= usize::try_from(rate).unwrap(), "{most} of {rate}");
            assert!(all >= u64::from(rate) * 54 - 1, "{all} at {rate}");
        }
    }

    #[test]
    fn after_a_quiet_time_a_second_holds_no_more_than_any_other() {
        let (_, most) = play(100, &[(400, [4, 0, 0]), (2_000, [0, 0, 0]), (400, [4, 0, 0])]);
        assert!((90..=100).contains(&most), "{most}");
    }

    proptest! {
        #[test]
        fn however_work_passes_between_processes_they_keep_the_rate_together(
            rate in 8_u32..300,
            turns in prop::collection::vec((1_i64..500, (0_u8..=4, 0_u8..=4)), 1..12),
        ) {
            let turns: Vec<_> = turns
                .into_iter()
                .map(|(steps, (one, other))| (steps, [one, other.min(4 - one), 4 - one - other.min(4 - one)]))
                .collect();
            let (_, most) = play(rate, &turns);
            let further = 2;
            prop_assert!(most <= usize::try_from(rate).unwrap() + further, "{} of {}", most, rate);
        }
    }
}
