//! What was refused, in the words of a problem: the same for every interface that speaks HTTP.

use front::{Code, Problem};
use store::StoreError;

use crate::service::Refused;
use crate::types::Reason;

impl From<Refused> for Problem {
    fn from(why: Refused) -> Problem {
        match why {
            Refused::Reason(reason) => Problem::from(reason),
            Refused::Store(error) => of_store(error),
        }
    }
}

fn of_store(error: StoreError) -> Problem {
    match error {
        StoreError::Unavailable { .. } | StoreError::Busy => Problem::from(error),
        error => Problem::internal(error),
    }
}

impl From<Reason> for Problem {
    fn from(reason: Reason) -> Problem {
        let text = reason.to_string();
        match reason {
            Reason::NoSegment(_)
            | Reason::NoPerson
            | Reason::NoDraw(_)
            | Reason::NoHoldout(_)
            | Reason::NoReport => Problem::not_found().because(text),
            Reason::KeyTaken(_) => Problem::new(Code::Conflict)
                .because(text)
                .field("key", "taken", "is taken"),
            Reason::HoldoutTaken(_) => Problem::new(Code::Conflict)
                .because(text)
                .field("name", "taken", "is taken"),
            Reason::Archived(_)
            | Reason::TooManySegments
            | Reason::TooManyDraws
            | Reason::OtherRequest
            | Reason::StillDrawing
            | Reason::DrawFailed => Problem::new(Code::Conflict).because(text),
            Reason::Stale => Problem::new(Code::PreconditionFailed),
            Reason::AddedAndRemoved(_) => Problem::invalid("add", "contradiction", text),
            Reason::EndsInThePast => Problem::invalid("until", "past", text),
            Reason::Cycle(..) => Problem::invalid("rollout", "cycle", text),
            Reason::Field { field, problem } => Problem::invalid(field, "bounds", problem),
        }
    }
}
