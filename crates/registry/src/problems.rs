//! How the store's refusals are told to callers: come back later, or our mistake.

use front::Problem;
use store::StoreError;

pub(crate) fn of_store(error: StoreError) -> Problem {
    match error {
        StoreError::Unavailable { .. } | StoreError::Busy => Problem::from(error),
        error => Problem::internal(error),
    }
}
