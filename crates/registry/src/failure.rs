//! Why a use case of the registry did not succeed: a reason of the domain, or a store that cannot serve.
//!
//! Rules give reasons; services give failures; the front ends turn a failure into a problem here and nowhere else, so
//! that a reason has the same code over HTTP, over gRPC and on a page.

use front::{Code, Problem};
use store::StoreError;

use crate::passwords::{HashingRefused, WeakPassword};
use crate::people::types::Reason;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Reason),
    #[error("the password {0}")]
    Weak(#[from] WeakPassword),
    #[error(transparent)]
    Hashing(#[from] HashingRefused),
    #[error("too many tries; the next is answered in {seconds} seconds")]
    TooMany { seconds: u32 },
    #[error("the cursor is not one of this list")]
    BadCursor,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        match failure {
            Failure::Refused(reason) => refused(&reason),
            Failure::Weak(weak) => Problem::invalid("password", weak.code(), weak.to_string()),
            Failure::Hashing(HashingRefused::Busy) => Problem::new(Code::Busy),
            Failure::Hashing(broken @ HashingRefused::BadHash) => Problem::internal(broken),
            Failure::TooMany { seconds } => Problem::new(Code::TooManyRequests).retry_after(seconds),
            Failure::BadCursor => front::bad_cursor(kernel::BadCursor),
            Failure::Store(error) => crate::problems::of_store(error),
        }
    }
}

fn refused(reason: &Reason) -> Problem {
    let code = match reason {
        Reason::NotFound => return Problem::not_found(),
        Reason::UnknownGrant => return Problem::invalid("relation", "unknown", reason.to_string()),
        Reason::Stale => return Problem::new(Code::PreconditionFailed),
        Reason::Outranked | Reason::AdminOnly => Code::Forbidden,
        Reason::LinkSpent => Code::Gone,
        Reason::EmailTaken
        | Reason::IdTaken
        | Reason::NotInvited
        | Reason::NotActive
        | Reason::NoEmail
        | Reason::LastAdmin => Code::Conflict,
    };
    Problem::new(code).because(reason)
}
