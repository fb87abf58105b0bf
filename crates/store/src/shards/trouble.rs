//! What can go wrong between servers, kept apart until it is known whether to try again, to undo, or to ask.

use std::fmt;
use std::thread;

use postgres::error::SqlState;

use crate::{StoreError, pg};

#[derive(Debug)]
pub(crate) enum Trouble {
    Sql(postgres::Error),
    Store(StoreError),
    /// Recovery took us for dead and decided first. Nothing of ours was kept.
    Fenced,
    /// What we were working on was taken out of our hands.
    Overtaken(&'static str),
}

pub(crate) type Attempt<T> = Result<T, Trouble>;

impl From<postgres::Error> for Trouble {
    fn from(error: postgres::Error) -> Trouble {
        Trouble::Sql(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::Store(error)
    }
}

impl Trouble {
    /// Whether the same work may succeed when it is done again from its beginning.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Trouble::Sql(error) => is_contention(error),
            Trouble::Store(error) => matches!(error, StoreError::Busy),
            Trouble::Fenced => true,
            Trouble::Overtaken(_) => false,
        }
    }
}

/// How often a step that met others is done, and with the pauses between, for how long: some seconds.
const ATTEMPTS_MAX: u32 = 20;

/// Does a step again, after a growing pause, as long as it only met others who changed the same rows.
pub(super) fn again<T>(mut step: impl FnMut() -> Attempt<T>) -> Attempt<T> {
    for retries in 1..ATTEMPTS_MAX {
        match step() {
            Err(trouble) if trouble.may_pass() => thread::sleep(pg::pause(retries)),
            result => return result,
        }
    }
    step()
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Sql(error) => f.write_str(&pg::said(error)),
            Trouble::Store(error) => error.fmt(f),
            Trouble::Fenced => f.write_str("it was taken for dead and undone"),
            Trouble::Overtaken(what) => f.write_str(what),
        }
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Store(error) => error,
            Trouble::Fenced => StoreError::Busy,
            Trouble::Sql(error) => pg::meaning_of(&pg::said(&error), error),
            Trouble::Overtaken(what) => StoreError::broken(what),
        }
    }
}

/// Others changed the same rows at the same time.
pub(crate) fn is_contention(error: &postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
        ]
        .contains(code)
    })
}

/// Whether the server said no and lives on. Anything else leaves the fate of a COMMIT unknown.
pub(crate) fn is_refusal(error: &postgres::Error) -> bool {
    use postgres::error::Severity;
    error
        .as_db_error()
        .is_some_and(|error| error.parsed_severity() == Some(Severity::Error))
}
