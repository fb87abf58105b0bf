//! Forgets sessions that are over, of people who do not come back: whoever signs in again drops their own.
//!
//! A round takes one part of the virtual shards, which the clock names, so that nothing has to be remembered between
//! rounds, each is short, and within about an hour all had their turn. No index by expiry stands behind it: each renewal
//! would have to keep it, and this reads each session once an hour.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Moment, VIRTUAL_SHARDS};
use store::lease::VshardRange;
use store::{Shard, StoreError};

use super::rows;
use crate::Registry;

/// How often a part is swept.
pub const SWEEP_EACH: Duration = Duration::from_secs(EACH_SECONDS.unsigned_abs());
const EACH_SECONDS: i64 = 50;
/// With the rounds' own time, all are swept within an hour.
const PARTS: i64 = 64;
/// Sessions of one transaction, and transactions of one round on each server. What is left has its turn in an hour.
const BATCH: u16 = 500;
const BATCHES_MAX: u32 = 10;

impl Registry {
    /// Sweeps the part whose turn it is, on every server.
    pub async fn sweep_sessions(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(part) = part(now) else { return Ok(()) };
        for server in self.store.everywhere() {
            sweep(&server, part, now).await?;
        }
        Ok(())
    }
}

async fn sweep(server: &Shard, part: VshardRange, now: Moment) -> Result<(), StoreError> {
    for _ in 0..BATCHES_MAX {
        let found = server.read(move |tx| rows::expired(tx, part, now, BATCH)).await?;
        if found.is_empty() {
            break;
        }
        let (count, found) = (found.len(), Arc::new(found));
        server
            .write(move |tx| {
                found
                    .iter()
                    .try_for_each(|session| rows::drop_if_expired(tx, *session, now))
            })
            .await?;
        metrics::counter!("townhall_sessions_swept_total").increment(u64::try_from(count).unwrap_or(0));
        if count < usize::from(BATCH) {
            break;
        }
    }
    Ok(())
}

/// The part of the virtual shards whose turn it is.
fn part(now: Moment) -> Option<VshardRange> {
    let turn = now
        .as_micros()
        .div_euclid(EACH_SECONDS * 1_000_000)
        .rem_euclid(PARTS);
    let (turn, each) = (
        u16::try_from(turn).ok()?,
        VIRTUAL_SHARDS / u16::try_from(PARTS).ok()?,
    );
    VshardRange::new(turn * each, (turn + 1) * each - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_virtual_shard_has_its_turn_within_the_hour() {
        let start = testkit::stores::START;
        let turns = (0..PARTS).filter_map(|turn| part(start.plus_seconds(turn * EACH_SECONDS)));
        let swept: HashSet<_> = turns.flat_map(VshardRange::shards).collect();
        assert_eq!(swept.len(), usize::from(VIRTUAL_SHARDS));
    }
}
