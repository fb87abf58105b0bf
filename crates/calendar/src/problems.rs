//! What was refused, in the words of a problem: the same for every interface that speaks HTTP.

use front::{Code, Problem};
use store::StoreError;

use crate::service::Refused;
use crate::types::Reason;

impl From<Refused> for Problem {
    fn from(why: Refused) -> Problem {
        match why {
            Refused::Reason(reason) => Problem::from(reason),
            Refused::Store(error @ (StoreError::Unavailable { .. } | StoreError::Busy)) => {
                Problem::from(error)
            }
            Refused::Store(error) => Problem::internal(error),
        }
    }
}

impl From<Reason> for Problem {
    fn from(reason: Reason) -> Problem {
        let text = reason.to_string();
        match reason {
            Reason::NoCalendar
            | Reason::NoObject
            | Reason::NoInvitation
            | Reason::NoOrganizer
            | Reason::NotPublished
            | Reason::NotShared
            | Reason::NoResource
            | Reason::NoPerson
            | Reason::NoSubscription => Problem::not_found().because(text),
            Reason::NameTaken | Reason::PublicNameTaken => Problem::new(Code::Conflict)
                .because(text)
                .field("name", "taken", "is taken"),
            Reason::UidTaken(_) => Problem::new(Code::Conflict)
                .because(text)
                .field("uid", "taken", "is taken"),
            Reason::FollowedAlready => {
                Problem::new(Code::Conflict)
                    .because(text)
                    .field("source", "taken", "is followed already")
            }
            Reason::TooManyCalendars
            | Reason::TooManyObjects
            | Reason::TooManySubscriptions
            | Reason::TooManyShares
            | Reason::TooManyPublicOfOne
            | Reason::TooManyPublic
            | Reason::TooManyOffers
            | Reason::TooManyGroupShares
            | Reason::TooManyGroupCalendars
            | Reason::NothingToFetch
            | Reason::TooLong => Problem::new(Code::Conflict).because(text),
            Reason::NotAllowed(_) => Problem::forbidden().because(text),
            Reason::Stale => Problem::new(Code::PreconditionFailed),
            Reason::KindNotTaken(_) => Problem::invalid("ical", "kind", text),
            Reason::Invalid(problem) => Problem::invalid("ical", problem.reason.word(), problem.to_string()),
            Reason::Field { field, problem } => Problem::invalid(field, "bounds", problem),
        }
    }
}
