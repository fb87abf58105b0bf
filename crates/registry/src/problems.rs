//! How the store's refusals are told to callers: come back later, or our mistake.

use front::{Code, Problem};
use store::StoreError;

pub(crate) fn of_store(error: StoreError) -> Problem {
    match error {
        StoreError::Unavailable {
            retry_after_seconds, ..
        } => Problem::new(Code::Unavailable)
            .retry_after(retry_after_seconds)
            .cause(error),
        StoreError::Busy => Problem::new(Code::Busy).cause(error),
        error => Problem::internal(error),
    }
}
