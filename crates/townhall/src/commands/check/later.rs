//! Whether what happens later does happen: how long timers have been due and changes unheard.

use bell::{Bell, Desk};
use kernel::{Clock, Moment};
use registry::links;
use store::{Store, StoreError};

use super::Finding;

const WHAT: &str = "later";
/// A house that is open rings within a second, and tries again what failed for a while.
const WAITED_SECONDS_MAX: i64 = 60;

pub(super) async fn finding(store: &Store, clock: &Clock) -> Finding {
    let desk = links::timers(Bell::new(store.clone(), clock.clone())).desk();
    match behind(&desk, clock.now()).await {
        Ok(behind) if behind.is_empty() => {
            Finding::good(WHAT, "no timer is overdue and no change waits to be heard")
        }
        Ok(behind) => Finding::warning(
            WHAT,
            behind.join("; "),
            "A house that was closed makes up for it once it is open. If it is open, `townhall admin bell list` shows what \
             is parked and why, and the log says which work stands still.",
        ),
        Err(error) => Finding::warning(
            WHAT,
            format!("cannot be looked at: {error}"),
            "Look with `townhall admin bell list`.",
        ),
    }
}

/// What has been kept waiting, each with its age.
async fn behind(desk: &Desk, now: Moment) -> Result<Vec<String>, StoreError> {
    let waited = |since: Moment| {
        let seconds = now.micros_since(since) / 1_000_000;
        (seconds > WAITED_SECONDS_MAX).then_some(seconds)
    };
    let mut behind = Vec::new();
    for state in desk.kinds().await? {
        if let Some(seconds) = state.first.and_then(waited) {
            behind.push(format!(
                "the first timer of {} has been due for {seconds} s",
                state.kind
            ));
        }
        if state.parked > 0 {
            behind.push(format!("{} timers of {} are parked", state.parked, state.kind));
        }
    }
    for first in desk.unheard().await? {
        if let Some(seconds) = waited(first.since) {
            behind.push(format!(
                "a change {} has not been heard for {seconds} s",
                first.kind
            ));
        }
    }
    Ok(behind)
}
