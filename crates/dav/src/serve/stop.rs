//! Why a request is not answered as it was meant.

use axum::response::{IntoResponse, Response};
use front::{Code, Problem};
use http::StatusCode;

use super::xml;
use crate::answer::error_body;
use crate::library::Denied;
use crate::xml::{CALDAV, DAV, Name, Refusal};

#[derive(Debug)]
pub(super) enum Stop {
    Problem(Problem),
    /// A condition that an RFC names.
    Condition(Box<Condition>),
}

#[derive(Debug)]
pub(super) struct Condition {
    status: StatusCode,
    name: Name,
    href: Option<String>,
    words: String,
}

impl Stop {
    /// 403: the same request will not do later either.
    pub fn caldav(name: &'static str, words: impl Into<String>) -> Stop {
        Stop::condition(StatusCode::FORBIDDEN, Name::new(CALDAV, name), words)
    }

    pub fn dav(name: &'static str, words: impl Into<String>) -> Stop {
        Stop::condition(StatusCode::FORBIDDEN, Name::new(DAV, name), words)
    }

    pub fn condition(status: StatusCode, name: Name, words: impl Into<String>) -> Stop {
        Stop::Condition(Box::new(Condition {
            status,
            name,
            href: None,
            words: words.into(),
        }))
    }

    /// The place that a condition is about.
    pub fn about(mut self, href: String) -> Stop {
        if let Stop::Condition(condition) = &mut self {
            condition.href = Some(href);
        }
        self
    }

    pub fn forbidden(words: &str) -> Stop {
        Stop::dav("need-privileges", words)
    }

    pub fn too_long() -> Stop {
        let words = "The answer would be too long: ask for less at a time.";
        let name = Name::new(DAV, "number-of-matches-within-limits");
        Stop::condition(StatusCode::INSUFFICIENT_STORAGE, name, words)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Stop {
        Stop::Problem(problem)
    }
}

impl From<Denied> for Stop {
    fn from(denied: Denied) -> Stop {
        match denied {
            Denied::NotFound => Problem::not_found().into(),
            Denied::Taken => Stop::dav("resource-must-be-null", "There is something here already."),
            Denied::Precondition => Problem::new(Code::PreconditionFailed).into(),
            Denied::Invalid(problem) => {
                let words = problem.to_string();
                Stop::caldav(problem.precondition().element(), words)
            }
            Denied::UidTaken { .. } => Stop::caldav(
                "no-uid-conflict",
                "This UID stands under another name in this calendar.",
            ),
            Denied::KindNotTaken => Stop::caldav(
                "supported-calendar-component",
                "This calendar does not take entries of this kind.",
            ),
            Denied::Forbidden => Stop::forbidden("You may not change this."),
            Denied::TooOld => Stop::dav(
                "valid-sync-token",
                "This token is not known here, or too old: begin with an empty one.",
            ),
            Denied::Full(words) => {
                let name = Name::new(DAV, "quota-not-exceeded");
                Stop::condition(StatusCode::INSUFFICIENT_STORAGE, name, words)
            }
            Denied::Other(problem) => problem.into(),
        }
    }
}

/// A body that was refused.
impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        let words = refusal.to_string();
        match refusal {
            Refusal::TooLong => Problem::new(Code::BodyTooLarge).detail(words).into(),
            Refusal::UnknownReport(_) => Stop::dav("supported-report", words),
            Refusal::UnknownCollation(_) => Stop::caldav("supported-collation", words),
            Refusal::BadRange { .. } => Stop::caldav("valid-filter", words),
            Refusal::Missing {
                within: "calendar-query" | "comp-filter" | "prop-filter" | "param-filter",
                ..
            } => Stop::caldav("valid-filter", words),
            _ => Problem::new(Code::Malformed).detail(words).into(),
        }
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Stop::Problem(problem) => problem.into_response(),
            Stop::Condition(condition) => {
                let body = error_body(&condition.name, condition.href.as_deref(), &condition.words);
                xml(condition.status, body)
            }
        }
    }
}
