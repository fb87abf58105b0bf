//! PostgreSQL's codes in the store's words.

use postgres::error::SqlState;

use crate::tx::Failure;
use crate::{StoreError, Unavailability};

/// The function inside PostgreSQL that refuses a prepared statement after its table was changed.
const STALE_PLAN_ROUTINE: &str = "RevalidateCachedQuery";

/// What went wrong, as far as the lane must know.
pub(super) enum Trouble {
    /// The connection is gone.
    Lost,
    /// Prepared statements are out of date.
    Stale,
    /// Somebody else changed what this transaction read or wants to change.
    Conflicted,
    Told(StoreError),
}

pub(super) fn of(what: &str, error: postgres::Error) -> Trouble {
    let Some(told) = error.as_db_error() else {
        let by_io = std::error::Error::source(&error).is_some_and(|cause| cause.is::<std::io::Error>());
        if error.is_closed() || by_io {
            return Trouble::Lost;
        }
        return Trouble::Told(StoreError::broken_by(format!("{what} failed"), error));
    };
    let unavailable = |reason| Trouble::Told(StoreError::unavailable(reason));
    match told.code() {
        code if code.code().starts_with("08") => Trouble::Lost,
        &SqlState::ADMIN_SHUTDOWN
        | &SqlState::CRASH_SHUTDOWN
        | &SqlState::CANNOT_CONNECT_NOW
        | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Trouble::Lost,
        &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::T_R_DEADLOCK_DETECTED
        | &SqlState::LOCK_NOT_AVAILABLE => Trouble::Conflicted,
        &SqlState::INVALID_SQL_STATEMENT_NAME => Trouble::Stale,
        _ if told.routine() == Some(STALE_PLAN_ROUTINE) => Trouble::Stale,
        &SqlState::UNIQUE_VIOLATION => Trouble::Told(StoreError::Conflict {
            constraint: told.constraint().unwrap_or("without a name").to_owned(),
        }),
        &SqlState::DISK_FULL => unavailable(Unavailability::DiskFull),
        &SqlState::IO_ERROR => unavailable(Unavailability::DiskFailing),
        &SqlState::QUERY_CANCELED => unavailable(Unavailability::TooSlow),
        &SqlState::TOO_MANY_CONNECTIONS | &SqlState::OUT_OF_MEMORY => unavailable(Unavailability::ServerDown),
        _ => Trouble::Told(StoreError::broken_by(format!("{what} failed"), error)),
    }
}

/// What an error of the housekeeping means to a caller.
pub(crate) fn meaning_of(what: &str, error: postgres::Error) -> StoreError {
    match Failure::from(of(what, error)) {
        Failure::Again(error) | Failure::Final(error) => error,
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Lost => Failure::Again(StoreError::unavailable(Unavailability::ConnectionLost)),
            Trouble::Stale | Trouble::Conflicted => Failure::Again(StoreError::Busy),
            Trouble::Told(error) => Failure::Final(error),
        }
    }
}
