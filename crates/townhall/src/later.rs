//! What happens later in this house, connected: who rings which timers, who hears which changes, and which duties are done.

use std::sync::Arc;
use std::time::Duration;

use bell::{Bell, Duty, Failed, Scope};
use calendar::Calendars;
use kernel::Clock;
use post::Post;
use registry::Registry;
use store::Store;

use crate::calendars;
use crate::segmentation::Learner;

/// Tokens that were revoked elsewhere are refused within about this time.
const REGISTRY: Duration = Duration::from_secs(1);
/// Soon enough that what a killed program left is settled within seconds, and a few cheap statements each time.
const UPKEEP: Duration = Duration::from_secs(2);
/// Verdicts are kept for an hour at least.
const VERDICTS: Duration = Duration::from_secs(300);
/// A few batches each time, even after a minute of many changes.
const LOG: Duration = Duration::from_secs(60);

/// Letters are kept for months; an hour more or less is nothing.
const OLD_LETTERS: Duration = Duration::from_secs(3600);

/// The bell of this house, with duties of others.
pub fn bell(
    store: &Store,
    clock: &Clock,
    registry: &Arc<Registry>,
    duties: impl IntoIterator<Item = Duty>,
) -> Bell {
    let (upkeep, verdicts, log) = (store.clone(), store.clone(), store.clone());
    let (tended, swept) = (Arc::clone(registry), Arc::clone(registry));
    let bell = registry::links::timers(Bell::new(store.clone(), clock.clone()));
    let bell = registry::groups::hearing(bell, registry);
    duties
        .into_iter()
        .fold(bell, Bell::duty)
        .duty(Duty::new("store.upkeep", UPKEEP, Scope::EachProcess, move || {
            let store = upkeep.clone();
            async move { Ok(store.upkeep().await?) }
        }))
        .duty(Duty::new(
            "store.verdicts",
            VERDICTS,
            Scope::OncePerHouse,
            move || {
                let store = verdicts.clone();
                async move { Ok(store.forget_verdicts().await?) }
            },
        ))
        .duty(Duty::new("store.log", LOG, Scope::OncePerHouse, move || {
            let store = log.clone();
            async move { Ok(store.trim_log().await?) }
        }))
        .duty(Duty::new(
            "registry.sweep",
            registry::sessions::SWEEP_EACH,
            Scope::OncePerHouse,
            move || {
                let registry = Arc::clone(&swept);
                async move { Ok(registry.sweep_sessions().await?) }
            },
        ))
        .duty(Duty::new(
            "registry.tend",
            REGISTRY,
            Scope::EachProcess,
            move || {
                let registry = Arc::clone(&tended);
                async move {
                    registry
                        .tend()
                        .await
                        .map_err(|error| Failed::because(error.to_string()))
                }
            },
        ))
}

/// Has changes heard by everybody who must hear of them, whichever services this process answers for: the process that
/// takes a change marks it heard for the whole house.
pub fn hearing(bell: Bell, learner: &Learner, calendars: &Calendars) -> Bell {
    calendars::hearing(learner.hearing(bell), calendars)
}

/// Has old letters forgotten.
pub fn forgetting(bell: Bell, post: &Post, keep_days: u32) -> Bell {
    let post = post.clone();
    bell.duty(Duty::new(
        "post.forget",
        OLD_LETTERS,
        Scope::OncePerHouse,
        move || {
            let post = post.clone();
            async move { Ok(post.forget_old(keep_days).await?) }
        },
    ))
}
