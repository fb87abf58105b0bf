//! Named points at which a test may end the process, or hold it, to see that nothing breaks there.
//!
//! They are compiled in always: the hostile tests kill the very binary that is shipped, and a point that nobody asked
//! for costs one look at a value that never changes.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// Names the point at which the process aborts, as if it had been killed with -9.
pub const ENVIRONMENT: &str = "TOWNHALL_CRASH_AT";

/// Every point of two-phase commit, in its order.
pub const TWO_PHASE: &[&str] = &[
    "two_phase.home_done",
    "two_phase.prepared_one",
    "two_phase.prepared_all",
    "two_phase.before_decision",
    "two_phase.decided",
    "two_phase.settled_one",
    "two_phase.settled_all",
];

/// Every point of a shard move, in its order. Its flip is a two-phase commit, so it passes those points too.
pub const MOVE: &[&str] = &[
    "move.recorded",
    "move.marked",
    "move.staged",
    "move.copied",
    "move.caught_up",
    "move.fenced",
    "move.last_pass",
    "move.flipped",
    "move.cleaned",
];

type Visitor = dyn Fn(&'static str) + Send + Sync;

/// Who is told when a point is passed.
#[derive(Clone, Default)]
pub struct Points(Option<Arc<Visitor>>);

impl Points {
    /// For tests in one process: `visitor` may hold the thread, or panic, which to the databases looks like a crash.
    pub fn visited_by(visitor: impl Fn(&'static str) + Send + Sync + 'static) -> Points {
        Points(Some(Arc::new(visitor)))
    }

    pub(crate) fn pass(&self, name: &'static str) {
        debug_assert!(
            TWO_PHASE.contains(&name) || MOVE.contains(&name),
            "{name} is not in the list"
        );
        if let Some(visitor) = &self.0 {
            visitor(name);
        }
        if asked_for().is_some_and(|asked| asked == name) {
            tracing::error!(point = name, "ending here because {ENVIRONMENT} says so");
            std::process::abort();
        }
    }
}

impl fmt::Debug for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Points(visited)"
        } else {
            "Points"
        })
    }
}

fn asked_for() -> Option<&'static str> {
    static ASKED: OnceLock<Option<String>> = OnceLock::new();
    ASKED.get_or_init(|| std::env::var(ENVIRONMENT).ok()).as_deref()
}
